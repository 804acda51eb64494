// Who could change what a poller obeys, and where its broker's password must not be seen.
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "site.hpp"

namespace fs = std::filesystem;

namespace {

const std::string kPassword = "s3cr3t-word";

// Of the broker, for as long as this lives, with a password that is found nowhere by chance.
class User {
 public:
  explicit User(const Site& site) : site_(site) {
    eval("ok = rabbit_auth_backend_internal:add_user(User, <<\"" + kPassword + R"(">>, <<"test">>),
      All = <<".*">>,
      ok = rabbit_auth_backend_internal:set_permissions(User, <<"/">>, All, All, All, <<"test">>).)");
  }
  ~User() { eval(R"(ok = rabbit_auth_backend_internal:delete_user(User, <<"test">>).)"); }

  static std::string url() {
    const std::string of_guest = test_broker();
    return "amqp://e2e-security:" + kPassword + of_guest.substr(of_guest.find('@'));
  }

 private:
  // One call: each starts an Erlang of its own.
  void eval(const std::string& text) const {
    site_.rabbitmq({"ctl", "eval", R"(User = <<"e2e-security">>, )" + text});
  }
  const Site& site_;
};

class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

// What a core of the process would hold: all of its memory that can be read.
bool is_in_memory(pid_t pid, const std::string& text) {
  const fs::path process = fs::path("/proc") / std::to_string(pid);
  std::ifstream memory(process / "mem", std::ios::binary);
  for (const auto& line : read_lines(process / "maps")) {
    std::istringstream fields(line);
    std::size_t begin = 0, end = 0;
    char dash = 0, readable = 0;
    fields >> std::hex >> begin >> dash >> end >> readable;
    // What is larger is a sanitizer's, and mostly not there.
    if (readable != 'r' || end - begin > (std::size_t{16} << 20)) continue;
    std::string part(end - begin, '\0');
    memory.clear();
    memory.seekg(static_cast<std::streamoff>(begin));
    memory.read(part.data(), static_cast<std::streamsize>(part.size()));
    part.resize(static_cast<std::size_t>(memory.gcount()));
    if (contains(part, text)) return true;
  }
  return false;
}

void check_refused(Site& site, const std::string& what, const std::string& why) {
  for (const char* verb : {"start", "run"}) {
    const Ran ran = site.actiond({verb, "--id", "1"});
    CAPTURE(ran.err);
    CHECK(ran.status == 1);
    CHECK(contains(ran.err, what));
    CHECK(contains(ran.err, why + ": refused when running as root; "));
    CHECK(count_of(ran.err, "\n") == 1);
  }
}

}  // namespace

TEST_CASE("security: the broker's password is where the poller needs it, and nowhere else") {
  NEEDS_NODE();
  Site site("", {"recorder", "throws", "segfault"});
  const User user(site);
  const Variable broker("E2E_SECURITY_BROKER", User::url());
  const Variable other("E2E_SECURITY_OTHER", "0th3r-w0rd");
  site.configure("environment: {x: 1}", "${E2E_SECURITY_BROKER}");
  const pid_t poller = site.start(1, {"-v"});
  for (const char* event : {"throws", "segfault", "nobody_knows"})
    CHECK(site.actiond({"enqueue", event}).status == 0);
  rabbit::dead_letters(2);
  rabbit::queue("record", site.params("ran", R"("text": "x")"));
  REQUIRE(site.wait_for_lines("ran", 1));

  std::string seen = site.log() + site.actiond({"status"}).out + site.actiond({"check"}).out +
                     site.actiond({"status", "--json"}).out + command_line(poller);
  REQUIRE(children_of(poller).size() == 1);
  const pid_t runner = children_of(poller)[0];
  seen += command_line(runner);
  CHECK(contains(seen, "e2e-security@"));
  CHECK_FALSE(contains(seen, kPassword));
  CHECK(is_in_memory(poller, kPassword));
  CHECK_FALSE(is_in_memory(runner, kPassword));
  CHECK(is_in_memory(runner, "0th3r-w0rd"));  // all other variables are for handlers
  int files = 0;
  for (const auto& file : fs::directory_iterator(site.path("run"))) {
    if (!file.is_regular_file()) continue;
    CAPTURE(file.path().native());
    CHECK_FALSE(contains(read_text(file), kPassword));
    ++files;
  }
  CHECK(files >= 2);                                        // the log and the PID file at least
  for (const pid_t pid : site.pollers()) end_process(pid);  // before its user is gone
}

TEST_CASE("security: root obeys no configuration, plugin or run_dir that others could write to") {
  NEEDS_ROOT();
  NEEDS_BROKER();
  Site site("", {"recorder"});
  const struct {
    fs::path path;
    const char* what;
  } rows[] = {{site.path("config/actiond.yaml"), "the configuration: "},
              {site.path("plugins.d/recorder.so"), "plugin: "},
              {site.path("plugins.d"), "the plugin directory: "},
              {site.path("run"), "run_dir: "}};
  fs::create_directory(site.path("run"));
  for (const auto& row : rows) {
    const auto& path = row.path;
    CAPTURE(path.native());
    const auto mode = fs::status(path).permissions();
    fs::permissions(path, fs::perms::others_write, fs::perm_options::add);
    check_refused(site, row.what, "can be written by everyone");
    fs::permissions(path, mode);
    REQUIRE(::chown(path.c_str(), 12345, 0) == 0);
    check_refused(site, row.what, "is owned by user 12345");
    REQUIRE(::chown(path.c_str(), 0, 0) == 0);
  }
  site.start();
}

TEST_CASE("security: what a poller makes in run_dir is private to its user and group") {
  NEEDS_BROKER();
  Site site("", {"recorder"});
  const mode_t before = ::umask(0);
  site.start();
  ::umask(before);
  struct stat status {};
  REQUIRE(::stat(site.path("run").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0750);
  int sockets = 0;
  for (const auto& file : fs::directory_iterator(site.path("run"))) {
    CAPTURE(file.path().native());
    REQUIRE(::stat(file.path().c_str(), &status) == 0);
    CHECK((status.st_mode & (S_IWGRP | S_IWOTH)) == 0);
    if (!S_ISSOCK(status.st_mode)) continue;
    ++sockets;
    CHECK((status.st_mode & 0777) == 0600);
  }
  CHECK(sockets == 1);
}
