// The thread that writes to statistics.db, so that no disk holds up a poller's loop. It begins with
// the first delta; a poller that has nothing to write has none.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/config/config.hpp"
#include "statistics/delta.hpp"

namespace actiond {

class StatisticsWriter {
 public:
  StatisticsWriter(std::filesystem::path path, const StatisticsConfig& config);
  // Waits for a write that is under way, a second at most; one that takes longer is left to the end
  // of the process.
  ~StatisticsWriter();

  // Takes a delta and returns. What could not be written is written with the next.
  void write(Delta delta);
  // Once more what could not be written, if there is such.
  void try_again();
  // Waits until all is written, or has failed, at most so long. False if it was not over by then.
  // Nothing comes after it, so a lock of another process is waited for as well.
  bool finish(std::chrono::milliseconds patience);
  // What people are to hear, a sentence each, since the last call: a problem once until it is over.
  std::vector<std::string> take_news();

 private:
  struct Shared;
  static void work(const std::shared_ptr<Shared>& shared);
  void begin();

  std::shared_ptr<Shared> shared_;  // the thread's as well
  std::thread thread_;
};

}  // namespace actiond
