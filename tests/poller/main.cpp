#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>

#include "runner/runner.hpp"
#include "wire/runner_descriptors.hpp"

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], actiond::kRunnerRole) == 0)
    return actiond::run_runner(std::atoi(argv[2]));
  return doctest::Context(argc, argv).run();
}
