#include "commands/terminal/event_template.hpp"

#include <fmt/format.h>

#include <action/detail/names.hpp>
#include <algorithm>
#include <cctype>

#include "base/text.hpp"

namespace actiond {
namespace {

namespace sdk = ::action::detail;

constexpr std::size_t kMostLetters = 100;
constexpr std::string_view kFunction = "function(add_event name)";

bool is_identifier(const std::string& text) {
  return !text.empty() && text.size() <= kMostLetters &&
         (sdk::is_lower(text[0]) || sdk::is_upper(text[0])) && text.back() != '_' &&
         text.find("__") == std::string::npos && std::all_of(text.begin(), text.end(), [](char c) {
           return sdk::is_lower(c) || sdk::is_upper(c) || sdk::is_digit(c) || c == '_';
         });
}

std::string without(std::string text, std::string_view ending) {
  if (text.size() > ending.size() && text.ends_with(ending))
    text.resize(text.size() - ending.size());
  return text;
}

// As the SDK makes an event's name of a class's.
std::string event_of(const std::string& class_name) {
  std::string event(2 * class_name.size(), '\0');
  event.resize(sdk::write_event_name(class_name, event.data()));
  return event;
}

// "hello_world" -> "HelloWorld"
std::string camel_case(const std::string& event) {
  std::string text;
  bool is_start = true;
  for (const char c : event) {
    if (c != '_') text += is_start && sdk::is_lower(c) ? static_cast<char>(std::toupper(c)) : c;
    is_start = c == '_';
  }
  return text;
}

// Names that CMake keeps for targets of its own.
bool is_target_of_cmake(const std::string& name) {
  for (std::string_view taken :
       {"all", "clean", "depend", "edit_cache", "help", "install", "list_install_components",
        "package", "package_source", "preinstall", "rebuild_cache", "test"})
    if (name == taken) return true;
  return false;
}

}  // namespace

Result<EventNames> event_names(const std::string& text) {
  if (!is_identifier(text))
    return Error{fmt::format(
        "{} can't be the name of an event: write it as hello_world or HelloWorld, of letters, "
        "digits and single _",
        in_quotes(text))};
  const std::string bare = without(without(text, "Event"), "_event");
  const bool is_class = sdk::is_upper(bare[0]) && bare.find('_') == std::string::npos;
  EventNames names;
  names.event = event_of(bare + "Event");
  names.class_name = (is_class ? bare : camel_case(names.event)) + "Event";
  if (names.event == "application")
    return Error{"ApplicationEvent is the base of all events here: choose another name"};
  if (is_target_of_cmake(names.event))
    return Error{
        fmt::format("CMake has a target '{}' of its own: choose another name", names.event)};
  return names;
}

std::string project_text() {
  return R"(# The events of this directory, a plugin each. actiond generate event NAME adds one.
cmake_minimum_required(VERSION 3.25)
project(events VERSION 0.1.0 LANGUAGES CXX)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
if(NOT COMMAND action_add_plugin)
  find_package(ActionEvent REQUIRED)
endif()

option(BUILD_TESTING "Build the tests" ON)
if(BUILD_TESTING)
  enable_testing()
  find_package(doctest QUIET)
  if(NOT doctest_FOUND)
    message(STATUS "no doctest (apt install doctest-dev): the tests are not built")
  endif()
endif()

# NAME_event.cpp makes the plugin NAME.so; NAME_test.cpp is its test.
function(add_event name)
  action_add_plugin(${name} ${name}_event.cpp)
  if(BUILD_TESTING AND doctest_FOUND)
    add_executable(${name}_test ${name}_test.cpp ${name}_event.cpp)
    target_link_libraries(${name}_test PRIVATE ActionEvent::sdk doctest::doctest)
    add_test(NAME ${name} COMMAND ${name}_test)
  endif()
endfunction()

)";
}

bool is_generated_project(const std::string& text) {
  return text.find(kFunction) != std::string::npos;
}

std::string project_line(const EventNames& names) {
  return fmt::format("add_event({})\n", names.event);
}

std::string base_text() {
  return R"(// What all events of this application have in common: filters, options, helpers.
#pragma once

#include <action/event.hpp>

class ApplicationEvent : public action::Event {
 public:
  // A filter runs before every event; one that returns false ends it there, as done:
  //   ApplicationEvent() { before_filter(&ApplicationEvent::require_account); }
  //   bool require_account() { return params().contains("account_id"); }
};
)";
}

std::string event_text(const EventNames& names) {
  // A name with a digit between two _ can't be told from the class's alone.
  const std::string given =
      event_of(names.class_name) == names.event ? "" : fmt::format(", \"{}\"", names.event);
  return fmt::format(R"(// Event "{0}": say here what it does, and with which params.
#include "application_event.hpp"

class {1} : public ApplicationEvent {{
 public:
  // static constexpr action::Options options{{.queue = "high", .attempts = 5}};

  void process() override {{ log("params: {{}}", params().dump()); }}
}};
ACTION_EVENT({1}{2})
)",
                     names.event, names.class_name, given);
}

std::string test_text(const EventNames& names) {
  return fmt::format(R"--(#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <action/testing.hpp>

TEST_CASE("{0}: is done, and logs its params") {{
  const auto ran = action::testing::run("{0}", {{{{"name", "Ada"}}}});
  CHECK(ran.outcome == action::testing::Outcome::Done);
  REQUIRE(ran.logged.size() == 1);
  CHECK(ran.logged[0].text == R"(params: {{"name":"Ada"}})");
}}
)--",
                     names.event);
}

}  // namespace actiond
