#include "answers/fleet_asker.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <tuple>

#include "base/clock.hpp"
#include "base/json_object.hpp"
#include "base/json_parts.hpp"

namespace actiond {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kConnectTime = 3s;
// For pollers that are there and in no roster yet.
constexpr auto kGrace = 200ms;

int id_in(std::string_view id) {
  int number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  return error == std::errc() && end == id.data() + id.size() ? number : 0;
}

std::tuple<std::string, int, std::string> order_of(const std::string& poller) {
  const auto slash = std::min(poller.rfind('/'), poller.size());
  const auto id = slash < poller.size() ? poller.substr(slash + 1) : std::string();
  return {poller.substr(0, slash), id_in(id), id};
}

std::string poller_of(const json& answer) {
  return text_in(answer, "poller");
}

PollerName name_in(const std::string& poller) {
  const auto slash = poller.rfind('/');
  if (slash == std::string::npos) return {};
  return {poller.substr(0, slash), poller.substr(slash + 1), ""};
}

void sort_by_poller(json& answers) {
  std::stable_sort(answers.begin(), answers.end(), [](const json& one, const json& other) {
    return is_before(poller_of(one), poller_of(other));
  });
}

}  // namespace

bool FleetChoice::has(const PollerName& name) const {
  if (host != kToAll && host != name.host) return false;
  return ids.empty() || std::find(ids.begin(), ids.end(), id_in(name.id)) != ids.end();
}

bool is_before(const std::string& poller, const std::string& other) {
  return order_of(poller) < order_of(other);
}

std::vector<RosterEntry> expected_pollers(const std::vector<std::string>& roster,
                                          const FleetChoice& choice) {
  std::vector<RosterEntry> entries;
  for (const auto& text : roster)
    if (auto entry = roster_entry_in(text); entry && choice.has(entry->name))
      entries.push_back(std::move(*entry));
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& one, const auto& other) { return one.at_ms < other.at_ms; });
  std::map<std::string, RosterEntry> last;
  for (auto& entry : entries) {
    const auto known = last.find(entry.name.text());
    if (entry.state != kHasLeft)
      last[entry.name.text()] = std::move(entry);
    else if (known != last.end() && known->second.name.nonce == entry.name.nonce)
      last.erase(known);
  }
  std::vector<RosterEntry> expected;
  for (auto& [name, entry] : last) expected.push_back(std::move(entry));
  std::sort(expected.begin(), expected.end(), [](const auto& one, const auto& other) {
    return is_before(one.name.text(), other.name.text());
  });
  return expected;
}

std::vector<RosterEntry> left_of(const std::vector<RosterEntry>& told,
                                 const std::vector<std::string>& roster) {
  std::set<std::string> left;
  for (const auto& text : roster)
    if (const auto entry = roster_entry_in(text); entry && entry->state == kHasLeft)
      left.insert(entry->name.nonce);
  std::vector<RosterEntry> gone;
  std::copy_if(told.begin(), told.end(), std::back_inserter(gone),
               [&](const auto& each) { return left.contains(each.name.nonce); });
  return gone;
}

std::string FleetReport::summary() const {
  std::set<std::string> answered;
  for (const auto& answer : answers) answered.insert(poller_of(answer));
  std::vector<std::string> names;
  for (const auto& each : missing) names.push_back(each.name.text());
  const auto all = answered.size() + missing.size();
  return fmt::format("{} of {} poller{} answered in {:.1f} s{}{}", answered.size(), all,
                     all == 1 ? "" : "s", static_cast<double>(took.count()) / 1000,
                     names.empty() ? "" : "; not: ", fmt::join(names, ", "));
}

json FleetReport::to_json() const {
  json silent = json::array();
  for (const auto& each : missing)
    silent.push_back({{"poller", each.name.text()}, {"heard_of", format_rfc3339(each.at_ms)}});
  return {{"answered", answers.size()},
          {"missing", silent},
          {"took_ms", took.count()},
          {"summary", summary()}};
}

std::vector<RosterEntry> FleetReport::answered() const {
  std::vector<RosterEntry> entries;
  for (const auto& answer : answers) {
    if (!text_in(answer, "error").empty()) continue;
    auto name = name_in(text_in(answer, "poller"));
    name.nonce = text_in(answer, "nonce");
    entries.push_back({std::move(name), 0, ""});
  }
  return entries;
}

Result<FleetAsker> FleetAsker::open(const Config& config, const std::string& process_name,
                                    std::string asker) {
  auto fleet = open_fleet(config, process_name, kConnectTime);
  if (!fleet) return fleet.error();
  return FleetAsker(std::move(*fleet),
                    {std::move(asker), config.application, config.remote.secret});
}

Result<void> FleetAsker::send(const std::vector<std::string>& targets, const json& request) {
  std::vector<Fleet::Saying> sayings;
  for (const auto& target : targets)
    sayings.push_back({target, fleet_text(request, speaker_, target, wall_now_ms())});
  return fleet_->ask(sayings);
}

Result<void> FleetAsker::say_to_all(const json& request) {
  return send({kToAll}, request);
}

// A choice by ids is said to each of them; another one reaches pollers of which nobody knows.
Result<FleetReport> FleetAsker::ask(const FleetChoice& choice, const json& request,
                                    std::chrono::milliseconds timeout) {
  const auto roster = fleet_->roster();
  if (!roster) return roster.error();
  auto expected = expected_pollers(*roster, choice);
  if (!choice.ids.empty()) {
    for (const int id : choice.ids) {
      const PollerName name{choice.host, std::to_string(id), ""};
      const bool is_known =
          choice.host == kToAll || std::any_of(expected.begin(), expected.end(), [&](auto& each) {
            return each.name.text() == name.text();
          });
      if (!is_known) expected.push_back({name, 0, ""});
    }
    return ask(expected, request, timeout);
  }
  const auto target = choice.host == kToAll ? std::string(kToAll) : to_host(choice.host);
  if (auto sent = send({target}, request); !sent) return sent.error();
  return collect(std::move(expected), choice, timeout);
}

Result<FleetReport> FleetAsker::ask(const std::vector<RosterEntry>& pollers, const json& request,
                                    std::chrono::milliseconds timeout) {
  if (pollers.empty()) return FleetReport{};
  std::vector<std::string> targets;
  for (const auto& poller : pollers) targets.push_back(to_poller(poller.name.host, poller.name.id));
  if (auto sent = send(targets, request); !sent) return sent.error();
  return collect(pollers, {kToAll, {}}, timeout);
}

Result<FleetReport> FleetAsker::collect(std::vector<RosterEntry> expected,
                                        const FleetChoice& choice,
                                        std::chrono::milliseconds timeout) {
  const auto began = monotonic_now();
  const auto until =
      began + (expected.empty() ? std::min<decltype(timeout)>(timeout, kGrace) : timeout);
  FleetReport report;
  report.missing = std::move(expected);
  const bool knew_any = !report.missing.empty();
  while (!knew_any || !report.missing.empty()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - monotonic_now());
    if (left <= 0ms) break;
    const auto texts = fleet_->answers(left);
    if (!texts) return texts.error();
    for (const auto& text : *texts) {
      if (is_too_deep(text)) continue;
      auto answer = json::parse(text, nullptr, false);
      const auto name = answer.is_object() ? name_in(poller_of(answer)) : PollerName{};
      if (name.host.empty() || !choice.has(name)) continue;
      std::erase_if(report.missing,
                    [&](const auto& each) { return each.name.text() == name.text(); });
      report.answers.push_back(std::move(answer));
    }
  }
  report.took = std::chrono::duration_cast<std::chrono::milliseconds>(monotonic_now() - began);
  sort_by_poller(report.answers);
  return report;
}

// Silence is no proof: who does not answer may be held up, or cut off, and still run events.
Result<std::vector<RosterEntry>> FleetAsker::gone_of(const std::vector<RosterEntry>& told) {
  const auto roster = fleet_->roster();
  if (!roster) return roster.error();
  return left_of(told, *roster);
}

std::string asker_name() {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  const passwd* const user = ::getpwuid(::geteuid());
  return fmt::format("{}@{}", user != nullptr ? user->pw_name : std::to_string(::geteuid()), host);
}

}  // namespace actiond
