#!/usr/bin/env python3
"""Does what a page of the manual says, on a machine of its own, and sees whether it comes out as the page says.

usage: run_page.py PAGE RHUMB

Commands of ```console blocks are run, one after the other, and must end with status 0 and print what is shown. A block with the
name of a file behind its language is written there. A ```jsonc block without one is a part of a configuration: laid over the
rhumb.json that is there it must pass `rhumb check`. Everything else needs a comment that says what it is; what is not understood
fails, and so does a link that leads nowhere. CONTRIBUTING.md describes the comments, the worlds are the directories beside this file.

Status 0: all is so; 1: something is not; 77: no such machine can be made here.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import comparison
import links
import page as pages
import sandbox
import shell

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SKIPPED = 77
DRAWINGS = {"mermaid"}


class Failure(Exception):
    """Something does not come out as the page says."""


# ------------------------------------------------------------------------------------------------------ the world


def enter_world(name: str, folder: pathlib.Path, rhumb: pathlib.Path) -> shell.Shell:
    """A shell in the world: its files are in place, and what its `setup` starts is running."""
    world = HERE / "worlds" / name
    if not (world / "setup").is_file():
        known = sorted(path.name for path in (HERE / "worlds").iterdir() if path.is_dir())
        raise pages.PageError(f'there is no world "{name}"; there are {", ".join(known)}')
    for top in ("etc", "var", "run"):
        if (world / top).is_dir():
            shutil.copytree(world / top, f"/{top}", dirs_exist_ok=True)

    programs, home = folder / "bin", folder / "home"
    programs.mkdir()
    home.mkdir()
    (home / ".curlrc").write_text("silent\nshow-error\n")  # as if to a terminal, where a response shows no progress
    (programs / "rhumb").symlink_to(rhumb)
    sudo = programs / "sudo"  # who runs a page's commands is root already
    sudo.write_text('#!/bin/sh\nexec "$@"\n')
    sudo.chmod(0o755)
    variables = {
        "PATH": f"{programs}:{os.environ['PATH']}:/usr/sbin:/sbin",
        "HOME": str(home),
        "REPOSITORY": str(ROOT),
        "SUDO_USER": "ada",  # who an operator is
        "SERVER_LOG": str(folder / "serve.log"),
        "LC_ALL": "C.UTF-8",
    }
    found = shell.Shell(folder, variables)
    expect_success(found, f"cd {home} && source {HERE}/worlds/common.bash && source {world}/setup", f"the world {name}")
    return found


def expect_success(terminal: shell.Shell, command: str, what: str) -> list[str]:
    status, printed = terminal.run(command)
    if status != 0:
        raise Failure(f"{what}: status {status}\n" + "\n".join(printed))
    return printed


# ----------------------------------------------------------------------------------------------------- the blocks


def run_block(terminal: shell.Shell, block: pages.Block) -> None:
    if block.language == "console":
        return run_commands(terminal, block)
    if command := block.notes.get("output of"):
        return compare_output(terminal, block, block.line, command, block.text.splitlines(), is_last=True)
    if block.file:
        return write_file(terminal, block)
    if block.language == "jsonc":
        return check_fragment(terminal, block)
    raise pages.PageError(
        f"line {block.line}: what is this ```{block.language} block? It may have the name of a file behind its language, or a "
        f"comment before it: {pages.known_keys()}; see CONTRIBUTING.md"
    )


def run_commands(terminal: shell.Shell, block: pages.Block) -> None:
    commands = pages.commands(block)
    for place, (line, command, shown) in enumerate(commands, start=1):
        compare_output(terminal, block, line, command, shown, is_last=place == len(commands))


def compare_output(
    terminal: shell.Shell, block: pages.Block, line: int, command: str, shown: list[str], is_last: bool
) -> None:
    """Output that is not shown is not compared. A block's `status` is that of its last command."""
    status, printed = terminal.run(command)
    expected = int(block.notes.get("status", 0)) if is_last else 0
    all_of_it = "\n".join(f"    {text}" for text in printed)
    if status != expected:
        raise Failure(f"line {line}: $ {command}\nstatus {status}, not {expected}; it printed\n{all_of_it}")
    difference = comparison.what_differs(shown, printed, block.notes.get("varies", "")) if shown else ""
    if difference:
        raise Failure(f"line {line}: $ {command}\n{difference}\nall of it:\n{all_of_it}")


def write_file(terminal: shell.Shell, block: pages.Block) -> None:
    directory = pathlib.Path(expect_success(terminal, "pwd", "pwd")[0])
    path = directory / block.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text + "\n")


def check_fragment(terminal: shell.Shell, block: pages.Block) -> None:
    try:
        fragment = read_json(block.text)
    except ValueError as problem:
        raise pages.PageError(f"line {block.line}: not a part of a configuration: {problem}") from problem
    for key in reversed([key for key in block.notes.get("part of", "").split("/") if key]):
        fragment = {key: fragment}
    directory = pathlib.Path(expect_success(terminal, "pwd", "pwd")[0])
    base = directory / block.notes.get("laid over", "rhumb.json")
    whole = base if "laid over" in block.notes else directory / "fragment.json"
    whole.write_text(json.dumps(merged(read_json(base.read_text()), fragment), indent=1))
    expect_success(terminal, f"rhumb check --config {whole}", f"line {block.line}: this part of a configuration")


def read_json(text: str) -> dict:
    """JSON with comments; `…` stands for what is left out; members may stand without the braces around them."""
    text = re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', lambda found: found[1] or "", text, flags=re.DOTALL)
    text = re.sub(r'("(?:[^"\\]|\\.)*")|,?\s*…', lambda found: found[1] or "", text)
    return json.loads(text if text.lstrip().startswith("{") else f"{{{text}}}")


def merged(base, patch):
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    result = dict(base) if isinstance(base, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


# ------------------------------------------------------------------------------------------------------- the page


def run_page(page: pages.Page, rhumb: pathlib.Path, folder: pathlib.Path) -> None:
    """Prints what was not run, and why. Throws at the first thing that is wrong: what follows it builds on it."""
    terminal = enter_world(page.notes.get("world", "server"), folder, rhumb)
    run = not_run = 0
    for step in page.steps:
        if isinstance(step, pages.HiddenCommand):
            expect_success(terminal, step.command, f"line {step.line}: $ {step.command}")
        elif reason := step.notes.get("not run"):
            not_run += 1
            print(f"line {step.line}: not run: {reason}")
        elif step.language not in DRAWINGS:
            run += 1
            run_block(terminal, step)
    print(f"{run} blocks are as the page says, {not_run} were not run")


def is_tested_elsewhere(page: pages.Page, path: pathlib.Path) -> bool:
    """Whether a comment names another test of this page. That test must be there, and know of the page."""
    test = page.notes.get("tested by")
    if test is None:
        return False
    if path.name not in (ROOT / test).read_text():
        raise pages.PageError(f"{test} does not speak of {path.name}")
    print(f"tested by {test}")
    return True


def main() -> int:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    path, rhumb = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    sys.stdout.reconfigure(line_buffering=True)
    try:
        page = pages.parse(path)
        if broken := links.broken(path):
            raise pages.PageError("these links lead nowhere: " + ", ".join(broken))
        if not page.steps or is_tested_elsewhere(page, path):
            return 0
        if folder := os.environ.get("RHUMB_DOCS_FOLDER"):
            sandbox.furnish(pathlib.Path(folder))
            run_page(page, rhumb, pathlib.Path(folder))
            return 0
    except (pages.PageError, Failure) as problem:
        print(f"{path.relative_to(ROOT)}: {problem}")
        return 1

    if reason := sandbox.why_not():
        print(f"skipped: no machine of its own can be made for the page: {reason}")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="rhumb-docs-") as folder:
        inside = [*sandbox.unshare(), sys.executable, __file__, str(path), str(rhumb)]
        return subprocess.run(inside, env={**os.environ, "RHUMB_DOCS_FOLDER": folder}).returncode


if __name__ == "__main__":
    sys.exit(main())
