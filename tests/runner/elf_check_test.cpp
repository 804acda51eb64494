#include "runner/elf_check.hpp"

#include <doctest/doctest.h>
#include <elf.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace actiond;

namespace {

std::string whole_plugin() {
  std::ifstream file(TEST_PLUGINS "/noop.so", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What is said of a file with this content; empty: it is good.
std::string said_of(const std::string& content) {
  std::string path = std::filesystem::temp_directory_path() / "elf_check.XXXXXX";
  const int fd = ::mkstemp(path.data());
  REQUIRE(fd >= 0);
  REQUIRE(::write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  ::close(fd);
  const auto checked = check_elf(path);
  std::filesystem::remove(path);
  return checked.ok() ? "" : checked.error().text;
}

// Its last segment of that type claims so many bytes.
std::string with_segment_of(std::string content, Elf64_Word type, std::uint64_t size) {
  Elf64_Ehdr header{};
  std::memcpy(&header, content.data(), sizeof header);
  for (std::size_t i = header.e_phnum; i-- > 0;) {
    Elf64_Phdr segment{};
    char* const at = content.data() + header.e_phoff + i * sizeof segment;
    std::memcpy(&segment, at, sizeof segment);
    if (segment.p_type != type) continue;
    segment.p_filesz = size;
    std::memcpy(at, &segment, sizeof segment);
    break;
  }
  return content;
}

constexpr std::size_t kTypeAt = 16, kMachineAt = 18;  // System V ABI, chapter 4

}  // namespace

TEST_CASE("elf: a plugin as it was built is whole") {
  CHECK(said_of(whole_plugin()).empty());
}

TEST_CASE("elf: one that is cut anywhere is not") {
  const std::string whole = whole_plugin();
  for (const double part : {0.0002, 0.01, 0.1, 0.5, 0.9, 0.999}) {
    CAPTURE(part);
    const auto size = static_cast<std::size_t>(part * static_cast<double>(whole.size()));
    CHECK(said_of(whole.substr(0, std::max<std::size_t>(size, 4))).find("is incomplete") == 0);
  }
  CHECK(said_of("") == "is empty: copy it again");
}

TEST_CASE("elf: one whose dynamic section ends beyond it, or beyond all numbers, is not whole") {
  const std::string whole = whole_plugin();
  for (const Elf64_Word type : {PT_DYNAMIC, PT_LOAD})
    for (const std::uint64_t size :
         {std::uint64_t{whole.size()}, std::uint64_t{1} << 60, std::uint64_t{0} - 1}) {
      CAPTURE(type);
      CAPTURE(size);
      CHECK(said_of(with_segment_of(whole, type, size)).find("is incomplete") == 0);
    }
}

TEST_CASE("elf: what is no shared object of this machine is told apart") {
  CHECK(said_of("#!/bin/sh\n").find("is not a shared object") == 0);
  std::string executable = whole_plugin();
  executable[kTypeAt] = 2;  // ET_EXEC
  CHECK(said_of(executable).find("is not a shared object") == 0);
  std::string foreign = whole_plugin();
  foreign[kMachineAt] = 8;  // EM_MIPS
  CHECK(said_of(foreign).find("was built for another kind of processor") == 0);
  CHECK(check_elf("/nonexistent/plugin.so").error().text.find("can't be read") == 0);
}
