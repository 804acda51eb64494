#include "base/config/remote.hpp"

#include <fmt/format.h>

namespace actiond {
namespace {

constexpr std::size_t kShortestSecret = 16;
constexpr char kNoSecret[] = "none";

// False if nothing stands there, or what stands there is refused. No sentence shows it.
bool read_secret(const Section& root, Config& config) {
  const Tree* const value = root.find("remote_secret");
  if (value == nullptr || value->kind == Tree::Kind::Null) return false;
  for (const auto& name : value->variables) config.broker_variables.push_back(name);
  if (value->kind == Tree::Kind::Scalar && value->text.empty()) return false;
  if (value->kind == Tree::Kind::Scalar && value->text == kNoSecret) return true;
  if (value->kind != Tree::Kind::Scalar || value->text.size() < kShortestSecret) {
    root.problems().add(value->place, fmt::format("'remote_secret' must have at least {} bytes, or "
                                                  "be {} (what stands there is not shown)",
                                                  kShortestSecret, kNoSecret));
    return true;
  }
  config.remote.secret = value->text;
  return true;
}

}  // namespace

void read_remote(const Section& root, Config& config) {
  root.read_choice<Remote>(
      "remote", {{"status", Remote::Status}, {"full", Remote::Full}, {"none", Remote::None}},
      config.remote.allows);
  const bool has_secret = read_secret(root, config);
  if (config.remote.allows == Remote::Full && !has_secret)
    root.problems().add(root.find("remote")->place,
                        "'remote: full' wants 'remote_secret': the same on every machine, or none");
}

}  // namespace actiond
