#include "health/grpc_session.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <new>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include "health/excerpt.hpp"

namespace rhumb::health {
namespace {

using Progress = GrpcSession::Progress;

// What is shown of what a server says.
constexpr std::size_t kPeerTextMax = 128;

// "Length-Prefixed-Message" of gRPC over HTTP/2: whether it is compressed, and its length.
constexpr std::size_t kPrefixSize = 5;
// RFC 9113 §6.5.2: what is said before anything else.
constexpr std::size_t kHeaderTableMax = 4'096;

constexpr std::string_view kHttp1 = "HTTP/1.";

constexpr std::array<std::string_view, 17> kStatusNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

// HealthCheckResponse.ServingStatus
constexpr std::array<std::string_view, 4> kServingNames = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};
constexpr std::uint64_t kServing = 1;

std::string shown(std::string_view text) {
  return excerpt(text, kPeerTextMax);
}

std::optional<int> hexadecimal(std::string_view digits) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 2 || digits.front() == '-' || error != std::errc() || end != digits.data() + 2) return {};
  return value;
}

// grpc-message is percent-encoded; what is badly encoded stands as it is.
std::string percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octet = text[i] == '%' ? hexadecimal(text.substr(i + 1, 2)) : std::nullopt;
    result += octet ? static_cast<char>(*octet) : text[i];
    if (octet) i += 2;
  }
  return result;
}

void append_varint(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    to += static_cast<char>(value | 0x80);
  to += static_cast<char>(value);
}

// HealthCheckRequest {string service = 1}, with its prefix. The usual value of a field is not sent.
std::string write_message(std::string_view service) {
  std::string message;
  if (!service.empty()) {
    message += '\x0A';  // field 1, length-delimited
    append_varint(message, service.size());
    message += service;
  }
  std::string prefix(kPrefixSize, '\0');
  for (std::size_t i = 0; i < 4; ++i)
    prefix[kPrefixSize - 1 - i] = static_cast<char>(message.size() >> (8 * i));
  return prefix + message;
}

std::optional<std::uint64_t> take_varint(std::string_view& from) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (from.empty()) return std::nullopt;
    const auto octet = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    value |= static_cast<std::uint64_t>(octet & 0x7F) << shift;
    if (octet < 0x80) return value;
  }
  return std::nullopt;
}

// Skips the value of a field that is not known; false if it is malformed.
bool skip_value(std::string_view& from, std::uint64_t wire_type) {
  std::optional<std::uint64_t> size;
  if (wire_type == 0) return take_varint(from).has_value();
  if (wire_type == 1) size = 8;
  if (wire_type == 2) size = take_varint(from);
  if (wire_type == 5) size = 4;
  if (!size || *size > from.size()) return false;  // groups (3, 4) are of before proto3
  from.remove_prefix(static_cast<std::size_t>(*size));
  return true;
}

// HealthCheckResponse {ServingStatus status = 1}: the status, UNKNOWN if there is none; nothing if it is malformed.
std::optional<std::uint64_t> read_serving_status(std::string_view message) {
  constexpr std::uint64_t kStatusKey = 1 << 3;  // field 1, varint
  std::uint64_t status = 0;
  while (!message.empty()) {
    const auto key = take_varint(message);
    if (!key || *key >> 3 == 0) return std::nullopt;
    if (*key != kStatusKey) {
      if (!skip_value(message, *key & 7)) return std::nullopt;
      continue;
    }
    const auto value = take_varint(message);
    if (!value) return std::nullopt;
    status = *value;  // of several the last counts
  }
  return status;
}

nghttp2_nv field(std::string_view name, std::string_view value) {
  // nghttp2 copies both, and changes neither.
  const auto octets = [](std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));  // NOLINT
  };
  return {octets(name), octets(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

std::string_view view(const std::uint8_t* octets, std::size_t size) {
  return size == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char*>(octets), size);
}

struct Deleter {
  void operator()(nghttp2_session* session) const noexcept { nghttp2_session_del(session); }
  void operator()(nghttp2_session_callbacks* callbacks) const noexcept { nghttp2_session_callbacks_del(callbacks); }
};

// Of nghttp2's calls that fail only for want of memory, as they are used here.
void require(int code) {
  if (code < 0) throw std::bad_alloc();
}

}  // namespace

// What has come of the one stream, and what nghttp2 calls.
class GrpcSession::Call {
 public:
  explicit Call(const GrpcCall& call) : request_(write_message(call.service)) {
    open();
    const std::array<nghttp2_settings_entry, 3> settings = {{{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                                             {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, kHeaderTableMax},
                                                             {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kGrpcFieldsMax}}};
    require(nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings.data(), settings.size()));
    const std::array<nghttp2_nv, 7> fields = {field(":method", "POST"),
                                              field(":scheme", call.is_secured ? "https" : "http"),
                                              field(":path", "/grpc.health.v1.Health/Check"),
                                              field(":authority", call.authority),
                                              field("content-type", "application/grpc"),
                                              field("te", "trailers"),
                                              field("user-agent", "rhumb")};
    nghttp2_data_provider body{{.ptr = this}, &Call::read_request};
    stream_ = nghttp2_submit_request(session_.get(), nullptr, fields.data(), fields.size(), &body, this);
    require(stream_);
    send();
  }

  std::string take_output() { return std::exchange(output_, {}); }

  void received(std::string_view octets) {
    assert(progress_ == Progress::incomplete);
    const std::size_t room = kGrpcReceivedMax - received_;
    received_ += std::min(octets.size(), room);
    if (is_http1(octets)) return fail("the server speaks HTTP/1, not HTTP/2");
    const auto* data = reinterpret_cast<const std::uint8_t*>(octets.data());
    const auto taken = nghttp2_session_mem_recv(session_.get(), data, std::min(octets.size(), room));
    if (taken == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
    if (taken < 0) fail(fmt::format("HTTP/2: {}", nghttp2_strerror(static_cast<int>(taken))));
    send();
    if (nghttp2_session_want_read(session_.get()) == 0) fail("HTTP/2: the session has ended");
    if (received_ == kGrpcReceivedMax) fail(fmt::format("a response over {} KiB", kGrpcReceivedMax / 1024));
  }

  void closed() { fail("closed before the response was whole"); }

  [[nodiscard]] Progress progress() const noexcept { return progress_; }
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

 private:
  void open() {
    nghttp2_session_callbacks* made = nullptr;
    require(nghttp2_session_callbacks_new(&made));
    const std::unique_ptr<nghttp2_session_callbacks, Deleter> callbacks(made);
    nghttp2_session_callbacks_set_on_header_callback(made, &Call::on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, &Call::on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, &Call::on_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, &Call::on_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, &Call::on_stream_close);
    nghttp2_session* session = nullptr;
    require(nghttp2_session_client_new(&session, made, this));
    session_.reset(session);
  }

  static Call& of(void* user) { return *static_cast<Call*>(user); }

  static ssize_t read_request(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t size,
                              std::uint32_t* flags, nghttp2_data_source* source, void*) {
    std::string& request = static_cast<Call*>(source->ptr)->request_;
    const std::size_t taken = std::min(size, request.size());
    request.copy(reinterpret_cast<char*>(into), taken);
    request.erase(0, taken);
    if (request.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(taken);
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                       const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    Call& call = of(user);
    call.fields_ += name_size + value_size;
    if (call.fields_ > kGrpcFieldsMax) {
      call.fail(fmt::format("header fields over {} KiB", kGrpcFieldsMax / 1024));
      return NGHTTP2_ERR_CALLBACK_FAILURE;  // what follows is not even decoded
    }
    if (frame->hd.stream_id == call.stream_) call.take_field(view(name, name_size), view(value, value_size));
    return 0;
  }

  void take_field(std::string_view name, std::string_view value) {
    if (name == ":status") http_status_ = value;
    if (name == "content-type") content_type_ = value;
    if (name == "grpc-status") grpc_status_ = value;
    if (name == "grpc-message") grpc_message_ = value;
  }

  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t, const std::uint8_t* data, std::size_t size,
                     void* user) {
    Call& call = of(user);
    // One octet more than may come tells that it was too much.
    call.body_ += view(data, std::min(size, kPrefixSize + kGrpcMessageMax + 1 - call.body_.size()));
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Call& call = of(user);
    const bool is_end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
                        (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA);
    if (is_end && frame->hd.stream_id == call.stream_) call.judge();
    if (frame->hd.type == NGHTTP2_GOAWAY) call.take_goaway(frame->goaway);
    return 0;
  }

  // A server that shuts down in good order finishes the calls that it has taken.
  void take_goaway(const nghttp2_goaway& goaway) {
    if (goaway.error_code == NGHTTP2_NO_ERROR && goaway.last_stream_id >= stream_) return;
    const std::string_view words = view(goaway.opaque_data, goaway.opaque_data_len);
    fail(fmt::format("GOAWAY {}{}{}", nghttp2_http2_strerror(goaway.error_code), words.empty() ? "" : ": ",
                     shown(words)));
  }

  // nghttp2 says what it holds against the other side in the GOAWAY and RST_STREAM that it sends.
  static int on_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Call& call = of(user);
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      const std::string_view words = view(frame->goaway.opaque_data, frame->goaway.opaque_data_len);
      call.fail(fmt::format("HTTP/2: {}{}{}", nghttp2_http2_strerror(frame->goaway.error_code),
                            words.empty() ? "" : ": ", shown(words)));
    }
    if (frame->hd.type == NGHTTP2_RST_STREAM && frame->hd.stream_id == call.stream_) {
      call.fail(fmt::format("HTTP/2: a malformed response ({})", nghttp2_http2_strerror(frame->rst_stream.error_code)));
    }
    return 0;
  }

  static int on_stream_close(nghttp2_session*, std::int32_t stream, std::uint32_t code, void* user) {
    Call& call = of(user);
    if (stream == call.stream_) call.fail(fmt::format("reset by the server: {}", nghttp2_http2_strerror(code)));
    return 0;
  }

  void judge() {
    if (auto refused = refuse()) return fail(std::move(*refused));
    if (progress_ == Progress::incomplete) progress_ = Progress::serving;
  }

  // Why the whole response is none that is wanted; nothing if it is one.
  [[nodiscard]] std::optional<std::string> refuse() const {
    if (http_status_ != "200") return "HTTP " + shown(http_status_);
    if (!content_type_.starts_with("application/grpc")) return "no gRPC: content-type \"" + shown(content_type_) + '"';
    if (grpc_status_ != "0") return refuse_status();
    if (body_.size() < kPrefixSize) return body_.empty() ? "no message in the response" : "a message that is cut off";
    if (body_[0] != 0) return "a compressed message, which was not asked for";
    const std::string_view message = std::string_view(body_).substr(kPrefixSize);
    if (message_size() > kGrpcMessageMax) return fmt::format("a message over {} KiB", kGrpcMessageMax / 1024);
    if (message_size() > message.size()) return "a message that is cut off";
    if (message_size() < message.size()) return "more than one message in the response";
    const auto status = read_serving_status(message);
    if (!status) return "a malformed HealthCheckResponse";
    if (*status == kServing) return std::nullopt;
    return *status < kServingNames.size() ? std::string(kServingNames[*status])
                                          : fmt::format("serving status {}", *status);
  }

  [[nodiscard]] std::string refuse_status() const {
    if (grpc_status_.empty()) return "no grpc-status in the response";
    int status = -1;
    const auto [end, error] = std::from_chars(grpc_status_.data(), grpc_status_.data() + grpc_status_.size(), status);
    const bool is_number = error == std::errc() && end == grpc_status_.data() + grpc_status_.size();
    const std::string_view name = is_number ? grpc_status_name(status) : std::string_view();
    return fmt::format("grpc-status {}{}{}{}{}", shown(grpc_status_), name.empty() ? "" : " ", name,
                       grpc_message_.empty() ? "" : ": ", shown(percent_decoded(grpc_message_)));
  }

  [[nodiscard]] std::size_t message_size() const noexcept {
    std::size_t size = 0;
    for (std::size_t i = 1; i < kPrefixSize; ++i)
      size = size << 8 | static_cast<unsigned char>(body_[i]);
    return size;
  }

  // The first verdict stays.
  void fail(std::string problem) {
    if (progress_ != Progress::incomplete) return;
    progress_ = Progress::failed;
    problem_ = std::move(problem);
  }

  void send() {
    const std::uint8_t* data = nullptr;
    for (ssize_t size = 1; size > 0;) {
      size = nghttp2_session_mem_send(session_.get(), &data);
      if (size == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
      if (size < 0) return fail(fmt::format("HTTP/2: {}", nghttp2_strerror(static_cast<int>(size))));
      output_ += view(data, static_cast<std::size_t>(size));
    }
  }

  // Servers that do not know HTTP/2 answer its preface with a 400 of their own.
  bool is_http1(std::string_view octets) {
    if (begin_.size() >= kHttp1.size()) return false;
    begin_ += octets.substr(0, kHttp1.size() - begin_.size());
    return begin_ == kHttp1;
  }

  std::unique_ptr<nghttp2_session, Deleter> session_;
  std::int32_t stream_ = -1;
  std::string request_;  // what is still to be sent of it
  std::string output_;
  std::string begin_;  // the first octets that came
  std::size_t received_ = 0;
  std::size_t fields_ = 0;
  std::string http_status_;
  std::string content_type_;
  std::string grpc_status_;
  std::string grpc_message_;
  std::string body_;
  Progress progress_ = Progress::incomplete;
  std::string problem_;
};

GrpcSession::GrpcSession(const GrpcCall& call) : call_(std::make_unique<Call>(call)) {}
GrpcSession::~GrpcSession() = default;

std::string GrpcSession::take_output() {
  return call_->take_output();
}

void GrpcSession::received(std::string_view octets) {
  call_->received(octets);
}

void GrpcSession::closed() {
  call_->closed();
}

Progress GrpcSession::progress() const noexcept {
  return call_->progress();
}

const std::string& GrpcSession::problem() const noexcept {
  return call_->problem();
}

std::string_view grpc_status_name(int status) noexcept {
  const bool is_known = status >= 0 && static_cast<std::size_t>(status) < kStatusNames.size();
  return is_known ? kStatusNames[static_cast<std::size_t>(status)] : std::string_view();
}

}  // namespace rhumb::health
