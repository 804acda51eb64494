#include "poller/face/remote_desk.hpp"

#include <fmt/format.h>

#include "base/seal.hpp"
#include "base/text.hpp"
#include "broker/fleet_words.hpp"

namespace actiond {
namespace {

constexpr std::int64_t kFreshMs = 60'000;  // to both sides: clocks differ
constexpr std::size_t kLongestAsker = 100;

bool is_look(const std::string& command) {
  return command == "status" || command == "pauses";
}

}  // namespace

Result<RemoteDesk::Order> RemoteDesk::judge(const FleetRequest& request, std::int64_t now_ms) {
  if (config_.allows == Remote::None) return Error{"this poller answers nobody over the broker"};
  auto order = fleet_order_in(request);
  if (!order) return order.error();
  order->sealed.application = application_;
  auto asked = nlohmann::json::parse(order->sealed.text, nullptr, false);
  const auto command = asked.is_object() ? asked.find("command") : asked.end();
  if (!asked.is_object() || command == asked.end() || !command->is_string())
    return Error{"what was asked can't be understood"};
  const auto word = command->get<std::string>();
  const auto by = std::string(utf8_prefix(order->sealed.by, kLongestAsker));
  if (is_look(word)) {
    const bool is_sealed = !config_.secret.empty() && check_seal(order->sealed, now_ms).ok();
    return Order{std::move(asked), by, false, is_sealed};
  }
  if (config_.allows != Remote::Full)
    return Error{
        fmt::format("'{}' is not for other machines to say: set remote: full in the "
                    "configuration of this poller",
                    utf8_prefix(word, kLongestAsker))};
  if (!config_.secret.empty())
    if (auto sealed = check_seal(order->sealed, now_ms); !sealed) return sealed.error();
  return Order{std::move(asked), by, true, !config_.secret.empty()};
}

Result<void> RemoteDesk::check_seal(const Sealed& sealed, std::int64_t now_ms) {
  if (sealed.mac.empty())
    return Error{"the command is not sealed: it wants this poller's remote_secret"};
  if (!is_sealed_with(sealed, config_.secret))
    return Error{"the command's seal is not made with this poller's remote_secret"};
  if (sealed.at_ms < began_ms_)
    return Error{"the command is older than this process: it may be repeated, so say it again"};
  if (sealed.at_ms > now_ms + kFreshMs || sealed.at_ms < now_ms - kFreshMs)
    return Error{
        fmt::format("the command is from {} s away: it is old, or the clock of one of the "
                    "machines is wrong",
                    (now_ms - sealed.at_ms) / 1000)};
  std::erase_if(used_, [now_ms](const auto& used) { return now_ms - used.second > 2 * kFreshMs; });
  if (!used_.emplace(sealed.nonce, now_ms).second)
    return Error{"the command was said before: somebody repeats it"};
  return {};
}

}  // namespace actiond
