#include "web/cross_site.hpp"

#include <doctest/doctest.h>

using namespace actiond::web;

namespace {

struct Row {
  const char *method, *site, *origin, *host, *authorization;
  bool is_allowed;
};

}  // namespace

TEST_CASE("cross-site: Sec-Fetch-Site decides, else Origin against Host, else a bearer token") {
  const Row rows[] = {
      {"GET", "cross-site", "https://evil.example", "page:1", "", true},
      {"HEAD", "", "", "page:1", "", true},
      {"POST", "same-origin", "", "page:1", "", true},
      {"POST", "none", "", "page:1", "", true},
      {"POST", "same-site", "", "page:1", "", false},
      {"POST", "cross-site", "", "page:1", "", false},
      {"POST", "anything", "http://page:1", "page:1", "Bearer x", false},
      {"POST", "cross-site", "http://page:1", "page:1", "", false},
      {"POST", "", "http://page:1", "page:1", "", true},
      {"POST", "", "https://page:1", "page:1", "", true},
      {"POST", "", "http://page:2", "page:1", "", false},
      {"POST", "", "http://page", "page:1", "", false},
      {"POST", "", "http://evil.example", "page:1", "Bearer x", false},
      {"POST", "", "null", "page:1", "", false},
      {"POST", "", "null", "", "", false},
      {"POST", "", "ftp://page:1", "page:1", "", false},
      {"POST", "", "http://page:1.evil.example", "page:1", "", false},
      {"POST", "", "", "page:1", "", false},
      {"POST", "", "", "page:1", "Basic eA==", false},
      {"POST", "", "", "page:1", "Bearer ", false},
      {"POST", "", "", "page:1", "Bearer x", true},
      {"DELETE", "", "", "page:1", "", false},
      {"OPTIONS", "cross-site", "", "page:1", "", false},
  };
  for (const auto& row : rows) {
    Request request;
    request.method = row.method;
    request.sec_fetch_site = row.site;
    request.origin = row.origin;
    request.host = row.host;
    request.authorization = row.authorization;
    CAPTURE(row.method);
    CAPTURE(row.site);
    CAPTURE(row.origin);
    CAPTURE(row.authorization);
    CHECK(cross_site_refusal(request).empty() == row.is_allowed);
  }
}
