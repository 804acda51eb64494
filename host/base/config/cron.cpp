#include "base/config/cron.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/config/scalar.hpp"
#include "base/text.hpp"
#include "client/names.hpp"

namespace actiond {
namespace {

constexpr std::string_view kZones = "/usr/share/zoneinfo/";
constexpr std::chrono::milliseconds kShortest{1000};

// As tzdata names it, which is the path of a file: nothing that leads out of there.
bool is_zone(const std::string& zone) {
  const bool is_path = !zone.empty() && zone[0] != '/' && zone.find("..") == std::string::npos;
  std::error_code error;
  return is_path && std::filesystem::is_regular_file(std::string(kZones) + zone, error);
}

void read_zone(const Section& section, CronEntry& entry) {
  section.read_text("zone", entry.zone);
  const Tree* const value = section.find("zone");
  if (value != nullptr && is_plain_text(*value) && !is_zone(entry.zone))
    section.refuse("zone", *value, "must be a time zone that tzdata knows, as in Europe/Berlin");
}

void read_at(const Section& section, CronEntry& entry) {
  section.read_text("at", entry.text);
  const Tree* const value = section.find("at");
  if (value == nullptr || !is_plain_text(*value)) return;
  auto at = parse_cron(entry.text);
  if (at) entry.at = *at;
  if (!at)
    section.problems().add(value->place,
                           fmt::format("{}: {}", in_quotes(section.path("at")), at.error().text));
}

void read_every(const Section& section, CronEntry& entry) {
  section.read_duration("every", kShortest, entry.every);
  const Tree* const value = section.find("every");
  if (value == nullptr || entry.every.count() == 0) return;
  entry.text = "every " + value->text;
  if (entry.every.count() % 1000 != 0) section.refuse("every", *value, "must be whole seconds");
}

void read_params(const Section& section, CronEntry& entry) {
  const Tree* const value = section.find("params");
  if (value == nullptr || value->kind == Tree::Kind::Null) return;
  if (value->kind != Tree::Kind::Map)
    return section.refuse("params", *value, "must be a mapping, as in {to: ann@example.com}");
  entry.params = to_json(*value).dump();
}

void read_cron_event(const Section& section, CronEntry& entry, Place place) {
  section.read_text("event", entry.event);
  const Tree* const value = section.find("event");
  if (value == nullptr)
    return section.problems().add(place,
                                  fmt::format("{} is missing: it names the event to be queued",
                                              in_quotes(section.path("event"))));
  if (!is_plain_text(*value)) return;
  if (const auto named = action::check_event(entry.event); !named)
    section.problems().add(value->place, named.error().text);
}

void check_cron_queue(const Section& section, const CronEntry& entry, const Config& config) {
  const auto& queues = config.queues;
  const Tree* const value = section.find("queue");
  if (value == nullptr || std::find(queues.begin(), queues.end(), entry.queue) != queues.end())
    return;
  section.problems().add(
      value->place,
      fmt::format("{} names {}, which is not in 'queues': {}", in_quotes(section.path("queue")),
                  in_quotes(entry.queue), suggestion(entry.queue, queues)));
}

CronEntry read_cron_entry(const Section& section, const std::string& path, Place place,
                          const Config& config) {
  CronEntry entry;
  read_at(section, entry);
  read_every(section, entry);
  const bool has_at = section.find("at") != nullptr, has_every = section.find("every") != nullptr;
  if (has_at == has_every)
    section.problems().add(place, fmt::format("{} must have one of at and every, as in "
                                              "{{at: \"30 4 * * *\", event: report}}",
                                              in_quotes(path)));
  read_zone(section, entry);
  read_cron_event(section, entry, place);
  section.read_text("queue", entry.queue);
  check_cron_queue(section, entry, config);
  read_params(section, entry);
  section.read_choice<Missed>(
      "missed", {{"none", Missed::None}, {"one", Missed::One}, {"all", Missed::All}}, entry.missed);
  return entry;
}

}  // namespace

void read_cron(const Section& root, Config& config) {
  const Tree* const cron = root.find("cron");
  if (cron == nullptr || cron->kind != Tree::Kind::Map) return;
  const Section section = root.section("cron");
  for (const TreeEntry& entry : cron->entries) {
    if (!action::is_name(entry.key))
      section.problems().add(entry.place,
                             fmt::format("{} can't be the name of a recurring event: use up to 100 "
                                         "letters, digits, _ and -",
                                         in_quotes(section.path(entry.key))));
    config.cron[entry.key] =
        read_cron_entry(section.section(entry.key), section.path(entry.key), entry.place, config);
  }
}

}  // namespace actiond
