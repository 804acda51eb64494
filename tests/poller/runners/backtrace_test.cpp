#include "poller/runners/backtrace.hpp"

#include <doctest/doctest.h>

using namespace actiond;

TEST_CASE("backtrace: a frame is a file, a function and an offset") {
  CHECK(readable_backtrace("/run/x/mail.so(_ZN4Mail4sendEv+0x1c)[0x7f01]\n") ==
        "mail.so: Mail::send()+0x1c");
  CHECK(readable_backtrace("/lib/libc.so.6(abort+0xd3)[0x7f01]\n./mail.so(+0x1139)[0x7f02]\n") ==
        "libc.so.6: abort+0xd3\nmail.so: +0x1139");
}

TEST_CASE("backtrace: what is no frame stays as it is") {
  CHECK(readable_backtrace("") == "");
  CHECK(readable_backtrace("[0x7f01]\n)(\n") == "[0x7f01]\n)(");
  CHECK(readable_backtrace("mail.so(") == "mail.so(");
}
