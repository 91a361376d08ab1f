"""The shell in which the commands of a page are typed: one for all of them, so that `cd` and variables stay."""

import os
import pathlib
import re
import select
import socket
import subprocess

DEADLINE_S = 200  # for any command; a debug build on a machine with twenty others waiting has needed a minute

# What a reader leaves running in a terminal, and ends with Ctrl-C: the one stays to the end of the page, the other until it has
# printed something.
_SERVES = re.compile(r"^(sudo )?rhumb serve\b")
_WATCHES = re.compile(r"\s--watch\b|^curl -N\b|^(sudo )?journalctl .*-f\b|^tail -f\b")


class Shell:
    def __init__(self, folder: pathlib.Path, variables: dict[str, str]):
        self._folder = folder
        self._ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ready.bind(str(folder / "notify"))
        self._ready.settimeout(DEADLINE_S)
        self._bash = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **variables},
        )

    def run(self, command: str) -> tuple[int, list[str]]:
        """The exit status, and what was printed. A server has status 0 once it answers."""
        if _SERVES.match(command):
            return self._serve(command)
        if _WATCHES.search(command):
            command = _until_it_prints(command)
        return self._evaluate(command)

    def _evaluate(self, command: str) -> tuple[int, list[str]]:
        script, output = self._folder / "command", self._folder / "output"
        script.write_text(command + "\n")
        self._bash.stdin.write(f'eval "$(cat {script})" </dev/null >{output} 2>&1; echo "$?"\n')
        self._bash.stdin.flush()
        ends, _, _ = select.select([self._bash.stdout], [], [], DEADLINE_S)
        status = self._bash.stdout.readline().strip() if ends else f"nothing in {DEADLINE_S} s"
        printed = output.read_text(errors="replace").splitlines() if output.exists() else []
        if not status.isdigit():
            return 255, [*printed, f"(instead of a status: {status})"]
        return int(status), printed

    def _serve(self, command: str) -> tuple[int, list[str]]:
        log = self._folder / "serve.log"
        start = f"{{ NOTIFY_SOCKET={self._folder}/notify {command.removeprefix('sudo ')}\n}} >>{log} 2>&1 &"
        self._forget_what_was_said()
        self._evaluate(start)
        if self._says_ready():
            return 0, []
        return 1, log.read_text().splitlines()

    def _forget_what_was_said(self) -> None:
        """A server says that it is ready after each reload, too."""
        while select.select([self._ready], [], [], 0)[0]:
            self._ready.recv(4096)

    def _says_ready(self) -> bool:
        try:
            while b"READY=1" not in self._ready.recv(4096):
                pass
        except TimeoutError:
            return False
        return True


def _until_it_prints(command: str) -> str:
    # The first line, then an interrupt; that it ends is not its doing, so that its status says nothing.
    return f"coproc {{ {command}\n}}; read -r -t {DEADLINE_S} REPLY <&${{COPROC[0]}} && echo \"$REPLY\" && kill -INT $COPROC_PID"
