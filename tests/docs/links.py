"""Links of the manual that lead nowhere."""

import pathlib
import re


def broken(path: pathlib.Path) -> list[str]:
    """Of the links of a page to files of the repository, and to headings in them, those that are not there."""
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not _leads_somewhere(path, link)]


def _leads_somewhere(path: pathlib.Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return True  # elsewhere, which is not looked at
    file, _, heading = link.partition("#")
    target = path.parent / file if file else path
    return target.exists() and (not heading or heading in _anchors(target))


def _anchors(path: pathlib.Path) -> set[str]:
    """The names that GitHub gives headings."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}
