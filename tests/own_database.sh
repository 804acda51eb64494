#!/bin/bash
# own_database.sh CMD…: runs a test with a MariaDB, a PostgreSQL and a memcached of its own, which it may
# kill. Without one that is installed the test says what it skips; with $ACTION_TEST_NO_SKIPS it fails.
# shellcheck disable=SC2317 # they are called by the names of what they look for
set -euo pipefail

mysql_is_there() { [[ -x /usr/sbin/mariadbd ]]; }
postgresql_is_there() { compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; }
pgbouncer_is_there() { [[ -x /usr/sbin/pgbouncer ]]; }
memcached_is_there() { command -v memcached >/dev/null; }

for server in mysql postgresql pgbouncer memcached; do
  if [[ -n ${ACTION_TEST_NO_SKIPS:-} ]] && ! "${server}_is_there"; then
    echo "$server is not installed, and no test of a backend is to be skipped here: scripts/install-packages" \
      "${server/pgbouncer/postgresql}" >&2
    exit 1
  fi
done

scripts=$(dirname "$(realpath "$0")")/../scripts
dir=$(mktemp -d "${TMPDIR:-/tmp}/action-database.XXXXXX")
chmod 711 "$dir"  # for the servers' users

finish() {
  for server in mysql postgresql memcached; do
    [[ ! -e $dir/$server ]] || "$scripts/$server" --dir "$dir/$server" stop --purge >/dev/null
  done
  rmdir "$dir" || true
}
trap finish EXIT
trap 'exit 143' TERM INT HUP

# start SERVER OPTION…: if it is there.
start() {
  local server=$1 url
  shift
  "${server}_is_there" || return 0
  "$scripts/$server" --dir "$dir/$server" "$@" start >/dev/null
  url=$("$scripts/$server" --dir "$dir/$server" url)
  export "ACTION_TEST_${server^^}=$url" "ACTION_TEST_${server^^}_DIR=$dir/$server"
}
start mysql
start postgresql
start memcached --option=-M --option=-m1024 --option=-I32m
"$@"
