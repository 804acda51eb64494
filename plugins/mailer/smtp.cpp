#include "smtp.hpp"

#include <action/event.hpp>
#include <memory>

namespace {

struct Connection {
  std::string host;
  int port;
};

std::unique_ptr<Connection> connection;

// Here a setup would connect. If it throws, the plugin is refused with what it says.
void connect() {
  connection = std::make_unique<Connection>(
      Connection{action::config("smtp.host", "localhost"), action::config("smtp.port", 25)});
  action::log("connected to {}:{}", connection->host, connection->port);
}
ACTION_SETUP(connect)

void disconnect() {
  action::log("disconnected from {}", connection->host);
  connection.reset();
}
ACTION_TEARDOWN(disconnect)

}  // namespace

void smtp::send(const std::string& to, const std::string& subject) {
  if (!connection) throw std::logic_error("no connection to the mail server");
  action::log("would mail \"{}\" to {} by {}", subject, to, connection->host);
}
