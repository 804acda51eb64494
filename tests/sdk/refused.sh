#!/bin/sh
# refused.sh COMPILER INCLUDE FILE: the compiler must refuse the file's mistakes, each in the words that
# a comment "refused:" in the file says.
set -eu

if output=$("$1" -std=c++20 -fsyntax-only -I"$2" "$3" 2>&1); then
  echo "compiled, but should be refused: $3"
  exit 1
fi
grep -q '// refused: ' "$3" || { echo "nothing is to be refused in $3"; exit 1; }
errors=$(printf '%s\n' "$output" | grep 'error: ')
sed -n 's,^ *// refused: ,,p' "$3" | while IFS= read -r words; do
  printf '%s\n' "$errors" | grep -Eq "$words" && continue
  printf 'not refused: %s\n%s\n' "$words" "$errors"
  exit 1
done
