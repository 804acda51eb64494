// MariaDB's and MySQL's own words.
#include <fmt/format.h>

#include "client/sql/dialect.hpp"

namespace action::sql {
namespace {

constexpr std::size_t kLongestApplication = 50;  // a table's name has up to 64 characters

// UNIX_TIMESTAMP() alone knows no time zone: of NOW(3), which does, only the fraction is taken.
constexpr char kNow[] = "(UNIX_TIMESTAMP() * 1000 + MICROSECOND(NOW(3)) DIV 1000)";
constexpr char kName[] = "VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin";
constexpr char kStorage[] = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";

// The same events in the same columns as a queue file has. What other programs need not know has a
// default, so that an INSERT names queue, event and params alone.
constexpr char kEvents[] = R"sql(CREATE TABLE IF NOT EXISTS {events} (
  seq BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  queue {name} NOT NULL,
  state TINYINT NOT NULL DEFAULT 0,
  due_ms BIGINT NOT NULL DEFAULT {now},
  owner BIGINT NULL,
  owned_since_ms BIGINT NULL,
  is_redelivered TINYINT NOT NULL DEFAULT 0,
  event VARCHAR(255) NOT NULL,
  id VARCHAR(255) NOT NULL DEFAULT (UUID()),
  params LONGBLOB NOT NULL DEFAULT ('{{}}'),
  enqueued_at_s BIGINT NOT NULL DEFAULT (UNIX_TIMESTAMP()),
  sender TEXT NULL,
  attempt INT NOT NULL DEFAULT 1,
  origin TEXT NULL,
  error MEDIUMTEXT NULL,
  poller TEXT NULL,
  plugin TEXT NULL,
  backtrace MEDIUMTEXT NULL,
  first_failed_at_ms BIGINT NOT NULL DEFAULT 0,
  failed_at_ms BIGINT NOT NULL DEFAULT 0,
  unknown_since_ms BIGINT NOT NULL DEFAULT 0,
  interrupted INT NOT NULL DEFAULT 0,
  trace_parent TEXT NULL,
  trace_state TEXT NULL,
  properties LONGBLOB NULL,
  expires_at_ms BIGINT NOT NULL DEFAULT 0,
  unique_key VARBINARY(255) NULL,
  unique_until_ms BIGINT NOT NULL DEFAULT 0,
  INDEX ready (queue, state, due_ms, seq),
  UNIQUE INDEX one_of_a_key (unique_key),
  CONSTRAINT {constraint} FOREIGN KEY (queue) REFERENCES {queues} (name)
) {storage})sql";

std::string in_backticks(std::string_view application, std::string_view table) {
  return fmt::format("`{}_{}`", application, table);
}

// What MariaDB alone says in one statement; done anew it changes nothing.
std::vector<std::string> add_column(const std::string& events, std::string_view application,
                                    std::string_view name, std::string_view addition) {
  return {fmt::format("SET @action_step = (SELECT IF(COUNT(*) > 0, 'DO 0', 'ALTER TABLE {0} {1}')"
                      " FROM information_schema.columns WHERE table_schema = DATABASE()"
                      " AND table_name = '{2}_events' AND column_name = '{3}')",
                      events, addition, application, name),
          "PREPARE action_step FROM @action_step", "EXECUTE action_step",
          "DEALLOCATE PREPARE action_step"};
}

void add_tables(Dialect& d, std::string_view application) {
  d.add_pauses = fmt::format(
      "CREATE TABLE IF NOT EXISTS {} (queue {} NOT NULL PRIMARY KEY, paused_by TEXT NOT NULL,"
      " at_ms BIGINT NOT NULL, reason TEXT NOT NULL) {}",
      d.pauses, kName, kStorage);
  d.tables = {
      fmt::format("CREATE TABLE IF NOT EXISTS {} (name {} NOT NULL PRIMARY KEY) {}", d.queues,
                  kName, kStorage),
      fmt::format("CREATE TABLE IF NOT EXISTS {} (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
                  " name TEXT NOT NULL, since_ms BIGINT NOT NULL) {}",
                  d.owners, kStorage),
      fmt::format("CREATE TABLE IF NOT EXISTS {} (queue {} NOT NULL, owner BIGINT NOT NULL,"
                  " done BIGINT NOT NULL, failed BIGINT NOT NULL, PRIMARY KEY (queue, owner)) {}",
                  d.counts, kName, kStorage),
      fmt::format(kEvents, fmt::arg("events", d.events), fmt::arg("queues", d.queues),
                  fmt::arg("name", kName), fmt::arg("now", kNow), fmt::arg("storage", kStorage),
                  fmt::arg("constraint", in_backticks(application, "events_queue"))),
      fmt::format("CREATE TABLE IF NOT EXISTS {} (version INT NOT NULL PRIMARY KEY) {}", d.schema,
                  kStorage),
  };
}

// InnoDB finds the end of a queue by the next row that lives. While rows of the queue behind it are
// deleted faster than they are purged, it walks through all of them, at each look.
std::string add_fences(const Dialect& d) {
  return fmt::format(
      "INSERT INTO {0} (queue, due_ms, event, id, params)"
      " SELECT name, {1}, '', 'fence', '' FROM {2} AS q WHERE NOT EXISTS"
      " (SELECT 1 FROM {0} FORCE INDEX (ready) WHERE queue = q.name AND state = 0 AND due_ms = "
      "{1})",
      d.events, kNeverDue_ms, d.queues);
}

// A lock's name holds for the whole server, and has up to 64 characters.
void add_locks(Dialect& d, std::string_view application) {
  const auto lock = fmt::format("CONCAT(SHA1(CONCAT(DATABASE(), '/{}')), '.', ", application);
  d.lock_owner = fmt::format("SELECT GET_LOCK({}?), 0)", lock);
  d.holds_lock = fmt::format("SELECT IS_USED_LOCK({}?)) = CONNECTION_ID()", lock);
  d.dead_owners =
      fmt::format("SELECT id FROM {} WHERE id <> ? AND IS_FREE_LOCK({}id)) = 1", d.owners, lock);
  d.living_owners =
      fmt::format("SELECT COUNT(*) FROM {} WHERE IS_FREE_LOCK({}id)) = 0", d.owners, lock);
  d.lock_setup = fmt::format("SELECT GET_LOCK({}'setup'), 10)", lock);
  d.unlock_setup = fmt::format("SELECT RELEASE_LOCK({}'setup'))", lock);
}

void add_patience(Dialect& d) {
  d.wait_for_no_lock = "SET SESSION innodb_lock_wait_timeout = 0";  // MySQL makes a second of it
  d.wait_for_locks = "SET SESSION innodb_lock_wait_timeout = 5, lock_wait_timeout = 5";
  d.wait_for_tables = "SET SESSION innodb_lock_wait_timeout = 2, lock_wait_timeout = 2";
  d.keep_patience =
      "SET @action_rows = @@innodb_lock_wait_timeout, @action_tables = @@lock_wait_timeout";
  d.former_patience =
      "SET SESSION innodb_lock_wait_timeout = @action_rows, lock_wait_timeout = @action_tables";
  d.owner_settings = {"SET SESSION wait_timeout = 30, net_write_timeout = 25", d.wait_for_locks};
  d.late_idle_limit = "SET SESSION wait_timeout = 900";
}

}  // namespace

Result<Dialect> mysql_dialect(std::string_view application) {
  if (application.size() > kLongestApplication)
    return Error{
        fmt::format("application: '{}' is too long for the names of a database's tables: "
                    "use {} characters at most",
                    application, kLongestApplication)};
  Dialect d;
  d.queues = in_backticks(application, "queues");
  d.owners = in_backticks(application, "owners");
  d.counts = in_backticks(application, "counts");
  d.events = in_backticks(application, "events");
  d.pauses = in_backticks(application, "pauses");
  d.schema = in_backticks(application, "schema");
  d.lease = in_backticks(application, "lease");
  add_tables(d, application);
  const auto lease = fmt::format(
      "CREATE TABLE IF NOT EXISTS {} (id INT NOT NULL PRIMARY KEY, state LONGTEXT NOT NULL) {}",
      d.lease, kStorage);
  d.tables.insert(d.tables.end() - 1, lease);
  d.upgrades = {
      add_column(d.events, application, "expires_at_ms",
                 "ADD COLUMN expires_at_ms BIGINT NOT NULL DEFAULT 0"),
      {lease},
      add_column(d.events, application, "unique_key",
                 "ADD COLUMN unique_key VARBINARY(255) NULL, ADD COLUMN unique_until_ms"
                 " BIGINT NOT NULL DEFAULT 0, ADD UNIQUE INDEX one_of_a_key (unique_key)")};
  d.now_ms = kNow;
  d.begin = d.begin_lightly = "START TRANSACTION";
  d.by_ready = " FORCE INDEX (ready)";
  d.add_queue = fmt::format("INSERT IGNORE INTO {} (name) VALUES (?)", d.queues);
  d.add_fences = add_fences(d);
  d.add_counts = fmt::format(
      "INSERT INTO {} (queue, owner, done, failed) VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE"
      " done = done + VALUES(done), failed = failed + VALUES(failed)",
      d.counts);
  add_locks(d, application);
  add_patience(d);
  d.server_id = "SELECT CONCAT_WS('/', @@hostname, @@port, @@datadir, DATABASE())";
  return d;
}

}  // namespace action::sql
