// What a shared object says that it needs, and where to find it, read piece by piece: a debug build
// may have a gigabyte. Whatever its numbers say, no more is read than the file has.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace actiond {

// Of its dynamic section (System V ABI, chapter 5); empty if the file can't be read.
struct Dynamic {
  std::vector<std::string> needed;
  std::string run_path;
};
Dynamic read_dynamic(const std::string& path);

// Both can be read, and have the same bytes.
bool is_same_content(const std::string& path, const std::string& other);

}  // namespace actiond
