#!/bin/bash
# No include in host/ draws an arrow upwards: not between its rooms, and not between those of the
# poller. Usage: rooms.sh HOST_DIRECTORY
set -euo pipefail
cd "$1"

# Who may include whose headers, the deepest first. In host/: by directory.
declare -A may=(
  [base]="base client"
  [wire]="wire base"
  [broker]="broker base client"
  [statistics]="statistics wire base client"
  [runner]="runner wire base client"
  [poller]="poller statistics broker wire base client"
  [answers]="answers poller statistics broker wire base client"
  [web]="web answers poller statistics broker wire base client"
)
# In host/poller/: by directory, or by file at the top.
declare -A may_in_poller=(
  [timer]="timer"
  [watch]="watch"
  [watchdog]="watchdog"
  [turns]="turns watchdog"
  [cron]="cron"
  [delivery]="delivery"
  [face]="face timer"
  [life]="life timer watch"
  [runners]="runners delivery timer watch"
  [plugin_sets]="plugin_sets runners timer"
  [outcomes]="outcomes runners delivery timer"
  [scheduler]="scheduler outcomes runners delivery timer"
  [bookkeeper]="bookkeeper face delivery timer"
  [poller]="poller scheduler outcomes bookkeeper cron plugin_sets runners life face delivery timer watch turns"
  [poller_wiring]="poller"
)

bad=0
complain() {
  echo "$1: $2" >&2
  bad=1
}

# "file:room" for every include of a room's header below $1.
includes() {
  grep -rHEo --include='*.[ch]pp' "^#include \"$2[a-z_]+[./]" "$1" |
    sed -E "s/:#include \"${2//\//\\/}/:/; s/[.\/]\$//"
}

for room in "${!may[@]}"; do
  [ -d "$room" ] || { complain "$room" "no such room: this test has to learn where it went"; continue; }
  while IFS=: read -r file to; do
    # Headers beside the file, and other libraries' own, are no room's.
    [ -d "$to" ] || [ "$to" = client ] || continue
    [[ " ${may[$room]} " == *" $to "* ]] || complain "$file" "$room must not include $to/"
  done < <(includes "$room" "")
done

for part in poller/*; do
  [[ $part == *.txt || $part == *.md ]] && continue
  name=$(basename "${part%.?pp}")
  if [ -z "${may_in_poller[$name]:-}" ]; then
    complain "$part" "a new part of the poller: say here what it may include"
    continue
  fi
  while IFS=: read -r file to; do
    [[ " ${may_in_poller[$name]} " == *" $to "* ]] || complain "$file" "$name must not include poller/$to"
  done < <(includes "$part" poller/)
done
exit $bad
