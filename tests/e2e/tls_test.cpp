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

// The node runs in its directory's home, which may have another path for it.
const char* kFromItsHome = R"([{cacertfile, "../ours.pem"}, {certfile, "../server.pem"},
  {keyfile, "../server.key"}, {verify, verify_none}])";

class TlsNode {
 public:
  explicit TlsNode(Site& site) : site_(site) {
    std::filesystem::create_directories(directory());
    run({"/bin/bash", "-c", "cd '" + directory() + "' && " + kCertificates});
    std::ofstream(path("advanced.config"))
        << "[{rabbit, [{ssl_listeners, [{\"127.0.0.1\", " << port() << "}]}, {ssl_options, "
        << kFromItsHome << "}]}].\n";
    run({RABBITMQ_SCRIPT, "--dir", directory(), "start"});
    // It takes logins a moment before it listens for those by TLS.
    run({"/bin/bash", "-c",
         "until : 3<>/dev/tcp/127.0.0.1/" + std::to_string(port()) +
             "; do sleep 0.05; done 2>/dev/null"});
  }
  ~TlsNode() {
    Process({RABBITMQ_SCRIPT, "--dir", directory(), "stop", "--purge"}, site_.path("output/stop"))
        .wait(60s);
  }

  std::string url(const std::string& query) const {
    return "amqps://guest:guest@localhost:" + std::to_string(port()) + "/%2f?" + query;
  }
  std::string path(const std::string& name) const { return directory() + "/" + name; }

 private:
  std::string directory() const { return site_.path("node"); }
  static int port() { return 33000 + ::getpid() % 20000 / 10; }
  void run(const std::vector<std::string>& command) {
    const Ran ran = Process(command, site_.path("output/tls")).wait(180s);
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
