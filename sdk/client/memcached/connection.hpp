// A connection to memcached, by its text protocol: many commands are sent together, and their
// answers are read in the same order. One thread, but for interrupt.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/memcached/address.hpp"
#include "client/result.hpp"

namespace action::memcached {

struct Command {
  std::string bytes;  // with its line's end, and its data
  bool is_reading = false;
};

// Keys have no spaces, and up to 250 bytes. An `expiry` is in seconds; 0: never.
Command get(std::span<const std::string> keys);
Command get(const std::string& key);
Command set(const std::string& key, std::string_view value);
Command add(const std::string& key, std::string_view value, int expiry_s = 0);
// Sets it if it is as it was when it was read.
Command swap(const std::string& key, std::string_view value, std::uint64_t version);
Command increment(const std::string& key, std::uint64_t by);
Command touch(const std::string& key, int expiry_s);
Command remove(const std::string& key);
Command statistics(const std::string& which = {});

struct Item {
  std::string key, value;
  std::uint64_t version = 0;  // 0 of a statistic
};

struct Reply {
  std::string line;         // of a command that reads nothing: "STORED", a number, …
  std::vector<Item> items;  // that were there, in the order of their keys

  bool is(std::string_view word) const { return line == word; }
  bool is_refused() const { return line.starts_with("SERVER_ERROR"); }
  std::optional<std::uint64_t> number() const;
};

class Connection {
 public:
  // Tries each of the host's addresses, `timeout` in all. The server counts as lost when it says
  // nothing for `patience`.
  static Result<Connection> open(const ServerAddress& address, std::chrono::milliseconds timeout,
                                 std::chrono::milliseconds patience);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  // As many replies as commands. Fails if the connection is lost; it is over then.
  Result<std::vector<Reply>> run(std::span<const Command> commands);
  Result<Reply> run(const Command& command);

  // Ends whatever it waits for: that call, and all that follow, fail. Any thread.
  void interrupt() const;
  // In a forked child: leaves the connection to the parent.
  void abandon();

  const std::string& shown() const { return address_.shown; }

 private:
  Connection(ServerAddress address, int fd, std::chrono::milliseconds patience)
      : address_(std::move(address)), fd_(fd), patience_(patience) {}
  Error lost(const std::string& why) const;
  Result<void> transfer(std::string_view& unsent);
  // False: not all of it has come yet.
  Result<bool> read_reply(bool is_reading, Reply& reply);
  Result<bool> read_item(std::string_view line, Reply& reply);

  ServerAddress address_;
  int fd_;
  std::chrono::milliseconds patience_;
  std::string received_;
  std::size_t read_ = 0;  // of what was received
};

}  // namespace action::memcached
