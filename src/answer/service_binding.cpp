#include "answer/service_binding.hpp"

#include <algorithm>
#include <array>

#include "dns/name.hpp"
#include "dns/stored_record.hpp"

namespace rhumb::answer {
namespace {

namespace svc_param = dns::svc_param;

constexpr std::size_t kPrioritySize = 2;
constexpr std::size_t kParamHeaderSize = 4;  // key and length of the value

// A record in its parts (RFC 9460 §2.2).
struct Binding {
  Bytes before_params;  // owner, type, class, TTL, length, priority, target
  Bytes params;
  bool is_own;  // in ServiceMode, and the target is the owner

  Binding(Bytes record, Bytes owner) noexcept {
    const Bytes rdata = record.subspan(dns::kStoredRecordFixedSize);
    const std::size_t target_size = dns::compressed_size(rdata.data() + kPrioritySize);  // which it never is
    const Bytes target = rdata.subspan(kPrioritySize, target_size);
    const std::size_t params_at = dns::kStoredRecordFixedSize + kPrioritySize + target_size;
    before_params = record.first(params_at);
    params = record.subspan(params_at);
    const bool is_alias = load_u16(rdata.data()) == 0;
    // §2.5.2: "." is the owner. The octets that tell a label's length are no letters.
    is_own = !is_alias && (target.size() == 1 || std::ranges::equal(target, owner, {}, dns::to_lower));
  }
};

struct Param {
  dns::SvcParamKey key;
  Bytes value;
  Bytes octets;  // with key and length

  // The first of `params`, which is not empty.
  explicit Param(Bytes params) noexcept
      : key(load_u16(params.data())),
        value(params.subspan(kParamHeaderSize, load_u16(params.data() + 2))),
        octets(params.first(kParamHeaderSize + value.size())) {}
};

bool is_hint(dns::SvcParamKey key) noexcept {
  return key == svc_param::kIpv4Hint || key == svc_param::kIpv6Hint;
}

bool has_hints(Bytes params) noexcept {
  while (!params.empty()) {
    const Param param(params);
    if (is_hint(param.key)) return true;
    params = params.subspan(param.octets.size());
  }
  return false;
}

Bytes first_record(Bytes records) noexcept {
  return records.first(dns::stored_record_size(records.data()));
}

// Appends to a buffer; what does not fit is remembered, and nothing more is written.
class Output {
 public:
  explicit Output(MutableBytes buffer) noexcept : buffer_(buffer) {}

  void append(Bytes octets) noexcept {
    has_room_ = has_room_ && octets.size() <= buffer_.size() - size_;
    if (!has_room_) return;
    std::ranges::copy(octets, buffer_.data() + size_);
    size_ += octets.size();
  }
  void append_u16(std::size_t number) noexcept {
    std::array<std::uint8_t, 2> octets;
    store_u16(octets.data(), static_cast<std::uint16_t>(number));
    append(octets);
  }
  // Over what was written `at` some octets after the beginning.
  [[nodiscard]] std::uint8_t* at(std::size_t at) noexcept { return buffer_.data() + at; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool has_room() const noexcept { return has_room_; }

 private:
  MutableBytes buffer_;
  std::size_t size_ = 0;
  bool has_room_ = true;
};

class HintWriter {
 public:
  HintWriter(const Hints& hints, std::uint32_t ttl_s, MutableBytes buffer) noexcept
      : hints_(hints), ttl_s_(ttl_s), out_(buffer) {}

  void write(Bytes record, Bytes owner) noexcept {
    const Binding binding(record, owner);
    const std::size_t start = out_.size();
    out_.append(binding.before_params);
    if (binding.is_own) {
      write_params(binding.params);
    } else {
      out_.append(binding.params);
    }
    if (!out_.has_room()) return;
    store_u32(out_.at(start + 6), std::min(ttl_s_, load_u32(record.data() + 6)));
    store_u16(out_.at(start + 10), static_cast<std::uint16_t>(out_.size() - start - dns::kStoredRecordFixedSize));
  }
  [[nodiscard]] std::size_t finish() const noexcept { return out_.has_room() ? out_.size() : 0; }

 private:
  // In the order of their keys, as they were.
  void write_params(Bytes params) noexcept {
    while (!params.empty()) {
      const Param param(params);
      if (param.key == svc_param::kMandatory) {
        write_mandatory(param.value);
      } else if (is_hint(param.key)) {
        write_hint(param.key);
      } else {
        out_.append(param.octets);
      }
      params = params.subspan(param.octets.size());
    }
  }

  // Those of the keys that are still there; nothing if there are none.
  void write_mandatory(Bytes keys) noexcept {
    std::size_t kept = 0;
    for (std::size_t at = 0; at < keys.size(); at += 2)
      kept += is_left_out(load_u16(keys.data() + at)) ? 0 : 1;
    if (kept == 0) return;
    out_.append_u16(svc_param::kMandatory);
    out_.append_u16(2 * kept);
    for (std::size_t at = 0; at < keys.size(); at += 2) {
      if (!is_left_out(load_u16(keys.data() + at))) out_.append(keys.subspan(at, 2));
    }
  }

  void write_hint(dns::SvcParamKey key) noexcept {
    if (is_left_out(key)) return;
    const HintAddresses& addresses = of(key);
    out_.append_u16(key);
    out_.append_u16(addresses.count() * addresses[0].size());
    for (std::size_t i = 0; i < addresses.count(); ++i)
      out_.append(addresses[i]);
  }

  [[nodiscard]] const HintAddresses& of(dns::SvcParamKey hint) const noexcept {
    return hint == svc_param::kIpv4Hint ? hints_.v4 : hints_.v6;
  }
  [[nodiscard]] bool is_left_out(dns::SvcParamKey key) const noexcept { return is_hint(key) && of(key).count() == 0; }

  const Hints& hints_;
  std::uint32_t ttl_s_;
  Output out_;
};

}  // namespace

Bytes HintAddresses::operator[](std::size_t i) const noexcept {
  const std::size_t place = chosen ? (*chosen)[i] : i;
  return records.subspan(place * record_size, record_size).subspan(dns::kStoredRecordFixedSize);
}

bool has_own_hints(Bytes records, Bytes owner) noexcept {
  while (!records.empty()) {
    const Bytes record = first_record(records);
    const Binding binding(record, owner);
    if (binding.is_own && has_hints(binding.params)) return true;
    records = records.subspan(record.size());
  }
  return false;
}

std::size_t write_hints(Bytes records, Bytes owner, const Hints& hints, std::uint32_t ttl_s,
                        MutableBytes out) noexcept {
  HintWriter writer(hints, ttl_s, out);
  while (!records.empty()) {
    const Bytes record = first_record(records);
    writer.write(record, owner);
    records = records.subspan(record.size());
  }
  return writer.finish();
}

}  // namespace rhumb::answer
