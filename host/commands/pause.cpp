// pause: no poller of the application takes events of these queues, until they are resumed. The
// broker keeps that, with who paused them and why.
#include "broker/pauses.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "answers/queue_choice.hpp"
#include "base/clock.hpp"
#include "commands/command.hpp"
#include "commands/process/tell_fleet.hpp"

namespace actiond {
namespace {

constexpr std::chrono::seconds kPauseTime{10};
constexpr std::size_t kLongestReason = 500;

struct PauseFlags {
  std::vector<std::string> queues;
  std::string reason;
};

Result<std::string> parse_reason(const std::string& text) {
  if (text.size() <= kLongestReason) return text;
  return Error{fmt::format("a reason has up to {} bytes", kLongestReason)};
}

Result<int> pause(const Common& common, const PauseFlags& flags) {
  const auto config = load(common);
  if (!config) return config.error();
  for (const auto& queue : flags.queues)
    if (auto known = check_queue(*config, queue); !known) return known.error();
  const Pause pause{asker_name(), wall_now_ms(), flags.reason};
  if (auto paused = pause_queues(*config, process_name(), flags.queues, pause, kPauseTime); !paused)
    return paused.error();
  tell_of_pauses(*config);
  if (common.is_json)
    print_json({{"application", config->application}, {"paused", flags.queues}});
  else
    fmt::print("paused {}: pollers start nothing of it within 6 s; what runs goes on\n",
               fmt::join(flags.queues, ", "));
  return kDone;
}

}  // namespace

void add_pause(CLI::App& app, Common& common) {
  auto flags = std::make_shared<PauseFlags>();
  auto* verb = add_verb(app, common, "pause", "let no poller take events of these queues",
                        "Example:  actiond pause high --reason \"the mail server is down\"\n"
                        "It holds until actiond resume, whatever is started or dies meanwhile.",
                        [&common, flags] { return pause(common, *flags); });
  verb->add_option("queue", flags->queues, "the queues, as the configuration names them")
      ->required()
      ->type_name("QUEUE");
  checked(verb->add_option("--reason", flags->reason, "why, for whoever asks for the status"),
          parse_reason)
      ->type_name("TEXT");
  add_json_option(*verb, common);
}

}  // namespace actiond
