// The plugin directory as a tree of files: what belongs to it, how it looks, what it holds.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace actiond {

struct PluginTreeEntry {
  std::filesystem::path path;  // relative to the root
  struct stat status {};       // of what a link leads to
  bool is_directory() const { return S_ISDIR(status.st_mode); }
};

// A copy's files may be run, and not be written. What may be written and not be run was put beside
// them by a handler that keeps something where its plugin is, and is no part of the copy.
enum class TreeKind { Source, Copy };

// The files and directories below `root`, each directory before what is in it, sorted by name.
// Links are followed. Names that begin with a dot are somebody's temporary files, and left out, as
// is what is neither file nor directory, and the directory `without`: a run_dir inside changes all
// the time. Fails if the root can't be read, or goes too deep.
Result<std::vector<PluginTreeEntry>> list_tree(const std::filesystem::path& root,
                                               const std::filesystem::path& without = {},
                                               TreeKind kind = TreeKind::Source);

// Changes with every change of a file's content, name, owner or mode, if the file system keeps
// times; costs a stat for each file. Never fails: a tree that can't be read looks like no other.
std::string tree_look(const std::filesystem::path& root, const std::filesystem::path& without = {},
                      TreeKind kind = TreeKind::Source);
// The same of one file.
std::string file_look(const std::filesystem::path& file);
// It is there, and has no content.
bool is_empty_file(const std::filesystem::path& file);

// The head of the SHA-256 over all names and contents. Blocks while it reads them.
Result<std::string> tree_hash(const std::filesystem::path& root,
                              const std::filesystem::path& without = {},
                              TreeKind kind = TreeKind::Source);

}  // namespace actiond
