"""Tables as docs/performance.md has them."""

import datetime
import pathlib
import re


def print_table(head: list[str], rows: list[list[str]]) -> None:
    print()
    for row in (head, ["---"] * len(head), *rows):
        print("| " + " | ".join(row) + " |")


def thousands(number: float) -> str:
    return f"{number / 1e3:,.0f} k"


def today() -> str:
    return datetime.date.today().isoformat()


def machine() -> str:
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    kernel = pathlib.Path("/proc/sys/kernel/osrelease").read_text().strip()
    return f"{model[1] if model else 'unknown processor'}, Linux {kernel}"
