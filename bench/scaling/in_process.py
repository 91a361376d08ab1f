"""What answer_bench measures without sockets: two threads against one, and the worst queries against a plain one."""

import argparse
import json
import pathlib
import statistics
import sys

from harness import process, rhumb, table

ANSWER_BENCH = rhumb.ROOT / "build/release/bench/answer_bench"

WORST_RATIO = 3  # what the worst query may cost, in plain ones
PLAIN = "BM_Plain"


def measure_threads(arguments: argparse.Namespace, folder: pathlib.Path) -> None:
    """A generator of queries needs a core of its own, so on two cores two UDP threads cannot be filled from outside."""
    del folder
    rates = _run("OnThreads", arguments.rounds, "items_per_second")
    rows = []
    for name in sorted({name.partition("/")[0] for name in rates}):
        one, two = (rates[f"{name}/real_time/threads:{threads}"] for threads in (1, 2))
        title = name.removeprefix("BM_").removesuffix("OnThreads")
        ratios = [b / a for a, b in zip(one, two)]
        rows.append(
            [title, *(f"{statistics.median(each) / 1e6:.2f} M" for each in (one, two)), f"{statistics.median(ratios):.2f}"]
        )
    table.print_table(["responder", "answers/s on one thread", "on two", "ratio"], rows)


def measure_worst(arguments: argparse.Namespace, folder: pathlib.Path) -> None:
    del folder
    every = _run("", arguments.rounds, "cpu_time")
    plain = every[PLAIN]
    ratios = {name: statistics.median(a / b for a, b in zip(times, plain)) for name, times in every.items()}
    rows = [
        [name.removeprefix("BM_"), f"{statistics.median(every[name]):.0f}", f"{ratio:.2f}"]
        for name, ratio in sorted(ratios.items(), key=lambda item: -item[1])
        if "OnThreads" not in name
    ]
    table.print_table(["query", "CPU ns", "× a plain one"], rows)
    over = [name for name, ratio in ratios.items() if ratio > WORST_RATIO]
    print(f"\nover {WORST_RATIO} times: {', '.join(over) or 'none'}")


def _run(names: str, rounds: int, field: str) -> dict[str, list[float]]:
    """By benchmark, what `field` was in each round."""
    found: dict[str, list[float]] = {}
    command = [ANSWER_BENCH, f"--benchmark_filter={names}", "--benchmark_format=json", "--benchmark_min_time=0.1"]
    for _ in range(rounds):
        told = process.start(process.ALL_CORES, command, cwd=rhumb.ROOT, stdout=-1, stderr=-1, text=True)
        words, last_words = told.communicate()
        if told.returncode != 0:
            sys.exit(f"answer_bench: {last_words}")
        for benchmark in json.loads(words)["benchmarks"]:
            if benchmark.get("error_occurred"):
                sys.exit(f"answer_bench: {benchmark['name']}: {benchmark['error_message']}")
            found.setdefault(benchmark["name"], []).append(benchmark[field])
    return found
