#include "health/body_pattern.hpp"

#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <re2/re2.h>

namespace rhumb::health {
namespace {

RE2::Options options() {
  RE2::Options result;
  result.set_max_mem(BodyPattern::kMemoryMax);
  result.set_log_errors(false);  // they are told where the expression stands
  return result;
}

}  // namespace

BodyPattern::BodyPattern(std::string text)
    : text_(std::move(text)), expression_(std::make_unique<RE2>(text_, options())) {
  if (!expression_->ok()) throw std::invalid_argument(expression_->error());
  if (expression_->ProgramSize() > kInstructionsMax) {
    throw std::invalid_argument(
        fmt::format("too large: {} instructions of at most {}", expression_->ProgramSize(), kInstructionsMax));
  }
}

BodyPattern::~BodyPattern() = default;

bool BodyPattern::is_found_in(std::string_view body) const {
  return RE2::PartialMatch(re2::StringPiece(body.data(), body.size()), *expression_);
}

}  // namespace rhumb::health
