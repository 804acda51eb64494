// Pollers on all machines, asked over the broker. Who should answer is known from the roster, so
// one that does not is named.
#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/config/config.hpp"
#include "base/result.hpp"
#include "broker/fleet.hpp"
#include "broker/fleet_words.hpp"

namespace actiond {

// Which pollers: those of one host or of all, and of those the ones with these ids.
struct FleetChoice {
  std::string host;      // or kToAll
  std::vector<int> ids;  // empty: all of them

  bool has(const PollerName& name) const;
};

// Those of the choice that are there, as far as the roster tells: who has said last that it leaves
// is not, but for a successor of the same name. Sorted by host and id. Pure.
std::vector<RosterEntry> expected_pollers(const std::vector<std::string>& roster,
                                          const FleetChoice& choice);

// Those of `told` that have said since that they have left. Pure.
std::vector<RosterEntry> left_of(const std::vector<RosterEntry>& told,
                                 const std::vector<std::string>& roster);

// "box4/2" before "box4/17": as people count. Pure.
bool is_before(const std::string& poller, const std::string& other);

struct FleetReport {
  nlohmann::json answers = nlohmann::json::array();  // by "poller"
  std::vector<RosterEntry> missing;                  // who should have answered
  std::chrono::milliseconds took{0};

  // "97 of 98 pollers answered in 0.3 s; not: box4/17"
  std::string summary() const;
  // {"answered", "missing", "took_ms", "summary"}
  nlohmann::json to_json() const;
  // Who has answered, without an error.
  std::vector<RosterEntry> answered() const;
};

class FleetAsker {
 public:
  // Over a fleet that is there, whichever.
  FleetAsker(std::unique_ptr<Fleet> fleet, FleetSpeaker speaker)
      : fleet_(std::move(fleet)), speaker_(std::move(speaker)) {}
  // Connects; blocks for seconds at most. `asker` is who asks, for the pollers' logs.
  static Result<FleetAsker> open(const Config& config, const std::string& process_name,
                                 std::string asker);

  // Returns as soon as all who should have answered, and after `timeout` with what has come.
  Result<FleetReport> ask(const FleetChoice& choice, const nlohmann::json& request,
                          std::chrono::milliseconds timeout = std::chrono::seconds(2));
  // The same for these pollers only.
  Result<FleetReport> ask(const std::vector<RosterEntry>& pollers, const nlohmann::json& request,
                          std::chrono::milliseconds timeout = std::chrono::seconds(2));
  // Those of them that have said that they have left.
  Result<std::vector<RosterEntry>> gone_of(const std::vector<RosterEntry>& told);
  // Says it to all who listen, and waits for no answer.
  Result<void> say_to_all(const nlohmann::json& request);

 private:
  Result<void> send(const std::vector<std::string>& targets, const nlohmann::json& request);
  Result<FleetReport> collect(std::vector<RosterEntry> expected, const FleetChoice& choice,
                              std::chrono::milliseconds timeout);

  std::unique_ptr<Fleet> fleet_;
  FleetSpeaker speaker_;
};

// "root@box1": who runs this process, and where.
std::string asker_name();

}  // namespace actiond
