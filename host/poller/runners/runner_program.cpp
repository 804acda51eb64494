#include "poller/runners/runner_program.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <filesystem>

namespace actiond {
namespace {

namespace fs = std::filesystem;

constexpr const char* kName = "actiond-runner";

Result<UniqueFd> open_program() {
  std::error_code error;
  const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
  const fs::path installed = (here / ACTIOND_RUNNER_FROM_BIN).lexically_normal();
  for (const fs::path& path : {here / kName, installed / kName})
    if (UniqueFd program(::open(path.c_str(), O_RDONLY | O_CLOEXEC)); program) return program;
  return Error{fmt::format("there is no {} in {} or {}: install actiond again", kName,
                           here.native(), installed.native())};
}

}  // namespace

const Result<UniqueFd>& runner_program() {
  static const Result<UniqueFd> program = open_program();
  return program;
}

}  // namespace actiond
