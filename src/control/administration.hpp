// What an operator may ask of the server itself, apart from health (health/operations.hpp): the calls behind the API
// that the daemon answers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/network.hpp"
#include "base/timestamp.hpp"

namespace rhumb::control {

// How a load of everything went.
struct LoadReport {
  bool is_done = false;            // false: refused, and what was served before is served still
  std::vector<std::string> lines;  // what was wrong or doubtful, and what came of it; for people
  // Done, but for new geo databases that would move too many clients: the old ones are served still.
  bool has_held_back = false;
};

// What is to be loaded.
struct ReloadOrder {
  std::string zone = {};           // this one alone; empty: all that has changed
  bool accepts_databases = false;  // new geo databases, however many clients they move

  friend bool operator==(const ReloadOrder&, const ReloadOrder&) = default;
};

struct ServerInfo {
  std::string version;
  std::int64_t pid = 0;
  Timestamp started_at = {};
  std::string config_file;
  std::uint64_t generation = 0;  // of what is served: 1 after the start, one more with each reload that was done
  Timestamp loaded_at = {};      // when that came to be served
  Timestamp reload_at = {};      // the last reload, done or refused; the start if there was none
  LoadReport reload;             // how it went
  std::vector<std::string> listen;
};

struct ZoneInfo {
  std::string name;
  bool is_loaded = false;  // what follows means nothing unless it is
  std::uint32_t serial = 0;
  std::uint64_t names = 0;
  std::uint64_t records = 0;
  std::uint64_t memory = 0;  // octets
};

struct ServiceInfo {
  struct Instance {
    std::string region;
    std::string name;  // its address or target, as status shows it
    std::uint32_t weight = 1;
  };

  std::string name;
  std::uint32_t ttl_s = 0;
  std::uint32_t ttl_min_s = 0;
  // In the configuration's words: "nearest"; "rotate"; "weights"; "nearest".
  std::string order;
  std::string pick;
  std::string spread;
  std::string when_all_down;
  std::uint32_t answers = 0;  // 0: all
  std::vector<std::string> regions;
  std::vector<Instance> instances;
};

struct RegionInfo {
  std::string name;
  double latitude = 0;
  double longitude = 0;
  std::uint32_t capacity = 0;  // 0: not told
};

// What came of a call that may be refused.
struct Result {
  enum class Kind : std::uint8_t {
    done,
    not_understood,  // what was asked makes no sense
    not_found,       // what it is about is not there
    conflict,        // not as things are
    busy,            // another call of its kind is being made
  };

  Kind kind = Kind::done;
  std::string text = {};  // done: JSON, or what was asked for instead; else why not, for people
};
using Done = std::function<void(Result)>;

// Whose answer is to be explained; empty is what is not said.
struct ExplainRequest {
  std::string name;
  std::string client;         // an address or a network
  std::string resolver = {};  // that asks for the client; empty: the client himself
  std::string type = "A";
  std::vector<std::string> down = {};  // regions that are assumed down; all else is as it is
  bool as_text = false;                // not as JSON: for people
};

// The time between clients of a network and a region, as somebody has measured it.
struct MeasuredLatency {
  Network network;
  std::string region;
  float rtt_ms;
};

// With which states tests are made.
enum class TestStates : std::uint8_t {
  assumed,  // all up, but what a test assumes down
  current,  // as they are, but what a test assumes down
};

// From any thread, one call at a time. None waits for more than a batch of queries; they may throw, which fails the
// call. Those with `done` call it once, perhaps later and from another thread, unless the server ends before.
class Administration {
 public:
  virtual ~Administration() = default;

  [[nodiscard]] virtual ServerInfo server_info() = 0;
  virtual void reload(ReloadOrder order, std::function<void(LoadReport)> done) = 0;
  // By name.
  [[nodiscard]] virtual std::vector<ZoneInfo> zones() = 0;
  // `name` is one in any case, with or without the last dot; nothing when there is no such zone.
  [[nodiscard]] virtual std::optional<ZoneInfo> zone(std::string_view name) = 0;
  [[nodiscard]] virtual std::vector<ServiceInfo> services() = 0;
  [[nodiscard]] virtual std::vector<RegionInfo> regions() = 0;
  // What is served was made from this: JSON, its secrets masked.
  [[nodiscard]] virtual std::string config() = 0;
  // In Prometheus' text format.
  [[nodiscard]] virtual std::string metrics() = 0;

  // Answers by service and region, a second, over the last minute or so: JSON.
  [[nodiscard]] virtual std::string decisions() = 0;
  // Takes all of these, or none and says why.
  [[nodiscard]] virtual Result add_latencies(const std::vector<MeasuredLatency>& latencies) = 0;
  // What is known of times that were told; of one region, unless it is empty.
  [[nodiscard]] virtual Result latencies(const std::string& region) = 0;

  // These take seconds, for they may read databases; one is made at a time.

  // What the client gets now, and what leads to it.
  virtual void explain(ExplainRequest request, Done done) = 0;
  // What is wrong with the files of zone `name`, and what would change if they were loaded.
  virtual void check_zone(std::string name, Done done) = 0;
  // Runs the tests that the configuration names as its assertions, on what is served.
  virtual void run_tests(TestStates states, Done done) = 0;
};

}  // namespace rhumb::control
