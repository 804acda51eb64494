#include "base/seal.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include <array>
#include <span>

namespace actiond {
namespace {

constexpr std::size_t kNonceBytes = 16;

std::string hexadecimal(std::span<const unsigned char> bytes) {
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

// No two different ones have the same: each part says first how long it is.
std::string all_of(const Sealed& sealed) {
  std::string all;
  for (const auto* part :
       {&sealed.text, &sealed.target, &sealed.nonce, &sealed.application, &sealed.by})
    all += fmt::format("{}:{}", part->size(), *part);
  return all + std::to_string(sealed.at_ms);
}

}  // namespace

std::string mac_of(const Sealed& sealed, std::string_view secret) {
  const std::string text = all_of(sealed);
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  return hexadecimal(std::span(mac).first(size));
}

bool is_sealed_with(const Sealed& sealed, std::string_view secret) {
  const std::string mac = mac_of(sealed, secret);
  return mac.size() == sealed.mac.size() &&
         CRYPTO_memcmp(mac.data(), sealed.mac.data(), mac.size()) == 0;
}

std::string new_nonce() {
  std::array<unsigned char, kNonceBytes> bytes{};
  // Up to 256 bytes come whole, once the kernel has any randomness at all.
  while (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
  }
  return hexadecimal(bytes);
}

}  // namespace actiond
