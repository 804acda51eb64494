// What is left out and shortened, so that properties fit into a frame.
#include <doctest/doctest.h>

#include <limits>
#include <map>

#include "properties_scene.hpp"

using namespace properties_scene;

TEST_CASE("properties: all of it fits into a frame, whatever a sender or a handler wrote") {
  const std::string long_text(300000, 'x');
  Message message = event();
  message.trail = {2, long_text, long_text, long_text, long_text, long_text, 1, 1, 1, 1};
  message.sender = long_text;
  PropertiesBuilder builder;
  CHECK(encoded(builder.build(message)).size() < 16384);

  Message large =
      received_with({text_entry("note", std::string_view(long_text).substr(0, 130000))});
  large.event = "send_email";
  CHECK(encoded(builder.build(large)).size() < 131064);
  CHECK(to_string(builder.build(large).type) == "send_email");
}

TEST_CASE("properties: where there is little room our own texts are the first to be shortened") {
  const std::string large(116000, 'x');
  amqp_basic_properties_t sent{};
  std::vector<amqp_table_entry_t> headers{text_entry("trace", "t-1"), text_entry("large", large)};
  sent._flags = AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG |
                AMQP_BASIC_REPLY_TO_FLAG | AMQP_BASIC_PRIORITY_FLAG;
  sent.headers = {static_cast<int>(headers.size()), headers.data()};
  sent.correlation_id = to_bytes("c-1");
  sent.reply_to = to_bytes("answers");
  sent.priority = 7;
  Message message = received(sent);
  message.event = "send_email";
  message.trail.attempt = 2;
  message.trail.error = std::string(4000, 'e');
  message.trail.backtrace = std::string(20000, 'b');
  struct Row {
    std::size_t frame_max;
    bool is_large_kept;
  };
  for (const Row row :
       {Row{131072, true}, Row{126000, true}, Row{120000, false}, Row{8192, false}}) {
    CAPTURE(row.frame_max);
    PropertiesBuilder builder(row.frame_max);
    const auto& built = builder.build(message);
    // what the broker notes of each delay fits beside it
    const std::size_t brokers = std::min<std::size_t>(8192, row.frame_max / 2);
    CHECK(encoded(built).size() <= row.frame_max - 20 - brokers);
    CHECK(to_string(built.correlation_id) == "c-1");
    CHECK(to_string(built.reply_to) == "answers");
    CHECK(built.priority == 7);
    const auto kept = names(built);
    CHECK(std::count(kept.begin(), kept.end(), "trace") == 1);
    CHECK(std::count(kept.begin(), kept.end(), "large") == row.is_large_kept);
    const auto again = received(built);
    CHECK(again.trail.attempt == 2);
    CHECK(!again.trail.error.empty());
    CHECK(again.trail.left_out == (row.is_large_kept ? "" : "large (116015 bytes)"));
  }
}

TEST_CASE("properties: a long error is cut between two characters") {
  Message message = event();
  message.trail.error = "x";
  for (int i = 0; i < 2000; ++i) message.trail.error += "ü";
  PropertiesBuilder builder;
  const std::string error = received(builder.build(message)).trail.error;
  CHECK(error.size() == 2047);
  CHECK(error.ends_with("ü"));
}
