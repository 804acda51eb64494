#!/bin/bash
# Where $ACTION_TEST_NO_SKIPS says so, as .ci/run does, a test whose server is missing fails and names it.
# Usage: skips_test.sh SOURCE_DIRECTORY
set -euo pipefail
tests=$1/tests
bin=$(mktemp -d "${TMPDIR:-/tmp}/action-skips.XXXXXX")
trap 'rm -r "$bin"' EXIT
bash=$(command -v bash)

# A machine without memcached, if it has the others; and RabbitMQ has not been started.
refuses() {
  local said
  if said=$(PATH=$bin ACTION_TEST_NO_SKIPS=1 ACTION_TEST_RABBITMQ_DIR='' "$bash" "$tests/$1" "$bash" -c "echo ran" 2>&1)
  then echo "$1 ran: $said"; exit 1; fi
  grep -qE "$2" <<<"$said" || { echo "$1 says: $said"; exit 1; }
}
refuses own_database.sh '^(mysql|postgresql|pgbouncer|memcached) is not installed, and no test of a backend'
refuses own_broker.sh '^there is no RabbitMQ, and no test of a backend'

[[ $(ACTION_TEST_NO_SKIPS='' ACTION_TEST_RABBITMQ_DIR='' "$tests/own_broker.sh" echo ran) == ran ]]
grep -q '^export ACTION_TEST_NO_SKIPS=1' "$1/.ci/run" || { echo ".ci/run lets tests of backends be skipped"; exit 1; }
