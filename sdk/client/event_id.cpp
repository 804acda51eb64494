#include "client/event_id.hpp"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

namespace action {

std::string new_event_id() {
  thread_local boost::uuids::random_generator generate;
  return to_string(generate());
}

}  // namespace action
