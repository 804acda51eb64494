// What a runner has in hand, in a file of run_dir that outlives whatever kills its poller: the page
// of progress, by which the runner says which run has begun, and behind it which event each run is.
// To keep it is to write to memory. A poller that ends by itself removes its files; so one whose
// lock is free is a dead poller's, and tells in which event that died.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/page_guard.hpp"
#include "base/result.hpp"
#include "poller/delivery/delivery.hpp"
#include "wire/progress.hpp"

namespace actiond {

// Stands for an event in such a file: the same for each of its deliveries, and hardly for another.
std::uint64_t hand_mark(std::string_view id, std::string_view event);
// The same for one that comes without an id: all with its name and its body have one mark.
std::uint64_t nameless_mark(std::string_view event, std::string_view body);
// The one of the two that stands for this delivery: of its own id, or nameless.
std::uint64_t mark_of(const Delivery& delivery);

class HandPage {
 public:
  // A new file of poller `name` ("1", "console"). Fails if it can't be made, or has no room.
  static Result<HandPage> create(const std::filesystem::path& run_dir, std::string_view name);
  // Removes the file.
  ~HandPage();
  HandPage(HandPage&& other) noexcept;
  HandPage& operator=(HandPage&&) = delete;

  // The page of progress in it, for one runner. Its descriptor does not hold the lock.
  Result<Progress> progress() const;
  // Its own, with the lock; what a crashing runner writes is read there.
  int fd() const { return lock_.get(); }
  // From now on that run is of this event.
  void hand(std::uint64_t run, std::uint64_t mark);
  // By that variable of the environment ("NAME=value") is known what its runner starts.
  void name_runner(std::string_view variable);

  const std::filesystem::path& path() const { return path_; }

 private:
  struct Page;
  friend class DeadHand;
  HandPage(UniqueFd lock, std::filesystem::path path)
      : lock_(std::move(lock)), path_(std::move(path)) {}
  Result<void> fill();

  UniqueFd lock_;
  std::filesystem::path path_;  // empty: moved from
  Page* page_ = nullptr;
  PageGuard guard_;
};

// The file of a dead poller. Several may look at the same time.
class DeadHand {
 public:
  // Nothing: there is none at this path, or its poller lives.
  static std::optional<DeadHand> open(const std::filesystem::path& path);

  // The event in which it died; nothing if none had begun and not ended.
  std::optional<std::uint64_t> begun() const { return begun_; }
  // Since somebody asked for the first time; `now_ms` since 1970.
  std::int64_t age_ms(std::int64_t now_ms);
  // The variable by which is known what its runner had started, once. Nothing where its processes
  // can't be seen, in another PID namespace.
  std::optional<std::string> take_started();
  // For all who look.
  void remove();

 private:
  DeadHand(UniqueFd lock, std::filesystem::path path)
      : lock_(std::move(lock)), path_(std::move(path)) {}
  bool read();

  UniqueFd lock_;
  std::filesystem::path path_;
  std::optional<std::uint64_t> begun_;
};

}  // namespace actiond
