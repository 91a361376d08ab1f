#include "zone/digest.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <vector>

#include <openssl/evp.h>

namespace rhumb::zone {
namespace {

void check(int result) {
  if (result != 1) throw std::runtime_error("SHA-256 cannot be computed");
}

std::optional<Digest> digest_of(int descriptor) {
  constexpr std::size_t kPiece = 256 * 1'024;
  struct stat status {};
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  Digester digester;
  std::vector<std::uint8_t> piece(kPiece);
  while (true) {
    const ssize_t size = read(descriptor, piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return std::nullopt;
    if (size == 0) return digester.finish();
    digester.add(Bytes(piece).first(static_cast<std::size_t>(size)));
  }
}

}  // namespace

Digester::Digester() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  check(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1 ? 1 : 0);
}

void Digester::add(Bytes octets) {
  check(EVP_DigestUpdate(context_.get(), octets.data(), octets.size()));
}

Digest Digester::finish() {
  Digest digest;
  check(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr));
  return digest;
}

std::optional<Digest> digest_of_file(const std::filesystem::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a FIFO must not hold us up
  if (descriptor < 0) return std::nullopt;
  const auto digest = digest_of(descriptor);
  close(descriptor);
  return digest;
}

}  // namespace rhumb::zone
