// What RabbitMQ and rabbitmq-c can do at the most: the loops that a poller, and whoever queues, is
// measured against. No process of its own for handlers, no priorities, no log.
//
//   bare MODE HOST PORT QUEUE COUNT
//     each      consumes, acknowledges each message, prefetch 50
//     combined  the same, but acknowledges 25 with one frame
//     get       asks for each message with basic.get, and acknowledges it
//     publish   publishes persistent messages of BODY (standard input), pipelined, all confirmed
//     ping      publishes one every 5 ms, each confirmed, with the time for SENT_US in BODY
//     wait      consumes as WORKERS (standard input) workers would that wait 5 ms for each message,
//               and acknowledges each then
//     latency   consumes one at a time; prints the microseconds from that time to its arrival
// Prints {"events", "seconds", "cpu_us"} (of this process, an event).
#include <sys/resource.h>
#include <sys/time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "client/rabbitmq/amqp.hpp"

namespace {

constexpr int kPrefetch = 50;
constexpr int kCombined = 25;
constexpr int kWindow = 256;  // publishes that are not confirmed yet

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "bare: %s\n", what);
  std::exit(1);
}

void check(amqp_rpc_reply_t reply, const char* what) {
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail(what);
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) { return time.tv_sec + time.tv_usec / 1e6; };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

long now_us() {
  return static_cast<long>(Clock::now().time_since_epoch() / std::chrono::microseconds(1));
}

// From the first message to the last.
class Measure {
 public:
  void begin() {
    if (is_begun_) return;
    is_begun_ = true;
    began_ = Clock::now();
    cpu_ = cpu_seconds();
  }
  void print(int events) const {
    const double seconds = std::chrono::duration<double>(Clock::now() - began_).count();
    std::printf("{\"events\": %d, \"seconds\": %.6f, \"cpu_us\": %.3f}\n", events, seconds,
                (cpu_seconds() - cpu_) * 1e6 / events);
  }

 private:
  bool is_begun_ = false;
  Clock::time_point began_;
  double cpu_ = 0;
};

class Bare {
 public:
  Bare(const char* host, int port, std::string queue) : queue_(std::move(queue)) {
    connection_ = amqp_new_connection();
    amqp_socket_t* const socket = amqp_tcp_socket_new(connection_);
    if (socket == nullptr || amqp_socket_open(socket, host, port) != AMQP_STATUS_OK)
      fail("no broker there");
    check(amqp_login(connection_, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest"),
          "login");
    amqp_channel_open(connection_, 1);
    check(amqp_get_rpc_reply(connection_), "channel");
  }
  ~Bare() {
    amqp_connection_close(connection_, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(connection_);
  }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;

  void consume(int count, int acks_together) {
    begin_consuming(kPrefetch);
    Measure measure;
    for (int i = 1; i <= count; ++i) {
      amqp_envelope_t envelope;
      amqp_maybe_release_buffers(connection_);
      check(amqp_consume_message(connection_, &envelope, nullptr, 0), "consume");
      measure.begin();
      const auto tag = envelope.delivery_tag;
      amqp_destroy_envelope(&envelope);
      if (i % acks_together == 0 || i == count) amqp_basic_ack(connection_, 1, tag, 1);
    }
    settle();
    measure.print(count);
  }

  // All waits are equally long, so they end in the order in which they began.
  void wait(int count, std::size_t workers) {
    begin_consuming(kPrefetch + static_cast<int>(workers));
    std::deque<std::pair<Clock::time_point, std::uint64_t>> waits;
    Measure measure;
    for (int done = 0, begun = 0; done < count;) {
      if (waits.size() < workers && begun < count) {
        const auto tag = next_tag(waits.empty() ? Clock::time_point::max() : waits.front().first);
        if (tag != 0) {
          measure.begin();
          ++begun;
          waits.emplace_back(Clock::now() + std::chrono::milliseconds(5), tag);
        }
      } else {
        std::this_thread::sleep_until(waits.front().first);
      }
      for (; !waits.empty() && waits.front().first <= Clock::now(); ++done, waits.pop_front())
        amqp_basic_ack(connection_, 1, waits.front().second, 0);
    }
    settle();
    measure.print(count);
  }

  void get(int count) {
    Measure measure;
    measure.begin();
    for (int i = 0; i < count; ++i) {
      amqp_maybe_release_buffers(connection_);
      const auto reply = amqp_basic_get(connection_, 1, name(), 0);
      check(reply, "get");
      if (reply.reply.id != AMQP_BASIC_GET_OK_METHOD) fail("the queue is empty");
      amqp_message_t message;
      check(amqp_read_message(connection_, 1, &message, 0), "read");
      amqp_destroy_message(&message);
      amqp_basic_ack(connection_, 1,
                     static_cast<amqp_basic_get_ok_t*>(reply.reply.decoded)->delivery_tag, 0);
    }
    settle();
    measure.print(count);
  }

  void publish(int count, const std::string& body) {
    amqp_confirm_select(connection_, 1);
    check(amqp_get_rpc_reply(connection_), "confirm.select");
    Measure measure;
    measure.begin();
    for (int sent = 0; sent < count; ++sent) {
      while (sent - confirmed_ >= kWindow) await_confirm();
      send(body, "bench");
    }
    while (confirmed_ < count) await_confirm();
    measure.print(count);
  }

  void ping(int count, const std::string& body) {
    amqp_confirm_select(connection_, 1);
    check(amqp_get_rpc_reply(connection_), "confirm.select");
    for (int sent = 0; sent < count; ++sent) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      std::string timed = body;
      timed.replace(timed.find("SENT_US"), 7, std::to_string(now_us()));
      send(timed, "latency");
      while (confirmed_ <= sent) await_confirm();
    }
  }

  void latency(int count) {
    begin_consuming(1);
    for (int i = 0; i < count; ++i) {
      amqp_envelope_t envelope;
      amqp_maybe_release_buffers(connection_);
      check(amqp_consume_message(connection_, &envelope, nullptr, 0), "consume");
      const std::string body(static_cast<char*>(envelope.message.body.bytes),
                             envelope.message.body.len);
      const auto at = body.find("\"sent_us\": ");
      std::printf("%ld\n", now_us() - std::atol(body.c_str() + at + 11));
      amqp_basic_ack(connection_, 1, envelope.delivery_tag, 0);
      amqp_destroy_envelope(&envelope);
    }
    settle();
  }

 private:
  // 0 if none has come until then.
  std::uint64_t next_tag(Clock::time_point until) {
    timeval limit{60, 0};
    if (until != Clock::time_point::max()) {
      const auto left = std::max(until - Clock::now(), Clock::duration::zero());
      limit = {0, static_cast<suseconds_t>(left / std::chrono::microseconds(1))};
    }
    amqp_envelope_t envelope;
    amqp_maybe_release_buffers(connection_);
    const auto reply = amqp_consume_message(connection_, &envelope, &limit, 0);
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION &&
        reply.library_error == AMQP_STATUS_TIMEOUT)
      return 0;
    check(reply, "consume");
    const auto tag = envelope.delivery_tag;
    amqp_destroy_envelope(&envelope);
    return tag;
  }

  amqp_bytes_t name() const { return amqp_cstring_bytes(queue_.c_str()); }

  void begin_consuming(int prefetch) {
    amqp_basic_qos(connection_, 1, 0, static_cast<std::uint16_t>(prefetch), 0);
    amqp_basic_consume(connection_, 1, name(), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
    check(amqp_get_rpc_reply(connection_), "consume");
  }

  // An ack has no answer: what is asked after it does.
  void settle() { check(amqp_channel_close(connection_, 1, AMQP_REPLY_SUCCESS), "close"); }

  void send(const std::string& body, const char* type) {
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_TYPE_FLAG;
    properties.delivery_mode = 2;
    properties.type = amqp_cstring_bytes(type);
    const amqp_bytes_t bytes{body.size(), const_cast<char*>(body.data())};
    if (amqp_basic_publish(connection_, 1, amqp_empty_bytes, name(), 1, 0, &properties, bytes) != 0)
      fail("publish");
  }

  void await_confirm() {
    amqp_frame_t frame;
    amqp_maybe_release_buffers(connection_);
    if (amqp_simple_wait_frame(connection_, &frame) != AMQP_STATUS_OK) fail("confirm");
    if (frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD)
      fail("something else than a confirm");
    const auto* const ack = static_cast<amqp_basic_ack_t*>(frame.payload.method.decoded);
    for (auto tag = ack->multiple != 0 ? unconfirmed_from_ : ack->delivery_tag;
         tag <= ack->delivery_tag; ++tag)
      if (early_.erase(tag) == 0) confirmed_one(tag);
    if (ack->multiple != 0) unconfirmed_from_ = ack->delivery_tag + 1;
  }

  // A single confirm may come before that of all up to a lower tag.
  void confirmed_one(std::uint64_t tag) {
    ++confirmed_;
    if (tag == unconfirmed_from_)
      ++unconfirmed_from_;
    else if (tag > unconfirmed_from_)
      early_.insert(tag);
  }

  std::string queue_;
  amqp_connection_state_t connection_ = nullptr;
  int confirmed_ = 0;
  std::uint64_t unconfirmed_from_ = 1;
  std::set<std::uint64_t> early_;  // confirmed, though that one is not
};

std::string standard_input() {
  std::string text;
  char part[4096];
  for (std::size_t got; (got = std::fread(part, 1, sizeof part, stdin)) > 0;)
    text.append(part, got);
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6)
    fail("usage: bare each|combined|get|wait|publish|ping|latency HOST PORT QUEUE COUNT");
  const std::string mode = argv[1];
  Bare bare(argv[2], std::atoi(argv[3]), argv[4]);
  const int count = std::atoi(argv[5]);
  if (mode == "each") return bare.consume(count, 1), 0;
  if (mode == "combined") return bare.consume(count, kCombined), 0;
  if (mode == "get") return bare.get(count), 0;
  if (mode == "wait") return bare.wait(count, std::stoul(standard_input())), 0;
  if (mode == "publish") return bare.publish(count, standard_input()), 0;
  if (mode == "ping") return bare.ping(count, standard_input()), 0;
  if (mode == "latency") return bare.latency(count), 0;
  fail("no such mode");
}
