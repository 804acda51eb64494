#include "broker/sqlite/owner.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <vector>

#include "base/clock.hpp"
#include "base/fd.hpp"

namespace actiond {
namespace {

using action::QueueFile;
using action::Statement;

struct flock byte_lock(std::int64_t id) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = id;
  lock.l_len = 1;
  return lock;
}

// Asked of another open file description than the one that holds its own.
bool is_alive(const action::Bell& bell, std::int64_t id) {
  struct flock lock = byte_lock(id);
  return ::fcntl(bell.fd(), F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

Result<std::vector<std::int64_t>> all_owners(QueueFile& file) {
  std::vector<std::int64_t> ids;
  Statement all(file.database(), "SELECT id FROM owners");
  for (all.with();;) {
    const auto row = all.step();
    if (!row) return row.error();
    if (!*row) return ids;
    ids.push_back(all.number(0));
  }
}

Result<void> give_back_all(QueueFile& file, std::int64_t id) {
  Statement events(file.database(),
                   "UPDATE events SET owner = NULL, is_redelivered = 1 WHERE owner = ?");
  if (auto given = events.run(id); !given) return given;
  return Statement(file.database(), "DELETE FROM owners WHERE id = ?").run(id);
}

}  // namespace

// The lock is there before others can see the row.
Result<Owner> Owner::enter(QueueFile& file, const std::string& name) {
  std::int64_t id = 0;
  const auto entered = file.transaction(QueueFile::Outlives::Kill, [&]() -> Result<void> {
    Statement add(file.database(), "INSERT INTO owners (name, pid, since_ms) VALUES (?, ?, ?)");
    if (auto added = add.run(name, std::int64_t{::getpid()}, wall_now_ms()); !added) return added;
    id = file.database().last_row();
    struct flock lock = byte_lock(id);
    if (::fcntl(file.bell().fd(), F_OFD_SETLK, &lock) == 0) return {};
    return errno_error("lock", file.bell().path());
  });
  if (!entered) return entered.error();
  return Owner(file, id);
}

Result<std::vector<std::int64_t>> Owner::dead() const {
  auto ids = all_owners(*file_);
  if (ids)
    std::erase_if(*ids, [this](auto id) { return id == id_ || is_alive(file_->bell(), id); });
  return ids;
}

Result<bool> Owner::bury_dead() {
  const auto ids = dead();
  if (!ids) return ids.error();
  if (ids->empty()) return false;
  const auto buried = file_->transaction(QueueFile::Outlives::Kill, [&]() -> Result<void> {
    for (const auto id : *ids)
      if (auto given = give_back_all(*file_, id); !given) return given;
    return {};
  });
  if (!buried) return buried.error();
  file_->bell().ring();
  return true;
}

Result<void> Owner::leave() {
  auto left =
      file_->transaction(QueueFile::Outlives::Kill, [this] { return give_back_all(*file_, id_); });
  if (left) file_->bell().ring();
  return left;
}

Result<int> living_owners(QueueFile& file) {
  const auto ids = all_owners(file);
  if (!ids) return ids.error();
  int living = 0;
  for (const auto id : *ids) living += is_alive(file.bell(), id);
  return living;
}

}  // namespace actiond
