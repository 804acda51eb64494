#include <doctest/doctest.h>

#include <action/event.hpp>

namespace {

using action::detail::event_name_of;
using action::detail::is_event_name;

// At compile time, as ACTION_EVENT does it.
static_assert(event_name_of("HelloWorldEvent").view() == "hello_world");
static_assert(event_name_of("HTTPPingEvent").view() == "http_ping");
static_assert(event_name_of("Mail2UserEvent").view() == "mail2_user");
static_assert(event_name_of("S3UploadEvent").view() == "s3_upload");
static_assert(event_name_of("HTML5Event").view() == "html5");
static_assert(event_name_of("PingHTTPEvent").view() == "ping_http");
static_assert(event_name_of("XEvent").view() == "x");
static_assert(event_name_of("AuditEvent").view() == "audit");
static_assert(event_name_of("Cleanup").view() == "cleanup");
static_assert(event_name_of("EventLogEvent").view() == "event_log");
static_assert(event_name_of("EventEvent").view() == "event");
static_assert(event_name_of("send_email").view() == "send_email");
static_assert(event_name_of("Send_EmailEvent").view() == "send_email");
static_assert(event_name_of("::app::mail::SendEmailEvent").view() == "send_email");
static_assert(event_name_of("Event").view().empty());

static_assert(is_event_name("a.b-c_1"));
static_assert(!is_event_name(""));
static_assert(!is_event_name("Send"));
static_assert(!is_event_name("two words"));

const action_event* event_named(std::string_view name) {
  for (const action_event* event : action::detail::registry().events) {
    if (event->name == name) return event;
  }
  return nullptr;
}

struct NamedEvent : action::Event {
  void process() override {}
};

}  // namespace

namespace app::mail {
struct InNamespaceEvent : action::Event {
  void process() override {}
};
ACTION_EVENT(InNamespaceEvent)
}  // namespace app::mail

ACTION_EVENT(NamedEvent, "given.name-1")
ACTION_EVENT(NamedEvent, "another_name");
// clang-format off
ACTION_EVENT(NamedEvent, "one_of_a_line") ACTION_EVENT(NamedEvent, "other_of_a_line")
    // clang-format on

    TEST_CASE("name: an event has its class's name, wherever the class is") {
  CHECK(event_named("one_of_a_line"));
  CHECK(event_named("other_of_a_line"));
  CHECK(event_named("in_namespace"));
}

TEST_CASE("name: a given name wins, and a class may have several") {
  CHECK(event_named("given.name-1"));
  CHECK(event_named("another_name"));
  CHECK_FALSE(event_named("named"));
}
