#include "base/seal.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace actiond;

namespace {

Sealed sealed_with(const std::string& secret) {
  Sealed sealed{R"({"command":"stop"})", "poller.box4.17", 1'700'000'000'000, "00ff"};
  sealed.mac = mac_of(sealed, secret);
  return sealed;
}

}  // namespace

TEST_CASE("seal: whoever has the secret finds it whole") {
  const auto sealed = sealed_with("a secret of some length");
  CHECK(sealed.mac.size() == 64);
  CHECK(is_sealed_with(sealed, "a secret of some length"));
  CHECK_FALSE(is_sealed_with(sealed, "another of some length"));
  CHECK_FALSE(is_sealed_with(sealed, ""));
}

TEST_CASE("seal: any change breaks it") {
  const auto whole = sealed_with("secret");
  std::vector<Sealed> changed(9, whole);
  changed[0].text = R"({"command":"quiet"})";
  changed[1].target = "all";
  ++changed[2].at_ms;
  changed[3].nonce = "00fe";
  changed[4].mac[63] = changed[4].mac[63] == '0' ? '1' : '0';
  changed[5].mac.clear();
  // A byte moves from one part into the next.
  changed[6].target = whole.target + "0";
  changed[6].nonce = whole.nonce.substr(1);
  changed[7].application = "another";
  changed[8].by = "somebody";
  for (const auto& each : changed) CHECK_FALSE(is_sealed_with(each, "secret"));
}

// python3 -c 'import hmac; print(hmac.new(b"key", b"2:hi3:all1:n0:0:5", "sha256").hexdigest())'
TEST_CASE("seal: as others compute it") {
  const Sealed sealed{"hi", "all", 5, "n"};
  CHECK(mac_of(sealed, "key") ==
        "106c680242aa0086e6dc1ef0e197e15e02f04ee3639d57930bad193b3b1d7b15");
}

TEST_CASE("seal: no nonce comes twice") {
  const auto nonce = new_nonce();
  CHECK(nonce.size() == 32);
  CHECK(nonce != new_nonce());
}
