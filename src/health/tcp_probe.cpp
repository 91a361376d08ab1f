#include "health/tcp_probe.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "health/await.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;
using boost::beast::error_code;
using boost::beast::tcp_stream;

Outcome converse_failed(const Target& target, const error_code& error) {
  if (error == boost::beast::error::timeout) return timed_out(target, "waiting for the expected text");
  if (error == asio::error::operation_aborted) return cancelled();
  if (is_end(error)) return failure("closed before the expected text came");
  return failure("the expected text did not come: " + error.message());
}

asio::awaitable<Outcome> converse(tcp_stream& stream, const Target& target) {
  const std::string& expect = target.check.expect;
  const auto [write_error, written] = co_await asio::async_write(stream, asio::buffer(target.check.send), kAwait);
  if (write_error) co_return converse_failed(target, write_error);
  if (expect.empty()) co_return success("connected");

  std::array<char, kReplyMax> reply;
  std::size_t size = 0;
  while (size < reply.size()) {
    const auto [error, added] =
        co_await stream.async_read_some(asio::buffer(reply.data() + size, reply.size() - size), kAwait);
    if (error) co_return converse_failed(target, error);
    // Each octet is looked at once: the text may begin in what came before.
    const std::size_t start = size - std::min(size, expect.size() - 1);
    size += added;
    const std::string_view searched(reply.data() + start, size - start);
    if (searched.find(expect) != std::string_view::npos) co_return success("connected, and the expected text came");
  }
  co_return failure(fmt::format("the first {} KiB that came have not the expected text", kReplyMax / 1024));
}

}  // namespace

asio::awaitable<Outcome> probe_tcp(Abort& abort, const Target& target, Deadline deadline) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  tcp_stream stream(executor);
  const WhenAborted when_aborted(abort, [&stream] { stream.close(); });
  auto refused = co_await connect(stream, target, deadline);
  if (refused) co_return std::move(*refused);
  Outcome outcome = co_await converse(stream, target);
  co_return outcome;
}

}  // namespace rhumb::health
