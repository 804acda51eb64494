#include "web/pages.hpp"

#include <doctest/doctest.h>

#include "web/assets.hpp"

using namespace actiond;
using namespace actiond::web;

TEST_CASE("pages: text stands for itself within HTML") {
  CHECK(html_escaped("<a href=\"x\" b='c'>&amp;") ==
        "&lt;a href=&quot;x&quot; b=&#39;c&#39;&gt;&amp;amp;");
}

TEST_CASE("pages: addresses have the base path, and nothing is left to be filled in") {
  Config config;
  config.web.base_path = "/shop/";
  config.application = "shop";
  for (const char* name : {"page", "login"}) {
    const auto page = html_page(name, config);
    CHECK(page.body.find("{{") == std::string::npos);
    CHECK(page.body.find("data-base=\"/shop/\"") != std::string::npos);
    CHECK(page.body.find("src=\"/shop/page.js?v=") != std::string::npos);
  }
}

TEST_CASE("pages: they know where traces are shown") {
  Config config;
  config.web.trace_link = "https://jaeger.example/?a=\"{trace_id}\"";
  CHECK(html_page("page", config)
            .body.find("data-trace-link=\"https://jaeger.example/?a=&quot;{trace_id}&quot;\"") !=
        std::string::npos);
}

// The Content-Security-Policy forbids both; what needs them would be silently broken.
TEST_CASE("pages: no inline script, no inline style, nothing that parses HTML") {
  for (const char* name : {"page.html", "login.html", "page.js"}) {
    const auto content = find_asset(name)->content;
    for (const char* word : {" style=", "<style", " onclick", " onload", "javascript:", "innerHTML",
                             "outerHTML", "insertAdjacentHTML", "document.write", "eval("}) {
      CAPTURE(name);
      CAPTURE(word);
      CHECK(content.find(word) == std::string_view::npos);
    }
  }
}

TEST_CASE("pages: files named by their content may be kept for ever, others are asked for") {
  Request request;
  const auto plain = static_file("page.css", request);
  CHECK(plain->headers.at(0).second == "no-cache");
  request.query["v"] = find_asset("page.css")->hash;
  CHECK(static_file("page.css", request)->headers.at(0).second.starts_with("public"));
  request.if_none_match = plain->headers.at(1).second;
  CHECK(static_file("page.css", request)->status == 304);
  for (const char* other : {"page.html", "login.html", "assets.cpp", ""})
    CHECK_FALSE(static_file(other, request));
}
