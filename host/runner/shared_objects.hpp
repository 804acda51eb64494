// Which libraries a plugin asks for, and which of them another plugin has already loaded under the
// same name (SONAME): the dynamic linker gives both the one that came first.
#pragma once

#include <string>
#include <vector>

namespace actiond {

struct SharedName {
  std::string name;    // "libz.so.1"
  std::string loaded;  // the file that is loaded under it
  std::string own;     // the file that the plugin brings under it; empty: none
};

// The libraries that the plugin names, or what it brings names, and that are loaded by now, unless
// what it brings is the same, or it brings none and gets the system's. Empty also if the file can't
// be read.
std::vector<SharedName> names_taken_from(const std::string& plugin);

}  // namespace actiond
