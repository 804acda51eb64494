#include "poller/plugin_sets/set_record.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/files.hpp"

namespace actiond {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SetRecord, current, previous, rejected, rejected_why)

namespace {

namespace fs = std::filesystem;

// Whatever the umask: who writes here chooses the code that a rollback runs.
constexpr mode_t kRecordMode = 0640;
constexpr auto kReplace = nlohmann::json::error_handler_t::replace;

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
  const auto text = nlohmann::json(record).dump(-1, ' ', false, kReplace) + "\n";
  const auto written = replace_file(path, text, kRecordMode);
  if (written) return {};
  return Error{fmt::format("{}: without it there is no way back to the plugins that ran before",
                           written.error().text)};
}

std::set<std::string> recorded_sets(const fs::path& run_dir) {
  std::set<std::string> sets;
  std::error_code error;
  for (const auto& path : list_directory(run_dir, error)) {
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
