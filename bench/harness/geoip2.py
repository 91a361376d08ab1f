"""A country database in the form of MaxMind's GeoIP2, with the same networks as one in the flat form.

Rhumb takes both forms, other servers only the first. So that all answer from equal data, the database that comes with
this repository is written again: its tree stays as it is, and each country gets a record of a form that all read, with its
centre (that of Rhumb's own table), so that a server which goes by distance can.
"""

import pathlib
import re
import struct

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLAT_DATABASE = ROOT / "geoip/country.mmdb"

_METADATA_MARKER = b"\xab\xcd\xefMaxMind.com"
_SEPARATOR_SIZE = 16  # octets of zero between tree and data
_RECORD_SIZE = 3


def _read_centres() -> dict[str, tuple[str, float, float]]:
    line = re.compile(r'\{"(\w\w)", "(\w\w)", (-?[\d.]+)F, (-?[\d.]+)F\}')
    source = (ROOT / "src/geo/country_centroids.cpp").read_text()
    return {
        country: (continent, float(latitude), float(longitude))
        for country, continent, latitude, longitude in line.findall(source)
    }


CENTRES = _read_centres()  # country -> continent, latitude, longitude


def write_database(file: pathlib.Path) -> pathlib.Path:
    """FLAT_DATABASE in the form of GeoIP2 City."""
    flat = FLAT_DATABASE.read_bytes()
    metadata = flat[flat.rindex(_METADATA_MARKER) :]
    node_count = int.from_bytes(_after(metadata, b"node_count")[1:4])
    tree_size = node_count * 2 * _RECORD_SIZE
    records, moved = b"", {}
    for offset, country in _countries(flat[tree_size + _SEPARATOR_SIZE :]).items():
        moved[_reference(node_count, offset)] = _reference(node_count, len(records))
        records += _location(country)
    tree = b"".join(
        moved.get(flat[at : at + _RECORD_SIZE], flat[at : at + _RECORD_SIZE])
        for at in range(0, tree_size, _RECORD_SIZE)
    )
    file.write_bytes(tree + bytes(_SEPARATOR_SIZE) + records + _METADATA_MARKER + _metadata(node_count))
    return file


def _after(octets: bytes, text: bytes) -> bytes:
    return octets[octets.index(text) + len(text) :]


def _reference(node_count: int, data_offset: int) -> bytes:
    return (node_count + _SEPARATOR_SIZE + data_offset).to_bytes(_RECORD_SIZE)


def _countries(data: bytes) -> dict[int, str]:
    """Where each record of the flat form, {"country_code": "FR"}, begins. The key is a text once, then a pointer to it."""
    record = re.compile(rb"\xe1(?:\x4ccountry_code|[\x20-\x27].)\x42([A-Z]{2})", re.DOTALL)
    return {found.start(): found[1].decode() for found in record.finditer(data[: data.rindex(_METADATA_MARKER)])}


def _location(country: str) -> bytes:
    """Without a place, if it is a country that is no more."""
    if country not in CENTRES:
        return _map(country=_map(iso_code=_text(country)))
    continent, latitude, longitude = CENTRES[country]
    return _map(
        continent=_map(code=_text(continent)),
        country=_map(iso_code=_text(country)),
        location=_map(latitude=_double(latitude), longitude=_double(longitude)),
    )


def _metadata(node_count: int) -> bytes:
    return _map(
        binary_format_major_version=_number(5, 2),
        binary_format_minor_version=_number(5, 0),
        build_epoch=_number(9, 1_700_000_000),
        database_type=_text("GeoIP2-City"),
        description=_map(en=_text("geoip/country.mmdb in another form")),
        ip_version=_number(5, 6),
        languages=b"\x00\x04",  # an empty array
        node_count=_number(6, node_count),
        record_size=_number(5, 8 * _RECORD_SIZE),
    )


# The types of the format (https://maxmind.github.io/MaxMind-DB/), as far as they are needed.


def _text(text: str) -> bytes:
    octets = text.encode()
    if len(octets) < 29:
        return bytes([2 << 5 | len(octets)]) + octets
    return bytes([2 << 5 | 29, len(octets) - 29]) + octets


def _double(number: float) -> bytes:
    return bytes([3 << 5 | 8]) + struct.pack("!d", number)


def _number(kind: int, number: int) -> bytes:
    octets = number.to_bytes((number.bit_length() + 7) // 8)
    return (bytes([kind << 5 | len(octets)]) if kind < 8 else bytes([len(octets), kind - 7])) + octets


def _map(**members: bytes) -> bytes:
    return bytes([7 << 5 | len(members)]) + b"".join(_text(name) + value for name, value in members.items())
