#!/bin/bash
# own_database.sh CMD…: runs a test with a MariaDB, a PostgreSQL and a memcached of its own, which it may
# kill. Without one that is installed the test says what it skips.
set -euo pipefail

scripts=$(dirname "$(realpath "$0")")/../scripts
dir=$(mktemp -d "${TMPDIR:-/tmp}/action-database.XXXXXX")
chmod 711 "$dir"  # for the servers' users

finish() {
  [[ ! -e $dir/mysql ]] || "$scripts/mysql" --dir "$dir/mysql" stop --purge >/dev/null
  [[ ! -e $dir/postgresql ]] || "$scripts/postgresql" --dir "$dir/postgresql" stop --purge >/dev/null
  [[ ! -e $dir/memcached ]] || "$scripts/memcached" --dir "$dir/memcached" stop --purge >/dev/null
  rmdir "$dir" || true
}
trap finish EXIT
trap 'exit 143' TERM INT HUP

if [[ -x /usr/sbin/mariadbd ]]; then
  "$scripts/mysql" --dir "$dir/mysql" start >/dev/null
  ACTION_TEST_MYSQL=$("$scripts/mysql" --dir "$dir/mysql" url)
  export ACTION_TEST_MYSQL ACTION_TEST_MYSQL_DIR=$dir/mysql
fi
if compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; then
  "$scripts/postgresql" --dir "$dir/postgresql" start >/dev/null
  ACTION_TEST_POSTGRESQL=$("$scripts/postgresql" --dir "$dir/postgresql" url)
  export ACTION_TEST_POSTGRESQL ACTION_TEST_POSTGRESQL_DIR=$dir/postgresql
fi
if command -v memcached >/dev/null; then
  "$scripts/memcached" --dir "$dir/memcached" --option=-M --option=-m1024 --option=-I32m start >/dev/null
  ACTION_TEST_MEMCACHED=$("$scripts/memcached" --dir "$dir/memcached" url)
  export ACTION_TEST_MEMCACHED ACTION_TEST_MEMCACHED_DIR=$dir/memcached
fi
"$@"
