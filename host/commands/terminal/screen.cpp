#include "commands/terminal/screen.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace actiond {
namespace {

constexpr char kHome[] = "\x1b[H";
constexpr char kClearLine[] = "\x1b[K";
constexpr char kClearBelow[] = "\x1b[J";
constexpr char kHideCursor[] = "\x1b[?25l\x1b[2J";
constexpr char kShowCursor[] = "\x1b[?25h";
constexpr char kStyleEnd[] = "\x1b[0m";

const char* style_begin(LineStyle style) {
  if (style == LineStyle::Title) return "\x1b[1m";
  return style == LineStyle::Alarm ? "\x1b[31m" : "";
}

bool begins_character(char c) {
  return (c & 0xc0) != 0x80;
}

ScreenSize terminal_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
    return {};
  return {size.ws_col, size.ws_row};
}

// NO_COLOR: set, to whatever but nothing (no-color.org). A terminal that is "dumb" knows none.
bool wants_colour() {
  const char* const no_colour = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  return (no_colour == nullptr || *no_colour == '\0') &&
         (terminal == nullptr || std::string_view(terminal) != "dumb");
}

}  // namespace

std::string cut_to(const std::string& text, std::size_t columns) {
  std::size_t characters = 0, last = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!begins_character(text[i])) continue;
    if (++characters == columns) last = i;  // where the ellipsis would stand
    if (characters > columns) return columns == 0 ? "" : text.substr(0, last) + "…";
  }
  return text;
}

std::string draw(const std::vector<ScreenLine>& lines, ScreenSize size, bool has_colour) {
  const bool fits = lines.size() <= size.rows;
  const auto shown = fits ? lines.size() : size.rows - 1;
  std::string bytes = kHome;
  const auto add = [&](const ScreenLine& line, bool is_last) {
    const bool is_styled = has_colour && line.style != LineStyle::Plain;
    if (is_styled) bytes += style_begin(line.style);
    bytes += cut_to(line.text, size.columns);
    if (is_styled) bytes += kStyleEnd;
    bytes += kClearLine;
    if (!is_last) bytes += "\r\n";  // behind the last it would scroll
  };
  for (std::size_t i = 0; i < shown; ++i) add(lines[i], fits && i + 1 == shown);
  if (!fits) add({fmt::format("… {} more lines", lines.size() - shown)}, true);
  return bytes + kClearBelow;
}

Screen::Screen() : is_terminal_(::isatty(STDOUT_FILENO) == 1), has_colour_(wants_colour()) {
  if (is_terminal_) std::fputs(kHideCursor, stdout);
}

Screen::~Screen() {
  if (is_terminal_) std::printf("%s\r\n", kShowCursor);
}

bool Screen::show(const std::vector<ScreenLine>& lines) {
  if (is_terminal_) {
    std::fputs(draw(lines, terminal_size(), has_colour_).c_str(), stdout);
  } else {
    if (!is_first_) std::fputs("\n", stdout);
    for (const auto& line : lines) std::printf("%s\n", line.text.c_str());
  }
  is_first_ = false;
  return std::fflush(stdout) == 0;
}

}  // namespace actiond
