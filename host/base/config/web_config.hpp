// The `web:` section of the configuration: where the page is, and what it lets people do.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace actiond {

struct WebConfig {
  std::vector<std::string> listen{"127.0.0.1:7460"};  // ADDRESS:PORT or unix:PATH
  bool is_read_only = false;
  std::string password;                     // empty: a token in run_dir/web.token
  std::vector<std::string> hosts;           // further names that a Host header may have
  std::string base_path = "/";              // begins and ends with a slash
  std::filesystem::path certfile, keyfile;  // absolute, both or none: TLS
  bool is_behind_proxy = false;             // plain HTTP beyond loopback is meant
  bool are_params_shown = true;
  bool are_metrics_open = true;  // without a login
  std::string trace_link;        // with {trace_id} in it; empty: traces are no links

  bool operator==(const WebConfig&) const = default;
};

}  // namespace actiond
