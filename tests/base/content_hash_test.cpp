#include "base/content_hash.hpp"

#include <doctest/doctest.h>

#include "scene.hpp"

using namespace actiond;

TEST_CASE("content hash: is the head of the file's SHA-256") {
  const test::Scene scene;
  CHECK(*content_hash(scene.write("file", "abc")) == "ba7816bf8f01");
  const auto missing = content_hash("missing");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().text == "can't open 'missing': No such file or directory");
}
