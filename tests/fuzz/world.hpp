// The snapshots that fuzz_responder asks: small zones with everything in them that makes an answer difficult.
#pragma once

#include <memory>
#include <vector>

#include "answer/snapshot.hpp"
#include "dns/name.hpp"
#include "health/board.hpp"

namespace rhumb::fuzz {

class World {
 public:
  // With the root among its zones nothing is refused; without it some names are nobody's.
  explicit World(bool has_root);

  [[nodiscard]] const answer::Snapshot& snapshot() const noexcept { return snapshot_; }
  // Every name that has records, an overlay or a name below it, and a few that are not there.
  [[nodiscard]] const std::vector<dns::Name>& names() const noexcept { return names_; }

  // Two bits of `states` say the state of every eighth target.
  void set_states(std::uint16_t states) const noexcept;

 private:
  std::shared_ptr<health::Board> board_;
  answer::Snapshot snapshot_;
  std::vector<dns::Name> names_;
};

}  // namespace rhumb::fuzz
