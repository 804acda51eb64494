// TLS to the broker, with a node of its own that has a certificate.
#include <fstream>

#include "site.hpp"

namespace {

// A certificate authority, a second one, and a certificate of the first for localhost.
const char* kCertificates = R"(
set -e
authority() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -keyout $1.key -out $1.pem
}
authority ours; authority theirs
openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr
printf 'subjectAltName=DNS:localhost\n' >server.ext
openssl x509 -req -in server.csr -CA ours.pem -CAkey ours.key -CAcreateserial -days 2 \
  -extfile server.ext -out server.pem
chmod 644 server.key
openssl pkey -in server.key -aes256 -passout pass:opened -out locked.key
)";

class TlsNode {
 public:
  explicit TlsNode(Site& site) : site_(site) {
    std::filesystem::create_directories(path("node"));
    run({"/bin/bash", "-c", "cd '" + path("") + "' && " + kCertificates});
    std::ofstream(path("node/advanced.config"))
        << "[{rabbit, [{ssl_listeners, [{\"127.0.0.1\", " << port() << "}]}, {ssl_options, ["
        << "{cacertfile, \"" << path("ours.pem") << "\"}, {certfile, \"" << path("server.pem")
        << "\"}, {keyfile, \"" << path("server.key") << "\"}, {verify, verify_none}]}]}].\n";
    run({RABBITMQ_SCRIPT, "--dir", path("node"), "start"});
  }
  ~TlsNode() {
    Process({RABBITMQ_SCRIPT, "--dir", path("node"), "stop", "--purge"}, path("output/stop"))
        .wait(60s);
  }

  std::string url(const std::string& query) const {
    return "amqps://guest:guest@localhost:" + std::to_string(port()) + "/%2f?" + query;
  }
  std::string path(const std::string& name) const { return site_.path(name); }

 private:
  static int port() { return 33000 + ::getpid() % 20000 / 10; }
  void run(const std::vector<std::string>& command) {
    const Ran ran = Process(command, path("output/tls")).wait(180s);
    REQUIRE_MESSAGE(ran.status == 0, ran.out, ran.err);
  }
  Site& site_;
};

}  // namespace

TEST_CASE("tls: the broker is verified, and a wrong certificate is refused with a sentence") {
  NEEDS_BROKER();
  Site site("", {"recorder"});
  const TlsNode node(site);

  site.configure("", node.url("cacertfile=" + node.path("ours.pem")));
  const Ran queued = site.actiond({"enqueue", "record", site.params("ran", R"("text": "x")")});
  CHECK_MESSAGE(queued.status == 0, queued.err);
  site.start();
  CHECK(site.wait_for_lines("ran", 1));

  site.configure("", node.url("cacertfile=" + node.path("theirs.pem")));
  const Ran refused = site.actiond({"enqueue", "record"});
  CHECK(refused.status == 1);
  CHECK(count_of(refused.err, "\n") == 1);
  CHECK(contains(refused.err, "certificate"));
  CHECK_FALSE(contains(refused.err, "guest:guest"));

  const std::string own = "cacertfile=" + node.path("ours.pem") +
                          "&certfile=" + node.path("server.pem") +
                          "&keyfile=" + node.path("locked.key");
  for (const char* password : {"", "&keypassword=guessed"}) {
    site.configure("", node.url(own + password));
    const Ran locked = site.actiond({"enqueue", "record"});
    CHECK(locked.status == 1);
    CHECK(contains(locked.err, "locked.key is encrypted"));
    CHECK_FALSE(contains(locked.err, "guessed"));
  }
  site.configure("", node.url(own + "&keypassword=opened"));
  const Ran opened = site.actiond({"enqueue", "record", site.params("ran", R"("text": "y")")});
  CHECK_MESSAGE(opened.status == 0, opened.err);
}
