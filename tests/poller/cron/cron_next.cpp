// Reads lines of "SECONDS EXPRESSION" and prints the next three ticks of each, in UTC: what
// against_croniter.py compares.
#include <iostream>
#include <string>

#include "poller/cron/schedule.hpp"

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto space = line.find(' ');
    const auto expression = actiond::parse_cron(line.substr(space + 1));
    if (!expression) {
      std::cout << expression.error().text << '\n';
      continue;
    }
    actiond::CronTick tick{std::chrono::seconds(std::stoll(line.substr(0, space)))};
    for (int i = 0; i < 3; ++i) {
      const auto next = actiond::next_tick(*expression, "UTC", tick);
      if (!next || !*next) break;
      tick = **next;
      std::cout << tick.time_since_epoch().count() << (i < 2 ? " " : "");
    }
    std::cout << '\n';
  }
}
