#include "poller/cron/ledger.hpp"

#include <algorithm>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/string_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <nlohmann/json.hpp>

#include "base/json_parts.hpp"

namespace actiond {
namespace {

// What is older is not looked at, so that no look takes long.
constexpr std::chrono::days kOldest{366};
constexpr std::size_t kMostTicks = 600'000;
// ActionEvent's own namespace of names.
constexpr char kNamespace[] = "9f0c2c5e-4b43-5b0e-9d5e-3c1c0a3f7e11";

CronTick tick_at(std::int64_t since_1970) {
  return CronTick(std::chrono::seconds(since_1970));
}

// What of these ticks, which are over, is to be queued.
std::vector<CronTick> wanted(std::vector<CronTick> ticks, Missed missed, CronTick now) {
  const auto on_time = std::find_if(ticks.begin(), ticks.end(),
                                    [now](CronTick tick) { return now - tick <= kCronGrace; });
  const auto count = static_cast<std::size_t>(on_time - ticks.begin());
  std::size_t kept = missed == Missed::All ? kMostMissed : missed == Missed::One ? 1 : 0;
  if (missed == Missed::One && on_time != ticks.end()) kept = 0;  // that one makes up for them
  kept = std::min(kept, count);
  ticks.erase(ticks.begin(), on_time - static_cast<std::ptrdiff_t>(kept));
  return ticks;
}

// Those since the last one. Of very many only the last are looked at.
Result<std::vector<CronTick>> ticks_since(const CronEntry& entry, CronTick last, CronTick now) {
  const auto every = std::chrono::duration_cast<std::chrono::seconds>(entry.every);
  last = std::max(last, now - kOldest);
  if (every.count() > 0) last = std::max(last, now - every * static_cast<long>(kMostTicks));
  return ticks_between(entry, last, now, kMostTicks);
}

std::int64_t seconds_of(CronTick tick) {
  return tick.time_since_epoch().count();
}

// The same for entries with the same ticks.
std::string schedule_of(const CronEntry& entry) {
  if (entry.at) return entry.text + " " + entry.zone;
  return "every " + std::to_string(entry.every / std::chrono::seconds(1)) + "s";
}

// Times that were never this entry's own are over.
void make_own(CronMark& mark, const std::string& schedule, CronTick now) {
  const auto begin_after = [&mark](CronTick tick) {
    mark.last_s = std::max(mark.last_s, seconds_of(tick));
  };
  if (mark.gone_s != 0 && now - tick_at(mark.gone_s) > kCronRemembered) begin_after(now);
  if (!mark.schedule.empty() && mark.schedule != schedule) begin_after(now - kCronRollOut);
  if (mark.resumed_s != 0) begin_after(std::min(tick_at(mark.resumed_s), now));
  mark.schedule = schedule;
  mark.gone_s = mark.resumed_s = 0;
}

// Returns whether it begins now.
bool begins(CronMarks& marks, const std::string& name, const CronEntry& entry, CronTick now) {
  const auto [mark, is_new] = marks.try_emplace(name);
  if (is_new) mark->second.last_s = seconds_of(now);
  make_own(mark->second, schedule_of(entry), now);
  return is_new;
}

void note_gone(const std::map<std::string, CronEntry>& entries, CronMarks& marks, CronTick now) {
  for (auto& [name, mark] : marks)
    if (mark.gone_s == 0 && !entries.contains(name)) mark.gone_s = seconds_of(now);
}

Result<void> turn_of(const std::string& name, const CronEntry& entry, CronTick now,
                     CronTurn& turn) {
  if (begins(turn.marks, name, entry, now)) return {};
  CronMark& mark = turn.marks.at(name);
  const auto ticks = ticks_since(entry, tick_at(mark.last_s), now);
  if (!ticks) return ticks.error();
  if (ticks->empty()) return {};
  mark.last_s = seconds_of(ticks->back());
  if (mark.is_paused) return {};
  const auto due = wanted(*ticks, entry.missed, now);
  turn.skipped += ticks->size() - due.size();
  for (const auto tick : due) turn.due.push_back({name, tick});
  if (!due.empty()) mark.came_s = seconds_of(due.back());
  return {};
}

}  // namespace

CronMarks read_marks(std::string_view text) {
  CronMarks marks;
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return marks;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_object() || !value.contains("last") || !value["last"].is_number_integer())
      continue;
    marks[name] = {number_in(value, "last"), value.value("paused", nlohmann::json()) == true,
                   number_in(value, "came"), text_in(value, "schedule"),
                   number_in(value, "gone"), number_in(value, "resumed")};
  }
  return marks;
}

std::string to_text(const CronMarks& marks) {
  auto json = nlohmann::json::object();
  for (const auto& [name, mark] : marks) {
    json[name] = {{"last", mark.last_s}};
    if (mark.is_paused) json[name]["paused"] = true;
    if (mark.came_s != 0) json[name]["came"] = mark.came_s;
    if (!mark.schedule.empty()) json[name]["schedule"] = mark.schedule;
    if (mark.gone_s != 0) json[name]["gone"] = mark.gone_s;
    if (mark.resumed_s != 0) json[name]["resumed"] = mark.resumed_s;
  }
  return json.dump();
}

Result<CronTurn> cron_turn(const std::map<std::string, CronEntry>& entries, const CronMarks& marks,
                           CronTick now) {
  CronTurn turn;
  turn.marks = marks;
  for (const auto& [name, entry] : entries)
    if (auto done = turn_of(name, entry, now, turn); !done) return done.error();
  note_gone(entries, turn.marks, now);
  turn.has_changed = turn.marks != marks;
  std::stable_sort(turn.due.begin(), turn.due.end(),
                   [](const auto& one, const auto& other) { return one.tick < other.tick; });
  return turn;
}

CronMarks marks_without(const CronTurn& turn, const CronMarks& before,
                        const std::set<std::size_t>& refused) {
  CronMarks marks = turn.marks;
  std::map<std::string, std::int64_t> came;
  std::set<std::string> held_up;
  for (std::size_t i = 0; i < turn.due.size(); ++i) {
    const auto& [name, tick] = turn.due[i];
    if (held_up.contains(name)) continue;
    const auto known = came.try_emplace(name, before.at(name).came_s).first;
    const auto tick_s = seconds_of(tick);
    if (!refused.contains(i)) {
      known->second = tick_s;
      continue;
    }
    held_up.insert(name);
    marks.at(name).last_s = tick_s - 1;
    marks.at(name).came_s = known->second;
  }
  return marks;
}

Result<std::optional<CronTick>> next_turn(const std::map<std::string, CronEntry>& entries,
                                          const CronMarks& marks) {
  std::optional<CronTick> first;
  for (const auto& [name, entry] : entries) {
    const auto mark = marks.find(name);
    if (mark == marks.end()) return std::optional(CronTick());
    const auto next = next_tick(entry, tick_at(mark->second.last_s));
    if (!next) return next.error();
    if (*next && (!first || **next < *first)) first = *next;
  }
  return first;
}

std::string tick_id(const std::string& application, const std::string& name, CronTick tick) {
  static const auto ours = boost::uuids::string_generator()(kNamespace);
  const auto text =
      application + "/" + name + "/" + std::to_string(tick.time_since_epoch().count());
  return boost::uuids::to_string(boost::uuids::name_generator_sha1(ours)(text));
}

std::string pause_order(const std::string& name, bool is_paused, CronTick at) {
  return nlohmann::json{{is_paused ? "pause" : "resume", name}, {"at", seconds_of(at)}}.dump();
}

std::string obey(const std::string& state, const std::string& order) {
  const auto json = nlohmann::json::parse(order, nullptr, false);
  if (!json.is_object()) return state;
  auto marks = read_marks(state);
  for (const auto& [verb, name] : json.items()) {
    if (!name.is_string() || (verb != "pause" && verb != "resume")) continue;
    CronMark& mark = marks[name.get<std::string>()];
    if (mark.is_paused && verb == "resume" && mark.last_s != 0)
      mark.resumed_s = std::max(mark.resumed_s, number_in(json, "at"));
    mark.is_paused = verb == "pause";
    if (mark.last_s == 0 && !mark.is_paused) marks.erase(name.get<std::string>());  // begins now
  }
  return to_text(marks);
}

}  // namespace actiond
