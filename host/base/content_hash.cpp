#include "base/content_hash.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "base/fd.hpp"

namespace actiond {
namespace {

constexpr std::size_t kShownBytes = 6;

using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

std::string head_of(EVP_MD_CTX* digest) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_DigestFinal_ex(digest, bytes.data(), &size);
  std::string text;
  for (std::size_t i = 0; i < kShownBytes; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

}  // namespace

Result<std::string> content_hash(const std::filesystem::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno_error("open", file.native());
  const Digest digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
  std::array<char, 65536> buffer;
  ssize_t got = 0;
  while ((got = ::read(fd.get(), buffer.data(), buffer.size())) > 0)
    EVP_DigestUpdate(digest.get(), buffer.data(), static_cast<std::size_t>(got));
  if (got < 0) return errno_error("read", file.native());
  return head_of(digest.get());
}

}  // namespace actiond
