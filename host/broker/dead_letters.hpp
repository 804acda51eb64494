// The dead letters as commands see them, whichever broker keeps them: events that failed for good,
// and messages that were never events. Reading takes each in hand, unacknowledged, until it has
// been decided on; what is kept goes back, also if the reader's process is killed.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/config/config.hpp"
#include "base/result.hpp"
#include "client/message.hpp"

namespace actiond {

using action::Message;

enum class Fate { Keep, Delete, Requeue };

// Looks at dead letters, and decides what becomes of each.
class DeadLetterReader {
 public:
  virtual ~DeadLetterReader() = default;
  // One of them; `letter` may be changed, or moved away if it is kept or deleted. To requeue it,
  // `queue` must be set to a work queue: the message is published there as it is left here, and
  // is a dead letter no more once that is confirmed.
  virtual Fate take(Message& letter, std::string& queue) = 0;
  // It was requeued, or the broker did not take it and it stays a dead letter.
  virtual void on_requeued() {}
  virtual void on_refused([[maybe_unused]] const std::string& why) {}
  // No further one is wanted.
  virtual bool has_enough() const { return false; }
};

// One thread.
class DeadLetters {
 public:
  virtual ~DeadLetters() = default;

  // How many there were when this was opened, without those that others have in hand.
  virtual std::size_t count() const = 0;

  // Shows them to the reader, as many as there were and not what has died since, or until it has
  // enough. The oldest come first, but for those that somebody has looked at before. Returns when
  // what was decided is done and what was kept is back. Fails when the broker is lost or takes no
  // event: what was told to the reader until then is done.
  virtual Result<void> read(DeadLetterReader& reader) = 0;

  // Deletes all that nobody has in hand; returns how many.
  virtual Result<std::size_t> purge() = 0;
};

// Connects to the first of the configuration's brokers that answers, `timeout` for each. `name`
// tells the broker's operator who this is. Makes sure that there is a place for dead letters.
Result<std::unique_ptr<DeadLetters>> open_dead_letters(const Config& config,
                                                       const std::string& name,
                                                       std::chrono::milliseconds timeout);

}  // namespace actiond
