#!/bin/sh
# installed.sh BUILD SOURCE COMPILER LIBDIR: what is installed makes plugins, with pkg-config and with
# find_package, also after the whole tree was moved. 77: not all of the project is built.
set -eu
build=$1 source=$2 compiler=$3 libdir=$4
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if ! cmake --install "$build" --prefix "$dir/before" >"$dir/log" 2>&1; then
  cat "$dir/log"
  grep -q 'cannot find' "$dir/log" && exit 77
  exit 1
fi
mv "$dir/before" "$dir/prefix"

echo "== pkg-config: a plugin"
PKG_CONFIG_PATH=$dir/prefix/$libdir/pkgconfig
export PKG_CONFIG_PATH
cp "$source/plugins/hello_world/hello_world_event.cpp" "$dir/hello.cpp"
# shellcheck disable=SC2046 # the flags are words
"$compiler" -std=c++20 -fPIC -shared "$dir/hello.cpp" -o "$dir/hello.so" \
  $(pkg-config --cflags --libs action-event)
[ "$(nm -D --defined-only "$dir/hello.so" | awk '{print $3}')" = action_plugin ]
if readelf -d "$dir/hello.so" | grep -E 'NEEDED.*(fmt|action)'; then
  echo "a plugin must not need these at run time"
  exit 1
fi

echo "== pkg-config: an application"
cat >"$dir/application.cpp" <<EOF
#include <action/client.hpp>
int main() { action::Client("amqp://localhost").flush(); }
EOF
# shellcheck disable=SC2046
"$compiler" -std=c++20 "$dir/application.cpp" -o "$dir/application" \
  $(pkg-config --cflags --libs action-client)
LD_LIBRARY_PATH=$dir/prefix/$libdir "$dir/application"

for plugin in hello_world plain_c; do
  echo "== find_package: $plugin"
  cmake -S "$source/plugins/$plugin" -B "$dir/$plugin" -DCMAKE_PREFIX_PATH="$dir/prefix" \
    -DCMAKE_CXX_COMPILER="$compiler" >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
  cmake --build "$dir/$plugin" >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
  [ -f "$dir/$plugin/$plugin.so" ]
  ctest --test-dir "$dir/$plugin" --output-on-failure >"$dir/log" || { cat "$dir/log"; exit 1; }
done
