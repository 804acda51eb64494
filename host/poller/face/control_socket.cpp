#include "poller/face/control_socket.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <memory>

#include "base/duration.hpp"
#include "base/fd.hpp"

namespace actiond {
namespace {

namespace asio = boost::asio;
using Stream = asio::local::stream_protocol;

constexpr std::size_t kLargestRequest = 64 * 1024;
constexpr std::chrono::seconds kLookEvery{1};
constexpr int kMostMissed = 3;  // somebody may be putting another directory there
constexpr std::size_t kMostConversations = 32;
constexpr std::chrono::seconds kPatience{5};  // until it has asked, and until it has the answer
constexpr std::chrono::seconds kRest{1};      // when there is no descriptor left

std::string to_line(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

// The whole of an answer, up to the end of the stream or the deadline.
Result<std::string> read_all(int fd, std::chrono::milliseconds timeout) {
  std::string text;
  char part[4096];
  for (pollfd ready{fd, POLLIN, 0}; ::poll(&ready, 1, static_cast<int>(timeout.count())) > 0;) {
    const ssize_t got = ::read(fd, part, sizeof part);
    if (got < 0) return errno_error("read a poller's answer");
    if (got == 0) return text;
    text.append(part, static_cast<std::size_t>(got));
  }
  return Error{"the poller does not answer"};
}

}  // namespace

std::filesystem::path control_path(const std::filesystem::path& run_dir, std::optional<int> id,
                                   pid_t pid) {
  std::uint32_t nonce = 0;
  (void)::getrandom(&nonce, sizeof nonce, 0);
  return run_dir /
         fmt::format("poller.{}.{}.{:08x}.sock", id ? std::to_string(*id) : "console", pid, nonce);
}

// Lives as long as its handlers hold it, which may be longer than its owner does.
struct ControlSocket::Conversation {
  Conversation(ControlSocket& with, Stream::socket accepted)
      : owner(&with),
        socket(std::move(accepted)),
        input(kLargestRequest),
        deadline(with.clock_.timer()) {}

  // Who neither asks nor reads must not keep a descriptor for ever.
  void limit() {
    deadline->set(kPatience, [this] { close(); });
  }
  void close() {
    boost::system::error_code gone;
    socket.close(gone);
  }

  ControlSocket* owner;  // null: it has ended
  Stream::socket socket;
  asio::streambuf input;
  std::string output;
  std::unique_ptr<Timer> deadline;
};

ControlSocket::ControlSocket(asio::io_context& io, Clock& clock, std::filesystem::path path,
                             OnRequest on_request, std::function<void()> on_lost)
    : acceptor_(io),
      path_(std::move(path)),
      on_request_(std::move(on_request)),
      on_lost_(std::move(on_lost)),
      timer_(io),
      clock_(clock),
      accept_timer_(clock.timer()) {}

ControlSocket::~ControlSocket() {
  acceptor_ = Stream::acceptor(acceptor_.get_executor());  // whoever ends makes no room any more
  is_accepting_ = true;
  while (!conversations_.empty()) end(*conversations_.begin());
  if (is_there()) ::unlink(path_.c_str());
}

bool ControlSocket::is_there() const {
  struct stat now {};
  return bound_.st_ino != 0 && ::lstat(path_.c_str(), &now) == 0 && now.st_ino == bound_.st_ino &&
         now.st_dev == bound_.st_dev;
}

// What can't be looked at may well be there.
bool ControlSocket::is_missing() const {
  struct stat now {};
  if (::lstat(path_.c_str(), &now) != 0) return errno == ENOENT || errno == ENOTDIR;
  return !is_there();
}

void ControlSocket::keep() {
  if (!is_missing() || listen())
    missed_ = 0;
  else if (++missed_ == kMostMissed)
    on_lost_();
}

void ControlSocket::keep_later() {
  timer_.expires_after(kLookEvery);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    keep_later();
    keep();
  });
}

Result<void> ControlSocket::listen() {
  boost::system::error_code error;
  if (path_.native().size() >= sizeof(sockaddr_un::sun_path))
    return Error{fmt::format(
        "the path of the control socket {} is too long for a socket: choose a shorter run_dir",
        path_.native())};
  // The old one goes on until there is a new one: its file may come back.
  Stream::acceptor fresh(acceptor_.get_executor());
  struct stat bound {};
  fresh.open(Stream(), error);
  const mode_t before = ::umask(0177);  // born private: no moment at which others could connect
  if (!error) fresh.bind(Stream::endpoint(path_.native()), error);
  ::umask(before);
  if (!error) ::lstat(path_.c_str(), &bound);
  if (!error) fresh.listen(asio::socket_base::max_listen_connections, error);
  if (error) return Error{fmt::format("can't listen on {}: {}", path_.native(), error.message())};
  acceptor_ = std::move(fresh);
  bound_ = bound;
  is_accepting_ = false;
  accept();
  keep_later();
  return {};
}

// The others wait in the kernel.
void ControlSocket::accept() {
  if (is_accepting_ || conversations_.size() >= kMostConversations) return;
  is_accepting_ = true;
  acceptor_.async_accept([this](const boost::system::error_code& error, Stream::socket socket) {
    if (error == asio::error::operation_aborted) return;
    is_accepting_ = false;
    if (error) return accept_timer_->set(kRest, [this] { accept(); });
    begin(std::move(socket));
    accept();
  });
}

void ControlSocket::begin(Stream::socket accepted) {
  auto conversation = std::make_shared<Conversation>(*this, std::move(accepted));
  conversations_.insert(conversation);
  conversation->limit();
  asio::async_read_until(conversation->socket, conversation->input, '\n',
                         [conversation](const boost::system::error_code& failed, std::size_t) {
                           if (conversation->owner == nullptr) return;
                           if (failed) return conversation->owner->end(conversation);
                           conversation->owner->answer(conversation);
                         });
}

void ControlSocket::answer(const std::shared_ptr<Conversation>& conversation) {
  const std::string text((std::istreambuf_iterator<char>(&conversation->input)), {});
  const auto request = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  conversation->output = to_line(reply_to(request));
  conversation->limit();
  asio::async_write(conversation->socket, asio::buffer(conversation->output),
                    [conversation](const boost::system::error_code&, std::size_t) {
                      if (conversation->owner != nullptr) conversation->owner->end(conversation);
                    });
}

void ControlSocket::end(const std::shared_ptr<Conversation>& conversation) {
  const auto kept = conversations_.extract(conversation);  // `conversation` may be of the set
  conversation->owner = nullptr;
  conversation->deadline.reset();
  conversation->close();
  accept();
}

nlohmann::json ControlSocket::reply_to(const nlohmann::json& request) {
  if (!request.is_object()) return {{"error", "a request is one line with a JSON object"}};
  try {
    return on_request_(request);
  } catch (const nlohmann::json::exception& error) {  // a member of another type than it must be
    return {{"error", std::string("the request can't be understood: ") + error.what()}};
  }
}

Result<std::chrono::milliseconds> stop_timeout(const nlohmann::json& request,
                                               std::chrono::milliseconds unless_given) {
  const auto given = request.find("timeout_ms");
  if (given == request.end()) return unless_given;
  const std::int64_t most = kLongestDuration.count();
  if (!given->is_number_unsigned() || given->get<std::uint64_t>() > std::uint64_t(most))
    return Error{
        fmt::format("timeout_ms must be a whole number of milliseconds, at most {}", most)};
  return std::chrono::milliseconds(given->get<std::int64_t>());
}

Result<nlohmann::json> ask_poller(const std::filesystem::path& path, const nlohmann::json& request,
                                  std::chrono::milliseconds timeout) {
  if (path.native().size() >= sizeof(sockaddr_un::sun_path))
    return Error{fmt::format("the path {} is too long for a socket", path.native())};
  asio::io_context io;
  Stream::socket socket(io);
  boost::system::error_code error;
  socket.connect(Stream::endpoint(path.native()), error);
  if (!error) asio::write(socket, asio::buffer(to_line(request)), error);
  if (error)
    return Error{fmt::format("no poller listens on {}: {}", path.native(), error.message())};
  auto text = read_all(socket.native_handle(), timeout);
  if (!text) return text.error();
  auto answer = nlohmann::json::parse(*text, nullptr, false);
  if (!answer.is_object()) return Error{"the poller's answer can't be understood"};
  return answer;
}

}  // namespace actiond
