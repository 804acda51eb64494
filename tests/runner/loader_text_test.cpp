#include "runner/loader_text.hpp"

#include <doctest/doctest.h>

using namespace actiond;

namespace {

std::string explained(const std::string& message, const std::vector<SharedName>& taken = {}) {
  // As Boost 1.74 wraps it.
  return explain_dlopen("/p/mail.so",
                        "boost::dll::shared_library::load() failed (dlerror system message: " +
                            message + "): Bad file descriptor",
                        taken);
}

const std::vector<SharedName> kTaken{{"libspoken.so", "/p/a/libspoken.so", "/p/b/libspoken.so"}};

}  // namespace

TEST_CASE("loader: each of its messages becomes what to do") {
  CHECK(explained("libfoo.so.1: cannot open shared object file: No such file or directory") ==
        "can't be loaded: it needs libfoo.so.1, which is not there: install the package that has "
        "it, or bring it along (linked with -Wl,-rpath,'$ORIGIN')");
  CHECK(explained("/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by "
                  "/p/mail.so)") ==
        "can't be loaded: it needs GLIBC_2.38, and libc.so.6 is older here: build it on the oldest "
        "system that it is to run on");
  CHECK(explained("/p/libfoo.so.1: cannot allocate memory in static TLS block") ==
        "can't be loaded: libfoo.so.1 needs more static TLS than is left: start actiond with "
        "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384 in its environment, or build it "
        "without -ftls-model=initial-exec");
  CHECK(explained("/p/mail.so: undefined symbol: smtp_open") ==
        "can't be loaded: undefined symbol: smtp_open: link what it needs (-Wl,-z,defs shows it at "
        "build time)");
  CHECK(explained("/p/mail.so: invalid ELF header") == "can't be loaded: invalid ELF header");
}

TEST_CASE("loader: a missing symbol names the file that took a library's name") {
  CHECK(
      explained("/p/mail.so: undefined symbol: spoken_v2", kTaken) ==
      "can't be loaded: undefined symbol: spoken_v2: its libspoken.so is /p/a/libspoken.so, which "
      "another plugin has loaded: build both with one version of it, or give one another SONAME");
}

TEST_CASE(
    "loader: a plugin that gets another's library is warned of, one that brings none is not") {
  CHECK(warning_of("/p/b/mail.so", kTaken) ==
        "plugin mail.so gets libspoken.so from /p/a/libspoken.so, which another plugin has loaded, "
        "and not its own /p/b/libspoken.so: build both with one version of it, or give one another "
        "SONAME");
  CHECK(warning_of("/p/b/mail.so", {{"libspoken.so", "/p/a/libspoken.so", ""}}).empty());
  CHECK(warning_of("/p/b/mail.so", {}).empty());
}
