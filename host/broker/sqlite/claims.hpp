// The statements by which an owner takes events, settles them, and wakes those whose time has come.
#pragma once

#include <optional>
#include <vector>

#include "client/sqlite/queue_file.hpp"

namespace actiond {

using action::Message;
using action::Result;

// An event in hand; `seq` is its row, and the tag of its delivery.
struct Claim {
  std::int64_t seq = 0;
  bool is_redelivered = false;
  Message message;
};

// All but has_ready and next_due are called within a transaction.
class Claims {
 public:
  // `file` must outlive it.
  Claims(action::QueueFile& file, std::int64_t owner);

  // Takes up to `most` of a queue, the longest waiting first; fewer of large ones.
  struct Taken {
    std::vector<Claim> claims;
    bool may_have_more;
  };
  Result<Taken> take(std::int64_t queue, int most);
  Result<void> acknowledge(std::int64_t seq);
  Result<void> give_back(std::int64_t seq);
  // Adds to what a queue has seen done and failed.
  Result<void> count(std::int64_t queue, int done, int failed);
  // What was to come later and is due now waits from now on. True: there was some.
  Result<bool> wake(std::int64_t now_ms);

  // Does anything of a queue wait that nobody has in hand? Fails, as all here, if the file can't be
  // used.
  Result<bool> has_ready(std::int64_t queue);
  // When the first of what comes later is due, in ms since 1970; nothing if there is none.
  Result<std::optional<std::int64_t>> next_due();

 private:
  Result<Taken> read(std::int64_t queue, int most);

  action::QueueFile& file_;
  std::int64_t owner_;
  action::Statement ready_, take_, acknowledge_, give_back_, count_, wake_, has_ready_, next_due_;
};

}  // namespace actiond
