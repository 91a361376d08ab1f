// A daemon that tells of a small world, and reloads as it is told.
#pragma once

#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "control/administration.hpp"

namespace rhumb::test {

// From any thread.
class FakeAdministration : public control::Administration {
 public:
  [[nodiscard]] control::ServerInfo server_info() override {
    control::ServerInfo info;
    info.version = "1.2.3";
    info.pid = 4711;
    info.config_file = "rhumb.json";
    info.generation = 3;
    info.reload = report_;
    info.listen = {"127.0.0.1:53"};
    return info;
  }
  void reload(control::ReloadOrder order, std::function<void(control::LoadReport)> done) override {
    const std::lock_guard lock(mutex_);
    reloaded_ = std::move(order);
    if (is_slow_) {
      waiting_.push_back(std::move(done));
    } else {
      done(report_);
    }
  }
  [[nodiscard]] std::vector<control::ZoneInfo> zones() override {
    return {{"example.com", true, 7, 5, 9, 1'000}, {"example.net"}};
  }
  [[nodiscard]] std::optional<control::ZoneInfo> zone(std::string_view name) override {
    for (control::ZoneInfo& zone : zones()) {
      if (zone.name == name) return std::move(zone);
    }
    return std::nullopt;
  }
  [[nodiscard]] std::vector<control::ServiceInfo> services() override {
    return {{"www.example.com",
             30,
             5,
             "nearest",
             "rotate",
             "weights",
             "nearest",
             0,
             {"eu-west"},
             {{"eu-west", "192.0.2.20", 1}}}};
  }
  [[nodiscard]] std::vector<control::RegionInfo> regions() override { return {{"eu-west", 53.35, -6.26, 10}}; }
  [[nodiscard]] std::string config() override { throw std::runtime_error("out of luck"); }
  [[nodiscard]] std::string metrics() override { return "rhumb_generation 3\n"; }

  [[nodiscard]] std::string decisions() override { return R"({"seconds":60.0,"services":[]})"; }
  [[nodiscard]] control::Result add_latencies(const std::vector<control::MeasuredLatency>& latencies) override {
    for (const control::MeasuredLatency& latency : latencies) {
      if (latency.region != "eu-west") return {control::Result::Kind::not_found, latency.region + " is not a region"};
    }
    const std::lock_guard lock(mutex_);
    latencies_.insert(latencies_.end(), latencies.begin(), latencies.end());
    return {};
  }
  [[nodiscard]] control::Result latencies(const std::string& region) override {
    return {control::Result::Kind::conflict, "no samples of " + region};
  }
  // Tells what was asked.
  void explain(control::ExplainRequest request, control::Done done) override {
    if (request.name.empty()) return done({control::Result::Kind::not_understood, "name: none"});
    std::string text = request.name + " " + request.client + " " + request.resolver + " " + request.type;
    for (const std::string& region : request.down)
      text += " -" + region;
    if (!request.as_text) text = nlohmann::json::array({text}).dump(-1, ' ', false, kReplace);
    done({control::Result::Kind::done, std::move(text)});
  }
  void check_zone(std::string name, control::Done done) override {
    done({control::Result::Kind::busy, name + " has to wait"});
  }
  void run_tests(control::TestStates states, control::Done done) override {
    const bool as_now = states == control::TestStates::current;
    done({control::Result::Kind::done, as_now ? R"(["current"])" : R"(["assumed"])"});
  }

  [[nodiscard]] std::vector<control::MeasuredLatency> told_latencies() {
    const std::lock_guard lock(mutex_);
    return latencies_;
  }
  // What was reloaded last.
  [[nodiscard]] control::ReloadOrder reloaded() {
    const std::lock_guard lock(mutex_);
    return reloaded_;
  }
  // How reloads end from now on.
  void reload_with(control::LoadReport report) {
    const std::lock_guard lock(mutex_);
    report_ = std::move(report);
  }
  // From now on they end when finish_reloads() is called.
  void be_slow() {
    const std::lock_guard lock(mutex_);
    is_slow_ = true;
  }
  [[nodiscard]] std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }
  void finish_reloads() {
    const std::lock_guard lock(mutex_);
    for (const auto& done : std::exchange(waiting_, {}))
      done(report_);
  }

 private:
  static constexpr auto kReplace = nlohmann::json::error_handler_t::replace;

  std::mutex mutex_;
  control::LoadReport report_{true, {"rhumb.json: /: warning: hm"}};
  control::ReloadOrder reloaded_;
  std::vector<control::MeasuredLatency> latencies_;
  bool is_slow_ = false;
  std::vector<std::function<void(control::LoadReport)>> waiting_;
};

}  // namespace rhumb::test
