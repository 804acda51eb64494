// The pollers of this machine, as run_dir shows them: by their control sockets, and by the PID
// files of those that have none.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "poller/life/pid_file.hpp"

namespace actiond {

// A poller that lives: somebody listens on its control socket.
struct PollerSocket {
  std::optional<int> id;  // none: a console
  pid_t pid = 0;          // as it sees itself, which may be in another container
  std::filesystem::path path;
  bool operator==(const PollerSocket&) const = default;
};

// "poller 3 (pid 4711)", "the console poller (pid 4711)".
std::string poller_name(std::optional<int> id, pid_t pid);

// What a file's name says, "poller.3.4711.1a2b3c4d.sock"; earlier versions have no last part.
// Nothing if it is no control socket's. The path is the name alone.
std::optional<PollerSocket> socket_of(std::string_view file_name);
// The id in "poller.3.pid"; nothing if it is no PID file's name.
std::optional<int> pid_file_id(std::string_view file_name);

struct LocalPollers {
  std::vector<PollerSocket> sockets;     // by id, consoles last
  std::map<int, PidRecord> pid_records;  // of every PID file that can be understood, by id
};

// Looks into run_dir, and removes nothing there; a directory that is not there holds none. A socket
// on which nobody listens is of nobody who lives. Fails if the directory can't be read.
Result<LocalPollers> find_pollers(const std::filesystem::path& run_dir);

// Does somebody listen on the socket? Asked of the kernel, which knows across containers.
bool is_listening(const std::filesystem::path& socket);

// A handle on the process that listens on the socket; none if nobody does, or if that process can't
// be seen from here, in another container.
UniqueFd open_process(const PollerSocket& socket);

}  // namespace actiond
