#include "web/router.hpp"

#include <fmt/format.h>

#include <atomic>
#include <functional>
#include <utility>

#include "answers/metrics_text.hpp"
#include "base/clock.hpp"
#include "base/duration.hpp"
#include "base/json_parts.hpp"
#include "web/cron_desk.hpp"
#include "web/cross_site.hpp"
#include "web/later_desk.hpp"
#include "web/live.hpp"
#include "web/pages.hpp"
#include "web/poller_desk.hpp"
#include "web/queue_desk.hpp"
#include "web/response_text.hpp"
#include "web/target.hpp"

namespace actiond::web {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kLookAge = 2s;
constexpr auto kSeeingTime = 800ms;  // then people are shown what there is
constexpr char kJson[] = "application/json";

Response redirect(const std::string& to) {
  Response response;
  response.status = 303;
  response.headers = {{"Location", to}};
  return response;
}

Response text_response(int status, const std::string& text) {
  Response response;
  response.status = status;
  response.body = text + "\n";
  return response;
}

bool is_json(const std::string& content_type) {
  const auto type = content_type.substr(0, content_type.find(';'));
  return type.substr(0, type.find_last_not_of(' ') + 1) == kJson;
}

// A cookie of its own for each run_dir: those of a host are shared by all its ports.
std::string cookie_name(const Config& config) {
  return fmt::format("actiond_{:08x}",
                     std::hash<std::string>{}(config.run_dir.native()) & 0xFFFFFFFFU);
}

}  // namespace

Router::Router(const Config& config, HostList hosts, std::string secret, std::string version,
               CallLater call_later)
    : config_(config),
      hosts_(std::move(hosts)),
      doorkeeper_(std::move(secret), cookie_name(config), config.web.base_path),
      version_(std::move(version)),
      call_later_(std::move(call_later)),
      sources_(std::make_shared<Sources>(config)),
      dead_(std::make_shared<DeadDesk>(config)),
      cron_([&config] { return show_cron(config); }),
      fleet_([&config] { return show_fleet(config); }),
      later_([&config] { return show_later(config); }) {}

// Before anything is looked at: names under which this page does not answer, methods that it does
// not know, other sites.
std::optional<Response> Router::refuse(const Request& request) {
  if (!hosts_.allows(request.host))
    return text_response(421,
                         "this page does not answer under that name: add it to web.hosts in the "
                         "configuration");
  if (!is_safe_method(request.method) && request.method != "POST")
    return json_error(405, "only GET, HEAD and POST are understood");
  if (const auto why = cross_site_refusal(request); !why.empty()) return json_error(403, why);
  return std::nullopt;
}

void Router::handle(const Request& request, Answer answer) {
  if (auto refused = refuse(request)) return answer(std::move(*refused));
  const auto parts = parts_of(request.path, config_.web.base_path);
  if (!parts) return answer(text_response(404, "there is nothing here"));
  if (auto open = open_page(request, *parts)) return answer(std::move(*open));
  const bool is_safe = is_safe_method(request.method);
  const auto first = parts->empty() ? "" : parts->front();
  if (is_safe && parts->size() == 1 &&
      (first == "readyz" || (first == "metrics" && config_.web.are_metrics_open)))
    return open_probe(first, std::move(answer));
  const auto asker = asker_of(request);
  if (!asker) return answer(not_logged_in(request, *parts));
  if (is_safe) return get(request, *parts, std::move(answer));
  post(request, *parts, *asker, answer);
}

// What needs no login.
std::optional<Response> Router::open_page(const Request& request, const Parts& parts) {
  if (is_safe_method(request.method)) {
    if (parts.size() != 1) return std::nullopt;
    if (parts[0] == "healthz") return text_response(200, "lives");
    if (parts[0] == "login") return html_page("login", config_);
    return static_file(parts[0], request);
  }
  if (parts == Parts{"api", "v1", "login"}) return log_in(request);
  return std::nullopt;
}

void Router::open_probe(const std::string& name, Answer answer) {
  when_seen([this, name, answer = std::move(answer)] {
    const auto view = sources_->view();
    if (name == "readyz") return answer(readiness(view));
    do_chore(answer, [&config = config_, status = status_json(view), version = version_] {
      Response response;
      response.content_type = "text/plain; version=0.0.4; charset=utf-8";
      response.body = metrics_text(config, status, version).text;
      return response;
    });
  });
}

Response Router::log_in(const Request& request) {
  if (!is_json(request.content_type)) return json_error(415, "send application/json");
  const auto wish = json::parse(request.body, nullptr, false);
  const auto now = monotonic_now();
  switch (doorkeeper_.try_secret(request.peer, text_in(wish, "secret"), now)) {
    case Doorkeeper::Entry::TooManyTries: {
      auto response = json_error(429, "too many wrong tries: wait a minute");
      response.headers = {{"Retry-After", "60"}};
      response.note =
          fmt::format("a login from {} was refused: too many wrong tries", request.peer);
      return response;
    }
    case Doorkeeper::Entry::Wrong: {
      auto response = json_error(401, "that is not the password, nor the token");
      response.note = fmt::format("a login from {} was refused: a wrong secret", request.peer);
      return response;
    }
    case Doorkeeper::Entry::Granted:
      break;
  }
  auto response = json_response("{}");
  response.headers = {{"Set-Cookie", doorkeeper_.begin_session(request.is_secure, now)}};
  response.note = fmt::format("a login from {}", request.peer);
  return response;
}

std::optional<Router::Asker> Router::asker_of(const Request& request) {
  const auto now = monotonic_now();
  if (auto session = doorkeeper_.session_of(request, now))
    return Asker{fmt::format("session {} from {}", *session, request.peer)};
  const auto token = bearer_token(request);
  if (token.empty() ||
      doorkeeper_.try_secret(request.peer, token, now) != Doorkeeper::Entry::Granted)
    return std::nullopt;
  return Asker{fmt::format("a program at {}", request.peer)};
}

Response Router::not_logged_in(const Request& request, const Parts& parts) {
  const bool is_page = is_safe_method(request.method) && (parts.empty() || is_page_name(parts[0]));
  if (is_page) return redirect(config_.web.base_path + "login");
  auto response = json_error(401, "log in first, or send the token as a bearer");
  response.headers = {{"WWW-Authenticate", "Bearer"}};
  return response;
}

void Router::get(const Request& request, const Parts& parts, Answer answer) {
  const bool is_page = parts.empty() || (is_page_name(parts[0]) && parts.size() <= 2);
  if (is_page) return answer(html_page("page", config_));
  if (parts == Parts{"metrics"}) return open_probe("metrics", std::move(answer));
  if (parts.size() < 3 || parts[0] != "api" || parts[1] != "v1")
    return answer(text_response(404, "there is nothing here"));
  if (parts[2] == "dead") return get_dead(request, parts, answer);
  if (parts.size() != 3) return answer(json_error(404, "there is nothing of that name"));
  if (parts[2] == "session") return answer(json_response("{}"));
  if (parts[2] == "cron") return show_look(cron_, std::move(answer));
  if (parts[2] == "fleet") return show_look(fleet_, std::move(answer));
  if (parts[2] == "later") return show_look(later_, std::move(answer));
  get_live(request, parts[2], std::move(answer));
}

void Router::get_live(const Request& request, const std::string& what, Answer answer) {
  if (what != "stats")
    return when_seen([this, request, what, answer = std::move(answer)] {
      answer(live_response(what, request, config_, sources_->view(), sources_->depths(),
                           wall_now_ms()));
    });
  const auto since = request.parameter("since");
  const auto time = parse_duration(since.empty() ? "1h" : since);
  if (!time || time->count() <= 0) return answer(json_error(400, "since is no time: write 1h"));
  do_chore(answer, [&config = config_, time = *time, event = request.parameter("event")] {
    if (!config.statistics)
      return json_error(503, "none are kept: the configuration says statistics: none");
    const auto report = read_report(config, time, wall_now_ms(), event);
    return report ? json_response(dump(report_json(*report)))
                  : json_error(503, report.error().text);
  });
}

void Router::get_dead(const Request& request, const Parts& parts, const Answer& answer) {
  do_chore(answer, [dead = dead_, request, parts] {
    if (parts.size() == 3) return dead->list(request);
    return parts.size() == 4 ? dead->show(parts[3])
                             : json_error(404, "there is nothing of that name");
  });
}

void Router::post(const Request& request, const Parts& parts, const Asker& asker,
                  const Answer& answer) {
  if (parts.size() < 3 || parts[0] != "api" || parts[1] != "v1")
    return answer(json_error(404, "there is nothing of that name"));
  if (!is_json(request.content_type)) return answer(json_error(415, "send application/json"));
  const auto wish = json::parse(request.body, nullptr, false);
  if (!wish.is_object()) return answer(json_error(400, "the body must be a JSON object"));
  const std::string deed = parts[2] + (parts.size() > 3 ? "/" + parts[3] : "");
  if (deed == "logout") {
    auto response = json_response("{}");
    response.headers = {{"Set-Cookie", doorkeeper_.end_session(request)}};
    return answer(std::move(response));
  }
  if (config_.web.is_read_only)
    return answer(json_error(403, "this page only shows: its access is read-only"));
  const auto deeds = deeds_of(wish, asker);
  const auto found = deeds.find(deed);
  if (found == deeds.end()) return answer(json_error(404, "there is nothing of that name"));
  do_chore(answer, [act = found->second, who = asker.name] {
    auto response = act();
    if (!response.note.empty()) response.note += fmt::format(" (asked by {})", who);
    return response;
  });
}

// What people may do, by the end of its address.
std::map<std::string, std::function<Response()>> Router::deeds_of(const json& wish,
                                                                  const Asker& asker) {
  const auto& config = config_;
  return {{"dead/retry", [dead = dead_, wish] { return dead->retry(wish); }},
          {"dead/delete", [dead = dead_, wish] { return dead->remove(wish); }},
          {"pollers/stop", [&config, wish] { return stop_poller(config, wish); }},
          {"pollers/rollback", [&config, wish] { return roll_back_poller(config, wish); }},
          {"pollers/quiet", [&config, wish] { return quiet_poller(config, wish, true); }},
          {"pollers/resume", [&config, wish] { return quiet_poller(config, wish, false); }},
          {"queues/pause",
           [&config, wish, who = asker.name] { return pause_queue_of(config, wish, who); }},
          {"queues/resume", [&config, wish] { return resume_queue_of(config, wish); }},
          {"later/run", [&config, wish] { return run_later(config, wish); }},
          {"cron/run", [&config, wish] { return run_cron(config, wish); }},
          {"cron/pause", [&config, wish] { return set_cron_paused(config, wish, true); }},
          {"cron/resume", [&config, wish] { return set_cron_paused(config, wish, false); }}};
}

// Once all has been looked at, or with what there is when that takes long. In the loop's thread or
// in another.
void Router::when_seen(std::function<void()> then) {
  auto is_done = std::make_shared<std::atomic<bool>>(false);
  const auto once = [is_done, then = std::move(then)] {
    if (!is_done->exchange(true)) then();
  };
  call_later_(kSeeingTime, once);
  sources_->refresh([this, once] { call_later_(0ms, once); });
}

// One look for all who ask at once, beside what else is asked: a broker that does not answer holds
// up nobody who wants to stop a poller.
void Router::show_look(Lookout<Response>& look, Answer answer) {
  look.refresh(kLookAge, [&look, answer = std::move(answer)] { answer(*look.last()); });
}

void Router::do_chore(const Answer& answer, std::function<Response()> chore) {
  if (!chores_.add([answer, chore = std::move(chore)] { answer(chore()); }))
    answer(json_error(503, "too much is asked at once: try again in a moment"));
}

}  // namespace actiond::web
