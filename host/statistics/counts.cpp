#include "statistics/counts.hpp"

#include <functional>

namespace actiond {

std::size_t Counts::RowHash::operator()(const RowName& name) const {
  constexpr std::size_t kMix = 0x9e3779b97f4a7c15;
  const std::hash<std::string_view> hash;
  return (hash(name.event) * kMix + hash(name.queue)) * kMix + hash(name.plugin_set);
}

void Counts::count(const Ended& ended) {
  Tally& tally = tally_of(row_of(ended), ended.outcome);
  if (tally.cell.count++ == 0) changed_.push_back(&tally);
  if (ended.run.count() >= 0)
    tally.cell.run.add(std::chrono::duration_cast<std::chrono::microseconds>(ended.run));
  if (ended.wait.count() >= 0) tally.cell.wait.add(ended.wait);
}

Counts::Row& Counts::row_of(const Ended& ended) {
  const auto is_of = [&](const CellKey& key) {
    return key.event == ended.event && key.queue == ended.queue &&
           key.plugin_set == ended.plugin_set;
  };
  if (last_ != nullptr && is_of(last_->key)) return *last_;
  const auto event = events_.label(ended.event, ended.outcome != OutcomeLabel::Unknown);
  const RowName name{event, ended.queue, ended.plugin_set};
  if (const auto known = rows_.find(name); known != rows_.end())
    return *(last_ = known->second.get());
  auto row = std::make_unique<Row>();
  row->key.event = event;
  row->key.queue = ended.queue;
  row->key.plugin_set = ended.plugin_set;
  const auto& key = row->key;
  last_ = row.get();
  rows_.emplace(RowName{key.event, key.queue, key.plugin_set}, std::move(row));
  return *last_;
}

Counts::Tally& Counts::tally_of(Row& row, OutcomeLabel outcome) {
  auto& tally = row.tallies[static_cast<int>(outcome)];
  if (!tally) {
    tally = std::make_unique<Tally>(Tally{&row.key, outcome, {}});
    if (++tallies_ > changed_.capacity()) changed_.reserve(2 * tallies_);  // not while it counts
  }
  return *tally;
}

void Counts::take(std::int64_t minute, Delta& delta) {
  for (Tally* const tally : changed_) {
    CellKey key = *tally->row;
    key.minute = minute;
    key.outcome = tally->outcome;
    delta.cells[std::move(key)].add(tally->cell);
    tally->cell = {};
  }
  changed_.clear();
}

}  // namespace actiond
