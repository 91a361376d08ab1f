#include <utility>

#include "cli/commands.hpp"
#include "cli/given_word.hpp"

namespace rhumb::cli {

int force(const ForceOptions& options) {
  health::Override word;
  word.action = options.is_up ? health::Override::Action::force_up : health::Override::Action::force_down;
  return give("force", std::move(word), options.word);
}

}  // namespace rhumb::cli
