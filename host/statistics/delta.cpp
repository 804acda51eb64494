#include "statistics/delta.hpp"

namespace actiond {
namespace {

constexpr std::string_view kMarkNames[] = {"swap", "refusal", "rollback", "crash"};

bool is_alike(const Mark& one, const Mark& other) {
  return std::tie(one.kind, one.poller, one.event, one.plugin, one.set_after) ==
         std::tie(other.kind, other.poller, other.event, other.plugin, other.set_after);
}

void forget_minutes(Delta& delta, std::int64_t minute) {
  std::map<CellKey, Cell> cells;
  for (const auto& [key, cell] : delta.cells) {
    CellKey now = key;
    now.minute = minute;
    cells[std::move(now)].add(cell);
  }
  delta.cells = std::move(cells);
}

}  // namespace

std::string_view name(MarkKind kind) {
  return kMarkNames[static_cast<int>(kind)];
}

void add_mark(std::vector<Mark>& marks, Mark mark) {
  if (marks.size() < kMostKeptMarks) return marks.push_back(std::move(mark));
  for (auto last = marks.rbegin(); last != marks.rend(); ++last) {
    if (!is_alike(*last, mark)) continue;
    last->count += mark.count;
    return;
  }
  // None is like it: the oldest makes room.
  marks.erase(marks.begin());
  marks.push_back(std::move(mark));
}

void Delta::add(Delta later) {
  for (auto& [key, cell] : later.cells) cells[key].add(cell);
  if (cells.size() > kMostKeptCells) forget_minutes(*this, cells.rbegin()->first.minute);
  for (auto& mark : later.marks) add_mark(marks, std::move(mark));
  reconnects += later.reconnects;
}

}  // namespace actiond
