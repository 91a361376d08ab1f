#include "fuzz/strict_message.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "dns/name.hpp"
#include "fuzz/require.hpp"

namespace rhumb::fuzz {
namespace {

constexpr std::uint8_t kPointerBits = 0xC0;
constexpr dns::Type kPtr = 12;
constexpr dns::Type kMx = 15;
constexpr dns::Type kTxt = 16;
constexpr dns::Type kSrv = 33;

class MessageReader {
 public:
  explicit MessageReader(Bytes message) : message_(message), is_label_(message.size()) {}

  StrictMessage read() {
    StrictMessage result;
    require(message_.size() >= dns::kHeaderSize, "a response has a header");
    result.id = u16();
    result.flags = u16();
    const std::uint16_t questions = u16();
    const std::uint16_t counts[] = {u16(), u16(), u16()};
    require(questions <= 1, "a response has one question at most");
    if (questions == 1) result.question = read_question();
    for (const auto section : {dns::Section::answer, dns::Section::authority, dns::Section::additional}) {
      for (std::uint16_t left = counts[static_cast<std::size_t>(section)]; left > 0; --left)
        read_record(section, result);
    }
    require(at_ == message_.size(), "nothing follows the last record");
    return result;
  }

 private:
  std::uint8_t u8() {
    require(at_ < message_.size(), "a message is not cut off");
    return message_[at_++];
  }
  std::uint16_t u16() {
    const std::uint8_t high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  Bytes octets(std::size_t size) {
    require(message_.size() - at_ >= size, "a message is not cut off");
    at_ += size;
    return message_.subspan(at_ - size, size);
  }

  WireName read_name() {
    const std::size_t start = at_;
    WireName name;
    std::size_t back_to = at_;  // pointers lead to before this
    std::optional<std::size_t> after;
    while (true) {
      const std::size_t label_at = at_;
      const std::uint8_t length = u8();
      if ((length & kPointerBits) == kPointerBits) {
        const std::size_t target = (length & 0x3FU) << 8 | u8();
        if (!after) after = at_;
        require(target < back_to, "a compression pointer leads back");
        require(is_label_[target], "a compression pointer leads to a label");
        back_to = at_ = target;
        continue;
      }
      require(length <= dns::kLabelMax, "a label has 63 octets at most");
      is_label_[label_at] = true;
      name += static_cast<char>(length);
      for (const std::uint8_t octet : octets(length))
        name += static_cast<char>(dns::to_lower(octet));
      require(name.size() <= dns::kNameMax, "a name has 255 octets at most");
      if (length == 0) break;
    }
    if (after) at_ = *after;
    require(at_ > start, "a name takes room");
    return name;
  }

  StrictQuestion read_question() {
    const std::size_t start = at_;
    StrictQuestion question;
    question.name = read_name();
    question.type = u16();
    question.query_class = u16();
    question.octets = message_.subspan(start, at_ - start);
    require(question.octets.size() == question.name.size() + 4, "a question is not compressed");
    return question;
  }

  void read_record(dns::Section section, StrictMessage& result) {
    WireName owner = read_name();
    const dns::Type type = u16();
    const dns::Class record_class = u16();
    const std::uint32_t ttl = u32();
    const std::size_t rdata_size = u16();
    const std::size_t rdata_at = at_;
    const Bytes rdata = octets(rdata_size);
    if (type == dns::type::kOpt) {
      require(section == dns::Section::additional && owner.size() == 1 && !result.opt, "there is one OPT, of the root");
      result.opt = StrictOpt{record_class, static_cast<std::uint8_t>(ttl >> 24), static_cast<std::uint8_t>(ttl >> 16),
                             static_cast<std::uint16_t>(ttl), rdata};
      return;
    }
    if (type == dns::type::kTsig) {  // RFC 8945 §4.2
      require(record_class == dns::kClassAny && ttl == 0, "a TSIG is of class ANY and never cached");
      result.has_tsig = true;
      return;
    }
    require(record_class == dns::kClassIn, "records are of the class IN");
    require(ttl <= 0x7FFF'FFFF, "a TTL has 31 bits (RFC 2181 §8)");
    require(records_.emplace(owner, type, std::string(rdata.begin(), rdata.end())).second, "no record stands twice");
    at_ = rdata_at;
    WireName target = read_rdata(type, rdata_at + rdata_size);
    require(at_ == rdata_at + rdata_size, "rdata ends where it says");
    result.records.push_back({section, std::move(owner), type, ttl, rdata, std::move(target)});
  }

  // Leaves `at_` where the data ends by its own account. The name, if it is a type of one name.
  WireName read_rdata(dns::Type type, std::size_t end) {
    switch (type) {
      case dns::type::kA:
        octets(4);
        break;
      case dns::type::kAaaa:
        octets(16);
        break;
      case dns::type::kNs:
      case dns::type::kCname:
      case dns::type::kDname:
      case kPtr:
        return read_name();
      case dns::type::kSoa:
        read_name();
        read_name();
        octets(20);
        break;
      case kMx:
        octets(2);
        return read_name();
      case kSrv:
        octets(6);
        return read_name();
      case kTxt:
        do {
          octets(u8());
        } while (at_ < end);
        break;
      default:
        at_ = end;
    }
    return {};
  }

  Bytes message_;
  std::size_t at_ = 0;
  std::vector<bool> is_label_;
  std::set<std::tuple<WireName, dns::Type, std::string>> records_;
};

}  // namespace

StrictMessage parse_strictly(Bytes message) {
  return MessageReader(message).read();
}

bool is_below(const WireName& name, const WireName& ancestor) {
  std::size_t at = 0;
  while (name.size() - at > ancestor.size())
    at += static_cast<std::uint8_t>(name[at]) + 1U;
  return at > 0 && name.compare(at, WireName::npos, ancestor) == 0;
}

}  // namespace rhumb::fuzz
