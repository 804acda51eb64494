// A page of memory that a poller and its runner share: which run the runner is in. It outlives a
// crash, costs no system call, and lets the poller take back what the runner has not begun.
//
// Runs are numbered 1, 2, … The runner calls begin(n) before handler n, and runs it only if that
// says so; the poller calls recall(n) to forbid all up to n that have not begun. Exactly one of
// the two wins for each run (Dekker's rule: each stores its own word, then reads the other's).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/fd.hpp"
#include "base/page_guard.hpp"
#include "base/result.hpp"

namespace actiond {

class Progress {
 public:
  // The poller's: a new page, to be inherited by the runner through fd().
  static Result<Progress> create();
  // The same at the beginning of a file that has room for one, and zeroes there.
  static Result<Progress> create(UniqueFd file);
  // The runner's: maps the page of an inherited descriptor, which stays the caller's.
  static Result<Progress> open(int fd);
  ~Progress();
  Progress(Progress&& other) noexcept;
  Progress& operator=(Progress&& other) noexcept;

  // The poller's only; -1 once it was dropped.
  int fd() const { return fd_.get(); }
  // The page is all that is needed from now on: the runner has been born with the descriptor.
  void drop_fd() { fd_.reset(); }

  // Runner: marks run `number` as begun at `now_ns` (monotonic); false: it was recalled.
  bool begin(std::uint64_t number, std::int64_t now_ns);
  // Runner, which says its own pid: run `number` has ended well. Its outcome may follow later: a
  // run that has_ended_well needs none.
  void ended_well(std::uint64_t number, std::int32_t pid);
  // Runner: run `number` did not end well. Said before its outcome is sent, so that it is never
  // taken for one that did, whatever becomes of that frame; ended() is said after.
  void not_well(std::uint64_t number);
  void ended(std::uint64_t number);

  // Poller: forbids all runs up to `number` that have not begun; returns the last one that has.
  std::uint64_t recall(std::uint64_t number);
  std::uint64_t begun() const;
  std::uint64_t ended() const;
  // Whether run `number`, whose outcome has not come, is proven to have ended well, in that
  // process.
  bool has_ended_well(std::uint64_t number, std::int32_t pid) const;
  // Somebody has cut the file short, though it may be long again by now, or written over it: what
  // this tells is nothing.
  bool is_lost() const {
    return page_->witness.load(std::memory_order_acquire) != kWitness || guard_.is_lost();
  }
  // For how long the last one has been running at `now`; meaningful only while begun() > ended().
  std::chrono::nanoseconds run_time(std::chrono::steady_clock::time_point now) const;
  // Poller: tells the handler of run `number` that its time is over.
  void cancel(std::uint64_t number);
  // Runner: has run `number` been cancelled?
  bool is_cancelled(std::uint64_t number) const;

 private:
  struct Page {
    // Each side's words on a cache line of their own.
    alignas(64) std::atomic<std::uint64_t> begun{0};
    std::atomic<std::int64_t> begun_at_ns{0};
    std::atomic<std::uint64_t> ended{0};
    std::atomic<std::uint64_t> well{0};             // the last that ended well,
    std::atomic<std::uint64_t> not_well{0};         // the last that did not,
    std::atomic<std::uint64_t> not_well_before{0};  // and the one before that,
    std::atomic<std::int32_t> pid{0};               // and whose words these are
    alignas(64) std::atomic<std::uint64_t> recalled{0};
    std::atomic<std::uint64_t> cancelled{0};
    std::atomic<std::uint64_t> witness{0};  // kWitness as long as the page is the one that was made
  };
  static constexpr std::uint64_t kWitness = 0x7373656e74697721;
  Progress(UniqueFd fd, Page* page) : fd_(std::move(fd)), page_(page) {}
  static Result<Page*> map(int fd);

  UniqueFd fd_;
  Page* page_;
  PageGuard guard_;
};

}  // namespace actiond
