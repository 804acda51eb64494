#!/bin/sh
# old_abi.sh SOURCE ACTIOND COMPILER C_COMPILER: plugins that were built with the headers of ABI 1.1 run
# in this actiond, and a plugin of today runs in a host of ABI 1.1, with a sentence for what that can't
# do. The old headers come from the repository's history. 77: it is not there.
set -eu
source=$1 actiond=$2 compiler=$3 c_compiler=$4
abi_1_1=06c3613 # the last commit with ABI 1.1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

fail() {
  printf '%s\n' "$@"
  exit 1
}

git -C "$source" cat-file -e "$abi_1_1" 2>/dev/null || exit 77
git -C "$source" archive "$abi_1_1" sdk/include plugins/plain_c/hello_c.c | tar -x -C "$dir"
old=$dir/sdk/include

echo "== old plugins in this actiond"
mkdir "$dir/plugins.d"
cat >"$dir/old.cpp" <<'END'
#include <action/event.hpp>
struct OldEvent : action::Event {
  static constexpr action::Options options{.attempts = 2};
  void process() override {
    log("old {} {}", params()["to"].get<std::string>(), config("greeting", "none"));
    queue_action_event("audit", {{"who", params()["to"]}}, {.in = std::chrono::seconds(1)});
    if (params().value("fails", false)) throw std::runtime_error("as it was");
  }
};
ACTION_EVENT(OldEvent)
END
"$compiler" -std=c++20 -fPIC -shared -I"$old" "$dir/old.cpp" -o "$dir/plugins.d/old.so" -Wl,-z,defs
"$c_compiler" -fPIC -shared -I"$old" "$dir/plugins/plain_c/hello_c.c" -o "$dir/plugins.d/hello_c.so"
printf 'plugins: plugins.d\nrun_dir: run\nenvironment: {greeting: hi}\n' >"$dir/actiond.yaml"
said=$("$actiond" plugins -c "$dir/actiond.yaml") || fail "$said"
printf '%s\n' "$said" | grep -q '^old.so .* 1\.1 ' || fail "old.so is not of ABI 1.1:" "$said"
said=$("$actiond" perform old to=ada -c "$dir/actiond.yaml" 2>&1) || fail "$said"
for line in 'old ada hi' 'audit {"who":"ada"} in 1s' '^done in '; do
  printf '%s\n' "$said" | grep -q "$line" || fail "it does not say: $line" "$said"
done
said=$("$actiond" perform old to=ada fails=true -c "$dir/actiond.yaml" 2>&1) && fail "it is done:" "$said"
printf '%s\n' "$said" | grep -q 'as it was' || fail "it does not say why:" "$said"
"$actiond" perform hello_c -c "$dir/actiond.yaml" >/dev/null

echo "== a new plugin in an old host"
cat >"$dir/new.cpp" <<'END'
#include <action/event.hpp>
struct NewEvent : action::Event {
  void process() override {
    log("attempt {} of {}", attempt(), attempts());
    throw action::Retry(std::chrono::seconds(5), param<std::string>("why"));
  }
  void on_dead() override {}
};
ACTION_EVENT(NewEvent)
END
"$compiler" -std=c++20 -fPIC -shared -I"$source/sdk/include" "$dir/new.cpp" -o "$dir/new.so" -Wl,-z,defs
cat >"$dir/host.c" <<'END'
#include <action/abi.h>
#include <dlfcn.h>
#include <stdio.h>
static void log_line(void* c, action_level level, const char* text, uint64_t size) {
  (void)c, printf("log %d: %.*s\n", level, (int)size, text);
}
static void set_reason(void* c, const char* text, uint64_t size) {
  (void)c, printf("reason: %.*s\n", (int)size, text);
}
int main(int argc, char** argv) {
  action_host host = {sizeof host, ACTION_ABI_MAJOR, ACTION_ABI_MINOR, 0, log_line, 0, 0, 0, set_reason, 0, 0};
  const char params[] = "{\"why\": \"busy\"}";
  action_run run = {sizeof run, 1, "new", "id", "medium", params, sizeof params - 1, 0};
  void* library = dlopen(argv[argc - 1], RTLD_NOW);
  const action_plugin_descriptor* plugin = library ? dlsym(library, ACTION_PLUGIN_SYMBOL) : 0;
  uint32_t count = 0;
  if (!plugin || plugin->abi_major != ACTION_ABI_MAJOR) return 1;
  plugin->attach(&host);
  const action_event* event = plugin->events(&count)[0];
  printf("status %d\n", event->run(event->ctx, &host, &run));
  return 0;
}
END
"$c_compiler" -I"$old" "$dir/host.c" -o "$dir/host" -ldl
said=$("$dir/host" "$dir/new.so") || fail "$said"
[ "$said" = "log 2: on_dead() of new is never called: this actiond is too old
log 1: attempt 1 of 0
log 2: action::Retry: this actiond is too old for it, so the pause is as configured
reason: busy
status 2" ] || fail "the new plugin says in the old host:" "$said"
