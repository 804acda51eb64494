// rabbitmq-c's blocking calls on a connection of ours, for what only tests do. Nothing else may be
// under way on it.
#pragma once

#include <fcntl.h>

#include <string>

#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/connection.hpp"

// The connection as rabbitmq-c wants it: with the socket, which the connection itself does not lend
// it. Not over TLS.
inline amqp_connection_state_t raw_calls(action::Connection& connection) {
  const auto state = connection.raw();
  if (amqp_get_sockfd(state) < 0)
    amqp_tcp_socket_set_sockfd(amqp_tcp_socket_new(state),
                               ::fcntl(connection.fd(), F_DUPFD_CLOEXEC, 0));
  return state;
}

// Why the last of them was refused; empty: it was not.
inline std::string refusal_of(action::Connection& connection) {
  const auto reply = amqp_get_rpc_reply(connection.raw());
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return "";
  if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION)
    return amqp_error_string2(reply.library_error);
  return action::close_reason(reply.reply).text;
}
