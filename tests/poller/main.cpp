#define DOCTEST_CONFIG_IMPLEMENT
#include "skipping.hpp"

int main(int argc, char** argv) {
  return skipping::run_tests(argc, argv);
}
