// An event's params as they are written in a shell: one JSON object, or key=value words.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace actiond {

// The JSON text of the params. No word: "{}". A word that begins with '{' must be the only one, and
// is kept as it is written. In key=value a value that is JSON is taken as such, else as a string.
// Fails with a sentence.
Result<std::string> params_of(const std::vector<std::string>& words);

}  // namespace actiond
