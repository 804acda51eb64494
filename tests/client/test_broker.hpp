// The broker that tests of the client talk to: named by $ACTION_TEST_BROKER, and for what needs
// rabbitmqctl, $ACTION_TEST_RABBITMQ_DIR. What is not there skips the test, with a message.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/message.hpp"
#include "client/rabbitmq/connection.hpp"
#include "client/rabbitmq/declare.hpp"
#include "skipping.hpp"

std::string test_broker();  // "" without one
bool has_ctl();

#define NEEDS_BROKER() \
  if (test_broker().empty()) SKIP_TEST("ACTION_TEST_BROKER names no broker")
#define NEEDS_CTL() \
  NEEDS_BROKER();   \
  if (!has_ctl()) SKIP_TEST("ACTION_TEST_RABBITMQ_DIR names no directory")

// Runs rabbitmqctl with these arguments, quoted for a shell. Fails the test if it fails.
void ctl(const std::string& arguments);

std::unique_ptr<action::Connection> connect_to_test_broker();

// Breaks each connection of this process to the broker's port, as a network does: no AMQP is said.
void cut_connections();

// An application with a name of its own; its exchange and queues are deleted at the end.
class TestApplication {
 public:
  TestApplication();
  ~TestApplication();
  TestApplication(const TestApplication&) = delete;
  TestApplication& operator=(const TestApplication&) = delete;

  const std::string& name() const { return name_; }
  std::string queue(const std::string& queue) const { return name_ + "." + queue; }
  action::Topology topology(std::vector<std::string> queues,
                            action::QueueType kind = action::QueueType::Classic) const {
    return {name_, std::move(queues), kind};
  }

  // The open channel 1 of a connection for the test's own use.
  action::Connection& connection();

  // Declares a queue by hand: with one argument, a number or else a text, or not durable.
  void declare_by_hand(const std::string& queue, const char* argument = nullptr,
                       const char* text = nullptr, std::int64_t number = 0, bool durable = true);
  void delete_queue(const std::string& queue);
  std::uint32_t ready(const std::string& queue);
  // Takes a message off a queue; none if it is empty. `app_id` and others stay in `properties`.
  std::optional<action::Message> take(const std::string& queue);

 private:
  std::string name_;
  std::unique_ptr<action::Connection> connection_;
};
