// SHA-256, piece by piece (OpenSSL's: 1.5 GB/s where the processor helps, 0.4 GB/s where it does not).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/bytes.hpp"

struct evp_md_ctx_st;

namespace rhumb::zone {

using Digest = std::array<std::uint8_t, 32>;

class Digester {
 public:
  Digester();
  // Throws std::runtime_error if OpenSSL fails, which is for want of memory only.
  void add(Bytes octets);
  // Once.
  [[nodiscard]] Digest finish();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

// Of a file's content.
struct FileDigest {
  std::filesystem::path path;
  Digest digest;
};

// Nothing when it is no regular file or cannot be read.
[[nodiscard]] std::optional<Digest> digest_of_file(const std::filesystem::path& path);

}  // namespace rhumb::zone
