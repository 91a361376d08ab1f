"""100, 1,000 and 10,000 zones of ten names: what an answer costs. How fast they load is bench/scale_zones's to say."""

import argparse
import contextlib
import pathlib
import random
import subprocess

from harness import load, process, rhumb, table, wire, world

COUNTS = [100, 1_000, 10_000]
NAMES_A_ZONE = 10
QUERIES = 300_000

SCALE_ZONES = rhumb.ROOT / "bench/scale_zones"


def measure(arguments: argparse.Namespace, folder: pathlib.Path) -> None:
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(_serving(folder / str(count), count)) for count in COUNTS]
        files = [wire.write_queries(folder / f"{count}.queries", _queries(count)) for count in COUNTS]
        runs = [[] for _ in COUNTS]
        for _ in range(arguments.rounds):
            for i, server in enumerate(servers):
                runs[i].append(load.drive(server, files[i], arguments.seconds))
        rows = [
            [
                f"{count:,}",
                f"{servers[i].started_in_s:.2f}",
                f"{servers[i].memory_mb():.0f}",
                table.thousands(load.median(runs[i], "queries_per_s")),
                *load.beside(runs[i], runs[0]),
            ]
            for i, count in enumerate(COUNTS)
        ]
    table.print_table(["zones", "start s", "memory MB", "q/s", "CPU µs", "× the first"], rows)
    if SCALE_ZONES.exists():
        subprocess.run([SCALE_ZONES], check=True)


def _apex(number: int) -> str:
    return f"zone{number}.{world.ZONE}"


def _queries(count: int) -> list[bytes]:
    rng = random.Random(world.SEED)
    names = (f"host{rng.randrange(NAMES_A_ZONE)}.{_apex(rng.randrange(count))}" for _ in range(QUERIES))
    return [wire.query(name, wire.TYPE_A) for name in names]


def _serving(folder: pathlib.Path, count: int) -> contextlib.AbstractContextManager[process.Server]:
    port = process.free_port()
    config = rhumb.write_config(folder, port, [])
    hosts = "".join(f"host{i} A 198.18.0.{i}\n" for i in range(NAMES_A_ZONE))
    text = f"$TTL 300\n@ SOA ns1 hostmaster 1 3600 600 604800 300\n@ NS ns1\nns1 A 198.18.255.1\n{hosts}"
    for number in range(count):
        (folder / "zones" / f"{_apex(number)}.zone").write_text(text)
    ready = process.answers_name(f"host0.{_apex(count - 1)}")
    return process.serving("rhumb", port, rhumb.command(config), folder / "log", ready)
