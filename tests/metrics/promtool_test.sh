#!/bin/bash
# promtool_test.sh SOURCE ACTIOND: promtool finds nothing wrong with the alerts, and nothing with the
# metrics. Without promtool it skips itself (77).
set -euo pipefail

source=$1 actiond=$2
command -v promtool >/dev/null || { echo "skipped: there is no promtool: scripts/install-packages metrics"; exit 77; }
promtool check rules "$source/config/prometheus/actiond.rules.yml"
promtool test rules "$source/config/prometheus/actiond.rules.test.yml"

dir=$(mktemp -d "${TMPDIR:-/tmp}/action-metrics.XXXXXX")
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/plugins.d"
printf '%s\n' "broker: sqlite:queue.db" "plugins: plugins.d" "run_dir: run" >"$dir/actiond.yaml"
"$actiond" enqueue hello_world -c "$dir/actiond.yaml"
"$actiond" metrics -c "$dir/actiond.yaml" | tee "$dir/metrics" | promtool check metrics
grep -q '^actiond_queue_ready{queue="medium"} 1$' "$dir/metrics"
