#include "daemon/inspector.hpp"

#include <pthread.h>

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include <malloc.h>
#include <nlohmann/json.hpp>

#include "daemon/change_report.hpp"
#include "daemon/explanation.hpp"
#include "daemon/priority.hpp"
#include "daemon/route_tests.hpp"
#include "daemon/route_tests_json.hpp"
#include "daemon/zone_loader.hpp"

namespace rhumb::daemon {
namespace {

using control::Result;
using Json = nlohmann::ordered_json;

std::string why_not(const Problems& problems) {
  const Problem* error = problems.first_error();
  return error == nullptr ? "it cannot be told why" : error->to_string();
}

// By what is known of each instance now.
Grounds grounds_of(const answer::Snapshot& snapshot, const health::Board& board, const geo::Database& database,
                   const steering::Latencies& latencies, const health::Status& status) {
  Grounds grounds{snapshot, &board, database, latencies, {}, &status};
  for (const health::InstanceStatus& instance : status.instances)
    grounds.checked.push_back(instance.is_checked);
  return grounds;
}

Json problems_json(const Problems& problems) {
  Json list = Json::array();
  for (const Problem& problem : problems.all()) {
    list.push_back({{"severity", problem.severity == Severity::error ? "error" : "warning"},
                    {"place", problem.place},
                    {"message", problem.message}});
  }
  return list;
}

// A zone as it is served, and its neighbours.
struct ServedZone {
  std::vector<dns::Name> apexes;           // of all that are served, or should be
  std::shared_ptr<const zone::Zone> zone;  // null: it is not loaded
};

ServedZone find_zone(const zone::Zones& zones, const dns::Name& apex) {
  ServedZone found;
  for (const auto& zone : zones.zones()) {
    found.apexes.push_back(zone->apex());
    if (zone->apex() == apex) found.zone = zone;
  }
  found.apexes.insert(found.apexes.end(), zones.not_loaded().begin(), zones.not_loaded().end());
  return found;
}

constexpr const char* kNewerDatabases =
    "the databases may have changed since they were loaded: where the client is said to be may be "
    "news, which the server goes by once it reloads";

}  // namespace

Inspector::Inspector(const Published<answer::Snapshot>& snapshot, health::Operations& operations, MainLoop& loop,
                     std::function<const Loaded&()> loaded)
    : snapshot_(snapshot), operations_(operations), loop_(loop), loaded_(std::move(loaded)) {}

Inspector::~Inspector() {
  if (thread_.joinable()) thread_.join();
}

void Inspector::explain(const control::ExplainRequest& request, control::Done done) {
  ReadQuestion read = read_question({request.name, request.client, request.resolver, request.type});
  if (!read.question) return done({Result::Kind::not_understood, std::move(read.error)});
  ask(
      [this, request, question = std::move(*read.question)](const Loaded& loaded) -> Job {
        return [this, request, question, databases = loaded.databases, latencies = loaded.latencies] {
          return explain_now(request, question, databases, *latencies);
        };
      },
      std::move(done));
}

void Inspector::check_zone(const std::string& name, control::Done done) {
  const auto apex = dns::Name::from_text(name);
  if (!apex) return done({Result::Kind::not_understood, "\"" + name + "\" is not a domain name"});
  ask(
      [this, apex = *apex](const Loaded& loaded) -> Job {
        auto config = std::make_shared<const config::Config>(loaded.config);
        return [this, apex, config] { return check_zone_now(apex, *config); };
      },
      std::move(done));
}

void Inspector::run_tests(control::TestStates states, control::Done done) {
  ask(
      [this, states](const Loaded& loaded) -> Job {
        if (!loaded.config.assertions) {
          return [] {
            return Result{Result::Kind::conflict, "the configuration has no tests: \"assertions\" names their file"};
          };
        }
        return [this, states, file = *loaded.config.assertions, databases = loaded.databases,
                latencies = loaded.latencies] { return run_tests_now(states, file, databases, *latencies); };
      },
      std::move(done));
}

void Inspector::tidy(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (!kept_.are_in_memory() || now < kept_until_) return;
  kept_.forget();
  malloc_trim(0);
}

bool Inspector::holds_databases() const {
  const std::lock_guard lock(mutex_);
  return kept_.are_in_memory();
}

void Inspector::ask(std::function<Job(const Loaded&)> prepare, control::Done done) {
  if (is_busy_.exchange(true)) {
    return done({Result::Kind::busy, "another explanation, check or test is being made: ask again in a moment"});
  }
  loop_.post([this, prepare = std::move(prepare), done = std::move(done)] { start(prepare(loaded_()), done); });
}

void Inspector::start(Job job, control::Done done) {
  if (thread_.joinable()) thread_.join();
  thread_ = std::thread([this, job = std::move(job), done = std::move(done)]() mutable {
    pthread_setname_np(pthread_self(), "rhumb-inspect");
    make_way();
    Result result;
    try {
      result = job();
    } catch (const std::exception& error) {  // no memory, or files that change under it
      result = {Result::Kind::conflict, error.what()};
    }
    job = nullptr;
    is_busy_ = false;
    done(std::move(result));
  });
}

const geo::Database* Inspector::read(GeoDatabases& databases, Problems& problems) {
  if (!databases.are_in_memory()) {
    const std::lock_guard lock(mutex_);
    static_cast<void>(databases.take_over(kept_));
  }
  const geo::Database* database = databases.read(problems);
  const std::lock_guard lock(mutex_);
  kept_ = databases;
  kept_until_ = Clock::now() + kKept;
  return database;
}

Result Inspector::explain_now(const control::ExplainRequest& request, const Question& question, GeoDatabases databases,
                              const steering::Latencies& latencies) {
  const bool are_as_loaded = databases.are_in_memory() || databases.are_unchanged();
  Problems problems;
  const geo::Database* database = read(databases, problems);
  if (database == nullptr) return {Result::Kind::conflict, why_not(problems)};
  const health::Status status = operations_.status();

  const ReaderThread reader;
  const Online online;
  const answer::Snapshot& served = snapshot_.read();
  for (const std::string& region : request.down) {
    if (auto wrong = refuse_region(served, region)) return {Result::Kind::not_understood, "down: " + *wrong};
  }
  std::optional<answer::Snapshot> assumed;  // a copy, if it is to be asked with other states
  if (!request.down.empty()) {
    assumed = served;
    assumed->board = assume_down(served, *served.board, request.down);
  }
  const answer::Snapshot& snapshot = assumed ? *assumed : served;
  const Reply reply = daemon::ask(snapshot, question, 0);
  Explanation explanation =
      daemon::explain(question, reply, grounds_of(snapshot, *snapshot.board, *database, latencies, status));
  if (!are_as_loaded) explanation.note = kNewerDatabases;
  return {Result::Kind::done, request.as_text ? to_text(explanation) : to_json(explanation)};
}

Result Inspector::check_zone_now(const dns::Name& apex, const config::Config& config) {
  ServedZone served;
  {
    const ReaderThread reader;
    const Online online;
    served = find_zone(snapshot_.read().zones, apex);
  }
  Problems problems;
  const auto read = read_zone(config, std::move(served.apexes), apex, std::chrono::system_clock::now(), problems);
  Json json{{"name", apex.to_text()}, {"loadable", read.has_value()}, {"problems", problems_json(problems)}};
  json["changes"] = Json::array();
  if (read) json["changes"] = describe_changes(served.zone.get(), *read->zone);
  return {Result::Kind::done, json.dump(2, ' ', false, Json::error_handler_t::replace)};
}

Result Inspector::run_tests_now(control::TestStates states, const std::filesystem::path& file, GeoDatabases databases,
                                const steering::Latencies& latencies) {
  Problems problems;
  const geo::Database* database = read(databases, problems);
  if (database == nullptr) return {Result::Kind::conflict, why_not(problems)};
  const health::Status status = operations_.status();
  std::optional<answer::Snapshot> snapshot;
  {
    const ReaderThread reader;
    const Online online;
    snapshot = snapshot_.read();
  }
  const std::shared_ptr<const health::Board> board = snapshot->board;
  const auto tests = read_route_tests(file, *snapshot, databases, problems);
  if (!tests) return {Result::Kind::conflict, why_not(problems)};
  const health::Board unknown(board->size());
  const bool as_now = states == control::TestStates::current;
  const auto results = run_route_tests(*snapshot, as_now ? *board : unknown, *tests);
  Grounds grounds = grounds_of(*snapshot, *board, *database, latencies, status);
  if (!as_now) grounds.status = nullptr;
  return {Result::Kind::done, to_json(results, grounds)};
}

}  // namespace rhumb::daemon
