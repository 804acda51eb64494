#include "broker/rabbitmq/key_channel.hpp"

#include <algorithm>

#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/steps.hpp"

namespace actiond {
namespace {

constexpr std::int64_t kKeptFor_ms = 2 * 60 * 60 * 1000;  // after a key was last looked at
constexpr std::size_t kLongestRecord = 4096;
// Whoever may not have the lock looks as well, and hides the record for one round trip.
constexpr int kEmptyLooks = 3;
constexpr std::chrono::seconds kFresh{1};  // what was seen, for those who hide it by looking
constexpr int kResourceLocked = 405;       // AMQP 0-9-1: an exclusive queue of another connection

action::Step record_step(const std::string& queue) {
  action::Step step{action::StepKind::Queue, queue};
  step.arguments = {
      {"x-expires", kKeptFor_ms}, {"x-max-length", std::int64_t{1}}, {"x-queue-type", "classic"}};
  return step;
}

action::Step lock_step(const std::string& queue) {
  action::Step step{action::StepKind::Queue, queue};
  step.is_exclusive = true;
  return step;
}

bool is_about_unlocking(const amqp_method_t& close) {
  const auto& closed = *static_cast<const amqp_channel_close_t*>(close.decoded);
  const auto cause = static_cast<amqp_method_number_t>(closed.class_id) << 16 | closed.method_id;
  return cause == AMQP_QUEUE_DELETE_METHOD;
}

}  // namespace

KeyChannel::KeyChannel(action::Connection& connection, amqp_channel_t number,
                       std::string application, Publish publish)
    : connection_(connection),
      number_(number),
      application_(std::move(application)),
      publish_(std::move(publish)) {}

Result<void> KeyChannel::ask(QueueIndex queue, std::uint64_t tag, const Message& message) {
  questions_.push_back(
      {{queue, tag},
       {message.unique.key, message.id, message.unique.until_ms, message.trail.queued_at_ms}});
  return step_ == Step::Idle ? next() : Result<void>();
}

// Of those with a key that this poller has, it knows the answer. One whose holder is leaving waits.
Result<void> KeyChannel::next() {
  step_ = Step::Idle;
  while (!questions_.empty()) {
    const auto* const holder = holder_of(questions_.front().claim.key);
    if (holder == nullptr) return lock();
    if (holder->is_leaving) return {};
    answers_.push_back({questions_.front().tag, KeyVerdict::Drop, holder->claim.id});
    questions_.pop_front();
  }
  return {};
}

Result<void> KeyChannel::lock() {
  if (!std::exchange(is_open_, true))
    if (auto begun = connection_.begin_channel(number_); !begun) return begun;
  step_ = Step::Locking;
  has_lock_ = false;
  return action::send_step(connection_, number_,
                           lock_step(key_lock(application_, questions_.front().claim.key)));
}

Result<void> KeyChannel::look() {
  step_ = Step::Looking;
  empty_looks_ = 0;
  const auto queue = key_queue(application_, questions_.front().claim.key);
  if (auto sent = action::send_step(connection_, number_, record_step(queue)); !sent) return sent;
  return get();
}

Result<void> KeyChannel::get() {
  record_.clear();
  record_tag_ = missing_ = 0;
  const auto queue = key_queue(application_, questions_.front().claim.key);
  amqp_basic_get_t get{};
  get.queue = action::to_bytes(queue);
  return connection_.send(number_, AMQP_BASIC_GET_METHOD, &get);
}

Result<void> KeyChannel::on_empty() {
  if (step_ != Step::Looking) return {};
  return has_lock_ && ++empty_looks_ < kEmptyLooks ? get() : decide(std::nullopt);
}

// For a burst of duplicates one look is enough.
Result<void> KeyChannel::on_locked() {
  const auto& claim = questions_.front().claim;
  const bool is_fresh = seen_.key == claim.key && monotonic_now() - seen_at_ < kFresh;
  if (!is_fresh || key_verdict(claim, seen_, true, wall_now_ms()) != KeyVerdict::Drop)
    return look();
  return decide(seen_);
}

Result<void> KeyChannel::take(const amqp_frame_t& frame) {
  if (frame.frame_type == AMQP_FRAME_METHOD) return take_method(frame.payload.method);
  if (step_ != Step::Looking) return {};
  if (frame.frame_type == AMQP_FRAME_HEADER) {
    missing_ = frame.payload.properties.body_size;
    return missing_ == 0 ? take_body({}) : Result<void>();
  }
  if (frame.frame_type != AMQP_FRAME_BODY) return {};
  const auto& part = frame.payload.body_fragment;
  return take_body({static_cast<const char*>(part.bytes), part.len});
}

Result<void> KeyChannel::take_method(const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_QUEUE_DECLARE_OK_METHOD:
      if (step_ != Step::Locking) return {};
      has_lock_ = true;
      return look();
    case AMQP_BASIC_GET_EMPTY_METHOD:
      return on_empty();
    case AMQP_BASIC_GET_OK_METHOD:
      record_tag_ = static_cast<amqp_basic_get_ok_t*>(method.decoded)->delivery_tag;
      return {};
    case AMQP_QUEUE_DELETE_OK_METHOD:
      if (!unlocking_.empty()) unlocking_.pop_front();
      return {};
    case AMQP_CHANNEL_CLOSE_METHOD:
      return take_close(method);
    default:
      return {};
  }
}

// Another connection has the lock, or the broker refuses what keeps keys. What was sent behind that
// it has not read. A lock that may not be deleted goes with the connection: asking again would be
// refused again.
Result<void> KeyChannel::take_close(const amqp_method_t& method) {
  const auto reason = action::close_reason(method);
  amqp_channel_close_ok_t ok{};
  if (auto sent = connection_.send(number_, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok); !sent) return sent;
  if (auto begun = connection_.begin_channel(number_); !begun) return begun;
  if (is_about_unlocking(method) && !unlocking_.empty()) {
    problem_ = reason.text;
    unlocking_.pop_front();
  }
  for (const auto& key : unlocking_)
    if (auto sent = send_unlock(key); !sent) return sent;
  if (step_ == Step::Idle) return {};
  const bool is_locked = step_ == Step::Locking && reason.code == kResourceLocked;
  return is_locked ? on_locked() : give_up(reason.text);
}

// Rather twice than not at all: it runs without its key.
Result<void> KeyChannel::give_up(const std::string& why) {
  problem_ = why;
  const Question asked = std::move(questions_.front());
  questions_.pop_front();
  answers_.push_back({asked.tag, KeyVerdict::Free, {}});
  if (has_lock_)
    if (auto sent = unlock(asked.claim.key); !sent) return sent;
  return next();
}

Result<void> KeyChannel::take_body(std::string_view part) {
  if (record_.size() < kLongestRecord) record_.append(part);
  missing_ -= std::min<std::uint64_t>(missing_, part.size());
  if (missing_ > 0) return {};
  amqp_basic_reject_t reject{};  // the next is to find it as well
  reject.delivery_tag = record_tag_;
  reject.requeue = true;
  if (auto sent = connection_.send(number_, AMQP_BASIC_REJECT_METHOD, &reject); !sent) return sent;
  const auto record = key_record_from(record_);
  if (record) seen_ = *record, seen_at_ = monotonic_now();
  return decide(record);
}

Result<void> KeyChannel::decide(const std::optional<KeyRecord>& record) {
  const Question asked = std::move(questions_.front());
  questions_.pop_front();
  const auto verdict = key_verdict(asked.claim, record, !has_lock_, wall_now_ms());
  answers_.push_back({asked.tag, verdict, record ? record->id : std::string()});
  if (verdict == KeyVerdict::Run) {
    auto& holder = holders_[asked.tag] = {asked.claim};
    (void)write(holder, 0);
  } else if (has_lock_) {
    if (auto sent = unlock(asked.claim.key); !sent) return sent;
  }
  return next();
}

std::optional<std::uint64_t> KeyChannel::write(const Holder& holder, std::int64_t ended_ms) {
  Message message;
  const auto& [key, id, until_ms, queued_at_ms] = holder.claim;
  message.id = id;
  message.body = to_text({key, id, wall_now_ms(), until_ms, ended_ms});
  const auto number = publish_(key_queue(application_, key), message);
  if (number) records_.insert(*number);
  return number;
}

const KeyChannel::Holder* KeyChannel::holder_of(const std::string& key) const {
  const auto found = std::find_if(holders_.begin(), holders_.end(), [&key](const auto& each) {
    return each.second.claim.key == key;
  });
  return found == holders_.end() ? nullptr : &found->second;
}

void KeyChannel::died(const std::string& id) {
  for (auto& [tag, holder] : holders_) holder.is_dead |= holder.claim.id == id;
}

// The lock is given up when it is known that the next finds when this one ended.
Result<void> KeyChannel::acknowledged(QueueIndex queue, std::uint64_t tag, Handled handled) {
  const auto found = holders_.find({queue, tag});
  if (found == holders_.end() || found->second.is_leaving) return {};
  Holder& holder = found->second;
  const bool has_ended = handled == Handled::Done || holder.is_dead;
  const auto number = has_ended ? write(holder, wall_now_ms()) : std::nullopt;
  if (!number) return given_back(queue, tag);
  holder.is_leaving = true;
  writing_[*number] = found->first;
  return {};
}

Result<void> KeyChannel::given_back(QueueIndex queue, std::uint64_t tag) {
  const auto found = holders_.find({queue, tag});
  if (found == holders_.end()) return {};
  const auto key = std::move(found->second.claim.key);
  holders_.erase(found);
  return unlock(key);
}

bool KeyChannel::confirmed(std::uint64_t number) {
  if (records_.erase(number) == 0) return false;
  const auto found = writing_.find(number);
  if (found == writing_.end()) return true;
  const auto [queue, tag] = found->second;
  writing_.erase(found);
  (void)given_back(queue, tag).ok();  // a lost connection shows itself where it is read
  if (step_ == Step::Idle) (void)next().ok();
  return true;
}

Result<void> KeyChannel::unlock(const std::string& key) {
  unlocking_.push_back(key);
  return send_unlock(key);
}

Result<void> KeyChannel::send_unlock(const std::string& key) {
  const auto queue = key_lock(application_, key);
  amqp_queue_delete_t remove{};
  remove.queue = action::to_bytes(queue);
  return connection_.send(number_, AMQP_QUEUE_DELETE_METHOD, &remove);
}

void KeyChannel::tell(BrokerListener& listener) {
  if (!problem_.empty() && !std::exchange(is_problem_told_, true))
    listener.on_remark("unique keys can't be kept, and events run without them: " + problem_);
  for (const auto& answer : std::exchange(answers_, {}))
    listener.on_key(answer.tag.first, answer.tag.second, answer.verdict != KeyVerdict::Drop,
                    answer.holder);
}

}  // namespace actiond
