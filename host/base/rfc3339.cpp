#include "base/rfc3339.hpp"

#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <optional>

#include "base/text.hpp"

namespace actiond {
namespace {

struct Fields {
  int year = 0, month = 0, day = 0;
  int hour = 0, minute = 0, second = 0, ms = 0;
  std::optional<int> offset_minutes;  // east of Greenwich; none: local time
};

// Reads a text from its beginning. What does not fit makes it bad, and stays unread.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool is_good_to_the_end() const { return is_good_ && rest_.empty(); }
  bool is_next(std::string_view any) const {
    return !rest_.empty() && any.find(rest_.front()) != std::string_view::npos;
  }
  // Exactly so many digits, of a number in this range.
  int number(int digits, int least, int most) {
    int value = 0;
    for (int i = 0; i < digits; ++i) value = value * 10 + digit();
    is_good_ &= value >= least && value <= most;
    return value;
  }
  char one_of(std::string_view any) {
    if (!is_next(any)) return fail();
    const char found = rest_.front();
    rest_.remove_prefix(1);
    return found;
  }
  // One digit or more, behind the point; rounded up to three.
  int milliseconds() {
    int value = 0, scale = 100;
    bool has_rest = false;
    do {
      const int next = digit();
      has_rest |= scale == 0 && next > 0;
      value += next * scale;
      scale /= 10;
    } while (is_next(kDigits));
    return value + (has_rest ? 1 : 0);
  }

 private:
  static constexpr std::string_view kDigits = "0123456789";

  int digit() {
    const char found = one_of(kDigits);
    return found == 0 ? 0 : found - '0';
  }
  char fail() {
    is_good_ = false;
    return 0;
  }

  std::string_view rest_;
  bool is_good_ = true;
};

void scan_date(Scanner& scanner, Fields& fields) {
  fields.year = scanner.number(4, 0, 9999);
  scanner.one_of("-");
  fields.month = scanner.number(2, 1, 12);
  scanner.one_of("-");
  fields.day = scanner.number(2, 1, 31);
}

void scan_time(Scanner& scanner, Fields& fields) {
  fields.hour = scanner.number(2, 0, 23);
  scanner.one_of(":");
  fields.minute = scanner.number(2, 0, 59);
  if (!scanner.is_next(":")) return;
  scanner.one_of(":");
  fields.second = scanner.number(2, 0, 60);  // 60: a leap second
  if (!scanner.is_next(".")) return;
  scanner.one_of(".");
  fields.ms = scanner.milliseconds();
}

void scan_offset(Scanner& scanner, Fields& fields) {
  if (scanner.is_next("Zz")) {
    scanner.one_of("Zz");
    fields.offset_minutes = 0;
  } else if (scanner.is_next("+-")) {
    const int sign = scanner.one_of("+-") == '-' ? -1 : 1;
    const int hours = scanner.number(2, 0, 23);
    scanner.one_of(":");
    fields.offset_minutes = sign * (hours * 60 + scanner.number(2, 0, 59));
  }
}

std::optional<Fields> scan(std::string_view text) {
  using namespace std::chrono;
  Scanner scanner(text);
  Fields fields;
  scan_date(scanner, fields);
  scanner.one_of("Tt ");
  scan_time(scanner, fields);
  scan_offset(scanner, fields);
  const year_month_day date(year(fields.year), month(static_cast<unsigned>(fields.month)),
                            day(static_cast<unsigned>(fields.day)));
  if (!scanner.is_good_to_the_end() || !date.ok()) return std::nullopt;
  return fields;
}

// An hour that the clock skips in spring, or has twice in autumn, is what mktime makes of it.
std::int64_t seconds_of(const Fields& fields) {
  std::tm tm{};
  tm.tm_year = fields.year - 1900;
  tm.tm_mon = fields.month - 1;
  tm.tm_mday = fields.day;
  tm.tm_hour = fields.hour;
  tm.tm_min = fields.minute;
  tm.tm_sec = fields.second;
  tm.tm_isdst = -1;
  return fields.offset_minutes ? ::timegm(&tm) - *fields.offset_minutes * 60 : ::mktime(&tm);
}

}  // namespace

Result<std::int64_t> parse_rfc3339(std::string_view text) {
  const auto fields = scan(text);
  if (fields) return seconds_of(*fields) * 1000 + fields->ms;
  return Error{fmt::format(
      "{} is not a date and time: write 2026-12-24T18:00:00+01:00, or without +01:00 for "
      "local time",
      in_quotes(text))};
}

}  // namespace actiond
