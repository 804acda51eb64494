#include "poller/watch.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <optional>

#include "../base/allocations.hpp"
#include "base/fd.hpp"

using namespace actiond;

TEST_CASE("watch: wakes the loop when there is something to read, until it is armed again") {
  boost::asio::io_context io;
  const UniqueFd event(::eventfd(0, EFD_NONBLOCK));
  Watch watch(io, event.get());
  CHECK(watch.has_fired());
  watch.arm();
  io.poll();
  CHECK_FALSE(watch.has_fired());
  REQUIRE(::eventfd_write(event.get(), 1) == 0);
  io.poll();
  CHECK(watch.has_fired());
  watch.arm();  // nobody has read it: it wakes at once
  io.restart();
  io.poll();
  CHECK(watch.has_fired());
}

TEST_CASE("watch: one that rests wakes nobody until it is armed again") {
  boost::asio::io_context io;
  const UniqueFd event(::eventfd(0, EFD_NONBLOCK));
  Watch watch(io, event.get());
  watch.arm();
  watch.rest();
  io.poll();
  CHECK(watch.has_fired());  // so whoever is awake looks
  REQUIRE(::eventfd_write(event.get(), 1) == 0);
  io.restart();
  CHECK(io.poll() == 0);
  watch.arm();
  io.restart();
  CHECK(io.poll() > 0);
  CHECK(watch.has_fired());
}

TEST_CASE("watch: wakes the loop when more can be written") {
  boost::asio::io_context io;
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
  const UniqueFd full(ends[0]), reader(ends[1]);
  static std::array<char, 1 << 16> part;
  while (::send(full.get(), part.data(), part.size(), 0) > 0) continue;
  Watch watch(io, full.get());
  watch.arm_write();
  CHECK(io.poll() == 0);
  while (::recv(reader.get(), part.data(), part.size(), 0) > 0) continue;
  io.restart();
  CHECK(io.poll() == 1);
}

TEST_CASE("watch: one that is gone while it waits does no harm") {
  boost::asio::io_context io;
  const UniqueFd event(::eventfd(1, EFD_NONBLOCK));
  std::optional<Watch> watch(std::in_place, io, event.get());
  watch->arm();
  watch.reset();
  CHECK(io.poll() == 1);
}

TEST_CASE(
    "watch: a descriptor that it shares is open until both have let go of it, and not longer") {
  boost::asio::io_context io;
  auto owned = std::make_shared<const UniqueFd>(::eventfd(1, EFD_NONBLOCK));
  const int number = owned->get();
  std::optional<Watch> watch(std::in_place, io, owned);
  owned.reset();
  watch->arm();
  io.poll();
  CHECK(watch->has_fired());
  CHECK(::fcntl(number, F_GETFD) >= 0);
  watch.reset();
  CHECK(::fcntl(number, F_GETFD) < 0);
}

TEST_CASE("watch: a wake-up costs no allocation") {
  boost::asio::io_context io;
  const UniqueFd event(::eventfd(1, EFD_NONBLOCK));
  Watch watch(io, event.get());
  std::size_t before = 0;
  for (int i = 0; i < 100; ++i) {
    if (i == 1) before = test::allocations();
    watch.arm();
    io.restart();
    io.poll();
    REQUIRE(watch.has_fired());
  }
  CHECK(test::allocations() == before);
}
