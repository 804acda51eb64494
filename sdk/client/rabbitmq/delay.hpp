// Delays kept by the broker alone: 28 levels, level k a quorum queue whose messages expire after
// 125 ms * 2^k and fall to the next lower level's exchange. A delay in ticks of 125 ms is written
// in binary into the routing key; a message waits at the levels whose bit is 1 and passes the
// others. (The scheme of NServiceBus' RabbitMQ transport, with a finer tick.)
//
//   exchange <app>.delay.v1.27 -> … -> <app>.delay.v1.00 -> <app>.delay.v1.deliver
//     -> queue <app>.delay.due.<name> -> exchange <app>.delay.due -> work queue <app>.<name>
//
// A level has one process of the broker that hands over what has expired, and waits for whoever
// takes none: a queue that is full, or on a node that is down. So what is due is handed to a queue
// of its own for each work queue, which takes all, keeps nothing (its time is 0), and waits for no
// other. Messages of earlier versions, whose key has no "due.", still go straight to the work
// queue.
//
// What arrives for no queue goes by the alternate exchange <app>.delay.v1.unroutable to the queue
// <app>.delay.unroutable, lest one such message stop its whole level.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "client/delay_trip.hpp"
#include "client/rabbitmq/publisher.hpp"
#include "client/rabbitmq/steps.hpp"
#include "client/topology.hpp"

namespace action {

struct DelayRoute {
  std::string exchange;     // of the highest level that the delay needs
  std::string routing_key;  // 28 bits, highest first, each followed by a dot; "due."; the queue
};

// The name of a level's queue, and of its exchange.
std::string delay_level(const std::string& application, int level);

// Where to publish for `queue` (a short name) so that it arrives there after `delay`, rounded up to
// a whole tick, at least one, and cut to kLongestDelay.
DelayRoute delay_route(const std::string& application, const std::string& queue,
                       std::chrono::milliseconds delay);

// What a message at a level, or among what is unroutable, was published for: the queue's short
// name, and the longest that it can still have to wait.
struct DelayRest {
  std::string queue;
  std::chrono::milliseconds at_most{0};
};
DelayRest rest_of_route(int level, std::string_view routing_key);

// The exchange that leads what is due to `queue` (a short name), and the queue before it.
std::string due_exchange(const std::string& application);
std::string due_queue(const std::string& application, const std::string& queue);
// The key by which a queue of what is due for `queue` is bound to the end of the levels.
std::string due_pattern(const std::string& queue);

// The queue of what is due and has no work queue; and its name in earlier versions, on one node.
std::string unroutable_queue(const std::string& application);
std::string old_unroutable_queue(const std::string& application);

// Adds what declares the levels, and what makes them lead to the work queues.
void add_delay_levels(const Topology& topology, std::vector<Step>& steps);
void add_delay_bindings(const Topology& topology, std::vector<Step>& steps);

// Publishes for `queue` (a short name), bound to the levels, as Publisher::publish does. A delay
// beyond kLongestDelay gets a first trip, and the message its due time.
Result<std::uint64_t> publish_later(Publisher& publisher, const std::string& application,
                                    const std::string& queue, const Message& message,
                                    std::chrono::milliseconds delay);

}  // namespace action
