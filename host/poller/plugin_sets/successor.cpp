#include "poller/plugin_sets/successor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <tuple>

#include "base/duration.hpp"
#include "base/service_manager.hpp"

namespace actiond {
namespace {

constexpr std::string_view kReplaced = " (deleted)";  // behind the name, says proc(5)

// What stands on disk now, which an upgrade may have replaced; else what this process is.
std::string executable() {
  std::array<char, 4096> buffer{};
  const ssize_t size = ::readlink("/proc/self/exe", buffer.data(), buffer.size());
  std::string path(buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  if (::access(path.c_str(), X_OK) == 0) return path;
  if (path.ends_with(kReplaced)) path.resize(path.size() - kReplaced.size());
  return ::access(path.c_str(), X_OK) == 0 ? path : "/proc/self/exe";
}

Result<ChildProcess> spawn(std::vector<std::string> words, int output) {
  words.insert(words.begin(), "actiond");
  ChildPlan plan{"the successor", executable(), std::move(words)};
  plan.descriptors = {{ChildPlan::kNothing, STDIN_FILENO}, {output, STDERR_FILENO}};
  // Under a service manager the new one logs where this one does; else it has a log file.
  if (!has_service_manager()) plan.descriptors.push_back({ChildPlan::kNothing, STDOUT_FILENO});
  return ChildProcess::start(std::move(plan));
}

// "actiond: poller 1 did not start: plugin …": who waits for it knows the first two.
std::string reason(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (const std::string_view known : {"actiond: ", "did not start: "})
    if (const auto at = text.find(known); at != std::string::npos && at < 40)
      text.erase(0, at + known.size());
  return text.empty() ? "it ended without a word" : text;
}

}  // namespace

Result<std::unique_ptr<Successor>> Successor::start(boost::asio::io_context& io, Clock& clock,
                                                    std::chrono::milliseconds limit,
                                                    std::vector<std::string> words, OnEnd on_end) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return errno_error("make a pipe");
  UniqueFd read_end(pipe[0]), write_end(pipe[1]);
  auto process = spawn(std::move(words), write_end.get());
  if (!process) return process.error();
  std::unique_ptr<Successor> successor(
      new Successor(io, clock, std::move(*process), std::move(read_end), std::move(on_end)));
  successor->limit(limit);
  successor->listen();
  return successor;
}

Successor::Successor(boost::asio::io_context& io, Clock& clock, ChildProcess process,
                     UniqueFd output, OnEnd on_end)
    : output_(io, output.release()),
      ended_(io),
      process_(std::move(process)),
      timer_(clock.timer()),
      on_end_(std::move(on_end)) {}

// It may be stopped, and then acts on nothing else. It has nothing to put in order.
Successor::~Successor() {
  *is_wanted_ = false;
  if (ended_.is_open()) std::ignore = ended_.release();
  if (!process_) return;
  process_.signal(SIGKILL);
  process_.give_up();
}

void Successor::limit(std::chrono::milliseconds limit) {
  timer_->set(limit, [this, limit] {
    end(
        Error{fmt::format("it was not at work within {}, and was killed: does a plugin stop the "
                          "process that loads it?",
                          format_duration(limit))});
  });
}

// What it says ends when it does.
void Successor::listen() {
  output_.async_read_some(
      boost::asio::buffer(part_),
      [this, is_wanted = is_wanted_](const boost::system::error_code& error, std::size_t size) {
        if (!*is_wanted) return;
        text_.append(part_, size);
        if (error)
          await_end();
        else
          listen();
      });
}

void Successor::await_end() {
  ended_.assign(process_.pidfd());
  ended_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                    [this, is_wanted = is_wanted_](const boost::system::error_code&) {
                      if (!*is_wanted) return;
                      std::ignore = ended_.release();
                      const auto status = process_.reap();
                      if (status && status->is_success()) return end({});
                      end(Error{reason(std::move(text_))});
                    });
}

void Successor::end(const Result<void>& started) {
  // May end this object: nothing of it is touched afterwards.
  timer_->cancel();
  auto on_end = std::move(on_end_);
  on_end(started);
}

}  // namespace actiond
