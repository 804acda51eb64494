// What the broker has not answered in time, and may store yet. Whoever publishes such a message
// again stores it twice, so it is known by its id until its answer comes.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace actiond {

class LateAnswers {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Known { No, Awaited, Taken };

  // A message without an id is not known again.
  void await(std::uint64_t number, const std::string& id);
  // The answer to a publication, if it is one of them. What was refused may be published again.
  void settle(std::uint64_t number, bool is_taken, Time now);
  // Told as taken once: whoever asks is done with it.
  Known ask(const std::string& id);
  // Of what nobody has asked for in a while.
  void forget(Time now);

 private:
  std::map<std::uint64_t, std::string> ids_;      // by publications' numbers
  std::map<std::string, std::uint64_t> awaited_;  // and the other way round
  std::map<std::string, Time> taken_;             // since when
};

}  // namespace actiond
