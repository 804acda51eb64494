#include "commands/terminal/params.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json_object.hpp"
#include "base/text.hpp"

namespace actiond {
namespace {

using nlohmann::json;

// What begins like JSON is meant as such.
bool is_key_value(const std::string& word) {
  const auto equals = word.find('=');
  const auto first = word.find_first_not_of(" \t\r\n");
  return equals != std::string::npos && equals > 0 && word[first] != '{' && word[first] != '[';
}

json value_of(std::string text) {
  auto value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? json(std::move(text)) : value;
}

Result<void> add(const std::string& word, json& params) {
  if (!is_utf8(word)) return Error{fmt::format("the param {} is not UTF-8", in_quotes(word))};
  if (!is_key_value(word))
    return Error{fmt::format(
        "{} is neither a JSON object of params nor key=value: write to=ann n=3, or '{{\"n\": 3}}'",
        in_quotes(word))};
  const auto equals = word.find('=');
  std::string key = word.substr(0, equals);
  if (params.contains(key))
    return Error{fmt::format("the param {} is given twice", in_quotes(key))};
  params[std::move(key)] = value_of(word.substr(equals + 1));
  return {};
}

}  // namespace

Result<std::string> params_of(const std::vector<std::string>& words) {
  if (words.size() == 1 && !is_key_value(words[0])) {
    if (is_json_object(words[0])) return words[0];
    const auto end = words[0].find_last_not_of(' ') + 1;
    return Error{fmt::format("the params {} are not a JSON object: write '{{\"n\": 3}}', or n=3",
                             in_quotes(words[0].substr(0, end)))};
  }
  json params = json::object();
  for (const auto& word : words)
    if (auto added = add(word, params); !added) return added.error();
  return params.dump();
}

}  // namespace actiond
