#include "poller/life/broker_session.hpp"

#include <fmt/format.h>

#include <utility>

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kSilence = 60s;
constexpr auto kShortLife = 1s;  // of a connection: it proves nothing
constexpr auto kGoodbye = 1s;

}  // namespace

BrokerSession::BrokerSession(boost::asio::io_context& io, Clock& clock, Log& log, Connect connect,
                             SessionEvents events, Upkeep::Tend tend)
    : io_(io),
      clock_(clock),
      log_(log),
      events_(std::move(events)),
      connector_(io, clock, std::move(connect),
                 [this](Result<std::unique_ptr<Broker>> tried) { on_tried(std::move(tried)); }),
      upkeep_(io, clock, std::move(tend), [this](const auto& tended) { on_tended(tended); }),
      pauses_(clock),
      heartbeat_timer_(clock.timer()),
      silence_timer_(clock.timer()),
      proof_timer_(clock.timer()) {}

void BrokerSession::on_tried(Result<std::unique_ptr<Broker>> tried) {
  if (!tried) {
    if (!events_.on_unreachable(tried.error())) return;
    problem_ = tried.error().text;
    log_.outage(problem_, "trying again until it answers");
    return connector_.connect_later();
  }
  broker_ = std::move(*tried);
  for (const int fd : broker_->descriptors()) watches_.push_back(std::make_unique<Watch>(io_, fd));
  connected_at_ = clock_.now();
  is_look_due_ = true;
  proof_timer_->set(kShortLife, [this] { is_back(); });
  if (!is_flapping_) log_.is_back(broker_->name());
  problem_.clear();
  log_.remarks(broker_->remarks());
  beat();
  listen_for_silence();
  upkeep_.begin();
  pauses_.begin(*broker_);
  events_.on_connected(*broker_, ++epoch_);
}

// It has lasted: the next loss is another outage.
void BrokerSession::is_back() {
  connector_.succeeded();
  is_flapping_ = false;
  last_loss_.clear();
  log_.is_back(broker_->name());
}

void BrokerSession::arm(bool has_enough) {
  for (std::size_t i = 0; i < watches_.size(); ++i) {
    Watch& watch = *watches_[i];
    const bool is_full = broker_->is_awaiting_room(i);
    has_enough && broker_->can_wait(i) && !is_full ? watch.arm_patiently() : watch.arm();
    if (is_full) watch.arm_write();
  }
}

void BrokerSession::receive(BrokerListener& listener) {
  if (!broker_ || !has_something_come()) return;
  auto received = broker_->receive(listener);
  if (!is_closing_ && !received) return lose(received.error());
  if (is_closing_ && !received) return drop_unheard(received.error().text);
  if (is_closing_ && broker_->is_closed()) return drop();
  if (auto problems = broker_->take_queue_problems()) {
    log_.queue_problems(*problems);
    queue_problems_ = std::move(*problems);
    if (!queue_problems_.empty()) tend();
  }
}

// A look costs a call of the system for each connection.
bool BrokerSession::has_something_come() {
  if (std::exchange(is_look_due_, false) || !broker_->is_quiet_until_readable()) return true;
  const auto is_quiet = [this](std::size_t i) {
    return !watches_[i]->has_fired() && !broker_->is_awaiting_room(i);
  };
  std::size_t quiet = 0;
  for (std::size_t i = 0; i < watches_.size(); ++i) quiet += is_quiet(i);
  if (quiet == watches_.size()) return false;
  for (std::size_t i = 0; i < watches_.size(); ++i)
    if (is_quiet(i)) broker_->skip(i);
  return true;
}

// One thing that can't be made anew keeps nobody from what is there again.
void BrokerSession::on_tended(const Result<std::vector<std::string>>& tended) {
  log_.tended(tended);
  if (!tended) tend();
  if (auto again = broker_->tended(); !again) lose(again.error());
}

void BrokerSession::flush() {
  if (!broker_ || is_closing_) return;
  if (auto flushed = broker_->flush(); !flushed) lose(flushed.error());
}

void BrokerSession::lose(const Error& why) {
  if (!broker_) return;
  const auto rest = broker_->rest();
  drop();
  is_silence_suspect_ = is_consumer_lost_ = false;
  events_.on_lost();
  if (is_stopped_) return;
  is_flapping_ = clock_.now() - connected_at_ < kShortLife && why.text == last_loss_;
  last_loss_ = why.text;
  problem_ = why.text;
  log_.outage(problem_, "connecting again");
  connector_.connect_later(rest);
}

void BrokerSession::leave(const Error& why) {
  if (broker_) (void)broker_->flush().ok();  // lost: it is given up anyway
  lose(why);
}

void BrokerSession::heard(bool is_answer) {
  if (is_answer && is_silence_suspect_) is_consumer_lost_ = true;
  is_silence_suspect_ = false;
}

void BrokerSession::leave_if_consumer_lost() {
  if (!std::exchange(is_consumer_lost_, false)) return;
  leave({fmt::format("the broker delivered nothing for {} s though a queue had events",
                     kSilence / 1s)});
}

// rabbitmq-c answers heartbeats only while it is called.
void BrokerSession::beat() {
  heartbeat_timer_->set(broker_->heartbeat() / 3, [this] {
    events_.on_heartbeat();
    is_look_due_ = true;
    beat();
  });
}

void BrokerSession::listen_for_silence() {
  silence_timer_->set(kSilence, [this] {
    // To ask may be to find that the connection is lost.
    is_silence_suspect_ = events_.ask_if_idle(kSilence) && broker_;
    if (broker_) listen_for_silence();
  });
}

void BrokerSession::stop() {
  is_stopped_ = true;
  connector_.stop();
  upkeep_.stop();
}

void BrokerSession::close() {
  if (!broker_ || std::exchange(is_closing_, true)) return;
  if (auto begun = broker_->begin_close(); !begun) return drop_unheard(begun.error().text);
  if (broker_->is_closed()) return drop();
  proof_timer_->set(kGoodbye, [this] { drop_unheard("it does not answer"); });
}

void BrokerSession::drop_unheard(const std::string& why) {
  log_.unheard(why);
  drop();
}

void BrokerSession::drop() {
  heartbeat_timer_->cancel();
  silence_timer_->cancel();
  proof_timer_->cancel();
  upkeep_.stop();
  pauses_.stop();
  watches_.clear();
  queue_problems_.clear();
  broker_.reset();
}

}  // namespace actiond
