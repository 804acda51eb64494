#include "client/trace.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <set>

using action::is_trace_parent;
using action::is_trace_state;
using action::join_trace;
using action::Message;
using action::new_span;
using action::span_id;
using action::trace_id;

namespace {

constexpr const char* kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

// A variable of the environment for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("trace: what is a traceparent, and what is not") {
  const std::string good = kParent;
  CHECK(is_trace_parent(good));
  CHECK(trace_id(good) == "0af7651916cd43dd8448eb211c80319c");
  CHECK(span_id(good) == "b7ad6b7169203331");
  CHECK(is_trace_parent("cc" + good.substr(2)));
  CHECK(is_trace_parent("cc" + good.substr(2) + "-what-later-versions-add"));
  const std::string bad[] = {"",
                             "00",
                             good + "-more",
                             "cc" + good.substr(2) + ".more",
                             "ff" + good.substr(2),
                             "0x" + good.substr(2),
                             good.substr(0, 54),
                             "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                             "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                             "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
                             "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
  for (const auto& text : bad) CHECK_FALSE_MESSAGE(is_trace_parent(text), text);
}

TEST_CASE("trace: a tracestate is printable, and not endless") {
  CHECK(is_trace_state("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"));
  CHECK_FALSE(is_trace_state(""));
  CHECK_FALSE(is_trace_state("a=1\n"));
  CHECK_FALSE(is_trace_state(std::string(2049, 'a')));
}

TEST_CASE("trace: a new span keeps trace and flags; without a parent a trace begins, sampled") {
  std::string span;
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    new_span(std::string(kParent).substr(0, 53) + "00", span);
    REQUIRE(is_trace_parent(span));
    CHECK(trace_id(span) == trace_id(kParent));
    CHECK(span.ends_with("-00"));
    ids.emplace(span_id(span));
  }
  CHECK(ids.size() == 100);
  std::string other;
  new_span({}, span);
  new_span({}, other);
  CHECK(is_trace_parent(span));
  CHECK(span.ends_with("-01"));
  CHECK(trace_id(span) != trace_id(other));
}

TEST_CASE("trace: a message joins the one it is told, else the environment's, else none") {
  Message message;
  message.event = "mail";
  CHECK(join_trace(message, {}, {}));
  CHECK(message.trace_parent.empty());
  {
    const Variable parent("TRACEPARENT", kParent);
    const Variable state("TRACESTATE", "a=1");
    CHECK(join_trace(message, {}, {}));
    CHECK(message.trace_parent == kParent);
    CHECK(message.trace_state == "a=1");
    Message told;
    const std::string other = "00-" + std::string(32, '1') + "-" + std::string(16, '2') + "-00";
    CHECK(join_trace(told, other, {}));
    CHECK(told.trace_parent == other);
    CHECK(told.trace_state.empty());
  }
  const Variable bad("TRACEPARENT", "nonsense");
  Message none;
  CHECK(join_trace(none, {}, {}));
  CHECK(none.trace_parent.empty());
  const auto refused = join_trace(message, "nonsense", {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text.starts_with("the trace of 'mail' is none: .trace.parent must be"));
}
