"""One zone of 10,000, 100,000 and 1,000,000 names: memory, and what an answer costs."""

import argparse
import contextlib
import pathlib

from harness import load, process, rhumb, table, wire, world

SIZES = [10_000, 100_000, 1_000_000]
QUERIES = 300_000  # of as many different names as there are


def measure(arguments: argparse.Namespace, folder: pathlib.Path) -> None:
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(_serving(folder / str(names), names)) for names in SIZES]
        missing = wire.write_queries(folder / "missing.queries", world.missing_queries(QUERIES))
        found = [
            wire.write_queries(folder / f"{names}.queries", world.static_queries(QUERIES, names)) for names in SIZES
        ]
        runs = {"found": [[] for _ in SIZES], "missing": [[] for _ in SIZES]}
        for _ in range(arguments.rounds):
            for i, server in enumerate(servers):
                runs["found"][i].append(load.drive(server, found[i], arguments.seconds))
            for i, server in enumerate(servers):
                runs["missing"][i].append(load.drive(server, missing, arguments.seconds))
        rows = [
            [
                f"{names:,}",
                f"{servers[i].started_in_s:.2f}",
                f"{servers[i].memory_mb():.0f}",
                table.thousands(load.median(runs["found"][i], "queries_per_s")),
                *load.beside(runs["found"][i], runs["found"][0]),
                *load.beside(runs["missing"][i], runs["missing"][0]),
            ]
            for i, names in enumerate(SIZES)
        ]
    head = ["names", "start s", "memory MB", "q/s", "CPU µs", "× the first", "NXDOMAIN: CPU µs", "× the first"]
    table.print_table(head, rows)


def _serving(folder: pathlib.Path, names: int) -> contextlib.AbstractContextManager[process.Server]:
    port = process.free_port()
    config = rhumb.write_config(folder, port, [])
    (folder / "zones" / f"{world.ZONE}.zone").write_text(world.zone_text(names))
    ready = process.answers_name(f"host{names - 1}.{world.ZONE}")
    return process.serving("rhumb", port, rhumb.command(config), folder / "log", ready)
