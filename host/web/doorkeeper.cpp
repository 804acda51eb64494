#include "web/doorkeeper.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <cstdlib>

namespace actiond::web {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kMostPeers = 1000;
constexpr std::size_t kShownOfSession = 6;

}  // namespace

std::string cookie_value(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    auto pair = header.substr(0, header.find(';'));
    header.remove_prefix(std::min(header.size(), pair.size() + 1));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.starts_with(name) && pair.size() > name.size() && pair[name.size()] == '=')
      return std::string(pair.substr(name.size() + 1));
  }
  return "";
}

std::string new_secret() {
  unsigned char bytes[kSecretBytes];
  if (::getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes)) std::abort();
  std::string text;
  for (const auto byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

bool is_same_secret(std::string_view one, std::string_view other) {
  unsigned difference = one.size() == other.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(one.size(), other.size()); ++i)
    difference |= static_cast<unsigned char>(one[i]) ^ static_cast<unsigned char>(other[i]);
  return difference == 0;
}

bool Doorkeeper::is_throttled(const std::string& peer, MonotonicTime now) {
  for (auto each = wrong_tries_.begin(); each != wrong_tries_.end();) {
    std::erase_if(each->second, [now](const auto at) { return at + kWrongTriesTime <= now; });
    each = each->second.empty() ? wrong_tries_.erase(each) : std::next(each);
  }
  const auto found = wrong_tries_.find(peer);
  if (found != wrong_tries_.end()) return found->second.size() >= kMostWrongTries;
  return wrong_tries_.size() >= kMostPeers;  // so many guess at once: nobody new may
}

// While an address is held back, the right secret is refused as well: else the wait would tell.
Doorkeeper::Entry Doorkeeper::try_secret(const std::string& peer, std::string_view secret,
                                         MonotonicTime now) {
  if (is_throttled(peer, now)) return Entry::TooManyTries;
  if (!secret_.empty() && is_same_secret(secret, secret_)) return Entry::Granted;
  wrong_tries_[peer].push_back(now);
  return Entry::Wrong;
}

std::string Doorkeeper::begin_session(bool is_secure, MonotonicTime now) {
  if (sessions_.size() >= kMostSessions)
    sessions_.erase(std::min_element(
        sessions_.begin(), sessions_.end(),
        [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
  const auto value = new_secret();
  sessions_[value] = {new_secret().substr(0, kShownOfSession), now};
  return set_cookie(value, is_secure ? "; Secure" : "");
}

std::string Doorkeeper::end_session(const Request& request) {
  sessions_.erase(cookie_value(request.cookie, cookie_name_));
  return set_cookie("", "; Max-Age=0");
}

std::optional<std::string> Doorkeeper::session_of(const Request& request, MonotonicTime now) {
  const auto found = sessions_.find(cookie_value(request.cookie, cookie_name_));
  if (found == sessions_.end()) return std::nullopt;
  if (found->second.used + kSessionTime <= now) {
    sessions_.erase(found);
    return std::nullopt;
  }
  found->second.used = now;
  return found->second.name;
}

std::string Doorkeeper::set_cookie(const std::string& value, const std::string& more) const {
  return fmt::format("{}={}; Path={}; HttpOnly; SameSite=Strict{}", cookie_name_, value, base_path_,
                     more);
}

}  // namespace actiond::web
