// Tells when what a poller is made from has changed: the plugin directory, the configuration. It
// looks in a thread of its own, because a file system that hangs must not hang the poller: at once
// when inotify hints at something, and once a second anyway, for file systems and switched links
// that give no hint.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/config.hpp"
#include "base/fd.hpp"
#include "poller/change_tracker.hpp"

namespace actiond {

class SourceWatch {
 public:
  // `on_change` is called in the loop of `io` whenever they have changed and come to rest. What
  // they look like now counts as known. `config` must outlive it.
  SourceWatch(boost::asio::io_context& io, const Config& config, std::function<void()> on_change);
  ~SourceWatch();
  SourceWatch(const SourceWatch&) = delete;
  SourceWatch& operator=(const SourceWatch&) = delete;

  // Begins to watch.
  void start();

 private:
  void run();
  std::string look() const;
  void ask_for_hints();
  bool wait(int timeout_ms);

  boost::asio::io_context& io_;
  const Config& config_;
  std::shared_ptr<std::function<void()>> on_change_;  // shared with what is posted to the loop
  ChangeTracker tracker_;
  UniqueFd hints_;
  UniqueFd stop_;
  std::thread thread_;
};

}  // namespace actiond
