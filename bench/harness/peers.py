"""The other authoritative servers of Debian, as they are compared with: configured for one UDP thread, and for the data
of `world`. Each function writes what its server needs into a folder of its own and returns the command that runs it in
the foreground, so that the daemons which Debian's packages would start are left alone.
"""

import dataclasses
import pathlib
import re
import subprocess
from collections.abc import Callable

from harness import process, world


# Debian's paths, which are not in everybody's PATH.
GDNSD, KNOT, NSD = "/usr/sbin/gdnsd", "/usr/sbin/knotd", "/usr/sbin/nsd"


@dataclasses.dataclass(frozen=True)
class Data:
    """What is served."""

    names: int
    database: pathlib.Path  # in the form of GeoIP2
    probed_port: int  # where instances listen


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    program: str
    package: str
    ask_version: list[str]
    prepare: Callable[[pathlib.Path, int, Data], list]
    has_geo: bool = True

    @property
    def is_installed(self) -> bool:
        return pathlib.Path(self.program).exists()

    def version(self) -> str:
        told = subprocess.run([self.program, *self.ask_version], capture_output=True, text=True)
        found = re.search(r"version (\d+(\.\d+)+)", told.stdout + told.stderr)
        return found[1] if found else "?"


def prepare_gdnsd(folder: pathlib.Path, port: int, data: Data) -> list:
    """Geography by its plugin in "city auto mode", which goes by distance as Rhumb's `nearest` does; TCP probes."""
    for name in ("zones", "run", "state"):
        (folder / name).mkdir(parents=True)
    geo = f"geo {world.SERVICE_TTL} DYNA geoip!geo\n"
    (folder / "zones" / world.ZONE).write_text(world.zone_text(data.names, geo))
    places = " ".join(f"{name} => [{latitude}, {longitude}]" for name, (latitude, longitude) in world.REGIONS.items())
    addresses = " ".join(f"{name} => {address}" for name, address in world.INSTANCES.items())
    (folder / "config").write_text(f"""
options => {{
  listen => {{ {process.ADDRESS}:{port} => {{ udp_threads => 1 tcp_threads => 1 }} }}
  run_dir => {folder}/run
  state_dir => {folder}/state
}}
service_types => {{ probed => {{ plugin => tcp_connect port => {data.probed_port} interval => 10 timeout => 2 }} }}
plugins => {{
  tcp_connect => {{}}
  geoip => {{
    maps => {{ world => {{
      geoip2_db => {data.database.resolve()}
      datacenters => [{", ".join(world.REGIONS)}]
      auto_dc_coords => {{ {places} }}
    }} }}
    resources => {{ geo => {{ map => world service_types => probed dcmap => {{ {addresses} }} }} }}
  }}
}}
""")
    return [GDNSD, "-c", folder, "start"]


def prepare_knot(folder: pathlib.Path, port: int, data: Data) -> list:
    """Geography by its module in "geodb" mode: each country is told which address to get. It probes nothing."""
    for name in ("zones", "run", "db"):
        (folder / name).mkdir(parents=True)
    fallback = next(iter(world.INSTANCES.values()))
    zone = world.zone_text(data.names, f"geo {world.SERVICE_TTL} A {fallback}\n")
    (folder / "zones" / f"{world.ZONE}.zone").write_text(zone)
    countries = "".join(
        f'  - geo: "{country}"\n    A: {world.INSTANCES[region]}\n' for country, region in world.nearest_regions().items()
    )
    (folder / "geo.conf").write_text(f"{world.SERVICE}:\n{countries}")
    (folder / "knot.conf").write_text(f"""
server:
  listen: {process.ADDRESS}@{port}
  rundir: "{folder}/run"
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  edns-client-subnet: on
database:
  storage: "{folder}/db"
log:
  - target: stderr
    any: warning
mod-geoip:
  - id: geo
    config-file: "{folder}/geo.conf"
    ttl: {world.SERVICE_TTL}
    mode: geodb
    geodb-file: "{data.database.resolve()}"
    geodb-key: country/iso_code
template:
  - id: default
    storage: "{folder}/zones"
    zonefile-sync: -1
    journal-content: none
zone:
  - domain: {world.ZONE}
    file: {world.ZONE}.zone
    module: mod-geoip/geo
""")
    return [KNOT, "-c", folder / "knot.conf"]


def prepare_nsd(folder: pathlib.Path, port: int, data: Data) -> list:
    """It knows no geography."""
    (folder / "zones").mkdir(parents=True)
    (folder / "zones" / f"{world.ZONE}.zone").write_text(world.zone_text(data.names))
    (folder / "nsd.conf").write_text(f"""
server:
  ip-address: {process.ADDRESS}@{port}
  server-count: 1
  reuseport: yes
  username: ""
  database: ""
  zonesdir: "{folder}/zones"
  pidfile: ""
  xfrdfile: "{folder}/xfrd.state"
  zonelistfile: "{folder}/zone.list"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "{world.ZONE}"
  zonefile: "{world.ZONE}.zone"
""")
    return [NSD, "-d", "-c", folder / "nsd.conf"]


PEERS = [
    Peer("gdnsd", GDNSD, "gdnsd", ["-V"], prepare_gdnsd),
    Peer("NSD", NSD, "nsd", ["-v"], prepare_nsd, has_geo=False),
    Peer("Knot", KNOT, "knot and knot-module-geoip", ["-V"], prepare_knot),
]
