#include "control/control_server.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <list>
#include <mutex>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <pwd.h>

#include "control/api.hpp"
#include "control/handover_request.hpp"
#include "control/http_caller.hpp"
#include "control/http_status.hpp"
#include "control/operations_json.hpp"
#include "control/socket_file.hpp"
#include "health/await.hpp"

namespace rhumb::control {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using asio::local::stream_protocol;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Request = http::request<http::string_body>;
// Of a Unix socket or TCP.
using Socket = asio::generic::stream_protocol::socket;

using health::kAwait;

// A quarter of a core beside a thread that answers queries: whoever keeps this one busy takes no more from them, and an
// operator is still heard on a machine that has more to do than it can. With a tenth he was not: beside ten others, an
// answer that takes a tenth of a second took more than ten.
constexpr int kPriority = 5;
// After accept(2) failed for want of descriptors or memory: long enough not to spin.
constexpr std::chrono::milliseconds kAcceptPause{100};
// Octets that are read from who was refused in the middle of a request, so that he gets to read why: TCP takes back
// what was sent when a connection is closed with octets that nobody has read.
constexpr std::size_t kLingerMax = 1'024 * 1'024;
// What is answered later is answered, whenever that is.
constexpr std::chrono::hours kLaterPatience{24};

// Who is at the other end: a login name, "uid 1000" where the system knows none.
std::string user_of(int descriptor) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return {};
  constexpr std::size_t kEntryMax = 16 * 1'024;  // octets of a line of passwd(5), far more than any has
  std::vector<char> buffer(kEntryMax);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(peer.uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return std::string(found->pw_name).substr(0, health::kOwnerMax);
  }
  return fmt::format("uid {}", peer.uid);
}

tcp::endpoint to_asio(const Endpoint& endpoint) {
  return {asio::ip::make_address(endpoint.address.to_string()), endpoint.port};
}

Endpoint from_asio(const tcp::endpoint& endpoint) {
  return {IpAddress::parse(endpoint.address().to_string()).value_or(IpAddress{}), endpoint.port()};
}

// As std::system_error, which Asio's own exceptions are not.
tcp::acceptor listen(asio::io_context& context, const Endpoint& endpoint) {
  tcp::acceptor acceptor(context);
  const tcp::endpoint at = to_asio(endpoint);
  error_code error;
  const auto step = [&](auto take) {
    if (!error) take();
  };
  acceptor.open(at.protocol(), error);
  step([&] { acceptor.set_option(asio::socket_base::reuse_address(true), error); });
  step([&] {
    if (at.protocol() == tcp::v6()) acceptor.set_option(asio::ip::v6_only(true), error);
  });
  step([&] { acceptor.bind(at, error); });
  step([&] { acceptor.listen(asio::socket_base::max_listen_connections, error); });
  if (!error) return acceptor;
  throw std::system_error(error.value(), std::generic_category(),
                          fmt::format("cannot listen on {} for \"control\"", endpoint.to_string()));
}

// Where other threads leave what the loop is to do. Once it is closed it takes nothing any more.
class Mailbox {
 public:
  explicit Mailbox(asio::io_context& context) : context_(&context) {}

  // What `task` holds may be destroyed without it having run, and after the loop.
  void post(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    if (context_ != nullptr) asio::post(*context_, std::move(task));
  }
  void close() {
    const std::lock_guard lock(mutex_);
    context_ = nullptr;
  }

 private:
  std::mutex mutex_;
  asio::io_context* context_;
};

// What a coroutine waits for that comes from another thread. Only the coroutine holds it, all others weakly.
struct Awaited {
  explicit Awaited(asio::io_context& context) : bell(context) {}

  asio::steady_timer bell;
  std::optional<ApiAnswer> answer = {};
};

struct Session {
  Session(Socket connected, bool comes_by_socket, Caller at_the_other_end, Endpoint peer_endpoint)
      : socket(std::move(connected)),
        is_local(comes_by_socket),
        caller(std::move(at_the_other_end)),
        peer(peer_endpoint) {}

  void close() {
    error_code ignored;
    socket.close(ignored);
  }

  Socket socket;
  bool is_local;           // over the Unix socket
  Caller caller;           // of the Unix socket; over TCP each request says who it is
  Endpoint peer;           // of TCP
  bool is_waiting = true;  // for a request; otherwise for the client to take a response, or for what is answered later
  bool is_listening = false;  // to events, to its end
  Clock::time_point deadline = {};
  Clock::time_point paid_until = {};  // the time that its requests so far are worth, at the rate that it may have
};

using Sessions = std::list<Session>;

// Why what came is no request; nothing when the connection has just ended.
std::optional<ApiAnswer> refusal_of(const error_code& error) {
  if (error == http::error::body_limit) {
    return problem(kTooLarge, fmt::format("a body has at most {} octets", kRequestMax));
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return problem(kHeaderTooLarge, fmt::format("a request's line and fields have at most {} octets", kHeaderMax));
  }
  const bool is_of_http = error.category() == http::make_error_code(http::error::bad_method).category();
  if (!is_of_http || error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  return problem(kBadRequest, fmt::format("not a request of HTTP/1.1: {}", error.message()));
}

// RFC 9110 §5.6.7.
std::string http_date() {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::time(nullptr)));
}

std::string challenge(int status, bool has_token) {
  if (status != kUnauthorized) return "Bearer realm=\"rhumb\", error=\"insufficient_scope\"";
  return has_token ? "Bearer realm=\"rhumb\", error=\"invalid_token\"" : "Bearer realm=\"rhumb\"";
}

// How a request is answered, besides the answer itself.
struct Manner {
  bool is_head = false;
  bool is_kept = false;  // the connection, after it
  bool has_token = false;
};

// Line and fields, to their end.
std::string head_of(const ApiAnswer& answer, const Manner& manner) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(answer.status));
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\nServer: rhumb\r\nCache-Control: no-store\r\n",
                                 answer.status, std::string_view(reason.data(), reason.size()), http_date());
  if (!answer.content_type.empty()) {
    head += fmt::format("Content-Type: {}\r\nX-Content-Type-Options: nosniff\r\n", answer.content_type);
  }
  if (answer.status != kNoContent) head += fmt::format("Content-Length: {}\r\n", answer.body.size());
  if (!answer.allow.empty()) head += fmt::format("Allow: {}\r\n", answer.allow);
  if (answer.status == kUnauthorized || answer.status == kForbidden) {
    head += fmt::format("WWW-Authenticate: {}\r\n", challenge(answer.status, manner.has_token));
  }
  head += manner.is_kept ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

// What stands on a stream of events (the HTML standard, "Server-sent events").
std::string stream_text(const EventFeed::Taken& taken) {
  std::string text;
  if (taken.dropped > 0)
    text += fmt::format(": {} events are left out: they came faster than you read\n\n", taken.dropped);
  for (const EventFeed::Entry& entry : taken.entries)
    text += fmt::format("event: {}\ndata: {}\n\n", entry.kind, entry.json);
  return text;
}

std::string_view field_of(const Request& request, http::field field) {
  const auto value = request[field];
  return {value.data(), value.size()};
}

bool asks_for_handover(const Request& request) {
  return http::token_list(request[http::field::connection]).exists("upgrade") &&
         http::token_list(request[http::field::upgrade]).exists({kHandoverProtocol.data(), kHandoverProtocol.size()});
}

}  // namespace

// All members belong to the thread that runs `context_`, except in the constructor and destructor, and the mailbox.
class ControlServer::Loop {
 public:
  Loop(ControlSettings settings, ControlServices services, ControlLimits limits)
      : services_(std::move(services)),
        api_(services_.operations, services_.administration, services_.audit),
        limits_(limits),
        tokens_(std::move(settings.tokens)),
        tls_(std::move(settings.tls)),
        mailbox_(std::make_shared<Mailbox>(context_)) {
    if (!settings.socket_file.empty()) file_.emplace(context_, std::move(settings.socket_file));
    if (settings.http) http_.emplace(listen(context_, *settings.http));
  }

  ~Loop() { mailbox_->close(); }

  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run() {
    static_cast<void>(setpriority(PRIO_PROCESS, 0, kPriority));
    if (file_) asio::co_spawn(context_, accept(file_->acceptor()), asio::detached);
    if (http_) asio::co_spawn(context_, accept(*http_), asio::detached);
    asio::co_spawn(context_, close_overdue(), asio::detached);
    context_.run();
  }
  void stop() { context_.stop(); }  // from any thread

  // From any thread.
  void use(std::shared_ptr<const Tokens> tokens, std::shared_ptr<const TlsServer> tls) {
    mailbox_->post([this, tokens = std::move(tokens), tls = std::move(tls)] {
      tokens_ = tokens;
      if (tls_ != nullptr && tls != nullptr) tls_ = tls;
    });
  }

  [[nodiscard]] std::optional<Endpoint> http() const {
    return http_ ? std::optional(from_asio(http_->local_endpoint())) : std::nullopt;
  }

 private:
  template <typename Acceptor>
  asio::awaitable<void> accept(Acceptor& acceptor);
  [[nodiscard]] static Session session_of(stream_protocol::socket connected);
  [[nodiscard]] static Session session_of(tcp::socket connected);
  asio::awaitable<void> serve(Sessions::iterator session);
  asio::awaitable<void> serve_securely(Session& session, std::shared_ptr<const TlsServer> tls);

  template <typename Stream>
  asio::awaitable<void> converse(Stream& stream, Session& session);
  asio::awaitable<void> keep_pace(Session& session);
  template <typename Stream, typename Parser>
  asio::awaitable<error_code> read(Stream& stream, boost::beast::flat_buffer& buffer, Parser& parser);
  template <typename Stream>
  asio::awaitable<bool> answer(Stream& stream, Session& session, Request request, bool has_more);
  template <typename Stream>
  asio::awaitable<bool> send(Stream& stream, Session& session, ApiAnswer answer, Manner manner);
  template <typename Stream>
  asio::awaitable<bool> write(Stream& stream, Session& session, std::string text);
  template <typename Stream>
  asio::awaitable<void> stream_events(Stream& stream, Session& session, bool is_head);
  template <typename Stream>
  asio::awaitable<void> hand_over(Stream& stream, Session& session);
  asio::awaitable<ApiAnswer> await_answer(Session& session, const Routed& routed, const ApiRequest& asked);
  asio::awaitable<void> linger(Session& session);

  [[nodiscard]] Caller caller_of(const Session& session, const Request& request) const;
  [[nodiscard]] std::optional<ApiAnswer> refuse_handover(const Session& session, const Request& request,
                                                         bool has_more) const;
  asio::awaitable<void> close_overdue();
  [[nodiscard]] std::size_t count_like(bool is_local) const;
  void close_longest_waiting(bool is_local);

  ControlServices services_;
  Api api_;
  ControlLimits limits_;
  std::shared_ptr<const Tokens> tokens_;
  std::shared_ptr<const TlsServer> tls_;
  asio::io_context context_{1};
  std::shared_ptr<Mailbox> mailbox_;
  std::optional<SocketFile> file_;
  std::optional<tcp::acceptor> http_;
  asio::steady_timer sweep_{context_};
  Sessions sessions_;
  std::size_t outgoing_ = 0;  // octets of responses that clients have yet to take
};

template <typename Acceptor>
asio::awaitable<void> ControlServer::Loop::accept(Acceptor& acceptor) {
  constexpr bool kIsLocal = std::is_same_v<typename Acceptor::protocol_type, stream_protocol>;
  asio::steady_timer pause(context_);
  while (true) {
    auto [error, connected] = co_await acceptor.async_accept(kAwait);
    if (!error) {
      if (count_like(kIsLocal) >= limits_.connections) close_longest_waiting(kIsLocal);
      const auto session = sessions_.insert(sessions_.end(), session_of(std::move(connected)));
      session->deadline = Clock::now() + limits_.idle;
      asio::co_spawn(context_, serve(session), asio::detached);
    } else if (error != asio::error::connection_aborted) {
      close_longest_waiting(kIsLocal);
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(kAwait);
    }
  }
}

Session ControlServer::Loop::session_of(stream_protocol::socket connected) {
  Caller caller{user_of(connected.native_handle()), Role::admin, "socket"};
  return {std::move(connected), true, std::move(caller), {}};
}

Session ControlServer::Loop::session_of(tcp::socket connected) {
  error_code error;
  connected.set_option(tcp::no_delay(true), error);
  const tcp::endpoint peer = connected.remote_endpoint(error);  // 0.0.0.0, nobody's, when it is gone already
  return {std::move(connected), false, {}, from_asio(peer)};
}

// The coroutine ends a session; everybody else just closes its socket, which wakes the coroutine.
asio::awaitable<void> ControlServer::Loop::serve(Sessions::iterator session) {
  const bool is_secured = !session->is_local && tls_ != nullptr;
  if (is_secured) {
    co_await serve_securely(*session, tls_);
  } else {
    co_await converse(session->socket, *session);
  }
  sessions_.erase(session);
}

asio::awaitable<void> ControlServer::Loop::serve_securely(Session& session, std::shared_ptr<const TlsServer> tls) {
  asio::ssl::stream<Socket&> stream(session.socket, tls->context());
  const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, kAwait);
  if (error) co_return;
  co_await converse(stream, session);
  session.deadline = Clock::now() + limits_.write;
  co_await stream.async_shutdown(kAwait);
}

template <typename Stream>
asio::awaitable<void> ControlServer::Loop::converse(Stream& stream, Session& session) {
  boost::beast::flat_buffer buffer(kHeaderMax + kRequestMax);
  bool is_open = true;
  while (is_open) {
    co_await keep_pace(session);
    http::request_parser<http::string_body> parser;
    parser.header_limit(kHeaderMax);
    parser.body_limit(kRequestMax);
    const error_code error = co_await read(stream, buffer, parser);
    if (!error) {
      is_open = co_await answer(stream, session, parser.release(), buffer.size() > 0);
      continue;
    }
    auto refusal = refusal_of(error);
    if (refusal) {
      co_await send(stream, session, std::move(*refusal), Manner());
      co_await linger(session);
    }
    break;
  }
}

// Waits until the connection may have another request.
asio::awaitable<void> ControlServer::Loop::keep_pace(Session& session) {
  const auto price = Clock::duration(std::chrono::seconds(1)) / limits_.requests_per_second;
  const Clock::time_point now = Clock::now();
  session.paid_until = std::max(session.paid_until, now) + price;
  const Clock::time_point due = session.paid_until - std::chrono::seconds(1);  // as many as it may in a second at once
  if (due <= now) co_return;
  asio::steady_timer pause(context_, due);
  co_await pause.async_wait(kAwait);
}

template <typename Stream, typename Parser>
asio::awaitable<error_code> ControlServer::Loop::read(Stream& stream, boost::beast::flat_buffer& buffer,
                                                      Parser& parser) {
  const auto [head_error, head_size] = co_await http::async_read_header(stream, buffer, parser, kAwait);
  if (head_error) co_return head_error;
  if (boost::beast::iequals(parser.get()[http::field::expect], "100-continue")) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto [error, size] = co_await asio::async_write(stream, asio::buffer(kContinue), kAwait);
    if (error) co_return error;
  }
  const auto [body_error, body_size] = co_await http::async_read(stream, buffer, parser, kAwait);
  co_return body_error;
}

// Whether the connection goes on. `has_more`: more than the request has come already.
template <typename Stream>
asio::awaitable<bool> ControlServer::Loop::answer(Stream& stream, Session& session, Request request, bool has_more) {
  const Manner manner{request.method() == http::verb::head, request.keep_alive(),
                      request.count(http::field::authorization) > 0};
  const auto method = request.method_string();
  const auto target = request.target();
  const ApiRequest asked{{method.data(), method.size()},
                         {target.data(), target.size()},
                         std::move(request.body()),
                         caller_of(session, request)};
  constexpr unsigned kHttp11 = 11;
  if (request.version() >= kHttp11 && request.count(http::field::host) != 1) {
    ApiAnswer refusal = problem(kBadRequest, "a request of HTTP/1.1 has one field \"Host\"");
    co_return co_await send(stream, session, std::move(refusal), manner);
  }
  Routed routed = api_.route(asked);
  if (routed.route == nullptr) co_return co_await send(stream, session, std::move(routed.refusal), manner);

  ApiAnswer result;
  switch (routed.route->kind) {
    case Route::Kind::call:
      result = api_.perform(routed, asked);
      break;
    case Route::Kind::later:
      result = co_await await_answer(session, routed, asked);
      api_.record(*routed.route, asked, result);
      break;
    case Route::Kind::events:
      co_await stream_events(stream, session, manner.is_head);
      co_return false;
    case Route::Kind::handover: {
      auto refusal = refuse_handover(session, request, has_more);
      api_.record(*routed.route, asked,
                  refusal.value_or(ApiAnswer{static_cast<int>(http::status::switching_protocols)}));
      if (refusal) co_return co_await send(stream, session, std::move(*refusal), manner);
      co_await hand_over(stream, session);
      co_return false;
    }
  }
  co_return co_await send(stream, session, std::move(result), manner);
}

Caller ControlServer::Loop::caller_of(const Session& session, const Request& request) const {
  if (session.is_local) return session.caller;
  static const Tokens kNone;
  return identify({field_of(request, http::field::authorization), field_of(request, http::field::host), session.peer},
                  tokens_ == nullptr ? kNone : *tokens_);
}

// Whether the client has taken it, and the connection goes on.
template <typename Stream>
asio::awaitable<bool> ControlServer::Loop::send(Stream& stream, Session& session, ApiAnswer answer, Manner manner) {
  if (outgoing_ > 0 && outgoing_ + answer.body.size() > kOutgoingMax) {
    answer = problem(kUnavailable, "too much is waiting for other clients to take it: ask again");
  }
  std::string text = head_of(answer, manner);
  if (!manner.is_head) text += answer.body;
  answer.body = {};
  const bool is_taken = co_await write(stream, session, std::move(text));
  co_return is_taken&& manner.is_kept;
}

// Whether the client has taken it.
template <typename Stream>
asio::awaitable<bool> ControlServer::Loop::write(Stream& stream, Session& session, std::string text) {
  session.is_waiting = false;
  session.deadline = Clock::now() + limits_.write;
  outgoing_ += text.size();
  const auto [error, size] = co_await asio::async_write(stream, asio::buffer(text), kAwait);
  outgoing_ -= text.size();
  session.is_waiting = true;
  session.deadline = Clock::now() + limits_.idle;
  co_return !error;
}

asio::awaitable<ApiAnswer> ControlServer::Loop::await_answer(Session& session, const Routed& routed,
                                                             const ApiRequest& asked) {
  session.is_waiting = false;
  session.deadline = Clock::now() + kLaterPatience;
  const auto awaited = std::make_shared<Awaited>(context_);
  api_.start(routed, asked, [mailbox = mailbox_, weak = std::weak_ptr(awaited)](const ApiAnswer& answer) {
    mailbox->post([weak, answer] {
      const auto waiting = weak.lock();
      if (waiting == nullptr) return;
      waiting->answer = answer;
      waiting->bell.cancel();
    });
  });
  awaited->bell.expires_at(Clock::time_point::max());
  while (!awaited->answer)
    co_await awaited->bell.async_wait(kAwait);
  co_return std::move(*awaited->answer);
}

template <typename Stream>
asio::awaitable<void> ControlServer::Loop::stream_events(Stream& stream, Session& session, bool is_head) {
  const auto listeners = static_cast<std::size_t>(std::ranges::count(sessions_, true, &Session::is_listening));
  if (listeners >= limits_.listeners) {
    ApiAnswer refusal = problem(kUnavailable, fmt::format("{} listen already, and more may not", listeners));
    co_await send(stream, session, std::move(refusal), Manner{is_head});
    co_return;
  }
  session.is_listening = true;
  const auto awaited = std::make_shared<Awaited>(context_);
  EventFeed::Listener listener(services_.events, [mailbox = mailbox_, weak = std::weak_ptr(awaited)] {
    mailbox->post([weak] {
      if (const auto waiting = weak.lock()) waiting->bell.cancel();
    });
  });
  std::string text = fmt::format(
      "HTTP/1.1 200 OK\r\nDate: {}\r\nServer: rhumb\r\nCache-Control: no-store\r\nContent-Type: text/event-stream\r\n"
      "Connection: close\r\n\r\n",
      http_date());
  if (!is_head) text += ": listening\n\n";
  bool is_open = co_await write(stream, session, std::move(text)) && !is_head;
  while (is_open) {
    session.is_waiting = false;  // it is not one that is closed to make room
    session.deadline = Clock::now() + limits_.heartbeat + limits_.write;
    text = stream_text(listener.take());
    if (text.empty()) {
      awaited->bell.expires_after(limits_.heartbeat);
      const auto [woken] = co_await awaited->bell.async_wait(kAwait);
      if (woken) continue;  // something has come
      text = ": still here\n\n";
    }
    is_open = co_await write(stream, session, std::move(text));
  }
}

std::optional<ApiAnswer> ControlServer::Loop::refuse_handover(const Session& session, const Request& request,
                                                              bool has_more) const {
  if (!session.is_local) return problem(static_cast<int>(http::status::forbidden), "only over the Unix socket");
  if (!services_.take_over) return problem(static_cast<int>(http::status::not_implemented), "nobody takes it here");
  if (!asks_for_handover(request)) {
    return problem(static_cast<int>(http::status::upgrade_required),
                   fmt::format("needs \"Connection: Upgrade\" and \"Upgrade: {}\"", kHandoverProtocol));
  }
  if (!has_more) return std::nullopt;
  return problem(static_cast<int>(http::status::bad_request),
                 "something was sent before the connection was handed over");
}

template <typename Stream>
asio::awaitable<void> ControlServer::Loop::hand_over(Stream& stream, Session& session) {
  std::string text =
      fmt::format("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {}\r\n\r\n", kHandoverProtocol);
  if (!co_await write(stream, session, std::move(text))) co_return;
  error_code error;
  session.socket.native_non_blocking(false, error);
  if (error) co_return;
  const int descriptor = session.socket.release(error);
  if (!error) services_.take_over(descriptor);
}

asio::awaitable<void> ControlServer::Loop::linger(Session& session) {
  session.deadline = Clock::now() + limits_.write;
  error_code ignored;
  session.socket.shutdown(asio::socket_base::shutdown_send, ignored);
  std::vector<char> octets(kHeaderMax);
  for (std::size_t read = 0; read < kLingerMax;) {
    const auto [error, size] = co_await session.socket.async_read_some(asio::buffer(octets), kAwait);
    if (error) break;
    read += size;
  }
}

asio::awaitable<void> ControlServer::Loop::close_overdue() {
  while (true) {
    for (Session& session : sessions_) {
      if (session.deadline <= Clock::now()) session.close();
    }
    // A quarter of the shorter limit is as exact as anybody needs.
    sweep_.expires_after(std::min(limits_.idle, limits_.write) / 4);
    co_await sweep_.async_wait(kAwait);
  }
}

std::size_t ControlServer::Loop::count_like(bool is_local) const {
  return static_cast<std::size_t>(std::ranges::count(sessions_, is_local, &Session::is_local));
}

void ControlServer::Loop::close_longest_waiting(bool is_local) {
  // Those who wait for a request before those who take a response; closed ones are about to end and make no room.
  const auto rank = [is_local](const Session& session) {
    return std::tuple(session.is_local != is_local, !session.socket.is_open(), !session.is_waiting, session.deadline);
  };
  const auto first = std::ranges::min_element(sessions_, {}, rank);
  if (first != sessions_.end() && first->is_local == is_local) first->close();
}

ControlServer::ControlServer(ControlSettings settings, ControlServices services, ControlLimits limits)
    : loop_(std::make_unique<Loop>(std::move(settings), std::move(services), limits)),
      thread_([this] { loop_->run(); }) {
  pthread_setname_np(thread_.native_handle(), "rhumb-control");
}

ControlServer::~ControlServer() {
  loop_->stop();
  thread_.join();
}

void ControlServer::use(std::shared_ptr<const Tokens> tokens, std::shared_ptr<const TlsServer> tls) {
  loop_->use(std::move(tokens), std::move(tls));
}

std::optional<Endpoint> ControlServer::http() const {
  return loop_->http();
}

}  // namespace rhumb::control
