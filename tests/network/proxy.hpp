// A TCP proxy between a test and its broker that makes the network worse: each piece is late by as
// much as the test says. It counts how often a client had to wait for the broker.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "frame_hold.hpp"

enum class Towards { Broker, Client };

class Proxy {
 public:
  // How late a piece is, by its direction and its number (0, 1, …) there.
  using Lateness = std::function<std::chrono::milliseconds(Towards to, int piece)>;

  // Leads to the broker of this URL on 127.0.0.1. It listens there on a port of its own; or, as
  // if it were that broker, in the network of the process `inside`, see setns(2).
  Proxy(std::string broker, Lateness lateness, pid_t inside = 0);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  // The broker's URL, but by way of the proxy.
  const std::string& url() const { return url_; }
  // From now on the broker is told nothing about this queue, and nothing more on a channel on which
  // somebody speaks of it, until `release`.
  void hold(const std::string& queue) { held_.add(queue); }
  void release();

  // Of the connection that made most: how often its client said something after it had heard
  // something.
  int round_trips() const { return round_trips_; }
  int connections() const { return connections_; }

 private:
  struct Pair;
  void run();
  void accept_one();

  int listener_, stop_, released_;
  HeldQueues held_;
  int broker_port_;
  std::string url_;
  Lateness lateness_;
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::atomic<int> round_trips_{0}, connections_{0};
  std::thread thread_;
};
