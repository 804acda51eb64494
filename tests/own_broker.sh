#!/bin/bash
# own_broker.sh [--nodes N] CMD…: runs a test that stops its broker, or closes what others have open, with a broker
# of its own in place of the one that the other tests share. Without that one (see scripts/test) the
# test skips itself, as it would alone; with $ACTION_TEST_NO_SKIPS it fails.
set -euo pipefail

cluster=()
if [[ $1 == --nodes ]]; then
  cluster=("$1" "$2")
  shift 2
fi

if [[ -z ${ACTION_TEST_RABBITMQ_DIR:-} ]]; then
  [[ -n ${ACTION_TEST_NO_SKIPS:-} ]] || exec "$@"
  echo "there is no RabbitMQ, and no test of a backend is to be skipped here: run it by scripts/test" >&2
  exit 1
fi
rabbitmq=$(dirname "$(realpath "$0")")/../scripts/rabbitmq
dir=$(mktemp -d "${TMPDIR:-/tmp}/action-test.XXXXXX")
trap '"$rabbitmq" --dir "$dir" stop --purge >/dev/null' EXIT
trap 'exit 143' TERM INT HUP
"$rabbitmq" --dir "$dir" "${cluster[@]}" start >/dev/null
ACTION_TEST_BROKER=$("$rabbitmq" --dir "$dir" url)
export ACTION_TEST_BROKER ACTION_TEST_RABBITMQ_DIR=$dir
"$@"
