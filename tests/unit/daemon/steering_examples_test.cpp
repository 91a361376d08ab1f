// The examples of docs/steering.md: each ```jsonc block is a steering, or a service if it has instances; the ```json
// blocks after it are tests of it, one a line, as `rhumb test` takes them. A block ```jsonc rule_sets is that member of
// the configuration, and ```csv FILE is a file beside it, for all examples that follow.
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/loader.hpp"
#include "daemon/route_tests.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::daemon {
namespace {

struct Example {
  std::string rule_sets;
  std::map<std::string, std::string> files;  // by name
  std::string configuration;
  std::string tests;  // the elements of an array
};

constexpr std::string_view kFile = "csv ";

std::vector<Example> read_examples() {
  std::ifstream file(RHUMB_TEST_DATA "/../../docs/steering.md");
  std::vector<Example> examples;
  Example common;  // what the examples from here on have
  std::string line;
  std::string language;  // of the block that the line is in
  while (std::getline(file, line)) {
    if (line.starts_with("```")) {
      language = language.empty() ? line.substr(3) : "";
      if (language == "jsonc") examples.push_back(common);
    } else if (language == "jsonc rule_sets") {
      common.rule_sets += line + '\n';
    } else if (language.starts_with(kFile)) {
      common.files[language.substr(kFile.size())] += line + '\n';
    } else if (language == "jsonc") {
      examples.back().configuration += line + '\n';
    } else if (language == "json") {
      std::string& tests = examples.back().tests;
      tests += (tests.empty() ? "" : ",\n") + line;
    }
  }
  return examples;
}

constexpr std::string_view kExampleConfig = R"({{
  "listen": ["127.0.0.1:5300"],
  "zones": "zones",
  "geoip": ["{0}/city.mmdb", "{0}/asn.mmdb"],
  "latency": {{"files": ["rtt.csv"]}},
  "regions": {{"us-east": {{"coordinates": [39.04, -77.49], "capacity": 30}},
              "eu-west": {{"coordinates": [53.35, -6.26], "capacity": 20}},
              "ap-southeast": {{"coordinates": [1.35, 103.82], "capacity": 10}}}},
  "rule_sets": {1},
  "services": {{{2}}}
}})";

constexpr std::string_view kService = R"("www.example.com": {{"steering": {}, "instances": [
    {{"region": "us-east", "address": "192.0.2.1", "weight": 3}}, {{"region": "us-east", "address": "192.0.2.2"}},
    {{"region": "eu-west", "address": "192.0.2.11"}}, {{"region": "ap-southeast", "address": "192.0.2.21"}}]}})";

std::string services_of(const Example& example) {
  const bool is_service = example.configuration.find("\"instances\"") != std::string::npos;
  return is_service ? "\"app.example.com\": " + example.configuration
                    : fmt::format(fmt::runtime(kService), example.configuration);
}

std::vector<std::string> messages_of(const Problems& problems) {
  std::vector<std::string> messages;
  for (const Problem& problem : problems.all())
    messages.push_back(problem.to_string());
  return messages;
}

// What fails, in words.
std::vector<std::string> run(const Example& example) {
  const test::TemporaryDirectory directory;
  directory.write("zones/example.com.zone",
                  "@ SOA ns h 1 7200 900 1209600 60\n@ NS ns\nns A 192.0.2.53\nwww A 192.0.2.99\n"
                  "www HTTPS 1 . alpn=h2 ipv4hint=192.0.2.99 ipv6hint=2001:db8::99\n");
  directory.write("rtt.csv", "");
  for (const auto& [name, text] : example.files)
    directory.write(name, text);
  const std::string rule_sets = example.rule_sets.empty() ? "{}" : example.rule_sets;
  const auto config = directory.write(
      "rhumb.json", fmt::format(fmt::runtime(kExampleConfig), RHUMB_TEST_DATA, rule_sets, services_of(example)));
  const auto file = directory.write("routes.test.json", "{\"tests\": [" + example.tests + "]}");
  Problems problems;
  auto loaded = load(config, Secrets{1, {}}, nullptr, problems);
  if (!loaded) return messages_of(problems);
  const auto tests = read_route_tests(file, *loaded, problems);
  if (!tests) return messages_of(problems);
  Problems failures;
  for (const RouteTestResult& result : run_route_tests(*loaded, *tests))
    report_failures(result, failures);
  return messages_of(failures);
}

TEST(SteeringExamples, GiveWhatTheManualSays) {
  const auto examples = read_examples();
  ASSERT_GE(examples.size(), 10U);
  for (const Example& example : examples) {
    ASSERT_FALSE(example.tests.empty()) << example.configuration;
    EXPECT_THAT(run(example), testing::IsEmpty()) << example.configuration;
  }
}

}  // namespace
}  // namespace rhumb::daemon
