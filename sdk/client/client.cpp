#include <action/client.hpp>
#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "client/delay_trip.hpp"
#include "client/event_id.hpp"
#include "client/names.hpp"
#include "client/sender.hpp"
#include "client/trace.hpp"
#include "client/unique.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

namespace action {
namespace {

constexpr std::size_t kMostIdsInSentence = 3;

template <typename T>
T value_or_throw(Result<T> result) {
  if (!result) throw ClientError(result.error().text);
  return std::move(*result);
}

void check(const Result<void>& result) {
  if (!result) throw ClientError(result.error().text);
}

void check(const ClientOptions& options) {
  check(check_application(options.application));
  check(check_queue(options.default_queue));
  if (options.timeout.count() < 1) throw ClientError("the client's timeout must be at least 1 ms");
  if (options.window < 1) throw ClientError("the client's window must be at least 1 event");
}

std::string connection_name(const ClientOptions& options) {
  return fmt::format("{} (client of {}, pid {})", program_invocation_short_name,
                     options.application, ::getpid());
}

Link::Target target_of(std::string_view broker, const ClientOptions& options) {
  check(options);
  Link::Target target;
  check(read_addresses(broker, target));
  target.topology = {options.application, {}, options.queue_type};
  target.name = connection_name(options);
  return target;
}

std::string sentence(const Loss& loss) {
  const std::size_t shown = std::min(loss.ids.size(), kMostIdsInSentence);
  const std::string more =
      loss.ids.size() > shown ? fmt::format(" and {} more", loss.ids.size() - shown) : "";
  return fmt::format("{} {} not taken by the broker: {} ({}{})", loss.ids.size(),
                     loss.ids.size() == 1 ? "event was" : "events were", loss.why,
                     fmt::join(loss.ids.begin(), loss.ids.begin() + static_cast<long>(shown), ", "),
                     more);
}

}  // namespace

ClientError::ClientError(const std::string& sentence_text, std::vector<std::string> ids)
    : std::runtime_error(sentence_text), ids_(std::move(ids)) {}

ClientError::~ClientError() = default;

class Client::Impl {
 public:
  Impl(std::string_view broker, const ClientOptions& options)
      : default_queue_(options.default_queue),
        sender_(target_of(broker, options), options.window, options.timeout) {}

  Outgoing event(const detail::QueueRequest& request) const {
    Outgoing event;
    event.queue = request.queue.empty() ? default_queue_ : request.queue;
    check(check_event(request.event));
    check(check_queue(event.queue));
    event.message.event = request.event;
    event.message.id = new_event_id();
    event.message.body = request.params;
    const auto now = std::chrono::system_clock::now();
    auto& trail = event.message.trail;
    trail.queued_at_ms = now_for_delays_ms();
    event.message.enqueued_at_s = trail.queued_at_ms / 1000;
    event.message.sender = program_invocation_short_name;
    if (request.delay.count() > 0) event.due_at = due_at(request.delay, now);
    trail.expires_at_ms = expires_at_ms(request.expires, std::max<WallTime>(now, event.due_at));
    if (request.size >= offsetof(detail::QueueRequest, unique_for) + sizeof(request.unique_for))
      check(make_unique(event.message, request.unique, request.unique_for,
                        std::max<WallTime>(now, event.due_at)));
    check(join_trace(event.message, request.trace_parent, request.trace_state));
    return event;
  }

  Sender& sender() { return sender_; }

 private:
  std::string default_queue_;
  Sender sender_;
};

// NOLINTNEXTLINE(performance-unnecessary-value-param): a copy is what callers pass
Client::Client(std::string_view broker, ClientOptions options)
    : impl_(std::make_unique<Impl>(broker, options)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

std::string Client::queue_text(const detail::QueueRequest& request) {
  auto outgoing = impl_->event(request);
  std::string id = outgoing.message.id;
  if (auto queued = impl_->sender().queue(std::move(outgoing)); !queued) {
    if (queued.error().fault == Fault::Duplicate) return queued.error().id;
    throw ClientError(fmt::format("can't queue '{}': {}", request.event, queued.error().text),
                      {id});
  }
  return id;
}

std::string Client::post_text(const detail::QueueRequest& request) {
  auto outgoing = impl_->event(request);
  std::string id = outgoing.message.id;
  if (auto posted = impl_->sender().post(std::move(outgoing)); !posted)
    throw ClientError(fmt::format("can't queue '{}': {}", request.event, posted.error().text),
                      {id});
  return id;
}

std::string Client::queue_text(std::string_view event, std::string_view params,
                               std::string_view queue, std::chrono::milliseconds delay) {
  return queue_text(event, params, queue, delay, {}, {});
}

std::string Client::queue_text(std::string_view event, std::string_view params,
                               std::string_view queue, std::chrono::milliseconds delay,
                               std::string_view trace_parent, std::string_view trace_state) {
  return queue_text(detail::QueueRequest{.event = event,
                                         .params = params,
                                         .queue = queue,
                                         .delay = delay,
                                         .trace_parent = trace_parent,
                                         .trace_state = trace_state});
}

std::string Client::post_text(std::string_view event, std::string_view params,
                              std::string_view queue, std::chrono::milliseconds delay) {
  return post_text(event, params, queue, delay, {}, {});
}

std::string Client::post_text(std::string_view event, std::string_view params,
                              std::string_view queue, std::chrono::milliseconds delay,
                              std::string_view trace_parent, std::string_view trace_state) {
  return post_text(detail::QueueRequest{.event = event,
                                        .params = params,
                                        .queue = queue,
                                        .delay = delay,
                                        .trace_parent = trace_parent,
                                        .trace_state = trace_state});
}

void Client::flush() {
  auto loss = impl_->sender().flush();
  (void)impl_->sender().take_unneeded();
  if (!loss) return;
  const std::string text = sentence(*loss);
  throw ClientError(text, std::move(loss->ids));
}

std::size_t Client::unconfirmed() const {
  return impl_->sender().unconfirmed();
}

}  // namespace action
