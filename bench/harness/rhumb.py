"""Rhumb's own configurations."""

import json
import pathlib
import subprocess

from harness import process, world

ROOT = pathlib.Path(__file__).resolve().parents[2]
RHUMB = ROOT / "build/release/rhumb"
ECHO = ROOT / "build/release/bench/rhumb_echo"

CHECK_INTERVAL = "10s"


def service(steering: dict, **more) -> dict:
    """A service with an instance in each region."""
    instances = [{"region": region, "address": address} for region, address in world.INSTANCES.items()]
    return {"ttl": world.SERVICE_TTL, "steering": steering, "instances": instances, **more}


def write_config(folder: pathlib.Path, port: int, databases: list[pathlib.Path], **more) -> pathlib.Path:
    """One UDP thread, the zones in `folder`/zones, all else as it is by default: cookies, ECS, TCP."""
    config = {
        "listen": [f"{process.ADDRESS}:{port}"],
        "threads": 1,
        "zones": "zones",
        "geoip": [str(database.resolve()) for database in databases],
        "regions": {name: {"coordinates": list(place)} for name, place in world.REGIONS.items()},
        **more,
    }
    (folder / "zones").mkdir(parents=True, exist_ok=True)
    file = folder / "rhumb.json"
    file.write_text(json.dumps(config, indent=1))
    return file


def command(config: pathlib.Path, program: pathlib.Path = RHUMB) -> list:
    return [program, "serve", "--config", config]


def version() -> str:
    described = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return described.stdout.strip() or "of no commit"
