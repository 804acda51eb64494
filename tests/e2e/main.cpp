#define DOCTEST_CONFIG_IMPLEMENT
#include "rabbit.hpp"
#include "skipping.hpp"

int main(int argc, char** argv) {
  const int status = skipping::run_tests(argc, argv);
  rabbit::remove();
  return status;
}
