// The value of an expected failure: what a call returns where it may fail for a reason that the
// world (a broker, a file, a user) gives. Shared by the client library and the host.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace action {

// What trying again may bring.
enum class Fault : unsigned char {
  Passing,    // success, another time
  NotNow,     // success in a moment, perhaps: it was refused without a reason
  Lost,       // success, over the next connection: this one is gone
  Missing,    // success, once what it needs is declared again
  Lasting,    // nothing else: it can't be done as it is
  Undecided,  // whether it was done is not known
  Duplicate,  // it is as good as done: another with its unique key is there
};

// One sentence: what happened, to what, and what to do about it. No secrets in it.
struct Error {
  std::string text;
  Fault fault = Fault::Passing;
  std::string id{};  // of Duplicate: the event that is there

  // The same failure, told by a caller who knows what was being done: "doing: text".
  [[nodiscard]] Error within(const std::string& doing) const {
    return {doing + ": " + text, fault, id};
  }
};

// A T, or an Error. Reading the one that is not there is a bug and asserts.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Error error) : state_(std::move(error)) {}

  bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }

  T& value() & { return std::get<T>(state_); }
  const T& value() const& { return std::get<T>(state_); }
  T&& value() && { return std::get<T>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const { return std::get<Error>(state_); }

 private:
  std::variant<T, Error> state_;
};

// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}

  bool ok() const { return !failed_; }
  explicit operator bool() const { return ok(); }

  const Error& error() const {
    assert(failed_);
    return error_;
  }

 private:
  Error error_;
  bool failed_ = false;
};

}  // namespace action
