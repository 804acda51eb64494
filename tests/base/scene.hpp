// What a test of this folder stands in: a directory of its own, and environment variables for a
// while.
#pragma once

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>

namespace actiond::test {

namespace fs = std::filesystem;

// Made, entered, and removed with all that is in it.
class Scene {
 public:
  Scene() : before_(fs::current_path()) {
    std::string pattern = (fs::temp_directory_path() / "actiond-base-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    dir_ = fs::canonical(pattern);
    fs::current_path(dir_);
  }
  ~Scene() {
    fs::current_path(before_);
    fs::remove_all(dir_);
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  const fs::path& dir() const { return dir_; }

  fs::path write(const std::string& name, const std::string& text) const {
    const fs::path path = dir_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    ::chmod(path.c_str(), 0600);
    return path;
  }

 private:
  fs::path before_;
  fs::path dir_;
};

inline std::string read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Sets a variable (or takes it away) until the end of the block.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    set(value);
  }
  ~Variable() { set(before_ ? before_->c_str() : nullptr); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const char* value) { value != nullptr ? ::setenv(name_, value, 1) : ::unsetenv(name_); }

  const char* name_;
  std::optional<std::string> before_;
};

// A time zone for a while.
struct Zone {
  explicit Zone(const char* name) : variable("TZ", name) { ::tzset(); }
  ~Zone() { ::tzset(); }
  Variable variable;
};

// None of the variables that choose a configuration.
struct NoVariables {
  Variable config{"ACTIOND_CONFIG", nullptr};
  Variable environment{"ACTIOND_ENV", nullptr};
};

}  // namespace actiond::test
