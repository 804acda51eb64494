// Any text as a configuration: read, or refused with sentences.
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config/config.hpp"
#include "fuzz.hpp"

namespace {

// Born with mode 0777, with which root would refuse it unread.
int private_memory() {
  const int file = ::memfd_create("config", 0);
  if (::fchmod(file, 0600) != 0) __builtin_trap();
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = private_memory();
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, data, size, 0) < 0) return 0;
  const auto config = actiond::load_config({path, ""});
  if (!config && config.error().text.empty()) __builtin_trap();
  return 0;
}
