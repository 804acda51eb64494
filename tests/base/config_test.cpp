// What a right configuration means.
#include "config_scene.hpp"

using namespace actiond;
using namespace actiond::test;
using namespace std::chrono_literals;

TEST_CASE("config: an empty file is all defaults") {
  const ConfigScene scene;
  const Config config = scene.config("");
  CHECK(config.brokers == std::vector<std::string>{"amqp://guest:guest@127.0.0.1:5672/%2f"});
  CHECK(config.application == "action_event");
  CHECK(config.queues == std::vector<std::string>{"high", "medium", "low"});
  CHECK(config.default_queue == "medium");
  CHECK(config.log == LogConfig{});
  CHECK(config.concurrency == 1);
  CHECK(config.queue_type == QueueType::Classic);
  CHECK_FALSE(config.prefetch.has_value());
  CHECK(config.reload == Reload::Auto);
  CHECK(config.rollback == RollbackPolicy{});
  CHECK(config.shutdown_timeout == 30s);
  CHECK(config.retry == RetryPolicy{20, 1s, 2, 1h, 0.2});
  CHECK(config.timeout == 10min);
  CHECK(config.load_timeout == LoadTimeout{20s, {}});
  CHECK(config.unknown_event_ttl == 7 * 24h);
  CHECK(config.statistics == StatisticsConfig{72h, 400 * 24h});
  CHECK(config.web == WebConfig{});
  CHECK(config.events.empty());
  CHECK(config.environment == nlohmann::json::object());
  CHECK(config.environment_name == "");
  for (const char* empty : {"# a comment\n", "---\n", "{}", "~", "events:\nlog:\nenvironment:\n"})
    CHECK(scene.config(empty) == config);
}

TEST_CASE("config: statistics may be none") {
  const ConfigScene scene;
  CHECK(!scene.config("statistics: none").statistics);
  CHECK(scene.config("statistics:").statistics == StatisticsConfig{});
}

TEST_CASE("config: load_timeout is one duration, or one for each plugin's file") {
  const ConfigScene scene;
  CHECK(scene.config("load_timeout: 1m").load_timeout == LoadTimeout{1min, {}});
  const auto timeout = scene.config("load_timeout: {mailer.so: 1m}").load_timeout;
  CHECK(timeout.of("/srv/plugins/mailer.so") == 1min);
  CHECK(timeout.of("other.so") == 20s);
  CHECK(timeout.of("") == 20s);
}

TEST_CASE("config: every key is read") {
  const ConfigScene scene;
  const Config config = scene.config(R"(
broker: [amqps://a@one, "amqp://b@two:5673/%2f"]
application: shop
queues: [urgent, bulk]
default_queue: bulk
plugins: /srv/plugins
run_dir: /run/shop
log: {level: warning, format: json, file: /var/log/shop.log}
concurrency: 256
queue_type: quorum
prefetch: 65535
memory_limit: 512MiB
recycle: {events: 1000, memory: 1GB}
reload: manual
rollback: {crashes: 5, within: 10s}
shutdown_timeout: 0s
retry: {attempts: 1, initial: 250ms, factor: 1.5, max: 1d, jitter: 0, interruptions: 7}
timeout: 30s
load_timeout: {default: 1m, mailer.so: 5m}
unknown_event_ttl: 5m
statistics: {minutes: 12h, hours: 3650d}
web:
  listen: ["[::1]:80", unix:../web.sock]
  access: read-only
  password: hush
  hosts: shop.example.com
  base_path: /events
  certfile: /etc/cert.pem
  keyfile: /etc/key.pem
  behind_proxy: true
  params: hidden
  metrics: protected
  trace_link: "https://jaeger.example/trace/{trace_id}"
events:
  send_email: {queue: urgent, attempts: 5, timeout: 30s}
  audit:
)");
  CHECK(config.brokers == std::vector<std::string>{"amqps://a@one", "amqp://b@two:5673/%2f"});
  CHECK(config.application == "shop");
  CHECK(config.queues == std::vector<std::string>{"urgent", "bulk"});
  CHECK(config.default_queue == "bulk");
  CHECK(config.plugins == "/srv/plugins");
  CHECK(config.run_dir == "/run/shop");
  CHECK(config.log == LogConfig{LogLevel::Warning, LogFormat::Json, "/var/log/shop.log"});
  CHECK(config.concurrency == 256);
  CHECK(config.queue_type == QueueType::Quorum);
  CHECK(config.prefetch == 65535);
  CHECK(config.memory_limit == 512ULL << 20);
  CHECK(config.recycle == RecyclePolicy{1000, 1'000'000'000});
  CHECK(config.reload == Reload::Manual);
  CHECK(config.rollback == RollbackPolicy{5, std::chrono::seconds(10)});
  CHECK(config.shutdown_timeout == 0s);
  CHECK(config.retry == RetryPolicy{1, 250ms, 1.5, 24h, 0, 7});
  CHECK(config.timeout == 30s);
  CHECK(config.load_timeout == LoadTimeout{1min, {{"mailer.so", 5min}}});
  CHECK(config.unknown_event_ttl == 5min);
  CHECK(config.statistics == StatisticsConfig{12h, 3650 * 24h});
  const std::string socket = "unix:" + (scene.dir().parent_path() / "web.sock").native();
  CHECK(config.web == WebConfig{{"[::1]:80", socket},
                                true,
                                "hush",
                                {"shop.example.com"},
                                "/events/",
                                "/etc/cert.pem",
                                "/etc/key.pem",
                                true,
                                false,
                                false,
                                "https://jaeger.example/trace/{trace_id}"});
  CHECK(config.events ==
        std::map<std::string, EventConfig>{{"audit", {}}, {"send_email", {"urgent", 5, 30s}}});
}

TEST_CASE("config: the handlers' environment keeps YAML's types") {
  const ConfigScene scene;
  const Config config = scene.config(R"(
environment:
  text: hello
  quoted: "5"
  tagged: !!str 5
  block: |
    two
    lines
  whole: -5
  hex: 0x1f
  octal: 0o17
  decimal: 2.5
  exponent: 1e3
  huge: 123456789012345678901
  yes: yes
  on: true
  off: False
  none: ~
  empty:
  inf: .inf
  list: [1, two, {three: 3}]
  shared: &it {a: 1}
  again: *it
  queues: {unknown: keys}
)");
  CHECK(config.environment == nlohmann::json::parse(R"({
    "text": "hello", "quoted": "5", "tagged": "5", "block": "two\nlines\n", "whole": -5,
    "hex": 31, "octal": 15, "decimal": 2.5, "exponent": 1000.0, "huge": 123456789012345678901.0,
    "yes": "yes", "on": true, "off": false, "none": null, "empty": null, "inf": ".inf",
    "list": [1, "two", {"three": 3}], "shared": {"a": 1}, "again": {"a": 1},
    "queues": {"unknown": "keys"}})"));
  CHECK(config.environment["exponent"].is_number_float());
  CHECK(config.environment["whole"].is_number_integer());
}

namespace {

constexpr const char* kOverlaid = R"(
concurrency: 2
queues: [a, b, c]
default_queue: a
retry: {attempts: 3, max: 5m}
events:
  send_email: {queue: a, attempts: 5}
environment: {smtp: {host: localhost, port: 25}, tags: [x, y]}
environments:
  production:
    concurrency: 8
    queues: [a, z]
    default_queue: z
    retry: {attempts: 9}
    events:
      send_email: {attempts: 7}
      audit: {queue: z}
    environment: {smtp: {host: mail}, tags: [w]}
  nothing:
)";

}  // namespace

TEST_CASE("config: an environment is merged over the rest, lists and values are replaced") {
  const ConfigScene scene;
  const Config config = scene.config(kOverlaid, "production");
  CHECK(config.environment_name == "production");
  CHECK(config.concurrency == 8);
  CHECK(config.queues == std::vector<std::string>{"a", "z"});
  CHECK(config.default_queue == "z");
  CHECK(config.retry == RetryPolicy{9, 1s, 2, 5min, 0.2});
  CHECK(config.events ==
        std::map<std::string, EventConfig>{{"audit", {"z", {}, {}}}, {"send_email", {"a", 7, {}}}});
  CHECK(config.environment ==
        nlohmann::json::parse(R"({"smtp": {"host": "mail", "port": 25}, "tags": ["w"]})"));
}

TEST_CASE("config: without -e no environment is in force; one may be empty") {
  const ConfigScene scene;
  CHECK(scene.config(kOverlaid).concurrency == 2);
  Config nothing = scene.config(kOverlaid, "nothing");
  nothing.environment_name = "";
  CHECK(nothing == scene.config(kOverlaid));
}

TEST_CASE("config: $ACTIOND_ENV is an -e that -e overrules") {
  const ConfigScene scene;
  const Variable variable("ACTIOND_ENV", "production");
  CHECK(scene.config(kOverlaid).concurrency == 8);
  CHECK(scene.config(kOverlaid, "nothing").concurrency == 2);
}

TEST_CASE("config: an empty section of an environment takes nothing away") {
  const ConfigScene scene;
  const Config config = scene.config(
      "retry: {attempts: 3}\nenvironments:\n  test:\n    retry:\n    events:\n", "test");
  CHECK(config.retry.attempts == 3);
}

TEST_CASE("config: variables are taken where they are in force, and typed after that") {
  const ConfigScene scene;
  const Variable n("BASE_TEST_N", "6");
  const Variable odd("BASE_TEST_ODD", "a: b # {[\"'\n");
  const Variable unset("BASE_TEST_UNSET", nullptr);
  const Config config = scene.config(R"(
concurrency: ${BASE_TEST_N}
prefetch: ${BASE_TEST_UNSET:-4}
retry: {attempts: "${BASE_TEST_N}"}
timeout: ${BASE_TEST_UNSET}
environment:
  plain: ${BASE_TEST_N}
  quoted: "${BASE_TEST_N}"
  odd: ${BASE_TEST_ODD}
  literal: $${BASE_TEST_N}
  ${BASE_TEST_N}: keys stay
environments:
  other: {timeout: "${BASE_TEST_UNSET:-9}s"}
)",
                                     "other");
  CHECK(config.concurrency == 6);
  CHECK(config.prefetch == 4);
  CHECK(config.retry.attempts == 6);
  CHECK(config.timeout == 9s);
  CHECK(config.environment == nlohmann::json{{"plain", 6},
                                             {"quoted", "6"},
                                             {"odd", "a: b # {[\"'\n"},
                                             {"literal", "${BASE_TEST_N}"},
                                             {"${BASE_TEST_N}", "keys stay"}});
}

TEST_CASE("config: the variables that hold the broker's password are known by their names") {
  const ConfigScene scene;
  const Variable user("BASE_TEST_USER", "ada:secret");
  const Variable host("BASE_TEST_HOST", "h");
  const Variable unset("BASE_TEST_UNSET", nullptr);
  const Config config = scene.config(R"(
broker: ["amqp://${BASE_TEST_USER}@${BASE_TEST_HOST}", "amqp://${BASE_TEST_UNSET:-x}"]
environment: {user: "${BASE_TEST_ODD:-}"}
)");
  CHECK(config.brokers == std::vector<std::string>{"amqp://ada:secret@h", "amqp://x"});
  CHECK(config.broker_variables == std::vector<std::string>{"BASE_TEST_USER", "BASE_TEST_HOST"});
  CHECK(scene.config("application: ${BASE_TEST_HOST}").broker_variables.empty());
}

TEST_CASE("config: concurrency may be a range, which an overlay's number ends") {
  const ConfigScene scene;
  const std::string yaml = "concurrency: 2..16\nenvironments: {p: {concurrency: 4}}";
  CHECK(scene.config(yaml).concurrency == 2);
  CHECK(scene.config(yaml).most_runners() == 16);
  CHECK(scene.config(yaml, "p").concurrency == 4);
  CHECK(scene.config(yaml, "p").most_runners() == 4);
  CHECK(scene.config("concurrency: 3..3").most_runners() == 3);
}
