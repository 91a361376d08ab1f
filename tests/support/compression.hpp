// Whether the names in a message are written as RFC 1035 §4.1.4 and RFC 3597 §4 want them.
#pragma once

#include <optional>
#include <set>

#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "dns/codes.hpp"
#include "dns/name.hpp"
#include "dns/stored_record.hpp"

namespace rhumb::test {

// Reads a message from its first octet to its last.
class CompressionCheck {
 public:
  explicit CompressionCheck(Bytes message) : message_(message) {}

  // Fails the test unless every pointer leads back to the start of a label, rdata of types after RFC 1035 has no
  // pointers, every RDLENGTH is that of its names, and the message ends where its counts say.
  void run() {
    ASSERT_GE(message_.size(), dns::kHeaderSize);
    at_ = dns::kHeaderSize;
    for (int i = 0; i < count(4); ++i) {
      ASSERT_TRUE(read_name(false));
      at_ += 4;
    }
    for (int i = 0; i < count(6) + count(8) + count(10); ++i) {
      ASSERT_NO_FATAL_FAILURE(read_record()) << "record " << i;
    }
    EXPECT_EQ(at_, message_.size()) << "octets after the last record";
  }

  [[nodiscard]] int pointers() const { return pointers_; }

 private:
  [[nodiscard]] int count(std::size_t at) const { return load_u16(message_.data() + at); }

  // Where in the rdata a name is that must not be compressed (RFC 2782, RFC 6672 §2.5, RFC 9460 §2.2).
  static std::optional<std::size_t> plain_name_at(dns::Type type) {
    switch (type) {
      case dns::type::kDname:
        return 0;
      case dns::type::kSvcb:
      case dns::type::kHttps:
        return 2;
      case dns::type::kSrv:
        return 6;
      default:
        return std::nullopt;
    }
  }

  void read_record() {
    ASSERT_TRUE(read_name(true)) << "the owner";
    ASSERT_LE(at_ + 10, message_.size());
    const dns::Type type = load_u16(message_.data() + at_);
    const std::size_t end = at_ + 10 + load_u16(message_.data() + at_ + 8);
    ASSERT_LE(end, message_.size());
    at_ += 10;
    const dns::RdataLayout layout = dns::rdata_layout(type);
    at_ += layout.head_size;
    for (int i = 0; i < layout.name_count; ++i)
      ASSERT_TRUE(read_name(true)) << "in the rdata of type " << type;
    if (type == dns::type::kSoa) at_ += 20;
    // Not compressed, but pointed to.
    const auto plain_at = plain_name_at(type);
    if (plain_at) {
      at_ += *plain_at;
      ASSERT_TRUE(read_name(false)) << "in the rdata of type " << type;
    }
    if (layout.name_count > 0 || type == dns::type::kSrv || type == dns::type::kDname) {
      ASSERT_EQ(at_, end) << "RDLENGTH of type " << type;
    }
    at_ = end;
  }

  // Goes behind the name. False when it is wrong.
  bool read_name(bool may_be_compressed) {
    while (at_ < message_.size()) {
      const std::uint8_t* label = message_.data() + at_;
      if (*label == 0) {
        ++at_;
        return true;
      }
      if (dns::is_pointer(label)) {
        ++pointers_;
        const std::size_t target = dns::pointer_target(label);
        at_ += 2;
        return may_be_compressed && label_starts_.contains(target);
      }
      if (*label > dns::kLabelMax) return false;
      label_starts_.insert(at_);
      at_ += *label + 1U;
    }
    return false;
  }

  Bytes message_;
  std::size_t at_ = 0;
  std::set<std::size_t> label_starts_;  // of what has been read: so a pointer cannot lead forward
  int pointers_ = 0;
};

}  // namespace rhumb::test
