// What statistics.db is made of. Whoever wants may read it with sqlite3.
#pragma once

namespace actiond {

inline constexpr int kStatisticsVersion = 1;

// `step_s`: 60 and 3600 are minutes and hours, `at_s` (since 1970) is their beginning; 0 are all
// that were ever counted, of all plugin sets. `outcome` is an OutcomeLabel; `run` and `wait` are
// packed buckets. `kind` of a name: 1 event, 2 queue, 3 plugin set, 4 plugin. application_id:
// "ActS".
inline constexpr char kStatisticsTables[] = R"sql(
  CREATE TABLE names (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (kind, name)
  );
  CREATE TABLE counts (
    step_s INTEGER NOT NULL,
    at_s INTEGER NOT NULL,
    event INTEGER NOT NULL,
    queue INTEGER NOT NULL,
    plugin_set INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    count INTEGER NOT NULL,
    run_ms REAL NOT NULL,
    wait_ms REAL NOT NULL,
    run BLOB NOT NULL,
    wait BLOB NOT NULL,
    PRIMARY KEY (step_s, at_s, event, queue, plugin_set, outcome)
  ) WITHOUT ROWID;
  CREATE TABLE marks (
    seq INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    poller TEXT NOT NULL,
    set_before TEXT NOT NULL,
    set_after TEXT NOT NULL,
    event TEXT NOT NULL,
    plugin TEXT NOT NULL,
    text TEXT NOT NULL,
    count INTEGER NOT NULL
  );
  CREATE INDEX marks_at ON marks (at_ms);
  CREATE TABLE counters (
    name TEXT NOT NULL,
    event TEXT NOT NULL,
    plugin TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (name, event, plugin)
  ) WITHOUT ROWID;
  PRAGMA application_id = 0x41637453;
  PRAGMA user_version = 1;
)sql";

}  // namespace actiond
