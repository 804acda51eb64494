#include "mysql_errors.hpp"

#include <errmsg.h>
#include <fmt/format.h>
#include <mysqld_error.h>

namespace action::sql {
namespace {

constexpr unsigned kConnectionKilled = 1927;  // MariaDB's ER_CONNECTION_KILLED
constexpr unsigned kIdleTooLong = 4031;       // MySQL's ER_CLIENT_INTERACTION_TIMEOUT
constexpr unsigned kTimeOver = 1969;          // MariaDB's ER_STATEMENT_TIMEOUT
constexpr unsigned kTimeOverInMySql = 3024;   // ER_QUERY_TIMEOUT

bool is_lost(unsigned number) {
  return number == CR_SERVER_GONE_ERROR || number == CR_SERVER_LOST ||
         number == CR_SERVER_LOST_EXTENDED || number == CR_COMMANDS_OUT_OF_SYNC ||
         number == ER_SERVER_SHUTDOWN || number == ER_NORMAL_SHUTDOWN ||
         number == ER_CONNECTION_KILLED || number == kConnectionKilled || number == kIdleTooLong ||
         number == ER_QUERY_INTERRUPTED || number == ER_NET_PACKET_TOO_LARGE;
}

}  // namespace

Trouble trouble_of(unsigned number) {
  if (is_lost(number)) return Trouble::Lost;
  switch (number) {
    case ER_LOCK_DEADLOCK:
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_DUP_ENTRY:  // somebody else took the unique key at the same time
    case ER_CHECKREAD:  // changed since this transaction read it
    case kTimeOver:     // that somebody has given to statements: it ends no connection
    case kTimeOverInMySql:
      return Trouble::Again;
    case ER_NO_SUCH_TABLE:
    case ER_BAD_DB_ERROR:
      return Trouble::NoTable;
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_COLUMNACCESS_DENIED_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
      return Trouble::Forbidden;
    default:
      return Trouble::Refused;
  }
}

std::string connect_error(const DatabaseUrl& url, unsigned number, const std::string& message) {
  switch (number) {
    case ER_ACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
      return fmt::format(
          "the database server refuses the user '{}' or its password ({}): correct "
          "them in the broker's address",
          url.user, url.shown);
    case ER_BAD_DB_ERROR:
      return fmt::format(
          "there is no database '{0}' ({1}): make it with CREATE DATABASE {0} "
          "CHARACTER SET utf8mb4, or correct the broker's address",
          url.database, url.shown);
    case ER_DBACCESS_DENIED_ERROR:
      return fmt::format(
          "the user '{0}' may not use the database '{1}' ({2}): as its "
          "administrator, GRANT ALL ON {1}.* TO '{0}'",
          url.user, url.database, url.shown);
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
      return fmt::format("{} takes no further connection: raise max_connections there ({})",
                         url.shown, message);
    case CR_SSL_CONNECTION_ERROR:
      return fmt::format(
          "no safe connection to {}: {}: set the server up for TLS, name its "
          "authority with ?ca=FILE, or write ?tls=off where the network is trusted",
          url.shown, message);
    default:
      return fmt::format("can't reach {}: {}", url.shown, message);
  }
}

std::string statement_error(const DatabaseUrl& url, Trouble trouble, const std::string& message) {
  switch (trouble) {
    case Trouble::Lost:
      return fmt::format("the connection to {} is lost: {}", url.shown, message);
    case Trouble::Forbidden:
      return fmt::format("{} refuses: {}: give the user that right", url.shown, message);
    case Trouble::NoTable:
      return fmt::format("{} has lost a table: {}: run 'actiond setup'", url.shown, message);
    default:
      return fmt::format("{} refuses a statement: {}", url.shown, message);
  }
}

}  // namespace action::sql
