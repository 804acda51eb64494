// Runs as spans of the traces that their events belong to. With `trace: {file: …}` each span is
// also written, as a line of OTLP's JSON (opentelemetry-proto, trace/v1), which the OpenTelemetry
// collector's otlpjsonfile receiver reads; events that belong to no trace begin one then.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/config/config.hpp"
#include "base/log.hpp"
#include "base/log_sink.hpp"
#include "poller/delivery/delivery.hpp"

namespace actiond {

class Tracer {
 public:
  // `poller` is its name. Both must outlive it. A file that can't be opened is logged, and nothing
  // is written.
  Tracer(const Config& config, Log& log, std::string poller);
  // Logs what is lost and not said yet.
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // It is handed to a runner: its run has a span now, unless it belongs to no trace and none is
  // written. Allocates nothing without a trace.
  void begin(Delivery& delivery) const;
  // Its run has ended.
  static void ended(Delivery& delivery);
  // It has its end: collects the span of its run.
  void settled(const Delivery& delivery, Settlement settlement);
  // Writes what was collected, as far as there is room. Lost spans are logged as a sum, once a
  // minute at most.
  void flush(MonotonicTime now = monotonic_now());
  // Opens the file anew if it was moved.
  void reopen_if_moved();

 private:
  void tell_lost();

  const Config& config_;
  Log& log_;
  std::string poller_;
  std::uint64_t lost_ = 0;  // and not yet logged
  std::string why_lost_;
  std::optional<MonotonicTime> told_at_;
  std::optional<LogSink> sink_;
};

// The span of a run as OTLP's JSON, with the end of the line. The delivery must have one.
std::string otlp_line(const Delivery& delivery, Settlement settlement, const Config& config,
                      const std::string& poller);

}  // namespace actiond
