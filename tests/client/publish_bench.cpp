// How fast Client::post is, beside a bare rabbitmq-c loop with the same window, properties and
// body: publish_bench URL [EVENTS [WINDOW]]. Tells both in events a second, which the broker and
// whoever else uses the machine decide, and in microseconds of this process's own time an event.
// Not a test.
#include <sys/resource.h>

#include <action/client.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "../network/raw_calls.hpp"
#include "client/event_id.hpp"
#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/declare.hpp"

namespace {

using Clock = std::chrono::steady_clock;

struct Run {
  action::BrokerUrl url;
  std::string text;
  std::uint64_t events = 100000;
  std::uint64_t window = 1000;
  std::string application = "bench_" + action::new_event_id();
  std::string to = std::string(111, 'x');  // {"to":"xxx…"}: 120 bytes
};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double own_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Speed {
  double per_second;
  double own_us;
};

class Stopwatch {
 public:
  Speed stop(std::uint64_t events) const {
    const auto count = static_cast<double>(events);
    return {count / std::chrono::duration<double>(Clock::now() - begin_).count(),
            (own_seconds() - own_begin_) / count * 1e6};
  }

 private:
  Clock::time_point begin_ = Clock::now();
  double own_begin_ = own_seconds();
};

std::unique_ptr<action::Connection> connect(const Run& run) {
  auto connection = action::Connection::open(run.url, "bench", std::chrono::seconds(10));
  if (!connection || !(*connection)->open_channel(1)) std::abort();
  return std::move(*connection);
}

// Waits for an ack and returns up to which number everything is confirmed, if they come in order.
std::uint64_t next_ack(action::Connection& connection) {
  amqp_frame_t frame;
  if (amqp_simple_wait_frame(raw_calls(connection), &frame) != AMQP_STATUS_OK) std::abort();
  const auto* ack = static_cast<const amqp_basic_ack_t*>(frame.payload.method.decoded);
  const auto count = ack->delivery_tag;
  amqp_maybe_release_buffers(raw_calls(connection));
  return count;
}

Speed bare(const Run& run) {
  auto connection = connect(run);
  const action::Topology topology{run.application, {"high"}, action::QueueType::Classic};
  if (!action::declare(*connection, 1, topology)) std::abort();
  amqp_confirm_select(raw_calls(*connection), 1);
  const std::string body = "{\"to\":\"" + run.to + "\"}";
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_TYPE_FLAG |
                      AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG;
  properties.delivery_mode = 2;
  properties.type = amqp_cstring_bytes("send_email");
  properties.content_type = amqp_cstring_bytes("application/json");
  const std::string id = action::new_event_id();
  properties.message_id = action::to_bytes(id);
  const Stopwatch stopwatch;
  std::uint64_t confirmed = 0;
  for (std::uint64_t sent = 0; confirmed < run.events;) {
    for (; sent < run.events && sent - confirmed < run.window; ++sent)
      amqp_basic_publish(raw_calls(*connection), 1, action::to_bytes(run.application),
                         amqp_cstring_bytes("high"), true, false, &properties,
                         action::to_bytes(body));
    confirmed = std::max(confirmed, next_ack(*connection));
  }
  return stopwatch.stop(run.events);
}

Speed posted(const Run& run) {
  action::Client client(run.text, {.application = run.application, .window = run.window});
  const Stopwatch stopwatch;
  for (std::uint64_t i = 0; i < run.events; ++i)
    client.post("send_email", {{"to", run.to}}, {.queue = "high"});
  client.flush();
  return stopwatch.stop(run.events);
}

void empty_queue(const Run& run) {
  auto connection = connect(run);
  amqp_queue_purge(raw_calls(*connection), 1, action::to_bytes(run.application + ".high"));
}

void remove(const Run& run) {
  auto connection = connect(run);
  for (const char* queue : {".high", ".dead"})
    amqp_queue_delete(raw_calls(*connection), 1, action::to_bytes(run.application + queue), 0, 0);
  amqp_exchange_delete(raw_calls(*connection), 1, action::to_bytes(run.application), 0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: publish_bench URL [EVENTS [WINDOW]]\n"), 2;
  Run run;
  run.text = argv[1];
  run.url = action::parse_broker_url(run.text).value();
  if (argc > 2) run.events = std::strtoull(argv[2], nullptr, 10);
  if (argc > 3) run.window = std::strtoull(argv[3], nullptr, 10);
  for (int round = 0; round < 4; ++round) {
    const Speed loop = bare(run);
    empty_queue(run);
    const Speed client = posted(run);
    empty_queue(run);
    std::printf("bare %.0f/s %.2f us, post %.0f/s %.2f us, ratio %.2f\n", loop.per_second,
                loop.own_us, client.per_second, client.own_us, client.per_second / loop.per_second);
  }
  remove(run);
  return 0;
}
