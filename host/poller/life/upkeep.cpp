#include "poller/life/upkeep.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirst =
    std::chrono::seconds(10);  // after connecting, or after something was missing
constexpr auto kLongest = std::chrono::seconds(180);
constexpr auto kLongestRest = std::chrono::seconds(60);

}  // namespace

Upkeep::Upkeep(boost::asio::io_context& io, Clock& clock, Tend tend, OnTended on_tended)
    : io_(io), tend_(std::move(tend)), on_tended_(std::move(on_tended)), timer_(clock.timer()) {}

Upkeep::~Upkeep() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void Upkeep::begin() {
  stop();
  rest_ = 0s;
  wait_ = kFirst;
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
  if (thread_.joinable()) thread_.join();
  is_looking_ = true;
  const bool is_asked = std::exchange(is_asked_, false);
  rest_ = is_asked ? std::clamp(2 * rest_, 1s, kLongestRest) : 0s;
  wait_ = is_asked ? kFirst : std::min(2 * wait_, kLongest);
  is_wanted_ = std::make_shared<bool>(true);
  thread_ = std::thread([this, is_wanted = is_wanted_] {
    auto tended = std::make_shared<Result<std::vector<std::string>>>(tend_());
    boost::asio::post(io_, [this, is_wanted, tended] {
      is_looking_ = false;
      if (*is_wanted) ended(*tended);
    });
  });
}

void Upkeep::ended(const Result<std::vector<std::string>>& tended) {
  timer_->set(is_asked_ ? rest_ : wait_, [this] { look(); });
  on_tended_(tended);
}

}  // namespace actiond
