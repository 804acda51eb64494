// migrate: all that waits in one broker, to another one. An event is removed only once the other
// broker has confirmed it, so a migration that is killed is begun again, and may at worst have
// moved some events twice.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "broker/backlog.hpp"
#include "broker/target.hpp"
#include "client/delay_trip.hpp"
#include "client/sender.hpp"
#include "client/sqlite/address.hpp"
#include "commands/command.hpp"
#include "commands/terminal/counted.hpp"

namespace actiond {
namespace {

// In hand at once: some hosted brokers end a channel that holds 1,000.
constexpr std::size_t kMigrateBatch = 500;
constexpr std::chrono::seconds kMigrateTimeout{10};
constexpr std::size_t kMostNamed = 3;

struct MigrateFlags {
  std::string from, to;
};

struct Moved {
  std::size_t events = 0, later = 0, dead = 0;  // later: of the events
  std::vector<std::string> refused;             // ids of those that can't be moved
  std::string why;                              // one of them can't
};

// On the command line a file is meant from where one is.
Result<std::string> address(const std::string& text) {
  if (text.empty()) return text;
  action::Link::Target target;
  if (auto read = action::read_addresses(text, target); !read) return read.error();
  if (target.queue_file.empty()) return text;
  return "sqlite:" + std::filesystem::absolute(target.queue_file).lexically_normal().native();
}

// Without an address it is the configuration's broker, whose password then stands in no `ps`.
Config with_broker(const Config& config, const std::string& broker) {
  Config other = config;
  if (broker.empty()) return other;
  other.brokers = {broker};
  if (action::is_queue_file(broker)) other.queue_type = QueueType::Classic;
  return other;
}

class Migration {
 public:
  Migration(std::unique_ptr<Backlog> from, action::Link::Target to)
      : from_(std::move(from)), sender_(std::move(to), kMigrateBatch, kMigrateTimeout) {}

  Result<Moved> run() {
    for (;;) {
      auto batch = from_->take(kMigrateBatch);
      if (!batch) return batch.error();
      if (batch->empty()) break;
      if (auto moved = move(*batch); !moved) return moved.error();
    }
    if (auto closed = from_->close(); !closed) return closed.error();
    return moved_;
  }

  std::size_t moved() const { return moved_.events + moved_.dead; }

 private:
  // Those before one that is refused may be stored, and are moved then. Several may have the same
  // id: then none of them counts as stored.
  Result<void> move(std::vector<Waiting>& batch) {
    auto posted = post(batch);
    const auto loss = sender_.flush();
    if (loss)
      std::erase_if(batch, [&loss](const Waiting& each) {
        return std::find(loss->ids.begin(), loss->ids.end(), each.message.id) != loss->ids.end();
      });
    if (auto removed = from_->remove(batch); !removed) return removed;
    for (const auto& each : batch) count(each);
    if (loss && !loss->is_lasting) return Error{loss->why};
    if (loss) refuse(loss->ids, loss->why);
    return posted;
  }

  // Keeps those in the batch that are sent. One that is never taken keeps back no others.
  Result<void> post(std::vector<Waiting>& batch) {
    std::vector<Waiting> sent;
    Result<void> posted;
    for (auto& each : batch) {
      posted = sender_.post(
          {each.queue, each.message, action::DueTime(std::chrono::milliseconds(each.due_at_ms))});
      if (posted) {
        sent.push_back(std::move(each));
        continue;
      }
      if (posted.error().fault != action::Fault::Lasting) break;
      refuse({each.message.id}, posted.error().text);
      posted = {};
    }
    batch = std::move(sent);
    return posted;
  }

  void refuse(const std::vector<std::string>& ids, const std::string& why) {
    moved_.refused.insert(moved_.refused.end(), ids.begin(), ids.end());
    moved_.why = why;
  }

  void count(const Waiting& each) {
    if (each.queue == action::kDead) {
      ++moved_.dead;
      return;
    }
    ++moved_.events;
    moved_.later += each.due_at_ms > 0;
  }

  std::unique_ptr<Backlog> from_;
  action::Sender sender_;
  Moved moved_;
};

Error refused(const Moved& moved) {
  const auto count = moved.refused.size(), named = std::min(count, kMostNamed);
  const auto end = moved.refused.begin() + static_cast<long>(named);
  return {fmt::format(
      "the other broker does not take {}, which stay{} where {}: {}{}: {}; raise its limit and "
      "migrate again",
      counted(count, "event"), count == 1 ? "s" : "", count == 1 ? "it was" : "they were",
      fmt::join(moved.refused.begin(), end, ", "),
      count > named ? fmt::format(" and {} more", count - named) : "", moved.why)};
}

Result<int> tell(const Moved& moved, bool is_json) {
  if (is_json)
    print_json({{"events", moved.events}, {"later", moved.later}, {"dead", moved.dead}});
  else
    fmt::print("{} moved, {} of them not due yet, and {}\n", counted(moved.events, "event"),
               moved.later, counted(moved.dead, "dead letter"));
  if (!moved.refused.empty()) return refused(moved);
  return kDone;
}

Result<int> migrate(const Common& common, const MigrateFlags& flags) {
  const auto from = address(flags.from), to = address(flags.to);
  if (*from == *to) return refuse({"--from and --to are the same broker: name two"});
  auto config = load(common);
  if (!config) return config.error();
  auto target = target_of(with_broker(*config, *to), process_name());
  if (!target) return target.error();
  const auto source = target_of(with_broker(*config, *from), process_name());
  if (!source) return source.error();
  const auto is_same = is_same_backlog(*source, *target, kMigrateTimeout);
  if (!is_same) return is_same.error();
  if (*is_same) return refuse({"--from and --to are the same broker: name two"});
  auto backlog = open_backlog(with_broker(*config, *from), process_name(), kMigrateTimeout);
  if (!backlog) return backlog.error();
  Migration migration(std::move(*backlog), std::move(*target));
  const auto moved = migration.run();
  if (moved) return tell(*moved, common.is_json);
  return Error{
      fmt::format("{}; {} moved before that; the rest is where it was, so migrate "
                  "again",
                  moved.error().text, counted(migration.moved(), "event"))};
}

}  // namespace

void add_migrate(CLI::App& app, Common& common) {
  auto flags = std::make_shared<MigrateFlags>();
  auto* verb = add_verb(
      app, common, "migrate", "move everything that waits from one broker to another",
      "Example:  actiond migrate --from sqlite:queue.db --to "
      "amqp://guest:guest@127.0.0.1:5672/%2f\n"
      "          actiond migrate --from sqlite:queue.db      (to the configuration's broker)\n"
      "Application and queues are the configuration's. Stop the pollers first: what they have in\n"
      "hand stays. Waiting events, later events and dead letters are moved.",
      [&common, flags] { return migrate(common, *flags); });
  checked(verb->add_option("--from", flags->from, "move from this broker, or sqlite:FILE"), address)
      ->type_name("URL");
  checked(verb->add_option("--to", flags->to, "move to this one"), address)->type_name("URL");
  add_json_option(*verb, common);
}

}  // namespace actiond
