// Any bytes into the page's server, whole and in two parts: they are a request or are refused, both
// ways alike, and whoever asks without a login gets nothing but the door.
#include <filesystem>

#include "fuzz.hpp"
#include "web/request_reader.hpp"
#include "web/response_text.hpp"
#include "web/router.hpp"

using namespace actiond;
using namespace actiond::web;

namespace {

// Neither is ever destroyed: threads look at the configuration until the process ends.
Router& router() {
  static auto& config = *new Config;
  static const bool is_configured = [] {
    config.run_dir = std::filesystem::temp_directory_path() / "actiond-fuzz-without-pollers";
    config.brokers = {"sqlite:" + (config.run_dir / "queue.db").native()};
    return true;
  }();
  static auto* const made =
      new Router(config, HostList({}, {"page"}), "the secret", "1.0",
                 [](std::chrono::milliseconds, const std::function<void()>&) {});
  if (!is_configured) __builtin_trap();
  return *made;
}

void answer(Request request) {
  request.peer = "1.2.3.4";
  const bool has_body = request.method != "HEAD";
  router().handle(request, [has_body](const Response& response) {
    const bool is_known = response.status >= 200 && response.status < 600;
    const auto text = to_text(response, 0, true, has_body);
    if (!is_known || text.find("\r\n\r\n") == std::string::npos) __builtin_trap();
  });
}

// How many requests there were, and the status of the refusal, if that was the end.
std::pair<int, int> read_all(std::string_view first, std::string_view second, bool is_answered) {
  RequestReader reader;
  int requests = 0;
  for (const auto part : {first, second}) {
    auto state = reader.feed(part);
    for (; state == RequestReader::State::Ready; state = reader.feed({})) {
      auto request = reader.take_request();
      if (is_answered) answer(std::move(request));
      ++requests;
    }
    if (state == RequestReader::State::Refused) return {requests, reader.refusal().status};
  }
  return {requests, 0};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 200'000) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto whole = read_all(text, {}, true);
  const auto cut = 1 + data[0] % size;
  const auto parts = read_all(text.substr(0, cut), text.substr(cut), false);
  if (whole.first != parts.first && whole.second == 0 && parts.second == 0) __builtin_trap();
  return 0;
}
