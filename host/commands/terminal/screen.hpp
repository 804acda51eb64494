// A terminal that is drawn again and again in place, or, where standard output is none, one picture
// below the other.
#pragma once

#include <string>
#include <vector>

namespace actiond {

enum class LineStyle { Plain, Title, Alarm };

struct ScreenLine {
  std::string text;  // no control characters
  LineStyle style = LineStyle::Plain;
};

struct ScreenSize {
  std::size_t columns = 80, rows = 24;
};

// At most so many characters; what is cut ends in "…".
std::string cut_to(const std::string& text, std::size_t columns);

// The bytes that draw `lines` over what was drawn before: each cut to the width, those that the
// screen can't hold counted in its last line. Colour only if `has_colour`.
std::string draw(const std::vector<ScreenLine>& lines, ScreenSize size, bool has_colour);

class Screen {
 public:
  // Looks what standard output is, and whether NO_COLOR is set.
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // False if nobody reads any more.
  bool show(const std::vector<ScreenLine>& lines);

 private:
  bool is_terminal_;
  bool has_colour_;
  bool is_first_ = true;
};

}  // namespace actiond
