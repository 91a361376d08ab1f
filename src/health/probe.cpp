#include "health/probe.hpp"

#include <cassert>
#include <chrono>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "health/dns_probe.hpp"
#include "health/exec_probe.hpp"
#include "health/grpc_probe.hpp"
#include "health/http_probe.hpp"
#include "health/icmp_probe.hpp"
#include "health/push_probe.hpp"
#include "health/tcp_probe.hpp"
#include "health/tls_probe.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

std::uint64_t ms_since(Clock::time_point start) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count());
}

Outcome resolution_failed(const Target& target, const Resolution& resolution) {
  switch (resolution.kind) {
    case Resolution::Kind::timeout:
      return timed_out(target, "resolving " + target.resolved_name);
    case Resolution::Kind::cancelled:
      return cancelled();
    case Resolution::Kind::local_trouble:
      return inconclusive(fmt::format("resolving {}: {}", target.resolved_name, resolution.problem));
    case Resolution::Kind::not_found:
    case Resolution::Kind::found:
      break;
  }
  return failure(fmt::format("resolving {}: {}", target.resolved_name, resolution.problem));
}

asio::awaitable<Resolution> resolve(Abort& abort, Resolver& resolver, asio::steady_timer& timer, const Target& target,
                                    Deadline deadline) {
  const WhenAborted when_aborted(abort, [&timer] { timer.cancel(); });
  Resolution resolution = co_await resolver.resolve(target.resolved_name, timer, deadline);
  co_return resolution;
}

asio::awaitable<Outcome> probe_address(Abort& abort, Carried& carried, const Target& target, Deadline deadline) {
  Outcome outcome;
  switch (target.check.type) {
    case Check::Type::http:
    case Check::Type::https:
      outcome = co_await probe_http(abort, carried.connection, target, deadline);
      break;
    case Check::Type::grpc:
      outcome = co_await probe_grpc(abort, target, deadline);
      break;
    case Check::Type::tcp:
      outcome = co_await probe_tcp(abort, target, deadline);
      break;
    case Check::Type::tls:
      outcome = co_await probe_tls(abort, target, deadline);
      break;
    case Check::Type::icmp:
      outcome = co_await probe_icmp(abort, target, deadline);
      break;
    case Check::Type::dns:
      outcome = co_await probe_dns(abort, target, deadline);
      break;
    case Check::Type::exec:
      outcome = co_await probe_exec(abort, target, deadline);
      break;
    case Check::Type::push:
    case Check::Type::none:
      assert(false);  // they ask nobody
      break;
  }
  co_return outcome;
}

// Fails a success that took too long, and says of it what it took.
Outcome judge_time(const Check& check, Outcome outcome, std::uint64_t taken_ms) {
  outcome.taken_ms = static_cast<std::uint32_t>(taken_ms);
  if (outcome.kind != Outcome::Kind::success) return outcome;
  outcome.evidence += " in " + duration_text(taken_ms);
  if (check.max_response_ms == 0 || taken_ms <= check.max_response_ms) return outcome;
  outcome.kind = Outcome::Kind::failure;
  outcome.evidence += ", longer than " + duration_text(check.max_response_ms);
  return outcome;
}

// The whole of a probe that asks somebody, from when nothing else is waited for.
asio::awaitable<Outcome> ask(Abort& abort, Resolver& resolver, Carried& carried, asio::steady_timer& timer,
                             const Target& target) {
  const Clock::time_point start = Clock::now();
  const Deadline deadline = start + std::chrono::milliseconds(target.check.timeout_ms);
  Target resolved = target;
  if (!target.resolved_name.empty()) {
    const Resolution resolution = co_await resolve(abort, resolver, timer, target, deadline);
    if (resolution.kind != Resolution::Kind::found) co_return resolution_failed(target, resolution);
    resolved.address = resolution.address;
  }
  if (abort.is_aborted()) co_return cancelled();
  Outcome outcome = co_await probe_address(abort, carried, resolved, deadline);
  if (abort.is_aborted()) co_return cancelled();  // whatever its last step met
  co_return judge_time(target.check, std::move(outcome), ms_since(start));
}

asio::awaitable<Outcome> ask_program(Abort& abort, Resources& resources, Carried& carried, asio::steady_timer& timer,
                                     const Target& target) {
  bool has_slot = false;
  {
    const WhenAborted when_aborted(abort, [&timer] { timer.cancel(); });
    has_slot = co_await resources.programs.take(timer);
  }
  if (!has_slot) co_return cancelled();
  const SlotHeld held(resources.programs);
  Outcome outcome = co_await ask(abort, resources.resolver, carried, timer, target);
  co_return outcome;
}

}  // namespace

asio::awaitable<Outcome> probe(Abort& abort, Resources& resources, Carried& carried, asio::steady_timer& timer,
                               const Target& target) {
  if (abort.is_aborted()) co_return cancelled();
  if (target.check.type == Check::Type::push) co_return read_report(target.check, std::chrono::system_clock::now());
  Outcome outcome;
  if (target.check.type == Check::Type::exec) {
    outcome = co_await ask_program(abort, resources, carried, timer, target);
  } else {
    outcome = co_await ask(abort, resources.resolver, carried, timer, target);
  }
  co_return outcome;
}

}  // namespace rhumb::health
