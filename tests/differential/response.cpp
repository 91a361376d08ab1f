#include "response.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "base/ip_address.hpp"
#include "dns/name.hpp"
#include "questions.hpp"

namespace rhumb::differential {
namespace {

constexpr std::uint16_t kRcodeMask = 0x000F;
constexpr std::uint32_t kDnssecOk = 0x8000;  // in the OPT's TTL field (RFC 6891 §6.1.3)

// Reads from the front. What goes beyond the end makes it fail, and it stays so.
class Reader {
 public:
  explicit Reader(Bytes message) : message_(message) {}

  [[nodiscard]] bool has_failed() const noexcept { return has_failed_; }
  [[nodiscard]] bool is_at_end() const noexcept { return at_ == message_.size(); }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }

  std::uint16_t u16() {
    const Bytes octets = take(2);
    return has_failed_ ? std::uint16_t{0} : load_u16(octets.data());
  }
  std::uint32_t u32() {
    const Bytes octets = take(4);
    return has_failed_ ? 0 : load_u32(octets.data());
  }
  void copy(std::size_t size, std::string& to) {
    const Bytes octets = take(size);
    to.append(reinterpret_cast<const char*>(octets.data()), octets.size());
  }
  // Follows pointers, which must point backwards; adds to `to`.
  void name(std::string& to);

 private:
  Bytes take(std::size_t size) {
    if (has_failed_ || message_.size() - at_ < size) {
      has_failed_ = true;
      return {};
    }
    at_ += size;
    return message_.subspan(at_ - size, size);
  }

  Bytes message_;
  std::size_t at_ = 0;
  bool has_failed_ = false;
};

void Reader::name(std::string& to) {
  const std::size_t start = to.size();
  std::size_t at = at_;
  bool has_jumped = false;
  while (!has_failed_) {
    if (at >= message_.size()) break;
    const std::uint8_t length = message_[at];
    if (length >= 0xC0) {
      if (at + 2 > message_.size()) break;
      const std::size_t target = load_u16(message_.data() + at) & 0x3FFFU;
      if (!has_jumped) at_ = at + 2;
      has_jumped = true;
      if (target >= at) break;
      at = target;
      continue;
    }
    if (length > dns::kLabelMax || at + 1 + length > message_.size()) break;
    for (std::size_t i = 0; i <= length; ++i)
      to.push_back(static_cast<char>(i == 0 ? length : dns::to_lower(message_[at + i])));
    if (to.size() - start > dns::kNameMax) break;
    at += 1U + length;
    if (length > 0) continue;
    if (!has_jumped) at_ = at;
    return;
  }
  has_failed_ = true;
}

// Types whose rdata has names: so many octets, then so many names; then whatever remains.
struct Layout {
  std::size_t fixed_size;
  int names;
};

Layout layout_of(dns::Type type) noexcept {
  switch (type) {
    case dns::type::kNs:
    case dns::type::kCname:
    case dns::type::kDname:
    case type::kPtr:
      return {0, 1};
    case dns::type::kSoa:
      return {0, 2};
    case type::kMx:
      return {2, 1};
    case type::kSrv:
      return {6, 1};
    default:
      return {0, 0};
  }
}

ResponseRecord read_record(Reader& reader, std::uint16_t& record_class) {
  ResponseRecord record{};
  reader.name(record.owner);
  record.type = reader.u16();
  record_class = reader.u16();
  record.ttl = reader.u32();
  const std::size_t size = reader.u16();
  const std::size_t end = reader.at() + size;
  const Layout layout = layout_of(record.type);
  if (layout.fixed_size > 0) reader.copy(layout.fixed_size, record.data);
  for (int i = 0; i < layout.names; ++i)
    reader.name(record.data);
  // A name that goes beyond its record makes this enormous, and the reader fail.
  reader.copy(end - reader.at(), record.data);
  return record;
}

std::string octets_to_text(std::string_view octets) {
  std::string text;
  for (const char c : octets)
    text += fmt::format("{:02X}", static_cast<unsigned char>(c));
  return text;
}

std::string data_to_text(const ResponseRecord& record) {
  const std::string_view data = record.data;
  const auto* octets = reinterpret_cast<const std::uint8_t*>(data.data());
  switch (record.type) {
    case dns::type::kA:
      return data.size() == 4 ? IpAddress::v4(load_u32(octets)).to_string() : octets_to_text(data);
    case dns::type::kAaaa: {
      U128 address = 0;
      for (const char c : data)
        address = address << 8 | static_cast<unsigned char>(c);
      return IpAddress::v6(address).to_string();
    }
    case dns::type::kNs:
    case dns::type::kCname:
    case dns::type::kDname:
      return name_to_text(data);
    case dns::type::kSoa:
      return fmt::format("{} … {}", name_to_text(data.substr(0, data.find('\0') + 1)),
                         load_u32(octets + data.size() - 4));
    case type::kMx:
      return fmt::format("{} {}", load_u16(octets), name_to_text(data.substr(2)));
    case type::kSrv:
      return fmt::format("{} {} {} {}", load_u16(octets), load_u16(octets + 2), load_u16(octets + 4),
                         name_to_text(data.substr(6)));
    case type::kTxt:
      return data.size() > 20 ? fmt::format("\"…\" ({} octets)", data.size()) : fmt::format("\"{}\"", data.substr(1));
    default:
      return octets_to_text(data);
  }
}

std::string section_to_text(std::string_view title, const std::vector<ResponseRecord>& records) {
  std::string text;
  if (!records.empty()) text += fmt::format("    ;; {}\n", title);
  for (const ResponseRecord& record : records) {
    text += fmt::format("    {} {} {} {}\n", name_to_text(record.owner), record.ttl, dns::type_to_text(record.type),
                        data_to_text(record));
  }
  return text;
}

}  // namespace

std::optional<Response> parse_response(Bytes message) {
  Reader reader(message);
  Response response{};
  reader.u16();  // the id, which has been looked at
  const std::uint16_t flags = reader.u16();
  response.flags = flags & static_cast<std::uint16_t>(~kRcodeMask);
  response.rcode = flags & kRcodeMask;
  const bool has_question = reader.u16() == 1;
  const std::array<std::size_t, 3> counts{reader.u16(), reader.u16(), reader.u16()};
  std::string question;
  reader.name(question);
  reader.u32();
  if (!has_question || reader.has_failed()) return std::nullopt;

  const std::array sections{&response.answer, &response.authority, &response.additional};
  for (std::size_t section = 0; section < sections.size(); ++section) {
    for (std::size_t i = 0; i < counts[section]; ++i) {
      std::uint16_t record_class = 0;
      ResponseRecord record = read_record(reader, record_class);
      if (reader.has_failed()) return std::nullopt;
      if (record.type == dns::type::kOpt) {
        if (response.has_edns || section != 2) return std::nullopt;
        response.has_edns = true;
        response.is_dnssec_ok = (record.ttl & kDnssecOk) != 0;
        response.rcode = static_cast<std::uint16_t>(response.rcode | (record.ttl >> 24 << 4));
        continue;
      }
      if (record_class != dns::kClassIn) return std::nullopt;
      sections[section]->push_back(std::move(record));
    }
  }
  if (!reader.is_at_end()) return std::nullopt;
  return response;
}

std::string name_to_text(std::string_view wire) {
  const auto name = dns::Name::from_wire({reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size()});
  if (!name) return "(malformed name)";
  return name->is_root() ? "." : name->to_text() + ".";
}

std::string name_from_text(std::string_view text) {
  const auto name = dns::Name::from_text(text);
  if (!name) throw std::invalid_argument("not a name: " + std::string(text));
  return {reinterpret_cast<const char*>(name->wire().data()), name->wire().size()};
}

bool is_below_wire(std::string_view name, std::string_view ancestor) noexcept {
  while (name.size() > ancestor.size())
    name.remove_prefix(1U + static_cast<unsigned char>(name[0]));
  return name == ancestor;
}

std::string to_text(const Response& response) {
  std::string text = fmt::format("    {}", dns::rcode_to_text(static_cast<dns::Rcode>(response.rcode)));
  for (const auto& [bit, name] :
       {std::pair{0x0400, "aa"}, {0x0200, "tc"}, {0x0100, "rd"}, {0x0080, "ra"}, {0x0020, "ad"}, {0x0010, "cd"}}) {
    if ((response.flags & bit) != 0) text += fmt::format(" {}", name);
  }
  if (response.has_edns) text += response.is_dnssec_ok ? " edns do" : " edns";
  return text + "\n" + section_to_text("answer", response.answer) + section_to_text("authority", response.authority) +
         section_to_text("additional", response.additional);
}

}  // namespace rhumb::differential
