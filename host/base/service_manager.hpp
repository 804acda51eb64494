// What a service manager such as systemd is told, by the protocol of sd_notify(3): datagrams to the
// socket that $NOTIFY_SOCKET names. Without that variable nothing happens.
#pragma once

#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace actiond {

// Was this process started by one?
bool has_service_manager();

// This process is the service's main one from now on, and ready. Waits until that has been
// understood, `limit` at the most: a main process that ends before its successor is known to be
// one takes the service with it. Or process `pid` is it again, for this one could not go on.
void announce_main_process(std::chrono::milliseconds limit, pid_t pid = ::getpid());

// The environment for processes that are not to speak in the service's name: without the
// variables of sd_notify(3), sd_watchdog_enabled(3) and sd_listen_fds(3), and those of the names
// `without`.
std::vector<char*> environment_of_a_child(const std::vector<std::string>& without = {});

}  // namespace actiond
