#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "client/link.hpp"

namespace actiond {

// See missing_rights. What is tried changes nothing.
Result<std::vector<std::string>> missing_rights_in_database(const action::Link::Target& target,
                                                            bool has_cron,
                                                            std::chrono::milliseconds timeout);

}  // namespace actiond
