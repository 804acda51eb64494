#include "wire/version.hpp"

namespace actiond {

const char* wire_version() {
  return ACTIOND_WIRE_VERSION;
}

}  // namespace actiond
