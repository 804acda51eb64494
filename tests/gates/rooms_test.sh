#!/bin/bash
# No include draws an arrow upwards, and rooms.sh refuses each kind of arrow there could be.
# Usage: rooms_test.sh SOURCE_DIRECTORY
set -euo pipefail
rooms=$1/tests/gates/rooms.sh
"$rooms" "$1"

copy=$(mktemp -d "${TMPDIR:-/tmp}/action-rooms.XXXXXX")
trap 'rm -r "$copy"' EXIT
mkdir "$copy/sdk"
cp -r "$1/host" "$copy"
cp -r "$1/sdk/client" "$copy/sdk"

# refuses FILE INCLUDE: with that include in that file rooms.sh fails, and names the file.
refuses() {
  local said
  cp "$copy/$1" "$copy/kept"
  echo "#include \"$2\"" >>"$copy/$1"
  if said=$("$rooms" "$copy" 2>&1); then echo "$1 may include $2"; exit 1; fi
  grep -q "^$1: must not include" <<<"$said" || { echo "$1, $2: $said"; exit 1; }
  mv "$copy/kept" "$copy/$1"
}

refuses host/wire/frame.cpp broker/broker.hpp
refuses host/poller/delivery/settler.cpp poller/scheduler.hpp
refuses host/commands/process/tell_pollers.hpp commands/command.hpp
refuses host/commands/terminal/table.hpp commands/process/tell_pollers.hpp
refuses host/broker/sqlite/owner.cpp broker/sql/owner.hpp
refuses host/broker/memcached/tags.hpp client/sql/queue_tables.hpp
refuses host/broker/broker.hpp broker/store/claim.hpp
refuses sdk/client/memcached/connection.cpp client/rabbitmq/limits.hpp
refuses sdk/client/message.hpp client/rabbitmq/limits.hpp

mkdir "$copy/host/broker/new"
if "$rooms" "$copy" 2>/dev/null; then echo "a room of which nothing is said passes"; exit 1; fi
