#include "statistics/damaged_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <system_error>

#include "base/fd.hpp"

namespace actiond {

// Pages further behind show when they are written to.
bool is_damaged(const std::filesystem::path& path) {
  sqlite3* database = nullptr;
  int code = ::sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr);
  if (code == SQLITE_OK)
    code = ::sqlite3_exec(database, "SELECT * FROM sqlite_schema", nullptr, nullptr, nullptr);
  ::sqlite3_close_v2(database);
  return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

// One process at a time, and only the file that was found damaged: another may have put a new one
// there meanwhile.
std::optional<std::string> move_aside(const std::filesystem::path& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat mine {
  }, there{};
  if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return std::nullopt;
  if (::fstat(file.get(), &mine) != 0 || ::stat(path.c_str(), &there) != 0 ||
      mine.st_ino != there.st_ino)
    return std::nullopt;
  const std::string aside = path.native() + ".damaged";
  std::error_code error;
  std::filesystem::remove(path.native() + "-wal", error);
  std::filesystem::remove(path.native() + "-shm", error);
  std::filesystem::rename(path, aside, error);
  if (error) return std::nullopt;
  return fmt::format("the statistics file {} is damaged: it is now {}, and a new one begins",
                     path.native(), aside);
}

}  // namespace actiond
