# Provokes each of the errors that README.md lists, with the configuration that it has left in ~/hello.
# Prints what is said on standard error; readme_test.py compares.
set +e
cd ~/hello
try() { "$@" 2>&1 >/dev/null; }

# with CONFIGURATION COMMAND…: runs it with that configuration instead.
with() {
  printf '%b\n' "$1" >errors.yaml
  shift
  try "$@" -c errors.yaml
}

try actiond strat --id 1
try actiond start --id one
try actiond run --queue high
try actiond restart --id 77
try actiond stop --id 77
try actiond enqueue hello_world --queue hihg
try actiond enqueue hello_world '[1, 2]'
try actiond enqueue 'Hello World'
with 'brocker: x' actiond status
with 'timeout: 10' actiond status
with 'broker: ${NOT_SET}' actiond status
with 'broker: ${ACTION_BROKER}\nplugins: nowhere' actiond start --id 77
with 'broker: amqp://guest:guest@127.0.0.1:1' actiond start --id 77
with "broker: ${ACTION_BROKER/guest:guest/guest:wrong}" actiond start --id 77
with "broker: ${ACTION_BROKER%/*}/nowhere" actiond start --id 77

cat >errors.yaml <<'END'
broker: ${ACTION_BROKER}
plugins: refused.d
END
refused() {
  try actiond start --id 77 -c errors.yaml
  rm -f refused.d/*
}
compile() { g++ -std=c++20 -fPIC -shared "$@" $(pkg-config --cflags action-event); }
mkdir -p refused.d
echo 'no shared object' >refused.d/broken.so && refused
head -c 5000 plugins.d/hello_world.so >refused.d/broken.so && refused
echo 'int x;' | compile -x c++ - -o refused.d/broken.so && refused
echo 'void f(); int x = (f(), 1);' | compile -x c++ - -o refused.d/broken.so && refused
compile -include action/abi.h -x c++ - -o refused.d/broken.so <<'END' && refused
extern "C" const action_plugin_descriptor action_plugin = {sizeof(action_plugin_descriptor), 9, 0};
END
cp plugins.d/hello_world.so refused.d/one.so && cp plugins.d/hello_world.so refused.d/two.so && refused
cp plugins.d/shop.so refused.d/ && refused
