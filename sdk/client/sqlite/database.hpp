// SQLite's C interface, with owners for its handles and sentences for its errors. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "client/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace action {

class Database {
 public:
  // Opens a file that exists, to read and write. Another process's lock is waited for up to
  // `patience`, by this and by all that follows. `what` the file is, in errors; it must live on.
  static Result<std::unique_ptr<Database>> open(const std::string& path,
                                                std::chrono::milliseconds patience,
                                                const char* what = "the queue file");
  // The same, to read only: nobody is held up, and no right to write is needed.
  static Result<std::unique_ptr<Database>> open_to_read(const std::string& path,
                                                        std::chrono::milliseconds patience,
                                                        const char* what = "the queue file");
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void set_patience(std::chrono::milliseconds patience) { patience_ = patience; }

  // Runs statements that answer nothing.
  Result<void> execute(const char* sql);
  // From now on what changes goes to a log beside the file (WAL). False: its file system can't
  // share memory between processes.
  Result<bool> write_ahead();
  std::int64_t last_row() const;
  int changed_rows() const;

  // What the last call that failed says to people, with the file's name.
  Error error() const;
  // It failed only because another process held a lock for longer than `patience`.
  bool was_busy() const;

  const std::string& path() const { return path_; }
  sqlite3* raw() const { return raw_; }

 private:
  Database(std::string path, std::chrono::milliseconds patience, const char* what)
      : path_(std::move(path)), what_(what), patience_(patience) {}
  Result<void> open_with(int flags, const std::string& address = {});
  Result<void> open_unchanging();
  bool is_out_of_reach() const;
  static int on_busy(void* self, int tries);
  bool wait(int tries);

  std::string path_;
  const char* what_;
  std::chrono::milliseconds patience_;
  std::chrono::steady_clock::time_point busy_since_;
  sqlite3* raw_ = nullptr;
};

// SQLite counts what it allocates, under a lock of the whole process, which costs 8 % of a
// drain. A program that asks nobody for that number says so before it opens its first database.
void count_no_memory();

// A text that is NULL if it is empty; bytes that are no text.
struct TextOrNull {
  std::string_view text;
};
struct Blob {
  std::string_view bytes;
};

// A statement, prepared at its first use and kept. What it is given is borrowed until it has run.
class Statement {
 public:
  // `database` must outlive it; `sql` as well.
  Statement(Database& database, const char* sql) : database_(database), sql_(sql) {}
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Begins anew with these values in the places of its question marks.
  template <typename... Values>
  Statement& with(const Values&... values) {
    if (begin()) (bind(values), ...);
    return *this;
  }
  // True: a row is there to be read. False: no more.
  Result<bool> step();
  // All at once, for one that answers nothing.
  template <typename... Values>
  Result<void> run(const Values&... values) {
    const auto done = with(values...).step();
    return done ? Result<void>() : done.error();
  }

  // Of the row; the texts last until the next step.
  std::int64_t number(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;
  bool is_null(int column) const;
  // Ends a statement whose rows are of no more interest.
  void reset();

 private:
  bool begin();
  void bind(std::int64_t value);
  void bind(int value) { bind(std::int64_t{value}); }
  void bind(double value);
  void bind(bool value) { bind(std::int64_t{value}); }
  void bind(std::string_view text);
  void bind(const std::string& text) { bind(std::string_view(text)); }
  void bind(TextOrNull text);
  void bind(Blob blob);

  Database& database_;
  const char* sql_;
  sqlite3_stmt* raw_ = nullptr;
  int bound_ = 0;
};

}  // namespace action
