// Declarations that travel together: all of them are sent before the first answer is read, so that
// a broker far away costs one round trip for all, and one more for each that it refuses.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "client/rabbitmq/connection.hpp"

namespace action {

// The arguments of a declaration.
struct Argument {
  std::string key;
  std::variant<std::int64_t, std::string> value;
};

// What a step is for, by which those who send it decide when it is refused.
enum class Purpose { Look, Exchange, WorkQueue, WorkBinding, Delay, DelayBinding, Unroutable };

enum class StepKind { Exchange, Queue, BindQueue, UnbindQueue, BindExchange };

struct Step {
  StepKind kind;
  std::string name;      // of what is declared, or of what is bound
  std::string source{};  // the exchange that it is bound to, or the type of the exchange declared
  std::string key{};     // of the binding
  std::vector<Argument> arguments{};
  Purpose purpose = Purpose::Exchange;
  bool is_passive = false;    // look, and make nothing
  bool is_exclusive = false;  // a queue that goes with the connection; the others are durable
  bool is_skipped = false;    // never sent, or refused and left so
  bool is_done = false;       // the broker has said so
  int variant = 0;            // the caller's: how often it was changed
  std::uint32_t ready = 0;    // in a queue: what the broker told of it
  std::uint32_t consumers = 0;
};

// Sends one, and waits for no answer.
Result<void> send_step(Connection& connection, amqp_channel_t channel, const Step& step);

// What to do when the broker has refused a step: leave it, or send it once more as it is now.
enum class Refused { Skip, Again };

// `step` may be changed, and later ones skipped. An Error ends all.
using OnRefused = std::function<Result<Refused>(Step& step, const CloseReason& reason)>;

// What to do when the broker has answered nothing for a while: go on over another channel, which is
// open, or, without one, wait on. Later steps may be skipped. An Error ends all.
using OnSilence = std::function<Result<std::optional<amqp_channel_t>>()>;

struct Patience {
  std::chrono::milliseconds time;  // in which nothing comes over the whole connection
  OnSilence on_silence;
};

// Carries them out in order on an open channel without consumers or confirms. `channel` is usable
// afterwards, whatever the broker refused; after a silence it may be another one than before. What
// was skipped in a silence without another channel is still answered on this one. Frames of other
// channels are kept for next_frame. Blocks, for as long as answers keep coming. Fails when the
// connection is lost, or with the error of one of the two.
Result<void> carry_out(Connection& connection, amqp_channel_t& channel, std::vector<Step>& steps,
                       const OnRefused& on_refused, const Patience& patience = {});

}  // namespace action
