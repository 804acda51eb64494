#include "client/sqlite/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

namespace action {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::microseconds kFirstWait{100};
constexpr int kMostDoublings = 6;  // 6.4 ms

const char* advice(int code) {
  switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another process has locked it: end that one (fuser names it)";
    case SQLITE_FULL:
      return "its disk is full: make room there";
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return "it can't be written to: see to the rights of the file and of its directory";
    case SQLITE_CANTOPEN:
      return "it can't be opened: is its directory there, and may it be used?";
    case SQLITE_CORRUPT:
      return "it is damaged: stop all that use it and save what can be saved with sqlite3's "
             ".recover, or move it away";
    case SQLITE_NOTADB:
      return "it is no SQLite file: name another one, or move it away";
    case SQLITE_IOERR:
      return "reading or writing it failed: look at the disk (dmesg)";
    default:
      return nullptr;
  }
}

}  // namespace

void count_no_memory() {
  ::sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path,
                                                 std::chrono::milliseconds patience,
                                                 const char* what) {
  std::unique_ptr<Database> database(new Database(path, patience, what));
  if (auto opened = database->open_with(SQLITE_OPEN_READWRITE); !opened) return opened.error();
  if (::sqlite3_db_readonly(database->raw_, "main") == 1)
    return Error{fmt::format("{} {}: {}", what, path, advice(SQLITE_READONLY))};
  return database;
}

Result<std::unique_ptr<Database>> Database::open_to_read(const std::string& path,
                                                         std::chrono::milliseconds patience,
                                                         const char* what) {
  std::unique_ptr<Database> database(new Database(path, patience, what));
  if (auto opened = database->open_with(SQLITE_OPEN_READONLY); !opened) return opened.error();
  if (!database->is_out_of_reach()) return database;
  database.reset(new Database(path, patience, what));
  if (auto opened = database->open_unchanging(); !opened) return opened.error();
  return database;
}

// With a log beside the file (WAL), readers write there too, if only what they read. Without one
// nobody else uses it.
bool Database::is_out_of_reach() const {
  const int code =
      ::sqlite3_exec(raw_, "SELECT 1 FROM sqlite_schema", nullptr, nullptr, nullptr) & 0xff;
  return (code == SQLITE_CANTOPEN || code == SQLITE_READONLY) &&
         ::access((path_ + "-wal").c_str(), F_OK) != 0;
}

// Of a file that nobody changes nothing needs to be written to read it.
Result<void> Database::open_unchanging() {
  std::string uri = "file:";
  for (const char letter : path_)
    uri += letter == '?' || letter == '#' || letter == '%'
               ? fmt::format("%{:02x}", static_cast<unsigned char>(letter))
               : std::string(1, letter);
  return open_with(SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, uri + "?immutable=1");
}

Result<void> Database::open_with(int flags, const std::string& address) {
  const auto& name = address.empty() ? path_ : address;
  if (::sqlite3_open_v2(name.c_str(), &raw_, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                        nullptr) != SQLITE_OK)
    return error();
  ::sqlite3_busy_handler(raw_, &Database::on_busy, this);
  return {};
}

Database::~Database() {
  ::sqlite3_close_v2(raw_);
}

int Database::on_busy(void* self, int tries) {
  return static_cast<Database*>(self)->wait(tries) ? 1 : 0;
}

// SQLite's own waits begin with milliseconds, which is what a whole transaction takes here. False:
// `patience` is over.
bool Database::wait(int tries) {
  const auto now = std::chrono::steady_clock::now();
  if (tries == 0) busy_since_ = now;
  if (now - busy_since_ >= patience_) return false;
  std::this_thread::sleep_for(kFirstWait * (1 << std::min(tries, kMostDoublings)));
  return true;
}

// Of those who do this to a new file at the same time SQLite refuses all but one, and at once: each
// holds what the other waits for.
Result<bool> Database::write_ahead() {
  Statement mode(*this, "PRAGMA journal_mode = WAL");
  auto set = mode.with().step();
  for (int tries = 0; !set && was_busy() && wait(tries); ++tries) set = mode.with().step();
  if (!set) return set;
  return mode.text(0) == "wal";
}

Result<void> Database::execute(const char* sql) {
  if (::sqlite3_exec(raw_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return error();
}

std::int64_t Database::last_row() const {
  return ::sqlite3_last_insert_rowid(raw_);
}

int Database::changed_rows() const {
  return ::sqlite3_changes(raw_);
}

Error Database::error() const {
  if (raw_ == nullptr) return {fmt::format("{} {}: out of memory", what_, path_)};
  const char* const why = advice(::sqlite3_errcode(raw_) & 0xff);
  return {fmt::format("{} {}: {}", what_, path_, why ? why : ::sqlite3_errmsg(raw_))};
}

bool Database::was_busy() const {
  const int code = ::sqlite3_errcode(raw_) & 0xff;
  return code == SQLITE_BUSY || code == SQLITE_LOCKED;
}

Statement::~Statement() {
  ::sqlite3_finalize(raw_);
}

bool Statement::begin() {
  bound_ = 0;
  if (raw_ != nullptr) return ::sqlite3_reset(raw_), true;
  return ::sqlite3_prepare_v3(database_.raw(), sql_, -1, SQLITE_PREPARE_PERSISTENT, &raw_,
                              nullptr) == SQLITE_OK;
}

Result<bool> Statement::step() {
  if (raw_ == nullptr) return database_.error();
  const int stepped = ::sqlite3_step(raw_);
  if (stepped == SQLITE_ROW) return true;
  const auto error = stepped == SQLITE_DONE ? Error{} : database_.error();
  ::sqlite3_reset(raw_);
  if (stepped == SQLITE_DONE) return false;
  return error;
}

void Statement::reset() {
  ::sqlite3_reset(raw_);
}

void Statement::bind(std::int64_t value) {
  ::sqlite3_bind_int64(raw_, ++bound_, value);
}

void Statement::bind(double value) {
  ::sqlite3_bind_double(raw_, ++bound_, value);
}

void Statement::bind(std::string_view text) {
  const char* const begin = text.data() != nullptr ? text.data() : "";
  ::sqlite3_bind_text64(raw_, ++bound_, begin, text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::bind(TextOrNull text) {
  if (!text.text.empty()) return bind(text.text);
  ::sqlite3_bind_null(raw_, ++bound_);
}

void Statement::bind(Blob blob) {
  if (blob.bytes.empty())
    ::sqlite3_bind_zeroblob(raw_, ++bound_, 0);
  else
    ::sqlite3_bind_blob64(raw_, ++bound_, blob.bytes.data(), blob.bytes.size(), SQLITE_STATIC);
}

std::int64_t Statement::number(int column) const {
  return ::sqlite3_column_int64(raw_, column);
}

double Statement::real(int column) const {
  return ::sqlite3_column_double(raw_, column);
}

std::string_view Statement::text(int column) const {
  const auto* const begin = static_cast<const char*>(::sqlite3_column_blob(raw_, column));
  if (begin == nullptr) return {};
  return {begin, static_cast<std::size_t>(::sqlite3_column_bytes(raw_, column))};
}

bool Statement::is_null(int column) const {
  return ::sqlite3_column_type(raw_, column) == SQLITE_NULL;
}

}  // namespace action
