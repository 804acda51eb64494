#include "runner/own_descriptor.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "wire/progress.hpp"

using namespace actiond;

TEST_CASE("own descriptor: it moves high and is closed by exec") {
  const int low = ::open("/dev/null", O_WRONLY);
  const auto own = OwnDescriptor::adopt(low);
  REQUIRE(own.ok());
  const UniqueFd closer(own->number());
  CHECK(own->number() > 100);
  CHECK(::fcntl(own->number(), F_GETFD) == FD_CLOEXEC);
  CHECK(::fcntl(low, F_GETFD) == -1);
  CHECK(own->is_still_ours());
  CHECK_FALSE(OwnDescriptor::adopt(low).ok());
}

TEST_CASE("own descriptor: one that was closed or replaced is no longer ours") {
  int pair[2], other[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, other) == 0);
  const UniqueFd peer(pair[1]), first(other[0]), second(other[1]);
  const auto own = OwnDescriptor::at(pair[0]);
  CHECK(own.is_still_ours());
  ::dup2(first.get(), pair[0]);
  CHECK_FALSE(own.is_still_ours());
  ::close(pair[0]);
  CHECK_FALSE(own.is_still_ours());
}
