// One probe of one target: find its address, ask it, and say what came of it. How each kind of check asks is in a file
// of its own.
#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "health/abort.hpp"
#include "health/check.hpp"
#include "health/exec_probe.hpp"
#include "health/http_connection.hpp"
#include "health/outcome.hpp"
#include "health/resolver.hpp"
#include "health/slots.hpp"

namespace rhumb::health {

// What the probes of one thread share.
struct Resources {
  Resolver resolver;
  Slots programs{kExecMax};  // who comes later waits
};

// What one probe of a target leaves for the next.
struct Carried {
  std::unique_ptr<HttpConnection> connection;  // of a check that keeps it
};

// `timer` is for waiting before the first step: for a name, or for a slot. Takes at most timeout_ms, from when a
// program has its slot; abort() from the same thread ends it at once, inconclusive. `target` and the others must stay
// as they are until then. Only if is_probed(target.check). Throws nothing but std::bad_alloc.
[[nodiscard]] boost::asio::awaitable<Outcome> probe(Abort& abort, Resources& resources, Carried& carried,
                                                    boost::asio::steady_timer& timer, const Target& target);

}  // namespace rhumb::health
