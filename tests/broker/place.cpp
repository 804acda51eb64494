#include "place.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "../network/raw_calls.hpp"
#include "broker/look.hpp"
#include "broker/target.hpp"
#include "client/event_id.hpp"
#include "client/rabbitmq/connection.hpp"
#include "skipping.hpp"

namespace actiond::test {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

class FilePlace : public Place {
 public:
  FilePlace() : FilePlace(make_directory()) {}
  ~FilePlace() override { fs::remove_all(directory_); }
  void take_away() override {
    for (const auto& file : fs::directory_iterator(directory_)) fs::remove(file.path());
  }

 private:
  explicit FilePlace(const fs::path& directory)
      : Place("sqlite", "sqlite:" + (directory / "queue.db").native()), directory_(directory) {}
  static fs::path make_directory() {
    std::string pattern = (fs::temp_directory_path() / "action-broker-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    return pattern;
  }

  fs::path directory_;
};

class RabbitPlace : public Place {
 public:
  RabbitPlace(const std::string& url, QueueType type)
      : Place(type == QueueType::Quorum ? "quorum" : "classic", url) {
    config_.queue_type = type;
  }
  // The delay levels stay: RabbitMQ 3.10 may lose a supervisor when such a queue is deleted.
  ~RabbitPlace() override {
    auto url = action::parse_broker_url(config_.brokers.front());
    auto connection = action::Connection::open(*url, "broker_tests", 10s);
    if (!connection || !(*connection)->open_channel(1)) return;
    const auto topology = topology_of(config_);
    auto names = config_.queues;
    names.push_back(action::kDead);
    for (const auto& name : config_.queues) names.push_back("pause." + name);
    names.push_back("roster.v1");
    names.push_back("lease.v1");
    for (const auto& name : names)
      amqp_queue_delete(raw_calls(**connection), 1, action::to_bytes(topology.queue(name)), 0, 0);
  }
  void take_away() override {
    const std::string command = SCRIPTS_DIR "/rabbitmq --dir '" +
                                environment("ACTION_TEST_RABBITMQ_DIR") +
                                "' ctl -q close_all_connections test >/dev/null";
    REQUIRE(std::system(command.c_str()) == 0);
  }
};

// Its tables go with it, so the next case begins without any.
class DatabasePlace : public Place {
 public:
  // `name` is that of its script, and of its address's scheme.
  DatabasePlace(const std::string& name, const std::string& url, std::string directory)
      : Place(name, url), directory_(std::move(directory)) {}
  ~DatabasePlace() override {
    for (const char* table : {"events", "owners", "counts", "queues", "pauses", "lease", "schema"})
      run("DROP TABLE IF EXISTS " + config_.application + "_" + table);
  }
  void take_away() override {
    if (name() == "postgresql")
      run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'action'");
    else
      run("SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist"
          " WHERE user = 'action'",
          " | " + script());
  }

 private:
  std::string script() const {
    return SCRIPTS_DIR "/" + name() + " --dir '" + directory_ + "' sql";
  }
  void run(const std::string& sql, const std::string& then = {}) const {
    REQUIRE(std::system((script() + " \"" + sql + "\"" + then + " >/dev/null").c_str()) == 0);
  }

  std::string directory_;
};

// A case finds nothing of those before it: its application is its own.
class MemcachedPlace : public Place {
 public:
  MemcachedPlace(const std::string& url, std::string directory)
      : Place("memcached", url), directory_(std::move(directory)) {
    static int cases = 0;
    config_.application += fmt::format("_{}", ++cases);
  }
  void take_away() override {
    const auto restart = SCRIPTS_DIR "/memcached --dir '" + directory_ + "' restart >/dev/null";
    REQUIRE(std::system(restart.c_str()) == 0);
  }

 private:
  std::string directory_;
};

}  // namespace

// One application for all cases: RabbitMQ takes a while to declare the delay levels of another.
Place::Place(std::string name, const std::string& address) : name_(std::move(name)) {
  config_.brokers = {address};
  config_.application = fmt::format("conformance_{}_{}", name_, ::getpid());
}

std::unique_ptr<Broker> Place::connect() const {
  auto broker = connect_broker(config_, "broker_tests", 10s);
  if (!broker) FAIL(broker.error().text);
  return std::move(*broker);
}

std::unique_ptr<DeadLetters> Place::dead_letters() const {
  auto letters = open_dead_letters(config_, "broker_tests", 10s);
  if (!letters) FAIL(letters.error().text);
  return std::move(*letters);
}

std::unique_ptr<action::Sender> Place::sender() const {
  auto target = target_of(config_, "broker_tests");
  if (!target) FAIL(target.error().text);
  return std::make_unique<action::Sender>(std::move(*target), 1000, 10s);
}

void everywhere(const std::function<void(Place&)>& test) {
  const auto in = [&test](Place&& place) {
    CAPTURE(place.name());
    test(place);
  };
  in(FilePlace());
  for (const std::string name : {"mysql", "postgresql"}) {
    const std::string variable = name == "mysql" ? "ACTION_TEST_MYSQL" : "ACTION_TEST_POSTGRESQL";
    const auto database = environment(variable.c_str());
    if (database.empty())
      PARTLY_SKIPPED(variable, " names no server");
    else
      in(DatabasePlace(name, database, environment((variable + "_DIR").c_str())));
  }
  const auto memcached = environment("ACTION_TEST_MEMCACHED");
  if (memcached.empty())
    PARTLY_SKIPPED("ACTION_TEST_MEMCACHED names no server");
  else
    in(MemcachedPlace(memcached, environment("ACTION_TEST_MEMCACHED_DIR")));
  const std::string url = environment("ACTION_TEST_BROKER");
  if (url.empty()) {
    SKIP_TEST("all but a queue file: ACTION_TEST_BROKER names no broker");
  }
  in(RabbitPlace(url, QueueType::Classic));
  in(RabbitPlace(url, QueueType::Quorum));
}

Consumer::Consumer(const Place& place, int prefetch)
    : Consumer(place.connect(), place.config().queues_to_consume().size(), prefetch) {}

Consumer::Consumer(std::unique_ptr<Broker> connected, std::size_t queues, int prefetch)
    : broker(std::move(connected)) {
  for (QueueIndex i = 0; i < queues; ++i) REQUIRE(broker->consume(i, prefetch));
  until([&] { return consuming_ == queues; });
}

void Consumer::until(const std::function<bool()>& is_done) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!is_done()) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    const auto turned = turn(1s);
    if (!turned) FAIL(turned.error().text);
  }
}

void Consumer::until_quiet() {
  for (std::size_t before = seen.size() + 1; before != seen.size();) {
    before = seen.size();
    REQUIRE(turn(300ms));
  }
}

// In the order of the poller's loop.
Result<void> Consumer::turn(std::chrono::milliseconds timeout) {
  if (auto received = broker->receive(*this); !received) return received;
  if (auto flushed = broker->flush(); !flushed) return flushed;
  std::vector<pollfd> polled;
  for (const int fd : broker->descriptors()) polled.push_back({fd, POLLIN, 0});
  ::poll(polled.data(), polled.size(), static_cast<int>(timeout.count()));
  return broker->receive(*this);
}

std::vector<Seen> Consumer::take(std::size_t count) {
  until([&] { return seen.size() >= count; });
  std::vector<Seen> taken(std::make_move_iterator(seen.begin()),
                          std::make_move_iterator(seen.begin() + static_cast<long>(count)));
  seen.erase(seen.begin(), seen.begin() + static_cast<long>(count));
  return taken;
}

void Consumer::close() {
  REQUIRE(broker->flush());
  const auto closed = broker->close();
  if (!closed) FAIL(closed.error().text);
}

void Consumer::on_delivery(QueueIndex queue, std::uint64_t tag, bool is_redelivered,
                           Message& message) {
  seen.push_back({queue, tag, is_redelivered, message});
}

void Consumer::on_published(std::uint64_t, const Result<void>& taken) {
  ++published;
  if (!taken) refusals.push_back(taken.error().text);
}

Message event(const std::string& name, const std::string& body) {
  Message message;
  message.event = name;
  message.id = action::new_event_id();
  message.body = body;
  message.enqueued_at_s = 1'700'000'000;
  return message;
}

void enqueue(const Place& place, const std::string& queue, const std::vector<Message>& messages) {
  auto sender = place.sender();
  for (const auto& message : messages) REQUIRE(sender->post({queue, message}));
  const auto loss = sender->flush();
  if (loss) FAIL(loss->why);
}

std::vector<Message> numbered(int count) {
  std::vector<Message> messages;
  for (int i = 0; i < count; ++i) messages.push_back(event("work", std::to_string(i)));
  return messages;
}

std::optional<std::uint64_t> ready(const Place& place, const std::string& queue) {
  const auto look = look_at_broker(place.config(), "broker_tests", 10s);
  if (!look) FAIL(look.error().text);
  for (const auto& each : look->queues)
    if (each.name == queue) return each.ready;
  return std::nullopt;
}

}  // namespace actiond::test
