// deploy: several plugins at once. They are looked at, copied into the plugin directory under other
// names, and renamed together while a marker keeps pollers from looking.
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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
// Changed only while Undisturbed. Never destroyed: signals come at the very end as well.
auto& paths_to_remove = *new std::vector<std::string>;
constexpr int kEnds[] = {SIGINT, SIGTERM, SIGHUP};

void remove_and_end(int signal) {
  for (const auto& path : paths_to_remove) ::unlink(path.c_str());
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void catch_ends(const fs::path& path) {
  paths_to_remove.push_back(path);
  for (const int signal : kEnds) ::signal(signal, remove_and_end);
}

// Not now: what is to be removed is being made.
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
  // It stays, and says what has left it there.
  void keep() { is_own_ = false; }

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

// One of the files, on its way into the directory. A name that begins with a dot is not looked at.
class Deployed {
 public:
  Deployed(const fs::path& directory, const std::string& file)
      : from_(file), to_(directory / from_.filename()) {}
  Deployed(Deployed&& other) noexcept = default;
  ~Deployed() {
    if (to_.empty()) return;  // moved from
    ::unlink(copy_path().c_str());
    if (!is_lost_) ::unlink(aside().c_str());
  }

  fs::path name() const { return to_.filename(); }

  // Makes the copy that takes the name later: nobody writes into that any more.
  Result<void> copy() const {
    const auto target = copy_path();
    Undisturbed(), catch_ends(target);
    std::error_code error;
    fs::copy_file(from_, target, fs::copy_options::overwrite_existing, error);
    const UniqueFd copied(::open(target.c_str(), O_RDONLY | O_CLOEXEC));
    if (!error && copied && ::fsync(copied.get()) == 0) return {};
    return Error{fmt::format("can't copy {} to {}: {}", from_.native(), target.native(),
                             error ? error.message() : errno_error("sync").text)};
  }

  // The copy as a plugin of the name that it will have.
  PluginInfo inspect(const LoadTimeout& limit) const {
    auto plugin = inspect_plugin(copy_path(), limit);
    plugin.file = to_;
    const auto temporary = copy_path().filename().native();
    for (std::size_t at = 0; (at = plugin.problem.find(temporary, at)) != std::string::npos;)
      plugin.problem.replace(at, temporary.size(), name().native());
    return plugin;
  }

  // Gives the copy its name; what had it before is kept until this goes.
  Result<void> put() {
    if (auto kept = keep_old(); !kept) return kept;
    if (::rename(copy_path().c_str(), to_.c_str()) != 0)
      return errno_error("rename to", to_.native());
    is_put_ = true;
    return {};
  }

  // All as it was. False if that can't be had: then what was there before stays aside.
  bool take_back() {
    if (!is_put_) return true;
    is_lost_ = (has_old_ ? ::rename(aside().c_str(), to_.c_str()) : ::unlink(to_.c_str())) != 0;
    return !is_lost_;
  }

 private:
  fs::path copy_path() const { return beside(".deploying"); }
  fs::path aside() const { return beside(".before"); }
  fs::path beside(const char* ending) const {
    return to_.parent_path() / ("." + name().native() + ending);
  }
  // Where a file can't have two names, a copy of it does as well.
  Result<void> keep_old() {
    ::unlink(aside().c_str());
    has_old_ = ::link(to_.c_str(), aside().c_str()) == 0;
    if (has_old_ || errno == ENOENT) return {};
    std::error_code error;
    has_old_ = fs::copy_file(to_, aside(), error);
    if (has_old_) return {};
    return Error{fmt::format("can't keep {} meanwhile: {}", to_.native(), error.message())};
  }

  fs::path from_, to_;
  bool has_old_ = false, is_put_ = false, is_lost_ = false;
};

// What the directory will hold, as it will be loaded: these, and those that stay.
// Warns of what is hardly meant in these.
Result<void> check_set(const Config& config, const std::vector<Deployed>& files) {
  const auto& limit = config.load_timeout;
  const auto there = list_plugins(config.plugins);
  if (!there) return there.error();
  std::vector<PluginInfo> plugins;
  for (const auto& file : *there) {
    const auto name = fs::path(file).filename();
    const bool stays = std::none_of(files.begin(), files.end(),
                                    [&](const Deployed& other) { return other.name() == name; });
    if (stays) plugins.push_back(inspect_plugin(file, limit));
  }
  for (const auto& file : files) plugins.push_back(file.inspect(limit));
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

// What is checked is what will be loaded, whatever becomes of the files meanwhile.
Result<void> copy_and_check(const Config& config, const std::vector<Deployed>& files) {
  for (const auto& file : files)
    if (auto copied = file.copy(); !copied) return copied;
  return check_set(config, files);
}

// All, or none; or the door stays shut.
Result<void> put_all(std::vector<Deployed>& files, Hold& hold) {
  Result<void> done;
  for (auto& file : files)
    if (done) done = file.put();
  if (done) return done;
  bool is_as_before = true;
  for (auto& file : files) is_as_before &= file.take_back();
  if (is_as_before) return done.error().within("nothing is deployed");
  hold.keep();
  return Error{fmt::format(
      "{}, and not all that was there before could be put back: {} stays, so that nobody loads "
      "what is there now: deploy again",
      done.error().text, kHoldFile)};
}

Result<int> deploy(const Common& common, const std::vector<std::string>& names) {
  auto config = load(common);
  if (!config) return config.error();
  const auto& directory = config->plugins;
  if (auto checked = check_files(directory, names); !checked) return checked.error();
  auto hold = Hold::make(directory);
  if (!hold) return hold.error();
  std::vector<Deployed> files;
  for (const auto& name : names) files.emplace_back(directory, name);
  if (auto checked = copy_and_check(*config, files); !checked)
    return checked.error().within("nothing is deployed");
  outlive_ends();
  if (auto done = put_all(files, *hold); !done) return done.error();
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
