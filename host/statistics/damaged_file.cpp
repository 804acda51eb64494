#include "statistics/damaged_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <system_error>

#include "base/files.hpp"

namespace actiond {

FileIdentity identity_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

// Pages further behind show when they are written to.
std::optional<FileIdentity> find_damage(const std::filesystem::path& path) {
  const auto before = identity_of(path);
  sqlite3* database = nullptr;
  int code = ::sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr);
  if (code == SQLITE_OK)
    code = ::sqlite3_exec(database, "SELECT * FROM sqlite_schema", nullptr, nullptr, nullptr);
  ::sqlite3_close_v2(database);
  const bool is_damaged = (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
  return is_damaged && identity_of(path) == before ? std::optional(before) : std::nullopt;
}

// One process at a time, and only the file that was found damaged: another may have put a new one
// there meanwhile.
std::optional<std::string> move_aside(const std::filesystem::path& path,
                                      const FileIdentity& damaged) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file || !try_to_lock(file)) return std::nullopt;
  struct stat mine {};
  if (::fstat(file.get(), &mine) != 0 || damaged != FileIdentity{mine.st_dev, mine.st_ino} ||
      damaged != identity_of(path))
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
