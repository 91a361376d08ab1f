#include "control/dnstap.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

#include "control/frame_stream.hpp"
#include "control/query_json.hpp"

namespace rhumb::control {
namespace {

// ---------------------------------------------------------------------------------------------- Protocol Buffers

enum class Wire : std::uint8_t { varint = 0, octets = 2, fixed32 = 5 };

void append_varint(std::uint64_t value, std::string& to) {
  constexpr std::uint64_t kMore = 0x80;
  for (; value >= kMore; value >>= 7)
    to.push_back(static_cast<char>(value | kMore));
  to.push_back(static_cast<char>(value));
}

void append_tag(unsigned field, Wire wire, std::string& to) {
  append_varint(std::uint64_t{field} << 3 | static_cast<unsigned>(wire), to);
}

void append_number(unsigned field, std::uint64_t value, std::string& to) {
  append_tag(field, Wire::varint, to);
  append_varint(value, to);
}

// In little-endian order.
void append_fixed(unsigned field, std::uint32_t value, std::string& to) {
  append_tag(field, Wire::fixed32, to);
  for (int shift = 0; shift < 32; shift += 8)
    to.push_back(static_cast<char>(value >> shift));
}

void append_octets(unsigned field, std::string_view value, std::string& to) {
  append_tag(field, Wire::octets, to);
  append_varint(value.size(), to);
  to += value;
}

// -------------------------------------------------------------------------------------------------- dnstap.proto

// Numbers of the fields.
namespace tap {
constexpr unsigned kIdentity = 1;
constexpr unsigned kVersion = 2;
constexpr unsigned kExtra = 3;
constexpr unsigned kMessage = 14;
constexpr unsigned kType = 15;
constexpr std::uint64_t kTypeMessage = 1;
}  // namespace tap

namespace message {
constexpr unsigned kType = 1;
constexpr unsigned kSocketFamily = 2;
constexpr unsigned kSocketProtocol = 3;
constexpr unsigned kQueryAddress = 4;
constexpr unsigned kQueryTimeS = 8;
constexpr unsigned kQueryTimeNs = 9;
constexpr unsigned kQuery = 10;
constexpr unsigned kResponseTimeS = 12;
constexpr unsigned kResponseTimeNs = 13;
constexpr unsigned kResponse = 14;
constexpr std::uint64_t kTypeAuthQuery = 1;
constexpr std::uint64_t kTypeAuthResponse = 2;
}  // namespace message

constexpr std::uint64_t kPerSecond = 1'000'000'000;

// As it may be kept; nothing when it is not whole, or cannot be made anonymous.
void append_wire(unsigned field, Bytes wire, const QueryLogSettings& settings, std::string& to) {
  if (wire.empty()) return;
  if (!settings.is_anonymous) return append_octets(field, text_of(wire), to);
  std::vector<std::uint8_t> copy(wire.begin(), wire.end());
  if (dns::make_anonymous(copy, settings.kept_bits)) append_octets(field, text_of(copy), to);
}

// What both messages say.
std::string begin_message(std::uint64_t type, const answer::QueryRecord& record, const QueryLogSettings& settings) {
  std::string text;
  const IpAddress client = network_of(record.client(), settings.kept_bits.of(record.client().family));
  const bool is_v4 = client.family == Family::v4;
  const AddressOctets octets = octets_of(client);
  append_number(message::kType, type, text);
  append_number(message::kSocketFamily, is_v4 ? 1 : 2, text);
  append_number(message::kSocketProtocol, record.transport() == answer::Transport::udp ? 1 : 2, text);
  append_octets(message::kQueryAddress, text_of(Bytes(octets).first(is_v4 ? 4 : octets.size())), text);
  append_number(message::kQueryTimeS, record.asked_at_ns() / kPerSecond, text);
  append_fixed(message::kQueryTimeNs, static_cast<std::uint32_t>(record.asked_at_ns() % kPerSecond), text);
  return text;
}

void append_tap(std::string_view message, std::string_view extra, const DnstapSource& source, std::string& octets) {
  std::string content;
  if (!source.identity.empty()) append_octets(tap::kIdentity, source.identity, content);
  if (!source.version.empty()) append_octets(tap::kVersion, source.version, content);
  if (!extra.empty()) append_octets(tap::kExtra, extra, content);
  append_octets(tap::kMessage, message, content);
  append_number(tap::kType, tap::kTypeMessage, content);
  append_frame(content, octets);
}

}  // namespace

void append_dnstap(const answer::QueryRecord& record, const DnstapSource& source, const QueryLogSettings& settings,
                   std::string& octets) {
  std::string extra;
  append_decision_json(record, settings.kept_bits, extra);
  const bool is_answered = record.response_size() > 0;

  std::string query = begin_message(message::kTypeAuthQuery, record, settings);
  if (record.has_whole_query()) append_wire(message::kQuery, record.query(), settings, query);
  append_tap(query, is_answered ? std::string_view() : extra, source, octets);
  if (!is_answered) return;

  std::string response = begin_message(message::kTypeAuthResponse, record, settings);
  append_number(message::kResponseTimeS, record.answered_at_ns() / kPerSecond, response);
  append_fixed(message::kResponseTimeNs, static_cast<std::uint32_t>(record.answered_at_ns() % kPerSecond), response);
  append_wire(message::kResponse, record.response(), settings, response);
  append_tap(response, extra, source, octets);
}

}  // namespace rhumb::control
