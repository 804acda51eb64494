// A broker that has forgotten a consumer, and is connected all the same: brokers were seen to do
// that after a partition. To the poller its queue looks empty.
#include "site.hpp"

namespace {

// Takes the queue's consumers away inside the broker; nobody is told. What is asked of the queue
// has another name since RabbitMQ 4.1, and what it doesn't know ends it.
std::string forget_consumers_of(const std::string& queue) {
  return R"({ok, Queue} = rabbit_amqqueue:lookup({resource, <<"/">>, queue, <<")" +
         rabbit::queue_name(queue) + R"(">>}),
    Request = case rabbit_misc:version_compare(rabbit_misc:version(), "4.1", lt) of
      true -> fun(Channel, Tag) -> {basic_cancel, Channel, Tag, undefined, <<"test">>} end;
      false -> fun(Channel, Tag) ->
        {stop_consumer, #{pid => Channel, consumer_tag => Tag, ok_msg => undefined,
                          user => <<"test">>}} end
    end,
    [gen_server2:call(amqqueue:get_pid(Queue), Request(element(1, C), element(2, C)), infinity)
     || C <- rabbit_amqqueue:consumers(Queue)].)";
}

}  // namespace

TEST_CASE("silence: a consumer that the broker has forgotten is made anew within a minute (slow)") {
  NEEDS_NODE();
  Site site("", {"recorder"});
  site.start();
  CHECK(wait_until([] { return rabbit::consumers("medium") == 1; }));
  site.rabbitmq({"ctl", "eval", forget_consumers_of("medium")});
  REQUIRE(rabbit::consumers("medium") == 0);
  rabbit::queue("record", site.params("ran", R"("text": "x")"));
  CHECK(
      site.wait_for_log("the broker delivered nothing for 60 s though a queue had events", 1, 80s));
  CHECK(site.wait_for_lines("ran", 1));
  // RabbitMQ 3.10 answers to the cancelling of what it has forgotten by closing the connection
  // (541).
  CHECK(wait_until([] { return rabbit::consumers("medium") == 1; }));
  rabbit::queue("record", site.params("ran", R"("text": "y")"));
  CHECK(site.wait_for_lines("ran", 2));
}
