#include "zone/block_reader.hpp"

#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "random_seeds.hpp"
#include "zone/entry_reader.hpp"

namespace rhumb::zone {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::vector<TextBlock> blocks(std::string_view text, std::size_t block_size) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
  std::fwrite(text.data(), 1, text.size(), file.get());
  std::rewind(file.get());
  BlockReader reader(fileno(file.get()), block_size);
  std::vector<TextBlock> all;
  while (auto block = reader.next())
    all.push_back(std::move(*block));
  EXPECT_EQ(reader.error(), "");
  return all;
}

std::vector<std::string> cut(std::string_view text, std::size_t block_size = 1) {
  std::vector<std::string> all;
  for (const TextBlock& block : blocks(text, block_size))
    all.push_back(fmt::format("{}:{}", block.first_line, block.text));
  return all;
}

void append_entries(const TextBlock& block, std::vector<std::string>& all) {
  EntryReader reader(block.text, block.first_line);
  for (auto outcome = reader.next(); outcome != EntryReader::Outcome::end; outcome = reader.next()) {
    all.push_back(fmt::format("{}{}{}{}", reader.line(), reader.has_owner() ? "+" : " ", reader.text(),
                              reader.error().empty() ? "" : "!" + reader.error()));
  }
}

TEST(BlockReader, CutsAtLineEndsThatEndEntries) {
  EXPECT_THAT(cut("a x\nb y\n"), ElementsAre("1:a x\n", "2:b y\n"));
  EXPECT_THAT(cut("a (\nx\n)\nb y"), ElementsAre("1:a (\nx\n)\n", "4:b y"));
  EXPECT_THAT(cut("a \"(\" \\( ; (\nb y\n"), ElementsAre("1:a \"(\" \\( ; (\n", "2:b y\n"));
  EXPECT_THAT(cut("a \"\\\"(\"\nb y\n"), ElementsAre("1:a \"\\\"(\"\n", "2:b y\n"));
  EXPECT_THAT(cut("a \"(\nb )\nc\n"), ElementsAre("1:a \"(\n", "2:b )\n", "3:c\n")) << "a line end ends quotes";
  EXPECT_THAT(cut("a \\\nb\n"), ElementsAre("1:a \\\n", "2:b\n"));
  EXPECT_THAT(cut(""), IsEmpty());
}

TEST(BlockReader, FillsItsBlocks) {
  EXPECT_THAT(cut("a\nb\nc\nd\ne\n", 4), ElementsAre("1:a\nb\n", "3:c\nd\n", "5:e\n"));
  EXPECT_THAT(cut("a\nbcdef\ng\n", 4), ElementsAre("1:a\n", "2:bcdef\n", "3:g\n"));
  const std::string long_entry = "a (\n" + std::string(20, '\n') + ")\n";
  EXPECT_THAT(cut(long_entry + "bcdef\n", 4).front(), StartsWith("1:" + long_entry));
}

// What the entries are does not depend on where the file is cut.
TEST(BlockReader, KeepsEntriesWhole) {
  constexpr std::string_view kPieces[] = {"a",    "\n", "\n", " ", "(", ")",   "\"",   ";",           "\\",
                                          "\r\n", "\t", "bc", "@", "$", "\\(", "\\\"", "\xEF\xBB\xBF"};
  for (std::uint32_t seed = 0; seed < seeds(200); ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::string text;
    for (auto size = random() % 60; size > 0; --size)
      text += kPieces[random() % std::size(kPieces)];
    std::vector<std::string> whole;
    append_entries({text, 1}, whole);
    std::vector<std::string> in_blocks;
    for (const TextBlock& block : blocks(text, 1 + random() % 16))
      append_entries(block, in_blocks);
    ASSERT_EQ(in_blocks, whole) << text;
  }
}

}  // namespace
}  // namespace rhumb::zone
