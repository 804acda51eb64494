#include "base/config/web.hpp"

namespace actiond {
namespace {

constexpr std::string_view kUnix = "unix:";

bool is_empty(const Tree* value) {
  return value == nullptr || value->kind == Tree::Kind::Null ||
         (value->kind == Tree::Kind::Scalar && value->text.empty());
}

// One line of text, or a list of them.
void read_lines(const Section& section, std::string_view key, std::vector<std::string>& field) {
  const Tree* const value = section.find(key);
  if (value == nullptr) return;
  const bool is_list = value->kind == Tree::Kind::List;
  std::vector<std::string> lines;
  for (const Tree& item : is_list ? value->items : std::vector<Tree>{*value}) {
    if (!is_plain_text(item)) return section.refuse(key, item, "must be text, or a list of such");
    lines.push_back(item.text);
  }
  field = std::move(lines);
}

void read_listen(const Section& section, const std::filesystem::path& base,
                 std::vector<std::string>& listen) {
  read_lines(section, "listen", listen);
  if (listen.empty())
    section.refuse("listen", *section.find("listen"), "must name an address, as in 127.0.0.1:7460");
  for (auto& address : listen)
    if (address.starts_with(kUnix))
      address =
          std::string(kUnix) + (base / address.substr(kUnix.size())).lexically_normal().native();
}

// What stands there is a secret, and so are the variables that it came from.
void read_password(const Section& section, Config& config) {
  const Tree* const value = section.find("password");
  if (value == nullptr) return;
  for (const auto& name : value->variables) config.broker_variables.push_back(name);
  if (is_empty(value)) return config.web.password.clear();
  if (is_plain_text(*value))
    config.web.password = value->text;
  else
    section.problems().add(value->place, "'web.password' must be a line of text");
}

void read_base_path(const Section& section, std::string& base_path) {
  section.read_text("base_path", base_path);
  const bool is_path = base_path.starts_with('/') && base_path.find("//") == std::string::npos &&
                       base_path.find_first_not_of(
                           "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./") ==
                           std::string::npos;
  if (!is_path)
    return section.refuse("base_path", *section.find("base_path"),
                          "must begin with / and have letters, digits, _, -, . and /");
  if (!base_path.ends_with('/')) base_path += '/';
}

// Goes into a link, where another scheme could be a script.
void read_trace_link(const Section& section, std::string& link) {
  if (is_empty(section.find("trace_link"))) return;
  section.read_text("trace_link", link);
  const bool is_link = (link.starts_with("https://") || link.starts_with("http://")) &&
                       link.find("{trace_id}") != std::string::npos;
  if (!link.empty() && !is_link)
    section.refuse("trace_link", *section.find("trace_link"),
                   "must begin with http:// or https:// and contain {trace_id}");
}

void read_certificate(const Section& section, const std::filesystem::path& base, WebConfig& web) {
  const Tree* const certificate = section.find("certfile");
  const Tree* const key = section.find("keyfile");
  if (!is_empty(certificate)) section.read_path("certfile", base, web.certfile);
  if (!is_empty(key)) section.read_path("keyfile", base, web.keyfile);
  if (is_empty(certificate) != is_empty(key))
    section.problems().add((is_empty(certificate) ? key : certificate)->place,
                           "'web.certfile' and 'web.keyfile' belong together: set both, or none");
}

}  // namespace

void read_web(const Section& root, const std::filesystem::path& base, Config& config) {
  const Section section = root.section("web");
  auto& web = config.web;
  read_listen(section, base, web.listen);
  section.read_choice<bool>("access", {{"full", false}, {"read-only", true}}, web.is_read_only);
  read_password(section, config);
  read_lines(section, "hosts", web.hosts);
  read_base_path(section, web.base_path);
  read_certificate(section, base, web);
  section.read_bool("behind_proxy", web.is_behind_proxy);
  section.read_choice<bool>("params", {{"shown", true}, {"hidden", false}}, web.are_params_shown);
  section.read_choice<bool>("metrics", {{"open", true}, {"protected", false}},
                            web.are_metrics_open);
  read_trace_link(section, web.trace_link);
}

}  // namespace actiond
