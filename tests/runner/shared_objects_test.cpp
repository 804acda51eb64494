#include "runner/shared_objects.hpp"

#include <doctest/doctest.h>
#include <elf.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

using namespace actiond;
namespace fs = std::filesystem;

namespace {

// A plugin that looks for its libraries in lib, and needs libstdc++, which this process has loaded.
class Brought {
 public:
  Brought() {
    std::string path = fs::temp_directory_path() / "shared_objects.XXXXXX";
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    root_ = path;
    put("plugin.so");
  }
  ~Brought() { fs::remove_all(root_); }
  fs::path file(const std::string& name) const { return root_ / name; }
  // A file that has the same needs as the plugin, beside itself.
  void put(const std::string& name) const {
    fs::create_directories(file(name).parent_path());
    fs::copy_file(TEST_PLUGINS "/with_library.so", file(name));
  }
  void write(const std::string& name) const {
    fs::create_directories(file(name).parent_path());
    std::ofstream(file(name)) << "another version";
  }
  std::vector<SharedName> taken() const { return names_taken_from(file("plugin.so")); }

 private:
  fs::path root_;
};

// The file's dynamic section claims so many bytes.
void claim_dynamic(const fs::path& path, std::uint64_t size) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  Elf64_Ehdr header{};
  file.read(reinterpret_cast<char*>(&header), sizeof header);
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    const auto at = static_cast<std::streamoff>(header.e_phoff + i * sizeof segment);
    file.seekg(at).read(reinterpret_cast<char*>(&segment), sizeof segment);
    if (segment.p_type != PT_DYNAMIC) continue;
    segment.p_filesz = size;
    file.seekp(at).write(reinterpret_cast<const char*>(&segment), sizeof segment);
  }
  REQUIRE(file.flush());
}

constexpr char kRuntime[] = "libstdc++.so.6";

}  // namespace

TEST_CASE("shared objects: the system's libraries take nobody's name who brings none") {
  CHECK(Brought().taken().empty());
}

TEST_CASE("shared objects: the system's takes the name of one that a plugin brings") {
  const Brought brought;
  brought.write("lib/libstdc++.so.6");
  const auto taken = brought.taken();
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].name == kRuntime);
  CHECK(taken[0].own == brought.file("lib/libstdc++.so.6"));
  CHECK(fs::path(taken[0].loaded).filename() == kRuntime);
}

TEST_CASE("shared objects: what a library needs that a plugin brings counts as well") {
  const Brought brought;
  brought.put("lib/libspoken.so");
  CHECK(brought.taken().empty());
  brought.write("lib/lib/libstdc++.so.6");
  const auto taken = brought.taken();
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].own == brought.file("lib/lib/libstdc++.so.6"));
}

TEST_CASE("shared objects: of a library that is large or broken no more is read than it has") {
  const Brought brought;
  brought.put("lib/libspoken.so");
  brought.write("lib/lib/libstdc++.so.6");
  SUBCASE("large") {
    fs::resize_file(brought.file("lib/libspoken.so"), std::uintmax_t{8} << 30);
  }
  SUBCASE("broken") {
    claim_dynamic(brought.file("lib/libspoken.so"), std::uint64_t{1} << 60);
  }
  CHECK(brought.taken().size() == 1);
}
