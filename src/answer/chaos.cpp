#include "answer/chaos.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace rhumb::answer {
namespace {

constexpr std::size_t kStringMax = 255;  // RFC 1035 §3.3.14: of one string in a TXT record

// What is told under the name; empty: nothing. Names in wire form, folded.
std::string_view text_of(const Settings& settings, Bytes name) noexcept {
  const std::string_view wire(reinterpret_cast<const char*>(name.data()), name.size());
  using namespace std::string_view_literals;
  if (wire == "\7version\6server\0"sv || wire == "\7version\4bind\0"sv) return settings.version;
  if (wire == "\2id\6server\0"sv || wire == "\x8hostname\4bind\0"sv) return settings.identity;
  return {};
}

}  // namespace

void answer_chaos(const Settings& settings, const dns::Query& query, dns::ResponseWriter& writer) noexcept {
  const bool asks_text = query.type == dns::type::kTxt || query.type == dns::type::kAny;
  const std::string_view text = asks_text ? text_of(settings, query.name.suffix(0)) : std::string_view();
  std::array<std::uint8_t, dns::kStoredRecordFixedSize + 1 + kStringMax> record{};
  if (text.empty() || text.size() > kStringMax) return writer.set_rcode(dns::Rcode::refused);
  store_u16(record.data(), dns::kOwnerIsQuestion);
  store_u16(record.data() + 2, dns::type::kTxt);
  store_u16(record.data() + 4, dns::kClassCh);
  store_u16(record.data() + 10, static_cast<std::uint16_t>(1 + text.size()));  // the TTL before it is 0
  record[dns::kStoredRecordFixedSize] = static_cast<std::uint8_t>(text.size());
  std::ranges::copy(text, record.data() + dns::kStoredRecordFixedSize + 1);
  const Bytes records = Bytes(record).first(dns::kStoredRecordFixedSize + 1 + text.size());
  const dns::PlacedName name(query.name);
  if (!writer.write(dns::Section::answer, {records, {}, 1, query.name.size}, name, query.name.size)) {
    writer.set_truncated();
  }
}

}  // namespace rhumb::answer
