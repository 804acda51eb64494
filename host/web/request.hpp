// A request as the page's server has read it, and what it answers: plain values, of no library.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace actiond::web {

// Text that was not sent is empty.
struct Request {
  std::string method;                        // "GET"
  std::string path;                          // as it was sent, percent signs and all
  std::map<std::string, std::string> query;  // decoded; the first of each name
  std::string host, origin, sec_fetch_site, authorization, cookie, content_type, if_none_match;
  std::string forwarded_for, forwarded_proto;
  std::string body;
  std::string peer;        // who asks: an address, or "unix"
  bool is_secure = false;  // by TLS
  bool keeps_alive = true;

  std::string parameter(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? "" : found->second;
  }
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // further ones
  std::string note;  // what the log is to say of it; empty: nothing
};

// A request that is not answered as it was meant.
struct Refusal {
  int status = 400;
  std::string sentence;
};

}  // namespace actiond::web
