"""What answer_bench measures without sockets: two threads against one, and the worst queries against a plain one."""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

from harness import process, rhumb, table

ANSWER_BENCH = rhumb.ROOT / "build/release/bench/answer_bench"

WORST_RATIO = 3  # what the worst query may cost, in plain ones
PLAIN = "BM_Plain"


def measure_threads(arguments: argparse.Namespace, folder: pathlib.Path) -> None:
    """A generator of queries needs a core of its own, so on two cores two UDP threads cannot be filled from outside. What
    two processes do that share nothing is what the machine has to give."""
    del folder
    rates: dict[str, list[float]] = {}
    for _ in range(arguments.rounds):
        for name, figure in _finish(_start("OnThreads"), "items_per_second").items():
            rates.setdefault(name, []).append(figure)
        apart = [_finish(one, "items_per_second") for one in [_start("threads:1"), _start("threads:1")]]
        for name in apart[0]:
            rates.setdefault(f"{name} twice", []).append(sum(each[name] for each in apart))
    rows = []
    for title in ("Static", "GeoEcs"):
        name = f"BM_{title}OnThreads/real_time/threads:"
        one, two, apart = rates[f"{name}1"], rates[f"{name}2"], rates[f"{name}1 twice"]
        medians = [f"{statistics.median(each) / 1e6:.2f} M" for each in (one, two, apart)]
        ratios = [f"{statistics.median(a / b for a, b in zip(each, one)):.2f}" for each in (two, apart)]
        rows.append([title, *medians, *ratios])
    head = ["responder", "answers/s on one thread", "on two", "of two processes"]
    table.print_table([*head, "two threads × one", "two processes × one"], rows)


def measure_worst(arguments: argparse.Namespace, folder: pathlib.Path) -> None:
    del folder
    every: dict[str, list[float]] = {}
    for _ in range(arguments.rounds):
        for name, figure in _finish(_start("-OnThreads"), "cpu_time").items():
            every.setdefault(name, []).append(figure)
    plain = every[PLAIN]
    ratios = {name: statistics.median(a / b for a, b in zip(times, plain)) for name, times in every.items()}
    rows = [
        [name.removeprefix("BM_"), f"{statistics.median(every[name]):.0f}", f"{ratio:.2f}"]
        for name, ratio in sorted(ratios.items(), key=lambda item: -item[1])
    ]
    table.print_table(["query", "CPU ns", "× a plain one"], rows)
    over = [name for name, ratio in ratios.items() if ratio > WORST_RATIO]
    print(f"\nover {WORST_RATIO} times: {', '.join(over) or 'none'}")


def _start(names: str) -> subprocess.Popen:
    command = [ANSWER_BENCH, f"--benchmark_filter={names}", "--benchmark_format=json", "--benchmark_min_time=0.1"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return process.start(process.ALL_CORES, command, cwd=rhumb.ROOT, text=True, **pipes)


def _finish(program: subprocess.Popen, field: str) -> dict[str, float]:
    """By benchmark, what `field` was."""
    words, last_words = program.communicate()
    if program.returncode != 0:
        sys.exit(f"answer_bench: {last_words}")
    figures = {}
    for benchmark in json.loads(words)["benchmarks"]:
        if benchmark.get("error_occurred"):
            sys.exit(f"answer_bench: {benchmark['name']}: {benchmark['error_message']}")
        figures[benchmark["name"]] = benchmark[field]
    return figures
