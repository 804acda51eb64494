// enqueue: events into the broker, one from the command line or many from standard input. An id is
// printed only once the broker has confirmed the event.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>

#include "answers/queue_choice.hpp"
#include "base/clock.hpp"
#include "base/duration.hpp"
#include "base/json_object.hpp"
#include "base/rfc3339.hpp"
#include "base/text.hpp"
#include "broker/target.hpp"
#include "client/delay_trip.hpp"
#include "client/event_id.hpp"
#include "client/names.hpp"
#include "client/sender.hpp"
#include "client/trace.hpp"
#include "client/unique.hpp"
#include "commands/command.hpp"
#include "commands/terminal/line_reader.hpp"
#include "commands/terminal/params.hpp"
#include "commands/terminal/table.hpp"
#include "wire/frame.hpp"

namespace actiond {
namespace {

constexpr std::size_t kBatch = 1000;  // events that are on their way at the same time
constexpr std::chrono::seconds kTimeout{10};

struct EnqueueFlags {
  std::string event;
  std::vector<std::string> words;
  std::string queue;
  std::string in, at, expires;
  std::string unique, unique_for;
};

// In no time at all nothing could run, and no key be had.
Result<std::chrono::milliseconds> parse_some_time(std::string_view text) {
  auto time = parse_duration(text);
  if (time && time->count() == 0)
    return Error{fmt::format("{} is no time: write 10m, or leave it out", in_quotes(text))};
  return time;
}

// When events are to run. Of many, each waits from when it is queued.
struct When {
  std::optional<std::chrono::milliseconds> in;
  std::optional<std::int64_t> at_ms;
  std::chrono::milliseconds expires{0};  // so long after that; 0: never
  std::string unique;                    // a key; empty: none
  std::chrono::milliseconds unique_for{0};

  // {}: now
  action::DueTime due_at(action::WallTime now) const {
    if (in && in->count() > 0) return action::due_at(*in, now);
    const action::DueTime at(std::chrono::milliseconds(at_ms.value_or(0)));
    return action::wait_for(at, now).count() > 0 ? at : action::DueTime();
  }
};

class Enqueue {
 public:
  Enqueue(action::Link::Target target, std::string event, std::string queue, When when,
          bool is_json)
      : sender_(std::move(target), kBatch, kTimeout),
        event_(std::move(event)),
        queue_(std::move(queue)),
        when_(std::move(when)),
        is_json_(is_json) {}

  Result<int> one(std::string params) {
    auto event = make(std::move(params));
    const Sent sent = sent_of(event);
    if (auto queued = sender_.queue(std::move(event)); !queued) {
      if (queued.error().fault == action::Fault::Duplicate) {
        print_unneeded(queued.error());
        return kDone;
      }
      return queued.error().within(fmt::format("can't queue '{}'", event_));
    }
    print(sent);
    return kDone;
  }

  // One JSON object of params a line. Ends at the first line that is none.
  Result<int> many(LineReader& lines) {
    for (std::uint64_t number = 1;; ++number) {
      if (sent_.size() >= kBatch || !lines.is_ready())
        if (auto confirmed = confirm(); !confirmed) return confirmed.error();
      auto line = lines.next();
      if (!line) return end(line.error());
      if (!*line) {
        if (auto confirmed = confirm(); !confirmed) return confirmed.error();
        return kDone;
      }
      if (auto taken = take(**line, number); !taken) return taken.error();
    }
  }

 private:
  struct Sent {
    std::string id;
    action::DueTime due_at;
    std::int64_t expires_at_ms;
    std::uint64_t line = 0;
  };
  static Sent sent_of(const action::Outgoing& event) {
    return {event.message.id, event.due_at, event.message.trail.expires_at_ms, 0};
  }

  action::Outgoing make(std::string params) const {
    action::Outgoing event;
    event.queue = queue_;
    event.message.event = event_;
    event.message.id = action::new_event_id();
    event.message.body = std::move(params);
    const auto now = std::chrono::system_clock::now();
    event.message.enqueued_at_s = std::chrono::system_clock::to_time_t(now);
    event.message.trail.queued_at_ms =
        std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count();
    event.message.sender = "actiond";
    (void)action::join_trace(event.message, {}, {}).ok();  // the environment's, if it has one
    event.due_at = when_.due_at(now);
    event.message.trail.expires_at_ms =
        action::expires_at_ms(when_.expires, std::max<action::WallTime>(now, event.due_at));
    (void)action::make_unique(event.message, when_.unique, when_.unique_for,
                              std::max<action::WallTime>(now, event.due_at))
        .ok();  // checked while the command line was parsed
    return event;
  }

  Result<void> take(const std::string& line, std::uint64_t number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) return {};
    if (!is_json_object(line))
      return end(Error{
          fmt::format("line {}: {} is not a JSON object of params", number, in_quotes(line))});
    auto event = make(line);
    Sent sent = sent_of(event);
    sent.line = number;
    if (auto posted = sender_.post(std::move(event)); !posted)
      return end(posted.error().within(fmt::format("line {}: can't queue '{}'", number, event_)));
    sent_.push_back(std::move(sent));
    return {};
  }

  // Says how far it came, once that is known.
  Error end(Error why) {
    if (auto confirmed = confirm(); !confirmed) return confirmed.error();
    return {fmt::format("{}; {}", why.text, how_far())};
  }

  std::string how_far() const {
    return fmt::format("{} event{} queued before it, none after it", queued_,
                       queued_ == 1 ? " was" : "s were");
  }

  // One with its key is there: its id is printed.
  void print_unneeded(const Error& why) const {
    if (!is_json_) {
      fmt::print("{}\n", why.id);
      std::fflush(stdout);
      return print_error({"not queued: " + printable(why.text)});
    }
    const nlohmann::json line{
        {"id", why.id}, {"event", event_}, {"queue", queue_}, {"queued", false}, {"why", why.text}};
    fmt::print("{}\n", line.dump());
  }

  // Waits until the broker has taken all that was sent, and prints their ids in order.
  Result<void> confirm() {
    if (sent_.empty()) return {};
    const auto loss = sender_.flush();
    std::map<std::string, Error> unneeded;
    for (auto& each : sender_.take_unneeded()) unneeded.emplace(each.id, std::move(each.why));
    std::vector<std::uint64_t> lines;  // of what is lost
    const auto last = sent_.back().line;
    for (const auto& sent : std::exchange(sent_, {})) {
      if (const auto there = unneeded.find(sent.id); there != unneeded.end()) {
        print_unneeded(there->second);
        continue;
      }
      if (loss && std::find(loss->ids.begin(), loss->ids.end(), sent.id) != loss->ids.end()) {
        lines.push_back(sent.line);
        continue;
      }
      print(sent);
      ++queued_;
    }
    std::fflush(stdout);
    if (!loss) return {};
    if (loss->is_lasting)
      return Error{fmt::format("can't queue line {}: {}; all other lines up to {} were queued",
                               fmt::join(lines, ", "), loss->why, last)};
    return Error{fmt::format(
        "{} of the events may or may not be queued: {}; {} were queued: their ids are printed",
        loss->ids.size(), loss->why, queued_)};
  }

  void print(const Sent& sent) const {
    if (!is_json_) return fmt::print("{}\n", sent.id);
    nlohmann::json line{{"id", sent.id}, {"event", event_}, {"queue", queue_}, {"queued", true}};
    if (sent.due_at > action::DueTime())
      line["due_at"] = format_rfc3339(action::in_whole_ms(sent.due_at));
    if (sent.expires_at_ms > 0) line["expires_at"] = format_rfc3339(sent.expires_at_ms);
    fmt::print("{}\n", line.dump());
  }

  action::Sender sender_;
  std::string event_, queue_;
  When when_;
  bool is_json_;
  std::vector<Sent> sent_;  // and not yet printed
  std::uint64_t queued_ = 0;
};

// Both were checked while the command line was parsed.
When when_of(const EnqueueFlags& flags) {
  When when;
  if (!flags.in.empty()) when.in = *parse_duration(flags.in);
  if (!flags.at.empty()) when.at_ms = *parse_rfc3339(flags.at);
  if (!flags.expires.empty()) when.expires = *parse_duration(flags.expires);
  when.unique = flags.unique;
  if (!flags.unique_for.empty()) when.unique_for = *parse_duration(flags.unique_for);
  return when;
}

Result<int> enqueue(const Common& common, const EnqueueFlags& flags) {
  const bool is_bulk = flags.words == std::vector<std::string>{"-"};
  auto params = is_bulk ? Result<std::string>("") : params_of(flags.words);
  if (!params) return refuse(params.error());
  auto config = load(common);
  if (!config) return config.error();
  auto queue = choose_queue(*config, flags.event, flags.queue);
  if (!queue) return queue.error();
  auto target = target_of(*config, process_name());
  if (!target) return target.error();
  Enqueue enqueue(std::move(*target), flags.event, std::move(*queue), when_of(flags),
                  common.is_json);
  if (!is_bulk) return enqueue.one(std::move(*params));
  LineReader lines(STDIN_FILENO, kMaxParamsBytes);
  return enqueue.many(lines);
}

}  // namespace

void add_enqueue(CLI::App& app, Common& common) {
  auto flags = std::make_shared<EnqueueFlags>();
  auto* verb = add_verb(
      app, common, "enqueue", "queue an event and print its id",
      "Example:  actiond enqueue send_email to=ann@example.com --queue high\n"
      "          actiond enqueue send_email '{\"to\": \"ann@example.com\", \"n\": 3}' --in 10m\n"
      "          actiond enqueue send_email to=ann@example.com --at '2026-12-24 18:00'\n"
      "          actiond enqueue send_email - < params.jsonl      (a JSON object a line)\n"
      "In key=value a value that is JSON is read as JSON (n=3 is a number), any other as text.",
      [&common, flags] { return enqueue(common, *flags); });
  checked(verb->add_option("event", flags->event, "the event's name, as in send_email"),
          action::check_event)
      ->required()
      ->type_name("EVENT");
  verb->add_option("params", flags->words, "a JSON object, or key=value..., or - for many")
      ->type_name("PARAMS");
  verb->add_option("--queue", flags->queue,
                   "the queue (default: as events: in the configuration says)")
      ->type_name("QUEUE");
  auto* in = checked(verb->add_option("--in", flags->in, "run it after this time"), parse_duration)
                 ->type_name("10m");
  checked(verb->add_option("--at", flags->at, "run it at this time: local, or with Z or +01:00"),
          parse_rfc3339)
      ->type_name("TIME")
      ->excludes(in);
  checked(verb->add_option("--expires", flags->expires,
                           "don't run it if it has not begun so long after it was to run"),
          parse_some_time)
      ->type_name("10m");
  auto* unique = checked(verb->add_option("--unique", flags->unique,
                                          "don't queue it while one with this key waits or runs"),
                         action::check_unique_key)
                     ->type_name("KEY");
  checked(verb->add_option("--unique-for", flags->unique_for, "for so long at most"),
          parse_some_time)
      ->type_name("1h")
      ->needs(unique);
  add_json_option(*verb, common);
}

}  // namespace actiond
