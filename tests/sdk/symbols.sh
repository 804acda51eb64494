#!/bin/sh
# symbols.sh COMPILER INCLUDE PLUGIN: PLUGIN shows exactly one symbol. And one of several files that is
# built without any care for visibility leaves nothing of namespace action to be unified.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

fail() {
  printf '%s\n' "$@"
  exit 1
}

shown=$(nm -D --defined-only "$3" | awk '{print $3}')
[ "$shown" = action_plugin ] || fail "$3 shows more than action_plugin:" "$shown"

for name in First Second; do
  cat >"$dir/$name.cpp" <<EOF
#include <action/event.hpp>
class ApplicationEvent : public action::Event {
 public:
  ApplicationEvent() { before_filter(&ApplicationEvent::check); }
  bool check() { return params().contains("account_id"); }
};
class ${name}Event : public ApplicationEvent {
 public:
  static constexpr action::Options options{.queue = "high"};
  void process() override {
    log("hello {}", queue_action_event("audit", {{"to", params()["to"]}}));
    queue_action_event<${name}Event>({{"n", param<int>("n")}});
    throw action::Retry(std::chrono::seconds(1));
  }
  void on_dead() override { log("{}", failure()); }
};
ACTION_EVENT(${name}Event)
ACTION_SETUP([] { action::log("{}", action::config("a", 1)); });
EOF
done
"$1" -std=c++20 -fPIC -shared -Wall -Wextra -Wpedantic -Wshadow -Werror -I"$2" \
  "$dir/First.cpp" "$dir/Second.cpp" -o "$dir/careless.so" -Wl,-z,defs

symbols=$(readelf -W --dyn-syms "$dir/careless.so")
printf '%s\n' "$symbols" | grep -q 'OBJECT *WEAK *DEFAULT .* action_plugin$' ||
  fail "action_plugin is no weak object" "$symbols"
unified=$(printf '%s\n' "$symbols" | awk '$5 == "UNIQUE" && $8 ~ /6action/')
[ -z "$unified" ] || fail "the dynamic linker would unify:" "$unified"
state=$(printf '%s\n' "$symbols" | grep -E 'attached_host|current_run|8registry' || true)
[ -z "$state" ] || fail "the plugin shows its state:" "$state"
