#include "poller/delivery/tracer.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/clock.hpp"
#include "client/trace.hpp"

namespace actiond {
namespace {

using Json = nlohmann::json;

constexpr int kConsumer = 5;                   // SPAN_KIND_CONSUMER
constexpr int kError = 2;                      // STATUS_CODE_ERROR
constexpr std::chrono::minutes kQuietTime{1};  // between two lines about a file that takes nothing

Json text_attribute(const char* key, std::string_view value) {
  return {{"key", key}, {"value", {{"stringValue", value}}}};
}

// OTLP's JSON has 64-bit numbers as text.
Json number_attribute(const char* key, std::int64_t value) {
  return {{"key", key}, {"value", {{"intValue", std::to_string(value)}}}};
}

bool is_failure(Ending ending) {
  return ending != Ending::Done && ending != Ending::Halted && ending != Ending::Snoozed;
}

// "amqp://…" is RabbitMQ's, "sqlite:…" tells by itself.
std::string system_of(const Config& config) {
  const std::string& address = config.brokers.front();
  return address.starts_with("amqp") ? "rabbitmq" : address.substr(0, address.find(':'));
}

Json attributes_of(const Delivery& delivery, Settlement settlement, const Config& config) {
  const Message& message = delivery.message;
  const Ending ending = delivery.outcome.ending;
  const bool is_retried = settlement == Settlement::Retry;  // then its trail tells of the next one
  Json attributes = {
      text_attribute("messaging.system", system_of(config)),
      text_attribute("messaging.operation.type", "process"),
      text_attribute("messaging.operation.name", "process"),
      text_attribute("messaging.destination.name",
                     fmt::format("{}.{}", config.application, delivery.queue_name)),
      text_attribute("messaging.message.id", message.id),
      text_attribute("action_event.event", message.event),
      text_attribute("action_event.outcome", name(ending)),
      text_attribute("action_event.plugin", delivery.plugin),
      text_attribute("action_event.plugin_set", delivery.plugin_set),
      number_attribute("action_event.attempt", message.trail.attempt - (is_retried ? 1 : 0))};
  if (is_failure(ending)) attributes.push_back(text_attribute("error.type", name(ending)));
  return attributes;
}

Json span_of(const Delivery& delivery, Settlement settlement, const Config& config) {
  const RunTrace& trace = delivery.trace;
  const std::int64_t end_ns = trace.ended_at_ms * 1'000'000;
  Json span = {{"traceId", action::trace_id(trace.context)},
               {"spanId", action::span_id(trace.context)},
               {"name", fmt::format("process {}", delivery.queue_name)},
               {"kind", kConsumer},
               {"startTimeUnixNano", std::to_string(end_ns - delivery.outcome.duration.count())},
               {"endTimeUnixNano", std::to_string(end_ns)},
               {"attributes", attributes_of(delivery, settlement, config)}};
  if (!trace.parent_span.empty()) span["parentSpanId"] = trace.parent_span;
  if (!delivery.message.trace_state.empty()) span["traceState"] = delivery.message.trace_state;
  if (is_failure(delivery.outcome.ending))
    span["status"] = {{"code", kError}, {"message", delivery.outcome.reason}};
  return span;
}

}  // namespace

std::string otlp_line(const Delivery& delivery, Settlement settlement, const Config& config,
                      const std::string& poller) {
  const Json resource = {{"attributes",
                          {text_attribute("service.name", config.application),
                           text_attribute("service.instance.id", poller)}}};
  const Json scope_spans = {{"scope", {{"name", "actiond"}}},
                            {"spans", Json::array({span_of(delivery, settlement, config)})}};
  const Json line = {
      {"resourceSpans",
       Json::array({{{"resource", resource}, {"scopeSpans", Json::array({scope_spans})}}})}};
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Tracer::Tracer(const Config& config, Log& log, std::string poller)
    : config_(config), log_(log), poller_(std::move(poller)) {
  if (config.trace_file.empty()) return;
  // A line that is lost is lost to the collector, which reads nothing but spans there.
  sink_.emplace(config.trace_file,
                [this](fmt::memory_buffer&, std::uint64_t lost, const std::string& why) {
                  lost_ += lost;
                  why_lost_ = why;
                });
  if (const auto opened = sink_->open(); !opened) {
    log_.error("no spans are written: {}", opened.error().text);
    sink_.reset();
  }
}

Tracer::~Tracer() {
  sink_.reset();  // writes what is left, or has it lost
  tell_lost();
}

void Tracer::begin(Delivery& delivery) const {
  const std::string& parent = delivery.message.trace_parent;
  if ((parent.empty() && !sink_) || delivery.is_dying) return;
  if (parent.empty())
    delivery.trace.parent_span.clear();
  else
    delivery.trace.parent_span = action::span_id(parent);
  action::new_span(parent, delivery.trace.context);
}

void Tracer::ended(Delivery& delivery) {
  if (!delivery.trace.context.empty()) delivery.trace.ended_at_ms = wall_now_ms();
}

void Tracer::settled(const Delivery& delivery, Settlement settlement) {
  if (!sink_ || delivery.trace.context.empty() || delivery.trace.ended_at_ms == 0) return;
  sink_->add(otlp_line(delivery, settlement, config_, poller_));
}

void Tracer::flush(MonotonicTime now) {
  if (!sink_) return;
  sink_->flush();
  if (lost_ == 0 || (told_at_ && now - *told_at_ < kQuietTime)) return;
  told_at_ = now;
  tell_lost();
}

void Tracer::tell_lost() {
  if (lost_ == 0) return;
  log_.warning("{} span{} lost: {}", lost_, lost_ == 1 ? " was" : "s were", why_lost_);
  lost_ = 0;
}

void Tracer::reopen_if_moved() {
  if (!sink_ || !sink_->has_moved()) return;
  if (const auto opened = sink_->open(); !opened)
    log_.error("spans go on into the file that was moved: {}", opened.error().text);
}

}  // namespace actiond
