#include "client/sql/address.hpp"

#include <doctest/doctest.h>

#include "client/clean_text.hpp"

using action::clean_text;
using action::is_clean;
using namespace action::sql;

TEST_CASE("database address: all of its parts") {
  const auto url = parse_database_url("mysql://ann%40x:p%2fw@db.example.com:3307/shop?ca=/a.pem");
  REQUIRE(url);
  CHECK(url->kind == "mysql");
  CHECK(url->user == "ann@x");
  CHECK(url->password == "p/w");
  CHECK(url->host == "db.example.com");
  CHECK(url->port == 3307);
  CHECK(url->database == "shop");
  CHECK(url->ca_file == "/a.pem");
  CHECK(url->shown == "mysql://ann@x@db.example.com:3307/shop");
}

TEST_CASE("database address: other machines are verified, this one is not encrypted to") {
  const auto tls = [](const char* text) {
    const auto url = parse_database_url(text);
    REQUIRE(url);
    return url->tls;
  };
  CHECK(tls("mysql://u@db/d") == Tls::Verify);
  CHECK(tls("mysql://u@10.0.0.1/d") == Tls::Verify);
  CHECK(tls("mysql://u@db/d?tls=unverified") == Tls::Unverified);
  CHECK(tls("mysql://u@127.0.0.1/d") == Tls::Off);
  CHECK(tls("mysql://u@[::1]:3306/d") == Tls::Off);
  CHECK(tls("mysql://u@localhost/d?tls=verify") == Tls::Verify);
  CHECK(tls("mysql://u@/d?socket=/run/mysqld/mysqld.sock") == Tls::Off);
}

TEST_CASE("database address: what is wrong is told, and no password") {
  for (const char* text :
       {"mysql://u:secret@h", "mysql://:secret@h/d", "mysql://u:secret@h:x/d",
        "mysql://u:secret@h:99999/d", "mysql://u:sec/ret@h/d", "mysql://u:se%cret@h/d",
        "mysql://u:secret@h/d?color=secret", "mysql://u:secret@h/d?tls=secret"}) {
    CAPTURE(text);
    const auto url = parse_database_url(text);
    REQUIRE_FALSE(url);
    CHECK(url.error().text.find("secret") == std::string::npos);
    CHECK(url.error().text.find("ret@") == std::string::npos);
  }
}

TEST_CASE("database address: the same database by another user") {
  CHECK(is_same_database("mysql://a:b@h/d", "mysql://c@h:3306/d?tls=off"));
  CHECK_FALSE(is_same_database("mysql://a:b@h/d", "mysql://a:b@h/e"));
}

TEST_CASE("clean text: UTF-8 stays, what is none is replaced byte by byte") {
  CHECK(is_clean("Änne – 日本語 🎈"));
  CHECK(clean_text("Änne – 日本語 🎈") == "Änne – 日本語 🎈");
  CHECK_FALSE(is_clean(std::string_view("a\0b", 3)));
  CHECK(clean_text("a\xe9z") == "a\xEF\xBF\xBDz");
  CHECK(clean_text("\xed\xa0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
  CHECK(clean_text("\xe2\x82") == "\xEF\xBF\xBD\xEF\xBF\xBD");                  // cut
}
