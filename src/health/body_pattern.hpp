// A regular expression that a body must match somewhere.
//
// RE2's, because it takes time in proportion to the body whatever the expression and the body are: a page that somebody
// else writes must not be able to hold up all other probes. Usual expressions run on an automaton that is built as it
// is needed, within kMemoryMax, at 2 ns an octet. One that needs more states than that is interpreted, at some 20 ns
// for each octet and instruction, and so instructions have a limit too.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace rhumb::health {

// Immutable once made; safe to use from any thread.
class BodyPattern {
 public:
  // Of the expression and its automaton, in octets. Usual ones take some thousands.
  static constexpr std::size_t kMemoryMax = 1024 * 1024;
  // About one for each octet that is matched literally, and for each time that one is repeated: a{500} has 500.
  static constexpr int kInstructionsMax = 512;

  // Throws std::invalid_argument that says what is wrong with the expression.
  explicit BodyPattern(std::string text);
  ~BodyPattern();
  BodyPattern(const BodyPattern&) = delete;
  BodyPattern& operator=(const BodyPattern&) = delete;

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  // Octets that are no UTF-8 match nothing but \C.
  [[nodiscard]] bool is_found_in(std::string_view body) const;

 private:
  std::string text_;
  std::unique_ptr<re2::RE2> expression_;
};

}  // namespace rhumb::health
