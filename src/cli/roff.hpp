// The parts of manual pages, in the macros of man(7), which groff and mandoc both read.
#pragma once

#include <string>
#include <string_view>

namespace rhumb::cli {

// `text` as it is, wherever it stands.
[[nodiscard]] std::string roff_literal(std::string_view text);

// `text` for people, in which `…` is what is typed: that is bold. Words are kept as they are, lines too.
[[nodiscard]] std::string roff_text(std::string_view text);

// The head of a page: `name` is "rhumb-drain", `section` "1".
[[nodiscard]] std::string roff_head(std::string_view name, std::string_view section, std::string_view summary);

// A term, already in roff, and what it means.
[[nodiscard]] std::string roff_entry(std::string_view term, std::string_view meaning);

// Paragraphs, with empty lines between.
[[nodiscard]] std::string roff_paragraphs(std::string_view text);

}  // namespace rhumb::cli
