// What others may ask of pollers over the broker: `remote:` and `remote_secret:`.
#pragma once

#include <string>

namespace actiond {

enum class Remote { None, Status, Full };

struct RemoteConfig {
  Remote allows = Remote::Status;
  // By which commands are sealed; empty with Full: `remote_secret: none`, they need no seal.
  std::string secret;

  bool operator==(const RemoteConfig&) const = default;
};

}  // namespace actiond
