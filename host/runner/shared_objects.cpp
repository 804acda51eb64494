#include "runner/shared_objects.hpp"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string_view>

namespace actiond {
namespace {

namespace fs = std::filesystem;

// The dynamic section of a file that check_elf has passed (System V ABI, chapter 5).
struct Dynamic {
  std::vector<std::string> needed;
  std::string run_path;
};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <typename T>
T at(const std::string& bytes, std::uint64_t offset) {
  T value{};
  if (offset <= bytes.size() && bytes.size() - offset >= sizeof value)
    std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::vector<ElfW(Phdr)> segments_of(const std::string& bytes) {
  const auto header = at<ElfW(Ehdr)>(bytes, 0);
  std::vector<ElfW(Phdr)> segments;
  for (unsigned i = 0; i < header.e_phnum; ++i)
    segments.push_back(at<ElfW(Phdr)>(bytes, header.e_phoff + i * sizeof(ElfW(Phdr))));
  return segments;
}

std::uint64_t file_offset(const std::vector<ElfW(Phdr)>& segments, std::uint64_t address) {
  for (const auto& segment : segments)
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
        address - segment.p_vaddr < segment.p_filesz)
      return address - segment.p_vaddr + segment.p_offset;
  return UINT64_MAX;
}

std::vector<ElfW(Dyn)> entries_of(const std::string& bytes,
                                  const std::vector<ElfW(Phdr)>& segments) {
  std::vector<ElfW(Dyn)> entries;
  for (const auto& segment : segments)
    for (std::uint64_t i = 0; segment.p_type == PT_DYNAMIC && i < segment.p_filesz;
         i += sizeof(ElfW(Dyn)))
      entries.push_back(at<ElfW(Dyn)>(bytes, segment.p_offset + i));
  return entries;
}

Dynamic dynamic_of(const std::string& bytes) {
  const auto segments = segments_of(bytes);
  const auto entries = entries_of(bytes, segments);
  std::uint64_t texts = UINT64_MAX;
  for (const auto& entry : entries)
    if (entry.d_tag == DT_STRTAB) texts = file_offset(segments, entry.d_un.d_ptr);
  const auto text = [&](const ElfW(Dyn) & entry) {
    const std::uint64_t offset = texts + entry.d_un.d_val;
    return offset < bytes.size() ? std::string(bytes.c_str() + offset) : std::string();
  };
  Dynamic dynamic;
  for (const auto& entry : entries) {
    if (entry.d_tag == DT_NEEDED) dynamic.needed.push_back(text(entry));
    if (entry.d_tag == DT_RUNPATH || entry.d_tag == DT_RPATH) dynamic.run_path = text(entry);
  }
  return dynamic;
}

// "$ORIGIN/lib:/opt/lib" for a plugin: where that library of its own is; empty: nowhere.
std::string own_file(const std::string& plugin, std::string_view run_path,
                     const std::string& name) {
  while (!run_path.empty()) {
    const auto end = std::min(run_path.find(':'), run_path.size());
    std::string directory(run_path.substr(0, end));
    for (const std::string_view origin : {"${ORIGIN}", "$ORIGIN"})
      if (const auto found = directory.find(origin); found != std::string::npos)
        directory.replace(found, origin.size(), fs::path(plugin).parent_path().native());
    std::error_code error;
    if (const fs::path file = fs::path(directory) / name; fs::is_regular_file(file, error))
      return file;
    run_path.remove_prefix(std::min(end + 1, run_path.size()));
  }
  return {};
}

std::vector<std::string> loaded_files() {
  std::vector<std::string> files;
  const auto add = [](dl_phdr_info* info, std::size_t, void* to) {
    static_cast<std::vector<std::string>*>(to)->emplace_back(info->dlpi_name);
    return 0;
  };
  ::dl_iterate_phdr(add, &files);
  return files;
}

bool is_the_systems(const std::string& file) {
  return file.starts_with("/lib") || file.starts_with("/usr/lib");
}

bool is_same(const std::string& file, const std::string& other) {
  std::error_code error;
  return fs::equivalent(file, other, error) || read_file(file) == read_file(other);
}

// One that a file brings is as good as loaded, unless its name is taken: what that needs counts,
// too.
void add_taken(const std::string& by, const std::vector<std::string>& files,
               std::set<std::string>& looked_at, std::vector<SharedName>& taken) {
  if (!looked_at.insert(by).second) return;
  const Dynamic dynamic = dynamic_of(read_file(by));
  for (const auto& name : dynamic.needed) {
    const std::string own = own_file(by, dynamic.run_path, name);
    const auto loaded = std::find_if(files.begin(), files.end(), [&](const std::string& file) {
      return fs::path(file).filename() == name && !(own.empty() && is_the_systems(file));
    });
    const bool is_taken = loaded != files.end() && (own.empty() || !is_same(own, *loaded));
    if (is_taken)
      taken.push_back({name, *loaded, own});
    else if (!own.empty())
      add_taken(own, files, looked_at, taken);
  }
}

}  // namespace

std::vector<SharedName> names_taken_from(const std::string& plugin) {
  std::set<std::string> looked_at;
  std::vector<SharedName> taken;
  add_taken(plugin, loaded_files(), looked_at, taken);
  return taken;
}

}  // namespace actiond
