"""A thousand health states that change each second, while queries are answered.

Somebody reports over the control socket that an instance is down, or up, whose last report said otherwise (checks of
type push): each report changes a state, the shares of its service, and what the next answer says. Set beside it are the
same number of reports that change nothing, for reading them is not what a change costs, and no reports at all. Who
reports shares the core with the generator of queries.
"""

import argparse
import contextlib
import json
import pathlib
import socket
import threading
import time
from collections.abc import Iterator

from harness import load, process, rhumb, table, wire, world

RATE = 1_000  # reports a second
BURST = 10  # sent together, every hundredth of a second
INSTANCES_A_REGION = 20
QUERIES = 100_000

QUIET, UNCHANGED, CHANGING = "no reports", "1,000 reports a second that change nothing", "1,000 changes a second"


class Reporter:
    """Reports in bursts over one connection while it is entered; how many were answered it knows afterwards."""

    def __init__(self, path: pathlib.Path, changes: bool) -> None:
        self.per_s = 0.0
        self._changes = changes
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._report)

    def __enter__(self) -> "Reporter":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._is_over.set()
        self._thread.join()
        self._socket.close()

    def _report(self) -> None:
        begin, number = time.monotonic(), 0
        with self._socket.makefile("rb") as answers:
            while not self._is_over.is_set():
                self._socket.sendall(b"".join(_report(number + i, self._changes) for i in range(BURST)))
                for _ in range(BURST):
                    answer = json.loads(answers.readline())
                    if not answer.get("ok"):
                        raise RuntimeError(f"a report was refused: {answer}")
                number += BURST
                time.sleep(max(0.0, begin + number / RATE - time.monotonic()))
        self.per_s = number / (time.monotonic() - begin)


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
    return json.dumps({"call": "report", "report": {**place, "check": "told", "state": state}}).encode() + b"\n"


def measure(arguments: argparse.Namespace, folder: pathlib.Path) -> None:
    with _serving(folder) as server:
        control = folder / "world/control.sock"
        file = wire.write_queries(folder / "geo.queries", world.geo_queries(QUERIES))
        with Reporter(control, changes=False):
            time.sleep(len(INSTANCES) / RATE + 0.1)  # now all are up
        full = {QUIET: [], UNCHANGED: [], CHANGING: []}
        for _ in range(arguments.rounds):
            for title, runs in full.items():
                runs.append(_drive(server, control, title, file, arguments.seconds)[0])
        rate = round(load.median(full[QUIET], "queries_per_s") / 2)
        half, reached = {title: [] for title in full}, {title: [] for title in full}
        for _ in range(arguments.rounds):
            for title, runs in half.items():
                run, per_s = _drive(server, control, title, file, arguments.seconds, rate)
                runs.append(run)
                reached[title].append(per_s)
        rows = []
        for title, runs in full.items():
            ratio = load.median_ratio(runs, full[QUIET], "queries_per_s")
            latencies = [f"{load.median_latency(half[title], field):,.0f}" for field in ("p50", "p99", "p999", "max")]
            per_s = f"{min(reached[title]):,.0f}" if title != QUIET else "–"
            rows.append([title, per_s, table.thousands(load.median(runs, "queries_per_s")), f"{ratio:.3f}", *latencies])
    head = ["geo + ECS", "reports/s reached", "q/s at full speed", "× quiet"]
    table.print_table([*head, f"at {rate / 1e3:.0f} k q/s: 50 % µs", "99 %", "99.9 %", "max"], rows)


def _drive(
    server: process.Server, control: pathlib.Path, title: str, file: pathlib.Path, seconds: float, rate: float | None = None
) -> tuple[load.Run, float]:
    if title == QUIET:
        return load.drive(server, file, seconds, rate), 0
    with Reporter(control, changes=title == CHANGING) as reporter:
        run = load.drive(server, file, seconds, rate)
    return run, reporter.per_s


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
