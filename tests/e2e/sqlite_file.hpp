// A queue file as another program finds it.
#pragma once

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <filesystem>
#include <string>

class Sqlite {
 public:
  explicit Sqlite(const std::filesystem::path& file) {
    REQUIRE(::sqlite3_open(file.c_str(), &db_) == SQLITE_OK);
  }
  ~Sqlite() { ::sqlite3_close(db_); }
  void run(const char* sql) const {
    REQUIRE(::sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  std::string text(const char* sql) const {
    std::string text;
    const auto take = [](void* to, int, char** values, char**) {
      *static_cast<std::string*>(to) = values[0] != nullptr ? values[0] : "";
      return 0;
    };
    REQUIRE(::sqlite3_exec(db_, sql, take, &text, nullptr) == SQLITE_OK);
    return text;
  }

 private:
  sqlite3* db_ = nullptr;
};
