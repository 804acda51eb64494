// What an application includes to queue events from any C++ program; link with
// ActionEvent::client (libaction_client.so).
//
//   action::Client client("amqp://guest:guest@127.0.0.1:5672/%2f");
//   client.queue_action_event("send_email", {{"to", "ann@example.com"}}, {.queue = "high"});
//   client.queue_action_event("remind", {{"who", "ann"}}, {.in = std::chrono::hours(24)});
//
// Params are made text in this header, so the library and the program may use different versions
// of nlohmann::json.
#ifndef ACTION_CLIENT_HPP
#define ACTION_CLIENT_HPP

#include <action/queue_options.hpp>
#include <action/queue_type.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#define ACTION_CLIENT_API __attribute__((visibility("default")))

namespace action {

namespace detail {
// An event as the library is handed it. It grows at its end, and the library reads no further than
// `size` says.
struct QueueRequest {
  std::size_t size = sizeof(QueueRequest);
  std::string_view event, params, queue{};
  std::chrono::milliseconds delay{0};
  std::string_view trace_parent{}, trace_state{};
  std::chrono::milliseconds expires{0};
  std::string_view unique{};
  std::chrono::milliseconds unique_for{0};
};
ACTION_CLIENT_API std::string queue_by_shared_client(const QueueRequest& request);
// What programs call that were compiled with a header of before that.
ACTION_CLIENT_API std::string queue_by_shared_client(std::string_view event,
                                                     std::string_view params,
                                                     std::string_view queue,
                                                     std::chrono::milliseconds delay);
ACTION_CLIENT_API std::string queue_by_shared_client(
    std::string_view event, std::string_view params, std::string_view queue,
    std::chrono::milliseconds delay, std::string_view trace_parent, std::string_view trace_state);
}  // namespace detail

// An event was not queued, or is not known to be: what() is one sentence, without passwords.
class ACTION_CLIENT_API ClientError : public std::runtime_error {
 public:
  explicit ClientError(const std::string& sentence, std::vector<std::string> ids = {});
  ~ClientError() override;

  // The events that it is about, by their ids; empty if none had been made yet. One that was lost
  // with a connection may have been queued nevertheless.
  const std::vector<std::string>& ids() const noexcept { return ids_; }

 private:
  std::vector<std::string> ids_;
};

struct ClientOptions {
  std::string application = "action_event";   // as in the pollers' configuration
  std::string default_queue = "medium";       // for events that name no queue
  QueueType queue_type = QueueType::Classic;  // as in the pollers' configuration
  // The longest wait for the broker without any progress: to connect, to confirm, to reconnect,
  // to end an alarm.
  std::chrono::milliseconds timeout{10000};
  std::size_t window = 1000;  // how many events may be posted and not yet confirmed
};

// Queues events with publisher confirms, over one connection. Exchange and queues are declared
// before their first event, as the pollers do, so the pollers may come later.
//
// A lost connection is made again and what was not confirmed is sent again with the same id: at
// least once, so a duplicate is possible. A connection that the broker closed because the client
// was idle for longer than two heartbeats is noticed and made again before the next event is sent.
//
// Not thread-safe: one thread at a time. After a fork the child's copy makes its own connection
// and leaves what is unconfirmed to the parent. All members but the destructor throw ClientError.
class ACTION_CLIENT_API Client {
 public:
  // `broker` is the broker's URL, or several (a cluster's nodes) with spaces between, tried in
  // order; or "sqlite:FILE", a queue in a file, where what is posted is stored by the next flush or
  // some hundred events later. Connects only when the first event is queued. Throws if URL or
  // options are wrong.
  explicit Client(std::string_view broker, ClientOptions options = {});
  // Waits for the confirms of what was posted, up to `timeout`; says nothing of what was not
  // taken, so flush first.
  ~Client();
  // What was moved from can only be destroyed or assigned to.
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // Queues an event and returns its id (a UUID) once the broker has confirmed it; with `unique` the
  // id of the one that is there already, if that is so. `params` is an object. Blocks for a round
  // trip to the broker; throws if it is not confirmed.
  std::string queue_action_event(std::string_view event,
                                 const nlohmann::json& params = nlohmann::json::object(),
                                 const QueueOptions& options = {});

  // Sends an event without waiting for its confirm and returns its id: for many in a row. Blocks
  // only while `window` events are unconfirmed. Throws if this event can't be sent; those before
  // stay the client's. Call flush at the end, and before a pause.
  std::string post(std::string_view event, const nlohmann::json& params = nlohmann::json::object(),
                   const QueueOptions& options = {});

  // Returns once all that was posted is confirmed. Throws if some was not taken since the last
  // flush, or can't be confirmed, and tells how many and which; the client forgets those.
  void flush();

  // How many events were posted and are not yet known to be confirmed.
  [[nodiscard]] std::size_t unconfirmed() const;

 private:
  class Impl;
  friend std::string detail::queue_by_shared_client(const detail::QueueRequest&);

  std::string queue_text(const detail::QueueRequest& request);
  std::string post_text(const detail::QueueRequest& request);
  // What programs call that were compiled with a header of before that, and of before traces.
  std::string queue_text(std::string_view event, std::string_view params, std::string_view queue,
                         std::chrono::milliseconds delay, std::string_view trace_parent,
                         std::string_view trace_state);
  std::string post_text(std::string_view event, std::string_view params, std::string_view queue,
                        std::chrono::milliseconds delay, std::string_view trace_parent,
                        std::string_view trace_state);
  std::string queue_text(std::string_view event, std::string_view params, std::string_view queue,
                         std::chrono::milliseconds delay);
  std::string post_text(std::string_view event, std::string_view params, std::string_view queue,
                        std::chrono::milliseconds delay);

  std::unique_ptr<Impl> impl_;
};

namespace detail {

[[noreturn]] inline void refuse_params(std::string_view event, const std::string& why) {
  throw ClientError("the params of '" + std::string(event) + "' " + why);
}

// The JSON text of an event's params; null counts as an empty object.
inline std::string object_text(std::string_view event, const nlohmann::json& params) {
  if (params.is_null()) return "{}";
  if (!params.is_object())
    refuse_params(event,
                  std::string("must be a JSON object, as in {{\"to\", \"ann\"}}, not of type ") +
                      params.type_name());
  try {
    return params.dump();
  } catch (const nlohmann::json::exception& error) {
    refuse_params(event, std::string("can't be written as JSON: ") + error.what());
  }
}

// Its texts are the arguments'.
inline QueueRequest request_or_throw(std::string_view event, std::string_view params,
                                     const QueueOptions& options) {
  if (const char* problem = problem_with(options))
    throw ClientError("can't queue '" + std::string(event) + "': " + problem);
  QueueRequest request;
  request.event = event;
  request.params = params;
  request.queue = options.queue;
  request.delay = delay_of(options, std::chrono::system_clock::now());
  request.trace_parent = options.trace.parent;
  request.trace_state = options.trace.state;
  request.expires = options.expires;
  request.unique = options.unique;
  request.unique_for = options.unique_for;
  return request;
}

}  // namespace detail

inline std::string Client::queue_action_event(std::string_view event, const nlohmann::json& params,
                                              const QueueOptions& options) {
  const auto text = detail::object_text(event, params);
  return queue_text(detail::request_or_throw(event, text, options));
}

inline std::string Client::post(std::string_view event, const nlohmann::json& params,
                                const QueueOptions& options) {
  const auto text = detail::object_text(event, params);
  return post_text(detail::request_or_throw(event, text, options));
}

// event.hpp has one of these as well, by which a handler queues. Where both are included, in
// whatever order, that one is called: this one is a template for no other reason. A namespace of
// its own keeps the two apart where one program uses both, in different files.
inline namespace by_client {

// Queues an event by the client that the whole process shares, and returns its id once the broker
// has confirmed it. Any thread; one at a time sends. The client is made at the first call from
// $ACTION_BROKER (URLs with spaces between, or sqlite:FILE), $ACTION_APPLICATION,
// $ACTION_DEFAULT_QUEUE and $ACTION_QUEUE_TYPE (classic or quorum). Throws ClientError.
template <int = 0>
std::string queue_action_event(const std::string& event,
                               const nlohmann::json& params = nlohmann::json::object(),
                               const QueueOptions& options = {}) {
  const auto text = detail::object_text(event, params);
  return detail::queue_by_shared_client(detail::request_or_throw(event, text, options));
}

}  // namespace by_client

}  // namespace action

#endif
