#include "poller/plugin_sets/set_record.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

namespace actiond {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SetRecord, current, previous, rejected, rejected_why)

namespace {

namespace fs = std::filesystem;

SetRecord read(const fs::path& path) {
  std::ifstream file(path);
  const auto json = nlohmann::json::parse(file, nullptr, false);
  try {
    return json.get<SetRecord>();
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

fs::path record_path(const fs::path& run_dir, int id) {
  return run_dir / fmt::format("poller.{}.set", id);
}

}  // namespace

SetRecord read_set_record(const fs::path& run_dir, int id) {
  return read(record_path(run_dir, id));
}

Result<void> write_set_record(const fs::path& run_dir, int id, const SetRecord& record) {
  const auto path = record_path(run_dir, id);
  const auto temporary = path.native() + fmt::format(".{}", ::getpid());
  std::ofstream file(temporary);
  file << nlohmann::json(record).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
       << "\n";
  file.close();
  std::error_code error;
  // Whatever the umask: who writes here chooses the code that a rollback runs.
  if (file)
    fs::permissions(temporary,
                    fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read, error);
  if (file && !error) fs::rename(temporary, path, error);
  if (!file || error)
    return Error{
        fmt::format("can't write {}: without it there is no way back to the plugins that "
                    "ran before: is the disk full?",
                    path.native())};
  return {};
}

std::set<std::string> recorded_sets(const fs::path& run_dir) {
  std::set<std::string> sets;
  std::error_code error;
  for (fs::directory_iterator entry(run_dir, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto& path = entry->path();
    if (path.extension() != ".set" || !path.filename().native().starts_with("poller.")) continue;
    const auto record = read(path);
    sets.insert({record.current, record.previous});
  }
  return sets;
}

SetRecord succeed(SetRecord record, const std::string& hash) {
  if (record.current == hash) return record;
  record.previous = std::exchange(record.current, hash);
  return record;
}

}  // namespace actiond
