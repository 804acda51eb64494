#include "runner/object_file.hpp"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/fd.hpp"

namespace actiond {
namespace {

// Far more than any linker writes; what claims to be longer is broken.
constexpr std::uint64_t kMostDynamicBytes = 1 << 20;
constexpr std::size_t kLongestText = 64 * 1024;
constexpr std::size_t kComparedTogether = 64 * 1024;

class File {
 public:
  explicit File(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat status {};
    if (fd_ && ::fstat(fd_.get(), &status) == 0) size_ = static_cast<std::uint64_t>(status.st_size);
  }

  bool is_there() const { return static_cast<bool>(fd_); }
  std::uint64_t size() const { return size_; }

  // Up to so many of a kind, as far as the file goes.
  template <typename T>
  std::vector<T> list(std::uint64_t offset, std::uint64_t most) const {
    const std::uint64_t there = offset < size_ ? (size_ - offset) / sizeof(T) : 0;
    std::vector<T> items(std::min(most, there));
    const auto got =
        ::pread(fd_.get(), items.data(), items.size() * sizeof(T), static_cast<off_t>(offset));
    items.resize(got > 0 ? static_cast<std::size_t>(got) / sizeof(T) : 0);
    return items;
  }

  std::string text(std::uint64_t offset) const {
    const auto bytes = list<char>(offset, kLongestText);
    return {bytes.begin(), std::find(bytes.begin(), bytes.end(), '\0')};
  }

 private:
  UniqueFd fd_;
  std::uint64_t size_ = 0;
};

using Segments = std::vector<ElfW(Phdr)>;

Segments segments_of(const File& file) {
  const auto header = file.list<ElfW(Ehdr)>(0, 1);
  return header.empty() ? Segments()
                        : file.list<ElfW(Phdr)>(header.front().e_phoff, header.front().e_phnum);
}

std::uint64_t file_offset(const Segments& segments, std::uint64_t address) {
  for (const auto& segment : segments)
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
        address - segment.p_vaddr < segment.p_filesz)
      return address - segment.p_vaddr + segment.p_offset;
  return UINT64_MAX;
}

std::vector<ElfW(Dyn)> entries_of(const File& file, const Segments& segments) {
  const auto dynamic = std::ranges::find(segments, PT_DYNAMIC, &ElfW(Phdr)::p_type);
  if (dynamic == segments.end()) return {};
  const auto bytes = std::min<std::uint64_t>(dynamic->p_filesz, kMostDynamicBytes);
  auto entries = file.list<ElfW(Dyn)>(dynamic->p_offset, bytes / sizeof(ElfW(Dyn)));
  const auto end = std::ranges::find(entries, DT_NULL, &ElfW(Dyn)::d_tag);
  entries.erase(end, entries.end());
  return entries;
}

}  // namespace

Dynamic read_dynamic(const std::string& path) {
  const File file(path);
  const auto segments = segments_of(file);
  const auto entries = entries_of(file, segments);
  std::uint64_t texts = UINT64_MAX;
  for (const auto& entry : entries)
    if (entry.d_tag == DT_STRTAB) texts = file_offset(segments, entry.d_un.d_ptr);
  Dynamic dynamic;
  if (texts == UINT64_MAX) return dynamic;
  for (const auto& entry : entries) {
    if (entry.d_tag == DT_NEEDED) dynamic.needed.push_back(file.text(texts + entry.d_un.d_val));
    if (entry.d_tag == DT_RUNPATH || entry.d_tag == DT_RPATH)
      dynamic.run_path = file.text(texts + entry.d_un.d_val);
  }
  return dynamic;
}

bool is_same_content(const std::string& path, const std::string& other) {
  const File one(path), two(other);
  if (!one.is_there() || !two.is_there() || one.size() != two.size()) return false;
  for (std::uint64_t at = 0; at < one.size();) {
    const auto block = one.list<char>(at, kComparedTogether);
    if (block.empty() || block != two.list<char>(at, block.size())) return false;
    at += block.size();
  }
  return true;
}

}  // namespace actiond
