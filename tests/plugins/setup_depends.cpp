// Its setup throws while the file config "closed" exists, and appends a line to config "tries" each
// time that it is tried. Event "setup_depends" appends its attempt to the file params "file".
#include <action/event.hpp>
#include <filesystem>

#include "append_line.hpp"

ACTION_SETUP([] {
  append_line(action::config<std::string>("tries"), "x");
  if (std::filesystem::exists(action::config<std::string>("closed")))
    throw std::runtime_error("the database is closed");
})

class SetupDependsEvent : public action::Event {
 public:
  void process() override { append_line(params().at("file"), std::to_string(attempt())); }
};
ACTION_EVENT(SetupDependsEvent)
