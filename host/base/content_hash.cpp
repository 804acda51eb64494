#include "base/content_hash.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>

#include "base/fd.hpp"

namespace actiond {
namespace {

constexpr std::size_t kShownBytes = 6;

EVP_MD_CTX* digest(const auto& context) {
  return static_cast<EVP_MD_CTX*>(context.get());
}

}  // namespace

void ContentDigest::Free::operator()(void* context) const {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context));
}

ContentDigest::ContentDigest() : context_(EVP_MD_CTX_new()) {
  EVP_DigestInit_ex(digest(context_), EVP_sha256(), nullptr);
}

void ContentDigest::add(std::string_view text) {
  EVP_DigestUpdate(digest(context_), text.data(), text.size());
}

Result<void> ContentDigest::add_file(const std::filesystem::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno_error("open", file.native());
  std::array<char, 65536> buffer;
  ssize_t got = 0;
  while ((got = ::read(fd.get(), buffer.data(), buffer.size())) > 0)
    add({buffer.data(), static_cast<std::size_t>(got)});
  if (got < 0) return errno_error("read", file.native());
  return {};
}

std::string ContentDigest::text() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  EVP_DigestFinal_ex(digest(context_), bytes.data(), nullptr);
  std::string text;
  for (std::size_t i = 0; i < kShownBytes; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

Result<std::string> content_hash(const std::filesystem::path& file) {
  ContentDigest digest;
  if (auto added = digest.add_file(file); !added) return added.error();
  return digest.text();
}

}  // namespace actiond
