# Provokes each of the errors that the pages list, with the configuration and the plugins that they
# have left in ~/hello. Prints what is said on standard error; readme_test.py compares.
set +e
cd ~/hello
try() { "$@" 2>&1 >/dev/null; }

# with CONFIGURATION COMMAND…: runs it with that configuration instead.
with() {
  printf '%b\n' "$1" >config/errors.yaml
  shift
  try "$@" -c config/errors.yaml
}

try actiond strat
try actiond run --queue high
try actiond start --id one
try actiond restart --id 77
try actiond stop --id 77
try actiond enqueue hello_world --queue hihg
try actiond enqueue hello_world '[1, 2]'
try actiond enqueue 'Hello World'
try actiond enqueue hello_world --at tomorrow
with 'brocker: x' actiond status
with 'timeout: 10' actiond status
with 'broker: ${NOT_SET}' actiond status
with 'plugins: ../nowhere' actiond start --id 77
try actiond perform hello_wrld
try actiond dead show hello_world

mkdir refused.d
with 'broker: amqp://guest:guest@127.0.0.1:1\nplugins: ../refused.d' actiond start --id 77
with "broker: ${ACTION_BROKER/guest:guest/guest:wrong}\nplugins: ../refused.d" actiond start --id 77
with "broker: ${ACTION_BROKER%/*}/nowhere\nplugins: ../refused.d" actiond start --id 77

# What is in refused.d is refused, and then removed.
refused() {
  with 'broker: ${ACTION_BROKER}\nplugins: ../refused.d' actiond start --id 77
  rm -f refused.d/*
}
compile() { gcc -fPIC -shared -include action/abi.h -x c - -o refused.d/broken.so -I"$(pkg-config --variable=includedir action-event)"; }

echo 'no shared object' >refused.d/broken.so && refused
head -c 5000 plugins.d/hello_world.so >refused.d/broken.so && refused
compile <<<'int x;' && refused
compile <<<'void f(void); void g(void) { f(); }' && refused
compile <<<'ACTION_EXPORT const action_plugin_descriptor action_plugin = {sizeof action_plugin, 9, 0};' && refused
cp plugins.d/hello_world.so refused.d/one.so && cp plugins.d/hello_world.so refused.d/two.so && refused
cp plugins.d/shop.so refused.d/ && refused

# How a handler's run may end. perform says what a poller would log.
compile <<'END'
#include <unistd.h>
static action_status crash(void* c, const action_host* h, const action_run* r) { (void)c, (void)h, (void)r; *(volatile int*)0 = 0; return 0; }
static action_status slow(void* c, const action_host* h, const action_run* r) { (void)c, (void)h, (void)r; sleep(60); return 0; }
static const action_event crash_event = {.size = sizeof crash_event, .name = "crash", .run = crash};
static const action_event slow_event = {.size = sizeof slow_event, .name = "slow", .run = slow};
static const action_event* const* events(uint32_t* count) {
  static const action_event* const all[] = {&crash_event, &slow_event};
  *count = 2;
  return all;
}
ACTION_EXPORT const action_plugin_descriptor action_plugin = {.size = sizeof action_plugin, .abi_major = ACTION_ABI_MAJOR, .events = events};
END
with 'plugins: ../refused.d' actiond perform crash
with 'plugins: ../refused.d' actiond perform slow --timeout 100ms
