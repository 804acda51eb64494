#include "broker/sqlite/sqlite_lease.hpp"

#include "client/sqlite/queue_file.hpp"

namespace actiond {
namespace {

using action::QueueFile;
using action::Statement;

// A file of before has none.
constexpr char kMakeLease[] =
    "CREATE TABLE IF NOT EXISTS leases (application TEXT PRIMARY KEY, state TEXT NOT NULL)";

class SqliteLease : public Lease {
 public:
  SqliteLease(std::unique_ptr<QueueFile> file, std::string application, Obey obey)
      : file_(std::move(file)),
        application_(std::move(application)),
        obey_(std::move(obey)),
        read_(file_->database(), "SELECT state FROM leases WHERE application = ?"),
        write_(file_->database(),
               "INSERT INTO leases (application, state) VALUES (?1, ?2)"
               " ON CONFLICT (application) DO UPDATE SET state = ?2") {}

  // Nobody's lock is asked for while there is nothing to do.
  Result<bool> turn(const Work& work) override {
    if (auto there = file_->is_in_place(); !there) return there.error();
    const auto seen = read();
    if (!seen) return seen.error();
    const auto wanted = work(*seen);
    if (!wanted) return wanted.error();
    if (!*wanted) return true;
    const auto done = file_->transaction(QueueFile::Outlives::PowerLoss, [&]() -> Result<void> {
      const auto state = read();
      if (!state) return state.error();
      const auto step = work(*state);
      if (!step) return step.error();
      return *step ? store(**step) : Result<void>();
    });
    if (!done) return done.error();
    file_->bell().ring();
    return true;
  }

  Result<void> send_order(const std::string& order) override {
    return file_->transaction(QueueFile::Outlives::PowerLoss, [&]() -> Result<void> {
      const auto state = read();
      return state ? write_.run(application_, obey_(*state, order)) : state.error();
    });
  }

  Result<std::optional<std::string>> look() override {
    auto state = read();
    if (!state) return state.error();
    return std::optional(std::move(*state));
  }

 private:
  Result<std::string> read() {
    const auto row = read_.with(application_).step();
    if (!row) return row.error();
    std::string state;
    if (*row) state = read_.text(0);
    read_.reset();
    return state;
  }

  Result<void> store(const LeaseStep& step) {
    for (const auto& event : step.events) {
      const auto queue = file_->queue(application_ + "." + event.queue);
      if (!queue) return queue.error();
      if (auto stored = file_->insert(*queue, event.message, 0); !stored) return stored.error();
    }
    return write_.run(application_, step.state);
  }

  std::unique_ptr<QueueFile> file_;
  std::string application_;
  Obey obey_;
  Statement read_, write_;
};

}  // namespace

Result<std::unique_ptr<Lease>> open_sqlite_lease(const action::Link::Target& target, Obey obey,
                                                 std::chrono::milliseconds timeout) {
  auto file = QueueFile::open(target.queue_file, timeout);
  if (!file) return file.error();
  if (auto made = (*file)->database().execute(kMakeLease); !made) return made.error();
  return std::unique_ptr<Lease>(
      new SqliteLease(std::move(*file), target.topology.application, std::move(obey)));
}

}  // namespace actiond
