#include "base/config/tree.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace actiond {

const Tree* Tree::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const TreeEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

Tree* Tree::find(std::string_view key) {
  return const_cast<Tree*>(static_cast<const Tree&>(*this).find(key));
}

void merge_over(Tree& base, const Tree& over) {
  const bool is_map = base.kind == Tree::Kind::Map;
  if (is_map && over.kind == Tree::Kind::Null) return;
  if (!is_map || over.kind != Tree::Kind::Map) {
    base = over;
    return;
  }
  for (const TreeEntry& entry : over.entries) {
    Tree* const below = base.find(entry.key);
    below != nullptr ? merge_over(*below, entry.value) : base.entries.push_back(entry);
  }
}

std::string key_path(std::string_view parent, std::string_view key) {
  return parent.empty() ? std::string(key) : fmt::format("{}.{}", parent, key);
}

std::string describe(const Tree& tree) {
  const std::string origin =
      tree.unexpanded.empty() ? "" : fmt::format(" (from {})", in_quotes(tree.unexpanded));
  switch (tree.kind) {
    case Tree::Kind::Null:
      return "nothing" + origin;
    case Tree::Kind::List:
      return "a list";
    case Tree::Kind::Map:
      return "a mapping";
    case Tree::Kind::Scalar:
    case Tree::Kind::Reported:
      break;
  }
  return in_quotes(tree.text) + origin;
}

}  // namespace actiond
