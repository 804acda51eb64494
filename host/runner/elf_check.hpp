// Is a file a whole shared object of this machine? dlopen of a half-copied one ends in SIGBUS, and
// of a text file in a sentence nobody understands.
#pragma once

#include <string>

#include "base/result.hpp"

namespace actiond {

// Reads the ELF headers (System V ABI, chapter 4) and compares them with the file's size. Fails
// with a sentence that does not name the file.
Result<void> check_elf(const std::string& path);

}  // namespace actiond
