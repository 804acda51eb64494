#include "client/memcached/rings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "client/topology.hpp"
#include "client/unique.hpp"

namespace action::memcached {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kStoredTogether = 64;
constexpr std::size_t kReadTogether = 32;  // of up to 1 MB each
constexpr std::size_t kRoomInItem = 1024;  // for its header and key
constexpr int kMostTries = 5;
constexpr milliseconds kSlow = kHoleAge / 2;  // a producer this slow may have been passed over

std::uint64_t statistic(const Reply& reply, std::string_view name) {
  for (const auto& item : reply.items)
    if (item.key == name) return std::strtoull(item.value.c_str(), nullptr, 10);
  return 0;
}

std::uint64_t number_in(const Item& item) {
  return std::strtoull(item.value.c_str(), nullptr, 10);
}

}  // namespace

std::int64_t now_ms() {
  return now_for_delays_ms();
}

std::int64_t due_ms(std::int64_t delay_ms, WallTime now) {
  if (delay_ms > 0) return due_at_ms(milliseconds(delay_ms), now);
  return std::chrono::floor<milliseconds>(now.time_since_epoch()).count();
}

Result<std::unique_ptr<Rings>> Rings::open(const std::string& address,
                                           const std::string& application, milliseconds timeout,
                                           milliseconds patience) {
  const auto server = parse_memcached_address(address);
  if (!server) return server.error();
  auto connection = Connection::open(*server, timeout, patience);
  if (!connection) return connection.error();
  std::unique_ptr<Rings> rings(new Rings(std::move(*connection), application));
  if (auto begun = rings->begin(); !begun) return begun.error();
  return rings;
}

Result<void> Rings::begin() {
  const auto born = application_ + ".born";
  const auto mine = fmt::format("{}-{}", now_ms(), reinterpret_cast<std::uintptr_t>(this));
  const Command commands[] = {add(born, mine), get(born), add(owners_key(), "0"),
                              statistics("settings")};
  const auto replies = connection_.run(commands);
  if (!replies) return replies.error();
  const auto& found = (*replies)[1].items;
  if (found.empty())
    return Error{
        fmt::format("{} stores nothing ({}): give it more memory", shown(), replies->front().line)};
  born_ = found.front().value;
  most_bytes_ = statistic((*replies)[3], "item_size_max") - kRoomInItem;
  bell_ = std::make_unique<NamedBell>("memcached/" + born_);
  return {};
}

std::string Rings::key(const std::string& queue, std::string_view what) const {
  return fmt::format("{}.{}.{}", application_, queue, what);
}

std::string Rings::event_key(const std::string& queue, std::uint64_t slot) const {
  return fmt::format("{}.{}.e.{}", application_, queue, slot);
}

std::string Rings::claim_key(const std::string& queue, std::uint64_t slot) const {
  return fmt::format("{}.{}.c.{}", application_, queue, slot);
}

std::string Rings::owner_key(std::string_view id) const {
  return fmt::format("{}.o.{}", application_, id);
}

Result<bool> Rings::has_queue(const std::string& queue) {
  if (queues_.contains(queue)) return true;
  const auto reply = connection_.run(get(key(queue, "tail")));
  if (!reply) return reply.error();
  if (!reply->items.empty()) queues_.insert(queue);
  return !reply->items.empty();
}

Result<void> Rings::add_queue(const std::string& queue) {
  const auto found = has_queue(queue);
  if (!found) return found.error();
  if (*found) return {};
  const Command commands[] = {add(key(queue, "head"), "1"), add(key(queue, "done"), "0"),
                              add(key(queue, "failed"), "0"), add(key(queue, "tail"), "0")};
  const auto replies = connection_.run(commands);
  if (!replies) return replies.error();
  for (const auto& reply : *replies)
    if (reply.is_refused())
      return Error{
          fmt::format("{} has no room for the queue '{}': {}", shown(), queue, reply.line)};
  queues_.insert(queue);
  return {};
}

Error Rings::not_stored(const NewSlot& event) const {
  return event.message->unique.key.empty() ? no_such_queue(event.queue) : knows_no_keys(shown());
}

Error Rings::no_such_queue(const std::string& queue) const {
  return {
      fmt::format("{} has no queue '{}' of the application {}: correct its name, or add it to "
                  "queues: in the configuration",
                  shown(), queue, application_)};
}

Result<std::vector<Result<void>>> Rings::put(std::span<const NewSlot> events) {
  std::vector<Result<void>> results;
  while (!events.empty()) {
    const auto some = events.first(std::min(events.size(), kStoredTogether));
    auto stored = store(some, results);
    for (int tries = 1; stored && !*stored && tries < kMostTries; ++tries)
      stored = store(some, results);
    if (!stored) return stored.error();
    if (!*stored)
      return Error{fmt::format("{} takes over {} ms for a few events", shown(), kSlow.count())};
    events = events.subspan(some.size());
  }
  return results;
}

// One number for each, those of a queue in a row. 0: it has no queue.
Result<void> Rings::give_numbers(std::span<const NewSlot> events,
                                 std::vector<std::uint64_t>& slots) {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& event : events)
    if (event.message->unique.key.empty()) ++counts[event.queue];
  std::vector<Command> commands;
  for (const auto& [queue, count] : counts)
    commands.push_back(increment(key(queue, "tail"), count));
  const auto replies = connection_.run(commands);
  if (!replies) return replies.error();
  std::size_t i = 0;
  for (auto& [queue, next] : counts) {
    const auto last = (*replies)[i++].number();
    next = last ? *last - next + 1 : 0;
  }
  for (const auto& event : events) {
    if (!event.message->unique.key.empty()) {
      slots.push_back(0);
      continue;
    }
    auto& next = counts[event.queue];
    slots.push_back(next == 0 ? 0 : next++);
  }
  return {};
}

void Rings::add_commands(std::span<const NewSlot> events, std::span<const std::uint64_t> slots,
                         std::vector<Command>& commands) const {
  const auto now = std::chrono::system_clock::now();
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (slots[i] == 0) continue;
    const auto due = due_ms(events[i].delay_ms, now);
    commands.push_back(
        set(event_key(events[i].queue, slots[i]), encode_slot(due, *events[i].message)));
  }
  for (std::size_t i = 0; i < events.size(); ++i)
    if (events[i].queue == kDead && slots[i] > kDeadRing)
      commands.push_back(remove(event_key(kDead, slots[i] - kDeadRing)));
}

// Whoever passes over an empty slot moves the head first, and then looks into it once more.
Result<bool> Rings::is_passed(std::span<const NewSlot> events,
                              std::span<const std::uint64_t> slots) {
  std::vector<std::string> queues;
  for (const auto& event : events) queues.push_back(event.queue);
  const auto all = ends(queues);
  if (!all) return all.error();
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (slots[i] != 0 && (*all)[i].head > slots[i]) return true;
  return false;
}

Result<bool> Rings::store(std::span<const NewSlot> events, std::vector<Result<void>>& results) {
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::uint64_t> slots;
  if (auto given = give_numbers(events, slots); !given) return given.error();
  std::vector<Command> commands;
  add_commands(events, slots, commands);
  const auto replies = connection_.run(commands);
  if (!replies) return replies.error();
  if (std::chrono::steady_clock::now() - begin > kSlow) {
    const auto passed = is_passed(events, slots);
    if (!passed) return passed.error();
    if (*passed) return false;
  }
  std::size_t next = 0;
  for (std::size_t i = 0; i < events.size(); ++i)
    results.push_back(slots[i] == 0 ? not_stored(events[i]) : taken((*replies)[next++], events[i]));
  return true;
}

Result<void> Rings::taken(const Reply& reply, const NewSlot& event) const {
  if (reply.is("STORED")) return {};
  if (reply.line.find("too large") != std::string::npos || event.message->body.size() > most_bytes_)
    return Error{fmt::format("the event has {} bytes, and {} takes up to {}: make it smaller, or "
                             "start memcached with a larger -I",
                             event.message->body.size(), shown(), most_bytes_),
                 Fault::Lasting};
  return Error{fmt::format("{} takes no event: {}", shown(), reply.line)};
}

Result<std::vector<Rings::Ends>> Rings::ends(std::span<const std::string> queues) {
  std::vector<Command> commands;
  for (const auto& queue : queues)
    commands.push_back(get(std::vector{key(queue, "head"), key(queue, "tail")}));
  const auto replies = connection_.run(commands);
  if (!replies) return replies.error();
  std::vector<Ends> all;
  for (const auto& reply : *replies) {
    auto& ends = all.emplace_back();
    if (reply.items.size() != 2) continue;
    ends = {number_in(reply.items[0]), number_in(reply.items[1]), reply.items[0].version};
  }
  return all;
}

Result<std::vector<Rings::Found>> Rings::read(const std::string& queue,
                                              std::span<const std::uint64_t> slots) {
  std::vector<Found> all;
  while (!slots.empty()) {
    std::vector<std::string> keys;
    for (const auto slot : slots.first(std::min(slots.size(), kReadTogether)))
      keys.push_back(event_key(queue, slot));
    const auto reply = connection_.run(get(keys));
    if (!reply) return reply.error();
    for (const auto& item : reply->items) {
      const auto number = item.key.substr(item.key.rfind('.') + 1);
      auto slot = decode_slot(item.value);
      if (slot) all.push_back({std::strtoull(number.c_str(), nullptr, 10), std::move(*slot)});
    }
    slots = slots.subspan(keys.size());
  }
  return all;
}

Result<std::vector<std::uint64_t>> Rings::dead_slots() {
  const std::string dead = kDead;
  const auto found = ends(std::span(&dead, 1));
  if (!found) return found.error();
  const auto tail = found->front().tail;
  std::vector<std::uint64_t> slots;
  for (auto slot = tail > kDeadRing ? tail - kDeadRing + 1 : 1; slot <= tail; ++slot)
    slots.push_back(slot);
  return slots;
}

void Rings::finish(const std::string& queue, std::uint64_t slot,
                   std::vector<Command>& commands) const {
  commands.push_back(remove(event_key(queue, slot)));
  commands.push_back(remove(claim_key(queue, slot)));
}

Result<std::vector<std::string>> Rings::warnings() {
  const auto settings = connection_.run(statistics("settings"));
  if (!settings) return settings.error();
  std::vector<std::string> all;
  for (const auto& item : settings->items)
    if (item.key == "evictions" && item.value == "on")
      all.push_back(
          fmt::format("{} drops events when its memory is full: start it with -M, so that it "
                      "refuses them instead",
                      shown()));
  return all;
}

Result<std::uint64_t> Rings::evictions() {
  const auto found = connection_.run(statistics());
  if (!found) return found.error();
  return statistic(*found, "evictions");
}

}  // namespace action::memcached
