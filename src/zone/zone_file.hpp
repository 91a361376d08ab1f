// A zone from its master file (RFC 1035 §5), in full: $ORIGIN, $TTL, $INCLUDE, parentheses, every type that ldns knows
// and those that nobody does (RFC 3597).
//
// Rhumb adds nothing to the format. $GENERATE, which is BIND's own, is refused.
//
// A large file is cut into blocks (block_reader.hpp) that are parsed on several threads (block_parser.hpp) while this
// one puts them together in order; what comes of it, with every problem, is the same on one thread.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "base/problems.hpp"
#include "dns/name.hpp"
#include "zone/block_reader.hpp"
#include "zone/checks.hpp"
#include "zone/digest.hpp"
#include "zone/zone.hpp"

namespace rhumb::zone {

// RFC 1035 leaves it open how deep files may include files; NSD stops at 10.
inline constexpr std::size_t kIncludeDepthMax = 16;
// The TTL of a record that has none, if neither $TTL nor a record before it gave one; as NSD and ldns have it.
inline constexpr std::uint32_t kDefaultTtl = 3'600;

struct ReadSettings {
  std::size_t block_size = BlockReader::kBlockSize;
  // Threads that parse one file, beside the one that loads it. No less than two blocks are worth them.
  std::size_t parsers = usual_parsers();
  // Where to note every file that was read, and its content, if it is wanted.
  std::vector<std::filesystem::path>* files = nullptr;
  std::vector<FileDigest>* digests = nullptr;

  // As many as there are cores, and more than eight find nothing to do: putting the blocks together takes as long as
  // an eighth of parsing them.
  [[nodiscard]] static std::size_t usual_parsers() noexcept;
};

// Reads and compiles the zone `apex`. Null when there was an error; everything that is wrong is in `problems`, with the
// file's path as given here and the line that the record begins on: "zones/example.com.zone:12". Files that it includes
// are looked for beside the file that includes them. `overlays` are names in this zone that exist whether the file has
// them or not.
[[nodiscard]] std::shared_ptr<const Zone> load_zone_file(const std::filesystem::path& file, const dns::Name& apex,
                                                         std::span<const OverlayName> overlays, Problems& problems,
                                                         const ReadSettings& settings = {});

}  // namespace rhumb::zone
