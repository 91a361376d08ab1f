"""Starting with databases that know every city of the world (`./dev geoip`), ranked for twelve regions."""

import argparse
import os
import pathlib
import statistics
import subprocess

from harness import process, rhumb, table, world

DATABASES = [rhumb.ROOT / "geoip" / f"dbip-city-{family}.mmdb" for family in ("ipv4", "ipv6")]


def measure(arguments: argparse.Namespace, folder: pathlib.Path) -> None:
    if not all(database.exists() for database in DATABASES):
        print("city: left out, for there are no city databases; `./dev geoip` brings them")
        return
    rows = [_row(arguments, folder, is_cold) for is_cold in (True, False)]
    table.print_table(["city databases", "start s", "CPU s", "memory MB", "at the most MB"], rows)


def _row(arguments: argparse.Namespace, folder: pathlib.Path, is_cold: bool) -> list[str]:
    starts = [_start(folder / f"{is_cold}-{number}", is_cold) for number in range(min(arguments.rounds, 5))]
    seconds, cpu_s, memory_mb, peak_mb = (statistics.median(figures) for figures in zip(*starts))
    title = "read from disk" if is_cold else "in the page cache"
    return [title, f"{seconds:.2f}", f"{cpu_s:.2f}", f"{memory_mb:.0f}", f"{peak_mb:.0f}"]


def _start(folder: pathlib.Path, is_cold: bool) -> tuple[float, float, float, float]:
    port = process.free_port()
    services = {world.SERVICE: rhumb.service({"order": "nearest", "pick": "rotate"})}
    config = rhumb.write_config(folder, port, DATABASES, services=services)
    (folder / "zones" / f"{world.ZONE}.zone").write_text(world.zone_text(names=1))
    for database in DATABASES:
        _put_out_of_cache(database) if is_cold else database.read_bytes()
    with process.serving(
        "rhumb", port, rhumb.command(config), folder / "log", process.answers_name(world.SERVICE), process.ALL_CORES
    ) as server:
        return server.started_in_s, server.cpu_s(), server.memory_mb(), server.memory_mb("VmHWM")


def _put_out_of_cache(file: pathlib.Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    told = subprocess.run(["fincore", "--bytes", "--noheadings", "--output", "RES", file], capture_output=True, text=True)
    if told.returncode != 0 or int(told.stdout) > 0:
        print(f"city: {file.name} stays in the page cache; the start from disk is not wholly one")
