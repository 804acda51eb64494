// State of the process that others rely on, the plugin itself, and more than anybody can take.
#include <dlfcn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <action/event.hpp>
#include <clocale>
#include <cstdlib>
#include <exception>
#include <locale>
#include <stdexcept>
#include <string>

#include "deeds.hpp"

namespace {

void lose_directory(const nlohmann::json&) {
  char directory[] = "/tmp/nasty.XXXXXX";
  if (::mkdtemp(directory) == nullptr || ::chdir(directory) != 0) return;
  ::rmdir(directory);
}

void change_locale(const nlohmann::json&) {
  std::setlocale(LC_ALL, "C.UTF-8");
  std::locale::global(std::locale(std::locale(), new std::numpunct<char>));
  ::setenv("LC_ALL", "tr_TR.UTF-8", 1);
}

void throw_on() {
  throw std::runtime_error("where none may come from");
}
void change_terminate_and_throw(const nlohmann::json&) {
  std::set_terminate([] { std::_Exit(0); });
  []() noexcept { throw_on(); }();
}

void mask_files(const nlohmann::json&) {
  ::umask(0777);
}

void clear_environment(const nlohmann::json&) {
  ::clearenv();
  ::setenv("LD_PRELOAD", "/nowhere.so", 1);
  ::setenv("LD_LIBRARY_PATH", "/tmp", 1);
}

// So that it would outlive its poller.
void outlive_parent(const nlohmann::json&) {
  ::prctl(PR_SET_PDEATHSIG, 0);
  ::prctl(PR_SET_NAME, "somebody else");
  ::setsid();
}

void be_nice(const nlohmann::json&) {
  ::setpriority(PRIO_PROCESS, 0, 19);
}

// It is unloaded below its own feet, if the loader lets that happen.
void unload_itself(const nlohmann::json&) {
  Dl_info info{};
  ::dladdr(reinterpret_cast<void*>(&unload_itself), &info);
  void* self = ::dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
  for (int i = 0; self != nullptr && i < 2; ++i) ::dlclose(self);
}

void hang_at_exit(const nlohmann::json&) {
  std::atexit([] {
    for (;;) ::pause();
  });
  std::exit(0);
}

void queue_huge(const nlohmann::json&) {
  action::queue_action_event("innocent", {{"pad", std::string(std::size_t{2} << 20, 'p')}});
}

void queue_many(const nlohmann::json&) {
  for (int i = 0; i < 200; ++i) action::queue_action_event("innocent");
}

void queue_and_fail(const nlohmann::json& params) {
  queue_many(params);
  throw std::runtime_error("after it has queued");
}

void queue_nonsense(const nlohmann::json&) {
  action::queue_action_event("No Such Name", {}, {.queue = "nowhere"});
}

void log_flood(const nlohmann::json&) {
  action::log("{}", std::string(std::size_t{1} << 20, 'l'));
  for (int i = 0; i < 500; ++i) action::log("line {} \xff\n\x1b[31m", i);
}

}  // namespace

std::vector<Deed> state_deeds() {
  return {{"lose_directory", lose_directory},
          {"change_locale", change_locale},
          {"change_terminate_and_throw", change_terminate_and_throw},
          {"mask_files", mask_files},
          {"clear_environment", clear_environment},
          {"outlive_parent", outlive_parent},
          {"be_nice", be_nice},
          {"unload_itself", unload_itself},
          {"hang_at_exit", hang_at_exit},
          {"queue_huge", queue_huge},
          {"queue_many", queue_many},
          {"queue_and_fail", queue_and_fail},
          {"queue_nonsense", queue_nonsense},
          {"log_flood", log_flood}};
}
