#include "broker/sql/keyed_stores.hpp"

#include <algorithm>
#include <iterator>

namespace actiond {
namespace {

using action::sql::NewEvent;
using action::sql::Trouble;

constexpr std::chrono::milliseconds kAgain{200};

bool has_no_key(const Orders::Stored& each) {
  return each.message.unique.key.empty();
}

}  // namespace

void KeyedStores::take_from(std::vector<Orders::Stored>& stored) {
  const auto keyed = std::stable_partition(stored.begin(), stored.end(), has_no_key);
  if (keyed == stored.end()) return;
  waiting_.insert(waiting_.end(), std::make_move_iterator(keyed),
                  std::make_move_iterator(stored.end()));
  stored.erase(keyed, stored.end());
  next_try_ = {};
}

MonotonicTime KeyedStores::next_try() const {
  return waiting_.empty() ? MonotonicTime::max() : next_try_;
}

Result<bool> KeyedStores::store(News& news) {
  const auto before = waiting_.size();
  auto& session = tables_.session();
  if (const auto set = session.execute(tables_.dialect().wait_for_no_lock); !set)
    return set.error();
  if (auto stored = store_all(news); !stored) return stored.error();
  if (const auto set = session.execute(tables_.dialect().wait_for_locks); !set) return set.error();
  next_try_ = monotonic_now() + kAgain;
  return waiting_.size() < before;
}

Result<void> KeyedStores::store_all(News& news) {
  for (auto each = waiting_.begin(); each != waiting_.end();) {
    const auto is_answered = store_one(*each, news);
    if (!is_answered) return is_answered.error();
    each = *is_answered ? waiting_.erase(each) : std::next(each);
  }
  return {};
}

Result<bool> KeyedStores::store_one(const Orders::Stored& each, News& news) {
  const NewEvent event{each.queue, &each.message, each.delay_ms};
  auto stored = tables_.attempt([&] { return tables_.insert({&event, 1}); });
  const auto trouble = tables_.session().trouble();
  if (!stored && trouble == Trouble::Lost) return stored.error();
  if (!stored && trouble == Trouble::Again) return false;
  news.confirmed.push_back({each.number, std::move(stored)});
  return true;
}

}  // namespace actiond
