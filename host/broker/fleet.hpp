// All pollers of an application, on whichever machines, and what is said among them over the
// broker: each hears what is said to it, to its host or to all, answers, and says now and then that
// it is there. Nothing that is said is kept for long, and no event depends on it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/config/config.hpp"
#include "base/result.hpp"

namespace actiond {

// A poller, as people on other machines know it.
struct PollerName {
  std::string host;
  std::string id;     // "17"; "console": one without
  std::string nonce;  // of this process

  std::string text() const { return host + "/" + id; }  // "box4/17"
};

// Whom something is said to.
inline constexpr char kToAll[] = "all";
std::string to_host(std::string_view host);                         // "host.box4"
std::string to_poller(std::string_view host, std::string_view id);  // "poller.box4.17"

// What a poller is asked, or told to do.
struct FleetRequest {
  std::string target;  // as above
  std::string body;
  std::string reply_to, correlation_id;  // for the answer
};

// For how long a poller that has said nothing more is still known.
inline constexpr std::chrono::minutes kRosterTime{10};

// The end of a poller. One thread; nothing here waits, and what can't be said now is not said.
class FleetLink {
 public:
  virtual ~FleetLink() = default;

  // Begins to hear what is said to this poller; or tries again, after it was refused.
  virtual Result<void> join(const PollerName& name) = 0;
  // The broker has agreed.
  virtual bool has_joined() const = 0;
  // Why it did not, or does not any more; empty: that is not so.
  virtual const std::string& problem() const = 0;

  // What has come since the last call.
  virtual std::vector<FleetRequest> take_requests() = 0;
  virtual void answer(const FleetRequest& request, const std::string& body) = 0;
  // To whoever listens now; and to whoever reads the roster within kRosterTime.
  virtual void say_hello(const std::string& body) = 0;
  virtual void sign_roster(const std::string& body) = 0;
};

// The end of whoever asks. One thread, which blocks.
class Fleet {
 public:
  virtual ~Fleet() = default;

  // What pollers have written into the roster, oldest first.
  virtual Result<std::vector<std::string>> roster() = 0;
  // Asks a question, which may be another text for each target.
  struct Saying {
    std::string target, body;
  };
  virtual Result<void> ask(const std::vector<Saying>& sayings) = 0;
  // Answers to the last question that have come, at least one; none if none has come until
  // `timeout`.
  virtual Result<std::vector<std::string>> answers(std::chrono::milliseconds timeout) = 0;
};

// Connects to the first of the configuration's brokers that answers, up to `timeout` for each.
// Fails with a sentence at a broker over which pollers can't be reached.
Result<std::unique_ptr<Fleet>> open_fleet(const Config& config, const std::string& name,
                                          std::chrono::milliseconds timeout);

}  // namespace actiond
