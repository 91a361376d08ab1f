"""Queries in wire form, and files of them as rhumb_load (and dnsperf -B) take them."""

import pathlib
import struct
from collections.abc import Iterable

TYPE_A, TYPE_SOA, TYPE_OPT = 1, 6, 41
OPTION_ECS = 8
NOERROR, NXDOMAIN = 0, 3


def query(name: str, kind: int, options: bytes | None = None) -> bytes:
    """A query for a name; with an OPT record if there are options, even empty ones."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    header = struct.pack("!6H", 0, 0, 1, 0, 0, 0 if options is None else 1)
    opt = b"" if options is None else b"\0" + struct.pack("!HHIH", TYPE_OPT, 1232, 0, len(options)) + options
    return header + labels + b"\0" + struct.pack("!HH", kind, 1) + opt


def ecs(network: bytes) -> bytes:
    """The option for an IPv4 /24, given as its three octets (RFC 7871)."""
    return struct.pack("!HHHBB", OPTION_ECS, 4 + len(network), 1, 8 * len(network), 0) + network


def write_queries(file: pathlib.Path, queries: Iterable[bytes]) -> pathlib.Path:
    """Each message behind its length in two octets."""
    file.write_bytes(b"".join(struct.pack("!H", len(message)) + message for message in queries))
    return file


def rcode(response: bytes) -> int:
    return response[3] & 0x0F


def answer_count(response: bytes) -> int:
    return struct.unpack("!H", response[6:8])[0]


def first_address(response: bytes) -> bytes | None:
    """The data of the first record, if that is an A record whose owner is the question's name, compressed."""
    if len(response) < 12 or answer_count(response) == 0:
        return None
    record = response.index(b"\0", 12) + 5
    return response[record + 12 : record + 16] if response[record : record + 4] == b"\xc0\x0c\0\x01" else None
