#include "runner/loader_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>

namespace actiond {
namespace {

std::string file_part(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));  // npos + 1 is 0
}

// Without the plugin's path and what Boost puts around it ("…: message): Bad file descriptor").
std::string stripped(const std::string& path, std::string text) {
  if (const auto at = text.find(path + ": "); at != std::string::npos)
    text.erase(0, at + path.size() + 2);
  text.erase(std::min(text.rfind("): "), text.size()));
  return text;
}

// The text before a part of it, if that is in it.
std::optional<std::string> before(const std::string& text, std::string_view part) {
  const auto at = text.find(part);
  if (at == std::string::npos) return std::nullopt;
  return text.substr(0, at);
}

// "libfoo.so.1: cannot open shared object file: No such file or directory"
std::optional<std::string> missing_library(const std::string& text) {
  const auto library = before(text, ": cannot open shared object file");
  if (!library) return std::nullopt;
  return fmt::format(
      "it needs {}, which is not there: install the package that has it, or bring it along (linked "
      "with -Wl,-rpath,'$ORIGIN')",
      file_part(library->substr(library->rfind(' ') + 1)));
}

// "/lib/libc.so.6: version `GLIBC_2.38' not found (required by /plugins/mail.so)"
std::optional<std::string> old_library(const std::string& text) {
  const auto library = before(text, ": version `");
  if (!library) return std::nullopt;
  const auto begin = library->size() + std::string_view(": version `").size();
  const auto version = text.substr(begin, text.find('\'', begin) - begin);
  return fmt::format(
      "it needs {}, and {} is older here: build it on the oldest system that it is to run on",
      version, file_part(*library));
}

// "libfoo.so.1: cannot allocate memory in static TLS block"
std::optional<std::string> no_static_tls(const std::string& text) {
  const auto library = before(text, ": cannot allocate memory in static TLS block");
  if (!library) return std::nullopt;
  return fmt::format(
      "{} needs more static TLS than is left: start actiond with "
      "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384 in its environment, or build it without "
      "-ftls-model=initial-exec",
      library->empty() ? "it" : file_part(*library));
}

std::optional<std::string> missing_symbol(const std::string& text,
                                          const std::vector<SharedName>& taken) {
  if (text.find("undefined symbol") == std::string::npos) return std::nullopt;
  if (taken.empty())
    return fmt::format("{}: link what it needs (-Wl,-z,defs shows it at build time)", text);
  return fmt::format(
      "{}: its {} is {}, which another plugin has loaded: build both with one version of it, or "
      "give one another SONAME",
      text, taken[0].name, taken[0].loaded);
}

}  // namespace

std::string explain_dlopen(const std::string& path, std::string message,
                           const std::vector<SharedName>& taken) {
  std::string text = stripped(path, std::move(message));
  for (const auto& explained :
       {missing_library(text), old_library(text), no_static_tls(text), missing_symbol(text, taken)})
    if (explained) return "can't be loaded: " + *explained;
  return "can't be loaded: " + text;
}

std::string warning_of(const std::string& path, const std::vector<SharedName>& taken) {
  for (const auto& [name, loaded, own] : taken)
    if (!own.empty())
      return fmt::format(
          "plugin {} gets {} from {}, which another plugin has loaded, and not its own {}: build "
          "both with one version of it, or give one another SONAME",
          file_part(path), name, loaded, own);
  return {};
}

}  // namespace actiond
