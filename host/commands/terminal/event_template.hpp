// The files of a new event: its name in all its forms, and their texts. Pure.
#pragma once

#include <string>

#include "base/result.hpp"

namespace actiond {

// "HelloWorld", "hello_world", "HelloWorldEvent" and "hello_world_event" are the same event.
struct EventNames {
  std::string event;       // "hello_world": also the plugin's, and the stem of its files
  std::string class_name;  // "HelloWorldEvent"
  bool operator==(const EventNames&) const = default;
};

// Fails with a sentence if no C++ class, no event or no target of CMake can be called so.
Result<EventNames> event_names(const std::string& text);

// A project for the events of one directory, as yet without any.
std::string project_text();
// Whether a CMakeLists.txt is of the making of project_text.
bool is_generated_project(const std::string& text);
// The line by which it builds the event.
std::string project_line(const EventNames& names);

std::string base_text();  // application_event.hpp
std::string event_text(const EventNames& names);
std::string test_text(const EventNames& names);

}  // namespace actiond
