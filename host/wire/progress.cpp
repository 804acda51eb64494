#include "wire/progress.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <utility>

namespace actiond {

Result<Progress> Progress::create() {
  UniqueFd fd(::memfd_create("actiond-progress", MFD_CLOEXEC));
  if (!fd) return errno_error("create the page of progress");
  // A new file reads as zeroes, which is the state that Page starts in.
  if (::ftruncate(fd.get(), sizeof(Page)) != 0) return errno_error("size the page of progress");
  return map(std::move(fd));
}

Result<Progress> Progress::open(int fd) {
  return map(UniqueFd(fd));
}

Result<Progress> Progress::map(UniqueFd fd) {
  void* page = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (page == MAP_FAILED) return errno_error("map the page of progress");
  return Progress(std::move(fd), static_cast<Page*>(page));
}

Progress::~Progress() {
  if (page_ != nullptr) ::munmap(page_, sizeof(Page));
}

Progress::Progress(Progress&& other) noexcept
    : fd_(std::move(other.fd_)), page_(std::exchange(other.page_, nullptr)) {}

Progress& Progress::operator=(Progress&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(page_, other.page_);
  return *this;
}

bool Progress::begin(std::uint64_t number, std::int64_t now_ns) {
  page_->begun_at_ns.store(now_ns, std::memory_order_relaxed);
  page_->begun.store(number, std::memory_order_seq_cst);
  return page_->recalled.load(std::memory_order_seq_cst) < number;
}

void Progress::done(std::uint64_t number) {
  page_->done.store(number, std::memory_order_release);
}

std::uint64_t Progress::recall(std::uint64_t number) {
  page_->recalled.store(number, std::memory_order_seq_cst);
  return page_->begun.load(std::memory_order_seq_cst);
}

std::uint64_t Progress::begun() const {
  return page_->begun.load(std::memory_order_acquire);
}

std::uint64_t Progress::done() const {
  return page_->done.load(std::memory_order_acquire);
}

std::int64_t Progress::begun_at_ns() const {
  return page_->begun_at_ns.load(std::memory_order_relaxed);
}

void Progress::cancel(std::uint64_t number) {
  page_->cancelled.store(number, std::memory_order_relaxed);
}

bool Progress::is_cancelled(std::uint64_t number) const {
  return page_->cancelled.load(std::memory_order_relaxed) >= number;
}

}  // namespace actiond
