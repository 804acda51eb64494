// A log that nobody reads stops no poller.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "site.hpp"

namespace {

constexpr std::size_t kLogged = 1500;  // whose lines are more than a pipe and the log hold

// A queue file, and a named pipe that somebody has open and does not read.
class PipeSite : public Site {
 public:
  explicit PipeSite(const std::string& yaml = {}) : Site(yaml, {"recorder"}, Site::kWithoutRabbit) {
    configure(yaml, "sqlite:../queue.db");
    REQUIRE(::mkfifo(pipe().c_str(), 0600) == 0);
  }
  ~PipeSite() {
    if (reader_ >= 0) ::close(reader_);
  }

  std::filesystem::path pipe() const { return path("pipe"); }

  void open_reader() {
    reader_ = ::open(pipe().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(reader_ >= 0);
  }

  // `actiond run --id 1` whose standard error is the pipe.
  std::unique_ptr<Process> run_into_pipe() {
    const std::string command = std::string("exec ") + ACTIOND + " run --id 1 --config " +
                                path("config/actiond.yaml").native() + " 2> " + pipe().native();
    return std::make_unique<Process>(std::vector<std::string>{"/bin/sh", "-c", command},
                                     path("output/poller"));
  }

  // What has come so far, also in the calls before.
  const std::string& read() {
    char part[65536];
    for (ssize_t got; (got = ::read(reader_, part, sizeof part)) > 0;)
      text_.append(part, static_cast<std::size_t>(got));
    return text_;
  }

  void queue_many() {
    std::string lines;
    for (std::size_t i = 0; i < kLogged; ++i)
      lines += params("runs", R"("text": ")" + std::to_string(i) + "\"") + "\n";
    const Ran ran = actiond({"enqueue", "record", "-"}, lines);
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
  }

 private:
  int reader_ = -1;
  std::string text_;
};

}  // namespace

TEST_CASE("log: a standard error that nobody reads stops no poller, and the lost are counted") {
  PipeSite site;
  site.open_reader();
  const auto poller = site.run_into_pipe();
  REQUIRE(wait_until([&] { return site.recorded_pid(1) == poller->pid(); }));
  site.queue_many();
  CHECK(site.wait_for_lines("runs", kLogged));
  CHECK(contains(site.actiond({"status"}).out, "idle"));
  CHECK(wait_until([&] { return contains(site.read(), " log lines were lost: nobody reads "); }));
  CHECK(contains(site.read(), "is at work"));
  poller->signal(SIGTERM);
  CHECK(poller->wait(20s).status == 0);
  CHECK(contains(site.read(), "has left: "));
}

TEST_CASE("log: it is not waited for at the end either") {
  PipeSite site;
  site.open_reader();
  const auto poller = site.run_into_pipe();
  site.queue_many();
  REQUIRE(site.wait_for_lines("runs", kLogged));
  poller->signal(SIGTERM);
  CHECK(poller->wait(20s).status == 0);
}

TEST_CASE("log: a named pipe as its file is refused while nobody reads it") {
  PipeSite site("log: {file: ../pipe}");
  const Ran refused = site.actiond({"start", "--id", "1"});
  CHECK(refused.status == 1);
  CHECK(contains(refused.err, "pipe': nobody reads this pipe: start its reader first"));
  site.open_reader();
  site.start();
  CHECK(wait_until([&] { return contains(site.read(), "is at work"); }));
}
