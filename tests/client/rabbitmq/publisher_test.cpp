#include "client/rabbitmq/publisher.hpp"

#include <map>

#include "../../network/raw_calls.hpp"
#include "../test_broker.hpp"
#include "client/event_id.hpp"

using action::Publisher;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// A publisher on a channel of its own, and what it was told.
class Published {
 public:
  explicit Published(Publisher::OnMissing on_missing = Publisher::OnMissing::End)
      : connection_(connect_to_test_broker()) {
    auto opened = Publisher::open(
        *connection_, 1,
        [this](std::uint64_t number, const auto& taken) {
          verdicts[number] = taken ? "" : taken.error().text;
        },
        on_missing);
    REQUIRE(opened);
    publisher = std::move(*opened);
  }

  action::Result<std::uint64_t> publish(const std::string& exchange, const std::string& key,
                                        std::string body = "{}") {
    action::Message message;
    message.event = "send_email";
    message.id = action::new_event_id();
    message.body = std::move(body);
    return publisher->publish(exchange, key, message);
  }

  // The error, if the channel was closed meanwhile.
  std::string settle_all() {
    const auto deadline = std::chrono::steady_clock::now() + seconds(10);
    while (publisher->unconfirmed() > 0 && std::chrono::steady_clock::now() < deadline)
      if (auto waited = publisher->wait(milliseconds(1000)); !waited) return waited.error().text;
    CHECK(publisher->unconfirmed() == 0);
    return "";
  }

  std::map<std::uint64_t, std::string> verdicts;
  std::unique_ptr<action::Connection> connection_;
  std::unique_ptr<Publisher> publisher;
};

// A queue for one message, which then takes no other.
void declare_full(TestApplication& app, const std::string& name) {
  amqp_table_entry_t entries[2] = {};
  entries[0].key = amqp_cstring_bytes("x-max-length");
  entries[0].value.kind = AMQP_FIELD_KIND_I64;
  entries[0].value.value.i64 = 1;
  entries[1].key = amqp_cstring_bytes("x-overflow");
  entries[1].value.kind = AMQP_FIELD_KIND_UTF8;
  entries[1].value.value.bytes = amqp_cstring_bytes("reject-publish");
  amqp_queue_declare(raw_calls(app.connection()), 1, action::to_bytes(app.queue(name)), false, true,
                     false, false, {2, entries});
  REQUIRE(refusal_of(app.connection()) == "");
}

}  // namespace

TEST_CASE("publisher: each of many messages is confirmed once") {
  NEEDS_BROKER();
  TestApplication app;
  REQUIRE(action::declare(app.connection(), 1, app.topology({"high"})));
  Published published;
  for (int i = 0; i < 500; ++i) REQUIRE(published.publish(app.name(), "high"));
  CHECK(published.settle_all() == "");
  CHECK(published.verdicts.size() == 500);
  for (const auto& [number, verdict] : published.verdicts) CHECK(verdict == "");
  CHECK(app.ready("high") == 500);
}

TEST_CASE("publisher: a message that no queue takes is an error that names the queue") {
  NEEDS_BROKER();
  TestApplication app;
  REQUIRE(action::declare(app.connection(), 1, app.topology({"high"})));
  Published published;
  REQUIRE(published.publish(app.name(), "high"));
  REQUIRE(published.publish(app.name(), "hihg"));
  REQUIRE(published.publish(app.name(), "high"));
  CHECK(published.settle_all() == "");
  CHECK(published.verdicts[1] == "");
  CHECK(published.verdicts[2].find("'hihg'") != std::string::npos);
  CHECK(published.verdicts[3] == "");
}

TEST_CASE("publisher: a full queue that rejects is an error") {
  NEEDS_BROKER();
  TestApplication app;
  declare_full(app, "high");
  Published published;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(published.publish("", app.queue("high")));
    CHECK(published.settle_all() == "");
  }
  CHECK(published.verdicts[1] == "");
  CHECK(published.verdicts[3].find("nack") != std::string::npos);
}

TEST_CASE("publisher: what is not taken is followed by another channel, and each is told once") {
  NEEDS_BROKER();
  TestApplication app;
  REQUIRE(action::declare(app.connection(), 1, app.topology({"low"})));
  declare_full(app, "high");
  Published published;
  REQUIRE(published.publish("", app.queue("high")));
  CHECK(published.settle_all() == "");
  for (int round = 0; round < 5; ++round) {
    REQUIRE(published.publish(app.name(), "low"));
    REQUIRE(published.publish("", app.queue("high")));
    REQUIRE(published.publish(app.name(), "low"));
    REQUIRE(published.publish(app.name(), "nowhere"));
    CHECK(published.settle_all() == "");
    REQUIRE(published.publisher->wait(milliseconds(110)));  // the other channel is over
  }
  REQUIRE(published.verdicts.size() == 21);
  for (std::uint64_t first = 2; first < 22; first += 4) {
    CHECK(published.verdicts[first] == "");
    CHECK(published.verdicts[first + 1].find("nack") != std::string::npos);
    CHECK(published.verdicts[first + 2] == "");
    CHECK(published.verdicts[first + 3].find("'nowhere'") != std::string::npos);
  }
  CHECK(app.ready("low") == 10);
}

TEST_CASE("publisher: an exchange that is not there closes the channel with the broker's words") {
  NEEDS_BROKER();
  Published published;
  REQUIRE(published.publish("nowhere", "high"));
  const std::string problem = published.settle_all();
  CHECK(problem.find("closed the publishing channel: 404") != std::string::npos);
  CHECK(problem.find("'nowhere'") != std::string::npos);
}

TEST_CASE("publisher: what is refused costs its channel, and the next ones go on over another") {
  NEEDS_BROKER();
  TestApplication app;
  REQUIRE(action::declare(app.connection(), 1, app.topology({"high"})));
  Published published(Publisher::OnMissing::Reopen);
  for (int round = 0; round < 3; ++round) {
    REQUIRE(published.publish(app.name(), "high"));
    REQUIRE(published.publish("nowhere", "high"));
    CHECK(published.settle_all() == "");
    REQUIRE(published.publish(app.name(), "high"));
    CHECK(published.settle_all() == "");
  }
  REQUIRE(published.verdicts.size() == 9);
  for (const std::uint64_t refused : {2, 5, 8})
    CHECK(published.verdicts[refused].find("refused the message (404 ") != std::string::npos);
  for (const std::uint64_t taken : {3, 6, 9}) CHECK(published.verdicts[taken] == "");
  CHECK(app.ready("high") == 6);
}

TEST_CASE("publisher: a name longer than AMQP's is refused, and the connection goes on") {
  NEEDS_BROKER();
  TestApplication app;
  REQUIRE(action::declare(app.connection(), 1, app.topology({"high"})));
  Published published;
  CHECK(!published.publish(app.name(), std::string(256, 'x')));
  CHECK(published.connection_->is_open());
  REQUIRE(published.publish(app.name(), "high"));
  CHECK(published.settle_all() == "");
  CHECK(published.verdicts[1] == "");
}

TEST_CASE("publisher: bodies of all sizes arrive whole and at once") {
  NEEDS_BROKER();
  TestApplication app;
  REQUIRE(action::declare(app.connection(), 1, app.topology({"high"})));
  Published published;
  constexpr std::size_t frame = 131064;  // the payload of the largest frame
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, frame - 1, frame, frame + 1,
                                 2 * frame, std::size_t{1000000}}) {
    CAPTURE(size);
    REQUIRE(published.publish(app.name(), "high", std::string(size, 'x')));
    CHECK(published.settle_all() == "");
    const auto message = app.take("high");
    REQUIRE(message);
    CHECK(message->body == std::string(size, 'x'));
  }
}
