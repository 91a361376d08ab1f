"""Drives a server with rhumb_load (bench/load) and takes note of what it cost the server."""

import dataclasses
import json
import pathlib
import statistics
import subprocess
import sys

from harness.process import ADDRESS, CLIENT_CORE, Server, start

ROOT = pathlib.Path(__file__).resolve().parents[2]
RHUMB_LOAD = ROOT / "build/release/bench/rhumb_load"

WINDOW = 128  # in flight: no server idles, and no receive buffer of Linux's usual size overflows


@dataclasses.dataclass(frozen=True)
class Latencies:
    """In microseconds."""

    count: int
    p50: float
    p90: float
    p99: float
    p999: float
    max: float


@dataclasses.dataclass(frozen=True)
class Run:
    began_at: float  # of time.monotonic()
    answered: int
    queries_per_s: float
    lost: float  # of all that were due, 0 to 1
    cpu_us: float  # of the server, for each answer
    user_us: float  # the part of it outside the kernel
    latencies: Latencies
    intervals: list[Latencies]
    rcodes: dict[int, int]


def drive(
    server: Server,
    queries: pathlib.Path,
    seconds: float,
    rate: float | None = None,
    window: int = WINDOW,
    interval_s: float = 0,
) -> Run:
    """For so many seconds: with `window` queries in flight, or at a fixed `rate`."""
    command = [RHUMB_LOAD, "--seconds", seconds, *(["--rate", rate] if rate else ["--window", window])]
    command += ["--interval", interval_s] if interval_s else []
    command += [ADDRESS, server.port, queries]
    cpu_before_s, ticks_before = server.cpu_s(), server.ticks()
    generator = start(CLIENT_CORE, command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    words, last_words = generator.communicate()
    cpu_s, ticks = server.cpu_s() - cpu_before_s, server.ticks()
    if generator.returncode != 0:
        sys.exit(f"{server.name}: {last_words}")
    told = json.loads(words)
    if told["answered"] == 0:
        sys.exit(f"{server.name}: none of {told['sent']} queries was answered")
    user, system = (after - before for after, before in zip(ticks, ticks_before))
    cpu_us = 1e6 * cpu_s / told["answered"]
    return Run(
        began_at=told["began_at"],
        answered=told["answered"],
        queries_per_s=told["queries_per_s"],
        lost=told["lost"] / (told["lost"] + told["answered"]),
        cpu_us=cpu_us,
        user_us=cpu_us * user / (user + system) if user + system else 0,
        latencies=Latencies(**told["latency_us"]),
        intervals=[Latencies(**interval) for interval in told["intervals"]],
        rcodes={int(rcode): count for rcode, count in told["rcodes"].items()},
    )


def median(runs: list[Run], field: str) -> float:
    return statistics.median(getattr(run, field) for run in runs)


def median_latency(runs: list[Run], field: str) -> float:
    return statistics.median(getattr(run.latencies, field) for run in runs)


def median_ratio(runs: list[Run], others: list[Run], field: str) -> float:
    """Of the rounds' ratios: what disturbs the machine disturbs both runs of a round."""
    return statistics.median(getattr(run, field) / getattr(other, field) for run, other in zip(runs, others))


def beside(runs: list[Run], others: list[Run]) -> list[str]:
    """CPU time for an answer, and how many times the others' that is."""
    return [f"{median(runs, 'cpu_us'):.2f}", f"{median_ratio(runs, others, 'cpu_us'):.2f}"]
