#include "web/serve.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <memory>
#include <utility>

#include "web/listener.hpp"
#include "web/router.hpp"
#include "web/server.hpp"
#include "web/token_file.hpp"

namespace actiond::web {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto kWatchEvery = 60s;

struct Listening {
  std::vector<ListenAddress> addresses;
  std::vector<UniqueFd> sockets;
};

Result<Listening> listen_everywhere(const WebConfig& web) {
  Listening listening;
  for (const auto& text : web.listen) {
    auto address = parse_listen_address(text);
    if (!address) return address.error();
    if (auto safe = check_exposure(*address, web); !safe) return safe.error();
    auto socket = listen_on(*address);
    if (!socket) return socket.error();
    if (!address->is_unix()) address->port = port_of(*socket);
    listening.addresses.push_back(std::move(*address));
    listening.sockets.push_back(std::move(*socket));
  }
  return listening;
}

// What stands behind # never leaves the browser: no log of a proxy has it.
std::vector<std::string> greetings(const Config& config, const Listening& listening,
                                   const std::string& token) {
  std::vector<std::string> lines;
  const char* const scheme = config.web.certfile.empty() ? "http" : "https";
  for (const auto& address : listening.addresses) {
    if (address.is_unix())
      lines.push_back(fmt::format("the page listens on {}", address.path.native()));
    else
      lines.push_back(fmt::format("the page is at {}://{}{}{}{}", scheme, address.authority(),
                                  config.web.base_path, token.empty() ? "" : "login#", token));
  }
  return lines;
}

// Calls a function in the loop's thread after a time, from whichever thread.
Router::CallLater call_later_in(asio::io_context& io) {
  return [&io](std::chrono::milliseconds time, std::function<void()> then) {
    if (time == 0ms) return asio::post(io, std::move(then));
    asio::post(io, [&io, time, then = std::move(then)] {
      auto timer = std::make_shared<asio::steady_timer>(io, time);
      timer->async_wait([timer, then](const boost::system::error_code& error) {
        if (!error) then();
      });
    });
  };
}

void keep_watch(asio::steady_timer& timer, Router& router) {
  timer.expires_after(kWatchEvery);
  timer.async_wait([&timer, &router](const boost::system::error_code& error) {
    if (error) return;
    router.keep_watch();
    keep_watch(timer, router);
  });
}

void await_signal(asio::signal_set& signals, asio::io_context& io, Log& log) {
  signals.async_wait([&signals, &io, &log](const boost::system::error_code& error, int number) {
    if (error) return;
    if (number != SIGHUP) return io.stop();
    if (auto reopened = log.reopen(); !reopened) log.warning("{}", reopened.error().text);
    await_signal(signals, io, log);
  });
}

}  // namespace

Result<void> serve(const Config& config, Log& log, const std::string& version,
                   const std::function<void(const std::vector<std::string>&)>& on_listening) {
  auto streams = StreamMaker::make(config.web);
  if (!streams) return streams.error();
  auto listening = listen_everywhere(config.web);
  if (!listening) return listening.error();
  std::string secret = config.web.password, token;
  if (secret.empty()) {
    auto made = read_or_make_token(config.run_dir);
    if (!made) return made.error();
    secret = token = std::move(*made);
  }
  asio::io_context io(1);
  asio::signal_set signals(io, SIGTERM, SIGINT, SIGHUP);
  await_signal(signals, io, log);
  Router router(config, HostList(listening->addresses, config.web.hosts), secret, version,
                call_later_in(io));
  Server server(io, log, std::move(*streams), config.web.is_behind_proxy,
                [&router](const Request& request, Server::Answer answer) {
                  router.handle(request, std::move(answer));
                });
  on_listening(greetings(config, *listening, token));
  for (auto& socket : listening->sockets) server.listen(std::move(socket));
  asio::steady_timer watch(io);
  keep_watch(watch, router);
  io.run();
  for (const auto& address : listening->addresses)
    if (address.is_unix()) ::unlink(address.path.c_str());
  log.info("the page ends");
  log.flush();
  // Looks and chores that are under way hold what would end here: they end with the process.
  std::fflush(stdout);
  ::_exit(0);
}

}  // namespace actiond::web
