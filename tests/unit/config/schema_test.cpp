// docs/rhumb.schema.json says what the reader says: both are fed the same documents.
//
// Wrong documents are made from one that uses every key: for each of its values and each word that the schema has about
// it, one that just keeps to that word and one that just does not. So a limit, a name or a key that stands in the
// reader and not in the schema, or is another one there, is found. What no schema can say is listed, with examples.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "config/config.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::config {
namespace {

using Document = nlohmann::json;
using Pointer = Document::json_pointer;

constexpr std::chrono::sys_days kMatchingDay = std::chrono::year(2026) / 11 / 23;

const std::filesystem::path kTop = RHUMB_TEST_DATA "/../..";

constexpr std::string_view kEverything = R"({
  "$schema": "rhumb.schema.json",
  "listen": ["127.0.0.1:5300", "[::1]:5300"],
  "threads": 2,
  "zones": "zones",
  "zone_cache": "cache",
  "strict": true,
  "watch_files": "2s",
  "geoip": ["country.mmdb"],
  "geoip_guard": {"max_moved": 2.5, "queries": "queries.jsonl"},
  "count_countries": true,
  "geofeeds": ["offices.geofeed.csv"],
  "latency": {"files": ["rtt.csv"], "min_samples": 5,
              "samples": {"file": "latency.samples", "keep": "12h", "settle": "15s"}},
  "control": {"socket": "control.sock", "audit_log": "audit.log",
              "http": {"listen": "127.0.0.1:8053", "tokens_file": "tokens",
                       "tls": {"certificate": "client.pem", "key": "client.key"}}},
  "identity": "ns1",
  "version": "1",
  "udp_payload": {"ipv4": 1400, "ipv6": 1232},
  "cookies": {"enabled": true, "secrets": ["e5e973e5a6b2a43f48e7dc849e37bfcf"]},
  "tcp": {"connections": 10, "connections_per_network": 2, "idle": "3s", "lifetime": "1m"},
  "rate_limit": {"responses_per_second": 50, "slip": 3, "log_only": true, "ipv4_prefix_length": 32,
                 "ipv6_prefix_length": 64},
  "regions": {"us-east": {"coordinates": [39.04, -77.49], "capacity": 30},
              "eu-west": {"coordinates": [53.35, -6.26], "capacity": 20},
              "idle": {"coordinates": [0, 0]}},
  "checks": {"web": {"type": "http", "port": 80, "path": "/healthz", "interval": "5s", "timeout": "1s", "rise": 2, "fall": 3,
                     "host": "web.example.com:80", "headers": {"X-Probe": "rhumb"}, "expected_status": ["200-299", 304],
                     "body_contains": "/ok", "source_address": "192.0.2.200", "fast_interval": "1s",
                     "max_response_time": "0.4s", "load": {"header": "X-Load"}},
             "head": {"type": "http", "port": 80, "method": "HEAD"},
             "secure": {"type": "https", "port": 443, "method": "GET", "body_matches": "/o[k]", "body_limit": 1000,
                        "follow_redirects": 3, "connection": "keep", "load": {"json": "/load"},
                        "tls": {"ca_file": "ca.pem", "server_name": "www.example.com", "verify": true,
                                "client_certificate": "client.pem", "client_key": "client.key", "expiry_warning": 30}},
             "rpc": {"type": "grpc", "port": 50051, "service": "/mail", "host": "rpc.example.com", "tls": {"verify": false}},
             "port": {"type": "tcp", "port": 443, "send": "/PING", "expect": "/PONG"},
             "both": {"type": "calculated", "all": ["web", "port"], "gate": "head"},
             "one": {"type": "calculated", "any": ["web", "port"]},
             "most": {"type": "calculated", "at_least": 2, "of": ["web", "web", "web", "web", "web", "web", "web", "web",
                                                                  "web", "web", "web", "web", "web", "web", "web", "port"]},
             "other": {"type": "calculated", "not": "port"},
             "ping": {"type": "icmp", "address": "192.0.2.9"},
             "name": {"type": "dns", "port": 53, "query": "www.example.com", "query_type": "AAAA", "transport": "tcp",
                      "expected_rcode": ["NOERROR", "NXDOMAIN"], "expected_answer": "/2001:db8::1"},
             "names": {"type": "dns", "port": 53, "query": "www.example.com", "expected_rcode": "REFUSED"},
             "program": {"type": "exec", "command": ["/bin/true", "--help"]},
             "file": {"type": "push", "ttl": "9s", "on_expiry": "unknown", "file": "{service}/{region}-{address}",
                      "window": 5},
             "reports": {"type": "push", "ttl": "1d"}},
  "health": {
    "state_file": "rhumb.state",
    "guard": {"max_down": 50, "within": "9s", "hold_at_most": "5m"},
    "canaries": [{"check": "head", "address": "192.0.2.250"}],
    "failback": {"hold_down": "30s", "slow_start": "2m", "resume": "manual",
                 "flap_damping": {"suppress": 1000, "reuse": 0.75, "half_life": "5m", "suppressed_at_most": "1h"}},
    "panic_threshold": 50, "min_regions": 1, "load_low": 0.7, "load_high": 1000
  },
  "assertions": "routes.test.json",
  "rule_sets": {
    "partners": {"file": "partners.csv", "comment": "from Grace"},
    "law": [{"name": "kept out", "countries": ["AQ"], "action": "nodata"}]
  },
  "services": {
    "www.example.com": {
      "ttl": 60,
      "ttl_min": 10,
      "check": "web",
      "health": {"failback": {"hold_down": "9s"}, "panic_threshold": 20, "min_regions": 2, "load_low": 0.7,
                 "load_high": 1000},
      "steering": {
        "order": "nearest", "regions": ["us-east", "eu-west"], "tolerance_km": 100, "bias": {"us-east": 10},
        "max_regions": 2, "pick": "sticky", "answers": 1, "spread": "weights", "families": "together",
        "sticky": {"ipv4_prefix_length": 20, "ipv6_prefix_length": 48}, "when_all_down": "fallback",
        "rules": [
          {"name": "offices", "comment": "ask Ada", "expires": "2026-12-31", "networks": ["128.0.0.0/24", "8000::/32"],
           "asns": [64500], "countries": ["FR"], "subdivisions": ["US-CA"], "continents": ["EU"],
           "resolver_networks": ["128.0.0.0/25"], "resolver_asns": [64501],
           "regions": ["eu-west"]},
          {"rule_set": "law", "comment": "before the others"},
          {"rule_set": "partners"},
          {"countries": ["DE"], "action": "refuse"},
          {"countries": ["US"], "steering": {"order": "nearest", "regions": ["us-east"], "tolerance_km": 1.5,
                                             "bias": {"us-east": -5}, "max_regions": 1}}
        ]
      },
      "instances": [{"region": "us-east", "address": "192.0.2.1", "weight": 3},
                    {"region": "eu-west", "address": "2001:db8::1"}]
    },
    "app.example.com": {
      "checks": ["web", "both"],
      "steering": {"order": "latency", "tolerance_ms": 10, "hysteresis": {"ms": 3, "percent": 7.5},
                   "when_all_down": ["192.0.2.99", "2001:db8::99"],
                   "rules": [{"countries": ["NZ"], "steering": {"order": "latency", "tolerance_ms": 5,
                                                                "hysteresis": {"ms": 1, "percent": 1}}}]},
      "instances": [{"region": "us-east", "target": "lb.example.net.", "check_address": "192.0.2.7", "weight": 2}]
    }
  },
  "events": {
    "hooks": [{"command": ["/usr/local/bin/page", "--urgent"], "timeout": "5s", "kinds": ["state", "panic"],
               "min_severity": "warning"}],
    "webhooks": [{"url": "https://hooks.example.com:8443/rhumb?team=dns", "secret": "s3cr3t", "timeout": "5s",
                  "kinds": ["guard"], "min_severity": "error",
                  "tls": {"ca_file": "ca.pem", "verify": true, "client_certificate": "client.pem",
                          "client_key": "client.key"}},
                 {"url": "http://[::1]/", "secret_file": "secret"}]
  },
  "log": {"to": "/var/log/rhumb.log", "format": "json", "level": "debug"},
  "query_log": {"to": "queries.jsonl", "format": "json", "sample": 0.5, "anonymize": {"ipv4": 20, "ipv6": 44}},
  "user": "rhumb", "sandbox": true
})";

// RFC 7396: keys that exclude others of it.
constexpr std::string_view kInstead = R"({"geoip_guard": {"queries": null, "weights": "clients.csv"}})";

Document parse(std::string_view text) {
  return Document::parse(text, nullptr, true, true);
}

std::string read_file(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

const Document& schema_document() {
  static const Document document = parse(read_file(kTop / "docs/rhumb.schema.json"));
  return document;
}

bool schema_takes(const Document& document) {
  static const auto schema = [] {
    auto made = std::make_unique<valijson::Schema>();
    valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_document()), *made);
    return made;
  }();
  static valijson::Validator validator;  // remembers the patterns that it has compiled
  return validator.validate(*schema, valijson::adapters::NlohmannJsonAdapter(document), nullptr);
}

// With the files that the documents name.
const test::TemporaryDirectory& directory_of_documents() {
  static const test::TemporaryDirectory directory;
  [[maybe_unused]] static const bool is_filled = [] {
    directory.write("partners.csv", "192.0.2.0/24,eu-west\n");
    for (const char* name : {"ca.pem", "client.pem", "client.key"})
      directory.write(name, read_file(kTop / "tests/data/tls" / name));
    directory.write("secret", "s3cr3t\n");
    std::filesystem::permissions(directory.write("tokens", "read ada " + std::string(64, '0')),
                                 std::filesystem::perms::owner_read);
    return true;
  }();
  return directory;
}

// What the reader says, first what is wrong; empty when it takes the document.
std::string complaint_of_reader(const Document& document) {
  const test::TemporaryDirectory& directory = directory_of_documents();
  Problems problems;
  (void)load_config(directory.write("rhumb.json", document.dump()), problems, kMatchingDay);
  const Problem* error = problems.first_error();
  return error == nullptr ? "" : error->to_string();
}

// A value of a document and a place in the schema that is about it.
struct Match {
  Pointer value;
  Pointer words;
};

// Follows the schema through a document.
class Walk {
 public:
  explicit Walk(const Document& document) : document_(document) {}

  std::vector<Match> walk() {
    visit({Pointer(), Pointer()});
    return std::move(matches_);
  }

 private:
  void visit(const Match& match) {
    matches_.push_back(match);
    const Document& words = schema_document().at(match.words);
    if (words.contains("$ref")) visit({match.value, Pointer(words["$ref"].get<std::string>().substr(1))});
    for (std::size_t i = 0; words.contains("allOf") && i < words["allOf"].size(); ++i)
      visit({match.value, match.words / "allOf" / i});
    visit_alternatives(match, words);
    const Document& value = document_.at(match.value);
    if (value.is_object()) visit_members(match, words, value);
    if (value.is_array()) visit_elements(match, words, value);
  }
  // Of definitions, the one that has the value's keys, or its type.
  void visit_alternatives(const Match& match, const Document& words) {
    const auto visit_if_meant = [&](const Pointer& alternative) {
      const Document& words_there = schema_document().at(alternative);
      if (!words_there.contains("$ref")) return;
      const Pointer definition(words_there["$ref"].get<std::string>().substr(1));
      if (is_meant(document_.at(match.value), schema_document().at(definition))) visit({match.value, definition});
    };
    for (const char* branch : {"then", "else"}) {
      if (words.contains(branch)) visit_if_meant(match.words / branch);
    }
    for (std::size_t i = 0; words.contains("oneOf") && i < words["oneOf"].size(); ++i)
      visit_if_meant(match.words / "oneOf" / i);
  }
  static bool is_meant(const Document& value, const Document& words) {
    if (!value.is_object()) return value.is_array() == (words.value("type", "") == "array");
    const Document properties = words.value("properties", Document::object());
    return std::ranges::all_of(value.items(), [&](const auto& item) { return properties.contains(item.key()); });
  }
  void visit_members(const Match& match, const Document& words, const Document& value) {
    for (const auto& [key, member] : value.items()) {
      if (words.contains("properties") && words["properties"].contains(key)) {
        visit({match.value / key, match.words / "properties" / key});
      } else if (words.contains("additionalProperties") && words["additionalProperties"].is_object()) {
        visit({match.value / key, match.words / "additionalProperties"});
      }
    }
  }
  void visit_elements(const Match& match, const Document& words, const Document& value) {
    if (!words.contains("items")) return;
    const auto words_of = [&](std::size_t i) {
      if (!words["items"].is_array()) return match.words / "items";
      return i < words["items"].size() ? match.words / "items" / i : match.words / "additionalItems";
    };
    for (std::size_t i = 0; i < value.size(); ++i)
      visit({match.value / i, words_of(i)});
  }

  const Document& document_;
  std::vector<Match> matches_;
};

// Documents that differ in one value from the one that uses every key.
class Variants {
 public:
  Variants() : whole_(parse(kEverything)) {
    std::set<std::string> seen;
    for (const Match& match : Walk(whole_).walk()) {
      if (seen.insert(match.value.to_string()).second) vary_type(match.value);
      vary_by_words(match.value, schema_document().at(match.words));
      if (match.words == Pointer("/definitions/check")) vary_by_other_checks(match.value);
    }
    add(Pointer("/geoip_guard/weights"), "clients.csv");  // beside what it excludes
  }

  [[nodiscard]] std::size_t size() const { return variants_.size(); }
  [[nodiscard]] Document document(std::size_t number) const {
    const auto& [place, value] = variants_[number];
    Document document = document_around(place);
    if (value) {
      document[place] = *value;
    } else {
      document.at(place.parent_pointer()).erase(place.back());
    }
    return document;
  }
  // What was put where, for people.
  [[nodiscard]] std::string name(std::size_t number) const {
    const auto& [place, value] = variants_[number];
    return place.to_string() + (value ? ": " + value->dump().substr(0, 200) : " removed");
  }

 private:
  struct Variant {
    Pointer place;
    std::optional<Document> value;  // none: what stands there is taken away
  };

  // What stands at the place, with what it needs: the rest would only take time.
  [[nodiscard]] Document document_around(const Pointer& place) const {
    if (place.empty()) return whole_;
    const std::string top = top_of(place);
    Document document = whole_;
    const auto leave_out = [&](std::initializer_list<const char*> keys) {
      for (const char* key : keys) {
        if (key != top) document.erase(key);
      }
    };
    if (top == "regions") return document;
    if (top == "services") {
      leave_out({"events"});
    } else {
      leave_out({"services", "rule_sets", "events", "health"});
    }
    document["checks"] = checks_around(place);
    return document;
  }
  [[nodiscard]] Document checks_around(const Pointer& place) const {
    const Document& checks = whole_["checks"];
    std::set<std::string> names;
    if (top_of(place) == "services" || top_of(place) == "health") names = {"web", "port", "head", "both"};
    if (top_of(place) == "checks") {
      if (place.parent_pointer().empty()) return checks;
      const std::string name = name_below_top(place);
      names = {name};
      if (checks[name]["type"] == "calculated") names.merge(std::set<std::string>{"web", "port", "head"});
    }
    Document kept = Document::object();
    for (const std::string& name : names)
      kept[name] = checks[name];
    return kept;
  }
  static std::string top_of(Pointer place) {
    while (!place.parent_pointer().empty())
      place = place.parent_pointer();
    return place.back();
  }
  static std::string name_below_top(Pointer place) {
    while (!place.parent_pointer().parent_pointer().empty())
      place = place.parent_pointer();
    return place.back();
  }

  void add(const Pointer& place, const Document& value) { variants_.push_back({place, value}); }
  void remove(const Pointer& place) { variants_.push_back({place, std::nullopt}); }

  void vary_type(const Pointer& pointer) {
    const Document& value = whole_.at(pointer);
    for (const Document& other :
         {Document(nullptr), Document(true), Document(7), Document(-7), Document(1.5), Document(1e300), Document(""),
          Document::array(), Document::array({nullptr}), Document::array({7})}) {
      add(pointer, other);
    }
    if (!value.is_string()) add(pointer, "text");
    if (!value.is_object()) add(pointer, Document::object());
    if (value.is_array()) {
      Document twice = value;
      twice.push_back(twice[0]);
      add(pointer, twice);
    }
    if (value.is_object()) {
      Document with_unknown = value;
      with_unknown["oops"] = nullptr;
      add(pointer, with_unknown);
    }
  }

  // What a check has depends on its type.
  void vary_by_other_checks(const Pointer& pointer) {
    const Document& check = whole_.at(pointer);
    for (const auto& [key, value] : check.items())
      remove(pointer / key);
    Document others = Document::object();
    for (const Document& other : whole_.at("checks"))
      others.update(other);
    for (const auto& [key, value] : others.items()) {
      if (!check.contains(key)) add(pointer / key, value);
    }
  }

  void vary_by_words(const Pointer& pointer, const Document& words) {
    const auto number = [&](const char* word) { return words.at(word).get<std::int64_t>(); };
    if (words.contains("minimum")) add(pointer, number("minimum")), add(pointer, number("minimum") - 1);
    if (words.contains("maximum")) add(pointer, number("maximum")), add(pointer, number("maximum") + 1);
    if (words.contains("maxLength")) vary_length(pointer, number("maxLength"));
    if (words.contains("minItems")) vary_size(pointer, number("minItems") - 1);
    if (words.contains("maxItems")) vary_size(pointer, number("maxItems")), vary_size(pointer, number("maxItems") + 1);
    if (words.contains("maxProperties")) vary_members(pointer, number("maxProperties"));
    if (words.contains("propertyNames")) vary_name(pointer);
    if (words.contains("pattern")) vary_text(pointer);
    for (const Document& name : words.value("enum", Document::array())) {
      add(pointer, name);
      add(pointer, name.get<std::string>() + "x");
    }
    for (const Document& key : words.value("required", Document::array()))
      remove(pointer / key.get<std::string>());
  }

  void vary_length(const Pointer& pointer, std::int64_t most) {
    const auto filled = [](std::int64_t length) {
      return "/" + std::string(static_cast<std::size_t>(length - 1), 'x');
    };
    add(pointer, filled(most));
    add(pointer, filled(most + 1));
  }
  void vary_text(const Pointer& pointer) {
    const auto text = whole_.at(pointer).get<std::string>();
    for (const auto& other : {text + "x", "x" + text, text + " ", " " + text, text + text, text + "\n", text.substr(1),
                              text.substr(0, text.size() - 1)}) {
      add(pointer, other);
    }
  }
  void vary_size(const Pointer& pointer, std::int64_t size) {
    constexpr std::int64_t kSizeMax = 1'000;  // more take too long; the schema's limits are compared one by one
    if (size < 0 || size > kSizeMax) return;
    Document elements = Document::array();
    for (std::int64_t i = 0; i < size; ++i) {
      const bool is_listen = pointer.to_string() == "/listen";
      elements.push_back(is_listen ? Document("127.0.0.1:" + std::to_string(1'000 + i)) : whole_.at(pointer)[0]);
    }
    add(pointer, elements);
  }
  void vary_name(const Pointer& pointer) {
    Document members = whole_.at(pointer);
    members[""] = members.begin().value();
    add(pointer, members);
  }
  void vary_members(const Pointer& pointer, std::int64_t most) {
    Document members = whole_.at(pointer);
    for (std::int64_t i = 0; static_cast<std::int64_t>(members.size()) < most; ++i)
      members["member " + std::to_string(i)] = members.begin().value();
    add(pointer, members);
    members["one too many"] = members.begin().value();
    add(pointer, members);
  }

  Document whole_;
  std::vector<Variant> variants_;
};

// Every place in the schema that is about the value of a key.
void collect_properties(const Pointer& at, std::set<std::string>& properties) {
  const Document& words = schema_document().at(at);
  for (const char* parent : {"properties", "definitions"}) {
    const Document children = words.value(parent, Document::object());
    for (const auto& [key, child] : children.items()) {
      if (!child.is_object()) continue;
      if (parent == std::string_view("properties")) properties.insert((at / parent / key).to_string());
      collect_properties(at / parent / key, properties);
    }
  }
}

std::set<std::string> all_properties() {
  std::set<std::string> properties;
  collect_properties(Pointer(), properties);
  return properties;
}

TEST(Schema, TakesADocumentThatUsesEveryKeyAsTheReaderDoes) {
  EXPECT_TRUE(schema_takes(parse(kEverything)));
  EXPECT_EQ(complaint_of_reader(parse(kEverything)), "");
}

TEST(Schema, HasNoKeyThatTheDocumentDoesNotUse) {
  std::set<std::string> used;
  const Document document = parse(kEverything);
  Document instead = document;
  instead.merge_patch(parse(kInstead));
  for (const Document* of : std::initializer_list<const Document*>{&document, &instead}) {
    for (const Match& match : Walk(*of).walk())
      used.insert(match.words.to_string());
  }
  for (const std::string& property : all_properties())
    EXPECT_TRUE(used.contains(property)) << property << ": put it into kEverything, or kInstead";
}

TEST(Schema, SaysOfEveryValueWhatItIs) {
  const Document document = parse(kEverything);
  for (const Match& match : Walk(document).walk()) {
    const Document& words = schema_document().at(match.words);
    const std::string place = match.words.to_string();
    if (words.value("type", "") == "object") {
      EXPECT_TRUE(words.contains("additionalProperties")) << place;
    }
    if (words.value("type", "") == "integer" || words.value("type", "") == "number") {
      EXPECT_TRUE(words.contains("minimum") && words.contains("maximum")) << place;
    }
  }
  for (const std::string& property : all_properties()) {
    const Document& words = schema_document().at(Pointer(property));
    const Document& told =
        words.contains("$ref") ? schema_document().at(Pointer(words["$ref"].get<std::string>().substr(1))) : words;
    EXPECT_TRUE(told.contains("description")) << property;
  }
}

// Some two thousand documents, in parts that run side by side.
constexpr std::size_t kParts = 8;

class SchemaTest : public testing::TestWithParam<std::size_t> {};

TEST_P(SchemaTest, RefusesWhatTheReaderRefusesAndNothingElse) {
  const Variants variants;
  ASSERT_GT(variants.size(), 1'000U);
  for (std::size_t i = GetParam(); i < variants.size(); i += kParts) {
    const Document document = variants.document(i);
    const std::string complaint = complaint_of_reader(document);
    EXPECT_EQ(schema_takes(document), complaint.empty())
        << variants.name(i) << "\nthe reader says: " << (complaint.empty() ? "nothing" : complaint);
  }
}

INSTANTIATE_TEST_SUITE_P(Part, SchemaTest, testing::Range(std::size_t{0}, kParts));

// Too many to try.
TEST(Schema, HasTheReadersLimitOfRules) {
  EXPECT_EQ(schema_document().at(Pointer("/definitions/steering/properties/rules/maxItems")), steering::kRulesMax);
}

struct Exception {
  const char* reason;  // why the schema cannot say it
  const char* patch;   // RFC 6902, of the document that uses every key
};

constexpr std::array kExceptions = {
    Exception{"a pattern cannot compare durations",
              R"([{"op": "replace", "path": "/checks/web/interval", "value": "1.5d"}])"},
    Exception{"a pattern cannot compare durations",
              R"([{"op": "replace", "path": "/checks/web/timeout", "value": "9ms"}])"},
    Exception{"a pattern cannot compare durations", R"([{"op": "replace", "path": "/watch_files", "value": "2h"}])"},
    Exception{"a pattern cannot compare durations",
              R"([{"op": "replace", "path": "/latency/samples/keep", "value": "31d"}])"},
    Exception{"a pattern cannot compare durations",
              R"([{"op": "replace", "path": "/latency/samples/settle", "value": "0.5s"}])"},
    Exception{"a pattern cannot compare durations", R"([{"op": "replace", "path": "/tcp/idle", "value": "99ms"}])"},
    Exception{"a pattern cannot compare durations", R"([{"op": "replace", "path": "/tcp/lifetime", "value": "25h"}])"},
    Exception{
        "an address is not told from another",
        R"([{"op": "replace", "path": "/control/http/listen", "value": "192.0.2.1:53"}, {"op": "remove", "path": "/control/http/tls"}])"},
    Exception{
        "the length counts with the directory of the configuration",
        R"([{"op": "replace", "path": "/control/socket", "value": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}])"},
    Exception{"two values are not compared", R"([{"op": "replace", "path": "/checks/web/timeout", "value": "6s"}])"},
    Exception{"two values are not compared",
              R"([{"op": "replace", "path": "/checks/web/fast_interval", "value": "6s"}])"},
    Exception{"two values are not compared",
              R"([{"op": "replace", "path": "/checks/web/max_response_time", "value": "1s"}])"},
    Exception{"a pattern cannot compare durations",
              R"([{"op": "replace", "path": "/events/hooks/0/timeout", "value": "2m"}])"},
    Exception{"a pattern cannot compare numbers",
              R"([{"op": "replace", "path": "/events/webhooks/0/url", "value": "https://hooks.example.com:65536/"}])"},
    Exception{"the whole of IPv6's syntax",
              R"([{"op": "replace", "path": "/events/webhooks/0/url", "value": "https://[1::2::3]/"}])"},
    Exception{"no pattern for the octet 0",
              R"([{"op": "replace", "path": "/events/hooks/0/command/1", "value": "a\u0000"}])"},
    Exception{"two values are not compared", R"([{"op": "add", "path": "/checks/web/window", "value": 2}])"},
    Exception{"the syntax of domain names", R"([{"op": "replace", "path": "/checks/name/query", "value": "a..b"}])"},
    Exception{"files are not looked at",
              R"([{"op": "replace", "path": "/checks/program/command/0", "value": "/bin/none"}])"},
    Exception{"the first word is not told from the others",
              R"([{"op": "replace", "path": "/checks/program/command/0", "value": "true"}])"},
    Exception{"a pattern cannot compare numbers",
              R"([{"op": "add", "path": "/checks/web/expected_status/-", "value": "300-299"}])"},
    Exception{"the syntax of regular expressions",
              R"([{"op": "replace", "path": "/checks/secure/body_matches", "value": "o[k"}])"},
    Exception{"names are compared without case",
              R"([{"op": "add", "path": "/checks/web/headers/Host", "value": "www.example.com"}])"},
    Exception{"names are compared without case",
              R"([{"op": "add", "path": "/checks/web/headers/x-probe", "value": "twice"}])"},
    Exception{"the whole of IPv4's syntax", R"([{"op": "replace", "path": "/listen/0", "value": "127.0.0.256:53"}])"},
    Exception{"the whole of IPv6's syntax", R"([{"op": "replace", "path": "/listen/0", "value": "[1::2::3]:53"}])"},
    Exception{"the whole of IPv6's syntax",
              R"([{"op": "replace", "path": "/services/www.example.com/instances/1/address", "value": "1::2::3"}])"},
    Exception{
        "the whole of IPv4's syntax",
        R"([{"op": "replace", "path": "/services/www.example.com/steering/rules/0/networks/0", "value": "256.0.0.0/8"}])"},
    Exception{
        "a pattern cannot compare bits with a length",
        R"([{"op": "replace", "path": "/services/www.example.com/steering/rules/0/networks/0", "value": "10.0.0.1/24"}])"},
    Exception{
        "a pattern does not know the lengths of months",
        R"([{"op": "replace", "path": "/services/www.example.com/steering/rules/0/expires", "value": "2026-02-30"}])"},
    Exception{"one thing has two spellings", R"([{"op": "replace", "path": "/listen/0", "value": "[0::1]:5300"}])"},
    Exception{"one thing has two spellings",
              R"([{"op": "copy", "from": "/services/www.example.com", "path": "/services/WWW.example.com"}])"},
    Exception{
        "one thing is in two objects",
        R"([{"op": "copy", "from": "/services/www.example.com/instances/0", "path": "/services/www.example.com/instances/0"},
                  {"op": "remove", "path": "/services/www.example.com/instances/0/weight"}])"},
    Exception{"the syntax of domain names",
              R"([{"op": "move", "from": "/services/www.example.com", "path": "/services/a..b"}])"},
    Exception{"characters are counted, not octets",
              "[{\"op\": \"replace\", \"path\": \"/identity\", \"value\": \""
              "ééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé\"}]"},
    Exception{"names are not looked up",
              R"([{"op": "replace", "path": "/services/www.example.com/check", "value": "wbe"}])"},
    Exception{"names are not looked up",
              R"([{"op": "replace", "path": "/services/www.example.com/instances/0/region", "value": "us-wset"}])"},
    Exception{"names are not looked up",
              R"([{"op": "replace", "path": "/services/www.example.com/steering/regions/0", "value": "us-wset"}])"},
    Exception{"names are not looked up",
              R"([{"op": "add", "path": "/services/www.example.com/steering/bias/us-wset", "value": 5}])"},
    Exception{
        "names are not looked up: the region has no instance",
        R"([{"op": "replace", "path": "/services/www.example.com/steering/rules/0/regions/0", "value": "idle"}])"},
    Exception{"what another object needs: a capacity in each region",
              R"([{"op": "replace", "path": "/services/www.example.com/steering/spread", "value": "capacity"},
                  {"op": "remove", "path": "/regions/us-east/capacity"}])"},
};

TEST(Schema, CannotSayAFewThings) {
  for (const Exception& exception : kExceptions) {
    const Document document = parse(kEverything).patch(parse(exception.patch));
    EXPECT_TRUE(schema_takes(document)) << exception.patch << ": no exception any more";
    EXPECT_NE(complaint_of_reader(document), "") << exception.patch << ": " << exception.reason;
  }
}

TEST(Schema, LeavesTheNumberOfInstancesInAPoolToTheReader) {
  Document document = parse(kEverything);
  Document& instances = document["services"]["www.example.com"]["instances"];
  for (std::size_t i = 0; i < steering::kPoolMax; ++i)
    instances.push_back({{"region", "us-east"}, {"address", "10.0.0." + std::to_string(i)}});
  EXPECT_TRUE(schema_takes(document));
  EXPECT_THAT(complaint_of_reader(document), testing::HasSubstr("more than 255 instances"));
}

// The configurations that this repository has: the demo's, those in the sources of tests, and the fuzzer's.
std::vector<std::string> known_configurations() {
  std::vector<std::string> texts{read_file(kTop / "rhumb.json")};
  for (const auto& entry : std::filesystem::directory_iterator(kTop / "tests/fuzz/corpus/config"))
    texts.push_back(read_file(entry.path()));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kTop / "tests")) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string source = read_file(entry.path());
    constexpr std::string_view kStart = "R\"(";
    for (std::size_t at = source.find(kStart); at != std::string::npos; at = source.find(kStart, at + 1))
      texts.push_back(source.substr(at + kStart.size(), source.find(")\"", at) - at - kStart.size()));
  }
  return texts;
}

// The examples of the manual, each in a service that has what they speak of.
std::vector<std::string> examples_of_steering() {
  std::vector<std::string> texts;
  const std::string manual = read_file(kTop / "docs/steering.md");
  constexpr std::string_view kStart = "```jsonc\n";
  for (std::size_t at = manual.find(kStart); at != std::string::npos; at = manual.find(kStart, at + 1)) {
    Document document = parse(kEverything);
    Document& service = document["services"]["www.example.com"];
    document["regions"]["ap-southeast"] = {{"coordinates", {1.35, 103.82}}, {"capacity", 10}};
    service["instances"].push_back({{"region", "ap-southeast"}, {"address", "192.0.2.21"}});
    const std::size_t start = at + kStart.size();
    service["steering"] = parse(std::string_view(manual).substr(start, manual.find("```", start) - start));
    texts.push_back(document.dump());
  }
  return texts;
}

TEST(Schema, RefusesNoConfigurationThatTheReaderTakes) {
  auto texts = known_configurations();
  const auto examples = examples_of_steering();
  ASSERT_GE(examples.size(), 10U);
  texts.insert(texts.end(), examples.begin(), examples.end());
  std::size_t taken = 0;
  for (const std::string& text : texts) {
    const Document document = Document::parse(text, nullptr, false, true);
    if (!document.is_object() || complaint_of_reader(document) != "") continue;
    ++taken;
    EXPECT_TRUE(schema_takes(document)) << text;
  }
  EXPECT_GE(taken, examples.size() + 5);
}

}  // namespace
}  // namespace rhumb::config
