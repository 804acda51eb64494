#include <doctest/doctest.h>

#include "commands/terminal/event_template.hpp"

using namespace actiond;

TEST_CASE("generate: every way to write an event's name is the same event") {
  struct Row {
    std::string text;
    EventNames names;
  };
  for (const Row& row : {
           Row{"hello_world", {"hello_world", "HelloWorldEvent"}},
           Row{"HelloWorld", {"hello_world", "HelloWorldEvent"}},
           Row{"HelloWorldEvent", {"hello_world", "HelloWorldEvent"}},
           Row{"hello_world_event", {"hello_world", "HelloWorldEvent"}},
           Row{"ping", {"ping", "PingEvent"}},
           Row{"HTTPPing", {"http_ping", "HTTPPingEvent"}},
           Row{"helloWorld", {"hello_world", "HelloWorldEvent"}},
           Row{"Send_Email", {"send_email", "SendEmailEvent"}},
           Row{"send_2_mails", {"send_2_mails", "Send2MailsEvent"}},
           Row{"x2", {"x2", "X2Event"}},
           Row{"event", {"event", "EventEvent"}},
       }) {
    const auto names = event_names(row.text);
    REQUIRE_MESSAGE(names.ok(), row.text);
    CHECK_MESSAGE(*names == row.names,
                  row.text << ": " << names->event << ' ' << names->class_name);
  }
}

TEST_CASE("generate: a name that is no identifier, or is taken, is refused") {
  for (const std::string text :
       {"", "9lives", "_x", "x_", "a__b", "a-b", "a.b", "../x", "a b", "ümlaut", "application",
        "ApplicationEvent", "test", "all", "install"})
    CHECK_FALSE_MESSAGE(event_names(text).ok(), text);
  CHECK_FALSE(event_names(std::string(101, 'x')).ok());
}

TEST_CASE("generate: the class is registered by its name, where that gives the event's") {
  CHECK(event_text(*event_names("HelloWorld")).find("ACTION_EVENT(HelloWorldEvent)\n") !=
        std::string::npos);
  CHECK(event_text(*event_names("send_2_mails"))
            .find("ACTION_EVENT(Send2MailsEvent, \"send_2_mails\")\n") != std::string::npos);
}

TEST_CASE("generate: a project is known by its function") {
  CHECK(is_generated_project(project_text() + project_line({"a", "AEvent"})));
  CHECK_FALSE(is_generated_project("project(mine)\nadd_executable(mine main.cpp)\n"));
}
