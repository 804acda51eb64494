#!/bin/bash
# No include in host/ or sdk/client/ draws an arrow upwards, or from one backend to another: not
# between the rooms, and not inside those that have rooms of their own.
# Usage: rooms.sh SOURCE_DIRECTORY
# shellcheck disable=SC2034 # the tables are looked at by their names
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
  [commands]="commands web answers poller statistics broker wire base client"
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
  [poller_tools]="poller runners"
)
# In host/commands/: the verbs, at the top, may include all, and what is below them includes no verb.
declare -A may_in_commands=([terminal]="terminal" [process]="process terminal")
# In host/broker/: what stands at the top is the interfaces, for all, and what chooses a backend.
declare -A may_in_broker=(
  [store]="store" [rabbitmq]="rabbitmq" [sqlite]="sqlite" [sql]="sql store" [memcached]="memcached store"
)
# In sdk/client/, and which of these rooms those of host/broker/ may include.
declare -A may_in_client=(
  [rabbitmq]="rabbitmq" [sqlite]="sqlite" [memcached]="memcached"
  [sql]="sql" [mysql]="mysql sql" [postgresql]="postgresql sql"
)
declare -A broker_may_in_client=(
  [store]="" [rabbitmq]="rabbitmq" [sqlite]="sqlite" [sql]="sql" [memcached]="memcached"
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

# check FILES PREFIX OTHERS ALLOWED: of OTHERS, what is below FILES includes only what is ALLOWED.
check() {
  local file to
  while IFS=: read -r file to; do
    # Headers beside the file, and other libraries' own, are no room's.
    [[ " $3 " != *" $to "* || " $4 " == *" $to "* ]] || complain "$file" "must not include $2$to"
  done < <(includes "$1" "$2")
}

# check_rooms TABLE PREFIX OTHERS PATH…: what the table allows each of these, and that it knows them.
check_rooms() {
  local -n table=$1
  local prefix=$2 others=$3 path name seen=" "
  for path in "${@:4}"; do
    [[ $path == *.txt || $path == *.md ]] && continue
    name=$(basename "${path%.?pp}")
    seen+="$name "
    if [ -z "${table[$name]+known}" ]; then
      complain "$path" "a new room: say in $1 what it may include"
    else
      check "$path" "$prefix" "$others" "${table[$name]}"
    fi
  done
  for name in "${!table[@]}"; do
    [[ $seen == *" $name "* ]] || complain "$1" "there is no $name: say here where it went"
  done
}

backends=${!may_in_client[*]}
check_rooms may "" "${!may[*]} client" host/*/
check_rooms may_in_poller poller/ "${!may_in_poller[*]}" host/poller/*
check_rooms may_in_commands commands/ "${!may_in_commands[*]} command" host/commands/*/
check_rooms may_in_broker broker/ "${!may_in_broker[*]}" host/broker/*/
check_rooms broker_may_in_client client/ "$backends" host/broker/*/
check_rooms may_in_client client/ "$backends" sdk/client/*/
# What all backends share knows none of them; what opens one knows each.
for file in {sdk/client,host/broker}/*.[ch]pp; do
  [[ $file == */link.cpp || $file == */backends.cpp ]] && continue
  check "$file" client/ "$backends" ""
  check "$file" broker/ "${!may_in_broker[*]}" ""
done
exit $bad
