#!/usr/bin/env python3
"""A tour of Rhumb in a small world: three regions on loopback addresses, and what happens when one of them fails.

Starts the backends of rhumb.json and the server, asks for its three services as clients on three continents would, each
of which is steered in another way, takes one region down, brings it back, and drains it bit by bit. Every wait is for a
condition, none is for a time. All that was started ends with the tour. Run it with `./dev demo`, which builds the server first.
"""

import argparse
import contextlib
import dataclasses
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONFIG = ROOT / "rhumb.json"
RHUMB = ROOT / "build/release/rhumb"
ZONE = "example.com"
SERVICE = "www.example.com"

START_DEADLINE_S = 60  # to read the zones and the databases, of cities perhaps, and to answer
MOVE_DEADLINE_S = 10  # several times what the checks of rhumb.json need
POLL_S = 0.05


@dataclasses.dataclass(frozen=True)
class Client:
    place: str
    network: str
    regions: tuple[str, str]  # the nearest, and the next if that one fails


CLIENTS = (
    Client("Paris", "78.192.0.0/24", ("eu-west", "us-east")),
    Client("Virginia", "71.163.0.0/24", ("us-east", "eu-west")),
    Client("Singapore", "116.14.0.0/24", ("ap-southeast", "eu-west")),
)
FAILING = "eu-west"

STICKY = "api.example.com"  # each client stays where it is
FAILOVER = "pay.example.com"  # one region for all, and a spare one
SPARE = "us-east"
ASKED = 5  # times, to see that a client stays

DRAIN_S = 5  # how long the drain takes
NEIGHBOURS = tuple(f"78.192.{i}.0/24" for i in range(64))  # client networks round Paris
DRAIN_DEADLINE_S = DRAIN_S + MOVE_DEADLINE_S


class Failure(Exception):
    """Something that the tour was to show did not happen."""


# ------------------------------------------------------------------------------------------------ the small world


@dataclasses.dataclass(frozen=True)
class World:
    """The configuration in use, and what of it the tour needs."""

    config: pathlib.Path
    dns_address: str
    dns_port: int
    check_port: int
    instances: dict[str, list[str]]  # region → addresses
    rhumb: pathlib.Path = RHUMB


def read_config(path: pathlib.Path) -> dict:
    without_comments = re.sub(r"(?m)(^|\s)//.*$", "", path.read_text())
    return json.loads(without_comments)


def is_free(address: str, port: int, kinds: tuple[int, ...]) -> bool:
    for kind in kinds:
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:  # connections that are closing do not matter; a UDP socket would be shared
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def free_port(first: int, addresses: list[str], *kinds: int) -> int:
    """`first`, or the next port after it that is free on all the addresses."""
    for port in range(first, first + 1000):
        if all(is_free(address, port, kinds) for address in addresses):
            return port
    raise Failure(f"no port from {first} to {first + 999} is free on {', '.join(addresses)}")


def build_world(folder: pathlib.Path, rhumb: pathlib.Path) -> World:
    """The world of a copy of rhumb.json in `folder`, with other ports where those of it are taken."""
    config = read_config(CONFIG)
    check = config["checks"][config["services"][SERVICE]["check"]]
    instances: dict[str, list[str]] = {}
    for instance in config["services"][SERVICE]["instances"]:
        instances.setdefault(instance["region"], []).append(instance["address"])
    address, port = config["listen"][0].rsplit(":", 1)

    dns_port = free_port(int(port), [address], socket.SOCK_DGRAM, socket.SOCK_STREAM)
    check_port = free_port(check["port"], sum(instances.values(), []), socket.SOCK_STREAM)
    if (dns_port, check_port) != (int(port), check["port"]):
        print(f"A port of rhumb.json is taken; using DNS port {dns_port} and HTTP port {check_port}.")
    config["listen"] = [f"{address}:{dns_port}"]
    check["port"] = check_port
    for key in ("zones", "assertions"):
        config[key] = str(ROOT / config[key])
    config["geoip"] = [str(ROOT / database) for database in config["geoip"]]
    path = folder / "rhumb.json"
    path.write_text(json.dumps(config, indent=2))
    return World(path, address, dns_port, check_port, instances, rhumb)


def start(*command: str | pathlib.Path, output=subprocess.DEVNULL) -> subprocess.Popen:
    # In a session of its own, so that Ctrl-C reaches the tour alone, which then ends what it started.
    return subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)


def end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def serving(rhumb: pathlib.Path, world: World, log: pathlib.Path) -> Iterator[subprocess.Popen]:
    """The server, from its first answer until the context ends."""
    with log.open("w") as output:
        server = start(rhumb, "serve", "--config", world.config, output=output)
        try:
            wait_for_server(world, server)
            yield server
        finally:
            end(server)


class Backends(contextlib.AbstractContextManager):
    """The web servers of all regions; what still runs when the context ends is ended."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._processes: dict[str, list[subprocess.Popen]] = {}

    def start(self, region: str) -> None:
        self._processes[region] = [
            start(sys.executable, ROOT / "demo/backend.py", address, str(self._world.check_port), region)
            for address in self._world.instances[region]
        ]

    def stop(self, region: str) -> None:
        for process in self._processes.pop(region):
            end(process)

    def pids(self, region: str) -> list[int]:
        return [process.pid for process in self._processes[region]]

    def __exit__(self, *_) -> None:
        for region in list(self._processes):
            self.stop(region)


# ------------------------------------------------------------------------------------------------ asking and waiting


@dataclasses.dataclass(frozen=True)
class Answer:
    addresses: tuple[str, ...]
    scope: str  # what part of the network the answer holds for, as dig shows it: "/18"


def dig(world: World, *arguments: str) -> str:
    command = ["dig", f"@{world.dns_address}", "-p", str(world.dns_port), "+time=1", "+tries=1", *arguments]
    return subprocess.run(command, capture_output=True, text=True).stdout


def ask(world: World, client: Client, service: str = SERVICE) -> Answer:
    text = dig(world, service, "A", f"+subnet={client.network}")
    addresses = re.findall(rf"^{re.escape(service)}\.\s+\d+\s+IN\s+A\s+(\S+)", text, re.MULTILINE)
    scope = re.search(r"CLIENT-SUBNET: [^/]+/\d+(/\d+)", text)
    return Answer(tuple(addresses), scope[1] if scope else "none")


def still_in(world: World, region: str) -> set[str]:
    """Those of NEIGHBOURS that are sent to the region."""
    questions = "".join(f"{SERVICE} A +subnet={network} +noall +question +answer\n" for network in NEIGHBOURS)
    command = ["dig", f"@{world.dns_address}", "-p", str(world.dns_port), "+time=1", "+tries=1", "-f", "-"]
    text = subprocess.run(command, input=questions, capture_output=True, text=True).stdout
    answers = text.split(f";{SERVICE}.")[1:]  # each begins with its question
    if len(answers) != len(NEIGHBOURS):
        raise Failure(f"{len(NEIGHBOURS)} questions had {len(answers)} answers")
    return {
        network
        for network, answer in zip(NEIGHBOURS, answers)
        if any(answer.rstrip().endswith(address) for address in world.instances[region])
    }


def region_of(world: World, address: str) -> str:
    return next((region for region, addresses in world.instances.items() if address in addresses), "?")


def is_from(world: World, answer: Answer, region: str) -> bool:
    return sorted(answer.addresses) == sorted(world.instances[region])


def seconds_until(condition: Callable[[], bool], deadline_s: float) -> float | None:
    """How long it took, or None if the deadline came first."""
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > deadline_s:
            return None
        time.sleep(POLL_S)
    return time.monotonic() - start


def wait_for_server(world: World, server: subprocess.Popen) -> None:
    def answers() -> bool:
        if server.poll() is not None:
            raise Failure(f"the server ended with status {server.returncode}")
        return "ANSWER: 1" in dig(world, ZONE, "SOA")

    if seconds_until(answers, START_DEADLINE_S) is None:
        raise Failure(f"the server did not answer within {START_DEADLINE_S} s")


# ------------------------------------------------------------------------------------------------ the tour


def bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text


def show(world: World, expected: dict[Client, str]) -> None:
    """Asks as every client and prints what came; a failure if an answer is not of the region expected."""
    print(f"  {'client in':<11}{'asks from':<17}{'is sent to':<24}{'in region':<14}{'valid for':<11}right?")
    wrong = []
    for client, region in expected.items():
        answer = ask(world, client)
        found = next((name for name in world.instances if is_from(world, answer, name)), "?")
        right = found == region
        print(
            f"  {client.place:<11}{client.network:<17}{', '.join(answer.addresses) or 'nothing':<24}{found:<14}"
            f"{answer.scope:<11}{'yes' if right else f'NO, not {region}'}"
        )
        if not right:
            wrong.append(client.place)
    if wrong:
        raise Failure(f"the answer for {', '.join(wrong)} is not of the region expected")


def where(world: World, service: str) -> dict[Client, str]:
    """Where each client is sent, asked several times: one address, or several with commas."""
    return {
        client: ", ".join(sorted({a for _ in range(ASKED) for a in ask(world, client, service).addresses}))
        for client in CLIENTS
    }


def show_policies(world: World, before: dict[Client, str], is_well: Callable[[str], bool], serving_all: str) -> None:
    """Shows where the other two services send clients, once they are where they should be: with the sticky one where
    they were `before`, or in another region if that is not well; with the other one all in one region."""
    sticky, failover = {}, {}

    def is_right() -> bool:
        sticky.update(where(world, STICKY))
        failover.update(where(world, FAILOVER))
        kept = [client for client, address in before.items() if is_well(region_of(world, address))]
        stays = all(sticky[client] == before[client] for client in kept)
        serves = all(is_well(region_of(world, address)) for address in sticky.values())  # "?" if it is not one address
        return stays and serves and {region_of(world, address) for address in failover.values()} == {serving_all}

    right = seconds_until(is_right, MOVE_DEADLINE_S) is not None
    print(f"\n  {'service':<18}{'client in':<11}{'is sent to':<24}in region")
    for service, now in ((STICKY, sticky), (FAILOVER, failover)):
        for client, address in now.items():
            moved = ", moved" if service == STICKY and address != before[client] else ""
            print(f"  {service:<18}{client.place:<11}{address:<24}{region_of(world, address)}{moved}")
    if not right:
        raise Failure(f"the answers for {STICKY} or {FAILOVER} did not come right within {MOVE_DEADLINE_S} s")


def wait_and_show(world: World, expected: dict[Client, str], done: str) -> None:
    """Shows the answers once they are those expected, or what they are if that takes too long."""
    seconds = seconds_until(
        lambda: all(is_from(world, ask(world, client), region) for client, region in expected.items()),
        MOVE_DEADLINE_S,
    )
    print(f"   {done} after {seconds:.1f} s.\n" if seconds is not None else f"   Not within {MOVE_DEADLINE_S} s.\n")
    show(world, expected)
    if seconds is None:
        raise Failure(f"the answers came right only after {MOVE_DEADLINE_S} s")


def tour(world: World, backends: Backends) -> None:
    usual = {client: client.regions[0] for client in CLIENTS}
    without = {client: next(r for r in client.regions if r != FAILING) for client in CLIENTS}

    print(bold(f"\n1. Clients on three continents ask for {SERVICE}"))
    print(f"   dig @{world.dns_address} -p {world.dns_port} {SERVICE} +subnet={CLIENTS[0].network}")
    wait_and_show(world, usual, "The answers were right")

    print(bold("\n2. Other services are steered in other ways: sticky, and failover"))
    stuck = where(world, STICKY)
    show_policies(world, stuck, lambda region: region in world.instances, FAILING)

    print(bold(f"\n3. The only backend of {FAILING} is killed"))
    backends.stop(FAILING)
    wait_and_show(world, without, "The answers moved")
    show_policies(world, stuck, lambda region: region in world.instances and region != FAILING, SPARE)

    print(bold(f"\n4. The backend of {FAILING} is back"))
    backends.start(FAILING)
    wait_and_show(world, usual, "The answers returned")
    show_policies(world, stuck, lambda region: region in world.instances, FAILING)

    print(bold(f"\n5. {FAILING} is drained over {DRAIN_S} s, and comes back"))
    drain(world)
    wait_and_show(world, usual, "The answers returned")


def command(world: World, *arguments: str) -> None:
    """Runs the program as an operator would, and shows what it says."""
    print(f"   $ rhumb {' '.join(arguments)}")
    done = subprocess.run(
        [world.rhumb, *arguments, "--config", world.config], capture_output=True, text=True, timeout=MOVE_DEADLINE_S
    )
    print("".join(f"   {line}\n" for line in (done.stdout + done.stderr).splitlines()), end="")
    if done.returncode != 0 and arguments[0] != "status":
        raise Failure(f"rhumb {arguments[0]} ended with status {done.returncode}")


def drain(world: World) -> None:
    """Drains FAILING and shows how its clients leave, one after the other, and that none comes back."""
    command(world, "drain", FAILING, "--over", f"{DRAIN_S}s", "--reason", "new racks")
    print()
    left = still_in(world, FAILING)
    came_back: set[str] = set()
    for part in (0.75, 0.5, 0.25, 0):

        def has_come_to() -> bool:
            nonlocal left
            now = still_in(world, FAILING)
            came_back.update(now - left)
            left = now
            return len(left) <= part * len(NEIGHBOURS)

        if seconds_until(has_come_to, DRAIN_DEADLINE_S) is None:
            raise Failure(f"{len(left)} of {len(NEIGHBOURS)} client networks are still in {FAILING}")
        bar = "█" * (len(left) // 2)
        print(f"   {len(left):3} of {len(NEIGHBOURS)} client networks round Paris are sent to {FAILING}  {bar}")
    if came_back:
        raise Failure(f"{', '.join(sorted(came_back))} came back while {FAILING} was drained")
    print("   None came back on the way.\n")
    command(world, "status", "--service", SERVICE)
    print()
    command(world, "undrain", FAILING)


def stay(world: World, backends: Backends, rhumb: pathlib.Path, server: subprocess.Popen, log: pathlib.Path) -> None:
    """Leaves everything running until Ctrl-C, with something to try."""
    client = CLIENTS[2]
    region = client.regions[0]
    ask_server = f"dig @{world.dns_address} -p {world.dns_port}"
    tries = {
        f"{ask_server} {SERVICE} +subnet={client.network}": f"as a client in {client.place}",
        f"{ask_server} {SERVICE} +subnet={CLIENTS[1].network} +short": "again and again: the answers take turns",
        f"{shown(rhumb)} explain {SERVICE} {client.network.split('/')[0]} --config {shown(world.config)}": "and why",
        f"{shown(rhumb)} status --watch --config {shown(world.config)}": "who serves",
        f"{shown(rhumb)} drain {region} --over 1m --config {shown(world.config)}": "move clients away, bit by bit",
        f"kill {' '.join(map(str, backends.pids(region)))}": f"{region} fails: ask again a second later",
        f"curl http://{world.instances[region][0]}:{world.check_port}/": "what is checked",
        f"tail -f {log}": "what the server says",
    }
    print(bold("\nEverything is still running. Try, in another terminal:"))
    for command, meaning in tries.items():
        print(f"  {command}  # {meaning}")
    print("Ctrl-C ends it all.")
    with contextlib.suppress(KeyboardInterrupt):
        server.wait()
        raise Failure(f"the server ended with status {server.returncode}")
    print()


def shown(path: pathlib.Path) -> str:
    """The path as one would type it here."""
    here = pathlib.Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev demo", description="A tour of Rhumb in a small world.")
    parser.add_argument("--once", action="store_true", help="end after the tour; status 1 if an answer was wrong")
    parser.add_argument("--server", type=pathlib.Path, default=RHUMB, help="the program (%(default)s)")
    arguments = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # a pipe, too, sees each step as it happens
    for deadly in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(deadly, lambda number, _: sys.exit(128 + number))

    if not arguments.server.exists():
        sys.exit(f"demo: there is no {shown(arguments.server)}; ./dev build makes it")

    with tempfile.TemporaryDirectory(prefix="rhumb-demo-") as folder:
        log = pathlib.Path(folder) / "server.log"
        try:
            world = build_world(pathlib.Path(folder), arguments.server)
            with Backends(world) as backends:
                for region in world.instances:
                    backends.start(region)
                with serving(arguments.server, world, log) as server:
                    tour(world, backends)
                    if not arguments.once:
                        stay(world, backends, arguments.server, server, log)
        except Failure as failure:
            print(f"\ndemo: {failure}", file=sys.stderr)
            if log.exists():
                print(f"The server's last words:\n{tail(log)}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 128 + signal.SIGINT
    return 0


def tail(log: pathlib.Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


if __name__ == "__main__":
    sys.exit(main())
