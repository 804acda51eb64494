// Event "nasty" does the params' "deed". Whoever comes back from it writes "MS ID DEED" into the
// params' "ledger", as its last act: that run has succeeded, and no other has. Event "innocent"
// only does the latter, where it is told of a ledger. Event "nasty_list" writes the names of all
// deeds there.
#include <unistd.h>

#include <action/event.hpp>
#include <chrono>
#include <stdexcept>

#include "../append_line.hpp"
#include "deeds.hpp"

namespace {

std::vector<Deed> all_deeds() {
  std::vector<Deed> all;
  for (const auto list : {descriptor_deeds, process_deeds, thread_deeds, signal_deeds, memory_deeds,
                          exception_deeds, state_deeds})
    for (const auto& deed : list()) all.push_back(deed);
  return all;
}

void write_into_ledger(const nlohmann::json& params, const std::string& id,
                       const std::string& deed) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  append_line(params.at("ledger").get<std::string>(),
              fmt::format("{} {} {}", now / std::chrono::milliseconds(1), id, deed));
}

}  // namespace

class NastyEvent : public action::Event {
 public:
  void process() override {
    const auto name = params().at("deed").get<std::string>();
    const pid_t self = ::getpid();
    find(name).act(params());
    if (::getpid() != self) return;  // a copy's words are not the runner's
    write_into_ledger(params(), id(), name);
  }

 private:
  static Deed find(const std::string& name) {
    for (const auto& deed : all_deeds())
      if (deed.name == name) return deed;
    throw std::runtime_error("no deed " + name);
  }
};
ACTION_EVENT(NastyEvent)

class InnocentEvent : public action::Event {
 public:
  void process() override {
    if (params().contains("ledger")) write_into_ledger(params(), id(), "innocent");
  }
};
ACTION_EVENT(InnocentEvent)

class NastyListEvent : public action::Event {
 public:
  void process() override {
    for (const auto& deed : all_deeds())
      append_line(params().at("ledger").get<std::string>(), deed.name);
  }
};
ACTION_EVENT(NastyListEvent)
