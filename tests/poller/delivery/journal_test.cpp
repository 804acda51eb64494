#include "poller/delivery/journal.hpp"

#include <doctest/doctest.h>

#include "../log_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

struct JournalScene : LogScene {
  Journal journal{log, 24h * 7};
  Delivery delivery;

  JournalScene() {
    delivery.message.event = "mail";
    delivery.message.id = "7";
    delivery.message.body = R"({"to":"x"})";
    delivery.queue_name = "high";
    delivery.attempts = 3;
    delivery.run = 1;
  }
  void end(Ending ending, Settlement settlement, const std::string& reason = "") {
    delivery.outcome.ending = ending;
    delivery.outcome.reason = reason;
    delivery.verdict = {settlement, 2000ms};
    journal.settled(delivery, settlement);
  }
  bool has(const std::string& line) { return times_logged(line) == 1; }
};

}  // namespace

TEST_CASE("journal: a run begins once in the log, whoever says so first") {
  JournalScene scene;
  scene.journal.wrote(&scene.delivery, LogFrame{1, static_cast<int>(LogLevel::Info), "hello"});
  scene.journal.begun(scene.delivery);
  CHECK(scene.has(R"(Processing high:mail ({"to":"x"}) id=7)"));
  CHECK(scene.logged().find("Processing") < scene.logged().find("mail: hello id=7"));
}

TEST_CASE("journal: a plugin's line outside of a run is its own") {
  JournalScene scene;
  scene.journal.wrote(nullptr, LogFrame{0, static_cast<int>(LogLevel::Warning), "no config"});
  CHECK(scene.has("no config"));
  CHECK(scene.times_logged("Processing") == 0);
}

TEST_CASE("journal: that the broker lets events go too soon is told once") {
  JournalScene scene;
  scene.delivery.run = 0;
  scene.delivery.outcome.snooze = 9s;
  scene.end(Ending::Snoozed, Settlement::Delay);
  CHECK(scene.times_logged("too early") == 0);  // its delay is one of several trips
  for (int i = 0; i < 3; ++i) scene.end(Ending::Snoozed, Settlement::Delay, "came before its time");
  CHECK(scene.times_logged("high:mail id=7 came before its time, 9s too early") == 1);
}

TEST_CASE("journal: done and halted are done") {
  JournalScene scene;
  scene.end(Ending::Done, Settlement::Acknowledge);
  scene.end(Ending::Halted, Settlement::Acknowledge);
  CHECK(scene.times_logged("Finished processing high:mail id=7") == 2);
  CHECK(scene.journal.counts().done == 2);
  CHECK(scene.journal.counts().failed == 0);
}

TEST_CASE("journal: a failure names its attempt and when the next one is due") {
  JournalScene scene;
  scene.delivery.message.trail.attempt = 2;  // of the copy that is stored
  scene.delivery.outcome.backtrace = "mail.so: Mail::send()+0x1c\nlibc: abort\n";
  scene.end(Ending::Crashed, Settlement::Retry, "crashed: SIGSEGV in mail");
  CHECK(scene.has("mail crashed at mail.so: Mail::send()+0x1c < libc: abort id=7"));
  CHECK(
      scene.has("Error processing high:mail id=7: crashed: SIGSEGV in mail; attempt 2 of 3 in 2s"));
  CHECK(scene.journal.counts().failed == 1);
  CHECK(scene.journal.counts().dead == 0);
}

TEST_CASE("journal: the last failure is a dead letter") {
  JournalScene scene;
  scene.delivery.message.trail.attempt = 3;
  scene.end(Ending::Failed, Settlement::DeadLetter, "no such address");
  CHECK(scene.has("no such address; now among the dead letters, after attempt 3 of 3"));
  CHECK(scene.journal.counts().failed == 1);
  CHECK(scene.journal.counts().dead == 1);
}

TEST_CASE("journal: attempts beyond a limit that was lowered meanwhile are not 'of' it") {
  JournalScene scene;
  scene.delivery.message.trail.attempt = 4;
  scene.end(Ending::Failed, Settlement::DeadLetter, "no such address");
  CHECK(scene.has("now among the dead letters, after attempt 4"));
  CHECK(!scene.has("attempt 4 of"));
}

TEST_CASE("journal: what is blamed on new plugins spends no attempt") {
  JournalScene scene;
  scene.end(Ending::Crashed, Settlement::Delay, "crashed: SIGSEGV in mail");
  CHECK(scene.has(
      "crashed: SIGSEGV in mail; blamed on the new plugins; retried in 2s, attempt not counted"));
}

TEST_CASE("journal: an unknown event is a warning once for each name, and no failure") {
  JournalScene scene;
  for (int i = 0; i < 3; ++i)
    scene.end(Ending::Unknown, Settlement::Delay, "no plugin provides the event 'mail'");
  CHECK(
      scene.has("no plugin provides the event 'mail': high:mail id=7 is offered again until one "
                "does, for 7d at the longest"));
  CHECK(scene.times_logged("high:mail id=7 is still unknown; offered again in 2s") == 2);
  CHECK(scene.journal.counts().failed == 0);
}

TEST_CASE("journal: a snooze is told, a trip that was too short for its delay hardly") {
  JournalScene scene;
  scene.delivery.outcome.snooze = 5min;
  scene.end(Ending::Snoozed, Settlement::Delay);
  CHECK(scene.has("Snoozed high:mail id=7 for 5m"));
  scene.delivery.run = 0;
  scene.end(Ending::Snoozed, Settlement::Delay);
  CHECK(scene.has("DEBUG high:mail id=7 is not due for 5m"));
}

TEST_CASE("journal: what went back to the broker is told with its reason") {
  JournalScene scene;
  scene.end(Ending::NotStarted, Settlement::GiveBack, "recalled");
  CHECK(scene.logged().empty());
  scene.end(Ending::Stopped, Settlement::GiveBack, "stopped: told to stop now");
  CHECK(scene.has("high:mail id=7 was stopped: told to stop now and given back"));
  scene.end(Ending::Lost, Settlement::Forget);
  CHECK(scene.has("high:mail id=7 ended while the broker was away; the broker offers it again"));
  CHECK(scene.journal.counts().failed == 0);
}

TEST_CASE("journal: an event that has expired is done, with one line, or dead") {
  JournalScene scene;
  scene.delivery.run = 0;
  scene.end(Ending::Expired, Settlement::Acknowledge, "it expired 3s before it could begin");
  CHECK(scene.has("Expired high:mail id=7: it expired 3s before it could begin"));
  CHECK(scene.times_logged("Processing") == 0);
  CHECK(scene.journal.counts().done == 1);
  scene.end(Ending::Expired, Settlement::DeadLetter, "it expired 4s before it could begin");
  CHECK(
      scene.has("Error processing high:mail id=7: it expired 4s before it could begin; now among "
                "the dead letters, after attempt 1 of 3"));
  CHECK(scene.journal.counts().dead == 1);
}
