#include "poller/runners/station.hpp"

#include <utility>

#include "poller/runners/hand_page.hpp"

namespace actiond {

Station::Station(CrewCommons& commons)
    : commons_(commons),
      slot_(*this, commons.spawn, [&clock = commons.clock] { return clock.now(); }),
      limits_(slot_, commons.config),
      timer_(commons.clock.timer()) {}

void Station::start() {
  if (commons_.has_been_ready)
    if (auto there = commons_.events.before_another(); !there) return start_again(there.error());
  plugins_ = commons_.plugins;
  auto started = slot_.start(commons_.setup, commons_.config.broker_variables);
  if (!started && !commons_.has_been_ready) return give_up(started.error());
  if (!started) return start_again(started.error());
  socket_watch_ = std::make_unique<Watch>(commons_.io, slot_.process().shared_socket());
  death_watch_ = std::make_unique<Watch>(commons_.io, slot_.process().shared_pidfd());
}

void Station::start_again(const Error& why) {
  if (commons_.problem != why.text) commons_.log.error("{}", why.text);
  commons_.problem = why.text;
  start_in(respawn_.died(false));
}

void Station::start_in(std::chrono::milliseconds wait) {
  timer_->set(wait, [this] {
    if (!commons_.is_retired) start();
  });
}

void Station::give_up(const Error& why) {
  commons_.is_retired = true;
  commons_.events.on_refused(why);
}

void Station::arm() {
  if (!slot_.is_alive()) return;
  if (commons_.listener.has_room() && !slot_.process().has_hung_up()) socket_watch_->arm();
  death_watch_->arm();
}

// A look at a runner that has said nothing costs a call of the system.
void Station::receive() {
  if (!slot_.is_alive()) return;
  if (commons_.listener.has_room() && socket_watch_->has_fired()) slot_.receive();
  if (slot_.is_alive() && (death_watch_->has_fired() || slot_.is_overdue())) slot_.bury_if_dead();
}

void Station::flush() {
  if (slot_.is_alive() && !slot_.process().flush()) socket_watch_->arm_write();
}

void Station::tick(const Tick& tick) {
  if (!slot_.is_alive()) return;
  if (Delivery* delivery = slot_.in_hand()) commons_.listener.on_running(*delivery);
  if (const auto why = limits_.keep(tick, commons_.listener.has_room())) recycle(*why);
}

void Station::replace() {
  respawn_.worked();  // its end is no failure
  slot_.dismiss();
}

void Station::retire() {
  is_retired_ = true;
  timer_->cancel();
  slot_.dismiss();
}

void Station::recycle(const std::string& why) {
  commons_.log.info("replacing runner {}: {}", slot_.process().pid(), why);
  slot_.dismiss();
}

void Station::on_ready(RunnerSlot&, const LoadReport& report) {
  commons_.events.on_ready(report);
}

void Station::on_refused(RunnerSlot&, const std::string& why) {
  if (!commons_.has_been_ready) return give_up(Error{why});
  if (commons_.problem != why) commons_.log.error("{}: trying again", why);
  commons_.problem = why;
  slot_.kill(Ending::NotStarted, why);  // on_died sees to the next one
}

void Station::on_ended(RunnerSlot&, DeliveryPointer delivery) {
  respawn_.worked();
  if (!commons_.next_in_line.empty()) commons_.next_in_line.ended(mark_of(*delivery));
  commons_.problem.clear();
  commons_.listener.on_ended(std::move(delivery));
  if (const auto why = has_run_enough(slot_, commons_.config.recycle)) recycle(*why);
}

void Station::on_returned(DeliveryPointer delivery) {
  commons_.listener.on_returned(std::move(delivery));
}

void Station::on_queued(Delivery& delivery, const QueueFrame& frame) {
  commons_.listener.on_queued(delivery, frame);
}

void Station::on_logged(Delivery* delivery, const LogFrame& frame) {
  commons_.listener.on_logged(delivery, frame);
}

bool Station::on_died_before(const Delivery& next) {
  return commons_.next_in_line.died(mark_of(next));
}

void Station::on_lost(const std::string& how) {
  if (!commons_.is_retired && !is_retired_) commons_.events.on_lost(how);
}

void Station::on_died(RunnerSlot&, bool had_worked, const std::string& how) {
  if (commons_.is_retired || is_retired_) return;
  const auto wait = respawn_.died(had_worked);
  if (!how.empty() && how != commons_.problem)
    commons_.log.warning("{}: starting another runner", how);
  // One that died before its first event may well die again: logged once, and to be seen in status.
  if (!had_worked && !how.empty()) commons_.problem = how;
  start_in(wait);
}

}  // namespace actiond
