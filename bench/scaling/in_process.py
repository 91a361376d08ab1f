"""What answer_bench measures without sockets: two threads against one, and the worst queries against a plain one."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

from harness import load, process, rhumb, table, wire, world

ANSWER_BENCH = rhumb.ROOT / "build/release/bench/answer_bench"

# Thousands of zone files are written: in memory, where there is some.
ENVIRONMENT = {**os.environ, **({"TMPDIR": "/dev/shm"} if os.access("/dev/shm", os.W_OK) else {})}

WORST_RATIO = 3  # what the worst query may cost, in plain ones
PLAIN = "BM_Plain"
QUERIES = 10_000


def measure_threads(arguments: argparse.Namespace, folder: pathlib.Path) -> None:
    """A generator of queries needs a core of its own, so on two cores two UDP threads cannot be filled from outside. What
    two processes do that share nothing is what the machine has to give. The CPU time of an answer tells, also on a busy
    machine, whether threads are in each other's way."""
    del folder
    rates: dict[str, list[float]] = {}
    times: dict[str, list[float]] = {}
    for _ in range(arguments.rounds):
        for name, told in _finish(_start("OnThreads")).items():
            rates.setdefault(name, []).append(told["items_per_second"])
            times.setdefault(name, []).append(told["cpu_time"])
        apart = [_finish(one) for one in [_start("threads:1"), _start("threads:1")]]
        for name in apart[0]:
            rates.setdefault(f"{name} twice", []).append(sum(each[name]["items_per_second"] for each in apart))
    rows = []
    for title in ("Static", "GeoEcs"):
        name = f"BM_{title}OnThreads/real_time/threads:"
        one, two, apart = rates[f"{name}1"], rates[f"{name}2"], rates[f"{name}1 twice"]
        medians = [f"{statistics.median(each) / 1e6:.2f} M" for each in (one, two, apart)]
        ratios = [f"{statistics.median(a / b for a, b in zip(each, one)):.2f}" for each in (two, apart)]
        cpu = " / ".join(f"{statistics.median(times[f'{name}{threads}']):.0f}" for threads in (1, 2))
        rows.append([title, *medians, *ratios, cpu])
    head = ["responder", "answers/s on one thread", "on two", "of two processes"]
    table.print_table([*head, "two threads × one", "two processes × one", "CPU ns (one / two threads)"], rows)


def measure_worst(arguments: argparse.Namespace, folder: pathlib.Path) -> None:
    """Beside what the responder takes: what the server takes, with what a message over UDP costs the kernel (bench/echo),
    since that is what somebody who chooses his queries can make it spend."""
    every: dict[str, list[float]] = {}
    for _ in range(arguments.rounds):
        for name, told in _finish(_start("-OnThreads")).items():
            every.setdefault(name, []).append(told["cpu_time"])
    kernel_ns = 1e3 * _echo_us(arguments, folder)
    plain = every[PLAIN]

    def ratio(name: str, besides_ns: float) -> float:
        return statistics.median((a + besides_ns) / (b + besides_ns) for a, b in zip(every[name], plain))

    rows = []
    for name in sorted(every, key=lambda name: -ratio(name, 0)):
        figures = [statistics.median(every[name]), ratio(name, 0), ratio(name, kernel_ns)]
        rows.append([name.removeprefix("BM_"), *(f"{figure:,.2f}" for figure in figures)])
    table.print_table(["query", "CPU ns", "× a plain one", f"× with the kernel's {kernel_ns:,.0f} ns"], rows)
    over = [name.removeprefix("BM_") for name in every if ratio(name, 0) > WORST_RATIO]
    print(f"\nover {WORST_RATIO} plain ones, in the responder alone: {', '.join(over) or 'none'}")


def _echo_us(arguments: argparse.Namespace, folder: pathlib.Path) -> float:
    port = process.free_port()
    command = [rhumb.ECHO, process.ADDRESS, port]
    file = wire.write_queries(folder / "queries", world.static_queries(QUERIES, QUERIES))
    with process.serving("echo", port, command, folder / "log", process.answers_anything) as server:
        return statistics.median(load.drive(server, file, arguments.seconds).cpu_us for _ in range(arguments.rounds))


def _start(names: str) -> subprocess.Popen:
    command = [ANSWER_BENCH, f"--benchmark_filter={names}", "--benchmark_format=json", "--benchmark_min_time=0.1"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return process.start(process.ALL_CORES, command, cwd=rhumb.ROOT, env=ENVIRONMENT, text=True, **pipes)


def _finish(program: subprocess.Popen) -> dict[str, dict]:
    """What is told of each benchmark."""
    words, last_words = program.communicate()
    if program.returncode != 0:
        sys.exit(f"answer_bench: {last_words}")
    benchmarks = json.loads(words)["benchmarks"]
    for benchmark in benchmarks:
        if benchmark.get("error_occurred"):
            sys.exit(f"answer_bench: {benchmark['name']}: {benchmark['error_message']}")
    return {benchmark["name"]: benchmark for benchmark in benchmarks}
