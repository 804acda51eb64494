// The client library as scripts/bench measures it, with whichever broker.
//
//   client MODE ADDRESS APPLICATION COUNT
//     post   queues COUNT events "bench" with params BODY (standard input), pipelined
//     each   the same, each confirmed before the next
//     ping   queues one "latency" every 5 ms, each confirmed, with the time for SENT_US in BODY
// Prints {"events", "seconds"}.
#include <action/client.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <thread>

namespace {

using Clock = std::chrono::steady_clock;

long now_us() {
  return static_cast<long>(Clock::now().time_since_epoch() / std::chrono::microseconds(1));
}

void post(action::Client& client, int count, const nlohmann::json& params) {
  const auto began = Clock::now();
  for (int i = 0; i < count; ++i) client.post("bench", params);
  client.flush();
  std::printf("{\"events\": %d, \"seconds\": %.6f}\n", count,
              std::chrono::duration<double>(Clock::now() - began).count());
}

void each(action::Client& client, int count, const nlohmann::json& params) {
  const auto began = Clock::now();
  for (int i = 0; i < count; ++i) client.queue_action_event("bench", params);
  std::printf("{\"events\": %d, \"seconds\": %.6f}\n", count,
              std::chrono::duration<double>(Clock::now() - began).count());
}

void ping(action::Client& client, int count, nlohmann::json params) {
  for (int i = 0; i < count; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    params["sent_us"] = now_us();
    client.queue_action_event("latency", params);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5)
    return std::fprintf(stderr, "usage: client post|each|ping ADDRESS APPLICATION COUNT\n");
  const std::string mode = argv[1];
  action::Client client(argv[2], {.application = argv[3]});
  const std::string body(std::istreambuf_iterator<char>(std::cin), {});
  const auto params = nlohmann::json::parse(body);
  if (mode == "post") post(client, std::atoi(argv[4]), params);
  if (mode == "each") each(client, std::atoi(argv[4]), params);
  if (mode == "ping") ping(client, std::atoi(argv[4]), params);
}
