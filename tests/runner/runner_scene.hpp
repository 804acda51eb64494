// A host as plugins see it in a runner, and its poller's end of the socket.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/fd.hpp"
#include "runner/host_api.hpp"
#include "runner/thread_births.hpp"

class RunnerScene {
 public:
  explicit RunnerScene(const std::string& environment = "{}") : sockets_(make_sockets()) {
    setup.queues = {"high", "low"};
    setup.environment = nlohmann::json::parse(environment);
    actiond::set_run_of_new_threads(0);  // a case is not of the run of the one before
  }
  ~RunnerScene() { (void)frames(); }

  // Sends what it asks for, unless it is refused; the answer.
  std::string queue(const char* event, const char* queue = nullptr, const char* params = "{}") {
    action_request request{};
    request.size = sizeof request;
    request.event = event;
    request.queue = queue;
    request.params = params;
    request.params_size = std::string_view(params).size();
    const char* problem = table().queue_event(table().ctx, &request, nullptr);
    return problem == nullptr ? "" : problem;
  }
  void log(std::string_view text) {
    table().log(table().ctx, ACTION_INFO, text.data(), text.size());
  }
  const action_host& table() { return *host.table(); }

  // Kind and payload of all that has come so far. Asked once: nothing comes after that.
  std::vector<std::pair<actiond::FrameKind, std::string>> frames() {
    ::shutdown(sockets_.first.get(), SHUT_WR);
    if (reader_.joinable()) reader_.join();
    return std::exchange(frames_, {});
  }

 private:
  using Sockets = std::pair<actiond::UniqueFd, actiond::UniqueFd>;

  static Sockets make_sockets() {
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    return {actiond::UniqueFd(pair[0]), actiond::UniqueFd(pair[1])};
  }
  static actiond::Progress make_progress() {
    auto made = actiond::Progress::create();
    REQUIRE(made.ok());
    return std::move(*made);
  }
  void read_all() {
    actiond::FrameBuffer buffer;
    for (;;) {
      const auto space = buffer.space();
      const auto got = ::recv(sockets_.second.get(), space.data(), space.size(), 0);
      if (got <= 0) return;
      buffer.commit(static_cast<std::size_t>(got));
      for (auto frame = buffer.next(); frame && *frame; frame = buffer.next())
        frames_.emplace_back(static_cast<actiond::FrameKind>((*frame)->kind), (*frame)->payload);
    }
  }

  Sockets sockets_;

 public:
  actiond::RunnerSetup setup;
  actiond::Progress progress = make_progress();
  actiond::Outbox outbox{actiond::OwnDescriptor::at(sockets_.first.get())};
  actiond::HostApi host{setup, outbox, progress};

 private:
  std::vector<std::pair<actiond::FrameKind, std::string>> frames_;
  std::thread reader_{[this] { read_all(); }};
};
