// Keeps frames of AMQP from a broker, as if it were stuck: RabbitMQ 4 answers nothing about a
// classic queue whose node is down for a minute, and nothing else on that channel either.
#pragma once

#include <mutex>
#include <set>
#include <string>

// Queues by their full names. Used by a test and by the proxy's thread.
class HeldQueues {
 public:
  void add(const std::string& queue);
  void clear();
  bool has(const std::string& queue) const;
  bool empty() const;

 private:
  mutable std::mutex mutex_;
  std::set<std::string> names_;
};

// What one client says.
class FrameHold {
 public:
  explicit FrameHold(const HeldQueues& queues) : queues_(queues) {}

  // What the broker is told now, after the client has said this. What was kept goes first once no
  // queue is held any more.
  std::string pass(const std::string& said);
  bool has_kept() const { return !kept_.empty(); }

 private:
  bool is_held(const std::string& frame);

  const HeldQueues& queues_;
  bool has_begun_ = false;  // the client, with the name of its protocol
  std::string partial_;     // of a frame
  std::set<int> stuck_;     // channels
  std::string kept_;
};
