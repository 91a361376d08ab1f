#include "config/check_reader.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "config/dns_check_reader.hpp"
#include "config/duration.hpp"
#include "config/exec_check_reader.hpp"
#include "config/push_check_reader.hpp"
#include "config/tls_reader.hpp"
#include "health/body_pattern.hpp"
#include "health/load.hpp"
#include "health/tls_client.hpp"

namespace rhumb::config {
namespace {

using health::Check;
using Type = Check::Type;

constexpr std::uint32_t kIntervalMin = 100;  // ms
constexpr std::uint32_t kIntervalMax = 86'400'000;
constexpr std::uint32_t kTimeoutMin = 10;
constexpr std::uint32_t kDefaultInterval = 5'000;
constexpr std::uint32_t kDefaultTimeout = 2'000;
constexpr std::int64_t kResultsMax = 64;
constexpr std::int64_t kDefaultRise = 2;
constexpr std::int64_t kDefaultFall = 3;
constexpr std::int64_t kDefaultOfPush = 1;  // who reports has judged already
constexpr std::size_t kPathMax = 2'048;
constexpr std::size_t kHostMax = 255;  // a name (RFC 1035 §2.3.4)
constexpr std::size_t kHeadersMax = 32;
constexpr std::size_t kHeadersSizeMax = 8'192;  // servers refuse heads that are longer: Apache, nginx
constexpr int kStatusMin = 200;                 // those before are interim (RFC 9110 §15.2)
constexpr int kStatusMax = 999;
constexpr std::size_t kStatusesMax = 64;
constexpr std::size_t kBodyTextMax = 1'024;
constexpr std::size_t kPatternMax = 256;             // octets, each of which may be an instruction
constexpr std::int64_t kBodyLimitMax = 1024 * 1024;  // a body is searched between two probes of others
constexpr std::int64_t kRedirectsMax = 10;
constexpr std::size_t kLoadPointerMax = 1'024;
constexpr std::size_t kHeaderNameMax = 256;
constexpr std::size_t kServiceMax = 255;
constexpr std::size_t kTcpTextMax = 1'024;

bool is_printable(char c) {
  return c >= ' ' && c < 0x7F;
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// RFC 9110 §5.6.2
bool is_token(std::string_view text) {
  const auto is_of_token = [](char c) {
    return is_alphanumeric(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::ranges::all_of(text, is_of_token);
}

std::string in_lower_case(std::string text) {
  for (char& c : text)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

class CheckReader {
 public:
  CheckReader(const JsonPlace& place, const std::filesystem::path& directory) : place_(place), directory_(directory) {}

  Check read() {
    place_.has_only({"type",
                     "port",
                     "path",
                     "method",
                     "host",
                     "headers",
                     "expected_status",
                     "body_contains",
                     "source_address",
                     "interval",
                     "fast_interval",
                     "timeout",
                     "max_response_time",
                     "rise",
                     "fall",
                     "tls",
                     "send",
                     "expect",
                     "body_matches",
                     "body_limit",
                     "follow_redirects",
                     "connection",
                     "load",
                     "service",
                     "address",
                     "window",
                     "query",
                     "query_type",
                     "transport",
                     "expected_rcode",
                     "expected_answer",
                     "command",
                     "ttl",
                     "on_expiry",
                     "file"});
    if (const auto type = place_.required("type")) {
      check_.type = type->choice<Type>({{"http", Type::http},
                                        {"https", Type::https},
                                        {"grpc", Type::grpc},
                                        {"tcp", Type::tcp},
                                        {"tls", Type::tls},
                                        {"icmp", Type::icmp},
                                        {"dns", Type::dns},
                                        {"exec", Type::exec},
                                        {"push", Type::push}})
                        .value_or(Type::http);
    }
    refuse_what_the_type_has_not();
    read_port();
    read_http();
    read_http_body();
    if (const auto load = member_of_http("load")) read_load(*load);
    if (const auto host = member_of_hosts("host")) read_host(*host);
    if (const auto service = place_.member("service")) read_service(*service);
    check_.send = read_tcp_text("send");
    check_.expect = read_tcp_text("expect");
    read_tls();
    if (check_.type == Type::dns) read_dns_check(place_, check_);
    if (check_.type == Type::exec) read_exec_check(place_, check_);
    if (check_.type == Type::push) read_push_check(place_, directory_, check_);
    if (const auto address = place_.member("address")) check_.address = address->address().value_or(IpAddress{});
    if (const auto source = place_.member("source_address")) {
      check_.source_address = source->address().value_or(IpAddress{});
    }
    read_times();
    read_counts();
    return std::move(check_);
  }

 private:
  [[nodiscard]] std::uint32_t duration_or(std::string_view key, std::uint32_t otherwise, std::uint32_t least) const {
    const auto place = place_.member(key);
    return place ? place->duration_ms(least, kIntervalMax).value_or(otherwise) : otherwise;
  }

  [[nodiscard]] int count_or(std::string_view key, std::int64_t otherwise) const {
    const auto place = place_.member(key);
    return static_cast<int>(place ? place->integer(1, kResultsMax).value_or(otherwise) : otherwise);
  }

  // The member `key`, which is only for some types; reports it for any other.
  [[nodiscard]] std::optional<JsonPlace> member_of_http(std::string_view key) const {
    auto place = place_.member(key);
    if (!place || check_.type == Type::http || check_.type == Type::https) return place;
    place->error(fmt::format("only a check of type \"http\" or \"https\" has \"{}\"", key));
    return std::nullopt;
  }

  // The same, and those of gRPC.
  [[nodiscard]] std::optional<JsonPlace> member_of_hosts(std::string_view key) const {
    auto place = place_.member(key);
    if (!place || check_.type == Type::http || check_.type == Type::https || check_.type == Type::grpc) return place;
    place->error(fmt::format("only a check of type \"http\", \"https\" or \"grpc\" has \"{}\"", key));
    return std::nullopt;
  }

  void has_none_of(std::string_view type, std::initializer_list<std::string_view> keys) const {
    for (const std::string_view key : keys) {
      if (const auto place = place_.member(key)) {
        place->error(fmt::format("a check of type \"{}\" has no \"{}\"", type, key));
      }
    }
  }

  void only_has(std::string_view type, std::initializer_list<std::string_view> keys) const {
    for (const std::string_view key : keys) {
      if (const auto place = place_.member(key)) {
        place->error(fmt::format("only a check of type \"{}\" has \"{}\"", type, key));
      }
    }
  }

  void refuse_what_the_type_has_not() const {
    if (check_.type == Type::icmp) has_none_of("icmp", {"port"});
    if (check_.type == Type::exec) has_none_of("exec", {"source_address"});
    if (check_.type == Type::push) {
      has_none_of("push", {"port", "timeout", "max_response_time", "address", "source_address"});
    }
    const bool is_reported = check_.type == Type::push && !place_.member("file");
    for (const char* key : {"interval", "fast_interval"}) {
      const auto place = is_reported ? place_.member(key) : std::nullopt;
      if (place) place->error("is how often the \"file\" of a check of type \"push\" is read; it has none");
    }
    if (check_.type != Type::dns) {
      only_has("dns", {"query", "query_type", "transport", "expected_rcode", "expected_answer"});
    }
    if (check_.type != Type::exec) only_has("exec", {"command"});
    if (check_.type != Type::push) only_has("push", {"ttl", "on_expiry", "file"});
  }

  void read_port() {
    const bool is_without = check_.type == Type::icmp || check_.type == Type::push;
    const bool is_optional = is_without || check_.type == Type::exec;
    const auto port = is_optional ? place_.member("port") : place_.required("port");
    check_.port = is_optional ? 0 : 1;
    if (port && !is_without) check_.port = static_cast<std::uint16_t>(port->integer(1, 65'535).value_or(1));
  }

  void read_counts() {
    const bool is_push = check_.type == Type::push;
    check_.rise = count_or("rise", is_push ? kDefaultOfPush : kDefaultRise);
    check_.fall = count_or("fall", is_push ? kDefaultOfPush : kDefaultFall);
    check_.window = count_or("window", 0);
    if (check_.window != 0 && check_.window < check_.fall) {
      place_.error(fmt::format("window {} is smaller than fall {}: so few results have not so many failures",
                               check_.window, check_.fall));
    }
  }

  void read_times() {
    check_.interval_ms = duration_or("interval", kDefaultInterval, kIntervalMin);
    check_.timeout_ms = duration_or("timeout", std::min(kDefaultTimeout, check_.interval_ms), kTimeoutMin);
    check_.fast_interval_ms = duration_or("fast_interval", 0, kIntervalMin);
    check_.max_response_ms = duration_or("max_response_time", 0, 1);
    if (check_.timeout_ms > check_.interval_ms) {
      place_.error(fmt::format("timeout {} is longer than interval {}: probes would overlap",
                               duration_to_text(check_.timeout_ms), duration_to_text(check_.interval_ms)));
    }
    if (check_.fast_interval_ms > check_.interval_ms) {
      place_.error(fmt::format("fast_interval {} is longer than interval {}", duration_to_text(check_.fast_interval_ms),
                               duration_to_text(check_.interval_ms)));
    }
    if (check_.max_response_ms >= check_.timeout_ms) {
      place_.error(fmt::format("max_response_time {} is not shorter than timeout {}: no success takes so long",
                               duration_to_text(check_.max_response_ms), duration_to_text(check_.timeout_ms)));
    }
  }

  void read_http() {
    if (const auto path = member_of_http("path")) read_path(*path);
    if (const auto method = member_of_http("method")) {
      using Method = Check::Method;
      check_.method = method->choice<Method>({{"GET", Method::get}, {"HEAD", Method::head}}).value_or(Method::get);
    }
    if (const auto headers = member_of_http("headers")) read_headers(*headers);
    if (const auto statuses = member_of_http("expected_status")) read_statuses(*statuses);
    if (const auto redirects = member_of_http("follow_redirects")) {
      check_.follow_redirects = static_cast<int>(redirects->integer(0, kRedirectsMax).value_or(0));
    }
    if (const auto connection = member_of_http("connection")) {
      check_.keeps_connection = connection->choice<bool>({{"new", false}, {"keep", true}}).value_or(false);
    }
  }

  void read_http_body() {
    if (const auto text = member_of_http("body_contains")) read_body_text(*text);
    if (const auto pattern = member_of_http("body_matches")) read_pattern(*pattern);
    if (const auto limit = member_of_http("body_limit")) {
      check_.body_limit = static_cast<std::uint32_t>(limit->integer(1, kBodyLimitMax).value_or(check_.body_limit));
    }
  }

  // {"header": "X-Load"} or {"json": "/load"}
  void read_load(const JsonPlace& place) {
    if (!place.has_only({"header", "json"})) return;
    const auto header = place.member("header");
    const auto pointer = place.member("json");
    if (header.has_value() == pointer.has_value()) return place.error("must have either \"header\" or \"json\"");
    if (header) read_load_header(*header);
    if (pointer) read_load_pointer(*pointer);
  }

  void read_load_header(const JsonPlace& place) {
    const auto name = place.text();
    if (!name) return;
    if (!is_token(*name) || name->size() > kHeaderNameMax) {
      return place.error(fmt::format("\"{}\" is not the name of a header", *name));
    }
    check_.load_header = *name;
  }

  void read_load_pointer(const JsonPlace& place) {
    const auto pointer = place.text();
    if (!pointer) return;
    if (check_.method == Check::Method::head) return place.error("a response to HEAD has no body");
    if (!health::is_json_pointer(*pointer) || pointer->size() > kLoadPointerMax) {
      return place.error(fmt::format("\"{}\" is not a JSON pointer such as \"/load\" (RFC 6901)", *pointer));
    }
    check_.load_pointer = *pointer;
  }

  void read_service(const JsonPlace& place) {
    const auto service = place.text();
    if (!service) return;
    if (check_.type != Type::grpc) return place.error("only a check of type \"grpc\" has \"service\"");
    const auto is_of_name = [](char c) { return is_printable(c) && c != ' '; };
    if (service->size() > kServiceMax || !std::ranges::all_of(*service, is_of_name)) {
      return place.error(fmt::format("must hold only printable ASCII without spaces, at most {} octets", kServiceMax));
    }
    check_.service = *service;
  }

  void read_path(const JsonPlace& place) {
    const auto path = place.text();
    if (!path) return;
    const auto is_sendable = [](char c) { return is_printable(c) && c != ' '; };
    if (!path->starts_with('/') || path->size() > kPathMax || !std::ranges::all_of(*path, is_sendable)) {
      return place.error(
          fmt::format("must start with / and hold only printable ASCII without spaces, at most {} octets", kPathMax));
    }
    check_.path = *path;
  }

  [[nodiscard]] std::string read_tcp_text(std::string_view key) const {
    const auto place = place_.member(key);
    const auto text = place ? place->text() : std::nullopt;
    if (!text) return {};
    if (check_.type != Type::tcp) {
      place->error(fmt::format("only a check of type \"tcp\" has \"{}\"", key));
    } else if (text->empty() || text->size() > kTcpTextMax) {
      place->error(fmt::format("must have 1 to {} octets", kTcpTextMax));
    }
    return *text;
  }

  void read_tls() {
    const auto place = place_.member("tls");
    const bool is_over_tls =
        check_.type == Type::https || check_.type == Type::tls || (check_.type == Type::grpc && place);
    if (place && !is_over_tls) {
      return place->error("only a check of type \"https\", \"tls\" or \"grpc\" has \"tls\"");
    }
    if (!is_over_tls) return;
    check_.tls = read_tls_client(
        place_, directory_, {"ca_file", "server_name", "verify", "client_certificate", "client_key", "expiry_warning"});
  }

  void read_host(const JsonPlace& place) {
    const auto host = place.text();
    if (!host) return;
    const auto is_of_host = [](char c) {
      return is_alphanumeric(c) || std::string_view("-._:[]").find(c) != std::string_view::npos;
    };
    if (host->empty() || host->size() > kHostMax || !std::ranges::all_of(*host, is_of_host)) {
      return place.error(
          fmt::format("\"{}\" is not a host such as \"www.example.com\" or \"www.example.com:8080\"", *host));
    }
    check_.host = *host;
  }

  void read_headers(const JsonPlace& place) {
    std::size_t size = 0;
    std::set<std::string> names;
    for (const auto& [name, value_place] : place.members()) {
      const auto value = value_place.text();
      if (!value) continue;
      size += name.size() + value->size();
      if (!is_token(name)) {
        value_place.error(fmt::format("\"{}\" is not the name of a header", name));
      } else if (!std::ranges::all_of(*value, is_printable)) {
        value_place.error("must hold only printable ASCII");
      } else if (const std::string lower = in_lower_case(name); is_probes_own(lower)) {
        value_place.error(lower == "host" ? "\"host\" of the check sets it" : "is the probe's own to set");
      } else if (!names.insert(lower).second) {
        value_place.error("stands twice");
      } else {
        check_.headers.push_back({name, *value});
      }
    }
    if (names.size() > kHeadersMax) place.error(fmt::format("more than {} headers", kHeadersMax));
    if (size > kHeadersSizeMax) place.error(fmt::format("more than {} octets", kHeadersSizeMax));
  }

  // What frames the request, or says how long the connection lives.
  static bool is_probes_own(std::string_view name) {
    return name == "host" || name == "content-length" || name == "transfer-encoding" || name == "connection";
  }

  void read_statuses(const JsonPlace& place) {
    const auto elements = place.elements();
    if (elements.empty()) place.error("must name at least one status");
    if (elements.size() > kStatusesMax) place.error(fmt::format("more than {}", kStatusesMax));
    check_.expected_status.clear();
    for (const JsonPlace& element : elements) {
      if (const auto range = read_status(element)) check_.expected_status.push_back(*range);
    }
  }

  // 204 or "200-299"
  static std::optional<health::StatusRange> read_status(const JsonPlace& place) {
    if (!place.is_text()) {
      const auto status = place.integer(kStatusMin, kStatusMax);
      if (!status) return std::nullopt;
      return health::StatusRange{static_cast<int>(*status), static_cast<int>(*status)};
    }
    const std::string text = place.text().value();
    health::StatusRange range{0, 0};
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, range.first);
    const bool has_dash = first.ptr != end && *first.ptr == '-';
    const auto last = has_dash ? std::from_chars(first.ptr + 1, end, range.last) : first;
    if (!has_dash || last.ptr != end || range.first < kStatusMin || range.last > kStatusMax ||
        range.first > range.last || text.size() != 7) {
      place.error(fmt::format("\"{}\" is not a range of statuses from {} to {} such as \"200-299\"", text, kStatusMin,
                              kStatusMax));
      return std::nullopt;
    }
    return range;
  }

  void read_body_text(const JsonPlace& place) {
    const auto text = place.text();
    if (!text) return;
    if (check_.method == Check::Method::head) return place.error("a response to HEAD has no body");
    if (text->empty() || text->size() > kBodyTextMax) {
      return place.error(fmt::format("must have 1 to {} octets", kBodyTextMax));
    }
    check_.body_contains = *text;
  }

  void read_pattern(const JsonPlace& place) {
    const auto text = place.text();
    if (!text) return;
    if (check_.method == Check::Method::head) return place.error("a response to HEAD has no body");
    if (text->empty() || text->size() > kPatternMax) {
      return place.error(fmt::format("must have 1 to {} octets", kPatternMax));
    }
    try {
      check_.body_matches = std::make_shared<health::BodyPattern>(*text);
    } catch (const std::invalid_argument& error) {
      place.error(fmt::format("is no regular expression: {}", error.what()));
    }
  }

  const JsonPlace& place_;
  const std::filesystem::path& directory_;
  Check check_;
};

}  // namespace

Check read_check(const JsonPlace& place, const std::filesystem::path& directory) {
  return CheckReader(place, directory).read();
}

}  // namespace rhumb::config
