// TLS by OpenSSL on a socket that never waits.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>

#include "client/rabbitmq/transport.hpp"

namespace action {
namespace {

using std::chrono::milliseconds;

struct Freed {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Session = std::unique_ptr<SSL, Freed>;

int fd_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int count_of(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

// OpenSSL's own socket BIO writes without MSG_NOSIGNAL: SIGPIPE would end whoever uses the library.
int write_quietly(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent =
      ::send(fd_of(bio), bytes, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int read_quietly(BIO* bio, char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t got = ::recv(fd_of(bio), bytes, static_cast<std::size_t>(size), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

long control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO* socket_bio(int fd) {
  static BIO_METHOD* const kMethod = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "quiet socket");
    BIO_meth_set_write(method, write_quietly);
    BIO_meth_set_read(method, read_quietly);
    BIO_meth_set_ctrl(method, control);
    return method;
  }();
  BIO* bio = BIO_new(kMethod);
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  BIO_set_init(bio, 1);
  return bio;
}

// What OpenSSL has noted, and forgets: the first reason, which is the nearest to the cause.
std::string why_failed(int system_error) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  if (reason != nullptr) return reason;
  return system_error == 0 ? "connection closed unexpectedly" : std::strerror(system_error);
}

class TlsTransport final : public Transport {
 public:
  TlsTransport(int fd, Session ssl) : fd_(fd), ssl_(std::move(ssl)) {}
  ~TlsTransport() override {
    ssl_.reset();
    ::close(fd_);
  }
  TlsTransport(const TlsTransport&) = delete;
  TlsTransport& operator=(const TlsTransport&) = delete;

  int fd() const override { return fd_; }
  SSL* ssl() const { return ssl_.get(); }

  Result<std::size_t> send(std::string_view bytes) override {
    if (bytes.empty()) return std::size_t{0};
    ERR_clear_error();
    const int sent = SSL_write(ssl_.get(), bytes.data(), count_of(bytes.size()));
    if (sent > 0) return static_cast<std::size_t>(sent);
    if (is_only_waiting(sent)) return std::size_t{0};
    return Error{why_failed(errno)};
  }

  // One record at a time: only an empty one tells that nothing is left.
  Result<Received> receive(char* to, std::size_t size) override {
    ERR_clear_error();
    const int got = SSL_read(ssl_.get(), to, count_of(size));
    if (got > 0) return Received{static_cast<std::size_t>(got), false};
    if (is_only_waiting(got)) return Received{};
    return Error{why_failed(got == 0 ? 0 : errno)};
  }

  // Blocks up to `timeout`.
  Result<void> shake_hands(milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    for (;;) {
      ERR_clear_error();
      const int done = SSL_connect(ssl_.get());
      if (done == 1) return {};
      const int system_error = errno;
      const int wants = SSL_get_error(ssl_.get(), done);
      if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE)
        return Error{why_failed(wants == SSL_ERROR_SYSCALL ? system_error : 0)};
      const auto left =
          std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) return Error{"no answer to TLS"};
      pollfd socket{fd_, static_cast<short>(wants == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT), 0};
      ::poll(&socket, 1, static_cast<int>(left.count()));
    }
  }

 private:
  bool is_only_waiting(int result) const {
    const int wants = SSL_get_error(ssl_.get(), result);
    return wants == SSL_ERROR_WANT_READ || wants == SSL_ERROR_WANT_WRITE;
  }

  int fd_;
  Session ssl_;
};

bool is_encrypted(const std::string& key_file) {
  std::ifstream file(key_file);
  for (std::string line; std::getline(file, line);)
    if (line.find("ENCRYPTED") != std::string::npos) return true;
  return false;
}

// Instead of OpenSSL's own, which would ask the terminal.
int tell_passphrase(char* to, int size, int, void* passphrase) {
  const auto& text = *static_cast<const std::string*>(passphrase);
  if (text.size() > static_cast<std::size_t>(size)) return -1;
  text.copy(to, text.size());
  return static_cast<int>(text.size());
}

Result<void> use_own_certificate(SSL_CTX* context, const BrokerUrl& url) {
  if (url.certificate_file.empty()) return {};
  const std::string key = url.key_file.empty() ? url.certificate_file : url.key_file;
  std::string passphrase = url.key_password;
  SSL_CTX_set_default_passwd_cb(context, tell_passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context, &passphrase);
  const bool is_used =
      SSL_CTX_use_certificate_chain_file(context, url.certificate_file.c_str()) == 1 &&
      SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (is_used) return {};
  if (is_encrypted(key))
    return Error{
        fmt::format("the key {} is encrypted and {}: give its passphrase with "
                    "&keypassword= in the broker's URL, or store the key without one",
                    key,
                    url.key_password.empty() ? "there is no passphrase for it"
                                             : "can't be read with that passphrase")};
  return Error{fmt::format(
      "can't use the client certificate {} with the key {}: both must be PEM files that you may "
      "read, named by ?certfile= and &keyfile=",
      url.certificate_file, key)};
}

// Who the broker must prove to be.
void expect_host(SSL* ssl, const BrokerUrl& url) {
  in6_addr address{};
  const bool is_address = ::inet_pton(AF_INET, url.host.c_str(), &address) == 1 ||
                          ::inet_pton(AF_INET6, url.host.c_str(), &address) == 1;
  if (!is_address) SSL_set_tlsext_host_name(ssl, url.host.c_str());
  if (!url.verify) return;
  if (is_address)
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), url.host.c_str());
  else
    SSL_set1_host(ssl, url.host.c_str());
}

std::string explain_handshake(const std::string& why, SSL* ssl, const BrokerUrl& url) {
  const std::string where = fmt::format("{}:{}", url.host, url.port);
  if (const long verdict = SSL_get_verify_result(ssl); url.verify && verdict != X509_V_OK)
    return fmt::format(
        "the broker at {} shows a certificate that is not trusted ({}): use a host "
        "name it is made for, or name its authority with ?cacertfile=",
        where, X509_verify_cert_error_string(verdict));
  return fmt::format(
      "can't agree on TLS with the broker at {} ({}): is that the port on which "
      "RabbitMQ speaks AMQP over TLS?",
      where, why);
}

}  // namespace

Result<TlsContext> tls_context(const BrokerUrl& url) {
  TlsContext context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context) return Error{"TLS can't be used: " + why_failed(0)};
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context.get(), url.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  const std::string ca = url.ca_file.empty() ? "/etc/ssl/certs/ca-certificates.crt" : url.ca_file;
  if (url.verify && SSL_CTX_load_verify_locations(context.get(), ca.c_str(), nullptr) != 1)
    return Error{
        fmt::format("can't read the certificates in {}: install ca-certificates or name "
                    "a file with ?cacertfile=",
                    ca)};
  if (auto used = use_own_certificate(context.get(), url); !used) return used.error();
  return context;
}

Result<std::unique_ptr<Transport>> tls_transport(int fd, const TlsContext& context,
                                                 const BrokerUrl& url, milliseconds timeout) {
  Session ssl(SSL_new(context.get()));
  BIO* const bio = socket_bio(fd);
  SSL_set_bio(ssl.get(), bio, bio);
  expect_host(ssl.get(), url);
  auto transport = std::make_unique<TlsTransport>(fd, std::move(ssl));
  if (auto shaken = transport->shake_hands(timeout); !shaken)
    return Error{explain_handshake(shaken.error().text, transport->ssl(), url)};
  return std::unique_ptr<Transport>(std::move(transport));
}

}  // namespace action
