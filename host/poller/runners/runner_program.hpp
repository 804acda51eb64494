// The runner's executable. Whoever starts runners opens it before the first one and starts all of
// them from there: so they speak this process's frames also after an upgrade has replaced the file.
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"

namespace actiond {

// Opens it at the first call: beside this executable, as in a build directory, or where it is
// installed. Fails, then and ever after, if it is in neither place.
const Result<UniqueFd>& runner_program();

}  // namespace actiond
