#include "runner/elf_check.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "base/fd.hpp"

namespace actiond {
namespace {

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#else
constexpr Elf64_Half kMachine = EM_NONE;  // not checked
#endif

const Error kIncomplete{
    "is incomplete, perhaps half copied: copy it again, under another name first"};

bool read_at(int fd, void* into, std::size_t size, std::uint64_t offset) {
  return ::pread(fd, into, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
}

// Their sum may be more than a number holds.
bool is_within(std::uint64_t file_size, std::uint64_t offset, std::uint64_t size) {
  return offset <= file_size && size <= file_size - offset;
}

Result<void> check_kind(const Elf64_Ehdr& header) {
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_type != ET_DYN)
    return Error{"is not a shared object: build it with -fPIC -shared, or with action_add_plugin"};
  if (kMachine != EM_NONE && header.e_machine != kMachine)
    return Error{"was built for another kind of processor: build it for this machine"};
  return {};
}

Result<void> check_segments(int fd, const Elf64_Ehdr& header, std::uint64_t file_size) {
  std::vector<Elf64_Phdr> segments(header.e_phnum);
  if (header.e_phentsize != sizeof(Elf64_Phdr) ||
      !read_at(fd, segments.data(), segments.size() * sizeof(Elf64_Phdr), header.e_phoff))
    return kIncomplete;
  for (const auto& segment : segments)
    if ((segment.p_type == PT_LOAD || segment.p_type == PT_DYNAMIC) &&
        !is_within(file_size, segment.p_offset, segment.p_filesz))
      return kIncomplete;
  const std::uint64_t sections = std::uint64_t{header.e_shnum} * header.e_shentsize;
  if (!is_within(file_size, header.e_shoff, sections)) return kIncomplete;
  return {};
}

}  // namespace

Result<void> check_elf(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat file {};
  if (!fd || ::fstat(fd.get(), &file) != 0) return errno_error("be read");
  if (file.st_size == 0) return Error{"is empty: copy it again"};
  Elf64_Ehdr header{};
  const bool is_whole_header = read_at(fd.get(), &header, sizeof header, 0);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && !is_whole_header) return kIncomplete;
  if (auto kind = check_kind(header); !kind) return kind;
  return check_segments(fd.get(), header, static_cast<std::uint64_t>(file.st_size));
}

}  // namespace actiond
