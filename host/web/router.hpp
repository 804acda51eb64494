// From a request to its answer: who may ask, what is there. It knows no socket.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/config/config.hpp"
#include "web/chores.hpp"
#include "web/dead_desk.hpp"
#include "web/doorkeeper.hpp"
#include "web/host_list.hpp"
#include "web/lookout.hpp"
#include "web/sources.hpp"

namespace actiond::web {

// Called once, from whichever thread.
using Answer = std::function<void(Response)>;

class Router {
 public:
  // `config` must live as long as the process. `call_later` calls a function, in the thread of
  // `handle`, after that time.
  using CallLater = std::function<void(std::chrono::milliseconds, std::function<void()>)>;
  Router(const Config& config, HostList hosts, std::string secret, std::string version,
         CallLater call_later);

  // Does not block.
  void handle(const Request& request, Answer answer);
  // Looks at the queues for their history, which somebody may want to see later.
  void keep_watch() {
    sources_->refresh([] {});
  }

 private:
  using Parts = std::vector<std::string>;
  struct Asker {
    std::string name;  // for the log
  };

  std::optional<Response> refuse(const Request& request);
  std::optional<Response> open_page(const Request& request, const Parts& parts);
  void open_probe(const std::string& name, Answer answer);
  Response log_in(const Request& request);
  std::optional<Asker> asker_of(const Request& request);
  Response not_logged_in(const Request& request, const Parts& parts);
  void get(const Request& request, const Parts& parts, Answer answer);
  void get_live(const Request& request, const std::string& what, Answer answer);
  void get_dead(const Request& request, const Parts& parts, const Answer& answer);
  void post(const Request& request, const Parts& parts, const Asker& asker, const Answer& answer);
  void show_look(Lookout<Response>& look, Answer answer);
  std::map<std::string, std::function<Response()>> deeds_of(const nlohmann::json& wish,
                                                            const Asker& asker);
  void when_seen(std::function<void()> then);
  void do_chore(const Answer& answer, std::function<Response()> chore);

  const Config& config_;
  HostList hosts_;
  Doorkeeper doorkeeper_;
  std::string version_;
  CallLater call_later_;
  std::shared_ptr<Sources> sources_;  // and of what the chores have under way
  std::shared_ptr<DeadDesk> dead_;
  Lookout<Response> cron_, fleet_, later_;
  Chores chores_;
};

}  // namespace actiond::web
