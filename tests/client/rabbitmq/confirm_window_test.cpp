#include "client/rabbitmq/confirm_window.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

namespace {

// A window whose verdicts are kept: "" for taken.
struct Recorded {
  std::map<std::uint64_t, std::string> verdicts;
  std::vector<std::uint64_t> order;
  action::ConfirmWindow window{[this](std::uint64_t number, const action::Result<void>& taken) {
    REQUIRE(!verdicts.contains(number));
    verdicts[number] = taken ? "" : taken.error().text;
    order.push_back(number);
  }};

  void add(int count) {
    for (int i = 0; i < count; ++i) window.add("id" + std::to_string(++added));
  }

  int added = 0;
};

}  // namespace

TEST_CASE("confirms: publications are numbered from 1 and are unconfirmed at first") {
  Recorded recorded;
  CHECK(recorded.window.add("a") == 1);
  CHECK(recorded.window.add("b") == 2);
  CHECK(recorded.window.unconfirmed() == 2);
  CHECK(recorded.verdicts.empty());
}

TEST_CASE("confirms: acks out of order each settle their own") {
  Recorded recorded;
  recorded.add(4);
  for (std::uint64_t number : {3, 1, 4, 2}) recorded.window.settle(number, false, true);
  CHECK(recorded.order == std::vector<std::uint64_t>{3, 1, 4, 2});
  CHECK(recorded.window.unconfirmed() == 0);
  CHECK(recorded.window.add("next") == 5);
}

TEST_CASE("confirms: a multiple ack settles all before it that are not settled yet") {
  Recorded recorded;
  recorded.add(5);
  recorded.window.settle(2, false, true);
  recorded.window.settle(4, true, true);
  CHECK(recorded.order == std::vector<std::uint64_t>{2, 1, 3, 4});
  CHECK(recorded.window.unconfirmed() == 1);
  recorded.window.settle(5, true, true);
  CHECK(recorded.window.unconfirmed() == 0);
}

TEST_CASE("confirms: a multiple ack of number 0 settles all") {
  Recorded recorded;
  recorded.add(3);
  recorded.window.settle(0, true, true);
  CHECK(recorded.verdicts.size() == 3);
  recorded.window.settle(0, true, true);
  CHECK(recorded.verdicts.size() == 3);
}

TEST_CASE("confirms: a second answer, and one for a number never given, change nothing") {
  Recorded recorded;
  recorded.add(2);
  recorded.window.settle(1, false, true);
  recorded.window.settle(1, false, false);
  recorded.window.settle(0, false, true);
  recorded.window.settle(3, false, true);
  recorded.window.settle(~std::uint64_t{0}, false, true);
  CHECK(recorded.order == std::vector<std::uint64_t>{1});
  recorded.window.settle(~std::uint64_t{0}, true, true);
  CHECK(recorded.order == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("confirms: a nack is a failure, for all before it if multiple") {
  Recorded recorded;
  recorded.add(3);
  recorded.window.settle(2, true, false);
  recorded.window.settle(3, false, true);
  CHECK(recorded.verdicts[1].find("nack") != std::string::npos);
  CHECK(recorded.verdicts[2].find("nack") != std::string::npos);
  CHECK(recorded.verdicts[3].empty());
}

TEST_CASE("confirms: what was given back is not taken, although its ack comes") {
  Recorded recorded;
  recorded.add(3);
  recorded.window.give_back("id2", "no queue");
  CHECK(recorded.window.unconfirmed() == 3);
  recorded.window.settle(3, true, true);
  CHECK(recorded.verdicts[1].empty());
  CHECK(recorded.verdicts[2] == "no queue");
  CHECK(recorded.verdicts[3].empty());
}

TEST_CASE("confirms: of two with one id, neither counts as taken if one was given back") {
  Recorded recorded;
  recorded.window.add("same");
  recorded.window.add("same");
  recorded.window.give_back("same", "no queue");
  recorded.window.settle(2, true, true);
  CHECK(recorded.verdicts[1] == "no queue");
  CHECK(recorded.verdicts[2] == "no queue");
}

TEST_CASE("confirms: what is given back late does not touch what is settled") {
  Recorded recorded;
  recorded.add(2);
  recorded.window.settle(2, false, true);
  recorded.window.give_back("id2", "no queue");
  recorded.window.settle(1, false, true);
  CHECK(recorded.verdicts[2].empty());
}

TEST_CASE("confirms: whoever is told may publish at once") {
  action::ConfirmWindow* window = nullptr;
  int told = 0;
  action::ConfirmWindow owner([&](std::uint64_t, const action::Result<void>&) {
    if (++told <= 100) window->add("again");
  });
  window = &owner;
  for (int i = 0; i < 100; ++i) owner.add("first");
  owner.settle(100, true, true);
  CHECK(told == 100);
  CHECK(owner.unconfirmed() == 100);
  owner.settle(200, true, true);
  CHECK(owner.unconfirmed() == 0);
}

namespace {

using Faults = std::map<std::uint64_t, action::Fault>;

// Three publications to "a", the second of them large, and one to the default exchange; the first
// is confirmed. Then the broker closes the channel.
Faults faults_after(const std::string& reason) {
  Faults faults;
  action::ConfirmWindow window([&](std::uint64_t number, const action::Result<void>& taken) {
    if (!taken) faults[number] = taken.error().fault;
  });
  window.add("1", {"a", 10});
  window.add("2", {"a", 2000});
  window.add("3", {"a", 10});
  window.add("4", {"", 10});
  window.settle(1, false, true);
  window.closed(reason, "refused");
  CHECK(window.unconfirmed() == 0);
  CHECK(window.add("5", {"a", 10}) == 5);
  window.settle(1, false, true);  // the first of the new channel
  CHECK(window.unconfirmed() == 0);
  return faults;
}

}  // namespace

TEST_CASE("confirms: of those on a channel that is closed only the refused ones are known") {
  using enum action::Fault;
  const struct {
    const char* reason;
    Faults faults;
  } rows[] = {
      {"ACCESS_REFUSED - access to exchange 'a' in vhost '/' refused for user 'u'",
       {{2, Passing}, {3, Passing}, {4, Undecided}}},
      {"ACCESS_REFUSED - access to exchange 'amq.default' in vhost '/' refused for user 'u'",
       {{2, Undecided}, {3, Undecided}, {4, Passing}}},
      {"NOT_FOUND - no exchange 'a' in vhost '/'", {{2, Missing}, {3, Missing}, {4, Undecided}}},
      {"PRECONDITION_FAILED - message size 2000 is larger than configured max size 1000",
       {{2, Lasting}, {3, Undecided}, {4, Undecided}}},
      {"something else", {{2, Passing}, {3, Undecided}, {4, Undecided}}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.reason);
    CHECK(faults_after(row.reason) == row.faults);
  }
}
