"""A large zone, and then everything, is read anew (SIGHUP), again and again, while queries come at a fixed rate: how long
answers take meanwhile, and how much memory it takes. Server and reload share one core here, which larger machines need
not."""

import argparse
import contextlib
import os
import pathlib
import signal
import statistics
import threading
import time

from harness import load, process, rhumb, table, wire, world
from scaling import city

NAMES = 100_000
QUERIES = 100_000
WINDOW_S = 0.1  # in each the latencies are told apart
RELOADS = 3
PAUSE_S = 2  # before each reload
RUN_S = 2  # of the generator, again and again until all is done


def measure(arguments: argparse.Namespace, folder: pathlib.Path) -> None:
    del arguments
    databases = [database for database in city.DATABASES if database.exists()] or [rhumb.ROOT / "geoip/country.mmdb"]
    for what in ("the zone", "everything"):
        inside = folder / what.replace(" ", "-")
        inside.mkdir()
        with _serving(inside, databases) as server:
            zone = inside / "world/zones" / f"{world.ZONE}.zone"
            _measure(what, server, inside, [zone] if what == "the zone" else [zone, *databases])


def _measure(what: str, server: process.Server, folder: pathlib.Path, touched: list[pathlib.Path]) -> None:
    file = wire.write_queries(folder / "static.queries", world.static_queries(QUERIES, NAMES, b""))
    rate = round(load.drive(server, file, 2).queries_per_s / 2)
    before_mb = server.memory_mb()
    server.reset_peak()
    runs = []
    with _Reloads(server, folder / "log", touched) as reloads:
        while reloads.are_running():
            runs.append(load.drive(server, file, RUN_S, rate, interval_s=WINDOW_S))
    peak_mb, after_mb = server.memory_mb("VmHWM"), server.memory_mb()
    quiet, busy = _split(runs, reloads.times)
    rows = [_row("quiet", quiet), _row(f"while {what} is read anew", busy)]
    table.print_table([f"static A, at {rate / 1e3:.0f} k q/s", "windows", "50 % µs", "99 %", "99.9 %", "max"], rows)
    seconds = statistics.median(end - begin for begin, end in reloads.times)
    lost = statistics.mean(run.lost for run in runs)
    peak = f"{peak_mb:.0f} MB at the most (× {peak_mb / before_mb:.2f})"
    print(f"\n{len(reloads.times)} reloads of {seconds:.2f} s; lost: {lost:.3%}")
    print(f"memory: {before_mb:.0f} MB before, {peak}, {after_mb:.0f} MB after\n")


class _Reloads:
    """Reloads RELOADS times, with a pause before each and after the last. The files that are touched are not known to
    be as they were, and are read."""

    def __init__(self, server: process.Server, log: pathlib.Path, touched: list[pathlib.Path]) -> None:
        self.times: list[tuple[float, float]] = []
        self._server, self._log, self._touched = server, log, touched
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "_Reloads":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._thread.join()

    def are_running(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        for _ in range(RELOADS):
            time.sleep(PAUSE_S)
            for file in self._touched:
                os.utime(file)
            done = _count(self._log)
            begin = time.monotonic()
            self._server.process.send_signal(signal.SIGHUP)
            while _count(self._log) == done and self._server.process.poll() is None:
                time.sleep(0.005)
            self.times.append((begin, time.monotonic()))
        time.sleep(PAUSE_S)


def _count(log: pathlib.Path) -> int:
    """Reloads that are over."""
    return sum(" info: reloaded" in line for line in log.read_text().splitlines())


def _split(
    runs: list[load.Run], reloads: list[tuple[float, float]]
) -> tuple[list[load.Latencies], list[load.Latencies]]:
    """The windows in which nothing was reloaded, and the others."""
    quiet, busy = [], []
    for run in runs:
        for number, window in enumerate(run.intervals):
            begin = run.began_at + number * WINDOW_S
            is_busy = any(begin < last and begin + WINDOW_S > first for first, last in reloads)
            (busy if is_busy else quiet).append(window)
    return quiet, busy


def _row(title: str, windows: list[load.Latencies]) -> list[str]:
    """Of each window's percentiles the median, of their greatest latencies the greatest."""
    medians = [statistics.median(getattr(window, field) for window in windows) for field in ("p50", "p99", "p999")]
    greatest = max(window.max for window in windows)
    return [title, str(len(windows)), *(f"{figure:,.0f}" for figure in [*medians, greatest])]


@contextlib.contextmanager
def _serving(folder: pathlib.Path, databases: list[pathlib.Path]):
    port = process.free_port()
    services = {world.SERVICE: rhumb.service({"order": "nearest", "pick": "rotate"})}
    config = rhumb.write_config(folder / "world", port, databases, services=services)
    (folder / "world/zones" / f"{world.ZONE}.zone").write_text(world.zone_text(NAMES))
    ready = process.answers_name(world.SERVICE)
    with process.serving("rhumb", port, rhumb.command(config), folder / "log", ready) as server:
        yield server
