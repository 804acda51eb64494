// What any client could send to the broker: the encoded properties of a message; what is read of
// them must be such that it can be sent on.
#include "client/rabbitmq/properties.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  amqp_pool_t pool;
  init_amqp_pool(&pool, 4096);
  const amqp_bytes_t raw{size, const_cast<std::uint8_t*>(data)};
  void* decoded = nullptr;
  if (amqp_decode_properties(AMQP_BASIC_CLASS, &pool, raw, &decoded) == AMQP_STATUS_OK) {
    action::Message message;
    action::read_properties(*static_cast<amqp_basic_properties_t*>(decoded), raw, message);
    ++message.trail.attempt;
    action::PropertiesBuilder builder;
    const auto& built = builder.build(message);
    std::string encoded(200000, '\0');
    if (amqp_encode_properties(AMQP_BASIC_CLASS, const_cast<amqp_basic_properties_t*>(&built),
                               {encoded.size(), encoded.data()}) < 0)
      __builtin_trap();
  }
  empty_amqp_pool(&pool);
  return 0;
}
