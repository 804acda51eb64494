#include "client/rabbitmq/broker_url.hpp"

#include <doctest/doctest.h>

#include <string>

using action::parse_broker_url;
using action::split_broker_urls;

namespace {

struct UrlRow {
  std::string text;
  const char* user;
  const char* password;
  const char* host;
  int port;
  const char* vhost;
};

}  // namespace

TEST_CASE("broker url: what is left out has its default") {
  for (const UrlRow& row : {
           UrlRow{"amqp://", "guest", "guest", "127.0.0.1", 5672, "/"},
           UrlRow{"amqp://host", "guest", "guest", "host", 5672, "/"},
           UrlRow{"amqp://host/", "guest", "guest", "host", 5672, "/"},
           UrlRow{"amqp://host/%2f", "guest", "guest", "host", 5672, "/"},
           UrlRow{"amqp://host//", "guest", "guest", "host", 5672, "/"},
           UrlRow{"amqp://host:1/shop", "guest", "guest", "host", 1, "shop"},
           UrlRow{"amqps://host", "guest", "guest", "host", 5671, "/"},
           UrlRow{"amqp://ann@host", "ann", "guest", "host", 5672, "/"},
           UrlRow{"amqp://ann:@host", "ann", "", "host", 5672, "/"},
           UrlRow{"amqp://ann:s3cret@host:65535/a%2fb", "ann", "s3cret", "host", 65535, "a/b"},
           UrlRow{"amqp://ann:a%3ab%40%2f%25@host", "ann", "a:b@/%", "host", 5672, "/"},
           UrlRow{"amqp://ann:gr%C3%BC%c3%9f@host", "ann", "grüß", "host", 5672, "/"},
           UrlRow{"amqp://ann:p@ss@host", "ann", "p@ss", "host", 5672, "/"},
           UrlRow{"amqp://[::1]:5673/x", "guest", "guest", "::1", 5673, "x"},
           UrlRow{"amqp://[fe80::1]", "guest", "guest", "fe80::1", 5672, "/"},
       }) {
    CAPTURE(row.text);
    const auto url = parse_broker_url(row.text);
    REQUIRE(url);
    CHECK(url->user == row.user);
    CHECK(url->password == row.password);
    CHECK(url->host == row.host);
    CHECK(url->port == row.port);
    CHECK(url->vhost == row.vhost);
    CHECK(url->tls == row.text.starts_with("amqps"));
  }
}

TEST_CASE("broker url: parameters are taken, their values unescaped") {
  const auto url = parse_broker_url(
      "amqps://h/v?heartbeat=30&verify=verify_none&cacertfile=%2fetc/ca.pem&certfile=c&keyfile=k");
  REQUIRE(url);
  CHECK(url->heartbeat == std::chrono::seconds(30));
  CHECK(!url->verify);
  CHECK(url->ca_file == "/etc/ca.pem");
  CHECK(url->certificate_file == "c");
  CHECK(url->key_file == "k");
  CHECK(url->vhost == "v");
}

TEST_CASE("broker url: TLS verifies unless told otherwise") {
  CHECK(parse_broker_url("amqps://h")->verify);
  CHECK(parse_broker_url("amqps://h?verify=verify_peer")->verify);
}

TEST_CASE("broker url: the display hides the password and can be parsed again") {
  const auto url = parse_broker_url("amqps://a%20b:s3cret@[::1]:1/x%2fy?heartbeat=3");
  REQUIRE(url);
  CHECK(url->display() == "amqps://a%20b@[::1]:1/x%2fy");
  CHECK(parse_broker_url(url->display())->user == "a b");
  CHECK(action::BrokerUrl{}.display() == "amqp://guest@127.0.0.1:5672/%2f");
}

TEST_CASE("broker url: what can't be meant is refused, and no error shows user or password") {
  for (const char* text : {"",
                           "s3cret",
                           "ann:s3cret@host",
                           "http://ann:s3cret@host",
                           "AMQP://ann:s3cret@host",
                           "amqp:/ann:s3cret@host",
                           "amqp://ann:s3cret",
                           "amqp://ann:s3cret/%2f",
                           "amqp://ann:s3cret@host:port",
                           "amqp://ann:s3cret@host:0",
                           "amqp://ann:s3cret@host:65536",
                           "amqp://ann:s3cret@host:-1",
                           "amqp://ann:s3cret@host:1x",
                           "amqp://ann:s3cret%@host",
                           "amqp://ann:s3cret%2@host",
                           "amqp://ann:s3cret%zz@host",
                           "amqp://ann:s3cret%00@host",
                           "amqp://ann:s3cret%+1@host",
                           "amqp://ann:1/s3cret@host",
                           "amqp://ann:1?s3cret@host",
                           "amqp://ann:1?s3cret=1@host/x",
                           "amqp://ann:s3cret@[::1",
                           "amqp://ann:s3cret@[::1]x",
                           "amqp://ann:s3cret@host?heartbeat=0",
                           "amqp://ann:s3cret@host?heartbeat=3601",
                           "amqp://ann:s3cret@host?heartbeat=x",
                           "amqp://ann:s3cret@host?verify=yes",
                           "amqp://ann:s3cret@host?hartbeat=1",
                           "amqp://ann:s3cret@host?certfile=%"}) {
    CAPTURE(text);
    const auto url = parse_broker_url(text);
    REQUIRE(!url);
    CAPTURE(url.error().text);
    CHECK(url.error().text.find("s3cret") == std::string::npos);
    CHECK(url.error().text.find("ann:") == std::string::npos);
  }
}

TEST_CASE("broker url: an unknown parameter is named") {
  const auto url = parse_broker_url("amqp://h?hartbeat=1");
  REQUIRE(!url);
  CHECK(url.error().text.find("'hartbeat'") != std::string::npos);
}

TEST_CASE("broker url: a list is separated by white space, and not empty") {
  const auto urls = split_broker_urls(" amqp://a \n\tamqps://b/x ");
  REQUIRE(urls);
  REQUIRE(urls->size() == 2);
  CHECK((*urls)[0] == "amqp://a");
  CHECK((*urls)[1] == "amqps://b/x");
  CHECK(!split_broker_urls(""));
  CHECK(!split_broker_urls("  "));
  CHECK(!split_broker_urls("amqp://a b"));
}
