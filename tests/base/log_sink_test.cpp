// A log whose reader stands still. That nothing waits is shown by the end of the test: what waited
// would wait for ever.
#include "base/log_sink.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "scene.hpp"

using namespace actiond;
using namespace actiond::test;

namespace {

// Standard error is something else for a while.
class StandardError {
 public:
  explicit StandardError(int fd) : before_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10)) {
    ::dup2(fd, STDERR_FILENO);
  }
  ~StandardError() { ::dup2(before_.get(), STDERR_FILENO); }
  StandardError(const StandardError&) = delete;
  StandardError& operator=(const StandardError&) = delete;

 private:
  UniqueFd before_;
};

struct Ends {
  UniqueFd read, write;
};

Ends make_pipe() {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Ends make_sockets(int type = SOCK_STREAM) {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// A terminal: read is who looks at it, write the program's side.
Ends make_terminal() {
  Ends ends;
  ends.read.reset(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(ends.read);
  REQUIRE(::grantpt(ends.read.get()) == 0);
  REQUIRE(::unlockpt(ends.read.get()) == 0);
  ends.write.reset(::open(::ptsname(ends.read.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(ends.write);
  return ends;
}

// What can be read now.
std::string read_now(const UniqueFd& fd) {
  std::string text;
  char part[65536];
  for (pollfd ready{fd.get(), POLLIN, 0}; ::poll(&ready, 1, 50) > 0;) {
    const ssize_t got = ::read(fd.get(), part, sizeof part);
    if (got <= 0) break;
    text.append(part, static_cast<std::size_t>(got));
  }
  return text;
}

// Reads while the log writes, until neither goes on.
std::string read_all(Log& log, const UniqueFd& fd) {
  std::string text;
  for (std::string part; log.flush(), !(part = read_now(fd)).empty();) text += part;
  return text;
}

// The lines without their time and carriage return.
std::vector<std::string> lines_of(const std::string& text) {
  constexpr std::size_t kTime = 26;
  std::vector<std::string> lines;
  for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    auto line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(line.size() < kTime ? line : line.substr(kTime));
  }
  return lines;
}

Log open_log(const LogConfig& config = {}) {
  auto log = Log::open(config);
  REQUIRE_MESSAGE(log.ok(), (log ? "" : log.error().text));
  return std::move(*log);
}

constexpr int kMany = 5000;

// Logs many lines while nobody reads, then reads, and logs one more.
std::vector<std::string> stalled(Log& log, const UniqueFd& reader) {
  for (int i = 0; i < kMany; ++i) log.info("a line of some length, as they are, number {}", i);
  log.error("not even this one waits");
  std::string text = read_all(log, reader);
  log.info("after");
  return lines_of(text + read_all(log, reader));
}

// Those from the first on, then the count of those that are missing, then the last.
void check_stalled(const std::vector<std::string>& lines, const std::string& why) {
  REQUIRE(lines.size() > 100);
  const std::size_t kept = lines.size() - 2;
  for (std::size_t i = 0; i < kept; ++i)
    REQUIRE(lines[i] == fmt::format("a line of some length, as they are, number {}", i));
  CHECK(lines[kept] == fmt::format("WARNING {} log lines were lost: {}", kMany + 1 - kept, why));
  CHECK(lines.back() == "after");
}

}  // namespace

TEST_CASE("log sink: a pipe that nobody reads costs lines, which are counted in their place") {
  const Ends pipe = make_pipe();
  const StandardError standard_error(pipe.write.get());
  Log log = open_log();
  CHECK(log.awaited() == -1);
  check_stalled(stalled(log, pipe.read), "nobody reads standard error");
  CHECK(log.awaited() == -1);
}

TEST_CASE("log sink: what it waits for can be watched") {
  const Ends pipe = make_pipe();
  const StandardError standard_error(pipe.write.get());
  Log log = open_log();
  for (int i = 0; i < kMany; ++i) log.info("a line of some length, as they are, number {}", i);
  log.flush();
  pollfd room{log.awaited(), POLLOUT, 0};
  REQUIRE(room.fd >= 0);
  CHECK(::poll(&room, 1, 0) == 0);
  read_now(pipe.read);
  CHECK(::poll(&room, 1, 0) == 1);
}

TEST_CASE("log sink: so does a socket") {
  const Ends sockets = make_sockets();
  const StandardError standard_error(sockets.write.get());
  Log log = open_log();
  check_stalled(stalled(log, sockets.read), "nobody reads standard error");
}

TEST_CASE("log sink: so does a terminal that was told to stop") {
  const Ends terminal = make_terminal();
  const StandardError standard_error(terminal.write.get());
  Log log = open_log();
  REQUIRE(::tcflow(terminal.write.get(), TCOOFF) == 0);
  for (int i = 0; i < kMany; ++i) log.info("a line of some length, as they are, number {}", i);
  REQUIRE(::tcflow(terminal.write.get(), TCOON) == 0);
  std::string text = read_all(log, terminal.read);
  log.error("not even this one waits");
  log.info("after");
  text += read_all(log, terminal.read);
  const auto lines = lines_of(text);
  REQUIRE(lines.size() > 100);
  CHECK(lines.front() == "a line of some length, as they are, number 0");
  const auto lost = lines[lines.size() - 3];
  CHECK(lost == fmt::format("WARNING {} log lines were lost: nobody reads standard error",
                            kMany - (lines.size() - 3)));
  CHECK(lines.back() == "after");
}

TEST_CASE("log sink: so does a named pipe as the log's file, which must have a reader") {
  const Scene scene;
  const auto file = scene.dir() / "log";
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  const LogConfig config{LogLevel::Info, LogFormat::Text, file};
  const auto unread = Log::open(config);
  REQUIRE_FALSE(unread.ok());
  CHECK(unread.error().text == "can't open the log '" + file.string() +
                                   "': nobody reads this pipe: start its reader first");
  const UniqueFd reader(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  Log log = open_log(config);
  check_stalled(stalled(log, reader), "nobody reads '" + file.string() + "'");
}

TEST_CASE("log sink: JSON lines tell of lost ones as lines do") {
  const Ends pipe = make_pipe();
  const StandardError standard_error(pipe.write.get());
  Log log = open_log({LogLevel::Info, LogFormat::Json, ""});
  for (int i = 0; i < kMany; ++i) log.info("line {}", i);
  const auto text = read_all(log, pipe.read);
  const auto last = text.rfind("{\"time\"");
  REQUIRE(last != std::string::npos);
  CHECK(text.find("\"level\":\"warning\",\"message\":\"", last) != std::string::npos);
  CHECK(text.ends_with(" log lines were lost: nobody reads standard error\"}\n"));
}

TEST_CASE("log sink: who reads is given whole lines, 4096 bytes at a time") {
  const Ends sockets = make_sockets(SOCK_SEQPACKET);  // a read is what one write wrote
  const StandardError standard_error(sockets.write.get());
  Log log = open_log();
  const std::string longer(6000, 'x');
  for (int i = 0; i < 200; ++i) log.info("a line of some length, as they are, number {}", i);
  log.info(longer);
  log.flush();
  std::string all;
  char part[65536];
  for (pollfd ready{sockets.read.get(), POLLIN, 0}; ::poll(&ready, 1, 0) > 0;) {
    const std::string got(part,
                          static_cast<std::size_t>(::read(sockets.read.get(), part, sizeof part)));
    REQUIRE(got.size() <= 4096);
    all += got;
    if (all.find("xxx") == std::string::npos) CHECK(got.ends_with('\n'));
  }
  CHECK(lines_of(all).size() == 201);
  CHECK(lines_of(all).back() == longer);
}

TEST_CASE("log sink: whoever shares standard error does not find it non-blocking") {
  const Ends pipe = make_pipe();
  const StandardError standard_error(pipe.write.get());
  Log log = open_log();
  log.info("a line");
  log.flush();
  CHECK(read_now(pipe.read).find("a line\n") != std::string::npos);
  CHECK((::fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("log sink: a reader that has gone costs lines") {
  ::signal(SIGPIPE, SIG_IGN);
  const Scene scene;
  const auto file = scene.dir() / "log";
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  UniqueFd reader(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  Log log = open_log({LogLevel::Info, LogFormat::Text, file});
  reader.reset();
  log.error("lost");
  reader.reset(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  log.info("read");
  const auto lines = lines_of(read_all(log, reader));
  CHECK(lines == std::vector<std::string>{"WARNING 1 log line was lost: can't write '" +
                                              file.string() + "': Broken pipe",
                                          "read"});
}

TEST_CASE("log sink: at its end it waits for a reader that is only slow") {
  Ends pipe = make_pipe();
  std::string text;
  std::thread reader;
  {
    const StandardError standard_error(pipe.write.get());
    Log log = open_log();
    for (int i = 0; i < 1500; ++i) log.info("a line of some length, as they are, number {}", i);
    pipe.write.reset();
    reader = std::thread([&] {
      char part[500];
      for (ssize_t got; (got = ::read(pipe.read.get(), part, sizeof part)) > 0;)
        text.append(part, static_cast<std::size_t>(got));
    });
  }
  reader.join();
  CHECK(lines_of(text).size() == 1500);
}
