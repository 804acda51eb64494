// run_dir/statistics.db, as pollers write it: a delta at a time is added to its minute, its hour
// and the totals. What it holds is worth having, never worth waiting for: it is not synchronised to
// the disk, and a lock is waited for 20 ms.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/config/config.hpp"
#include "base/result.hpp"
#include "client/sqlite/database.hpp"
#include "statistics/damaged_file.hpp"
#include "statistics/delta.hpp"

namespace actiond {

std::filesystem::path statistics_path(const std::filesystem::path& run_dir);

// A file that a poller has begun and not filled yet.
bool is_without_tables(action::Database& database);

// Fails on a file that holds other tables than this program knows.
Result<void> check_statistics_version(action::Database& database);

class Store;

struct StoreOpened {
  std::unique_ptr<Store> store;            // none: `error` says why
  std::optional<std::string> moved_aside;  // a sentence: the file was damaged, a new one begins
  bool was_busy = false;                   // none only because of another process's lock
  Error error;
};

inline constexpr std::chrono::milliseconds kStorePatience{20};

class Store {
 public:
  // Makes the file if it is missing. One that is damaged is moved aside. This and add wait for
  // another process that holds the file for as long as `patience`.
  static StoreOpened open(const std::filesystem::path& path, const StatisticsConfig& config,
                          std::chrono::milliseconds patience = kStorePatience);
  ~Store();

  enum class Added { Yes, Busy, Failed, Damaged };
  // All of it or nothing. Busy: another process holds the file; try later.
  Added add(const Delta& delta, std::int64_t now_ms);
  // Why the last delta was not added.
  const Error& error() const { return error_; }
  // Another file is at its path, or none.
  bool is_replaced() const;
  const FileIdentity& identity() const { return identity_; }
  void set_patience(std::chrono::milliseconds patience);

 private:
  struct Statements;
  enum class NameKind { Event = 1, Queue, PluginSet, Plugin };

  Store(std::unique_ptr<action::Database> database, const StatisticsConfig& config);
  Result<void> add_all(const Delta& delta, std::int64_t now_ms);
  Result<void> add_cell(std::int64_t step_s, const CellKey& key, const Cell& cell);
  Result<void> add_mark_row(const Mark& mark);
  Result<void> add_counter(std::string_view counter, std::string_view event,
                           std::string_view plugin, std::uint64_t by);
  Result<void> remove_old(std::int64_t now_ms);
  Result<std::int64_t> name_id(NameKind kind, std::string_view name, bool is_known);
  Result<std::int64_t> count_names(NameKind kind);

  StatisticsConfig config_;
  std::unique_ptr<action::Database> database_;
  std::unique_ptr<Statements> statements_;
  FileIdentity identity_;
  Error error_;
};

}  // namespace actiond
