#include "wire/setup.hpp"

namespace actiond {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RunnerSetup, files, queues, default_queue, environment,
                                   inspect_only)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(EventInfo, name, queue, attempts, timeout_ms, has_on_dead)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PluginInfo, file, name, version, sdk_version, abi, events,
                                   queued, problem)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LoadReport, plugins)

namespace {

// A plugin's texts may be anything; what is no UTF-8 is replaced, never thrown over.
std::string dump(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

template <typename T>
std::optional<T> parse(std::string_view text) {
  try {
    return nlohmann::json::parse(text).get<T>();
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

const std::string* LoadReport::problem() const {
  for (const auto& plugin : plugins)
    if (!plugin.problem.empty()) return &plugin.problem;
  return nullptr;
}

std::string to_text(const RunnerSetup& setup) {
  return dump(setup);
}
std::string to_text(const LoadReport& report) {
  return dump(report);
}
std::optional<RunnerSetup> setup_from(std::string_view text) {
  return parse<RunnerSetup>(text);
}
std::optional<LoadReport> report_from(std::string_view text) {
  return parse<LoadReport>(text);
}

}  // namespace actiond
