#include "poller/life/pause_watch.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookAtPauses = 5s;
// Whoever reads why a queue is paused hides that for a moment, so one look alone proves nothing.
constexpr auto kSecondLook = 300ms;

}  // namespace

void PauseWatch::begin(Broker& broker) {
  broker_ = &broker;
  timer_->set(kSecondLook, [this] { look(true); });
}

void PauseWatch::soon() {
  is_told_ = broker_ != nullptr;
  if (is_told_) look(false);
}

void PauseWatch::stop() {
  timer_->cancel();
  broker_ = nullptr;
  is_told_ = false;
}

// If it can't be asked the connection is lost; receive will say so.
void PauseWatch::look(bool is_again) {
  (void)broker_->look_at_pauses(is_told_).ok();
  if (is_again) is_told_ = false;
  timer_->set(is_again ? kLookAtPauses - kSecondLook : kSecondLook,
              [this, is_again] { look(!is_again); });
}

}  // namespace actiond
