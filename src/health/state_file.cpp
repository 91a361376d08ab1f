#include "health/state_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

namespace rhumb::health {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMagic = "rhumb-state";
constexpr std::size_t kHeaderMax = 128;
// In ms, of times and durations: the year 10889, and the sum of a few of them still fits.
constexpr std::int64_t kTimeMax = std::int64_t{1} << 48;

std::string sha256(std::string_view octets) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(octets.data(), octets.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::string text;
  for (unsigned i = 0; i < size; ++i)
    text += fmt::format("{:02x}", digest[i]);
  return text;
}

std::string header_of(std::string_view body) {
  return fmt::format("{} {} {} {}\n", kMagic, kStateFileVersion, body.size(), sha256(body));
}

// ---------------------------------------------------------------------------------------------------- to JSON

std::int64_t to_json(Time time) {
  return time.time_since_epoch().count();
}

Json to_json(const std::optional<Time>& time) {
  return time ? Json(to_json(*time)) : Json();
}

Json to_json(const StateMachine::Memory& machine) {
  return {to_text(machine.state), machine.failures, machine.successes};
}

Json to_json(const Failback::Memory& failback) {
  return {
      failback.is_down, to_json(failback.recovered_at), to_json(failback.resumed_at), to_json(failback.suppressed_at),
      failback.penalty, to_json(failback.penalty_at)};
}

Json to_json(const Override& word) {
  return {word.scope.region, word.scope.service,  word.scope.instance, to_text(word.action), word.reason,
          word.owner,        to_json(word.since), to_json(word.until), word.over.count()};
}

// -------------------------------------------------------------------------------------------------- from JSON

// What a file says that no encode_state() wrote.
struct Malformed {};

void require(bool condition) {
  if (!condition) throw Malformed{};
}

const Json& element(const Json& array, std::size_t i, std::size_t size) {
  require(array.is_array() && array.size() == size);
  return array[i];
}

std::string text_of(const Json& json) {
  require(json.is_string());
  return json.get<std::string>();
}

Duration duration_of(const Json& json) {
  require(json.is_number_integer() && json.get<std::int64_t>() >= 0 && json.get<std::int64_t>() <= kTimeMax);
  return Duration(json.get<std::int64_t>());
}

Time time_of(const Json& json) {
  return Time(duration_of(json));
}

std::optional<Time> optional_time_of(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(time_of(json));
}

double number_of(const Json& json) {
  require(json.is_number() && std::isfinite(json.get<double>()) && json.get<double>() >= 0);
  return json.get<double>();
}

State state_of(const Json& json) {
  const std::string text = text_of(json);
  for (const State state : {State::unknown, State::up, State::down}) {
    if (to_text(state) == text) return state;
  }
  throw Malformed{};
}

Override::Action action_of(const Json& json) {
  const std::string text = text_of(json);
  using Action = Override::Action;
  for (const Action action : {Action::drain, Action::force_up, Action::force_down}) {
    if (to_text(action) == text) return action;
  }
  throw Malformed{};
}

StateMachine::Memory machine_of(const Json& json) {
  const auto at = [&](std::size_t i) -> const Json& { return element(json, i, 3); };
  require(at(1).is_number_unsigned() && at(2).is_number_unsigned() && at(2).get<std::uint64_t>() <= UINT32_MAX);
  return {state_of(at(0)), at(1).get<std::uint64_t>(), at(2).get<std::uint32_t>()};
}

Failback::Memory failback_of(const Json& json) {
  const auto at = [&](std::size_t i) -> const Json& { return element(json, i, 6); };
  require(at(0).is_boolean());
  return {at(0).get<bool>(),       optional_time_of(at(1)), optional_time_of(at(2)),
          optional_time_of(at(3)), number_of(at(4)),        time_of(at(5))};
}

Override override_of(const Json& json) {
  const auto at = [&](std::size_t i) -> const Json& { return element(json, i, 9); };
  Override word{{text_of(at(0)), text_of(at(1)), text_of(at(2))}, action_of(at(3)), text_of(at(4)), text_of(at(5))};
  word.since = time_of(at(6));
  word.until = optional_time_of(at(7));
  word.over = duration_of(at(8));
  return word;
}

const Json& member(const Json& object, const char* key) {
  require(object.is_object() && object.contains(key));
  return object[key];
}

Memory memory_of(const Json& json) {
  Memory memory;
  for (const auto& item : member(json, "probes").items()) {
    const Json& value = item.value();
    const auto at = [&](std::size_t i) -> const Json& { return element(value, i, 3); };
    memory.probes.emplace(item.key(), ProbeMemory{machine_of(at(0)), time_of(at(1)), text_of(at(2)), false});
  }
  for (const auto& item : member(json, "instances").items()) {
    const Json& value = item.value();
    const auto at = [&](std::size_t i) -> const Json& { return element(value, i, 5); };
    require(number_of(at(4)) <= 1);
    memory.instances.emplace(item.key(), InstanceMemory{state_of(at(0)), time_of(at(1)), text_of(at(2)),
                                                        failback_of(at(3)), number_of(at(4))});
  }
  for (const Json& word : member(json, "overrides"))
    memory.overrides.push_back(override_of(word));
  require(memory.overrides.size() <= kOverridesMax);
  return memory;
}

// ------------------------------------------------------------------------------------------------------- files

std::string system_error(std::string_view what, const std::filesystem::path& file) {
  return fmt::format("{}: {}: {}", file.string(), what, std::strerror(errno));
}

// A descriptor, closed at the end of its scope.
class File {
 public:
  File(const std::filesystem::path& file, int flags) : fd_(::open(file.c_str(), flags | O_CLOEXEC, 0640)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  [[nodiscard]] bool write_all(std::string_view octets) const {
    while (!octets.empty()) {
      const ssize_t written = ::write(fd_, octets.data(), octets.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      octets.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }
  [[nodiscard]] bool synchronize() const { return fsync(fd_) == 0; }

 private:
  int fd_;
};

}  // namespace

std::string encode_state(const Memory& memory) {
  Json json{{"probes", Json::object()}, {"instances", Json::object()}, {"overrides", Json::array()}};
  for (const auto& [key, probe] : memory.probes)
    json["probes"][key] = {to_json(probe.machine), to_json(probe.since), probe.evidence};
  for (const auto& [key, instance] : memory.instances) {
    json["instances"][key] = {to_text(instance.state), to_json(instance.since), instance.evidence,
                              to_json(instance.failback), instance.shed_share};
  }
  for (const Override& word : memory.overrides)
    json["overrides"].push_back(to_json(word));
  // What a peer sends may be in the evidence: it need not be UTF-8.
  std::string body = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  body += '\n';
  return header_of(body) + body;
}

DecodedState decode_state(std::string_view octets) {
  const std::size_t end = octets.substr(0, kHeaderMax).find('\n');
  if (!octets.starts_with(kMagic) || end == std::string_view::npos) return {std::nullopt, "is no state file of Rhumb"};
  int version = 0;
  const std::string_view after_magic = octets.substr(std::min(octets.size(), kMagic.size() + 1));
  std::from_chars(after_magic.data(), after_magic.data() + after_magic.size(), version);
  if (version != kStateFileVersion) {
    return {std::nullopt, fmt::format("has a form of version {}; this program knows {}", version, kStateFileVersion)};
  }
  const std::string_view body = octets.substr(end + 1);
  if (octets.substr(0, end + 1) != header_of(body)) return {std::nullopt, "is not whole: its checksum is wrong"};
  try {
    return {memory_of(Json::parse(body)), {}};
  } catch (const Json::exception&) {
  } catch (const Malformed&) {
  }
  return {std::nullopt, "is whole, but says what no state file says"};
}

FoundState load_state(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error == std::errc::no_such_file_or_directory) return {};
  DecodedState decoded;
  std::ifstream stream(file, std::ios::binary);
  if (error || !stream) {
    return {{},
            fmt::format("{}: cannot be read: {}; every state starts unknown", file.string(),
                        error ? error.message() : std::strerror(errno))};
  }
  if (size > kStateFileMax) {
    decoded.problem = fmt::format("is larger than {} MiB", kStateFileMax >> 20);
  } else {
    std::string octets(static_cast<std::size_t>(size), '\0');
    stream.read(octets.data(), static_cast<std::streamsize>(size));
    octets.resize(static_cast<std::size_t>(stream.gcount()));
    decoded = decode_state(octets);
  }
  if (decoded.memory) {
    for (auto& [key, probe] : decoded.memory->probes)
      probe.is_stale = true;
    return {std::move(*decoded.memory), {}};
  }
  const std::filesystem::path aside = file.string() + ".corrupt";
  std::filesystem::rename(file, aside, error);
  return {{},
          fmt::format("{}: {}; {}, and every state starts unknown", file.string(), decoded.problem,
                      error ? "it cannot be set aside (" + error.message() + ")" : "it is now " + aside.string())};
}

std::optional<std::string> save_state(const std::filesystem::path& file, const Memory& memory) {
  const std::string octets = encode_state(memory);
  const std::filesystem::path beside = file.string() + ".new";
  {
    const File written(beside, O_WRONLY | O_CREAT | O_TRUNC);
    if (!written.is_open()) return system_error("cannot be created", beside);
    if (!written.write_all(octets) || !written.synchronize()) return system_error("cannot be written", beside);
  }
  if (rename(beside.c_str(), file.c_str()) != 0) return system_error("cannot be put in place", file);
  // The name, too, must survive a loss of power.
  const std::filesystem::path directory = file.parent_path().empty() ? "." : file.parent_path();
  const File containing(directory, O_RDONLY | O_DIRECTORY);
  if (containing.is_open() && containing.synchronize()) return std::nullopt;
  return system_error("cannot be synchronized", directory);
}

}  // namespace rhumb::health
