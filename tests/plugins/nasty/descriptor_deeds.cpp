// Descriptors: closed, taken, written to, used up.
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "deeds.hpp"

namespace {

// All but the standard ones.
std::vector<int> open_descriptors() {
  std::vector<int> found;
  DIR* open = ::opendir("/proc/self/fd");
  while (const dirent* entry = open != nullptr ? ::readdir(open) : nullptr)
    if (const int fd = std::atoi(entry->d_name); fd > 2 && fd != ::dirfd(open)) found.push_back(fd);
  if (open != nullptr) ::closedir(open);
  return found;
}

void close_all(const nlohmann::json&) {
  for (const int fd : open_descriptors()) ::close(fd);
}

void open_over(const nlohmann::json&) {
  for (const int fd : open_descriptors()) {
    const int file = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(file, fd);
    ::close(file);
  }
}

void close_standard(const nlohmann::json&) {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(fd);
}

const std::string kGarbage(8192, '\x5a');

// The runner's page of progress among them.
void scribble_over_files(const nlohmann::json&) {
  for (const int fd : open_descriptors()) (void)!::pwrite(fd, kGarbage.data(), kGarbage.size(), 0);
}

// The same: what is mapped of them is gone.
void cut_files_short(const nlohmann::json&) {
  for (const int fd : open_descriptors()) (void)!::ftruncate(fd, 0);
}

// The runner's way to its poller among them.
void write_to_sockets(const nlohmann::json&) {
  for (const int fd : open_descriptors())
    ::send(fd, kGarbage.data(), kGarbage.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

// What the runner has been handed is never seen there.
void read_from_sockets(const nlohmann::json&) {
  char bytes[65536];
  for (const int fd : open_descriptors()) ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
}

// Neither waits any more.
void unblock_sockets(const nlohmann::json&) {
  for (const int fd : open_descriptors()) ::fcntl(fd, F_SETFL, O_NONBLOCK);
}

void shut_sockets(const nlohmann::json&) {
  for (const int fd : open_descriptors()) ::shutdown(fd, SHUT_RDWR);
}

void use_up(const nlohmann::json&) {
  std::vector<int> held;
  for (int fd; (fd = ::dup(STDERR_FILENO)) >= 0;) held.push_back(fd);
  for (const int fd : held) ::close(fd);
}

void flood_standard_output(const nlohmann::json&) {
  const std::string line(1023, '#');
  for (int i = 0; i < 256; ++i) std::puts(line.c_str());
  std::fputs("\x1b[31m\xff\xfe no end of line", stderr);
}

// The page of progress goes; what is written there next is a crash.
void unmap_progress(const nlohmann::json&) {
  std::FILE* maps = std::fopen("/proc/self/maps", "re");
  char line[512];
  while (maps != nullptr && std::fgets(line, sizeof line, maps) != nullptr) {
    unsigned long begin = 0, end = 0;
    char rights[8] = "";
    if (std::sscanf(line, "%lx-%lx %7s", &begin, &end, rights) == 3 && rights[3] == 's')
      ::munmap(reinterpret_cast<void*>(begin), end - begin);
  }
  if (maps != nullptr) std::fclose(maps);
}

}  // namespace

std::vector<Deed> descriptor_deeds() {
  return {{"close_all", close_all},
          {"open_over", open_over},
          {"close_standard", close_standard},
          {"scribble_over_files", scribble_over_files},
          {"cut_files_short", cut_files_short},
          {"write_to_sockets", write_to_sockets},
          {"read_from_sockets", read_from_sockets},
          {"unblock_sockets", unblock_sockets},
          {"shut_sockets", shut_sockets},
          {"use_up_descriptors", use_up},
          {"flood_standard_output", flood_standard_output},
          {"unmap_progress", unmap_progress}};
}
