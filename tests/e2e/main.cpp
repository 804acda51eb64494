#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "rabbit.hpp"

int main(int argc, char** argv) {
  const int status = doctest::Context(argc, argv).run();
  rabbit::remove();
  return status;
}
