#include "statistics/metric_lines.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace actiond {

// nlohmann's dump knows what is UTF-8.
std::string label_value(std::string_view text) {
  const auto valid =
      nlohmann::json::parse(
          nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))
          .get<std::string>();
  std::string escaped;
  for (const char c : valid) {
    if (c == '\n')
      escaped += "\\n";
    else if (c == '\\' || c == '"')
      (escaped += '\\') += c;
    else
      escaped += c;
  }
  return escaped;
}

void MetricLines::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

void MetricLines::comment(std::string_view text) {
  text_ += fmt::format("# {}\n", label_value(text));
}

void MetricLines::sample(Labels labels, double value) {
  line("", labels, value);
}

void MetricLines::bucket(std::string_view label, std::string_view value, double bound_s,
                         std::uint64_t count) {
  const auto bound = fmt::format("{}", bound_s);
  line("_bucket", {{label, value}, {"le", bound}}, static_cast<double>(count));
}

void MetricLines::end_histogram(std::string_view label, std::string_view value, double sum_s,
                                std::uint64_t count) {
  line("_bucket", {{label, value}, {"le", "+Inf"}}, static_cast<double>(count));
  line("_sum", {{label, value}}, sum_s);
  line("_count", {{label, value}}, static_cast<double>(count));
}

void MetricLines::line(std::string_view suffix, Labels labels, double value) {
  text_ += name_;
  text_ += suffix;
  char before = '{';
  for (const auto& [label, text] : labels) {
    text_ += fmt::format("{}{}=\"{}\"", before, label, label_value(text));
    before = ',';
  }
  if (labels.size() > 0) text_ += '}';
  text_ += fmt::format(" {}\n", value);
}

}  // namespace actiond
