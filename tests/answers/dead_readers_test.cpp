#include <doctest/doctest.h>

#include "answers/dead_readers.hpp"

using namespace actiond;
using Words = std::vector<std::string>;

namespace {

Message letter(const std::string& id, const std::string& event, const std::string& queue = "low") {
  Message letter;
  letter.id = id;
  letter.event = event;
  letter.body = "{}";
  letter.trail.attempt = 20;
  letter.trail.queue = queue;
  letter.trail.error = "no";
  letter.trail.backtrace = "#0";
  return letter;
}

Fate fate_of(DeadLetterReader& reader, Message message) {
  std::string queue;
  return reader.take(message, queue);
}

}  // namespace

TEST_CASE("dead readers: a list counts all that match, and keeps the oldest without bodies") {
  DeadLister lister("a", 2);
  for (const std::int64_t time : {30, 10, 20, 10}) {
    Message message = letter(std::to_string(time), "a");
    message.trail.failed_at_ms = time;
    CHECK(fate_of(lister, message) == Fate::Keep);
    CHECK(fate_of(lister, letter("other", "b")) == Fate::Keep);
  }
  const auto list = lister.finish(8);
  CHECK(list.total == 8);
  CHECK(list.matching == 4);
  REQUIRE(list.letters.size() == 2);
  for (const auto& each : list.letters) {
    CHECK(each.id == "10");
    CHECK(each.trail.error == "no");
    CHECK(each.body.empty());
    CHECK(each.trail.backtrace.empty());
  }
}

TEST_CASE("dead readers: retry sends a letter as if it had never failed") {
  const Config config;
  DeadRetry retry(config, {{"1"}, "", false});
  Message message = letter("1", "a");
  std::string queue;
  CHECK(retry.take(message, queue) == Fate::Requeue);
  CHECK(queue == "low");
  CHECK(message.trail.attempt == 1);
  CHECK(message.trail.error.empty());
  CHECK(message.trail.queue.empty());
  CHECK(message.body == "{}");
  Message other = letter("1", "a", "gone");
  CHECK(retry.take(other, queue) == Fate::Requeue);
  CHECK(queue == "medium");
}

TEST_CASE("dead readers: only what is selected is changed, and ids that are nowhere are known") {
  DeadDelete some({{"1", "7", "2", "7"}, "", false});
  CHECK(fate_of(some, letter("1", "a")) == Fate::Delete);
  CHECK(fate_of(some, letter("1", "a")) == Fate::Delete);
  CHECK(fate_of(some, letter("3", "a")) == Fate::Keep);
  CHECK(some.deleted() == 2);
  CHECK(some.unknown_ids() == Words{"7", "2"});
  const Config config;
  DeadRetry event(config, {{}, "a", false});
  CHECK(fate_of(event, letter("1", "a")) == Fate::Requeue);
  CHECK(fate_of(event, letter("1", "b")) == Fate::Keep);
  CHECK(event.unknown_ids().empty());
}

TEST_CASE("dead readers: what has no type stays where it is") {
  const Config config;
  DeadRetry retry(config, {{}, "", true});
  CHECK(fate_of(retry, letter("1", "")) == Fate::Keep);
  CHECK(fate_of(retry, letter("2", "a")) == Fate::Requeue);
  CHECK(retry.malformed() == Words{"1"});
  retry.on_requeued();
  CHECK(retry.retried() == 1);
  retry.on_refused("full");
  retry.on_refused("gone");
  CHECK(retry.refused() == 2);
  CHECK(retry.refusal() == "full");
}
