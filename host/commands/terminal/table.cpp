#include "commands/terminal/table.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace actiond {
namespace {

using Row = std::vector<std::string>;

// In characters: a terminal shows most of them one cell wide.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

void append_line(std::string& out, const std::vector<Column>& columns,
                 const std::vector<std::size_t>& widths, const Row& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out += "  ";
    const std::string padding(widths[i] - width(cells[i]), ' ');
    out += columns[i].is_number ? padding + cells[i] : cells[i] + padding;
  }
  out.erase(out.find_last_not_of(' ') + 1);
  out += '\n';
}

}  // namespace

std::string printable(std::string_view text) {
  fmt::memory_buffer out;
  append_printable(out, text);
  return fmt::to_string(out);
}

std::string format_table(const std::vector<Column>& columns, const std::vector<Row>& rows) {
  std::vector<Row> lines(1);
  for (const auto& column : columns) lines[0].push_back(column.title);
  for (const auto& row : rows) {
    auto& line = lines.emplace_back();
    for (const auto& cell : row) line.push_back(printable(cell));
  }
  std::vector<std::size_t> widths(columns.size());
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width(line[i]));
  std::string out;
  for (const auto& line : lines) append_line(out, columns, widths, line);
  return out;
}

}  // namespace actiond
