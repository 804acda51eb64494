// Servers that can't tell who lives, and so keep no queue: each is refused with a sentence.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "http.hpp"
#include "site.hpp"

namespace fs = std::filesystem;

namespace {

constexpr char kPgBouncer[] = "/usr/sbin/pgbouncer";

// What check, start and enqueue say of a broker.
void check_refused(Site& site, const std::string& broker, const std::string& sentence) {
  site.configure("", broker);
  const std::vector<std::string> verbs[] = {{"check"}, {"start", "--id", "1"}, {"enqueue", "noop"}};
  for (const auto& words : verbs) {
    const Ran ran = site.actiond(words);
    CAPTURE(words[0]);
    CHECK(ran.status == 1);
    CHECK_MESSAGE(contains(ran.out + ran.err, sentence), ran.out, ran.err);
  }
}

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

// A MariaDB that says it is a node of a cluster.
class GaleraNode {
 public:
  explicit GaleraNode(const Site& site) : site_(site) {
    run({"--option=--wsrep-on=ON", "start"});
    url_ = run({"url"}).out;
    url_.pop_back();
  }
  ~GaleraNode() { run({"stop", "--purge"}); }
  const std::string& url() const { return url_; }

 private:
  Ran run(const std::vector<std::string>& words) {
    std::vector<std::string> command{SCRIPTS_DIR "/mysql", "--dir", site_.path("galera")};
    command.insert(command.end(), words.begin(), words.end());
    const Ran ran = Process(command, site_.path("output/galera")).wait();
    CHECK_MESSAGE(ran.status == 0, ran.out, ran.err);
    return ran;
  }
  const Site& site_;
  std::string url_;
};

// PgBouncer, which hands a connection of the server to whoever has a transaction.
class Bouncer {
 public:
  Bouncer(const Site& site, const std::string& server) : port_(free_port()) {
    const auto directory = site.path("bouncer");
    fs::create_directory(directory);
    std::ofstream(directory / "users") << "\"action\" \"action\"\n";
    const auto port = server.substr(server.rfind(':') + 1);
    std::ofstream(directory / "ini")
        << "[databases]\naction = host=127.0.0.1 dbname=action port=" << std::atoi(port.c_str())
        << "\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " << port_
        << "\nauth_type = plain\nauth_file = " << (directory / "users").native()
        << "\npool_mode = transaction\nunix_socket_dir =\n";
    std::vector<std::string> command{kPgBouncer, directory / "ini"};
    // Which refuses to run as root.
    if (::geteuid() == 0)
      command = {"setpriv",        "--reuid=postgres", "--regid=postgres",
                 "--clear-groups", kPgBouncer,         directory / "ini"};
    process_ = std::make_unique<Process>(command, site.path("output/bouncer"));
    REQUIRE_MESSAGE(wait_until([&] { return is_there() || !process_->is_alive(); }),
                    process_->err());
  }
  std::string url() const {
    return "postgresql://action:action@127.0.0.1:" + std::to_string(port_) + "/action";
  }

 private:
  bool is_there() const {
    const int fd = connect_to_port(port_);
    if (fd >= 0) ::close(fd);
    return fd >= 0;
  }
  int port_;
  std::unique_ptr<Process> process_;
};

}  // namespace

TEST_CASE("database: a node of a Galera cluster is refused") {
  if (std::getenv("ACTION_TEST_MYSQL") == nullptr) SKIP_TEST("MariaDB is not installed");
  Site site("", {"noop"}, Site::kWithoutRabbit);
  fs::permissions(site.path("."), fs::perms(0711));  // for the server's user
  GaleraNode node(site);
  check_refused(site, node.url(), "is a node of a Galera cluster");
}

TEST_CASE("database: a proxy that shares connections is refused") {
  const char* const server = std::getenv("ACTION_TEST_POSTGRESQL");
  if (server == nullptr || !fs::exists(kPgBouncer)) SKIP_TEST("PgBouncer is not installed");
  Site site("", {"noop"}, Site::kWithoutRabbit);
  fs::permissions(site.path("."), fs::perms(0711));
  const Bouncer bouncer(site, server);
  check_refused(site, bouncer.url(), "is a proxy that shares connections");
}
