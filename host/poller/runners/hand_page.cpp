#include "poller/runners/hand_page.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

#include "base/files.hpp"
#include "poller/runners/started_by.hpp"
#include "wire/runner_mark.hpp"

namespace actiond {
namespace {

constexpr std::size_t kRuns = 128;  // more than a pipe holds
constexpr std::size_t kForProgress = 1024;
constexpr std::size_t kPage = 4096;  // behind it a crashing runner writes, see crash_text
constexpr std::uint64_t kFormat = 0x31646e6168646361;

std::string nonce() {
  std::uint64_t value = 0;
  if (::getrandom(&value, sizeof value, 0) != sizeof value) value = 0;
  return fmt::format("{}-{:08x}", ::getpid(), value & 0xffffffff);
}

UniqueFd open_file(const std::filesystem::path& path, int flags) {
  return UniqueFd(::open(path.c_str(), flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600));
}

// Of this process: what runs in another one can't be seen from here. 0: unknown.
std::uint64_t pid_namespace() {
  struct stat space {};
  return ::stat("/proc/self/ns/pid", &space) == 0 ? space.st_ino : 0;
}

}  // namespace

// FNV-1a: quick for so few bytes, and the same in every version of this program.
std::uint64_t hand_mark(std::string_view id, std::string_view event) {
  std::uint64_t mark = 0xcbf29ce484222325;
  const auto add = [&mark](std::string_view text) {
    for (const char c : text) mark = (mark ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  };
  add(id);
  add(std::string_view("\0", 1));
  add(event);
  return mark;
}

std::uint64_t nameless_mark(std::string_view event, std::string_view body) {
  return ~hand_mark(event, body);  // what it stands for is no id
}

std::uint64_t mark_of(const Delivery& delivery) {
  const Message& message = delivery.message;
  return delivery.is_named_here ? nameless_mark(message.event, message.body)
                                : hand_mark(message.id, message.event);
}

struct HandPage::Page {
  struct Run {
    std::atomic<std::uint64_t> number;
    std::atomic<std::uint64_t> mark;
  };
  std::array<std::byte, kForProgress> progress;
  std::array<Run, kRuns> runs;
  std::uint64_t format;
  std::int64_t found_at_ms;  // by another poller; 0: not yet
  char variable[128];        // see name_runner; empty: what it had started was killed
  std::uint64_t pid_namespace;
};

// It has its name only when it is locked: nobody takes it for a dead poller's.
Result<HandPage> HandPage::create(const std::filesystem::path& run_dir, std::string_view name) {
  const auto path = run_dir / fmt::format("poller.{}.{}.hand", name, nonce());
  const auto unnamed = path.native() + ".new";
  UniqueFd file = open_file(unnamed, O_CREAT | O_EXCL);
  if (!file) return errno_error("create", unnamed);
  HandPage made(std::move(file), unnamed);
  if (auto filled = made.fill(); !filled) return filled.error();
  if (::rename(unnamed.c_str(), path.c_str()) != 0) return errno_error("rename to", path.native());
  made.path_ = path;
  return made;
}

// Its room is taken now: a write to memory has no way to say that the disk is full.
Result<void> HandPage::fill() {
  static_assert(sizeof(Page) <= kPage);
  if (!try_to_lock(lock_)) return errno_error("lock", path_.native());
  if (const int error = ::posix_fallocate(lock_.get(), 0, kPage); error != 0)
    return errno_error("make room for", path_.native(), error);
  void* page = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, lock_.get(), 0);
  if (page == MAP_FAILED) return errno_error("map", path_.native());
  page_ = static_cast<Page*>(page);
  guard_ = PageGuard(page_);
  page_->format = kFormat;
  return {};
}

HandPage::~HandPage() {
  if (path_.empty()) return;
  ::unlink(path_.c_str());
  guard_ = {};
  if (page_ != nullptr) ::munmap(page_, kPage);
}

HandPage::HandPage(HandPage&& other) noexcept
    : lock_(std::move(other.lock_)),
      path_(std::exchange(other.path_, {})),
      page_(std::exchange(other.page_, nullptr)),
      guard_(std::move(other.guard_)) {}

Result<Progress> HandPage::progress() const {
  UniqueFd own = open_file(path_, 0);
  if (!own) return errno_error("open", path_.native());
  return Progress::create(std::move(own));
}

void HandPage::hand(std::uint64_t run, std::uint64_t mark) {
  auto& slot = page_->runs[run % kRuns];
  slot.mark.store(mark, std::memory_order_relaxed);
  slot.number.store(run, std::memory_order_relaxed);
}

void HandPage::name_runner(std::string_view variable) {
  variable.copy(page_->variable, sizeof page_->variable - 1);
  page_->pid_namespace = pid_namespace();
}

std::optional<DeadHand> DeadHand::open(const std::filesystem::path& path) {
  DeadHand hand(open_file(path, 0), path);
  if (!hand.lock_ || !try_to_share_lock(hand.lock_) || !hand.read()) return std::nullopt;
  return hand;
}

bool DeadHand::read() {
  HandPage::Page page;
  struct stat status {};
  if (::fstat(lock_.get(), &status) != 0 || status.st_nlink == 0 ||
      ::pread(lock_.get(), &page, sizeof page, 0) != sizeof page || page.format != kFormat)
    return false;
  auto progress = Progress::open(lock_.get());
  if (!progress) return false;
  const std::uint64_t run = progress->begun();
  const auto& slot = page.runs[run % kRuns];
  if (run != progress->ended() && slot.number == run) begun_ = slot.mark;
  return true;
}

std::int64_t DeadHand::age_ms(std::int64_t now_ms) {
  constexpr auto kAt = static_cast<off_t>(offsetof(HandPage::Page, found_at_ms));
  std::int64_t found_at_ms = 0;
  if (::pread(lock_.get(), &found_at_ms, sizeof found_at_ms, kAt) != sizeof found_at_ms) return 0;
  if (found_at_ms != 0) return now_ms - found_at_ms;
  (void)!::pwrite(lock_.get(), &now_ms, sizeof now_ms, kAt);
  return 0;
}

std::optional<std::string> DeadHand::take_started() {
  constexpr auto kAt = static_cast<off_t>(offsetof(HandPage::Page, variable));
  struct {
    char text[sizeof HandPage::Page::variable];
    std::uint64_t pid_namespace;
  } named{};
  if (::pread(lock_.get(), &named, sizeof named, kAt) != sizeof named) return std::nullopt;
  std::string variable(named.text, ::strnlen(named.text, sizeof named.text));
  if (named.pid_namespace != pid_namespace()) return std::nullopt;
  if (!variable.starts_with(std::string(kRunnerVariable) + '=')) return std::nullopt;
  (void)!::pwrite(lock_.get(), "", 1, kAt);
  return variable;
}

void DeadHand::remove() {
  ::unlink(path_.c_str());
}

}  // namespace actiond
