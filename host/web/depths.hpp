// How many events waited in each queue, minute by minute of the last hour: no broker keeps that.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace actiond::web {

inline constexpr std::size_t kDepthMinutes = 60;

// Used by several threads.
class Depths {
 public:
  // `queues` as status --json has them. Of a minute the last counts.
  void note(const nlohmann::json& queues, std::int64_t now_ms);
  // Oldest first; null where nobody looked.
  nlohmann::json of_queue(const std::string& queue, std::int64_t now_ms) const;

 private:
  struct Minutes {
    std::array<std::int64_t, kDepthMinutes> minute{};  // since 1970, of each depth
    std::array<std::uint64_t, kDepthMinutes> depth{};
  };
  mutable std::mutex mutex_;
  std::map<std::string, Minutes> queues_;
};

}  // namespace actiond::web
