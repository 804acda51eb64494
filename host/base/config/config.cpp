#include "base/config/config.hpp"

#include <fmt/format.h>

#include "base/config/expansion.hpp"
#include "base/config/file.hpp"
#include "base/config/keys.hpp"
#include "base/config/read.hpp"
#include "base/config/tree.hpp"
#include "base/text.hpp"

namespace actiond {
namespace {

namespace fs = std::filesystem;

// Which environment is in force, and who said so.
struct Environment {
  std::string name;
  std::string_view origin;
};

Environment choose_environment(const std::string& given) {
  if (!given.empty()) return {given, "-e"};
  return {environment_variable("ACTIOND_ENV"), "$ACTIOND_ENV"};
}

std::string no_such_environment(const Environment& environment, const Tree* environments) {
  std::vector<std::string> known;
  if (environments != nullptr)
    for (const TreeEntry& entry : environments->entries) known.push_back(entry.key);
  return fmt::format("no environment {} (of {}) under 'environments': {}",
                     in_quotes(environment.name), environment.origin,
                     suggestion(environment.name, known));
}

// Lays the environment in force over the rest, and takes all of them out of the tree.
void apply_environment(Tree& root, const Environment& environment, Problems& problems) {
  const Tree* const found = root.find("environments");
  const Tree environments = found == nullptr ? Tree{} : *found;
  std::erase_if(root.entries, [](const TreeEntry& entry) { return entry.key == "environments"; });
  if (environment.name.empty()) return;
  const Tree* const overlay = environments.find(environment.name);
  if (overlay == nullptr)
    return problems.add(environments.place, no_such_environment(environment, &environments));
  // A null or mistyped overlay changes nothing; the latter was told by the check of the keys.
  if (overlay->kind == Tree::Kind::Map) merge_over(root, *overlay);
}

Result<Config> read_yaml(const ConfigFile& file, const Environment& environment) {
  Problems problems(file.path);
  std::optional<Tree> root = parse_yaml(file.text, problems);
  if (!root) return problems.error();
  if (root->kind != Tree::Kind::Map && root->kind != Tree::Kind::Null) {
    problems.add(root->place, "the configuration must be a mapping, as in 'concurrency: 4'");
    return problems.error();
  }
  check_keys(*root, problems);
  apply_environment(*root, environment, problems);
  expand_tree(*root, "", problems);
  Config config;
  config.file = fs::absolute(file.path).lexically_normal();
  const fs::path base = config.file.parent_path();
  config.plugins = (base / "../plugins.d").lexically_normal();
  config.run_dir = (base / "../run").lexically_normal();
  config.environment_name = environment.name;
  read_config(*root, base, config, problems);
  if (!problems.empty()) return problems.error();
  return config;
}

Result<Config> defaults(const Environment& environment) {
  if (!environment.name.empty())
    return Error{
        fmt::format("there is no configuration file, so no environment {} (of {}): name "
                    "the file with --config",
                    in_quotes(environment.name), environment.origin)};
  Config config;
  config.plugins = fs::absolute("plugins.d");
  config.run_dir = fs::absolute("run");
  return config;
}

}  // namespace

Result<Config> load_config(const ConfigSource& source) {
  const Environment environment = choose_environment(source.environment);
  const auto file = read_config_file(source.file);
  if (!file) return file.error();
  return *file ? read_yaml(**file, environment) : defaults(environment);
}

}  // namespace actiond
