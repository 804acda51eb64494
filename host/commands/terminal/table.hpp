// Text in columns, for a terminal.
#pragma once

#include <string>
#include <vector>

namespace actiond {

struct Column {
  std::string title;
  bool is_number = false;  // aligned to the right
};

// A line of titles and a line for each row, two spaces between columns, none at a line's end.
// Control characters are shown escaped. A row may have fewer cells than there are columns.
std::string format_table(const std::vector<Column>& columns,
                         const std::vector<std::vector<std::string>>& rows);

// As it is, but for control characters and what is no UTF-8: those are escaped.
std::string printable(std::string_view text);

}  // namespace actiond
