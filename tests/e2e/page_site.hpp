// A site with its page, at a port of its own.
#pragma once

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "http.hpp"
#include "site.hpp"

class PageSite : public Site {
 public:
  explicit PageSite(const std::vector<std::string>& plugins = {}, const std::string& yaml = {},
                    Broker broker = kWithoutRabbit)
      : Site(yaml, plugins, broker) {
    if (broker == kWithoutRabbit) configure(yaml, "sqlite:../queue.db");
  }

  void serve(std::vector<std::string> words = {}) {
    words.insert(words.begin(), {"web", "--listen", "127.0.0.1:0"});
    page = begin(words);
    REQUIRE_MESSAGE(wait_until([&] { return contains(page->out(), "\n") || !page->is_alive(); }),
                    page->err());
    const auto out = page->out();
    const auto at = out.find("127.0.0.1:");
    REQUIRE_MESSAGE(at != std::string::npos, out, page->err());
    port = std::atoi(out.c_str() + at + 10);
    const auto sharp = out.find('#');
    token = sharp == std::string::npos ? "" : out.substr(sharp + 1, 64);
  }
  HttpAnswer get(const std::string& path) { return ask_page(port, token, "GET " + path); }
  HttpAnswer post(const std::string& path, const nlohmann::json& wish) {
    return ask_page(port, token, "POST " + path, wish.dump());
  }
  nlohmann::json api(const std::string& what) {
    const auto answer = get("/api/v1/" + what);
    REQUIRE_MESSAGE(answer.status == 200, what, ": ", answer.status, answer.body);
    return nlohmann::json::parse(answer.body);
  }
  void queue(const std::string& event, const std::string& params = "{}") {
    const Ran ran = actiond({"enqueue", event, params});
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
  }
  std::uint64_t dead() { return api("overview")["numbers"]["dead"].get<std::uint64_t>(); }

  std::unique_ptr<Process> page;
  int port = 0;
  std::string token;
};
