// deploy: several plugins at once. They are looked at, copied into the plugin directory under other
// names, and renamed together while a marker keeps pollers from looking.
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>

#include "answers/inspect.hpp"
#include "base/files.hpp"
#include "commands/command.hpp"
#include "commands/terminal/table.hpp"
#include "poller/plugin_sets/plugin_directory.hpp"

namespace actiond {
namespace {

namespace fs = std::filesystem;

// Ctrl-C and the like, before the first file is renamed, leave all as it was.
char path_to_remove[PATH_MAX];
constexpr int kEnds[] = {SIGINT, SIGTERM, SIGHUP};

void remove_and_end(int signal) {
  ::unlink(path_to_remove);
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void catch_ends(const fs::path& path) {
  if (path.native().size() >= sizeof path_to_remove) return;
  std::strcpy(path_to_remove, path.c_str());
  for (const int signal : kEnds) ::signal(signal, remove_and_end);
}

// Not now: the marker is being made.
class Undisturbed {
 public:
  Undisturbed() {
    sigset_t ends;
    sigemptyset(&ends);
    for (const int signal : kEnds) sigaddset(&ends, signal);
    ::sigprocmask(SIG_BLOCK, &ends, &before_);
  }
  ~Undisturbed() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Undisturbed(const Undisturbed&) = delete;
  Undisturbed& operator=(const Undisturbed&) = delete;

 private:
  sigset_t before_{};
};

// Between the first file and the last there is no good moment to end.
void outlive_ends() {
  for (const int signal : kEnds) ::signal(signal, SIG_IGN);
}

// The marker, for as long as this lives. One that somebody else has put there stays.
class Hold {
 public:
  // Fails if another deploy has it.
  static Result<Hold> make(const fs::path& directory) {
    const auto path = directory / kHoldFile;
    const Undisturbed undisturbed;
    for (;;) {
      auto own = put(path);
      if (!own) return own.error();
      if (*own) return catch_ends(path), Hold(path, std::move(*own), true);
      UniqueFd there(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
      if (!there && errno == ENOENT) continue;
      if (!there) return errno_error("open", path.native());
      if (!try_to_lock(there)) return Error{"another deploy is under way: wait until it has ended"};
      if (!is_at(path, there)) continue;
      // One that a deploy has left behind, which ended in the middle, is as good as one of our own.
      const bool is_own = is_of_deploy(directory);
      if (is_own) catch_ends(path);
      return Hold(path, std::move(there), is_own);
    }
  }
  Hold(Hold&&) noexcept = default;
  Hold& operator=(Hold&&) = delete;
  ~Hold() {
    if (file_ && is_own_) ::unlink(path_.c_str());
  }

  // It goes when this does.
  bool is_own() const { return is_own_; }

 private:
  // Whole and locked from the first moment that others see it. No file: one is there already.
  static Result<UniqueFd> put(const fs::path& path) {
    const auto unborn = fmt::format("{}.{}", path.native(), ::getpid());
    UniqueFd file = open_lock(unborn);
    if (!file || !try_to_lock(file) ||
        ::pwrite(file.get(), kDeployHold.data(), kDeployHold.size(), 0) < 0)
      return errno_error("create", unborn);
    Result<UniqueFd> put = UniqueFd();
    if (::link(unborn.c_str(), path.c_str()) == 0)
      put = std::move(file);
    else if (errno != EEXIST)
      put = errno_error("create", path.native());
    ::unlink(unborn.c_str());
    return put;
  }
  // Nobody has removed it, nor put another one there.
  static bool is_at(const fs::path& path, const UniqueFd& file) {
    struct stat mine {};
    struct stat there {};
    return ::fstat(file.get(), &mine) == 0 && ::stat(path.c_str(), &there) == 0 &&
           mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
  }
  Hold(fs::path path, UniqueFd file, bool is_own)
      : path_(std::move(path)), file_(std::move(file)), is_own_(is_own) {}

  fs::path path_;
  UniqueFd file_;
  bool is_own_;
};

// What the directory will hold, as it will be loaded: these, and those that stay.
// Warns of what is hardly meant in these.
Result<void> check_set(const Config& config, const std::vector<std::string>& files) {
  const auto& directory = config.plugins;
  const auto& limit = config.load_timeout;
  const auto there = list_plugins(directory);
  if (!there) return there.error();
  std::vector<PluginInfo> plugins;
  for (const auto& file : *there) {
    const auto name = fs::path(file).filename();
    const bool stays = std::none_of(files.begin(), files.end(), [&](const std::string& other) {
      return fs::path(other).filename() == name;
    });
    if (stays) plugins.push_back(inspect_plugin(file, limit));
  }
  for (const auto& file : files) plugins.push_back(inspect_plugin(fs::absolute(file), limit));
  find_duplicates(plugins);
  std::string problems;
  for (const auto& plugin : plugins)
    if (!plugin.problem.empty()) problems += (problems.empty() ? "" : "\n") + plugin.problem;
  if (!problems.empty()) return Error{problems};
  for (const auto& plugin : std::span(plugins).last(files.size()))
    for (const auto& warning : warnings_of(config, plugin))
      print_error({"warning: " + printable(warning)});
  return {};
}

Result<void> check_files(const fs::path& directory, const std::vector<std::string>& files) {
  std::vector<fs::path> names;
  for (const auto& file : files) {
    const auto name = fs::path(file).filename();
    std::error_code error;
    if (!fs::is_regular_file(file, error)) return Error{fmt::format("{} is no file", file)};
    if (name.extension() != ".so" || name.native().starts_with("."))
      return Error{fmt::format("{} is no plugin: its name must end in .so", file)};
    if (std::find(names.begin(), names.end(), name) != names.end())
      return Error{fmt::format("two files are called {}: only one can be in {}", name.native(),
                               directory.native())};
    if (fs::equivalent(file, directory / name, error))
      return Error{fmt::format("{} is in the plugin directory already", file)};
    names.push_back(name);
  }
  return {};
}

// A name that begins with a dot is not looked at.
fs::path temporary_of(const fs::path& directory, const std::string& file) {
  return directory / ("." + fs::path(file).filename().native() + ".deploying");
}

Result<void> copy(const fs::path& directory, const std::string& file) {
  const auto target = temporary_of(directory, file);
  std::error_code error;
  fs::copy_file(file, target, fs::copy_options::overwrite_existing, error);
  const UniqueFd copied(::open(target.c_str(), O_RDONLY | O_CLOEXEC));
  if (!error && copied && ::fsync(copied.get()) == 0) return {};
  return Error{fmt::format("can't copy {} to {}: {}", file, target.native(),
                           error ? error.message() : errno_error("sync").text)};
}

Result<void> put(const fs::path& directory, const std::vector<std::string>& files) {
  Result<void> done;
  for (const auto& file : files)
    if (done) done = copy(directory, file);
  for (const auto& file : files) {
    const auto from = temporary_of(directory, file), to = directory / fs::path(file).filename();
    if (!done)
      ::unlink(from.c_str());
    else if (::rename(from.c_str(), to.c_str()) != 0)
      done = errno_error("rename to", to.native());
  }
  return done;
}

Result<int> deploy(const Common& common, const std::vector<std::string>& files) {
  auto config = load(common);
  if (!config) return config.error();
  const auto& directory = config->plugins;
  if (auto checked = check_files(directory, files); !checked) return checked.error();
  auto hold = Hold::make(directory);
  if (!hold) return hold.error();
  if (auto checked = check_set(*config, files); !checked)
    return checked.error().within("nothing is deployed");
  outlive_ends();
  if (auto done = put(directory, files); !done) return done.error();
  fmt::print("{} {} in {}\n", files.size(), files.size() == 1 ? "plugin is" : "plugins are",
             directory.native());
  if (!hold->is_own())
    fmt::print("{} was there before, and stays: pollers look when it is removed\n",
               (directory / kHoldFile).native());
  return kDone;
}

}  // namespace

void add_deploy(CLI::App& app, Common& common) {
  auto files = std::make_shared<std::vector<std::string>>();
  auto* verb =
      add_verb(app, common, "deploy", "put plugins into the plugin directory, all at once",
               "Example:  actiond deploy build/*.so\n"
               "All are checked first, with those that stay: if one can't be used, nothing "
               "is changed.",
               [&common, files] { return deploy(common, *files); });
  verb->add_option("files", *files, "the .so files")->required()->type_name("FILE");
}

}  // namespace actiond
