#include "base/fd.hpp"

#include <unistd.h>

#include <cstring>
#include <string>

namespace actiond {

void UniqueFd::reset(int fd) {
  if (fd_ >= 0 && fd_ != fd) {
    const int kept = errno;
    ::close(fd_);  // not again on EINTR: Linux has freed the number by then
    errno = kept;
  }
  fd_ = fd;
}

Error errno_error(std::string_view verb, std::string_view object, int number) {
  std::string text = "can't ";
  text += verb;
  if (!object.empty()) text.append(" '").append(object).append("'");
  return {text + ": " + std::strerror(number)};
}

}  // namespace actiond
