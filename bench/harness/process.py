"""A server that runs for a benchmark: started, pinned to a core, measured, and ended again."""

import contextlib
import dataclasses
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from harness import wire

ADDRESS = "127.0.0.1"
SERVER_CORE, CLIENT_CORE = "0", "1"
ALL_CORES = f"0-{os.cpu_count() - 1}"

START_DEADLINE_S = 300  # a million names, or all cities of the world, on a busy machine
STOP_DEADLINE_S = 30


AUTOGROUP = pathlib.Path("/proc/sys/kernel/sched_autogroup_enabled")

_goes_first = False


def go_first() -> None:
    """From now on this script, its session and what it starts go before all other work on this machine: for figures from
    one that is not quiet. Takes root."""
    global _goes_first
    _goes_first = True
    _put_first(os.getpid())


def start(cores: str, command: list, **more) -> subprocess.Popen:
    """Runs a command on some cores. In a session of its own: Linux shares a core out among those first (sched(7))."""
    process = subprocess.Popen(["taskset", "-c", cores, *map(str, command)], start_new_session=True, **more)
    if _goes_first:
        _put_first(process.pid)
    return process


def _put_first(pid: int) -> None:
    os.setpriority(os.PRIO_PROCESS, pid, -20)
    if AUTOGROUP.exists() and AUTOGROUP.read_text().strip() == "1":
        pathlib.Path(f"/proc/{pid}/autogroup").write_text("-20")


@dataclasses.dataclass
class Server:
    name: str
    port: int
    process: subprocess.Popen
    started_in_s: float = 0  # until the first answer

    def pids(self) -> list[int]:
        """The process and those that it has started (NSD answers in a child)."""
        parents = {}
        for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                parents[int(entry.parent.name)] = int(_stat_fields(entry)[1])
        pids = [self.process.pid]
        for pid in pids:
            pids += [child for child, parent in parents.items() if parent == pid]
        return pids

    def cpu_s(self, threads: str = "") -> float:
        """Of all its processes so far, or of the threads whose names begin so; the scheduler counts it in nanoseconds."""
        total_ns = 0
        for pid in self.pids():
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                with contextlib.suppress(OSError):
                    if (task / "comm").read_text().startswith(threads):
                        total_ns += int((task / "schedstat").read_text().split()[0])
        return total_ns / 1e9

    def ticks(self) -> tuple[int, int]:
        """User and system time so far, which the kernel knows in ticks of 10 ms only (proc(5))."""
        fields = [_stat_fields(pathlib.Path(f"/proc/{pid}/stat")) for pid in self.pids()]
        return sum(int(field[11]) for field in fields), sum(int(field[12]) for field in fields)

    def memory_mb(self, what: str = "VmRSS") -> float:
        """VmRSS: resident now; VmHWM: the most that was, since reset_peak()."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{what}:\s+(\d+) kB", status)[1]) / 1e3

    def reset_peak(self) -> None:
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def ask(self, message: bytes, timeout_s: float = 0.2) -> bytes | None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(timeout_s)
            client.connect((ADDRESS, self.port))
            try:
                client.send(message)
                return client.recv(65535)
            except (TimeoutError, ConnectionRefusedError):
                return None


def _stat_fields(file: pathlib.Path) -> list[str]:
    """Those after the program's name; the name may have spaces."""
    return file.read_text().rpartition(")")[2].split()


def free_port() -> int:
    """A port that is free for UDP and TCP; nothing else on this machine should take one meanwhile."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind((ADDRESS, 0))
            with contextlib.suppress(OSError):
                tcp.bind((ADDRESS, udp.getsockname()[1]))
                return udp.getsockname()[1]


@contextlib.contextmanager
def serving(
    name: str,
    port: int,
    command: list,
    log: pathlib.Path,
    is_ready: Callable[[Server], bool],
    cores: str = SERVER_CORE,
) -> Iterator[Server]:
    """Runs a server until the block ends. Ends the program, with the server's last words, if it ends before
    it is ready."""
    begin = time.monotonic()
    with log.open("w") as output:
        process = start(cores, command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        server = Server(name, port, process)
        while not is_ready(server):
            if process.poll() is not None or time.monotonic() > begin + START_DEADLINE_S:
                sys.exit(f"{name} does not answer. Its last words:\n{log.read_text()[-2000:]}")
            time.sleep(0.01)
        server.started_in_s = time.monotonic() - begin
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers_name(name: str) -> Callable[[Server], bool]:
    """A test of readiness: the server has A records at the name."""

    def is_ready(server: Server) -> bool:
        response = server.ask(wire.query(name, wire.TYPE_A, b""))
        return response is not None and wire.rcode(response) == wire.NOERROR and wire.answer_count(response) > 0

    return is_ready


def answers_anything(server: Server) -> bool:
    return server.ask(wire.query("example", wire.TYPE_SOA)) is not None
