#include "web/rate.hpp"

#include <utility>

namespace actiond::web {
namespace {

constexpr std::int64_t kRateTime_ms = 15'000;

}  // namespace

double Rate::add(const nlohmann::json& pollers, std::int64_t now_ms) {
  std::map<std::string, std::uint64_t> done;
  for (const auto& poller : pollers)
    if (poller.contains("done") && poller["done"].is_number_unsigned())
      done[poller.value("pid", nlohmann::json()).dump()] = poller["done"].get<std::uint64_t>();
  // Where the clock was set back, what was seen before tells nothing of how long ago that was.
  std::erase_if(looks_, [&](const Seen& look) { return look.at_ms > now_ms; });
  looks_.push_back({now_ms, std::move(done)});
  while (looks_.front().at_ms < now_ms - kRateTime_ms) looks_.pop_front();
  double all = 0;
  for (const auto& [pid, count] : looks_.back().done) all += since_first(pid, count);
  const auto passed = now_ms - looks_.front().at_ms;
  return passed > 0 ? all * 1000 / static_cast<double>(passed) : 0;
}

double Rate::since_first(const std::string& pid, std::uint64_t count) const {
  for (const auto& look : looks_)
    if (const auto found = look.done.find(pid); found != look.done.end())
      return found->second <= count ? static_cast<double>(count - found->second) : 0;
  return 0;
}

}  // namespace actiond::web
