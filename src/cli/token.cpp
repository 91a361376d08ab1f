#include <cstdio>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "control/tokens.hpp"

namespace rhumb::cli {

int token(const TokenOptions& options) {
  const auto role = control::role_from_text(options.role);
  if (!role || !control::is_token_name(options.name)) {
    fmt::print(stderr, "rhumb token: {}\n",
               role ? fmt::format("a name is made of letters, digits and \"-_.@\", at most {}", control::kTokenNameMax)
                    : fmt::format("\"{}\" is not a role: read, operate and admin are", options.role));
    return 1;
  }
  const std::string token = control::new_token();
  fmt::print("token, for who uses it (it is not kept anywhere):\n{}\nline, for \"tokens_file\":\n{}\n", token,
             control::token_line(*role, options.name, token));
  return 0;
}

}  // namespace rhumb::cli
