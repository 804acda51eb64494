// What a queue file is made of. A change of it is a new version, with the statements that lead
// there from the one before; but a column that programs of before can do without is only added.
#pragma once

namespace action {

inline constexpr int kTablesVersion = 1;

// application_id: "ActE", so that `file` and others can tell. due_ms of what is not later tells
// since when it waits: events run in that order.
inline constexpr char kTables[] = R"sql(
  CREATE TABLE queues (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    done INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE owners (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    pid INTEGER NOT NULL,
    since_ms INTEGER NOT NULL
  );
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    queue INTEGER NOT NULL,
    owner INTEGER,
    owned_since_ms INTEGER,
    is_later INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    is_redelivered INTEGER NOT NULL DEFAULT 0,
    event TEXT NOT NULL,
    id TEXT NOT NULL,
    enqueued_at_s INTEGER NOT NULL,
    sender TEXT,
    attempt INTEGER NOT NULL,
    origin TEXT,
    error TEXT,
    poller TEXT,
    plugin TEXT,
    backtrace TEXT,
    first_failed_at_ms INTEGER NOT NULL,
    failed_at_ms INTEGER NOT NULL,
    unknown_since_ms INTEGER NOT NULL,
    properties BLOB,
    body BLOB NOT NULL,
    interrupted INTEGER NOT NULL DEFAULT 0,
    trace_parent TEXT,
    trace_state TEXT,
    expires_at_ms INTEGER NOT NULL DEFAULT 0,
    unique_key TEXT,
    unique_until_ms INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE pauses (
    queue TEXT PRIMARY KEY,
    paused_by TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    reason TEXT NOT NULL
  );
  CREATE INDEX ready ON events (queue, due_ms) WHERE owner IS NULL AND is_later = 0;
  CREATE INDEX later ON events (due_ms) WHERE is_later = 1;
  CREATE UNIQUE INDEX one_of_a_key ON events (unique_key) WHERE unique_key IS NOT NULL;
  CREATE INDEX in_hand ON events (owner) WHERE owner IS NOT NULL;
  PRAGMA application_id = 0x41637445;
  PRAGMA user_version = 1;
)sql";

// Of each connection. The log of writes (WAL) is cut back to that size when it has been merged.
inline constexpr char kSettings[] = R"sql(
  PRAGMA synchronous = FULL;
  PRAGMA journal_size_limit = 67108864;
  PRAGMA temp_store = MEMORY;
)sql";

// Columns that files of this version may lack: each, and what adds it.
struct LaterColumn {
  const char* name;
  const char* addition;
};
inline constexpr LaterColumn kLaterColumns[] = {
    {"interrupted", "ALTER TABLE events ADD COLUMN interrupted INTEGER NOT NULL DEFAULT 0"},
    {"trace_parent", "ALTER TABLE events ADD COLUMN trace_parent TEXT"},
    {"trace_state", "ALTER TABLE events ADD COLUMN trace_state TEXT"},
    {"expires_at_ms", "ALTER TABLE events ADD COLUMN expires_at_ms INTEGER NOT NULL DEFAULT 0"},
    {"unique_until_ms", "ALTER TABLE events ADD COLUMN unique_until_ms INTEGER NOT NULL DEFAULT 0"},
    {"unique_key",
     "ALTER TABLE events ADD COLUMN unique_key TEXT;"
     "CREATE UNIQUE INDEX one_of_a_key ON events (unique_key) WHERE unique_key IS NOT NULL"}};

// An event with a unique key, of which one application has one: the key with the application's
// name before it. Its own copy, or one whose time is over, lets go of the key; who has it then?
inline constexpr char kFullKey[] =
    "SELECT substr(name, 1, instr(name, '.')) || ?2 FROM queues WHERE id = ?1";
inline constexpr char kLetGoOfKey[] =
    "UPDATE events SET unique_key = NULL WHERE unique_key = ?1 AND (id = ?2 OR "
    "unique_until_ms BETWEEN 1 AND ?3)";
inline constexpr char kWhoHasKey[] = "SELECT id FROM events WHERE unique_key = ?1";
inline constexpr char kHasColumn[] =
    "SELECT count(*) FROM pragma_table_info('events') WHERE name = ?";

// A table that they may lack as a whole.
inline constexpr char kHasPauses[] = "SELECT count(*) FROM sqlite_schema WHERE name = 'pauses'";
inline constexpr char kAddPauses[] =
    "CREATE TABLE IF NOT EXISTS pauses (queue TEXT PRIMARY KEY, paused_by TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL, reason TEXT NOT NULL)";

}  // namespace action
