#include "commands/process/tell_fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/clock.hpp"
#include "base/json_parts.hpp"
#include "commands/terminal/table.hpp"

namespace actiond {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kLookAtLeaving = 100ms;
constexpr std::size_t kLongestHost = 200;

// The names of those that did what they were told. Prints the others' reasons.
std::vector<RosterEntry> sort_out(const FleetReport& report, const FleetChoice& choice,
                                  int& status) {
  for (const auto& answer : report.answers) {
    const auto poller = text_in(answer, "poller"), error = text_in(answer, "error");
    if (error.empty()) continue;
    print_error({fmt::format("poller {}: {}", printable(poller), printable(error))});
    status = kFailed;
  }
  for (const auto& silent : report.missing) {
    print_error({fmt::format("poller {} does not answer", printable(silent.name.text()))});
    status = kFailed;
  }
  if (report.answers.empty() && report.missing.empty()) {
    print_error(nobody_answers(choice));
    status = kFailed;
  }
  return report.answered();
}

// A host's name, as gethostname has it.
Result<std::string> parse_host(const std::string& text) {
  if (!text.empty() && text.size() <= kLongestHost) return text;
  return Error{fmt::format("a machine's name has 1 to {} bytes", kLongestHost)};
}

}  // namespace

CLI::Option* add_host_option(CLI::App& verb, std::string& host) {
  return checked(verb.add_option("--host", host,
                                 "the pollers on that machine, or on all, asked over the broker"),
                 parse_host)
      ->type_name("NAME");
}

FleetChoice choice_of(const std::string& host, const std::string& ids) {
  return {host, ids.empty() ? std::vector<int>() : *parse_ids(ids)};
}

Error nobody_answers(const FleetChoice& choice) {
  const bool is_any = choice.host == kToAll && choice.ids.empty();
  return {fmt::format("no {}poller answers on {}: {}", choice.ids.empty() ? "" : "such ",
                      choice.host == kToAll ? "any machine" : printable(choice.host),
                      is_any ? "does one run with this broker and application?"
                             : "actiond status --host all tells which there are")};
}

void tell_of_pauses(const Config& config) {
  if (auto asker = open_asker(config)) (void)asker->say_to_all({{"command", "pauses"}}).ok();
}

Result<FleetAsker> open_asker(const Config& config) {
  return FleetAsker::open(config, process_name(), asker_name());
}

Result<int> tell_fleet(const Common& common, const Config& config, const FleetChoice& choice,
                       const json& request, const PollerWord& word) {
  auto asker = open_asker(config);
  if (!asker) return asker.error();
  const auto report = asker->ask(choice, request);
  if (!report) return report.error();
  int status = kDone;
  json names = json::array();
  for (const auto& told : sort_out(*report, choice, status)) {
    names.push_back(told.name.text());
    if (!common.is_json) fmt::print("poller {} {}\n", printable(told.name.text()), word.outcome);
  }
  if (common.is_json) print_json({{word.told, names}});
  return status;
}

Result<int> stop_fleet(const Config& config, const FleetChoice& choice, const json& request,
                       std::chrono::milliseconds timeout) {
  auto asker = open_asker(config);
  if (!asker) return asker.error();
  const auto report = asker->ask(choice, request);
  if (!report) return report.error();
  int status = kDone;
  auto leaving = sort_out(*report, choice, status);
  const auto until = monotonic_now() + timeout;
  while (!leaving.empty() && monotonic_now() < until) {
    std::this_thread::sleep_for(kLookAtLeaving);
    const auto gone = asker->gone_of(leaving);
    if (!gone) return gone.error();
    for (const auto& each : *gone) {
      fmt::print("poller {} has stopped\n", printable(each.name.text()));
      std::erase(leaving, each);
    }
    std::fflush(stdout);
  }
  for (const auto& each : leaving) {
    print_error(
        {fmt::format("poller {} has not said that it has left: see actiond status --host {}",
                     printable(each.name.text()), printable(each.name.host))});
    status = kFailed;
  }
  return status;
}

}  // namespace actiond
