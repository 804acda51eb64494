// The names under which the page answers. A page of another site may let its own name lead to this
// machine (DNS rebinding); what it asks has that name in its Host.
#pragma once

#include <string>
#include <vector>

#include "web/listen_address.hpp"

namespace actiond::web {

class HostList {
 public:
  // The addresses that it listens on, this machine's own names, and `further` ones: "NAME" with any
  // port, or "NAME:PORT".
  HostList(const std::vector<ListenAddress>& addresses, const std::vector<std::string>& further);

  // `host` as the header Host has it.
  bool allows(const std::string& host) const;

 private:
  std::vector<std::string> names_;  // in small letters, with or without a port
};

}  // namespace actiond::web
