// The three servers, serving the same zones.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "exchange.hpp"
#include "support/child_process.hpp"
#include "zone_draft.hpp"

namespace rhumb::differential {

// Each with a configuration and files of its own below one directory, on an address of this process's own.
class Servers {
 public:
  // Writes the zones and starts all three; returns when each has answered for each zone. Throws std::runtime_error,
  // with its log, when one does not, or when a program is missing. `directory` is
  // made anew.
  Servers(std::filesystem::path directory, std::span<const Family> families);
  // Ends them.
  ~Servers();
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;

  // Ends Rhumb; throws std::runtime_error, with its log, when it does not end well: a sanitizer may have a complaint.
  void stop();
  // How those have ended that should be running, with their logs.
  [[nodiscard]] std::string obituary() const;

  [[nodiscard]] const std::array<Endpoint, kServers>& endpoints() const noexcept { return endpoints_; }

 private:
  struct ZoneFile {
    std::string apex;  // absolute
    std::string file;  // its name in zones/
  };

  void write(const std::filesystem::path& name, std::string_view text) const;
  void write_zones(std::span<const Family> families);
  void write_nsd_config() const;
  void write_knot_config() const;
  void write_rhumb_config() const;
  void start();
  void wait_for(std::size_t server, const ZoneFile& zone) const;
  [[nodiscard]] std::string log_of(std::size_t server) const;

  std::filesystem::path directory_;
  std::vector<ZoneFile> zones_;
  std::array<Endpoint, kServers> endpoints_;
  std::array<std::unique_ptr<test::ChildProcess>, kServers> processes_;
};

}  // namespace rhumb::differential
