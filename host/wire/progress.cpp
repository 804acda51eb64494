#include "wire/progress.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <utility>

namespace actiond {

Result<Progress> Progress::create() {
  UniqueFd fd(::memfd_create("actiond-progress", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return errno_error("create the page of progress");
  // A new file reads as zeroes, which is the state that Page starts in.
  if (::ftruncate(fd.get(), sizeof(Page)) != 0) return errno_error("size the page of progress");
  ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL);  // what is mapped stays there
  return create(std::move(fd));
}

Result<Progress> Progress::create(UniqueFd file) {
  auto page = map(file.get());
  if (!page) return page.error();
  Progress progress(std::move(file), *page);
  progress.guard_ = PageGuard(*page);
  (*page)->witness.store(kWitness, std::memory_order_release);
  return progress;
}

Result<Progress> Progress::open(int fd) {
  auto page = map(fd);
  if (!page) return page.error();
  return Progress(UniqueFd(), *page);
}

Result<Progress::Page*> Progress::map(int fd) {
  void* page = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) return errno_error("map the page of progress");
  return static_cast<Page*>(page);
}

Progress::~Progress() {
  guard_ = {};
  if (page_ != nullptr) ::munmap(page_, sizeof(Page));
}

Progress::Progress(Progress&& other) noexcept
    : fd_(std::move(other.fd_)),
      page_(std::exchange(other.page_, nullptr)),
      guard_(std::move(other.guard_)) {}

Progress& Progress::operator=(Progress&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(page_, other.page_);
  std::swap(guard_, other.guard_);
  return *this;
}

bool Progress::begin(std::uint64_t number, std::int64_t now_ns) {
  page_->begun_at_ns.store(now_ns, std::memory_order_relaxed);
  page_->begun.store(number, std::memory_order_seq_cst);
  return page_->recalled.load(std::memory_order_seq_cst) < number;
}

void Progress::ended_well(std::uint64_t number, std::int32_t pid) {
  page_->pid.store(pid, std::memory_order_relaxed);
  page_->well.store(number, std::memory_order_release);
  ended(number);
}

void Progress::not_well(std::uint64_t number) {
  page_->not_well_before.store(page_->not_well.load(std::memory_order_relaxed),
                               std::memory_order_release);
  page_->not_well.store(number, std::memory_order_release);
}

void Progress::ended(std::uint64_t number) {
  page_->ended.store(number, std::memory_order_release);
}

std::uint64_t Progress::recall(std::uint64_t number) {
  page_->recalled.store(number, std::memory_order_seq_cst);
  return page_->begun.load(std::memory_order_seq_cst);
}

std::uint64_t Progress::begun() const {
  return page_->begun.load(std::memory_order_acquire);
}

std::uint64_t Progress::ended() const {
  return page_->ended.load(std::memory_order_acquire);
}

// All that ended otherwise are told at once, so of what has not been told only the last can be one.
// Two of them would mean that something is wrong: then nothing up to there is proven.
bool Progress::has_ended_well(std::uint64_t number, std::int32_t pid) const {
  return number <= page_->well.load(std::memory_order_acquire) &&
         number != page_->not_well.load(std::memory_order_acquire) &&
         number > page_->not_well_before.load(std::memory_order_acquire) &&
         pid == page_->pid.load(std::memory_order_relaxed);
}

std::chrono::nanoseconds Progress::run_time(std::chrono::steady_clock::time_point now) const {
  return now.time_since_epoch() -
         std::chrono::nanoseconds(page_->begun_at_ns.load(std::memory_order_relaxed));
}

void Progress::cancel(std::uint64_t number) {
  page_->cancelled.store(number, std::memory_order_relaxed);
}

bool Progress::is_cancelled(std::uint64_t number) const {
  return page_->cancelled.load(std::memory_order_relaxed) >= number;
}

}  // namespace actiond
