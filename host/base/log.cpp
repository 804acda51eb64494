#include "base/log.hpp"

namespace actiond {

class Log::Lines {};

Log::Log(std::unique_ptr<Lines> lines) : lines_(std::move(lines)) {}
Log::Log(Log&&) noexcept = default;
Log& Log::operator=(Log&&) noexcept = default;
Log::~Log() = default;

Result<Log> Log::open(const LogConfig&) {
  return Log(std::make_unique<Lines>());
}
bool Log::is_enabled(LogLevel) const {
  return true;
}
void Log::write(LogLevel, std::string_view) {}
void Log::processing(const EventLine&) {}
void Log::finished(const EventLine&, std::chrono::nanoseconds) {}
void Log::failed(const EventLine&, std::string_view) {}
void Log::plugin(LogLevel, std::string_view, std::string_view, std::string_view) {}
void Log::flush() {}
Result<void> Log::reopen() {
  return {};
}
void Log::vprint(LogLevel, fmt::string_view, fmt::format_args) {}

}  // namespace actiond
