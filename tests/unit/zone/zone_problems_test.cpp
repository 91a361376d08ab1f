// Bad zones and exactly what is said of them. docs/zones.md compares this with what other servers' tools say.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "zone_directory.hpp"

namespace rhumb::zone {
namespace {

struct BadZone {
  std::string name;
  std::string text;
  std::vector<std::string> problems;
};

constexpr const char* kSoa = "@ SOA ns1 admin 1 7200 900 1209600 300\n";
constexpr const char* kHead =
    "@ SOA ns1 admin 1 7200 900 1209600 300\n"
    "@ NS ns1\n"
    "ns1 A 192.0.2.53\n";

// A zone with `rest` from line 4.
BadZone with(std::string name, const std::string& rest, std::vector<std::string> problems) {
  return {std::move(name), kHead + rest, std::move(problems)};
}

std::vector<BadZone> bad_zones() {
  const std::string label(70, 'a');
  std::string long_name;
  for (int i = 0; i < 6; ++i)
    long_name += std::string(49, 'b') + (i < 5 ? "." : "");
  std::string large;
  for (int i = 0; i < 270; ++i)
    large += fmt::format("w TXT {}{}\n", std::string(240, 'x'), 100 + i);
  return {
      with("Nothing", "", {}),
      with("TtlMismatch", "w 300 A 192.0.2.1\nw 60 A 192.0.2.2\n",
           {"zone:5: warning: w A has TTL 60 here and 300 at zone:4; the lowest, 60, is served (RFC 2181 §5.2)"}),
      with("Duplicate", "w A 192.0.2.1\nw A 192.0.2.1\n",
           {"zone:5: warning: w has this A record already (zone:4); written once is enough"}),
      with("OutOfZone", "www.example.net. A 192.0.2.1\n",
           {"zone:4: warning: www.example.net is not in the zone example.com; ignored"}),
      with("CnameAndOther", "w CNAME ns1\nw A 192.0.2.1\n",
           {"zone:5: w has a CNAME and other data (RFC 1034 §3.6.2); remove one of them"}),
      with("TwoCnames", "w CNAME ns1\nw CNAME x\n",
           {"zone:5: w has another CNAME record at zone:4 (RFC 2181 §10.1); remove one of them"}),
      with("CnameAtTheApex", "@ CNAME ns1.example.net.\n",
           {"zone:4: example.com has a CNAME and other data (RFC 1034 §3.6.2); remove one of them"}),
      with("DnameAndNs", "w DNAME ns1\nw NS ns1\n",
           {"zone:5: w has a DNAME and is delegated (RFC 6672 §2.3); remove one of them"}),
      with("BelowDname", "w DNAME ns1\nx.w A 192.0.2.1\n",
           {"zone:5: warning: x.w is below the DNAME of w, so this is never answered (RFC 6672 §2.4)"}),
      with("TwoSoas", "@ SOA ns1 admin 2 7200 900 1209600 300\n",
           {"zone:4: example.com has another SOA record at zone:1; remove one of them"}),
      with("SoaBelowTheApex", "w SOA ns1 admin 1 7200 900 1209600 300\n",
           {"zone:4: w has a SOA record, but the zone's apex is example.com"}),
      {"NoSoa", "@ NS ns.example.net.\n", {"zone: example.com has no SOA record; a zone must have one at its apex"}},
      {"NoNs", kSoa, {"zone: example.com has no NS record; a zone must have one at its apex"}},
      {"NeitherSoaNorNs",
       "w A 192.0.2.1\n",
       {"zone: example.com has no SOA record; a zone must have one at its apex",
        "zone: example.com has no NS record; a zone must have one at its apex"}},
      // What is there and cannot be read is not missing.
      {"SoaThatCannotBeRead",
       "@ SOA ns1 admin 1 7200 900 x 300\n@ NS ns.example.net.\n",
       {"zone:1: \"ns1 admin 1 7200 900 x 300\" is not the data of a SOA record"}},
      {"SoaThatCannotBeReadAndNoNs",
       "@ SOA ns1 admin 1 7200 900 x 300\n",
       {"zone:1: \"ns1 admin 1 7200 900 x 300\" is not the data of a SOA record",
        "zone: example.com has no NS record; a zone must have one at its apex"}},
      {"SoaWithABadTtl",
       "@ 1x SOA ns1 admin 1 7200 900 1209600 300\n@ NS ns.example.net.\n",
       {"zone:1: \"1x\" is not a TTL: a number of seconds, or of w, d, h, m and s as in 1h30m"}},
      {"SoaThatIsNotClosed",
       "@ SOA ns1 admin ( 1 7200 900 1209600 300\n@ NS ns.example.net.\n",
       {"zone:1: a parenthesis is opened and not closed"}},
      {"NsThatCannotBeRead",
       std::string(kSoa) + "@ NS a..b\n",
       {"zone:2: \"a..b\" is not a domain name, a label is empty"}},
      {"SoaInAFileThatIsNotThere",
       "$INCLUDE nowhere\n@ NS ns.example.net.\n",
       {"zone:1: nowhere cannot be read (No such file or directory)"}},
      {"ServerWithoutAddress",
       std::string(kSoa) + "@ NS ns1\n",
       {"zone:2: warning: the name server ns1 has no A or AAAA record"}},
      with("DelegationWithoutGlue", "lab NS ns.lab\n",
           {"zone:4: warning: the delegation of lab has no glue for its name server ns.lab: add A or AAAA records"}),
      with("ServerOfADelegationWithoutAddress", "lab NS nohost\n",
           {"zone:4: warning: the name server nohost has no A or AAAA record"}),
      with("ServerInAnotherDelegation", "lab NS ns.other\nother NS ns.example.net.\n", {}),
      with("ServerIsAnAlias", "lab NS al\nal CNAME ns1\n",
           {"zone:4: warning: the name server al is an alias (CNAME); it must have addresses itself "
            "(RFC 2181 §10.3)"}),
      with("MxIsAnAlias", "@ MX 10 m\nm CNAME ns1\n",
           {"zone:4: warning: the mail exchanger m is an alias (CNAME); it must have addresses itself "
            "(RFC 2181 §10.3)"}),
      with("SrvIsAnAlias", "_sip._udp SRV 1 2 53 m\nm CNAME ns1\n",
           {"zone:4: warning: the SRV target m is an alias (CNAME); it must have addresses itself (RFC 2782)"}),
      with("MxWithoutAddress", "@ MX 10 m\n@ MX 20 mail.example.net.\n",
           {"zone:4: warning: the mail exchanger m has no A or AAAA record"}),
      with("MxIsAnAddress", "@ MX 10 192.0.2.1\n",
           {"zone:4: warning: the mail exchanger 192.0.2.1 has no A or AAAA record"}),
      with("SrvWithoutAddress", "_sip._udp SRV 1 2 53 m\nm TXT x\n",
           {"zone:4: warning: the SRV target m has no A or AAAA record"}),
      with("MxBelowADname", "@ MX 10 m.w\nw DNAME ns1\n",
           {"zone:4: warning: the mail exchanger m.w has no A or AAAA record"}),
      with("NoMailAndNoService", "@ MX 0 .\n_sip._udp SRV 0 0 0 .\n", {}),
      with("MxForWhichAWildcardStands", "@ MX 10 m.x\n*.x A 192.0.2.1\n", {}),
      with("MxInADelegation", "@ MX 10 m.lab\nlab NS ns.example.net.\nlab MX 10 nothing\n", {}),
      with("LongLabel", label + " A 192.0.2.1\n",
           {"zone:4: the label \"" + label.substr(0, 60) + "…\" has 70 octets; 63 are allowed"}),
      with("LongLabelInData", "w MX 10 x." + label + "\n",
           {"zone:4: the label \"" + label.substr(0, 60) + "…\" has 70 octets; 63 are allowed"}),
      with("LongName", long_name + " A 192.0.2.1\n",
           {"zone:4: the name \"" + long_name.substr(0, 60) + "…\" has 313 octets with its origin; 255 are allowed"}),
      with("LongNameInData", "w CNAME " + long_name + ".\n",
           {"zone:4: the name \"" + long_name.substr(0, 60) + "…\" has 301 octets; 255 are allowed"}),
      with("BadEscape", "w CNAME a\\300\n", {"zone:4: \"a\\300\" has a bad escape; it is \\X or \\DDD, up to \\255"}),
      with("WildcardNs", "*.w NS ns.example.net.\n",
           {"zone:4: warning: a NS record at the wildcard *.w does nothing for the names that the wildcard stands for "
            "(RFC 4592 §4.2)"}),
      with("LargeRrset", large, {"zone:4: the TXT records of w take 69120 octets; a message has room for 65063"}),
      with("BadAddress", "w A 192.0.2.256\n", {"zone:4: \"192.0.2.256\" is not the data of a A record"}),
      with("BadType", "w FOO x\n", {"zone:4: FOO is not a type of record"}),
  };
}

class ZoneProblems : public testing::TestWithParam<BadZone> {};

TEST_P(ZoneProblems, AreExactlyThese) {
  ZoneDirectory directory;
  directory.write("zone", GetParam().text);
  const auto zone = directory.load();
  EXPECT_EQ(directory.problems(), GetParam().problems);
  const auto is_error = [](const std::string& problem) { return problem.find(": warning: ") == std::string::npos; };
  EXPECT_EQ(zone == nullptr, std::ranges::any_of(GetParam().problems, is_error));
}

INSTANTIATE_TEST_SUITE_P(All, ZoneProblems, testing::ValuesIn(bad_zones()),
                         [](const auto& zone) { return zone.param.name; });

}  // namespace
}  // namespace rhumb::zone
