#include <filesystem>
#include <stdexcept>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "control/handover_request.hpp"
#include "daemon/handover.hpp"

namespace rhumb::cli {

int upgrade(const ServerAddress& address) {
  const std::filesystem::path socket = socket_of(address);
  const auto channel = control::request_handover(socket);
  if (!channel)
    throw std::runtime_error(fmt::format("no server listens on {}: is `rhumb serve` running?", socket.string()));
  const transport::Descriptor server(*channel);
  daemon::write_wish(server.get(), {daemon::Wish::Kind::upgrade, std::filesystem::read_symlink("/proc/self/exe")});
  const daemon::Report report = daemon::read_report(server.get());
  if (!report.is_done) throw std::runtime_error(report.text);
  fmt::print("{}\n", report.text);
  return 0;
}

}  // namespace rhumb::cli
