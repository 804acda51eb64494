// Queues in memcached: a ring of numbered slots for each, on the server itself. All keys begin with
// the application's name.
//
//   Q.tail   the number of the last slot that was given out (incr)
//   Q.head   all slots before this one are finished
//   Q.e.N    the event in slot N
//   Q.c.N    who has it in hand: an owner's number, or kNobody once it was given back
//   Q.done, Q.failed   how many events were done, and how many attempts failed
//   owners   the number of the last owner; o.ID is there while that owner lives
//   born     when all this began: another one after a restart or a flush
//
// A slot that stays empty, because its producer died, is passed over after kHoleAge. A producer
// that was slow looks where the head is, and stores what was passed over once more.
#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "client/delay_trip.hpp"
#include "client/memcached/connection.hpp"
#include "client/memcached/slot.hpp"
#include "client/message.hpp"
#include "client/named_bell.hpp"

namespace action::memcached {

inline constexpr std::uint64_t kDeadRing = 1000;  // the newest dead letters, older ones are gone
inline constexpr std::chrono::milliseconds kHoleAge{1000};
inline constexpr char kNobody[] = "0";

// What is to be stored, not to run before that long from now. The message is borrowed.
struct NewSlot {
  std::string queue;
  const Message* message;
  std::int64_t delay_ms = 0;
};

class Rings {
 public:
  static Result<std::unique_ptr<Rings>> open(const std::string& address,
                                             const std::string& application,
                                             std::chrono::milliseconds timeout,
                                             std::chrono::milliseconds patience);

  std::string key(const std::string& queue, std::string_view what) const;
  std::string event_key(const std::string& queue, std::uint64_t slot) const;
  std::string claim_key(const std::string& queue, std::uint64_t slot) const;
  std::string owner_key(std::string_view id) const;
  std::string owners_key() const { return application_ + ".owners"; }

  Result<bool> has_queue(const std::string& queue);
  Result<void> add_queue(const std::string& queue);
  // It was seen to be missing: add_queue makes it again.
  void forget(const std::string& queue) { queues_.erase(queue); }
  Error no_such_queue(const std::string& queue) const;
  Error not_stored(const NewSlot& event) const;

  // Stores these, in their order, in queues that are there. One result each, unless the connection
  // is lost.
  Result<std::vector<Result<void>>> put(std::span<const NewSlot> events);

  // The first slot that is not finished, and the last one; 0 and 0: there is no such queue.
  struct Ends {
    std::uint64_t head = 0, tail = 0;
    std::uint64_t head_version = 0;
    std::uint64_t size() const { return tail + 1 > head ? tail + 1 - head : 0; }
  };
  Result<std::vector<Ends>> ends(std::span<const std::string> queues);
  // The events in these slots that are there, with their numbers.
  struct Found {
    std::uint64_t number;
    Slot slot;
  };
  Result<std::vector<Found>> read(const std::string& queue, std::span<const std::uint64_t> slots);
  // Dead letters that are still in their ring.
  Result<std::vector<std::uint64_t>> dead_slots();

  // Finished: event and claim are gone.
  void finish(const std::string& queue, std::uint64_t slot, std::vector<Command>& commands) const;

  // What people should know of this server, a sentence each.
  Result<std::vector<std::string>> warnings();
  Result<std::uint64_t> evictions();

  Connection& connection() { return connection_; }
  const NamedBell& bell() const { return *bell_; }
  const std::string& shown() const { return connection_.shown(); }
  // Tells one life of the server's memory from the next.
  const std::string& born() const { return born_; }

 private:
  Rings(Connection connection, std::string application)
      : connection_(std::move(connection)), application_(std::move(application)) {}
  Result<void> begin();
  Result<void> give_numbers(std::span<const NewSlot> events, std::vector<std::uint64_t>& slots);
  // False: it was so slow that pollers have passed over some of them.
  Result<bool> store(std::span<const NewSlot> events, std::vector<Result<void>>& results);
  Result<bool> is_passed(std::span<const NewSlot> events, std::span<const std::uint64_t> slots);
  void add_commands(std::span<const NewSlot> events, std::span<const std::uint64_t> slots,
                    std::vector<Command>& commands) const;
  Result<void> taken(const Reply& reply, const NewSlot& event) const;

  Connection connection_;
  std::string application_, born_;
  std::size_t most_bytes_ = 0;  // of an item
  std::unique_ptr<NamedBell> bell_;
  std::set<std::string> queues_;  // that are known to be there
};

// Since 1970 UTC, by this machine's clock, as due times are compared with it: rounded down.
std::int64_t now_ms();

// When what is stored now is due: rounded up, so that it is not early, and what has no delay is
// due at once.
std::int64_t due_ms(std::int64_t delay_ms, WallTime now);

inline constexpr char kNoQuorumInMemcached[] =
    "queue_type: quorum wants RabbitMQ: with memcached leave queue_type out";

}  // namespace action::memcached
