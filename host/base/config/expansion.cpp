#include "base/config/expansion.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "base/config/scalar.hpp"
#include "base/text.hpp"

namespace actiond {
namespace {

constexpr std::string_view kVariableCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

bool is_variable_name(std::string_view name) {
  return !name.empty() && (name[0] < '0' || name[0] > '9') &&
         name.find_first_not_of(kVariableCharacters) == std::string_view::npos;
}

Error no_reference(std::string_view text) {
  return {
      fmt::format("{} is not a variable: write ${{NAME}} or ${{NAME:-default}}, and $${{ for a "
                  "literal ${{",
                  in_quotes(text))};
}

// reference: what stands between the braces.
Result<std::string> value_of(std::string_view reference, std::vector<std::string>* taken) {
  const std::size_t colon = reference.find(":-");
  const bool has_default = colon != std::string_view::npos;
  const std::string name(reference.substr(0, colon));
  const char* const value = is_variable_name(name) ? std::getenv(name.c_str()) : nullptr;
  const bool is_nested = reference.find("${") != std::string_view::npos;
  if (!is_variable_name(name) || is_nested) return no_reference(fmt::format("${{{}}}", reference));
  if (value != nullptr && !is_utf8(value))
    return Error{fmt::format("the environment variable {} is not UTF-8 text", name)};
  if (has_default && (value == nullptr || *value == '\0'))
    return std::string(reference.substr(colon + 2));
  if (value != nullptr && taken != nullptr) taken->push_back(name);
  if (value != nullptr) return std::string(value);
  return Error{
      fmt::format("the environment variable {0} is not set: set it, or write "
                  "${{{0}:-default}}",
                  name)};
}

void expand_scalar(Tree& scalar, const std::string& path, Problems& problems) {
  if (scalar.text.find("${") == std::string::npos) return;
  auto expanded = expand_variables(scalar.text, &scalar.variables);
  if (!expanded) {
    problems.add(scalar.place, fmt::format("{}: {}", in_quotes(path), expanded.error().text));
    scalar.kind = Tree::Kind::Reported;
    return;
  }
  scalar.unexpanded = std::move(scalar.text);
  scalar.text = std::move(*expanded);
  if (!scalar.is_quoted && is_null_text(scalar.text)) scalar.kind = Tree::Kind::Null;
}

}  // namespace

Result<std::string> expand_variables(std::string_view text, std::vector<std::string>* taken) {
  std::string out;
  while (true) {
    const std::size_t start = text.find("${");
    const std::string_view literal = text.substr(0, start);
    out += literal;
    if (start == std::string_view::npos) return out;
    text.remove_prefix(start);
    if (literal.ends_with('$')) {
      out += '{';
      text.remove_prefix(2);
      continue;
    }
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) return no_reference(text);
    auto value = value_of(text.substr(2, end - 2), taken);
    if (!value) return value.error();
    out += *value;
    text.remove_prefix(end + 1);
  }
}

void expand_tree(Tree& tree, const std::string& path, Problems& problems) {
  if (tree.kind == Tree::Kind::Scalar) expand_scalar(tree, path, problems);
  for (Tree& item : tree.items) expand_tree(item, path, problems);
  for (TreeEntry& entry : tree.entries)
    expand_tree(entry.value, key_path(path, entry.key), problems);
}

}  // namespace actiond
