// actiond-runner POLLER VERSION: started by pollers, with the descriptors of
// wire/runner_descriptors.hpp.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "runner/runner.hpp"
#include "wire/runner_descriptors.hpp"
#include "wire/version.hpp"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("actiond-runner: this is a part of actiond, which starts it by itself\n", stderr);
    return 2;
  }
  if (std::strcmp(argv[2], actiond::wire_version()) != 0) return actiond::kOtherVersionStatus;
  return actiond::run_runner(static_cast<pid_t>(std::atoi(argv[1])));
}
