#include "health/state_file.hpp"

#include <sys/stat.h>

#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/sha.h>

#include "base/random.hpp"
#include "support/temporary_directory.hpp"

namespace rhumb::health {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

std::string random_text(Random& random) {
  static constexpr const char* kPieces[] = {"a", "HTTP 503", "\"", "\\", "\n", "é", "→", " ", "\x01", "192.0.2.1"};
  std::string text;
  for (std::uint32_t i = random.below(6); i > 0; --i)
    text += kPieces[random.below(std::size(kPieces))];
  return text;
}

Time random_time(Random& random) {
  return Time(Duration(static_cast<std::int64_t>(random.next() >> (17 + random.below(40)))));
}

std::optional<Time> random_optional_time(Random& random) {
  return random.below(2) == 0 ? std::nullopt : std::optional(random_time(random));
}

double random_part(Random& random) {
  return static_cast<double>(random.next() >> 11) / static_cast<double>(std::uint64_t{1} << 53);
}

State random_state(Random& random) {
  return static_cast<State>(random.below(3));
}

Memory random_memory(std::uint64_t seed) {
  Random random(seed);
  Memory memory;
  for (std::uint32_t i = random.below(5); i > 0; --i) {
    ProbeMemory probe;
    probe.machine = {random_state(random), random.next(), static_cast<std::uint32_t>(random.next())};
    probe.since = random_time(random);
    probe.evidence = random_text(random);
    memory.probes.emplace(random_text(random), probe);
  }
  for (std::uint32_t i = random.below(5); i > 0; --i) {
    InstanceMemory instance;
    instance.state = random_state(random);
    instance.since = random_time(random);
    instance.evidence = random_text(random);
    instance.failback = {random.below(2) == 0,         random_optional_time(random), random_optional_time(random),
                         random_optional_time(random), random_part(random) * 10,     random_time(random)};
    instance.shed_share = random_part(random);
    memory.instances.emplace(random_text(random), instance);
  }
  for (std::uint32_t i = random.below(4); i > 0; --i) {
    Override word{{random_text(random), random_text(random), random_text(random)},
                  static_cast<Override::Action>(random.below(3))};
    word.reason = random_text(random);
    word.owner = random_text(random);
    word.since = random_time(random);
    word.until = random_optional_time(random);
    word.over = random_time(random).time_since_epoch();
    memory.overrides.push_back(word);
  }
  return memory;
}

// One of everything.
Memory full_memory() {
  for (std::uint64_t seed = 0;; ++seed) {
    Memory memory = random_memory(seed);
    if (!memory.probes.empty() && !memory.instances.empty() && !memory.overrides.empty()) return memory;
  }
}

std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// What load_state() makes of a memory that was saved.
Memory stale(Memory memory) {
  for (auto& [key, probe] : memory.probes)
    probe.is_stale = true;
  return memory;
}

TEST(StateFile, GivesBackWhatWasEncoded) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    const Memory memory = random_memory(seed);
    const DecodedState decoded = decode_state(encode_state(memory));
    ASSERT_TRUE(decoded.memory) << decoded.problem;
    EXPECT_EQ(*decoded.memory, memory);
  }
}

TEST(StateFile, ReplacesWhatIsNoUtf8) {
  Memory memory;
  memory.probes["http 192.0.2.1:80 "].evidence = "HTTP 200 \xFF\xC3";
  const DecodedState decoded = decode_state(encode_state(memory));
  ASSERT_TRUE(decoded.memory) << decoded.problem;
  EXPECT_THAT(decoded.memory->probes.begin()->second.evidence, StartsWith("HTTP 200 "));
}

TEST(StateFile, RefusesEveryTruncation) {
  const std::string octets = encode_state(full_memory());
  for (std::size_t size = 0; size < octets.size(); ++size) {
    const DecodedState decoded = decode_state(std::string_view(octets).substr(0, size));
    ASSERT_FALSE(decoded.memory) << size;
    ASSERT_FALSE(decoded.problem.empty()) << size;
  }
  EXPECT_FALSE(decode_state(octets + "\n").memory);
}

TEST(StateFile, RefusesEveryChangedOctet) {
  const std::string octets = encode_state(full_memory());
  for (std::size_t at = 0; at < octets.size(); ++at) {
    for (const unsigned flipped : {0x01U, 0x80U, 0xFFU}) {
      std::string changed = octets;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ flipped);
      ASSERT_FALSE(decode_state(changed).memory) << at;
    }
  }
}

// The header that a body would have, by way of OpenSSL rather than of the code that is tested.
std::string with_header(const std::string& body) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data());
  std::string header = fmt::format("rhumb-state 1 {} ", body.size());
  for (const unsigned char octet : digest)
    header += fmt::format("{:02x}", octet);
  return header + "\n" + body;
}

// Somebody may make one that is whole, and says anything.
TEST(StateFile, RefusesWhatNoStateFileSays) {
  const std::string encoded = encode_state({});
  ASSERT_EQ(with_header(encoded.substr(encoded.find('\n') + 1)), encoded);
  const auto with_probe = [](const std::string& probe) {
    return R"({"probes":{"p":)" + probe + R"(},"instances":{},"overrides":[]})";
  };
  const auto with_instance = [](const std::string& instance) {
    return R"({"probes":{},"instances":{"i":)" + instance + R"(},"overrides":[]})";
  };
  const auto with_override = [](const std::string& word) {
    return R"({"probes":{},"instances":{},"overrides":[)" + word + "]}";
  };
  const std::string good_probe = R"([["up",1,0],5,"HTTP 200"])";
  const std::string good_instance = R"(["down",5,"",[true,null,null,null,1.5,5],0.5])";
  const std::string good_override = R"(["eu","","","drain","","",5,null,1000])";
  for (const std::string& good : {with_probe(good_probe), with_instance(good_instance), with_override(good_override)})
    EXPECT_TRUE(decode_state(with_header(good)).memory) << good;

  std::vector<std::string> bad = {"",
                                  "{",
                                  "null",
                                  "[]",
                                  "{}",
                                  R"({"probes":{},"instances":{}})",
                                  R"({"probes":[],"instances":{},"overrides":[5]})",
                                  std::string(100'000, '[')};
  for (const std::string probe :
       {"null", "[]", R"([["up",1,0],5])", R"([["left",1,0],5,""])", R"([["up",-1,0],5,""])",
        R"([["up",1,4294967296],5,""])", R"([["up",1.5,0],5,""])", R"([["up",1,0],-1,""])", R"([["up",1,0],5,7])",
        R"([["up",1,0],9223372036854775807,""])", R"([["up",1,0],18446744073709551615,""])"}) {
    bad.push_back(with_probe(probe));
  }
  for (const std::string instance :
       {R"(["down",5,"",[true,null,null,null,1.5,5],1.5])", R"(["down",5,"",[true,null,null,null,-1,5],0.5])",
        R"(["down",5,"",[1,null,null,null,1,5],0.5])", R"(["down",5,"",[true,"x",null,null,1,5],0.5])",
        R"(["down",5,"",[true,null,null,null,1e999,5],0.5])", R"(["down",5,"",[true,null,null,null,null,5],0.5])"}) {
    bad.push_back(with_instance(instance));
  }
  for (const std::string word :
       {R"(["eu","","","drain","","",5,null])", R"(["eu","","","rest","","",5,null,0])",
        R"(["eu","","","drain","","",5,null,-1])", R"(["eu","","","drain","","",5,9223372036854775807,0])"}) {
    bad.push_back(with_override(word));
  }
  for (const std::string& body : bad) {
    const DecodedState decoded = decode_state(with_header(body));
    EXPECT_FALSE(decoded.memory) << body.substr(0, 100);
    EXPECT_EQ(decoded.problem, "is whole, but says what no state file says");
  }
}

TEST(StateFile, SavesAndLoads) {
  const test::TemporaryDirectory directory;
  const auto file = directory.path() / "state";
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    ASSERT_EQ(save_state(file, random_memory(seed)), std::nullopt);
    const FoundState found = load_state(file);
    EXPECT_THAT(found.warning, IsEmpty());
    EXPECT_EQ(found.memory, stale(random_memory(seed)));
  }
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "state.new"));
}

TEST(StateFile, AMissingOneIsNoTrouble) {
  const test::TemporaryDirectory directory;
  const FoundState found = load_state(directory.path() / "state");
  EXPECT_THAT(found.warning, IsEmpty());
  EXPECT_EQ(found.memory, Memory{});
}

TEST(StateFile, OneThatIsNotWholeIsSetAside) {
  const test::TemporaryDirectory directory;
  std::string damaged = encode_state(full_memory());
  damaged[damaged.size() / 2] ^= 1;
  const auto file = directory.write("state", damaged);
  directory.write("state.corrupt", "an earlier one");
  const FoundState found = load_state(file);
  EXPECT_EQ(found.memory, Memory{});
  EXPECT_EQ(found.warning, file.string() + ": is not whole: its checksum is wrong; it is now " + file.string() +
                               ".corrupt, and every state starts unknown");
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_EQ(contents(directory.path() / "state.corrupt"), damaged);
}

TEST(StateFile, OneOfALaterVersionIsSetAside) {
  const test::TemporaryDirectory directory;
  std::string octets = encode_state({});
  octets.replace(octets.find(" 1 "), 3, " 2 ");
  const FoundState found = load_state(directory.write("state", octets));
  EXPECT_THAT(found.warning, HasSubstr("has a form of version 2; this program knows 1"));
  EXPECT_TRUE(std::filesystem::exists(directory.path() / "state.corrupt"));
}

TEST(StateFile, OneThatCannotBeReadStaysWhereItIs) {
  const test::TemporaryDirectory directory;
  const auto file = directory.path() / "state";
  std::filesystem::create_directory(file);
  const FoundState found = load_state(file);
  EXPECT_EQ(found.memory, Memory{});
  EXPECT_THAT(found.warning, HasSubstr("cannot be read"));
  EXPECT_TRUE(std::filesystem::is_directory(file));
}

TEST(StateFile, TheOldOneStaysWhenTheNewOneCannotBeWritten) {
  const test::TemporaryDirectory directory;
  const auto file = directory.path() / "state";
  ASSERT_EQ(save_state(file, full_memory()), std::nullopt);
  const std::string before = contents(file);
  // A directory in its way, since root may write wherever it likes.
  std::filesystem::create_directory(file.string() + ".new");
  const auto problem = save_state(file, {});
  ASSERT_TRUE(problem);
  EXPECT_THAT(*problem, HasSubstr("cannot be created"));
  EXPECT_EQ(contents(file), before);
}

TEST(StateFile, SaysWhenItCannotBePutInPlace) {
  const test::TemporaryDirectory directory;
  const auto file = directory.path() / "state";
  std::filesystem::create_directories(file / "full");
  const auto problem = save_state(file, {});
  ASSERT_TRUE(problem);
  EXPECT_THAT(*problem, HasSubstr("cannot be put in place"));
  EXPECT_TRUE(std::filesystem::exists(file / "full"));
}

TEST(StateFile, IsNotForEverybodyToRead) {
  const test::TemporaryDirectory directory;
  const auto file = directory.path() / "state";
  ASSERT_EQ(save_state(file, {}), std::nullopt);
  struct stat status {};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07U, 0U);
}

}  // namespace
}  // namespace rhumb::health
