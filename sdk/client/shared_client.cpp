// The client of the whole process, made from its environment; behind action::queue_action_event.
#include <pthread.h>

#include <action/client.hpp>
#include <cstdlib>
#include <memory>
#include <mutex>

namespace action {
namespace {

std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != 0 ? value : otherwise;
}

QueueType queue_type() {
  const std::string type = environment("ACTION_QUEUE_TYPE", "classic");
  if (type == "classic") return QueueType::Classic;
  if (type == "quorum") return QueueType::Quorum;
  throw ClientError("ACTION_QUEUE_TYPE must be classic or quorum");
}

Client client_of_environment() {
  const std::string broker = environment("ACTION_BROKER", "");
  if (broker.empty())
    throw ClientError(
        "ACTION_BROKER is not set: set it to the broker's URL, as in "
        "amqp://user:password@host:5672/%2f");
  ClientOptions options;
  options.application = environment("ACTION_APPLICATION", options.application.c_str());
  options.default_queue = environment("ACTION_DEFAULT_QUEUE", options.default_queue.c_str());
  options.queue_type = queue_type();
  return Client(broker, options);
}

struct Shared {
  std::mutex mutex;
  std::unique_ptr<Client> client;  // null before the first event, and after exit began
};

// Never destroyed: destructors of statics may queue events as well.
Shared& shared() {
  static auto* const instance = new Shared;
  return *instance;
}

// A child must not find the mutex held by a thread that it does not have; and the broker likes a
// goodbye.
void prepare_process() {
  ::pthread_atfork([] { shared().mutex.lock(); }, [] { shared().mutex.unlock(); },
                   [] { shared().mutex.unlock(); });
  std::atexit([] {
    std::lock_guard lock(shared().mutex);
    shared().client.reset();
  });
}

}  // namespace

std::string detail::queue_by_shared_client(const QueueRequest& request) {
  static std::once_flag prepared;
  std::call_once(prepared, prepare_process);
  std::lock_guard lock(shared().mutex);
  if (shared().client == nullptr)
    shared().client = std::make_unique<Client>(client_of_environment());
  return shared().client->queue_text(request);
}

std::string detail::queue_by_shared_client(std::string_view event, std::string_view params,
                                           std::string_view queue, std::chrono::milliseconds delay,
                                           std::string_view trace_parent,
                                           std::string_view trace_state) {
  return queue_by_shared_client({.event = event,
                                 .params = params,
                                 .queue = queue,
                                 .delay = delay,
                                 .trace_parent = trace_parent,
                                 .trace_state = trace_state});
}

std::string detail::queue_by_shared_client(std::string_view event, std::string_view params,
                                           std::string_view queue,
                                           std::chrono::milliseconds delay) {
  return queue_by_shared_client(event, params, queue, delay, {}, {});
}

}  // namespace action
