// One query and what became of it, as the query log has it from the thread that answered.
//
// A slot of a ring: of a fixed size, filled without allocating, and whole in itself, for the snapshot that answered may
// be gone when it is read. Texts and messages stand one after the other in its octets; of what finds no room there
// texts are cut and messages are left out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "answer/decision.hpp"
#include "answer/responder.hpp"
#include "answer/summary.hpp"
#include "base/bytes.hpp"
#include "base/ip_address.hpp"
#include "steering/expectation.hpp"
#include "steering/preference.hpp"

namespace rhumb::answer {

// How one service on the way was steered.
struct RecordedStep {
  IpAddress client;  // that decided
  std::string_view service;
  std::string_view region;      // empty: none was picked
  std::string_view instead_of;  // what comes first in the ranking, when what was picked is in a later tier
  std::string_view rule;        // that matched; empty: none did
  steering::Outcome outcome;
  steering::Order order;
  std::optional<Family> family;  // none: its instances are names
  std::uint8_t tier;             // of the region, from 1; 0: none was picked
  std::uint8_t scope_bits;
};

class QueryRecord {
 public:
  static constexpr std::size_t kSize = 2'048;
  // Services on the way that are kept, the first ones. An HTTPS record is two, by its hints; chains are rare.
  static constexpr std::size_t kStepsMax = 4;
  // A query with a name of 255 octets and all options fits. What is longer is cut, which is enough to read its
  // question.
  static constexpr std::size_t kQueryKept = 512;
  // Of a name of a service, region or rule, in octets.
  static constexpr std::size_t kTextMax = 255;

  // `query` is copied, for its answer may be written over it. Times are nanoseconds since 1970. `sample` is the share
  // of queries that are logged.
  void begin(const Client& client, Bytes query, std::uint64_t asked_at_ns, double sample) noexcept;
  // `response` is empty if there was none. `decision` is what led to it.
  void end(const Summary& summary, const Decision& decision, Bytes response, std::uint64_t answered_at_ns) noexcept;

  [[nodiscard]] const IpAddress& client() const noexcept { return client_; }
  [[nodiscard]] Transport transport() const noexcept { return transport_; }
  [[nodiscard]] std::uint64_t asked_at_ns() const noexcept { return asked_at_ns_; }
  [[nodiscard]] std::uint64_t answered_at_ns() const noexcept { return answered_at_ns_; }
  [[nodiscard]] double sample() const noexcept { return sample_; }
  [[nodiscard]] const Summary& summary() const noexcept { return summary_; }
  // As far as it is kept.
  [[nodiscard]] Bytes query() const noexcept { return octets(query_); }
  [[nodiscard]] bool has_whole_query() const noexcept { return query_.size == query_size_; }
  // Empty: there was none, or it found no room.
  [[nodiscard]] Bytes response() const noexcept { return octets(response_); }
  // Whatever was kept of it; 0: there was none.
  [[nodiscard]] std::size_t response_size() const noexcept { return response_size_; }
  [[nodiscard]] std::size_t step_count() const noexcept { return step_count_; }
  // Valid as long as the record.
  [[nodiscard]] RecordedStep step(std::size_t number) const noexcept;

 private:
  struct Part {
    std::uint16_t at = 0;
    std::uint16_t size = 0;
  };
  struct Step {
    IpAddress client;
    Part service;
    Part region;
    Part instead_of;
    Part rule;
    steering::Outcome outcome = {};
    steering::Order order = {};
    bool has_names = false;
    Family family = {};
    std::uint8_t tier = 0;
    std::uint8_t scope_bits = 0;
  };

  [[nodiscard]] Part add(Bytes more, std::size_t most) noexcept;
  [[nodiscard]] Part add(std::string_view text) noexcept;
  [[nodiscard]] Step make_step(const SteeredStep& steered) noexcept;
  [[nodiscard]] Bytes octets(Part part) const noexcept { return Bytes(octets_).subspan(part.at, part.size); }
  [[nodiscard]] std::string_view text(Part part) const noexcept {
    return {reinterpret_cast<const char*>(octets_.data()) + part.at, part.size};
  }

  IpAddress client_;
  std::array<Step, kStepsMax> steps_;
  std::uint64_t asked_at_ns_ = 0;
  std::uint64_t answered_at_ns_ = 0;
  double sample_ = 1;
  Summary summary_;
  std::uint32_t query_size_ = 0;
  std::uint32_t response_size_ = 0;
  Part query_;
  Part response_;
  std::uint16_t used_ = 0;  // of octets_
  Transport transport_ = Transport::udp;
  std::uint8_t step_count_ = 0;
  std::array<std::uint8_t, 1'648> octets_;  // NOLINT(cppcoreguidelines-pro-type-member-init): as far as used_
};
static_assert(sizeof(QueryRecord) <= QueryRecord::kSize);

}  // namespace rhumb::answer
