// New plugins for a poller that stays: the changed directory is copied and loaded for trial, in a
// thread of its own, before any runner is asked to use it.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <thread>

#include "base/config/config.hpp"
#include "poller/plugin_sets/snapshots.hpp"
#include "wire/setup.hpp"

namespace actiond {

struct Renewed {
  Snapshot snapshot;
  LoadReport report;
};

class Renewal {
 public:
  using OnEnd = std::function<void(Result<Renewed> renewed)>;

  // Begins at once. `on_end` is called in the loop, unless this ends before. `config` must outlive
  // it.
  Renewal(boost::asio::io_context& io, const Config& config, OnEnd on_end);
  // Gives up; may wait for a copy to end.
  ~Renewal();
  Renewal(const Renewal&) = delete;
  Renewal& operator=(const Renewal&) = delete;

 private:
  std::shared_ptr<std::atomic<bool>> is_wanted_ = std::make_shared<std::atomic<bool>>(true);
  std::thread thread_;
};

}  // namespace actiond
