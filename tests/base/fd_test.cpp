#include "base/fd.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <utility>

using namespace actiond;

namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}
UniqueFd open_null() {
  return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

}  // namespace

TEST_CASE("fd: closes when it ends") {
  int number = -1;
  {
    const UniqueFd fd = open_null();
    number = fd.get();
    CHECK(is_open(number));
  }
  CHECK_FALSE(is_open(number));
}

TEST_CASE("fd: a move leaves nothing behind, and closes what it replaces") {
  UniqueFd one = open_null();
  UniqueFd other = open_null();
  const int kept = one.get();
  const int replaced = other.get();
  other = std::move(one);
  CHECK_FALSE(is_open(replaced));
  CHECK(other.get() == kept);
  CHECK_FALSE(static_cast<bool>(one));
}

TEST_CASE("fd: closing leaves errno alone") {
  UniqueFd bad(1'000'000);
  errno = EAGAIN;
  bad.reset();
  CHECK(errno == EAGAIN);
}

TEST_CASE("fd: the sentence names the call, its object and the reason") {
  CHECK(errno_error("open", "/run/x", EACCES).text == "can't open '/run/x': Permission denied");
  errno = EAGAIN;
  CHECK(errno_error("fork").text == "can't fork: Resource temporarily unavailable");
}
