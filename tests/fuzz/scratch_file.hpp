// A file with the octets of one input after another, for readers that want a path. `./dev fuzz` has TMPDIR in memory.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::fuzz {

class ScratchFile {
 public:
  explicit ScratchFile(std::string name) : name_(std::move(name)) {}

  [[nodiscard]] std::filesystem::path path() const { return directory_.path() / name_; }
  [[nodiscard]] const test::TemporaryDirectory& directory() const noexcept { return directory_; }

  void write(Bytes octets) const {
    directory_.write(name_, {reinterpret_cast<const char*>(octets.data()), octets.size()});
  }

 private:
  std::string name_;
  test::TemporaryDirectory directory_;
};

}  // namespace rhumb::fuzz
