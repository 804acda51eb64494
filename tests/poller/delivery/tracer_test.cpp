#include "poller/delivery/tracer.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "../log_scene.hpp"
#include "client/trace.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

constexpr const char* kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

struct TracerScene : LogScene {
  Config config;
  Delivery delivery;

  TracerScene() {
    config.application = "shop";
    delivery.message.event = "mail";
    delivery.message.id = "7";
    delivery.queue_name = "high";
    delivery.run = 1;
  }
  std::string file() const { return std::string(directory) + "/spans.json"; }
  std::string written() const {
    std::ifstream in(file());
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

std::string attribute(const nlohmann::json& span, const std::string& key) {
  for (const auto& each : span.at("attributes"))
    if (each.at("key") == key) return each.at("value").begin()->get<std::string>();
  return {};
}

}  // namespace

TEST_CASE("tracer: without a trace, and without a file, nothing is noted") {
  TracerScene scene;
  Tracer tracer(scene.config, scene.log, "box/1");
  tracer.begin(scene.delivery);
  Tracer::ended(scene.delivery);
  CHECK(scene.delivery.trace.context.empty());
  CHECK(scene.delivery.trace.ended_at_ms == 0);
}

TEST_CASE("tracer: a run is a span of the event's trace; its on_dead is none of its own") {
  TracerScene scene;
  scene.delivery.message.trace_parent = kParent;
  Tracer tracer(scene.config, scene.log, "box/1");
  tracer.begin(scene.delivery);
  const std::string context = scene.delivery.trace.context;
  CHECK(action::trace_id(context) == action::trace_id(kParent));
  CHECK(action::span_id(context) != action::span_id(kParent));
  CHECK(scene.delivery.trace.parent_span == action::span_id(kParent));
  scene.delivery.is_dying = true;
  tracer.begin(scene.delivery);
  CHECK(scene.delivery.trace.context == context);
}

TEST_CASE("tracer: a span is a line of OTLP's JSON") {
  TracerScene scene;
  scene.config.trace_file = scene.file();
  scene.delivery.message.trace_parent = kParent;
  scene.delivery.message.trail.attempt = 3;  // the next one
  Tracer tracer(scene.config, scene.log, "box/1");
  tracer.begin(scene.delivery);
  scene.delivery.outcome = {Ending::Failed, "no address\xFF", {}, 1500us};
  Tracer::ended(scene.delivery);
  tracer.settled(scene.delivery, Settlement::Retry);
  tracer.flush();
  const auto resource = nlohmann::json::parse(scene.written()).at("resourceSpans").at(0);
  const auto& span = resource.at("scopeSpans").at(0).at("spans").at(0);
  CHECK(attribute(resource.at("resource"), "service.name") == "shop");
  CHECK(attribute(resource.at("resource"), "service.instance.id") == "box/1");
  CHECK(span.at("traceId") == std::string(action::trace_id(kParent)));
  CHECK(span.at("parentSpanId") == "b7ad6b7169203331");
  CHECK(span.at("name") == "process high");
  CHECK(span.at("kind") == 5);
  CHECK(attribute(span, "messaging.system") == "rabbitmq");
  CHECK(attribute(span, "messaging.destination.name") == "shop.high");
  CHECK(attribute(span, "messaging.message.id") == "7");
  CHECK(attribute(span, "action_event.attempt") == "2");
  CHECK(attribute(span, "error.type") == "failed");
  CHECK(span.at("status").at("code") == 2);
  const auto ns = [&](const char* key) { return std::stoll(span.at(key).get<std::string>()); };
  CHECK(ns("endTimeUnixNano") - ns("startTimeUnixNano") == 1'500'000);
}

TEST_CASE("tracer: where spans are written, an event without a trace begins one") {
  TracerScene scene;
  scene.config.trace_file = scene.file();
  Tracer tracer(scene.config, scene.log, "box/1");
  tracer.begin(scene.delivery);
  CHECK(action::is_trace_parent(scene.delivery.trace.context));
  CHECK(scene.delivery.trace.parent_span.empty());
}

TEST_CASE("tracer: spans that can't be written are a sum in the log, once a minute") {
  TracerScene scene;
  scene.config.trace_file = "/dev/full";
  const MonotonicTime begun{1h};
  {
    Tracer tracer(scene.config, scene.log, "box/1");
    tracer.begin(scene.delivery);
    Tracer::ended(scene.delivery);
    for (const auto at : {0s, 1s, 59s, 60s, 61s, 62s}) {
      for (int i = 0; i < 2; ++i) tracer.settled(scene.delivery, Settlement::Acknowledge);
      tracer.flush(begun + at);
    }
    CHECK(scene.times_logged("2 spans were lost: can't write '/dev/full': ") == 1);
    CHECK(scene.times_logged("6 spans were lost: ") == 1);
    CHECK(scene.times_logged(" lost: ") == 2);
  }
  CHECK(scene.times_logged("4 spans were lost: ") == 1);
}

TEST_CASE("tracer: a file that can't be opened is logged, and costs no event") {
  TracerScene scene;
  scene.config.trace_file = "/nowhere/spans.json";
  Tracer tracer(scene.config, scene.log, "box/1");
  tracer.begin(scene.delivery);
  tracer.settled(scene.delivery, Settlement::Acknowledge);
  tracer.flush();
  CHECK(scene.logged().find("no spans are written: ") != std::string::npos);
}
