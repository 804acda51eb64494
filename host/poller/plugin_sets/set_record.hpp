// Which sets of plugins a poller's id has run: what it can go back to. In run_dir/poller.N.set,
// written by the poller that has just become that id.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "base/result.hpp"

namespace actiond {

struct SetRecord {
  std::string current;       // hashes of snapshots; empty: none
  std::string previous;      // what ran before it
  std::string rejected;      // what was gone back from, until the plugin directory changes
  std::string rejected_why;  // a sentence
  bool operator==(const SetRecord&) const = default;
};

// What is recorded of that id; empty if nothing is, or it can't be understood.
SetRecord read_set_record(const std::filesystem::path& run_dir, int id);
// By rename: a reader sees the old one or the new one.
Result<void> write_set_record(const std::filesystem::path& run_dir, int id,
                              const SetRecord& record);

// The sets that a poller of any id may go back to: snapshots to be kept.
std::set<std::string> recorded_sets(const std::filesystem::path& run_dir);

// The record once `hash` runs: what ran until now is the way back. Pure.
SetRecord succeed(SetRecord record, const std::string& hash);

}  // namespace actiond
