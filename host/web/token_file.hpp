// The token in run_dir/web.token: who may read that file may log in.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace actiond::web {

std::filesystem::path token_path(const std::filesystem::path& run_dir);

// What stands there; made, with mode 0600, if there is none. Fails if others could read it.
Result<std::string> read_or_make_token(const std::filesystem::path& run_dir);

}  // namespace actiond::web
