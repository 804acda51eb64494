// Who may come in: by the password or the token, five wrong tries a minute, and then by a cookie.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "web/request.hpp"

namespace actiond::web {

inline constexpr int kMostWrongTries = 5;  // of an address, in kWrongTriesTime
inline constexpr std::chrono::minutes kWrongTriesTime{1};
inline constexpr std::chrono::hours kSessionTime{12};  // since it was used last
inline constexpr std::size_t kMostSessions = 256;

// The value of a cookie in a header Cookie; empty: it has none.
std::string cookie_value(std::string_view header, std::string_view name);

// 256 bits that nobody can guess, in hex digits.
std::string new_secret();

// Does not tell by its time where two texts differ.
bool is_same_secret(std::string_view one, std::string_view other);

class Doorkeeper {
 public:
  // `cookie_name`: its own, as cookies are shared by all ports of a host.
  Doorkeeper(std::string secret, std::string cookie_name, std::string base_path)
      : secret_(std::move(secret)),
        cookie_name_(std::move(cookie_name)),
        base_path_(std::move(base_path)) {}

  enum class Entry { Granted, Wrong, TooManyTries };
  // Is this the password or the token? `peer` is who tries.
  Entry try_secret(const std::string& peer, std::string_view secret, MonotonicTime now);

  // The Set-Cookie of a new session; the oldest one ends if there are kMostSessions.
  std::string begin_session(bool is_secure, MonotonicTime now);
  // The Set-Cookie that takes it away.
  std::string end_session(const Request& request);

  // A short name for whose session it is, for the log; nothing if the request has none.
  std::optional<std::string> session_of(const Request& request, MonotonicTime now);

 private:
  struct Session {
    std::string name;
    MonotonicTime used;
  };
  std::string set_cookie(const std::string& value, const std::string& more) const;
  bool is_throttled(const std::string& peer, MonotonicTime now);

  std::string secret_, cookie_name_, base_path_;
  std::map<std::string, Session> sessions_;  // by the cookie's value
  std::map<std::string, std::vector<MonotonicTime>> wrong_tries_;
};

}  // namespace actiond::web
