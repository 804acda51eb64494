#include "poller/life/terminal.hpp"

#include <fcntl.h>
#include <signal.h>

#include "base/fd.hpp"

namespace actiond {
namespace {

// The controlling terminal, wherever input and output lead; after a hang-up it can't be opened.
bool can_open_terminal() {
  return static_cast<bool>(UniqueFd(::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)));
}

bool is_hangup_ignored() {
  struct sigaction action {};
  return ::sigaction(SIGHUP, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

Terminal::Terminal() : is_there_(can_open_terminal()), ignored_hangup_(is_hangup_ignored()) {}

bool Terminal::has_hung_up() const {
  return is_there_ && !ignored_hangup_ && !can_open_terminal();
}

}  // namespace actiond
