// ${NAME} and ${NAME:-default} in values, taken from the process's environment. It happens after
// the YAML was read, so that no secret can change the structure of the file.
#pragma once

#include <string>
#include <string_view>

#include "base/config/tree.hpp"
#include "base/result.hpp"

namespace actiond {

// As in a shell, the default also stands in for an empty variable; $${ is a literal ${. Fails on a
// variable that is not set, or whose value is not UTF-8, and on a ${ that is no reference.
// The names of those whose values went into it are added to `taken`.
Result<std::string> expand_variables(std::string_view text,
                                     std::vector<std::string>* taken = nullptr);

// Expands every scalar within; keys stay.
void expand_tree(Tree& tree, const std::string& path, Problems& problems);

}  // namespace actiond
