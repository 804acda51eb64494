// resume: pollers take events of paused queues again, or quiet pollers take events again.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "answers/queue_choice.hpp"
#include "broker/pauses.hpp"
#include "commands/command.hpp"
#include "commands/process/tell_fleet.hpp"

namespace actiond {
namespace {

constexpr std::chrono::seconds kResumeTime{10};
const PollerWord kResume{"resume", "resumed", "takes events again"};

struct ResumeFlags {
  std::vector<std::string> queues;
  std::string ids, host;
};

Result<int> resume_some(const Common& common, const Config& config,
                        const std::vector<std::string>& queues) {
  for (const auto& queue : queues)
    if (auto known = check_queue(config, queue); !known) return known.error();
  const auto resumed = resume_queues(config, process_name(), queues, kResumeTime);
  if (!resumed) return resumed.error();
  tell_of_pauses(config);
  if (common.is_json)
    print_json({{"application", config.application}, {"resumed", *resumed}});
  else if (resumed->empty())
    fmt::print("nothing was paused of {}\n", fmt::join(queues, ", "));
  else
    fmt::print("resumed {}: pollers take its events again within 6 s\n", fmt::join(*resumed, ", "));
  return kDone;
}

Result<int> resume(const Common& common, const ResumeFlags& flags) {
  const bool is_of_pollers = !flags.ids.empty() || !flags.host.empty();
  if (flags.queues.empty() != is_of_pollers)
    return refuse({"what? write queues that are paused, or --id N of a quiet poller"});
  const auto config = load(common);
  if (!config) return config.error();
  if (!flags.queues.empty()) return resume_some(common, *config, flags.queues);
  if (flags.host.empty()) return tell_pollers(common, *config, *parse_ids(flags.ids), kResume);
  return tell_fleet(common, *config, choice_of(flags.host, flags.ids), {{"command", "resume"}},
                    kResume);
}

}  // namespace

void add_resume(CLI::App& app, Common& common) {
  auto flags = std::make_shared<ResumeFlags>();
  auto* verb = add_verb(app, common, "resume", "end what pause or quiet began",
                        "Example:  actiond resume high\n          actiond resume --id 1",
                        [&common, flags] { return resume(common, *flags); });
  verb->add_option("queue", flags->queues, "queues that are paused")->type_name("QUEUE");
  checked(verb->add_option("--id", flags->ids, "pollers that are quiet: 1, or 1..8, or 1,3"),
          parse_ids)
      ->type_name("N");
  add_host_option(*verb, flags->host);
  add_json_option(*verb, common);
}

}  // namespace actiond
