#include "base/config/section.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/byte_size.hpp"
#include "base/config/scalar.hpp"
#include "base/duration.hpp"
#include "base/text.hpp"

namespace actiond {
namespace {

using std::chrono::milliseconds;

}  // namespace

bool is_plain_text(const Tree& value) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return value.kind == Tree::Kind::Scalar && !value.text.empty() &&
         std::none_of(value.text.begin(), value.text.end(), is_control);
}

const Tree* Section::find(std::string_view key) const {
  const Tree* const value = map_ == nullptr ? nullptr : map_->find(key);
  const bool is_reported = value != nullptr && value->kind == Tree::Kind::Reported;
  return is_reported ? nullptr : value;
}

void Section::refuse(std::string_view key, const Tree& value, std::string_view must) const {
  problems_.add(value.place,
                fmt::format("{} {}, not {}", in_quotes(path(key)), must, describe(value)));
}

std::string Section::or_list(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " or "));
}

void Section::read_text(std::string_view key, std::string& field) const {
  const Tree* const value = find(key);
  if (value == nullptr) return;
  if (!is_plain_text(*value)) return refuse(key, *value, "must be a line of text");
  field = value->text;
}

void Section::read_path(std::string_view key, const std::filesystem::path& base,
                        std::filesystem::path& field) const {
  const Tree* const value = find(key);
  if (value == nullptr) return;
  if (!is_plain_text(*value)) return refuse(key, *value, "must be a path");
  field = (base / value->text).lexically_normal();
}

void Section::read_whole(std::string_view key, Range<int> range, int& field) const {
  const Tree* const value = find(key);
  if (value == nullptr) return;
  const auto number = may_be_number(*value) ? parse_whole(value->text) : std::nullopt;
  if (!number || *number < range.min || *number > range.max)
    return refuse(key, *value,
                  fmt::format("must be a whole number from {} to {}", range.min, range.max));
  field = static_cast<int>(*number);
}

void Section::read_whole_or(std::string_view none, std::string_view key, Range<int> range,
                            std::optional<int>& field) const {
  const Tree* const value = find(key);
  if (value == nullptr) return;
  field.reset();
  if (value->kind == Tree::Kind::Scalar && value->text == none) return;
  const auto number = may_be_number(*value) ? parse_whole(value->text) : std::nullopt;
  if (!number || *number < range.min || *number > range.max)
    return refuse(
        key, *value,
        fmt::format("must be {} or a whole number from {} to {}", none, range.min, range.max));
  field = static_cast<int>(*number);
}

void Section::read_byte_size(std::string_view key, std::uint64_t min,
                             std::optional<std::uint64_t>& field) const {
  const Tree* const value = find(key);
  if (value == nullptr) return;
  field.reset();
  if (value->kind == Tree::Kind::Scalar && value->text == "none") return;
  if (value->kind != Tree::Kind::Scalar)
    return refuse(key, *value, "must be none or a size as in 64MiB");
  const auto size = parse_byte_size(value->text);
  if (!size)
    return problems_.add(value->place,
                         fmt::format("{}: {}", in_quotes(path(key)), size.error().text));
  if (*size < min)
    return refuse(key, *value, fmt::format("must be none or at least {}", format_byte_size(min)));
  field = *size;
}

void Section::read_decimal(std::string_view key, Range<double> range, double& field) const {
  const Tree* const value = find(key);
  if (value == nullptr) return;
  const auto number = may_be_number(*value) ? parse_decimal(value->text) : std::nullopt;
  if (!number || *number < range.min || *number > range.max)
    return refuse(key, *value, fmt::format("must be a number from {} to {}", range.min, range.max));
  field = *number;
}

void Section::read_bool(std::string_view key, bool& field) const {
  read_choice<bool>(key, {{"true", true}, {"false", false}}, field);
}

void Section::read_duration(std::string_view key, milliseconds min, milliseconds& field,
                            std::chrono::days max) const {
  const Tree* const value = find(key);
  if (value == nullptr) return;
  if (value->kind != Tree::Kind::Scalar) return refuse(key, *value, "must be a duration as in 30s");
  const auto duration = parse_duration(value->text);
  if (!duration)
    return problems_.add(value->place,
                         fmt::format("{}: {}", in_quotes(path(key)), duration.error().text));
  if (*duration < min || *duration > max)
    return refuse(key, *value,
                  fmt::format("must be from {} to {}d", format_duration(min), max.count()));
  field = *duration;
}

}  // namespace actiond
