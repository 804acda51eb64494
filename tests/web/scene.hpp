// What the pages see, made by hand.
#pragma once

#include <memory>

#include "web/sources.hpp"

namespace actiond::web::test {

struct ViewScene {
  BrokerView broker{{{"broker", {{"name", "amqp://rmq"}}}, {"queues", nlohmann::json::array()}}};
  PollersView pollers;
  StatisticsView statistics;

  ViewScene() {
    statistics.hour.since_ms = 0;
    statistics.hour.until_ms = 3'600'000;
  }
  void add_queue(const std::string& name, std::uint64_t ready, std::uint64_t consumers) {
    broker.queues["queues"].push_back({{"name", name}, {"ready", ready}, {"consumers", consumers}});
  }
  nlohmann::json& add_poller(int id, const std::string& state = "idle") {
    pollers.pollers.push_back({{"id", id},
                               {"pid", 1000 + id},
                               {"state", state},
                               {"problem", ""},
                               {"concurrency", 2},
                               {"in_hand", nlohmann::json::array()},
                               {"done", 0},
                               {"plugin_set", "a1b2c3"}});
    return pollers.pollers.back();
  }
  EventFigures& add_event(const std::string& name, std::uint64_t done, std::uint64_t dead = 0) {
    auto& event = statistics.hour.events.emplace_back();
    event.event = name;
    event.figures.outcomes[static_cast<std::size_t>(OutcomeLabel::Done)] = done;
    event.figures.outcomes[static_cast<std::size_t>(OutcomeLabel::Dead)] = dead;
    return event;
  }
  View view() const {
    return {std::make_shared<BrokerView>(broker), std::make_shared<PollersView>(pollers),
            std::make_shared<StatisticsView>(statistics)};
  }
};

}  // namespace actiond::web::test
