// What operators ask of the server itself: told from the snapshot that is being served, and from what the thread that
// loads has noted of its loads.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "answer/snapshot.hpp"
#include "base/published.hpp"
#include "control/administration.hpp"
#include "daemon/inspector.hpp"
#include "daemon/latency_store.hpp"
#include "daemon/main_loop.hpp"

namespace rhumb::daemon {

class ServerAdministration final : public control::Administration {
 public:
  // Reads everything anew, or one zone if it is named, and says how it went.
  using Reload = std::function<control::LoadReport(const control::ReloadOrder& order)>;

  // What it asks of others.
  struct Sources {
    Inspector& inspector;
    LatencyStore& latencies;
    Reload reload;                         // run by the loop
    std::function<std::string()> metrics;  // these make their texts, from any thread
    std::function<std::string()> decisions;
  };

  // All must outlive it. Nothing may be asked before the first note_load().
  ServerAdministration(const Published<answer::Snapshot>& snapshot, MainLoop& loop, Sources sources);

  // What does not change: version, process, file, addresses. Before anybody asks.
  void introduce(const std::string& config_file, std::vector<std::string> listen);
  // After each load. `config` is what was loaded, with its secrets masked; not read if it was refused.
  void note_load(control::LoadReport report, std::string config);

  [[nodiscard]] control::ServerInfo server_info() override;
  // Who asks for everything while another's has not begun gets the same one; what one of them accepts is accepted.
  void reload(control::ReloadOrder order, std::function<void(control::LoadReport)> done) override;
  [[nodiscard]] std::vector<control::ZoneInfo> zones() override;
  [[nodiscard]] std::optional<control::ZoneInfo> zone(std::string_view name) override;
  [[nodiscard]] std::vector<control::ServiceInfo> services() override;
  [[nodiscard]] std::vector<control::RegionInfo> regions() override;
  [[nodiscard]] std::string config() override;
  [[nodiscard]] std::string metrics() override;
  [[nodiscard]] std::string decisions() override;
  [[nodiscard]] control::Result add_latencies(const std::vector<control::MeasuredLatency>& latencies) override;
  [[nodiscard]] control::Result latencies(const std::string& region) override;
  void explain(control::ExplainRequest request, control::Done done) override;
  void check_zone(std::string name, control::Done done) override;
  void run_tests(control::TestStates states, control::Done done) override;

 private:
  using ReloadDone = std::function<void(control::LoadReport)>;

  void reload_now();

  const Published<answer::Snapshot>& snapshot_;
  MainLoop& loop_;
  Sources sources_;

  std::mutex mutex_;  // of all below
  control::ServerInfo info_;
  std::string config_;
  std::vector<ReloadDone> waiting_;
  control::ReloadOrder awaited_;  // what they wait for
};

}  // namespace rhumb::daemon
