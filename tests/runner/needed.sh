#!/bin/bash
# What the runner is linked with: the C library alone, or its libraries would take the places of those
# that plugins bring along. Usage: needed.sh ACTIOND-RUNNER
set -euo pipefail

needed=$(readelf -d "$1" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p')
[[ -n $needed ]]
others=$(grep -vE '^(libc\.so\.6|libm\.so\.6|ld-linux.*)$' <<<"$needed" || true)
[[ -z $others ]] || { echo "needed.sh: $1 is linked with $others" >&2; exit 1; }
echo "$1 is linked with ${needed//$'\n'/, }"
