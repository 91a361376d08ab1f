// rhumb_differential: asks NSD, Knot and Rhumb the same questions about the same zones.
//
// Prints the seed, a summary of where NSD and Knot themselves differ, and every kind of disagreement in which Rhumb is
// in the wrong, each with the smallest zones that show it. Status 1 if there is any. The same seed asks the same
// questions again; with RHUMB_TEST_LONG in the environment ten times as many are asked.
#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "exchange.hpp"
#include "judge.hpp"
#include "servers.hpp"
#include "shrink.hpp"
#include "support/long_run.hpp"
#include "support/temporary_directory.hpp"
#include "zone_generator.hpp"

namespace rhumb::differential {
namespace {

constexpr std::size_t kFamiliesPerWorld = 60;
constexpr std::uint64_t kRootEvery = 4;  // one world in four has a root zone
constexpr std::size_t kShrunkMax = 10;   // kinds of failures; the rest is only counted

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t comparisons = 100'000;
  std::filesystem::path keep;
  bool shrink_all = false;
};

// The zones of one start of the servers: the families, and the root zone last, if there is one.
struct World {
  std::vector<Family> families;
  bool has_root;
};

// The family and whatever else the answers about it depend on.
std::vector<Family> families_around(const World& world, const Family& family) {
  std::vector<Family> families{family};
  if (!world.has_root) return families;
  if (family.origin != ".") {
    families.push_back(world.families.back());
  } else {
    families.insert(families.end(), world.families.begin(), world.families.end() - 1);
  }
  return families;
}

World generate_world(Random& random, std::uint64_t number) {
  World world{{}, number % kRootEvery == 1};
  for (std::size_t i = 0; i < kFamiliesPerWorld; ++i) {
    // One in six is a zone of one label.
    world.families.push_back(
        generate_family(random, i % 6 == 5 ? fmt::format("x{}.", i) : fmt::format("z{}.test.", i), world.has_root));
  }
  if (world.has_root) world.families.push_back(generate_root(random, world.families));
  return world;
}

// A kind of disagreement.
struct Kind {
  std::uint64_t count = 0;
  Case example;
  std::array<Response, kServers> responses;
};

class Comparison {
 public:
  Comparison(Options options, std::filesystem::path directory)
      : options_(std::move(options)), directory_(std::move(directory)), random_(options_.seed) {}

  // The exit status.
  int run();

 private:
  void compare_world(const World& world, const std::filesystem::path& directory);
  void take(const std::vector<Family>& families, const ServedZones& zones, const Question& question,
            const Responses& messages);
  void print_opinions() const;
  void print_failures() const;
  void print_smallest(const std::string& category, const Kind& kind) const;

  Options options_;
  std::filesystem::path directory_;
  Random random_;
  std::uint64_t done_ = 0;
  std::map<std::string, Kind> opinions_;
  std::map<std::string, Kind> failures_;
};

std::string to_text(const std::array<Response, kServers>& responses) {
  std::string text;
  for (std::size_t server = 0; server < kServers; ++server)
    text += fmt::format("  {}:\n{}", kServerNames[server], to_text(responses[server]));
  return text;
}

int Comparison::run() {
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t number = 0; done_ < options_.comparisons; ++number) {
    const World world = generate_world(random_, number);
    compare_world(world, directory_ / fmt::format("world-{}", number));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  print_opinions();
  print_failures();
  std::uint64_t failed = 0;
  for (const auto& [category, kind] : failures_)
    failed += kind.count;
  fmt::print("{} comparisons in {:.1f} s ({:.0f}/s), {} failures; seed {}\n", done_, took.count(),
             static_cast<double>(done_) / took.count(), failed, options_.seed);
  return failures_.empty() ? 0 : 1;
}

void Comparison::compare_world(const World& world, const std::filesystem::path& directory) {
  Servers servers(directory, world.families);
  Exchange exchange(servers.endpoints());
  for (const Family& family : world.families) {
    auto questions = questions_about(family, world.has_root, random_);
    if (questions.size() > options_.comparisons - done_) questions.resize(options_.comparisons - done_);
    const std::vector<Family> around = families_around(world, family);
    const ServedZones zones(around);
    try {
      exchange.ask(questions, [&](std::size_t number, const Responses& messages) {
        take(around, zones, questions[number], messages);
      });
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(fmt::format("{}\n{}", error.what(), servers.obituary()));
    }
    done_ += questions.size();
  }
  servers.stop();
}

void Comparison::take(const std::vector<Family>& families, const ServedZones& zones, const Question& question,
                      const Responses& messages) {
  std::array<Response, kServers> responses;
  for (std::size_t server = 0; server < kServers; ++server) {
    auto response = parse_response(messages[server]);
    if (!response) {
      throw std::runtime_error(
          fmt::format("{} sends a malformed response to {}", kServerNames[server], to_text(question)));
    }
    responses[server] = std::move(*response);
  }
  const Verdict verdict = judge(question, responses, zones);
  if (verdict.outcome == Outcome::equal) return;
  Kind& kind = (verdict.outcome == Outcome::failure ? failures_ : opinions_)[verdict.category];
  if (kind.count++ > 0) return;
  kind.example = {families, question};
  kind.responses = std::move(responses);
}

void Comparison::print_opinions() const {
  for (const auto& [category, kind] : opinions_) {
    fmt::print("NSD and Knot differ, {} times: {}\n", kind.count, category);
    if (const std::string_view reason = reason_of(category); !reason.empty()) fmt::print("  ({})\n", reason);
    if (options_.shrink_all) {
      print_smallest(category, kind);
    } else {
      fmt::print("  {}\n{}\n", to_text(kind.example.question), to_text(kind.responses));
    }
  }
}

void Comparison::print_failures() const {
  std::size_t shrunk = 0;
  for (const auto& [category, kind] : failures_) {
    fmt::print("FAILURE, {} times: {}\n", kind.count, category);
    if (shrunk++ < kShrunkMax) print_smallest(category, kind);
  }
}

void Comparison::print_smallest(const std::string& category, const Kind& kind) const {
  const Case smallest = shrink(kind.example, category, directory_ / "shrink");
  for (const Family& family : smallest.families) {
    for (const Zone& zone : family.zones)
      fmt::print("  ; zone {}\n{}", absolute(zone.apex, family.origin), to_text(zone, family.origin));
  }
  const Outcomes outcomes = try_case(smallest, directory_ / "shrink");
  fmt::print("  {}\n{}\n", to_text(smallest.question), to_text(outcomes.responses));
  if (outcomes.verdict.category != category) fmt::print("  (does not show with these zones alone)\n");
}

int compare(const Options& options) {
  fmt::print("seed {}\n", options.seed);
  if (!options.keep.empty()) return Comparison(options, std::filesystem::absolute(options.keep)).run();
  const test::TemporaryDirectory directory;
  return Comparison(options, directory.path()).run();
}

}  // namespace
}  // namespace rhumb::differential

int main(int argc, char** argv) {
  rhumb::differential::Options options;
  CLI::App app("Asks NSD, Knot and Rhumb the same questions about the same zones");
  app.add_option("--seed", options.seed, "what the zones and questions are made from")->capture_default_str();
  app.add_option("--comparisons", options.comparisons, "how many questions are asked")->capture_default_str();
  app.add_flag("--shrink-all", options.shrink_all, "shrink the examples of where NSD and Knot differ, too");
  app.add_option("--keep", options.keep, "keep the zones, configurations and logs in this directory");
  CLI11_PARSE(app, argc, argv);
  if (rhumb::is_long_run()) options.comparisons *= 10;
  try {
    return rhumb::differential::compare(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "rhumb_differential: {}\n", error.what());
    return 1;
  }
}
