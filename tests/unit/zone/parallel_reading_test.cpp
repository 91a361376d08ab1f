// That a zone file gives the same on several threads as on one.
#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "random_seeds.hpp"
#include "zone_contents.hpp"
#include "zone_directory.hpp"

namespace rhumb::zone {
namespace {

constexpr std::string_view kStart =
    "@ 3600 SOA ns1 admin 1 7200 900 1209600 300\n"
    "@ 3600 NS ns1\n"
    "ns1 3600 A 192.0.2.53\n";

// Whatever makes a line depend on those before it, and whatever is wrong with one.
std::string random_line(std::mt19937& random) {
  const auto number = [&](std::uint32_t end) { return random() % end; };
  switch (number(24)) {
    case 0:
      return fmt::format("$ORIGIN sub{}\n", number(3));
    case 1:
      return "$ORIGIN example.com.\n";
    case 2:
      return fmt::format("$TTL {}\n", 100 + number(5));
    case 3:
      return "$TTL 3000000000\n";
    case 4:
      return "$INCLUDE included\n";
    case 5:
      return fmt::format("$INCLUDE included of{}\n", number(2));
    case 6:
      return "$GENERATE 1-2 a A 192.0.2.$\n";
    case 7:
      return fmt::format(" A 192.0.2.{}\n", number(250));
    case 8:
      return fmt::format("\t{} A 192.0.2.{}\n", 60 + number(3), number(250));
    case 9:
      return fmt::format("p{} TXT ( \"a\" ; (\n \"b;\" )\n", number(30));
    case 10:
      return "bad..name A 192.0.2.1\n";
    case 11:
      return "worse\\999 A 192.0.2.1\n";
    case 12:
      return fmt::format("h{} A 192.0.2.300\n", number(30));
    case 13:
      return fmt::format("h{} NOTYPE x\n", number(30));
    case 14:
      return "q \"open\n";
    case 15:
      return fmt::format("(h{}\n 77 A 192.0.2.7\n)\n", number(30));
    case 16:
      return "elsewhere.example.net. A 192.0.2.1\n";
    case 17:
      return fmt::format("h{} 4000000000 A 192.0.2.9\n", number(30));
    case 18:
      return "\n; a comment ( \" \n";
    default:
      return fmt::format("h{} {}A 192.0.2.{}\n", number(1'000), number(2) == 0 ? "60 " : "", number(250));
  }
}

std::string random_text(std::mt19937& random, bool may_be_wrong) {
  std::string text;
  for (auto lines = 1 + random() % 40; lines > 0; --lines) {
    std::string line = random_line(random);
    const bool is_wrong = line.starts_with("bad") || line.starts_with("worse") || line.starts_with("q ") ||
                          line.starts_with("$GEN") || line.find(".300") != std::string::npos ||
                          line.find("NOTYPE") != std::string::npos;
    if (may_be_wrong || !is_wrong) text += line;
  }
  return text;
}

TEST(ParallelReading, GivesWhatReadingOnOneThreadGives) {
  std::size_t loaded = 0;
  for (std::uint32_t seed = 0; seed < seeds(60); ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const bool may_be_wrong = seed % 2 == 0;
    ZoneDirectory directory;
    directory.write("zone", std::string(kStart) + random_text(random, may_be_wrong));
    directory.write("included", random_text(random, may_be_wrong));
    const ReadSettings whole{.block_size = 1 << 20, .parsers = 1};
    const auto expected = directory.load("zone", "example.com", {}, whole);
    const auto problems = directory.problems();
    const ReadSettings in_blocks{.block_size = 1 + random() % 100, .parsers = 1 + random() % 4};
    const auto zone = directory.load("zone", "example.com", {}, in_blocks);
    ASSERT_EQ(directory.problems(), problems);
    ASSERT_EQ(zone == nullptr, expected == nullptr);
    if (zone == nullptr) continue;
    ++loaded;
    ASSERT_EQ(contents(*zone), contents(*expected));
  }
  EXPECT_GT(loaded, 5U);
}

}  // namespace
}  // namespace rhumb::zone
