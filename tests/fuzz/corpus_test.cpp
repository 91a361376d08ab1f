// Feeds the files of corpus/TARGET to the target, in the order of their names: `fuzz_corpus_test TARGET DIRECTORY`.
// Before each it writes the file's name, so that the last one written is the one that broke a rule.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

#include "fuzz/targets.hpp"

namespace {

struct Target {
  std::string_view name;
  void (*feed)(rhumb::Bytes);
};

constexpr Target kTargets[] = {
    {"responder", rhumb::fuzz::fuzz_responder},
    {"edns", rhumb::fuzz::fuzz_edns},
    {"tcp_framing", rhumb::fuzz::fuzz_tcp_framing},
    {"zone", rhumb::fuzz::fuzz_zone},
    {"config", rhumb::fuzz::fuzz_config},
    {"csv", rhumb::fuzz::fuzz_csv},
    {"mmdb", rhumb::fuzz::fuzz_mmdb},
    {"import", rhumb::fuzz::fuzz_import},
    {"state", rhumb::fuzz::fuzz_state},
    {"api", rhumb::fuzz::fuzz_api},
};

std::vector<std::uint8_t> read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

int main(int argc, char** argv) {
  const auto* target = argc == 3 ? std::ranges::find(kTargets, std::string_view(argv[1]), &Target::name) : nullptr;
  if (target == nullptr || target == std::end(kTargets)) {
    std::fprintf(stderr, "usage: fuzz_corpus_test TARGET DIRECTORY\n");
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[2]))
    files.push_back(entry.path());
  std::ranges::sort(files);
  for (const auto& file : files) {
    std::fprintf(stderr, "%s\n", file.c_str());
    target->feed(read_file(file));
  }
  // A corpus that is not found must not look like one that passes.
  return files.empty() ? 1 : 0;
}
