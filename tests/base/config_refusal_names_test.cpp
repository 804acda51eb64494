// What is refused, with the sentence a user reads: names of queues, brokers, environments,
// variables.
#include "config_scene.hpp"

using namespace actiond;
using namespace actiond::test;

TEST_CASE("config refuses: names that the broker or actiond could not use") {
  const std::string rule = " must have 1 to 100 letters, digits, _ and -, not ";
  const ConfigScene scene;
  CHECK(scene.refusal("application: a.b") == "actiond.yaml:1:14: 'application'" + rule + "'a.b'");
  CHECK(scene.refusal("application:") == "actiond.yaml:1:1: 'application'" + rule + "nothing");
  CHECK(scene.refusal("application: " + std::string(101, 'x')) ==
        "actiond.yaml:1:14: 'application'" + rule + "'" + std::string(100, 'x') + "…'");
  CHECK(scene.refusal("queues: [medium, 'a b']") == "actiond.yaml:1:18: 'queues'" + rule + "'a b'");
  for (const std::string name : {"dead", "delay", "delay_1", "delayed"})
    CHECK(scene.refusal("queues: [medium, " + name + "]") ==
          "actiond.yaml:1:18: 'queues': the name '" + name +
              "' is reserved ('dead' and names that begin with 'delay'): choose "
              "another");
}

TEST_CASE("config refuses: queues that are none, or twice, or named nowhere") {
  check_refused({
      {"queues: []",
       "actiond.yaml:1:9: 'queues' must be a list of names, as in [high, medium, "
       "low], not a list"},
      {"queues: medium",
       "actiond.yaml:1:9: 'queues' must be a list of names, as in [high, medium, "
       "low], not 'medium'"},
      {"queues:\n  - medium\n  - low\n  - medium",
       "actiond.yaml:4:5: 'queues' names 'medium' twice: remove one"},
      {"queues: [medium, [low]]",
       "actiond.yaml:1:18: 'queues' must have 1 to 100 letters, digits, _ and -, not a list"},
      {"default_queue: hihg",
       "actiond.yaml:1:16: 'default_queue' names 'hihg', which is not in 'queues': did you mean "
       "'high'?"},
      {"queues: [a, b]",
       "actiond.yaml:1:9: 'queues' lacks 'medium', the default of "
       "'default_queue': write a default_queue that is one of a, b"},
      {"events: {send_email: {queue: urgent}}",
       "actiond.yaml:1:30: 'events.send_email.queue' names 'urgent', which is not in 'queues': "
       "there are: high, medium, low"},
      {"events: {send_email: {queue: [high]}}",
       "actiond.yaml:1:30: 'events.send_email.queue' must be a line of text, not a list"},
  });
}

TEST_CASE("config refuses: brokers of another scheme, and shows no password") {
  const Variable secret("BASE_TEST_SECRET", "http://u:secret@h");
  const std::string sentence =
      ": 'broker' must be an address that begins with amqp:// or amqps://, or a list of them, or "
      "mysql://…, postgresql://… or memcached://…, or sqlite:FILE (what stands there is not shown: "
      "it may hold a "
      "password)";
  const ConfigScene scene;
  CHECK(scene.refusal("broker: http://u:secret@h") == "actiond.yaml:1:9" + sentence);
  CHECK(scene.refusal("broker: [amqp://h, u:secret@h]") == "actiond.yaml:1:20" + sentence);
  CHECK(scene.refusal("broker: ${BASE_TEST_SECRET}") == "actiond.yaml:1:9" + sentence);
  CHECK(scene.refusal("broker: {u: secret}") == "actiond.yaml:1:9" + sentence);
  CHECK(scene.refusal("broker:") == "actiond.yaml:1:1" + sentence);
  CHECK(scene.refusal("broker: 'sqlite:'") == "actiond.yaml:1:9" + sentence);
  CHECK(scene.refusal("broker: [sqlite:a.db, amqp://h]") ==
        "actiond.yaml:1:9: 'broker' must be one queue file, one database, one memcached, or a "
        "list of RabbitMQ nodes");
  CHECK(scene.refusal("broker: []") == "actiond.yaml:1:9: 'broker' must not be empty");
  CHECK(scene.refusal("brokers: x\n? amqp://u:hush@h\n: 1").find("hush") == std::string::npos);
}

TEST_CASE("config refuses: environments that are not there") {
  const ConfigScene scene;
  const char* two = "environments:\n  production: {concurrency: 8}\n  staging:\n";
  CHECK(scene.refusal(two, "prodution") ==
        "actiond.yaml:2:3: no environment 'prodution' (of -e) under 'environments': did you mean "
        "'production'?");
  const Variable variable("ACTIOND_ENV", "test");
  CHECK(scene.refusal(two) ==
        "actiond.yaml:2:3: no environment 'test' (of $ACTIOND_ENV) under "
        "'environments': there are: production, staging");
  CHECK(scene.refusal("concurrency: 1") ==
        "actiond.yaml: no environment 'test' (of $ACTIOND_ENV) under 'environments': there are "
        "none");
}

TEST_CASE("config refuses: what an environment brings, at its place there") {
  check_refused(
      {
          {"concurrency: 1\nenvironments:\n  p:\n    concurrency: lots",
           "actiond.yaml:4:18: 'concurrency' must be a whole number from 1 to 256, not 'lots'"},
          {"events: {e: {queue: low}}\nenvironments:\n  p:\n    queues: [high, medium]",
           "actiond.yaml:1:21: 'events.e.queue' names 'low', which is not in 'queues': there are: "
           "high, medium"},
          {"environments: {p: many}",
           "actiond.yaml:1:19: 'environments.p' must be a mapping, not 'many'"},
      },
      "p");
}

TEST_CASE("config refuses: variables in force that are not set; others need not be") {
  const Variable unset("BASE_TEST_UNSET", nullptr);
  const Variable odd("BASE_TEST_ODD", "four");
  const Variable empty("BASE_TEST_EMPTY", "");
  check_refused({
      {"timeout: 1s\nconcurrency: ${BASE_TEST_UNSET}",
       "actiond.yaml:2:14: 'concurrency': the environment variable BASE_TEST_UNSET is not set: set "
       "it, or write ${BASE_TEST_UNSET:-default}"},
      {"environment: {smtp: {password: \"${BASE_TEST_UNSET}\"}}",
       "actiond.yaml:1:32: 'environment.smtp.password': the environment variable BASE_TEST_UNSET "
       "is not set: set it, or write ${BASE_TEST_UNSET:-default}"},
      {"concurrency: ${BASE_TEST_ODD}",
       "actiond.yaml:1:14: 'concurrency' must be a whole number from 1 to 256, not 'four' (from "
       "'${BASE_TEST_ODD}')"},
      {"concurrency: ${BASE_TEST_EMPTY}",
       "actiond.yaml:1:14: 'concurrency' must be a whole number from 1 to 256, not nothing (from "
       "'${BASE_TEST_EMPTY}')"},
      {"environments: {p: {timeout: \"${BASE_TEST_UNSET}\"}}", ""},
  });
}
