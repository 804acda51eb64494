#include "base/clock.hpp"

#include <fmt/format.h>

namespace actiond {
namespace {

constexpr std::int64_t kMsPerSecond = 1000;

// Rounds down before 1970 too.
std::int64_t floor_seconds(std::int64_t wall_ms) {
  const std::int64_t second = wall_ms / kMsPerSecond;
  return wall_ms % kMsPerSecond < 0 ? second - 1 : second;
}

}  // namespace

std::int64_t wall_now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string format_local_time(std::int64_t wall_ms) {
  return std::string(TimeText(TimeStyle::Local).at(wall_ms));
}

std::string format_rfc3339(std::int64_t wall_ms) {
  return std::string(TimeText(TimeStyle::Rfc3339).at(wall_ms));
}

std::string_view TimeText::at(std::int64_t wall_ms) {
  const std::int64_t second = floor_seconds(wall_ms);
  if (second != second_) format_second(second);
  const auto ms = static_cast<int>(wall_ms - second * kMsPerSecond);
  text_[ms_at_] = static_cast<char>('0' + ms / 100);
  text_[ms_at_ + 1] = static_cast<char>('0' + ms / 10 % 10);
  text_[ms_at_ + 2] = static_cast<char>('0' + ms % 10);
  return {text_, size_};
}

void TimeText::format_second(std::int64_t second) {
  const std::time_t time = second;
  std::tm tm{};
  ::localtime_r(&time, &tm);
  const bool is_local = style_ == TimeStyle::Local;
  char* end = fmt::format_to(text_, "{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}.000", tm.tm_year + 1900,
                             tm.tm_mon + 1, tm.tm_mday, is_local ? ' ' : 'T', tm.tm_hour, tm.tm_min,
                             tm.tm_sec);
  ms_at_ = static_cast<std::size_t>(end - text_) - 3;
  if (!is_local) {
    const long minutes = tm.tm_gmtoff / 60;
    const long away = minutes < 0 ? -minutes : minutes;
    end = fmt::format_to(end, "{}{:02}:{:02}", minutes < 0 ? '-' : '+', away / 60, away % 60);
  }
  size_ = static_cast<std::size_t>(end - text_);
  second_ = second;
}

}  // namespace actiond
