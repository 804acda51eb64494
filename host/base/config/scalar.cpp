#include "base/config/scalar.hpp"

#include <charconv>
#include <cmath>
#include <string>

namespace actiond {
namespace {

template <typename Number, typename... Base>
std::optional<Number> parse_all(std::string_view text, Base... base) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number, base...);
  if (failure != std::errc() || rest != end) return std::nullopt;
  return number;
}

// from_chars takes no plus sign, YAML does.
std::string_view without_plus(std::string_view text) {
  const bool has_plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
  return has_plus ? text.substr(1) : text;
}

nlohmann::json scalar_to_json(const Tree& scalar) {
  if (scalar.is_quoted) return scalar.text;
  if (is_null_text(scalar.text)) return nullptr;
  if (const auto boolean = parse_bool(scalar.text)) return *boolean;
  if (const auto whole = parse_whole(scalar.text)) return *whole;
  if (const auto decimal = parse_decimal(scalar.text)) return *decimal;
  return scalar.text;
}

nlohmann::json list_to_json(const Tree& list) {
  nlohmann::json json = nlohmann::json::array();
  for (const Tree& item : list.items) json.push_back(to_json(item));
  return json;
}

nlohmann::json map_to_json(const Tree& map) {
  nlohmann::json json = nlohmann::json::object();
  for (const TreeEntry& entry : map.entries) json[entry.key] = to_json(entry.value);
  return json;
}

}  // namespace

bool is_null_text(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

std::optional<bool> parse_bool(std::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

std::optional<std::int64_t> parse_whole(std::string_view text) {
  // A sign after the prefix would be from_chars's, not YAML's.
  const bool has_prefix = text.size() > 2 && text[0] == '0' && text[2] != '-';
  if (has_prefix && text[1] == 'x') return parse_all<std::int64_t>(text.substr(2), 16);
  if (has_prefix && text[1] == 'o') return parse_all<std::int64_t>(text.substr(2), 8);
  return parse_all<std::int64_t>(without_plus(text), 10);
}

std::optional<double> parse_decimal(std::string_view text) {
  // from_chars also knows "inf" and "nan", which are text in YAML.
  if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return std::nullopt;
  return parse_all<double>(without_plus(text));
}

bool may_be_number(const Tree& scalar) {
  return scalar.kind == Tree::Kind::Scalar && (!scalar.is_quoted || !scalar.unexpanded.empty());
}

nlohmann::json to_json(const Tree& tree) {
  switch (tree.kind) {
    case Tree::Kind::Null:
    case Tree::Kind::Reported:
      return nullptr;
    case Tree::Kind::Scalar:
      return scalar_to_json(tree);
    case Tree::Kind::List:
      return list_to_json(tree);
    case Tree::Kind::Map:
      return map_to_json(tree);
  }
  return nullptr;
}

}  // namespace actiond
