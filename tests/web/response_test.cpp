#include "web/response_text.hpp"

#include <doctest/doctest.h>

using namespace actiond::web;

TEST_CASE("response: every one has the headers that keep other sites out") {
  const auto text = to_text(json_error(404, "no"), 0, true, true);
  for (const char* header :
       {"HTTP/1.1 404 Not Found\r\n",
        "\r\nContent-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
        "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'\r\n",
        "\r\nX-Content-Type-Options: nosniff\r\n", "\r\nReferrer-Policy: no-referrer\r\n",
        "\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n", "\r\nCache-Control: no-store\r\n",
        "\r\nContent-Length: 15\r\n", "\r\n\r\n{\"error\":\"no\"}\n"}) {
    CAPTURE(header);
    CHECK(text.find(header) != std::string::npos);
  }
  CHECK(text.find("Access-Control") == std::string::npos);
}

TEST_CASE("response: HEAD and 304 have no body") {
  const auto head = to_text(json_response("{}"), 0, false, false);
  CHECK(head.find("Content-Length: 3\r\n") != std::string::npos);
  CHECK(head.ends_with("Connection: close\r\n\r\n"));
  Response unchanged;
  unchanged.status = 304;
  CHECK(to_text(unchanged, 0, true, true).ends_with("\r\n\r\n"));
  CHECK(to_text(unchanged, 0, true, true).find("Content-Length") == std::string::npos);
}

TEST_CASE("response: an error that is no UTF-8 is still JSON") {
  CHECK(json_error(500, "\xff").body == "{\"error\":\"\xEF\xBF\xBD\"}\n");
}
