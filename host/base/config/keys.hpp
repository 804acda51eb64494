// Which keys there are, at every level of the file, also within environments that are not in force.
#pragma once

#include "base/config/tree.hpp"

namespace actiond {

// Adds a problem for every unknown key, and for every section that is no mapping.
void check_keys(const Tree& root, Problems& problems);

}  // namespace actiond
