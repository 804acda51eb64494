#include "web/request_reader.hpp"

#include <doctest/doctest.h>

#include "web/target.hpp"

using namespace actiond::web;
using State = RequestReader::State;

namespace {

const std::string kGet = "GET /a/b?c=d%20e&f HTTP/1.1\r\nHost: h:1\r\nOrigin: http://o\r\n\r\n";

// The status of the refusal; 0: none.
int refused(const std::string& text) {
  RequestReader reader;
  return reader.feed(text) == State::Refused ? reader.refusal().status : 0;
}

}  // namespace

TEST_CASE("request reader: a request, whole or byte by byte") {
  for (const std::size_t step : {std::size_t{1}, kGet.size()}) {
    RequestReader reader;
    State state = State::NeedsMore;
    for (std::size_t i = 0; i < kGet.size(); i += step) {
      CHECK(state == State::NeedsMore);
      state = reader.feed(kGet.substr(i, step));
    }
    REQUIRE(state == State::Ready);
    const auto request = reader.take_request();
    CHECK(request.method == "GET");
    CHECK(request.path == "/a/b");
    CHECK(request.parameter("c") == "d e");
    CHECK(request.host == "h:1");
    CHECK(request.origin == "http://o");
    CHECK(request.keeps_alive);
  }
}

TEST_CASE("request reader: what is behind a request is the next one") {
  RequestReader reader;
  REQUIRE(reader.feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}" + kGet) ==
          State::Ready);
  CHECK(reader.take_request().body == "{}");
  REQUIRE(reader.feed({}) == State::Ready);
  CHECK(reader.take_request().path == "/a/b");
  CHECK(reader.feed({}) == State::NeedsMore);
}

TEST_CASE("request reader: of what was forwarded, only what was added last counts") {
  RequestReader reader;
  REQUIRE(reader.feed("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1.1.1.1\r\n"
                      "X-Forwarded-Proto: https\r\nx-forwarded-for: 2.2.2.2, 3.3.3.3 \r\n"
                      "X-Forwarded-Proto: http\r\n\r\n") == State::Ready);
  const auto request = reader.take_request();
  CHECK(request.forwarded_for == "3.3.3.3");
  CHECK(request.forwarded_proto == "http");
  REQUIRE(reader.feed("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 4.4.4.4\r\n"
                      "X-Forwarded-Proto: http, https\r\n\r\n" +
                      kGet) == State::Ready);
  const auto next = reader.take_request();
  CHECK(next.forwarded_for == "4.4.4.4");
  CHECK(next.forwarded_proto == "https");
  REQUIRE(reader.feed({}) == State::Ready);
  CHECK(reader.take_request().forwarded_for.empty());
}

TEST_CASE("request reader: what is too large or unclear is refused before it is read") {
  const std::string line = "POST / HTTP/1.1\r\nHost: h\r\n";
  CHECK(refused(line + "X: " + std::string(kMostHeaderBytes, 'x')) == 431);
  CHECK(refused(line + "Content-Length: 65537\r\n\r\n") == 413);
  CHECK(refused(line + "Content-Length: 65536\r\n\r\n") == 0);
  CHECK(refused(line + "Transfer-Encoding: chunked\r\n\r\n") == 501);
  CHECK(refused(line + "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\n") == 501);
  CHECK(refused(line + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n") == 400);
  CHECK(refused(line + "Content-Length: -1\r\n\r\n") == 400);
  CHECK(refused(line + "Host: other\r\n\r\n") == 400);
  CHECK(refused(line + "Origin: a\r\nOrigin: b\r\n\r\n") == 400);
  CHECK(refused("GET /" + std::string(5000, 'x') + " HTTP/1.1\r\n\r\n") == 414);
  CHECK(refused("GET / HTTP/9.9\r\n\r\n") == 400);
  CHECK(refused("\x16\x03\x01 hello\r\n\r\n") == 400);
  CHECK(refused(std::string(100, '\0')) == 400);
}

TEST_CASE("request reader: once refused, it stays so") {
  RequestReader reader;
  CHECK(reader.feed("nonsense\r\n\r\n") == State::Refused);
  CHECK(reader.feed(kGet) == State::Refused);
}

TEST_CASE("target: parts below the base path, decoded one by one") {
  using Parts = std::vector<std::string>;
  CHECK(parts_of("/", "/") == Parts{});
  CHECK(parts_of("/events/a%2Fb%00", "/") == Parts{"events", std::string("a/b\0", 4)});
  CHECK(parts_of("/base/dead/x/", "/base/") == Parts{"dead", "x"});
  for (const char* bad : {"/base", "", "x", "/base/a//b", "/base/%", "/base/%g1", "/base//"})
    CHECK_FALSE(parts_of(bad, "/base/"));
  CHECK(parts_of("/../..", "/") == Parts{"..", ".."});  // names, not ways
}

TEST_CASE("target: parameters") {
  const auto query = parse_query("a=1&b=x+y%26&c&=z&a=2&d=%zz&e=");
  CHECK(query ==
        std::map<std::string, std::string>{{"a", "1"}, {"b", "x y&"}, {"c", ""}, {"e", ""}});
}
