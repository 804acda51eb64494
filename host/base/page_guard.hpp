// Memory that is a file's, which others may cut short: whoever touches what is gone is killed by
// SIGBUS. While a guard stands, it finds an empty page there instead, and goes on.
#pragma once

#include <cstddef>
#include <utility>

namespace actiond {

struct GuardedPage;

class PageGuard {
 public:
  // Guards nothing.
  PageGuard() = default;
  // Guards the page that is mapped at `page`. The first guard takes SIGBUS for this process; one
  // that comes from elsewhere does what it did before.
  explicit PageGuard(void* page);
  ~PageGuard();
  PageGuard(PageGuard&& other) noexcept : guarded_(std::exchange(other.guarded_, nullptr)) {}
  PageGuard& operator=(PageGuard&& other) noexcept {
    std::swap(guarded_, other.guarded_);
    return *this;
  }

  // It was gone when it was touched last.
  bool is_lost() const;

 private:
  GuardedPage* guarded_ = nullptr;
};

}  // namespace actiond
