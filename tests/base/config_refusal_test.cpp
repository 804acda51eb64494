// What is refused, with the sentence a user reads: keys, types, ranges, and what is no YAML.
#include "config_scene.hpp"

using namespace actiond;
using namespace actiond::test;

TEST_CASE("config refuses: unknown keys, at every level") {
  check_refused({
      {"concurrency: 1\nprefech: 5",
       "actiond.yaml:2:1: unknown key 'prefech': did you mean "
       "'prefetch'?"},
      {"retry:\n  atempts: 5",
       "actiond.yaml:2:3: unknown key 'retry.atempts': did you mean 'retry.attempts'?"},
      {"log: {colour: red}",
       "actiond.yaml:1:7: unknown key 'log.colour': there are: log.level, "
       "log.format, log.file, log.params"},
      {"events: {send_email: {queu: high}}",
       "actiond.yaml:1:23: unknown key 'events.send_email.queu': did you mean "
       "'events.send_email.queue'?"},
      {"environments: {p: {concurency: 5}}",
       "actiond.yaml:1:20: unknown key 'environments.p.concurency': did you mean "
       "'environments.p.concurrency'?"},
      {"environments: {p: {log: {levle: debug}}}",
       "actiond.yaml:1:26: unknown key 'environments.p.log.levle': did you mean "
       "'environments.p.log.level'?"},
      {"enviroments: {p: {concurrency: 5}}",
       "actiond.yaml:1:1: unknown key 'enviroments': did you mean 'environments'?"},
  });
}

TEST_CASE("config refuses: keys that stand twice") {
  check_refused({
      {"concurrency: 1\nlog: {level: info}\nconcurrency: 2",
       "actiond.yaml:3:1: key 'concurrency' stands here twice, first on line 1: remove one"},
      {"environment:\n  smtp:\n    host: a\n    host: b",
       "actiond.yaml:4:5: key 'environment.smtp.host' stands here twice, first on line 3: remove "
       "one"},
  });
}

TEST_CASE("config refuses: wrong types") {
  check_refused({
      {"concurrency: many",
       "actiond.yaml:1:14: 'concurrency' must be a whole number from 1 to 256, not 'many'"},
      {"concurrency: 1.5",
       "actiond.yaml:1:14: 'concurrency' must be a whole number from 1 to 256, not '1.5'"},
      {"concurrency: \"4\"",
       "actiond.yaml:1:14: 'concurrency' must be a whole number from 1 to 256, not '4'"},
      {"concurrency: [4]",
       "actiond.yaml:1:14: 'concurrency' must be a whole number from 1 to 256, not a list"},
      {"concurrency:\nreload: auto",
       "actiond.yaml:1:1: 'concurrency' must be a whole number from 1 to 256, not nothing"},
      {"prefetch: some",
       "actiond.yaml:1:11: 'prefetch' must be auto or a whole number from 1 to 65535, not 'some'"},
      {"load_timeout: 5", "actiond.yaml:1:15: 'load_timeout': '5' has no unit: write 5s or 5ms"},
      {"load_timeout: [5s]",
       "actiond.yaml:1:15: 'load_timeout' must be a duration as in 30s, not a list"},
      {"load_timeout: {mailer: 5s}",
       "actiond.yaml:1:16: unknown key 'load_timeout.mailer': write default, or the name of a "
       "plugin's file, as in mailer.so"},
      {"load_timeout: {mailer.so: {a: 5s}}",
       "actiond.yaml:1:27: 'load_timeout.mailer.so' must be a duration as in 30s, not a mapping"},
      {"log: info", "actiond.yaml:1:6: 'log' must be a mapping, not 'info'"},
      {"log: {level: verbose}",
       "actiond.yaml:1:14: 'log.level' must be debug or info or warning "
       "or error, not 'verbose'"},
      {"log: {format: [json]}", "actiond.yaml:1:15: 'log.format' must be text or json, not a list"},
      {"log: {file: [a]}", "actiond.yaml:1:13: 'log.file' must be a path, not a list"},
      {"queue_type: lazy", "actiond.yaml:1:13: 'queue_type' must be classic or quorum, not 'lazy'"},
      {"reload: true", "actiond.yaml:1:9: 'reload' must be auto or manual, not 'true'"},
      {"plugins: \"\"", "actiond.yaml:1:10: 'plugins' must be a path, not ''"},
      {"plugins: \"a\\0b\"", "actiond.yaml:1:10: 'plugins' must be a path, not 'a\\x00b'"},
      {"run_dir: {a: b}", "actiond.yaml:1:10: 'run_dir' must be a path, not a mapping"},
      {"events: [send_email]", "actiond.yaml:1:9: 'events' must be a mapping, not a list"},
      {"events: {send_email: high}",
       "actiond.yaml:1:22: 'events.send_email' must be a mapping, not 'high'"},
      {"environment: production",
       "actiond.yaml:1:14: 'environment' must be a mapping, not 'production'"},
      {"environments: [production]",
       "actiond.yaml:1:15: 'environments' must be a mapping, not a list"},
      {"retry: {factor: fast}",
       "actiond.yaml:1:17: 'retry.factor' must be a number from 1 to 1000, not 'fast'"},
      {"retry: {factor: .nan}",
       "actiond.yaml:1:17: 'retry.factor' must be a number from 1 to 1000, not '.nan'"},
  });
}

TEST_CASE("config refuses: what is out of range") {
  check_refused({
      {"concurrency: 0",
       "actiond.yaml:1:14: 'concurrency' must be a whole number from 1 to 256, not '0'"},
      {"concurrency: 257",
       "actiond.yaml:1:14: 'concurrency' must be a whole number from 1 to 256, not '257'"},
      {"concurrency: 99999999999999999999",
       "actiond.yaml:1:14: 'concurrency' must be a whole number from 1 to 256, not "
       "'99999999999999999999'"},
      {"concurrency: 4..2",
       "actiond.yaml:1:14: 'concurrency' must be a range from 1 to at most 256, as in 1..16, not "
       "'4..2'"},
      {"concurrency: 0..2",
       "actiond.yaml:1:14: 'concurrency' must be a range from 1 to at most 256, as in 1..16, not "
       "'0..2'"},
      {"concurrency: 1...3",
       "actiond.yaml:1:14: 'concurrency' must be a range from 1 to at most 256, as in 1..16, not "
       "'1...3'"},
      {"memory_limit: 5KiB",
       "actiond.yaml:1:15: 'memory_limit' must be none or at least 16MiB, not '5KiB'"},
      {"recycle: {memory: 5}",
       "actiond.yaml:1:19: 'recycle.memory': '5' is not a size: write a whole number and one unit, "
       "as "
       "in "
       "512KiB, 64MiB or 2GiB"},
      {"recycle: {events: 0}",
       "actiond.yaml:1:19: 'recycle.events' must be none or a whole number from 1 to 1000000000, "
       "not "
       "'0'"},
      {"web: {certfile: a}",
       "actiond.yaml:1:17: 'web.certfile' and 'web.keyfile' belong together: set both, or none"},
      {"web: {base_path: x}",
       "actiond.yaml:1:18: 'web.base_path' must begin with / and have letters, digits, _, -, . and "
       "/, not 'x'"},
      {"web: {trace_link: 'javascript:alert({trace_id})'}",
       "actiond.yaml:1:19: 'web.trace_link' must begin with http:// or https:// and contain "
       "{trace_id}, not 'javascript:alert({trace_id})'"},
      {"web: {trace_link: https://jaeger.example/}",
       "actiond.yaml:1:19: 'web.trace_link' must begin with http:// or https:// and contain "
       "{trace_id}, not 'https://jaeger.example/'"},
      {"remote: all", "actiond.yaml:1:9: 'remote' must be status or full or none, not 'all'"},
      {"remote: full",
       "actiond.yaml:1:9: 'remote: full' wants 'remote_secret': the same on every machine, or "
       "none"},
      {"remote_secret: hush",
       "actiond.yaml:1:16: 'remote_secret' must have at least 16 bytes, or be none (what stands "
       "there is not shown)"},
      {"web: {password: [hush]}", "actiond.yaml:1:17: 'web.password' must be a line of text"},
      {"prefetch: 0",
       "actiond.yaml:1:11: 'prefetch' must be auto or a whole number from 1 to 65535, not '0'"},
      {"prefetch: 65536",
       "actiond.yaml:1:11: 'prefetch' must be auto or a whole number from 1 to 65535, not '65536'"},
      {"retry: {factor: 0.9}",
       "actiond.yaml:1:17: 'retry.factor' must be a number from 1 to 1000, not '0.9'"},
      {"retry: {jitter: 1.1}",
       "actiond.yaml:1:17: 'retry.jitter' must be a number from 0 to 1, not '1.1'"},
      {"retry: {jitter: -0.1}",
       "actiond.yaml:1:17: 'retry.jitter' must be a number from 0 to 1, not '-0.1'"},
      {"retry: {attempts: 0}",
       "actiond.yaml:1:19: 'retry.attempts' must be a whole number from 1 "
       "to 1000000, not '0'"},
      {"events: {\"a\\nb\": {attempts: 0}}",
       "actiond.yaml:1:29: 'events.a\\nb.attempts' must be a whole number from 1 to 1000000, not "
       "'0'"},
      {"events: {a: {attempts: 0}}",
       "actiond.yaml:1:24: 'events.a.attempts' must be a whole "
       "number from 1 to 1000000, not '0'"},
      {"timeout: 0s", "actiond.yaml:1:10: 'timeout' must be from 1ms to 365d, not '0s'"},
      {"statistics: {hours: 3651d}",
       "actiond.yaml:1:21: 'statistics.hours' must be from 1m to 3650d, not '3651d'"},
      {"retry: {max: 400d}", "actiond.yaml:1:14: 'retry.max' must be from 1ms to 365d, not '400d'"},
  });
}

TEST_CASE("config refuses: durations that are none") {
  check_refused({
      {"timeout: 30", "actiond.yaml:1:10: 'timeout': '30' has no unit: write 30s or 30ms"},
      {"events: {a: {on_expired: drop}}",
       "actiond.yaml:1:26: 'events.a.on_expired' must be done or dead, not 'drop'"},
      {"events: {a: {timeout: soon}}",
       "actiond.yaml:1:23: 'events.a.timeout': 'soon' is not a duration: write a whole number and "
       "one "
       "unit, as in 250ms, 10s, 5m, 1h or 7d"},
      {"statistics: off", "actiond.yaml:1:13: 'statistics' must be none or a mapping, not 'off'"},
      {"timeout: [1s]", "actiond.yaml:1:10: 'timeout' must be a duration as in 30s, not a list"},
      {"timeout:", "actiond.yaml:1:1: 'timeout' must be a duration as in 30s, not nothing"},
  });
}

TEST_CASE("config refuses: what is not YAML, or not a mapping") {
  const ConfigScene scene;
  check_refused({
      {"log:\n  level: \"info", "actiond.yaml:2:15: not valid YAML: illegal EOF in scalar"},
      {"log: {level: ${LEVEL}}",
       "actiond.yaml:1:15: not valid YAML: end of map flow not found (within {} or [] a ${...} "
       "needs quotes around it)"},
      {"a: *b", "actiond.yaml:1:4: not valid YAML: no anchor (&) stands before '*b'"},
      {"a: [1, *bee, 2]", "actiond.yaml:1:8: not valid YAML: no anchor (&) stands before '*bee'"},
      {"- concurrency",
       "actiond.yaml:1:1: the configuration must be a mapping, as in 'concurrency: 4'"},
      {"concurrency 4",
       "actiond.yaml:1:1: the configuration must be a mapping, as in 'concurrency: 4'"},
      {"concurrency: 1\n---\nconcurrency: 2",
       "actiond.yaml:3:1: a second document begins: only one is read"},
      {"# none\n, concurrency: 2",
       "actiond.yaml:2:1: not valid YAML: a ',' that is not within [] or {}"},
      {"? [a, b]\n: c", "actiond.yaml:1:3: a key must be plain text"},
      {"concurrency: 1\n# \xFF", "actiond.yaml:2:1: not UTF-8 text"},
      {"environment: {a: &x [*x]}",
       "actiond.yaml:1:18: nested too deeply, or an alias (*) that contains itself"},
  });
}

TEST_CASE("config refuses: aliases that multiply") {
  std::string yaml = "environment:\n  a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    yaml += "  a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int n = 0; n < 9; ++n) yaml += below + ", ";
    yaml += below + "]\n";
  }
  const ConfigScene scene;
  CHECK(scene.refusal(yaml).find("nested too deeply") != std::string::npos);
}

TEST_CASE("config refuses: everything at once, in the order of the file") {
  check_refused({{R"(retry: {jitter: 2}
concurency: 4
queues: [high, high]
timeout: 30
default_queue: middle
events: {a: {queue: x}}
)",
                  "actiond.yaml:1:17: 'retry.jitter' must be a number from 0 to 1, not '2'\n"
                  "actiond.yaml:2:1: unknown key 'concurency': did you mean 'concurrency'?\n"
                  "actiond.yaml:3:16: 'queues' names 'high' twice: remove one\n"
                  "actiond.yaml:4:10: 'timeout': '30' has no unit: write 30s or 30ms\n"
                  "actiond.yaml:5:16: 'default_queue' names 'middle', which is not in 'queues': "
                  "there are: high\n"
                  "actiond.yaml:6:21: 'events.a.queue' names 'x', which is not in 'queues': there "
                  "are: high"}});
}
