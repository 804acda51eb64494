#include "poller/poller.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include "base/service_manager.hpp"
#include "poller/runners/time_limits.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kSilence = 60s;
constexpr auto kServiceManagerTime = 5s;

std::string host_name() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string name_of(const PollerOptions& options) {
  return fmt::format("{}/{}", host_name(), options.id ? std::to_string(*options.id) : "console");
}

}  // namespace

Poller::Poller(const Config& config, PollerOptions options, Log& log)
    : config_(config),
      options_(std::move(options)),
      name_(name_of(options_)),
      log_(log),
      signals_(io_, SIGINT, SIGTERM, SIGQUIT),
      tick_timer_(io_),
      heartbeat_timer_(io_),
      leave_timer_(io_),
      silence_timer_(io_),
      reload_timer_(io_),
      up_since_ms_(wall_now_ms()),
      journal_(log, config.unknown_event_ttl),
      intake_(config.queues_to_consume(), pool_),
      judge_(config),
      settler_(
          name_,
          [this](const Delivery& delivery, std::int64_t now_ms) {
            return judge_(delivery, now_ms);
          },
          [this](const Delivery& delivery, Settlement settlement) {
            on_settled(delivery, settlement);
          }),
      pace_(config.prefetch, config.concurrency),
      snapshots_(config.run_dir),
      tenure_(io_, clock_, config.run_dir, options_.id) {}

// What is still in hand belongs to the broker, which takes it back when the connection goes.
Poller::~Poller() {
  settler_.lost();
  intake_.lost();
  for (auto& place : places_) place.slot.abandon();
  places_.clear();
  snapshot_ = {};
  snapshots_.collect(kept_sets());
}

Result<void> Poller::run() {
  if (auto prepared = prepare(); !prepared) fail_start(prepared.error());
  while (state_ != State::Gone) {
    arm();
    io_.run_one();
    io_.poll();
    turn();
  }
  if (failure_) return *failure_;
  return {};
}

Result<void> Poller::prepare() {
  if (auto taken = take_plugins(); !taken) return taken;
  signals_.add(SIGHUP);
  on_signal(0);
  control_ = std::make_unique<ControlSocket>(
      io_, control_path(config_.run_dir, options_.id, ::getpid()),
      [this](const nlohmann::json& request) { return on_request(request); });
  if (auto listening = control_->listen(); !listening) return listening;
  for (int i = 0; i < config_.concurrency; ++i) {
    auto& place = places_.emplace_back(static_cast<SlotListener&>(*this), io_);
    start_runner(place.slot);
  }
  return {};
}

// Everything that can be done now is done before the loop sleeps again, in the message's order.
void Poller::turn() {
  receive();
  for (auto& place : places_) {
    if (!settler_.is_congested()) place.slot.receive();
    if (place.slot.is_alive() && place.death_watch->has_fired()) place.slot.bury_if_dead();
  }
  if (state_ != State::Leaving && tenure_.is_over()) leave_replaced();
  settler_.resume();
  if (const auto trouble = settler_.take_trouble()) leave_broker(*trouble);
  if (state_ == State::Working && is_consumer_lost_) consume_anew();
  if (state_ == State::Working) schedule();
  for (auto& place : places_)
    if (place.slot.is_alive() && !place.slot.process().flush()) place.socket_watch->arm_write();
  if (broker_)
    if (auto flushed = broker_->flush(); !flushed) lose_broker(flushed.error());
  if (state_ == State::Leaving) finish_leaving();
  arm_tick();
  log_.flush();
}

void Poller::receive() {
  if (!broker_) return;
  if (auto received = broker_->receive(*this); !received) lose_broker(received.error());
}

void Poller::arm() {
  for (auto& watch : broker_watches_) watch->arm();
  tenure_.arm();
  for (auto& place : places_) {
    if (!place.slot.is_alive()) continue;
    if (!settler_.is_congested()) place.socket_watch->arm();
    place.death_watch->arm();
  }
}

void Poller::fail_start(const Error& error) {
  failure_ = error;
  options_.on_started(error);
  state_ = State::Gone;
}

// Every runner has loaded the plugins.
void Poller::became_ready() {
  policies_.emplace_back(config_, plugins_, snapshot_.hash);
  state_ = State::Connecting;
  connect();
}

void Poller::connect() {
  connector_ = std::make_unique<Connector>(
      io_, clock_,
      [this] { return connect_broker(config_, "actiond " + name_, std::chrono::seconds(5)); },
      [this](Result<std::unique_ptr<Broker>> attempt) { on_attempt(std::move(attempt)); });
  connector_->connect();
}

void Poller::on_attempt(Result<std::unique_ptr<Broker>> attempt) {
  if (state_ == State::Leaving) return;
  if (!attempt) {
    if (options_.is_broker_required && epoch_ == 0) return fail_start(attempt.error());
    problem_ = attempt.error().text;
    if (!is_outage_said_) log_.error("{}: trying again until it answers", problem_);
    is_outage_said_ = true;
    return connector_->connect_later();
  }
  connector_->succeeded();
  broker_ = std::move(*attempt);
  ++epoch_;
  for (const int fd : broker_->descriptors())
    broker_watches_.push_back(std::make_unique<Watch>(io_, fd));
  intake_.connected(*broker_, epoch_);
  settler_.connected(*broker_, epoch_);
  if (auto begun = begin_work(); !begun) fail_start(begun.error());
}

// The first time this is where a poller takes its id over: it has loaded, it has reached the
// broker, and only now is the one before it told to go.
Result<void> Poller::begin_work() {
  if (is_outage_said_) log_.info("the broker {} is back", broker_->name());
  is_outage_said_ = false;
  problem_.clear();
  if (epoch_ == 1) {
    if (auto wanted = options_.before_takeover(); !wanted) return wanted;
    announce_main_process(kServiceManagerTime);  // before the one that was it may go
    if (auto begun = tenure_.begin(); !begun) return begun;
    record_set();
    log_.info("poller {} is at work (pid {}, broker {}, plugin set {})", name_, ::getpid(),
              broker_->name(), snapshot_.hash);
    options_.on_started({});
  }
  state_ = State::Working;
  if (auto opened = intake_.open(pace_.prefetch()); !opened) lose_broker(opened.error());
  heartbeat();
  listen_for_silence();
  if (epoch_ == 1)
    watch_sources();
  else if (!going_back_to_.empty())
    begin_successor_in(0ms, going_back_to_);
  else if (is_reload_due_)
    on_sources_changed();
  return {};
}

// A consumer that the broker has lost looks like an empty queue: after a while without anything to
// do the broker is asked, and if it has something after all, consuming begins anew.
void Poller::listen_for_silence() {
  silence_timer_.expires_after(kSilence);
  silence_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || !broker_) return;
    is_silence_suspect_ = state_ == State::Working && intake_.is_open() && !is_any_busy() &&
                          monotonic_now() - last_change_ >= kSilence;
    if (is_silence_suspect_) intake_.probe_all();
    listen_for_silence();
  });
}

// By a new connection: to cancel what it has forgotten, RabbitMQ 3.10 answers by closing the old
// one.
void Poller::consume_anew() {
  is_consumer_lost_ = false;
  leave_broker({fmt::format("the broker delivered nothing for {} s though a queue had events",
                            kSilence / 1s)});
}

// rabbitmq-c answers heartbeats only while it is called.
void Poller::heartbeat() {
  if (!broker_) return;
  heartbeat_timer_.expires_after(broker_->heartbeat() / 3);
  heartbeat_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    reopen_log_if_moved();
    heartbeat();
  });
}

// logrotate may move the file without a word.
void Poller::reopen_log_if_moved() {
  if (auto reopened = log_.reopen_if_moved(); !reopened) log_.error("{}", reopened.error().text);
}

// By our own choice: what has ended by now is settled first, or it would run again.
void Poller::leave_broker(const Error& error) {
  if (broker_) (void)broker_->flush().ok();  // lost: it is given up anyway
  lose_broker(error);
}

void Poller::lose_broker(const Error& error) {
  if (!broker_) return;
  broker_watches_.clear();
  broker_.reset();
  settler_.lost();
  intake_.lost();
  for (auto& place : places_) place.slot.recall();
  if (state_ == State::Leaving) return;
  problem_ = error.text;
  if (!is_outage_said_) log_.error("{}: connecting again", error.text);
  is_outage_said_ = true;
  state_ = State::Connecting;
  connector_->connect_later();
}

}  // namespace actiond
