#include "web/token_file.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

using namespace actiond::web;
namespace fs = std::filesystem;

namespace {

struct Directory {
  Directory() {
    std::string path = fs::temp_directory_path() / "actiond-web-XXXXXX";
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    directory = path;
  }
  ~Directory() { fs::remove_all(directory); }
  fs::path directory;
};

}  // namespace

TEST_CASE("token: made once, for its owner alone, and read from then on") {
  const Directory run;
  const auto token = read_or_make_token(run.directory);
  REQUIRE(token.ok());
  CHECK(token->size() == 64);
  CHECK(fs::status(token_path(run.directory)).permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(*read_or_make_token(run.directory) == *token);
}

TEST_CASE("token: one that others could read, is short, or is a link, is refused") {
  const Directory run;
  const auto path = token_path(run.directory);
  std::ofstream(path) << std::string(64, 'a');
  ::chmod(path.c_str(), 0640);
  CHECK_FALSE(read_or_make_token(run.directory).ok());
  ::chmod(path.c_str(), 0600);
  CHECK(read_or_make_token(run.directory).ok());
  std::ofstream(path) << "short";
  CHECK_FALSE(read_or_make_token(run.directory).ok());
  fs::remove(path);
  std::ofstream(run.directory / "else") << std::string(64, 'a');
  fs::create_symlink(run.directory / "else", path);
  CHECK_FALSE(read_or_make_token(run.directory).ok());
}
