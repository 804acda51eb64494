// A plugin directory and a run_dir of their own, gone at the end.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

namespace fs = std::filesystem;

class SnapshotScene {
 public:
  SnapshotScene() {
    std::string path = fs::temp_directory_path() / "action-snapshots.XXXXXX";
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    root = path;
    fs::create_directory(source());
    fs::create_directory(run_dir());
  }
  ~SnapshotScene() { fs::remove_all(root); }

  fs::path source() const { return root / "plugins.d"; }
  fs::path run_dir() const { return root / "run"; }
  void write(const fs::path& file, const std::string& text) const {
    fs::create_directories((source() / file).parent_path());
    std::ofstream(source() / file) << text;
  }
  std::set<std::string> snapshots() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(run_dir() / "snapshots"))
      if (entry.path().filename() != ".lock") names.insert(entry.path().filename());
    return names;
  }

  fs::path root;
};
