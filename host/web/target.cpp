#include "web/target.hpp"

namespace actiond::web {
namespace {

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::map<std::string, std::string> parse_query(std::string_view query) {
  std::map<std::string, std::string> parameters;
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    auto name = percent_decoded(pair.substr(0, equals));
    std::string spaced(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    for (char& each : spaced)
      if (each == '+') each = ' ';
    auto value = percent_decoded(spaced);
    if (name && value && !name->empty()) parameters.emplace(std::move(*name), std::move(*value));
  }
  return parameters;
}

std::optional<std::vector<std::string>> parts_of(std::string_view path,
                                                 std::string_view base_path) {
  if (!path.starts_with(base_path)) return std::nullopt;
  path.remove_prefix(base_path.size());
  std::vector<std::string> parts;
  while (!path.empty()) {
    const auto part = path.substr(0, path.find('/'));
    auto decoded = percent_decoded(part);
    if (!decoded || decoded->empty()) return std::nullopt;
    parts.push_back(std::move(*decoded));
    path.remove_prefix(part.size());
    if (path.starts_with('/')) path.remove_prefix(1);
  }
  return parts;
}

}  // namespace actiond::web
