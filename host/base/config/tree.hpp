// A configuration file as a tree of plain values that know their place in the file: what is left
// of YAML once yaml-cpp has read it. Overlays, ${VAR}s and checks work on it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config/problems.hpp"

namespace actiond {

struct TreeEntry;

struct Tree {
  enum class Kind { Null, Scalar, List, Map, Reported };  // Reported: a problem already tells

  Kind kind = Kind::Null;
  Place place;
  std::string text;                    // of a scalar, ${VAR}s expanded
  std::string unexpanded;              // what stood there if it had ${VAR}s; else empty
  std::vector<std::string> variables;  // the VARs
  bool is_quoted = false;              // a scalar that is text, whatever it looks like
  std::vector<Tree> items;             // of a list
  std::vector<TreeEntry> entries;      // of a map, in the file's order

  // The value of a key of this map; null if there is none.
  const Tree* find(std::string_view key) const;
  Tree* find(std::string_view key);
};

struct TreeEntry {
  std::string key;
  Place place;  // of the key
  Tree value;
};

// Reads YAML: one document, UTF-8, text keys that stand once each. An empty file is Null. Without
// a result, problems say why; it may also add problems to a result that can still be read on.
std::optional<Tree> parse_yaml(const std::string& yaml, Problems& problems);

// Lays over upon base: maps are merged key by key, all else is replaced. An empty value (a key
// whose children are commented out) takes nothing away from a map.
void merge_over(Tree& base, const Tree& over);

// "retry" and "max" as "retry.max".
std::string key_path(std::string_view parent, std::string_view key);

// What stands there, for "must be ..., not ...": 'text', a list, a mapping, or nothing.
std::string describe(const Tree& tree);

}  // namespace actiond
