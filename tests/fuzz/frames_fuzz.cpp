// What a runner, whose memory plugin code may have written over, could send to its poller.
#include <cstring>

#include "fuzz.hpp"
#include "wire/frames.hpp"
#include "wire/setup.hpp"

using namespace actiond;

namespace {

void decode_all(std::string_view payload) {
  (void)decode<SetupFrame>(payload);
  (void)decode<RunFrame>(payload);
  if (const auto ready = decode<ReadyFrame>(payload)) (void)report_from(ready->json);
  (void)decode<LoadingFrame>(payload);
  (void)decode<LogFrame>(payload);
  (void)decode<QueueFrame>(payload);
  (void)decode<OutcomeFrame>(payload);
  (void)report_from(payload);
  (void)setup_from(payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FrameBuffer buffer;
  while (size > 0) {
    const auto space = buffer.space();
    const std::size_t taken = std::min(space.size(), size);
    std::memcpy(space.data(), data, taken);
    buffer.commit(taken);
    data += taken;
    size -= taken;
    for (auto frame = buffer.next(); frame && *frame; frame = buffer.next())
      decode_all((*frame)->payload);
  }
  return 0;
}
