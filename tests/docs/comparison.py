"""Whether what a command printed is what the page shows.

Spaces count as one, however many, since columns are as wide as what stands in them. What differs from run to run is made
equal: points in time, durations, process numbers, the order of addresses in a list; and what the page says varies.
`…` stands for anything within a line, and alone on a line for any lines.
"""

import re

ELLIPSIS = "…"

# In this order: what is more particular comes first.
_VOLATILE = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?"), "<time>"),
    (re.compile(r"\bPID \d+"), "PID <number>"),
    (re.compile(r"(?<![\w.])\d+(\.\d+)? ?(ms|msec|s|m|h|d)\b"), "<duration>"),
)
_ADDRESSES = re.compile(r"[\d.]+(, [\d.]+)+")


def normal(line: str, varies: re.Pattern | None) -> str:
    if varies:
        line = varies.sub("<varies>", line)
    for pattern, name in _VOLATILE:
        line = pattern.sub(name, line)
    line = _ADDRESSES.sub(lambda found: ", ".join(sorted(found[0].split(", "))), line)
    return " ".join(line.split())


def what_differs(shown: list[str], printed: list[str], varies: str = "") -> str:
    """Nothing, if `printed` is what is `shown`; else the first line that is not found, and what stands in its place."""
    pattern_of_page = re.compile(varies) if varies else None
    expected, lines = ([line for text in side if (line := normal(text, pattern_of_page))] for side in (shown, printed))
    at, may_skip = 0, False
    for line in expected:
        if line == ELLIPSIS:
            may_skip = True
            continue
        pattern = re.compile(".*?".join(map(re.escape, line.split(ELLIPSIS))))
        last = len(lines) if may_skip else min(at + 1, len(lines))
        found = next((i for i in range(at, last) if pattern.fullmatch(lines[i])), None)
        if found is None:
            return f"shown: {line}\ncame:  {lines[at] if at < len(lines) else '(nothing more)'}"
        at, may_skip = found + 1, False
    if at < len(lines) and not may_skip:
        return f"shown: (nothing more)\ncame:  {lines[at]}"
    return ""
