// Writes a response: header, question, RRsets, OPT. Never past its limit, and an RRset either whole or not at all.
//
// RRsets come in stored form (stored_record.hpp); what of them depends on where they stand is adjusted here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "dns/codes.hpp"
#include "dns/placed_name.hpp"
#include "dns/query.hpp"
#include "dns/stored_record.hpp"

namespace rhumb::dns {

enum class Section : std::uint8_t { answer, authority, additional };

class ResponseWriter {
 public:
  // Starts the response to `query`, of which `message` are the octets: id, RD and the question are copied
  // (RFC 1035 §4.1.1; CD is cleared, RFC 4035 §3.1.6). `buffer` may begin where `message` does; `message` must not be
  // read afterwards. `limit` ≤ buffer.size() is the size that the response must keep to; at least kUdpPayloadMin, so
  // that header, question and OPT always fit. `opt` is the OPT record that finish() adds; null: none.
  ResponseWriter(MutableBytes buffer, std::size_t limit, Bytes message, const Query& query,
                 const OptRecord* opt) noexcept;

  // Adds an RRset whose owner are the last `owner_size` octets of `name`. False, and nothing written, when it does not
  // fit.
  [[nodiscard]] bool write(Section section, const StoredRrset& rrset, const PlacedName& name,
                           std::size_t owner_size) noexcept {
    const std::size_t owner_position = name.position(owner_size);
    if (owner_position != kQuestionOffset || !rrset.pointers.empty()) {
      return write_adjusted(section, rrset, name, owner_size, owner_position);
    }
    if (!has_room_for(rrset.records.size())) return false;
    std::memcpy(buffer_.data() + size_, rrset.records.data(), rrset.records.size());
    commit(section, rrset.records.size(), rrset.count);
    return true;
  }

  // Adds those of `records`, A or AAAA and so `record_size` octets each, that `chosen` names, in its order; their owner
  // is the whole of `name`. False, and nothing written, when they do not fit.
  [[nodiscard]] bool write_chosen(Section section, Bytes records, std::size_t record_size,
                                  std::span<const std::uint8_t> chosen, const PlacedName& name) noexcept;

  // Adds an RRset without names in it whose owner is `owner`, uncompressed, which stands at `position` in this message.
  // False, and nothing written, when it does not fit.
  [[nodiscard]] bool write_for(Section section, const StoredRrset& rrset, Bytes owner, std::size_t position) noexcept;

  // No record from `from` on, which is where one stands, keeps a TTL above `ttl_s`.
  void limit_ttls(std::size_t from, std::uint32_t ttl_s) noexcept;

  // Where the next RRset will stand.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  // The place of the name whose first label, or a pointer to it, stands at `position`.
  [[nodiscard]] std::size_t resolve(std::size_t position) const noexcept {
    const std::uint8_t* name = buffer_.data() + position;
    return is_pointer(name) ? pointer_target(name) : position;
  }

  void set_authoritative() noexcept { flags_ |= flag::kAa; }
  void withdraw_authority() noexcept { flags_ &= static_cast<std::uint16_t>(~flag::kAa); }
  void set_truncated() noexcept { flags_ |= flag::kTc; }
  [[nodiscard]] bool is_truncated() const noexcept { return (flags_ & flag::kTc) != 0; }
  void set_rcode(Rcode rcode) noexcept { rcode_ = rcode; }
  [[nodiscard]] Rcode rcode() const noexcept { return rcode_; }
  // Why the rcode is what it is; is left out if it does not fit.
  void set_extended_error(ExtendedError error) noexcept { extended_error_ = error; }

  // Adds a TSIG record that says that the key of `tsig` is not known (RFC 8945 §5.2.1), if it fits. `message` is the
  // query, still whole: nothing else may have been written, and there must be no OPT to come.
  void refuse_key(Bytes message, const Tsig& tsig) noexcept;

  // Adds the OPT, completes the header, and returns the size of the message. Once, at the end. `scope_bits` is for the
  // OPT's Client Subnet.
  [[nodiscard]] std::size_t finish(std::uint8_t scope_bits) noexcept;

 private:
  [[nodiscard]] bool has_room_for(std::size_t size) const noexcept { return limit_ - size_ >= size; }
  void commit(Section section, std::size_t size, std::size_t count) noexcept {
    size_ += size;
    auto& total = counts_[static_cast<std::size_t>(section)];
    total = static_cast<std::uint16_t>(total + count);
  }
  [[nodiscard]] bool write_adjusted(Section section, const StoredRrset& rrset, const PlacedName& name,
                                    std::size_t owner_size, std::size_t owner_position) noexcept;
  void replace_owners(std::size_t from, std::size_t owner_position) noexcept;
  void replace_pointers(std::size_t from, const StoredRrset& rrset, const PlacedName& name) noexcept;
  [[nodiscard]] bool write_expanded(Section section, const StoredRrset& rrset, Bytes owner,
                                    std::size_t owner_position) noexcept;

  MutableBytes buffer_;
  const OptRecord* opt_;
  std::size_t limit_;  // for what comes before the OPT
  std::size_t size_;
  std::uint16_t question_size_;
  std::uint16_t flags_;
  Rcode rcode_ = Rcode::no_error;
  std::optional<ExtendedError> extended_error_;
  std::array<std::uint16_t, 3> counts_{};  // by Section
};

}  // namespace rhumb::dns
