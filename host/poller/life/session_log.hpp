// What a session has to say of its broker, each thing once: an outage, and again when its reason
// changes; its end; what the broker lacks.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"

namespace actiond {

class SessionLog {
 public:
  // `log` must outlive it.
  explicit SessionLog(Log& log) : log_(log) {}

  // That a connection was lost is not why none is to be had. `next` is what is done about it.
  void outage(const std::string& problem, std::string_view next);
  // Nothing, if there was no outage.
  void is_back(const std::string& broker);
  // Each of them once in this process, or every connection would say the same.
  void remarks(const std::vector<std::string>& remarks);
  // What the broker lacked was made anew, so what is said is another loss each time; or it could
  // not be looked at, and why.
  void tended(const Result<std::vector<std::string>>& tended);
  // Each of those that were not there when it was told last; or that there are none any more.
  void queue_problems(const std::vector<std::string>& problems);
  // A farewell that the broker may not have heard.
  void unheard(const std::string& why);

 private:
  Log& log_;
  std::string outage_;  // the last reason; empty: there is none
  std::string tend_problem_;
  std::set<std::string> remarks_;
  std::vector<std::string> queue_problems_;
};

}  // namespace actiond
