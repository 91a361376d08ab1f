#include "support/grpc_peer.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <nghttp2/nghttp2.h>

#include "health/await.hpp"

namespace rhumb::health {
namespace {

namespace asio = boost::asio;

using health::kAwait;

void require(int code) {
  if (code < 0) throw std::runtime_error(nghttp2_strerror(code));
}

std::vector<nghttp2_nv> to_nghttp2(const GrpcFields& fields) {
  std::vector<nghttp2_nv> result;
  const auto octets = [](const std::string& text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));  // NOLINT: it changes neither
  };
  for (const auto& [name, value] : fields)
    result.push_back({octets(name), octets(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  return result;
}

}  // namespace

std::string grpc_message(std::string_view message, bool is_compressed) {
  std::string result(1, is_compressed ? '\1' : '\0');
  for (const int shift : {24, 16, 8, 0})
    result += static_cast<char>(message.size() >> shift);
  return result += message;
}

GrpcReply grpc_reply(int status) {
  GrpcReply reply;
  reply.body = grpc_message(std::string("\x08", 1) + static_cast<char>(status));
  return reply;
}

GrpcReply grpc_error(int status, const std::string& message) {
  GrpcReply reply;
  reply.fields.emplace_back("grpc-status", std::to_string(status));
  reply.fields.emplace_back("grpc-message", message);
  reply.trailers.clear();
  return reply;
}

class GrpcPeer::Session {
 public:
  explicit Session(GrpcAnswer answer) : answer_(std::move(answer)) {
    nghttp2_session_callbacks* callbacks = nullptr;
    require(nghttp2_session_callbacks_new(&callbacks));
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &Session::on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Session::on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Session::on_frame);
    require(nghttp2_session_server_new(&session_, callbacks, this));
    nghttp2_session_callbacks_del(callbacks);
    require(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0));
  }

  ~Session() { nghttp2_session_del(session_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] bool received(std::string_view octets) {
    return nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size()) >= 0;
  }

  [[nodiscard]] std::string take_output() {
    std::string output;
    const std::uint8_t* data = nullptr;
    for (ssize_t size = 1; size > 0;) {
      size = nghttp2_session_mem_send(session_, &data);
      require(static_cast<int>(size));
      output.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    }
    return output;
  }

 private:
  struct Stream {
    GrpcRequest request;
    GrpcReply reply;
    std::size_t sent = 0;
  };

  static Session& of(void* user) { return *static_cast<Session*>(user); }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                       const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    of(user).streams_[frame->hd.stream_id].request.fields[std::string(reinterpret_cast<const char*>(name), name_size)] =
        std::string(reinterpret_cast<const char*>(value), value_size);
    return 0;
  }

  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data, std::size_t size,
                     void* user) {
    of(user).streams_[stream].request.body.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    // In other frames the flag means something else: in SETTINGS and PING, ACK.
    const bool is_of_request = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (is_of_request && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) of(user).answer(frame->hd.stream_id);
    return 0;
  }

  void answer(std::int32_t id) {
    Stream& stream = streams_[id];
    stream.reply = answer_(stream.request);
    const auto fields = to_nghttp2(stream.reply.fields);
    const bool has_more = !stream.reply.body.empty() || !stream.reply.trailers.empty();
    const nghttp2_data_provider body{{.ptr = &stream}, &Session::read_body};
    require(nghttp2_submit_response(session_, id, fields.data(), fields.size(), has_more ? &body : nullptr));
  }

  static ssize_t read_body(nghttp2_session* session, std::int32_t id, std::uint8_t* into, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source* source, void*) {
    Stream& stream = *static_cast<Stream*>(source->ptr);
    const std::string_view rest = std::string_view(stream.reply.body).substr(stream.sent);
    const std::size_t taken = std::min(size, rest.size());
    if (taken > 0) std::memcpy(into, rest.data(), taken);
    stream.sent += taken;
    if (taken < rest.size()) return static_cast<ssize_t>(taken);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream.reply.trailers.empty()) return static_cast<ssize_t>(taken);
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    const auto trailers = to_nghttp2(stream.reply.trailers);
    require(nghttp2_submit_trailer(session, id, trailers.data(), trailers.size()));
    return static_cast<ssize_t>(taken);
  }

  GrpcAnswer answer_;
  std::map<std::int32_t, Stream> streams_;
  nghttp2_session* session_ = nullptr;
};

GrpcPeer::GrpcPeer(GrpcAnswer answer) : session_(std::make_unique<Session>(std::move(answer))) {}
GrpcPeer::~GrpcPeer() = default;

bool GrpcPeer::received(std::string_view octets) {
  return session_->received(octets);
}

std::string GrpcPeer::take_output() {
  return session_->take_output();
}

namespace scripts {

Backend::Script grpc(const GrpcAnswer& answer) {
  return [answer](asio::ip::tcp::socket& socket) -> asio::awaitable<void> {
    GrpcPeer peer(answer);
    std::array<char, 4096> received{};
    while (true) {
      const std::string output = peer.take_output();
      const auto [write_error, written] = co_await asio::async_write(socket, asio::buffer(output), kAwait);
      if (write_error) co_return;
      const auto [error, size] = co_await socket.async_read_some(asio::buffer(received), kAwait);
      if (error || !peer.received({received.data(), size})) co_return;
    }
  };
}

}  // namespace scripts
}  // namespace rhumb::health
