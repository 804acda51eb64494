#include "poller/plugin_sets/successor.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>

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

Result<std::unique_ptr<Successor>> Successor::start(boost::asio::io_context& io,
                                                    std::vector<std::string> words, OnEnd on_end) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return errno_error("make a pipe");
  UniqueFd read_end(pipe[0]), write_end(pipe[1]);
  auto process = spawn(std::move(words), write_end.get());
  if (!process) return process.error();
  std::unique_ptr<Successor> successor(
      new Successor(io, std::move(*process), std::move(read_end), std::move(on_end)));
  successor->listen();
  return successor;
}

Successor::Successor(boost::asio::io_context& io, ChildProcess process, UniqueFd output,
                     OnEnd on_end)
    : output_(io, output.release()), process_(std::move(process)), on_end_(std::move(on_end)) {}

Successor::~Successor() {
  *is_wanted_ = false;
  if (!process_) return;
  process_.signal(SIGTERM);
  process_.wait();
}

// What it says ends when it does.
void Successor::listen() {
  output_.async_read_some(
      boost::asio::buffer(part_),
      [this, is_wanted = is_wanted_](const boost::system::error_code& error, std::size_t size) {
        if (!*is_wanted) return;
        text_.append(part_, size);
        if (error)
          end();
        else
          listen();
      });
}

void Successor::end() {
  const bool is_started = process_.wait().is_success();
  // May end this object: nothing of it is touched afterwards.
  auto on_end = std::move(on_end_);
  if (is_started) return on_end({});
  on_end(Error{reason(std::move(text_))});
}

}  // namespace actiond
