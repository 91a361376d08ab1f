"""A machine of its own for the commands of a page: nothing that they do is seen, or stays, outside.

Mounts, network, processes and IPC are those of namespaces. What is written to /etc and /var is kept in memory above the real
ones, /run is empty, and the network has one interface, lo, that has every documentation address. Needs no root: without it, user namespaces do.
"""

import os
import pathlib
import subprocess

_FLAGS = ["--mount", "--net", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"]

# RFC 5737 and RFC 3849.
_LOCAL_NETWORKS = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
_LOCAL_NETWORKS_V6 = ("2001:db8::/32",)


def unshare() -> list[str]:
    """What a command is put behind to be on a machine of its own."""
    return ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), *_FLAGS]


def why_not() -> str:
    """Why there can be no such machine here; nothing if there can."""
    try:
        done = subprocess.run([*unshare(), "mount", "-t", "tmpfs", "none", "/run"], capture_output=True, text=True)
    except OSError as problem:
        return str(problem)
    return done.stderr.strip() if done.returncode != 0 else ""


def furnish(folder: pathlib.Path) -> None:
    """Makes the machine that this process is on. `folder` gets its own file system, in memory."""
    _mount("-t", "tmpfs", "none", folder)
    for top in ("etc", "var"):
        upper, work = folder / top, folder / f".{top}"
        upper.mkdir()
        work.mkdir()
        _mount("-t", "overlay", "none", "-o", f"lowerdir=/{top},upperdir={upper},workdir={work}", f"/{top}")
    _mount("-t", "tmpfs", "none", "/run")

    _ip("link", "set", "lo", "up")
    for network in _LOCAL_NETWORKS:
        _ip("route", "add", "local", network, "dev", "lo")
    for network in _LOCAL_NETWORKS_V6:
        _ip("-6", "route", "add", "local", network, "dev", "lo")


def _mount(*arguments) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
