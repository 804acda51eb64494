#include "poller/runners/backtrace.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace actiond {
namespace {

std::string demangled(const std::string& symbol) {
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, nullptr), &std::free);
  return name == nullptr ? symbol : std::string(name.get());
}

std::string readable_frame(std::string_view line) {
  const auto open = line.find('('), close = line.find(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return std::string(line);
  std::string_view file = line.substr(0, open);
  file.remove_prefix(file.rfind('/') + 1);  // npos + 1 is 0
  const std::string_view position = line.substr(open + 1, close - open - 1);
  const auto plus = std::min(position.rfind('+'), position.size());
  return std::string(file) + ": " + demangled(std::string(position.substr(0, plus))) +
         std::string(position.substr(plus));
}

}  // namespace

std::string readable_backtrace(std::string_view text) {
  std::string readable;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (!readable.empty()) readable += '\n';
    readable += readable_frame(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return readable;
}

}  // namespace actiond
