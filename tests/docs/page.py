"""What a page of the manual shows, in the order in which a reader comes to it.

A page is Markdown. Of it two things count: fenced blocks, and HTML comments of the form `<!-- KEY: VALUE -->`, which tell
the test what the reader need not be told. A comment with `run` stands for itself; every other one is about the block below it.
"""

import dataclasses
import pathlib
import re

# What comments may say; see CONTRIBUTING.md. All others are mistakes: one that is misspelt would test nothing.
OF_PAGE = {"world", "tested by"}
OF_BLOCK = {"output of", "part of", "laid over", "status", "varies", "not run"}
COMMENT = re.compile(r"<!--\s*(.*?)\s*-->", re.DOTALL)
FENCE = re.compile(r"^( *)```(.*)$")


class PageError(Exception):
    """Something on a page that cannot be understood."""


@dataclasses.dataclass
class Block:
    line: int
    language: str
    file: str  # what follows the language: where the text is to be written; "": nowhere
    text: str
    notes: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class HiddenCommand:
    line: int
    command: str


@dataclasses.dataclass
class Page:
    notes: dict[str, str]
    steps: list[Block | HiddenCommand]


def parse(path: pathlib.Path) -> Page:
    page = Page({}, [])
    pending: dict[str, str] = {}
    lines = path.read_text().splitlines()
    at = 0
    while at < len(lines):
        start = at + 1
        if fence := FENCE.match(lines[at]):
            text, at = _until_closed(lines, at, len(fence[1]))
            language, _, file = fence[2].strip().partition(" ")
            page.steps.append(Block(start, language, file.strip(), text, pending))
            pending = {}
        elif "<!--" in lines[at]:
            text, at = _whole_comment(lines, at)
            _read_comment(page, pending, text, start)
        else:
            at += 1
    if pending:
        raise PageError(f"no block follows <!-- {next(iter(pending))}: … -->")
    return page


def _until_closed(lines: list[str], at: int, indent: int) -> tuple[str, int]:
    """The text of the block that opens at `at`, and the line after it."""
    end = next((i for i in range(at + 1, len(lines)) if lines[i].strip() == "```"), None)
    if end is None:
        raise PageError(f"line {at + 1}: this block is never closed")
    return "\n".join(line[min(indent, len(line) - len(line.lstrip(" "))) :] for line in lines[at + 1 : end]), end + 1


def _whole_comment(lines: list[str], at: int) -> tuple[str, int]:
    text = lines[at]
    while "-->" not in text:
        at += 1
        if at == len(lines):
            raise PageError("a comment is never closed")
        text += "\n" + lines[at]
    return text, at + 1


def _read_comment(page: Page, pending: dict[str, str], text: str, line: int) -> None:
    for comment in COMMENT.findall(text):
        key, _, value = (part.strip() for part in comment.partition(":"))
        if key == "run":
            page.steps.append(HiddenCommand(line, value))
        elif key in OF_PAGE:
            page.notes[key] = value
        elif key in OF_BLOCK:
            pending[key] = value
        else:
            raise PageError(f'line {line}: a comment with "{key}" means nothing; there are {known_keys()}')


def known_keys() -> str:
    return ", ".join(sorted({"run"} | OF_PAGE | OF_BLOCK))


def commands(block: Block) -> list[tuple[int, str, list[str]]]:
    """Line, command and shown output of each command of a console block. A command goes on after a final backslash."""
    found: list[tuple[int, str, list[str]]] = []
    goes_on = False
    for number, line in enumerate(block.text.splitlines(), start=block.line + 1):
        if goes_on:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}", [])
        elif line.startswith("$ "):
            found.append((number, line[2:], []))
        elif found:
            found[-1][2].append(line)
        else:
            raise PageError(f"line {number}: output without a command; commands begin with `$ `")
        goes_on = goes_on and line.endswith("\\") or line.startswith("$ ") and line.endswith("\\")
    return found
