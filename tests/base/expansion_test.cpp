#include "base/config/expansion.hpp"

#include "scene.hpp"

using namespace actiond;
using actiond::test::Variable;

namespace {

std::string expanded(std::string_view text) {
  const auto result = expand_variables(text);
  return result.ok() ? *result : "refused: " + result.error().text;
}

}  // namespace

TEST_CASE("expansion: variables, defaults, escapes") {
  const Variable a("BASE_TEST_A", "one");
  const Variable b("BASE_TEST_B", "ends in $");
  const Variable empty("BASE_TEST_EMPTY", "");
  const Variable unset("BASE_TEST_UNSET", nullptr);
  const struct {
    std::string text;
    std::string expected;
  } rows[] = {
      {"", ""},
      {"plain $ text $A {x}", "plain $ text $A {x}"},
      {"${BASE_TEST_A}", "one"},
      {"<${BASE_TEST_A}${BASE_TEST_A}>", "<oneone>"},
      {"${BASE_TEST_B}${BASE_TEST_A}", "ends in $one"},
      {"${BASE_TEST_A:-two}", "one"},
      {"${BASE_TEST_UNSET:-two}", "two"},
      {"${BASE_TEST_UNSET:-a:-b}", "a:-b"},
      {"${BASE_TEST_UNSET:-}", ""},
      {"${BASE_TEST_EMPTY:-two}", "two"},
      {"${BASE_TEST_EMPTY}", ""},
      {"$${BASE_TEST_A}", "${BASE_TEST_A}"},
      {"$${", "${"},
      {"$$x", "$$x"},
      {"${BASE_TEST_UNSET}",
       "refused: the environment variable BASE_TEST_UNSET is not set: set it, or write "
       "${BASE_TEST_UNSET:-default}"},
  };
  for (const auto& row : rows) CHECK(expanded(row.text) == row.expected);
}

TEST_CASE("expansion: what is no reference is refused") {
  for (const char* text :
       {"${", "${A", "${}", "${9A}", "${A-B}", "${ A}", "${A:-${B}}", "${:-x}"}) {
    CAPTURE(text);
    CHECK(expanded(text).find("is not a variable: write ${NAME} or ${NAME:-default}, and $${ for a "
                              "literal ${") != std::string::npos);
  }
}

TEST_CASE("expansion: a variable that is not UTF-8 is refused, and not shown") {
  const Variable bad("BASE_TEST_BAD", "secret\xFF");
  CHECK(expanded("${BASE_TEST_BAD}") ==
        "refused: the environment variable BASE_TEST_BAD is not UTF-8 text");
}
