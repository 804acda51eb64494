// One word to pollers on other machines, over the broker.
#pragma once

#include <functional>
#include <string>

#include "answers/fleet_asker.hpp"
#include "commands/process/tell_pollers.hpp"
#include "commands/terminal/command_line.hpp"

namespace actiond {

// --host NAME, or all: this machine's pollers are not asked by their sockets, but all of the
// application over the broker.
CLI::Option* add_host_option(CLI::App& verb, std::string& host);

// `ids` as parse_ids takes them; empty: all.
FleetChoice choice_of(const std::string& host, const std::string& ids);

// That none of them is there to answer, and how to find those that are.
Error nobody_answers(const FleetChoice& choice);

// Says to all pollers that somebody has paused a queue, or resumed one, so that they look now; they
// look within 6 s anyway, so that it fails is not worth a word. Blocks for seconds at most.
void tell_of_pauses(const Config& config);

// Connects to the broker over which pollers are asked; blocks for seconds at most.
Result<FleetAsker> open_asker(const Config& config);

// Prints what became of each, or its error, and who does not answer. Returns the exit status:
// kFailed if any could not be told. `request` is as the control socket takes it.
Result<int> tell_fleet(const Common& common, const Config& config, const FleetChoice& choice,
                       const nlohmann::json& request, const PollerWord& word);

// The same, and then waits until those that were told have gone, up to `timeout`.
Result<int> stop_fleet(const Config& config, const FleetChoice& choice,
                       const nlohmann::json& request, std::chrono::milliseconds timeout);

}  // namespace actiond
