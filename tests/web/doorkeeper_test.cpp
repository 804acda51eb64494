#include "web/doorkeeper.hpp"

#include <doctest/doctest.h>

using namespace actiond;
using namespace actiond::web;
using namespace std::chrono_literals;

namespace {

const MonotonicTime kStart{1000h};

Request with_cookie(const std::string& set_cookie) {
  Request request;
  request.cookie = "a=b; " + set_cookie.substr(0, set_cookie.find(';')) + "; c=d";
  return request;
}

Doorkeeper doorkeeper() {
  return {"secret", "actiond_1", "/base/"};
}

}  // namespace

TEST_CASE("doorkeeper: five wrong tries a minute of an address, others go on") {
  auto door = doorkeeper();
  for (int i = 0; i < kMostWrongTries; ++i)
    CHECK(door.try_secret("1.1.1.1", "wrong", kStart + i * 1s) == Doorkeeper::Entry::Wrong);
  CHECK(door.try_secret("1.1.1.1", "secret", kStart + 10s) == Doorkeeper::Entry::TooManyTries);
  CHECK(door.try_secret("2.2.2.2", "secret", kStart + 10s) == Doorkeeper::Entry::Granted);
  CHECK(door.try_secret("1.1.1.1", "secret", kStart + 59s) == Doorkeeper::Entry::TooManyTries);
  CHECK(door.try_secret("1.1.1.1", "secret", kStart + 60s) == Doorkeeper::Entry::Granted);
}

TEST_CASE("doorkeeper: no secret is ever right that is empty") {
  Doorkeeper door("", "c", "/");
  CHECK(door.try_secret("1.1.1.1", "", kStart) == Doorkeeper::Entry::Wrong);
}

TEST_CASE("doorkeeper: the cookie is for this page alone, and scripts never see it") {
  auto door = doorkeeper();
  const auto plain = door.begin_session(false, kStart);
  CHECK(plain.starts_with("actiond_1="));
  CHECK(plain.ends_with("; Path=/base/; HttpOnly; SameSite=Strict"));
  CHECK(door.begin_session(true, kStart).ends_with("; SameSite=Strict; Secure"));
  CHECK(plain != door.begin_session(false, kStart));
}

TEST_CASE("doorkeeper: a session lasts while it is used, and ends when asked to") {
  auto door = doorkeeper();
  const auto request = with_cookie(door.begin_session(false, kStart));
  CHECK(door.session_of(request, kStart + 11h));
  CHECK(door.session_of(request, kStart + 22h));
  CHECK_FALSE(door.session_of(request, kStart + 35h));
  const auto other = with_cookie(door.begin_session(false, kStart));
  CHECK(door.end_session(other).find("Max-Age=0") != std::string::npos);
  CHECK_FALSE(door.session_of(other, kStart));
  CHECK_FALSE(door.session_of({}, kStart));
}

TEST_CASE("doorkeeper: of very many sessions the one that was used longest ago ends") {
  auto door = doorkeeper();
  const auto first = with_cookie(door.begin_session(false, kStart));
  const auto second = with_cookie(door.begin_session(false, kStart + 1s));
  CHECK(door.session_of(first, kStart + 2s));
  for (std::size_t i = 2; i <= kMostSessions; ++i) door.begin_session(false, kStart + 3s);
  CHECK(door.session_of(first, kStart + 4s));
  CHECK_FALSE(door.session_of(second, kStart + 4s));
}

TEST_CASE("doorkeeper: a cookie's value is found by its whole name") {
  const std::pair<const char*, const char*> rows[] = {
      {"c=1", "1"}, {"a=2; c=1", "1"}, {"xc=2; c=1", "1"}, {"cc=2", ""},        {"c", ""},
      {"", ""},     {"c=", ""},        {"c=1;c=2", "1"},   {";;c=a=b;", "a=b"}, {"  c=1", "1"}};
  for (const auto& row : rows) {
    CAPTURE(row.first);
    CHECK(cookie_value(row.first, "c") == row.second);
  }
}

TEST_CASE("doorkeeper: secrets are compared as a whole") {
  CHECK(is_same_secret("abc", "abc"));
  for (const char* other : {"", "ab", "abcd", "abd", "xbc"})
    CHECK_FALSE(is_same_secret("abc", other));
  CHECK(new_secret().size() == 64);
  CHECK(new_secret() != new_secret());
}
