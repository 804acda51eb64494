#include "poller/plugin_sets/plugin_tree.hpp"

#include <fmt/format.h>

#include "base/content_hash.hpp"
#include "base/files.hpp"

namespace actiond {
namespace {

namespace fs = std::filesystem;

constexpr int kDeepest = 16;  // deeper is a link that leads back

class Listing {
 public:
  Listing(const fs::path& root, const fs::path& without, TreeKind kind) : root_(root), kind_(kind) {
    if (!without.empty()) ::stat(without.c_str(), &without_);
  }

  Result<void> add(const fs::path& directory, int depth) {
    if (depth > kDeepest)
      return Error{
          fmt::format("the plugin directory {} is deeper than {} directories at {}: does a "
                      "link in it lead back to it?",
                      root_.native(), kDeepest, directory.native())};
    std::error_code error;
    const auto paths = list_directory(root_ / directory, error);
    if (error) return cant_read(error);
    for (const auto& path : paths)
      if (auto added = add_entry(directory / path.filename(), depth); !added) return added;
    return {};
  }

  std::vector<PluginTreeEntry> entries;

 private:
  Result<void> add_entry(const fs::path& path, int depth) {
    PluginTreeEntry entry{path, {}};
    if (path.filename().native().starts_with(".")) return {};
    if (::stat((root_ / path).c_str(), &entry.status) != 0) return without_target(path);
    if (!entry.is_directory() && !S_ISREG(entry.status.st_mode)) return {};
    if (entry.status.st_dev == without_.st_dev && entry.status.st_ino == without_.st_ino) return {};
    if (kind_ == TreeKind::Copy && is_left_there(entry)) {
      ++left_there_;
      return {};
    }
    entries.push_back(entry);
    return entry.is_directory() ? add_directory(path, depth) : Result<void>{};
  }

  // One that has nothing but what was left there was left there as well.
  Result<void> add_directory(const fs::path& path, int depth) {
    const std::size_t count = entries.size(), left = left_there_;
    auto added = add(path, depth + 1);
    if (added && entries.size() == count && left_there_ > left) entries.pop_back();
    return added;
  }

  // A library is never: it would be loaded.
  static bool is_left_there(const PluginTreeEntry& entry) {
    constexpr mode_t kWritten = 0222, kRun = 0111;
    const mode_t mode = entry.status.st_mode;
    const bool is_library = entry.path.filename().native().find(".so") != std::string::npos;
    return !entry.is_directory() && !is_library && (mode & kWritten) != 0 && (mode & kRun) == 0;
  }

  // What is gone again is nothing that could be loaded; but a plugin whose release was removed
  // would be missing without a word.
  Result<void> without_target(const fs::path& path) const {
    const bool is_plugin = !path.has_parent_path() && path.extension() == ".so";
    std::error_code error;
    if (!is_plugin || !fs::is_symlink(root_ / path, error)) return {};
    return Error{
        fmt::format("{} is a link that leads nowhere: point it at the plugin, or remove it",
                    (root_ / path).native())};
  }

  Error cant_read(const std::error_code& error) const {
    return {
        fmt::format("the plugin directory {} can't be read: {}: create it, or set plugins: in "
                    "the configuration",
                    root_.native(), error.message())};
  }

  fs::path root_;
  TreeKind kind_;
  std::size_t left_there_ = 0;
  struct stat without_ {};
};

std::string look_of(const struct stat& status) {
  const auto time = [](const timespec& at) { return fmt::format("{}.{}", at.tv_sec, at.tv_nsec); };
  return fmt::format("{}:{} {} {} {}", status.st_dev, status.st_ino, status.st_size,
                     time(status.st_mtim), time(status.st_ctim));
}

}  // namespace

Result<std::vector<PluginTreeEntry>> list_tree(const fs::path& root, const fs::path& without,
                                               TreeKind kind) {
  Listing listing(root, without, kind);
  if (auto listed = listing.add({}, 0); !listed) return listed.error();
  return std::move(listing.entries);
}

std::string tree_look(const fs::path& root, const fs::path& without, TreeKind kind) {
  const auto entries = list_tree(root, without, kind);
  if (!entries) return entries.error().text;
  std::string look;
  // A directory's own times change with the temporary files in it.
  for (const auto& entry : *entries)
    look += entry.path.native() + (entry.is_directory() ? "/" : " " + look_of(entry.status)) + "\n";
  return look;
}

std::string file_look(const fs::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? look_of(status) : "absent";
}

bool is_empty_file(const fs::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0;
}

Result<std::string> tree_hash(const fs::path& root, const fs::path& without, TreeKind kind) {
  const auto entries = list_tree(root, without, kind);
  if (!entries) return entries.error();
  ContentDigest digest;
  for (const auto& entry : *entries) {
    // Ends in a NUL, which no name holds, and tells the size: no two trees feed the same bytes.
    digest.add(entry.path.native() + (entry.is_directory() ? "/" : ""));
    digest.add({"\0", 1});
    if (entry.is_directory()) continue;
    digest.add(std::to_string(entry.status.st_size) + "\n");
    if (auto added = digest.add_file(root / entry.path); !added) return added.error();
  }
  return digest.text();
}

}  // namespace actiond
