// The address of a queue in a database server: mysql:// or
// postgresql://user:password@host:port/database?parameters.
#pragma once

#include <string>
#include <string_view>

#include "client/result.hpp"

namespace action::sql {

enum class Tls { Verify, Unverified, Off };

struct DatabaseUrl {
  std::string kind;  // "mysql", "postgresql"; also the name of the module that speaks to it
  std::string host = "127.0.0.1";
  int port = 0;
  std::string user;
  std::string password;
  std::string database;
  std::string socket;            // ?socket=: the path of a local one, in place of host and port
  Tls tls = Tls::Verify;         // ?tls=; left out: off for this machine itself, else verify
  std::string ca_file;           // ?ca=; empty: the system's certificates
  std::string certificate_file;  // ?cert= and ?key=: the client's own
  std::string key_file;
  std::string shown;  // the address for people and logs, without the password
};

// Is it an address of this kind at all?
bool is_database(std::string_view address);

// Fails on an address without user or database, a bad port, an unknown parameter. The error quotes
// nothing that could be the password, even of a text that is mistyped.
Result<DatabaseUrl> parse_database_url(std::string_view text);

// Do these two lead to the same database?
bool is_same_database(std::string_view one, std::string_view other);

}  // namespace action::sql
