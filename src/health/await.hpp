// How this server's coroutines wait: an error is a value of the result, and never thrown.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace rhumb::health {

// `const auto [error, …] = co_await stream.async_something(…, kAwait);`
inline constexpr auto kAwait = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace rhumb::health
