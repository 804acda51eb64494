// A connection to a database server, whichever it is. What lies behind it is in a module of its
// own (see backend_module.hpp), so nothing here needs a server's client library.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/result.hpp"

namespace action::sql {

// What stands for a question mark of a statement. Texts and bytes are borrowed.
struct Value {
  enum class Kind : unsigned char { Null, Number, Text, Bytes };

  Value(std::integral auto value) : kind(Kind::Number), number(static_cast<std::int64_t>(value)) {}
  Value(std::string_view text) : kind(Kind::Text), bytes(text) {}
  Value(const std::string& text) : kind(Kind::Text), bytes(text) {}
  Value(const char* text) : kind(Kind::Text), bytes(text) {}

  static Value null() {
    Value value(0);
    value.kind = Kind::Null;
    return value;
  }
  static Value of_bytes(std::string_view bytes) {
    Value value(bytes);
    value.kind = Kind::Bytes;
    return value;
  }

  Kind kind;
  std::int64_t number = 0;
  std::string_view bytes;
};

// What a statement answers: its rows, or what it did. Texts last as long as it does.
class Answer {
 public:
  std::size_t rows() const { return columns_ == 0 ? 0 : fields_.size() / columns_; }
  std::size_t columns() const { return columns_; }
  bool is_null(std::size_t row, std::size_t column) const { return at(row, column).is_null; }
  // Of a text: what its digits say.
  std::int64_t number(std::size_t row, std::size_t column) const {
    const auto& field = at(row, column);
    if (field.is_number) return field.number;
    return std::strtoll(std::string(text(row, column)).c_str(), nullptr, 10);
  }
  std::string_view text(std::size_t row, std::size_t column) const {
    const auto& field = at(row, column);
    return std::string_view(bytes_).substr(field.begin, field.size);
  }

  std::uint64_t changed = 0;  // rows
  std::int64_t last_id = 0;   // that was given to a row that was inserted; 0: none

  // For whoever fills it, row by row.
  void set_columns(std::size_t count) { columns_ = count; }
  void add_null() { fields_.push_back({0, 0, 0, false, true}); }
  void add_number(std::int64_t value) { fields_.push_back({0, 0, value, true, false}); }
  void add_text(std::string_view text) {
    fields_.push_back({bytes_.size(), text.size(), 0, false, false});
    bytes_.append(text);
  }

 private:
  struct Field {
    std::size_t begin, size;
    std::int64_t number;
    bool is_number, is_null;
  };
  const Field& at(std::size_t row, std::size_t column) const {
    return fields_[row * columns_ + column];
  }

  std::size_t columns_ = 0;
  std::vector<Field> fields_;
  std::string bytes_;
};

// Of what kind the last failure was.
enum class Trouble : unsigned char {
  None,
  Lost,       // the connection is over
  Again,      // another transaction was in the way: the whole of this one may be tried again
  NoTable,    // or no other object that a statement names
  Forbidden,  // the user lacks a right
  Refused,    // by the server: it can't be done as it is
};

// One thread, but for interrupt.
class Session {
 public:
  // Ends the connection; what is not committed is rolled back.
  virtual ~Session() = default;

  // Runs a statement with values for its question marks; it is prepared at its first use, and kept.
  // Blocks until the server has answered, or has said nothing for the time given at open.
  virtual Result<Answer> run(const std::string& sql, std::span<const Value> values) = 0;
  // Runs statements that have no values, and are not worth keeping.
  virtual Result<Answer> execute(const std::string& sql) = 0;

  Trouble trouble() const { return trouble_; }
  void set_trouble(Trouble trouble) { trouble_ = trouble; }
  // The most that one statement may carry, in bytes.
  virtual std::size_t most_bytes() const = 0;
  // Ends whatever it waits for: that call, and all that follow, fail. Any thread.
  virtual void interrupt() = 0;

  // Readable when the server may have told something by itself; -1: it never does.
  virtual int notice_fd() const { return -1; }
  // True: it has told whoever listens that something was stored, or is gone, which the next
  // statement says. Never blocks.
  virtual bool take_notices() { return false; }

  template <typename... Values>
  Result<Answer> with(const std::string& sql, const Values&... values) {
    if constexpr (sizeof...(values) == 0) {
      return run(sql, {});
    } else {
      const Value all[] = {Value(values)...};
      return run(sql, all);
    }
  }

 private:
  Trouble trouble_ = Trouble::None;  // of the last statement
};

}  // namespace action::sql
