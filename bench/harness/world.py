"""What all servers serve in a comparison: a zone of many names, and one name that is answered by the client's place.

Twelve regions where clouds have them, an instance in each, and a listener at each instance's address, so that those
servers which probe have something to find up.
"""

import contextlib
import math
import pathlib
import random
import socket
import threading
from collections.abc import Iterator

from harness import wire
from harness.geoip2 import CENTRES

ZONE = "bench.example"
SERVICE = f"geo.{ZONE}"
SERVICE_TTL = 30

REGIONS = {
    "us-east": (38.9, -77.4),
    "us-west": (45.8, -119.7),
    "ca-east": (45.5, -73.6),
    "sa-east": (-23.5, -46.6),
    "eu-west": (53.3, -6.3),
    "eu-central": (50.1, 8.7),
    "me-south": (26.1, 50.5),
    "ap-south": (19.1, 72.9),
    "ap-southeast": (1.3, 103.8),
    "ap-northeast": (35.7, 139.7),
    "ap-sydney": (-33.9, 151.2),
    "af-south": (-33.9, 18.4),
}
INSTANCES = {region: f"127.0.10.{number}" for number, region in enumerate(REGIONS, start=1)}

SEED = 7871


def zone_text(names: int, geo: str = "") -> str:
    """host0, host1, … with an A record each; `geo` is the line of the steered name, if the zone has one."""
    hosts = "".join(f"host{i} A 198.18.{i // 256 % 256}.{i % 256}\n" for i in range(names))
    head = f"$ORIGIN {ZONE}.\n$TTL 300\n@ SOA ns1 hostmaster 1 3600 600 604800 300\n@ NS ns1\nns1 A 198.18.255.1\n"
    return head + geo + hosts


def nearest_regions() -> dict[str, str]:
    """Country -> the region nearest to its centre, for servers that are told what they should answer."""
    return {
        country: min(REGIONS, key=lambda region: _distance((latitude, longitude), REGIONS[region]))
        for country, (_, latitude, longitude) in CENTRES.items()
    }


def _distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The haversine of the great circle: grows as the distance does."""
    (a, b), (c, d) = (tuple(map(math.radians, place)) for place in (one, other))
    return math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2


# ------------------------------------------------------------------------------------------------ what is asked


def static_queries(count: int, names: int, options: bytes | None = None) -> list[bytes]:
    rng = random.Random(SEED)
    return [wire.query(f"host{rng.randrange(names)}.{ZONE}", wire.TYPE_A, options) for _ in range(count)]


def geo_queries(count: int, name: str = SERVICE) -> list[bytes]:
    """From clients all over IPv4: a random /24 each."""
    rng = random.Random(SEED)
    networks = (bytes([rng.randrange(1, 224), rng.randrange(256), rng.randrange(256)]) for _ in range(count))
    return [wire.query(name, wire.TYPE_A, wire.ecs(network)) for network in networks]


def missing_queries(count: int) -> list[bytes]:
    """Names that do not exist, as a random subdomain attack asks them."""
    rng = random.Random(SEED)
    return [wire.query(f"{rng.randbytes(6).hex()}.{ZONE}", wire.TYPE_A) for _ in range(count)]


# ------------------------------------------------------------------------------------------------ who is probed


@contextlib.contextmanager
def instances_listening() -> Iterator[int]:
    """Accepts connections at each instance's address while the block runs; gives the port."""
    with contextlib.ExitStack() as stack:
        listeners = []
        for address in INSTANCES.values():
            listener = stack.enter_context(socket.socket())
            listener.bind((address, listeners[0].getsockname()[1] if listeners else 0))
            listener.listen()
            listeners.append(listener)
        for listener in listeners:
            threading.Thread(target=_accept_all, args=(listener,), daemon=True).start()
        yield listeners[0].getsockname()[1]


def _accept_all(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):  # when it is closed
        while True:
            listener.accept()[0].close()
