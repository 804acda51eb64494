#include "base/config.hpp"

namespace actiond {

Result<Config> load_config(const ConfigSource&) {
  return Config{};
}

}  // namespace actiond
