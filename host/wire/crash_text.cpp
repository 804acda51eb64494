#include "wire/crash_text.hpp"

#include <unistd.h>

namespace actiond {

std::string crash_text(int file) {
  std::string text(kMostCrashText, '\0');
  const ssize_t got = ::pread(file, text.data(), text.size(), kCrashTextAt);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

}  // namespace actiond
