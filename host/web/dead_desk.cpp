#include "web/dead_desk.hpp"

#include <fmt/format.h>

#include <charconv>
#include <unordered_set>
#include <utility>

#include "answers/dead_readers.hpp"
#include "base/clock.hpp"
#include "base/json_parts.hpp"
#include "base/text.hpp"
#include "web/response_text.hpp"

namespace actiond::web {
namespace {

using nlohmann::json;

constexpr std::size_t kUsualPage = 50;
constexpr std::size_t kMostOnPage = 500;

class Looker : public DeadLetterReader {
 public:
  Fate take(Message& letter, std::string&) override {
    seen->add(letter);
    return Fate::Keep;
  }
  std::unique_ptr<DeadLook> seen = std::make_unique<DeadLook>();
};

// Which letters a filter means now, by their ids.
class Matcher : public DeadLetterReader {
 public:
  explicit Matcher(DeadFilter filter) : filter_(std::move(filter)) {}
  Fate take(Message& letter, std::string&) override {
    if (!filter_.matches(letter)) return Fate::Keep;
    ++count;
    ids.insert(letter.id);
    return Fate::Keep;
  }
  std::size_t count = 0;
  std::unordered_set<std::string> ids;

 private:
  DeadFilter filter_;
};

std::size_t number_of(const std::string& text, std::size_t otherwise) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() ? number
                                                                                   : otherwise;
}

struct Wish {
  DeadSelection selection;
  std::string text;  // for the log
};

Error not_understood() {
  return {
      "say which dead letters: {\"ids\": [...]}, or {\"event\": ..., \"error\": ..., "
      "\"expect\": N}, or {\"all\": true, \"expect\": N}"};
}

Result<Wish> wish_by_ids(const json& ids) {
  Wish wish;
  if (!ids.is_array() || ids.empty()) return not_understood();
  for (const auto& id : ids) {
    if (!id.is_string() || id.get<std::string>().empty()) return not_understood();
    wish.selection.ids.push_back(id.get<std::string>());
  }
  wish.text = wish.selection.ids.size() == 1
                  ? "the dead letter " + in_quotes(wish.selection.ids[0])
                  : fmt::format("{} dead letters by their ids", wish.selection.ids.size());
  return wish;
}

}  // namespace

Result<void> DeadDesk::look() {
  auto letters = reach_dead_letters(config_);
  if (!letters) return letters.error();
  Looker looker;
  if (auto read = (*letters)->read(looker); !read) return read;
  seen_ = std::move(looker.seen);
  seen_ms_ = wall_now_ms();
  return {};
}

Response DeadDesk::list(const Request& request) {
  if (!request.parameter("look").empty())
    if (auto looked = look(); !looked) return json_error(503, looked.error().text);
  if (!seen_) return json_response(dump({{"seen_ms", nullptr}}));
  const DeadFilter filter{request.parameter("event"), request.parameter("error")};
  const auto limit = std::min(number_of(request.parameter("limit"), kUsualPage), kMostOnPage);
  json page = seen_->page(filter, number_of(request.parameter("offset"), 0), limit);
  page["seen_ms"] = seen_ms_;
  return json_response(dump(page));
}

Response DeadDesk::show(const std::string& id) {
  const auto letter = find_dead_letter(config_, id);
  if (!letter)
    return json_error(letter.error().text == unknown_dead_letter(id).text ? 404 : 503,
                      letter.error().text);
  json shown = dead_letter_json(*letter);
  if (!config_.web.are_params_shown)
    for (const char* key : {"params", "body"}) shown.erase(key);
  return json_response(dump(shown));
}

namespace {

struct Conflict {
  std::size_t expected, found;
};

Response conflict_response(const Conflict& conflict) {
  return json_error(409, fmt::format("{} dead letters were to be changed, and now {} match: look "
                                     "again, and decide anew; nothing was done",
                                     conflict.expected, conflict.found));
}

// What a filter means now, if that is as many as were seen.
Result<Wish> wish_by_filter(const Config& config, const json& asked,
                            std::optional<Conflict>& conflict) {
  const bool is_all = asked.contains("all") && asked["all"] == json(true);
  const DeadFilter filter{text_in(asked, "event"), text_in(asked, "error")};
  const bool is_filter = !filter.event.empty() || !filter.pattern.empty();
  if (is_all == is_filter || !asked.contains("expect") || !asked["expect"].is_number_unsigned())
    return not_understood();
  auto letters = reach_dead_letters(config);
  if (!letters) return letters.error();
  auto matcher = std::make_shared<Matcher>(filter);
  if (auto read = (*letters)->read(*matcher); !read) return read.error();
  const auto expected = asked["expect"].get<std::size_t>();
  if (matcher->count != expected) conflict = Conflict{expected, matcher->count};
  Wish wish;
  wish.selection.matches = [filter, matcher](const Message& letter) {
    return filter.matches(letter) && matcher->ids.contains(letter.id);
  };
  wish.text = fmt::format("{} dead letters{}{}", matcher->count,
                          filter.event.empty() ? "" : " of " + in_quotes(filter.event),
                          filter.pattern.empty() ? "" : " with " + in_quotes(filter.pattern));
  return wish;
}

template <typename Do>
Response carry_out(const Config& config, const json& asked, const char* deed, Do&& act) {
  std::optional<Conflict> conflict;
  const auto wish =
      asked.contains("ids") ? wish_by_ids(asked["ids"]) : wish_by_filter(config, asked, conflict);
  if (!wish)
    return json_error(wish.error().text == not_understood().text ? 400 : 503, wish.error().text);
  if (conflict) return conflict_response(*conflict);
  auto letters = reach_dead_letters(config);
  if (!letters) return json_error(503, letters.error().text);
  Response response = act(**letters, wish->selection);
  response.note = fmt::format("{} {}: {}", deed, wish->text,
                              response.status == 200 ? "done, " + response.note : "failed");
  return response;
}

}  // namespace

Response DeadDesk::retry(const json& wish) {
  auto response = carry_out(config_, wish, "retry", [this](auto& letters, const auto& selection) {
    DeadRetry retry(config_, selection);
    const auto read = letters.read(retry);
    if (!read)
      return json_error(
          503, fmt::format("{}; {} queued again before that", read.error().text, retry.retried()));
    auto done = json_response(dump({{"retried", retry.retried()},
                                    {"refused", retry.refused()},
                                    {"refusal", retry.refusal()},
                                    {"malformed", retry.malformed()},
                                    {"unknown", retry.unknown_ids()}}));
    done.note = fmt::format("{} queued again, {} refused", retry.retried(), retry.refused());
    return done;
  });
  if (!response.note.empty()) seen_.reset();
  return response;
}

Response DeadDesk::remove(const json& wish) {
  auto response = carry_out(config_, wish, "delete", [](auto& letters, const auto& selection) {
    DeadDelete deletion(selection);
    if (const auto read = letters.read(deletion); !read) return json_error(503, read.error().text);
    auto done =
        json_response(dump({{"deleted", deletion.deleted()}, {"unknown", deletion.unknown_ids()}}));
    done.note = fmt::format("{} deleted", deletion.deleted());
    return done;
  });
  if (!response.note.empty()) seen_.reset();
  return response;
}

}  // namespace actiond::web
