// Tells one version of a file, or of a directory, from another.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace actiond {

// A SHA-256 in the making, of which the first 12 hexadecimal digits are shown.
class ContentDigest {
 public:
  ContentDigest();

  void add(std::string_view text);
  // Blocks while it reads; fails if the file can't be read.
  Result<void> add_file(const std::filesystem::path& file);
  // The end of it: nothing may be added afterwards.
  std::string text();

 private:
  struct Free {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Free> context_;
};

// The first 12 hexadecimal digits of the SHA-256 of a file's content. Blocks while it reads.
Result<std::string> content_hash(const std::filesystem::path& file);

}  // namespace actiond
