// The files of pages/, which the build puts into the program.
#pragma once

#include <optional>
#include <string_view>

namespace actiond::web {

struct Asset {
  std::string_view content_type;
  std::string_view content;
  std::string_view hash;  // of the content: its name in addresses and as ETag
};

// By the file's name, as in "page.css"; "page.js" is all scripts, one behind the other.
std::optional<Asset> find_asset(std::string_view name);

}  // namespace actiond::web
