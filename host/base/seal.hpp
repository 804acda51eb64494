// A seal on what goes through other hands: HMAC-SHA256 (RFC 2104), by which whoever has the secret
// finds that the text is from someone who has it too, to whom it was said, and when.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace actiond {

struct Sealed {
  std::string text;
  std::string target;      // whom it was said to: elsewhere it is worth nothing
  std::int64_t at_ms = 0;  // since 1970 UTC
  std::string nonce;       // never twice
  std::string application{};
  std::string by{};   // who says it
  std::string mac{};  // in hexadecimal digits
};

// The mac that belongs to the other members.
std::string mac_of(const Sealed& sealed, std::string_view secret);

// Is its mac that one? Takes as long whichever part of it is wrong.
bool is_sealed_with(const Sealed& sealed, std::string_view secret);

// 32 hexadecimal digits, from the kernel.
std::string new_nonce();

}  // namespace actiond
