// The poller's control socket: whoever may open it (mode 0600) asks for its state or tells it to
// stop. One line of JSON in, one line of JSON out, then it is closed.
#pragma once

#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "base/result.hpp"
#include "poller/timer.hpp"

namespace actiond {

// "run_dir/poller.3.4711.1a2b3c4d.sock"; without an id "run_dir/poller.console.4711.1a2b3c4d.sock".
// The pid is in it because a poller and its successor share an id for a while; the last part is
// another one each time, because two containers that share a run_dir have the same pids.
std::filesystem::path control_path(const std::filesystem::path& run_dir, std::optional<int> id,
                                   pid_t pid);

class ControlSocket {
 public:
  // Answers a request; the reply is sent as it is. Called in the loop's thread.
  using OnRequest = std::function<nlohmann::json(const nlohmann::json& request)>;

  // `on_lost`: nobody finds it any more, and it can't be made again where it was. Both `io` and
  // `clock` must outlive it.
  ControlSocket(
      boost::asio::io_context& io, Clock& clock, std::filesystem::path path, OnRequest on_request,
      std::function<void()> on_lost = [] {});
  // Ends all conversations. Removes the socket, if the file of that name is still the one that this
  // made.
  ~ControlSocket();

  // Binds and listens, and looks every second whether its file is still there. Does not block.
  Result<void> listen();
  // That look: if the file was removed, or its directory is another one, it is made anew.
  void keep();

 private:
  struct Conversation;
  bool is_there() const;
  bool is_missing() const;
  void keep_later();
  void accept();
  void begin(boost::asio::local::stream_protocol::socket accepted);
  void answer(const std::shared_ptr<Conversation>& conversation);
  void end(const std::shared_ptr<Conversation>& conversation);
  nlohmann::json reply_to(const nlohmann::json& request);

  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::filesystem::path path_;
  struct stat bound_ {};  // the file that bind made
  OnRequest on_request_;
  std::function<void()> on_lost_;
  boost::asio::steady_timer timer_;
  int missed_ = 0;  // looks, one after the other
  Clock& clock_;
  std::unique_ptr<Timer> accept_timer_;  // while none can be accepted
  bool is_accepting_ = false;
  std::set<std::shared_ptr<Conversation>> conversations_;
};

// What a request to stop has for "timeout_ms", or `unless_given`. Fails on all but a whole number
// up to kLongestDuration.
Result<std::chrono::milliseconds> stop_timeout(const nlohmann::json& request,
                                               std::chrono::milliseconds unless_given);

// The other end: asks the poller behind `path`, waiting at most `timeout`. Fails if nobody listens
// there or no answer comes.
Result<nlohmann::json> ask_poller(const std::filesystem::path& path, const nlohmann::json& request,
                                  std::chrono::milliseconds timeout);

}  // namespace actiond
