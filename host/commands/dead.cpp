// dead: looks at the dead letters, queues them again, or deletes them. What it has not settled when
// it ends, however that is, stays a dead letter.
#include <fmt/format.h>

#include <memory>

#include "answers/dead_readers.hpp"
#include "base/text.hpp"
#include "client/names.hpp"
#include "commands/command.hpp"
#include "commands/terminal/dead_text.hpp"
#include "commands/terminal/table.hpp"

namespace actiond {
namespace {

using nlohmann::json;

struct ListFlags {
  std::string event;
  int limit = 100;
};

std::string letters_are(std::size_t count) {
  return count == 1 ? "1 dead letter is" : fmt::format("{} dead letters are", count);
}

Result<void> check_id(const std::string& id) {
  if (!id.empty()) return {};
  return Error{"an id can't be empty: actiond dead list shows them"};
}

Result<int> list(const Common& common, const ListFlags& flags) {
  auto config = load(common);
  if (!config) return config.error();
  auto letters = reach_dead_letters(*config);
  if (!letters) return letters.error();
  const std::size_t total = (*letters)->count();
  DeadLister lister(flags.event, static_cast<std::size_t>(flags.limit));
  if (auto read = (*letters)->read(lister); !read) return read.error();
  const auto found = lister.finish(total);
  if (common.is_json)
    print_json(dead_list_json(found));
  else
    fmt::print("{}", dead_list_text(found));
  return kDone;
}

Result<int> show(const Common& common, const std::string& id) {
  auto config = load(common);
  if (!config) return config.error();
  const auto letter = find_dead_letter(*config, id);
  if (!letter) return letter.error();
  if (common.is_json)
    print_json(dead_letter_json(*letter));
  else
    fmt::print("{}", dead_letter_text(*letter));
  return kDone;
}

// Says which ids there are not; returns the exit status.
int tell_unknown(const std::vector<std::string>& ids) {
  for (const auto& id : ids) print_error(unknown_dead_letter(id));
  return ids.empty() ? kDone : kFailed;
}

int tell_malformed(const std::vector<std::string>& ids) {
  for (const auto& id : ids)
    print_error({fmt::format(
        "the dead letter {} can't be retried: it has no type, so it is not an event; it "
        "stays where it is",
        id.empty() ? "without an id" : printable(id))});
  return ids.empty() ? kDone : kFailed;
}

int tell_refused(const DeadRetry& retry) {
  if (retry.refused() == 0) return kDone;
  print_error({fmt::format("{} not queued again and left as before: {}",
                           letters_are(retry.refused()), retry.refusal())});
  return kFailed;
}

int tell_none(const DeadRetry& retry, const std::string& event) {
  if (event.empty() || retry.retried() + retry.refused() + retry.malformed().size() > 0)
    return kDone;
  print_error({fmt::format("no dead letter is of the event {}: actiond dead list shows them",
                           in_quotes(event))});
  return kFailed;
}

int tell(const DeadRetry& retry, const DeadSelection& selection, bool is_json) {
  if (is_json)
    print_json({{"retried", retry.retried()},
                {"refused", retry.refused()},
                {"malformed", retry.malformed()},
                {"unknown", retry.unknown_ids()}});
  else
    fmt::print("{} queued again\n", letters_are(retry.retried()));
  std::fflush(stdout);
  return std::max({tell_unknown(retry.unknown_ids()), tell_malformed(retry.malformed()),
                   tell_refused(retry), tell_none(retry, selection.event)});
}

Result<int> retry(const Common& common, const DeadSelection& selection) {
  const int ways = !selection.ids.empty() + !selection.event.empty() + selection.is_all;
  if (ways != 1) return refuse({"which dead letters? write their ids, or --event NAME, or --all"});
  auto config = load(common);
  if (!config) return config.error();
  auto letters = reach_dead_letters(*config);
  if (!letters) return letters.error();
  DeadRetry retry(*config, selection);
  if (auto read = (*letters)->read(retry); !read)
    return Error{fmt::format("{}; {} queued again before that", read.error().text,
                             letters_are(retry.retried()))};
  return tell(retry, selection, common.is_json);
}

Result<int> remove(const Common& common, const DeadSelection& selection) {
  auto config = load(common);
  if (!config) return config.error();
  auto letters = reach_dead_letters(*config);
  if (!letters) return letters.error();
  DeadDelete deletion(selection);
  if (auto read = (*letters)->read(deletion); !read) return read.error();
  const auto unknown = deletion.unknown_ids();
  if (common.is_json)
    print_json({{"deleted", deletion.deleted()}, {"unknown", unknown}});
  else
    fmt::print("{} deleted\n", letters_are(deletion.deleted()));
  std::fflush(stdout);
  return tell_unknown(unknown);
}

Result<int> purge(const Common& common) {
  auto config = load(common);
  if (!config) return config.error();
  auto letters = reach_dead_letters(*config);
  if (!letters) return letters.error();
  const auto deleted = (*letters)->purge();
  if (!deleted) return deleted.error();
  if (common.is_json)
    print_json({{"deleted", *deleted}});
  else
    fmt::print("{} deleted\n", letters_are(*deleted));
  return kDone;
}

CLI::Option* add_ids(CLI::App& verb, std::vector<std::string>& ids) {
  return checked(verb.add_option("id", ids, "their ids, from dead list"), check_id)
      ->type_name("ID");
}

void add_list(CLI::App& dead, Common& common) {
  auto flags = std::make_shared<ListFlags>();
  auto* verb = add_verb(dead, common, "list", "list the dead letters, oldest first",
                        "Example:  actiond dead list --event send_email --limit 20",
                        [&common, flags] { return list(common, *flags); });
  checked(verb->add_option("--event", flags->event, "only of this event"), action::check_event)
      ->type_name("NAME");
  in_range(verb->add_option("--limit", flags->limit, "show at most N (default: 100; 0: all)"), 0,
           1'000'000'000)
      ->type_name("N");
  add_json_option(*verb, common);
}

void add_show(CLI::App& dead, Common& common) {
  auto id = std::make_shared<std::string>();
  auto* verb = add_verb(dead, common, "show", "show one: the event and how it failed",
                        "Example:  actiond dead show 8ad2b53d-5b0c-4b7e-9a6f-0a4b8de1f6a3",
                        [&common, id] { return show(common, *id); });
  checked(verb->add_option("id", *id, "its id, from dead list"), check_id)
      ->required()
      ->type_name("ID");
  add_json_option(*verb, common);
}

void add_retry(CLI::App& dead, Common& common) {
  auto selection = std::make_shared<DeadSelection>();
  auto* verb = add_verb(dead, common, "retry", "queue them again, as if they had never failed",
                        "Example:  actiond dead retry 8ad2b53d-5b0c-4b7e-9a6f-0a4b8de1f6a3\n"
                        "          actiond dead retry --event send_email\n"
                        "Each returns to the queue that it came from. Those that die again "
                        "meanwhile stay dead letters.",
                        [&common, selection] { return retry(common, *selection); });
  add_ids(*verb, selection->ids);
  checked(verb->add_option("--event", selection->event, "all of this event"), action::check_event)
      ->type_name("NAME");
  verb->add_flag("--all", selection->is_all, "all of them");
  add_json_option(*verb, common);
}

void add_delete(CLI::App& dead, Common& common) {
  auto selection = std::make_shared<DeadSelection>();
  auto* verb = add_verb(dead, common, "delete", "delete the dead letters with these ids",
                        "Example:  actiond dead delete 8ad2b53d-5b0c-4b7e-9a6f-0a4b8de1f6a3",
                        [&common, selection] { return remove(common, *selection); });
  add_ids(*verb, selection->ids)->required();
  add_json_option(*verb, common);
}

void add_purge(CLI::App& dead, Common& common) {
  auto* verb = add_verb(dead, common, "purge", "delete all dead letters",
                        "Example:  actiond dead purge", [&common] { return purge(common); });
  add_json_option(*verb, common);
}

}  // namespace

void add_dead(CLI::App& app, Common& common) {
  CLI::App* dead =
      app.add_subcommand("dead", "the events that failed for good: list, show, retry, delete");
  dead->footer(
      "\nExample:  actiond dead list\n          actiond dead retry --event send_email\n"
      "actiond dead VERB --help shows the options of each.");
  dead->require_subcommand(1);
  add_common_options(*dead, common);
  add_list(*dead, common);
  add_show(*dead, common);
  add_retry(*dead, common);
  add_delete(*dead, common);
  add_purge(*dead, common);
}

}  // namespace actiond
