// One mapping of the configuration, read key by key into the fields of a struct. A key that is not
// there leaves the field as it is; a value that can't be adds a problem and leaves it too.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config/tree.hpp"

namespace actiond {

template <typename Number>
struct Range {
  Number min;
  Number max;
};

class Section {
 public:
  // map may be null or anything but a mapping: then no key is there. Borrows all three.
  Section(const Tree* map, std::string path, Problems& problems)
      : map_(map), path_(std::move(path)), problems_(problems) {}

  // The value of a key, unless it is not there or its problem is already told.
  const Tree* find(std::string_view key) const;

  Section section(std::string_view key) const { return {find(key), path(key), problems_}; }

  std::string path(std::string_view key) const { return key_path(path_, key); }

  void read_text(std::string_view key, std::string& field) const;
  void read_path(std::string_view key, const std::filesystem::path& base,
                 std::filesystem::path& field) const;
  void read_whole(std::string_view key, Range<int> range, int& field) const;
  void read_decimal(std::string_view key, Range<double> range, double& field) const;
  void read_bool(std::string_view key, bool& field) const;
  // By default at most a year: longer than the broker can hold a message back, and shorter than
  // what overflows anywhere.
  void read_duration(std::string_view key, std::chrono::milliseconds min,
                     std::chrono::milliseconds& field,
                     std::chrono::days max = std::chrono::days(365)) const;
  // A size of memory, at least `min` bytes, or none.
  void read_byte_size(std::string_view key, std::uint64_t min,
                      std::optional<std::uint64_t>& field) const;
  // A whole number, or `none`, which may also be another word.
  void read_whole_or(std::string_view none, std::string_view key, Range<int> range,
                     std::optional<int>& field) const;

  // One of a few words.
  template <typename Value>
  void read_choice(std::string_view key,
                   const std::vector<std::pair<std::string_view, Value>>& choices,
                   Value& field) const {
    const Tree* const value = find(key);
    if (value == nullptr) return;
    std::vector<std::string> words;
    for (const auto& [word, choice] : choices) {
      if (value->kind == Tree::Kind::Scalar && value->text == word) {
        field = choice;
        return;
      }
      words.emplace_back(word);
    }
    refuse(key, *value, "must be " + or_list(words));
  }

  // Adds "'path' must be ..., not ..." at the value's place.
  void refuse(std::string_view key, const Tree& value, std::string_view must) const;

  Problems& problems() const { return problems_; }

 private:
  static std::string or_list(const std::vector<std::string>& words);

  const Tree* map_;
  std::string path_;
  Problems& problems_;
};

// Printable text in one line, which names, words and paths are.
bool is_plain_text(const Tree& value);

}  // namespace actiond
