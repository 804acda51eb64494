// Tells when what a poller is made from has changed: the plugin directory, the configuration. It
// looks in a thread of its own, because a file system that hangs must not hang the poller: at once
// when inotify hints at one of them, and once a second anyway, for file systems and switched links
// that give no hint.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/config/config.hpp"

namespace actiond {

// What it tells, in the poller's loop.
struct SourceEvents {
  // They have changed and come to rest.
  std::function<void()> on_change;
  // They have been changing for so long, without the rest that a copy in the making would have.
  std::function<void(std::chrono::seconds)> on_restless;
  // What is new has been held back for long (see kHoldFile): the sentence; empty: it is no more.
  std::function<void(const std::string& sentence)> on_held;
};

// How it watches.
struct WatchTimes {
  std::chrono::milliseconds rest{300};  // without a change, until what is there is taken for whole
  std::chrono::milliseconds patience{30000};    // until on_restless, or on_held
  std::chrono::milliseconds look_anyway{1000};  // without a hint
  std::chrono::milliseconds look_again{100};    // while it is not at rest
  std::chrono::milliseconds last_look{1000};  // that nobody wants any more, until it is left alone
};

class SourceWatch {
 public:
  // What the sources look like now counts as known.
  SourceWatch(boost::asio::io_context& io, const Config& config, SourceEvents events);
  // The same in another way, or at other times. No `look`: the usual one.
  SourceWatch(boost::asio::io_context& io, const Config& config, SourceEvents events,
              std::function<std::string()> look, const WatchTimes& times);
  // Waits for `last_look` at most; a look that hangs is left to itself.
  ~SourceWatch();
  SourceWatch(const SourceWatch&) = delete;
  SourceWatch& operator=(const SourceWatch&) = delete;

  // Begins to watch, if it does not yet.
  void start();

 private:
  class Watcher;  // what the thread has; it may outlive this
  std::shared_ptr<Watcher> watcher_;
  std::thread thread_;
};

}  // namespace actiond
