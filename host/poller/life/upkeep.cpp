#include "poller/life/upkeep.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <mutex>
#include <thread>
#include <utility>

namespace actiond {
namespace {

using namespace std::chrono_literals;

// After connecting, or after something was missing; then the waits double.
constexpr auto kFirstLook = std::chrono::seconds(10);
constexpr auto kLongestLook = std::chrono::seconds(180);
constexpr auto kLongestRest = std::chrono::seconds(60);

std::atomic<int> looks_under_way{0};

}  // namespace

// Where a thread leaves its result; without `io` nobody is there to take it.
struct Upkeep::Loop {
  std::mutex mutex;
  boost::asio::io_context* io;

  template <typename Call>
  void post(Call call) {
    const std::lock_guard lock(mutex);
    if (io != nullptr) boost::asio::post(*io, std::move(call));
  }
};

bool Upkeep::is_any_looking() {
  return looks_under_way > 0;
}

Upkeep::Upkeep(boost::asio::io_context& io, Clock& clock, Tend tend, OnTended on_tended)
    : tend_(std::move(tend)),
      on_tended_(std::move(on_tended)),
      timer_(clock.timer()),
      loop_(new Loop{{}, &io}) {}

Upkeep::~Upkeep() {
  stop();
  const std::lock_guard lock(loop_->mutex);
  loop_->io = nullptr;
}

void Upkeep::begin() {
  stop();
  rest_ = 0s;
  wait_ = kFirstLook;
  if (tend_) timer_->set(wait_, [this] { look(); });
}

void Upkeep::soon() {
  if (!tend_ || std::exchange(is_asked_, true) || (is_looking_ && *is_wanted_)) return;
  timer_->set(rest_, [this] { look(); });
}

void Upkeep::stop() {
  *is_wanted_ = false;
  is_asked_ = false;
  timer_->cancel();
}

// One that was under way when the broker was lost is waited for without a word.
void Upkeep::look() {
  if (is_looking_) return timer_->set(1s, [this] { look(); });
  is_looking_ = true;
  const bool is_asked = std::exchange(is_asked_, false);
  rest_ = is_asked ? std::clamp<std::chrono::seconds>(2 * rest_, 1s, kLongestRest) : 0s;
  wait_ = is_asked ? kFirstLook : std::min<std::chrono::seconds>(2 * wait_, kLongestLook);
  is_wanted_ = std::make_shared<bool>(true);
  ++looks_under_way;
  std::thread([this, loop = loop_, tend = tend_, is_wanted = is_wanted_] {
    const auto tended = std::make_shared<Result<std::vector<std::string>>>(tend());
    loop->post([this, is_wanted, tended] {
      is_looking_ = false;
      if (*is_wanted) ended(*tended);
    });
    --looks_under_way;
  }).detach();
}

void Upkeep::ended(const Result<std::vector<std::string>>& tended) {
  timer_->set(is_asked_ ? rest_ : wait_, [this] { look(); });
  on_tended_(tended);
}

}  // namespace actiond
