#include "site.hpp"

#include <stdlib.h>

#include <fstream>

namespace fs = std::filesystem;

namespace {

fs::path make_directory() {
  std::string path = fs::temp_directory_path() / "action-e2e.XXXXXX";
  REQUIRE(::mkdtemp(path.data()) != nullptr);
  return path;
}

}  // namespace

fs::path plugin_file(const std::string& plugin) {
  for (const char* directory : {TEST_PLUGINS, EXAMPLE_PLUGINS})
    if (const fs::path file = fs::path(directory) / (plugin + ".so"); fs::exists(file)) return file;
  FAIL("no plugin ", plugin, " was built");
  return {};
}

Site::Site(const std::string& yaml, const std::vector<std::string>& plugins, Broker broker)
    : directory_(make_directory()) {
  for (const char* name : {"config", "plugins.d", "output"}) fs::create_directory(path(name));
  configure(yaml);
  for (const auto& plugin : plugins) install(plugin);
  if (broker == kRabbit) rabbit::prepare();
}

// A poller that is killed takes its runners along.
Site::~Site() {
  for (const pid_t pid : pollers()) end_process(pid);
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

fs::path Site::pid_file(int id) const {
  return path("run/poller." + std::to_string(id) + ".pid");
}

// Most tests want to see a failure at once: they have one attempt, unless they say otherwise.
void Site::configure(const std::string& yaml, const std::string& broker) {
  const char* const retry = contains(yaml, "retry:") ? "" : "retry: {attempts: 1}\n";
  std::ofstream(path("config/actiond.yaml")) << "broker: \"" << broker << "\"\n"
                                             << "application: " << rabbit::application() << "\n"
                                             << yaml << "\n"
                                             << retry;
}

void Site::install(const std::string& plugin, const std::string& as) {
  const auto target = path("plugins.d") / ((as.empty() ? plugin : as) + ".so");
  const auto copying = target.native() + ".copying";
  fs::copy_file(plugin_file(plugin), copying, fs::copy_options::overwrite_existing);
  fs::rename(copying, target);
}

void Site::overwrite(const std::string& plugin, const std::string& as) const {
  fs::copy_file(plugin_file(plugin), path("plugins.d") / (as + ".so"),
                fs::copy_options::overwrite_existing);
}

void Site::install_text(const std::string& file, const std::string& content) {
  const auto target = path("plugins.d") / file;
  const auto copying = target.native() + ".copying";
  std::ofstream(copying, std::ios::binary) << content;
  fs::rename(copying, target);
}

void Site::uninstall(const std::string& file) {
  fs::remove(path("plugins.d") / file);
}

std::vector<std::string> Site::command(const std::vector<std::string>& words) const {
  std::vector<std::string> command;
  if (machine_ != 0) command = {"nsenter", "--net", "--uts", "--target", std::to_string(machine_)};
  command.insert(command.end(), {ACTIOND, words.at(0), "--config", path("config/actiond.yaml")});
  command.insert(command.end(), words.begin() + 1, words.end());
  return command;
}

Ran Site::actiond(const std::vector<std::string>& words, const std::string& input) {
  return begin(words, input)->wait();
}

std::unique_ptr<Process> Site::begin(const std::vector<std::string>& words,
                                     const std::string& input) {
  const auto output = path("output") / (std::to_string(++commands_) + "." + words.at(0));
  return std::make_unique<Process>(command(words), output, input);
}

void Site::rabbitmq(const std::vector<std::string>& words) const {
  std::vector<std::string> command{RABBITMQ_SCRIPT, "--dir", test_rabbitmq_dir()};
  command.insert(command.end(), words.begin(), words.end());
  const Ran ran = Process(command, path("output/rabbitmq")).wait(180s);
  REQUIRE_MESSAGE(ran.status == 0, ran.out, ran.err);
}

pid_t Site::start(int id, const std::vector<std::string>& words) {
  std::vector<std::string> all{"start", "--id", std::to_string(id)};
  all.insert(all.end(), words.begin(), words.end());
  const Ran ran = actiond(all);
  REQUIRE_MESSAGE(ran.status == 0, ran.err);
  return std::stoi(ran.out);
}

pid_t Site::recorded_pid(int id) const {
  const auto lines = read_lines(pid_file(id));
  return lines.empty() ? 0 : std::atoi(lines[0].c_str());
}

std::vector<pid_t> Site::pollers() const {
  std::vector<pid_t> found;
  for (const pid_t pid : all_processes()) {
    const std::string command = command_line(pid);
    if (contains(command, " run ") && contains(command, path("config/actiond.yaml")))
      found.push_back(pid);
  }
  return found;
}

bool Site::wait_for_lines(const std::string& file, std::size_t count,
                          std::chrono::milliseconds limit) const {
  return wait_until([&] { return lines(file).size() >= count; }, limit);
}

std::string Site::params(const std::string& file, const std::string& more) const {
  return "{\"file\": \"" + path(file).native() + "\"" + (more.empty() ? "" : ", " + more) + "}";
}

std::string Site::log(int id) const {
  return read_text(path("run/poller." + std::to_string(id) + ".log"));
}

bool Site::wait_for_log(const std::string& part, int id, std::chrono::milliseconds limit) const {
  return wait_until([&] { return contains(log(id), part); }, limit);
}

int times_lost(const Site& site) {
  return count_of(site.log(), ": connecting again");
}
