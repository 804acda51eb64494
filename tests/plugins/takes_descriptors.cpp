// Puts files of its own (params "file".0, "file".1, …) in the place of the runner's descriptors,
// and then crashes, fails, or returns, as params "then" says.
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <action/event.hpp>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

std::vector<int> runners_descriptors() {
  std::vector<int> found;
  DIR* open = ::opendir("/proc/self/fd");
  while (const dirent* entry = ::readdir(open)) {
    char target[256] = "";
    if (::readlinkat(::dirfd(open), entry->d_name, target, sizeof target - 1) < 0) continue;
    const std::string text(target);
    const int fd = std::atoi(entry->d_name);
    if (fd > 2 && (text.starts_with("socket:") || text.starts_with("/memfd:"))) found.push_back(fd);
  }
  ::closedir(open);
  return found;
}

}  // namespace

class TakesDescriptorsEvent : public action::Event {
 public:
  void process() override {
    int number = 0;
    for (const int fd : runners_descriptors()) {
      const auto name = params().at("file").get<std::string>() + "." + std::to_string(number++);
      const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
      (void)::dup(fd);  // so that the poller sees no end
      ::dup2(file, fd);
      ::close(file);
    }
    const auto then = params().at("then").get<std::string>();
    if (then == "crash") std::abort();
    if (then == "throw") throw std::runtime_error("it failed");
  }
};
ACTION_EVENT(TakesDescriptorsEvent)
