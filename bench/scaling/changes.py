"""A thousand health states that change each second, while queries are answered.

Somebody reports over the control socket that an instance is down, or up, whose last report said otherwise (checks of
type push): each report changes a state, the shares of its service, and what the next answer says. Set beside it are the
same number of reports that change nothing, for reading them is not what a change costs, and no reports at all.

All of the server is on one core here, so at full speed what reports and changes cost is taken from the answers. What they
cost the answers themselves is told by the thread that answers: the CPU time that one takes it. Who reports shares the
core with the generator of queries.
"""

import argparse
import contextlib
import dataclasses
import json
import pathlib
import socket
import statistics
import threading
import time
from collections.abc import Iterator

from harness import load, process, rhumb, table, wire, world

RATE = 1_000  # reports a second
CONNECTIONS = 10  # each sends one every hundredth of a second, all at one time
INSTANCES_A_REGION = 20
QUERIES = 100_000
ANSWERING = "rhumb-udp"  # the thread that answers

QUIET, UNCHANGED, CHANGING = "no reports", "1,000 reports a second that change nothing", "1,000 changes a second"


class Reporter:
    """Reports while it is entered; how many were answered it knows afterwards."""

    def __init__(self, path: pathlib.Path, changes: bool) -> None:
        self.per_s = 0.0
        self._changes = changes
        self._connections = [_connect(path) for _ in range(CONNECTIONS)]
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._report)

    def __enter__(self) -> "Reporter":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._is_over.set()
        self._thread.join()
        for connection in self._connections:
            connection.close()

    def _report(self) -> None:
        begin, number = time.monotonic(), 0
        while not self._is_over.is_set():
            for i, connection in enumerate(self._connections):
                connection.sendall(_report(number + i, self._changes))
            for connection in self._connections:
                answer = connection.recv(65536)
                if not answer.startswith(b"HTTP/1.1 204 "):
                    raise RuntimeError(f"a report was refused: {answer!r}")
            number += CONNECTIONS
            time.sleep(max(0.0, begin + number / RATE - time.monotonic()))
        self.per_s = number / (time.monotonic() - begin)


def _connect(path: pathlib.Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))
    return connection


def _instances() -> list[dict]:
    return [
        {"region": region, "address": f"198.18.{place}.{number}"}
        for place, region in enumerate(world.REGIONS)
        for number in range(INSTANCES_A_REGION)
    ]


INSTANCES = _instances()


def _report(number: int, changes: bool) -> bytes:
    """Each instance in turn: down in the first round, up in the next."""
    instance = INSTANCES[number % len(INSTANCES)]
    state = "down" if changes and number // len(INSTANCES) % 2 == 0 else "up"
    place = {"region": instance["region"], "service": world.SERVICE, "instance": instance["address"]}
    body = json.dumps({**place, "check": "told", "state": state})
    return f"POST /v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


@dataclasses.dataclass(frozen=True)
class Measured:
    run: load.Run
    reports_per_s: float
    answering_us: float  # CPU time of the thread that answers, for each answer


def measure(arguments: argparse.Namespace, folder: pathlib.Path) -> None:
    with _serving(folder) as server:
        control = folder / "world/control.sock"
        file = wire.write_queries(folder / "geo.queries", world.geo_queries(QUERIES))
        with Reporter(control, changes=False):
            time.sleep(2 * len(INSTANCES) / RATE)  # now all are up

        def rounds(rate: float | None) -> dict[str, list[Measured]]:
            found = {QUIET: [], UNCHANGED: [], CHANGING: []}
            for _ in range(arguments.rounds):
                for title, measured in found.items():
                    measured.append(_measure(server, control, title, file, arguments.seconds, rate))
            return found

        full = rounds(rate=None)
        rate = round(statistics.median(one.run.queries_per_s for one in full[QUIET]) / 2)
        half = rounds(rate)
    head = ["geo + ECS", "reports/s", "q/s at full speed", "× quiet", "answering thread: CPU µs", "× quiet"]
    latencies = [f"at {rate / 1e3:.0f} k q/s: 50 % µs", "99 %", "99.9 %", "max"]
    table.print_table([*head, *latencies], [_row(title, full, half) for title in full])


def _row(title: str, full: dict[str, list[Measured]], half: dict[str, list[Measured]]) -> list[str]:
    measured, quiet = full[title], full[QUIET]
    speed = [one.run.queries_per_s for one in measured]
    ratio = statistics.median(one.run.queries_per_s / other.run.queries_per_s for one, other in zip(measured, quiet))
    answering = statistics.median(one.answering_us / other.answering_us for one, other in zip(measured, quiet))
    runs = [one.run for one in half[title]]
    return [
        title,
        f"{min(one.reports_per_s for one in [*measured, *half[title]]):,.0f}" if title != QUIET else "–",
        table.thousands(statistics.median(speed)),
        f"{ratio:.3f}",
        f"{statistics.median(one.answering_us for one in measured):.2f}",
        f"{answering:.3f}",
        *(f"{load.median_latency(runs, field):,.0f}" for field in ("p50", "p99", "p999", "max")),
    ]


def _measure(
    server: process.Server, control: pathlib.Path, title: str, file: pathlib.Path, seconds: float, rate: float | None
) -> Measured:
    reporter = contextlib.nullcontext() if title == QUIET else Reporter(control, changes=title == CHANGING)
    before_s = server.cpu_s(ANSWERING)
    with reporter:
        run = load.drive(server, file, seconds, rate)
        answering_s = server.cpu_s(ANSWERING) - before_s
    return Measured(run, 0 if title == QUIET else reporter.per_s, 1e6 * answering_s / run.answered)


@contextlib.contextmanager
def _serving(folder: pathlib.Path) -> Iterator[process.Server]:
    port = process.free_port()
    service = {**rhumb.service({"order": "nearest", "pick": "rotate"}, check="told"), "instances": INSTANCES}
    config = rhumb.write_config(
        folder / "world",
        port,
        [rhumb.ROOT / "geoip/country.mmdb"],
        checks={"told": {"type": "push", "ttl": "1h"}},
        services={world.SERVICE: service},
        control={"socket": "control.sock"},
    )
    (folder / "world/zones" / f"{world.ZONE}.zone").write_text(world.zone_text(names=1))
    ready = process.answers_name(world.SERVICE)
    with process.serving("rhumb", port, rhumb.command(config), folder / "log", ready) as server:
        yield server
