/* An event with a name that the SDK's own macros would not let through. */
#include <action/abi.h>
#include <stddef.h>

static action_status run(void* ctx, const action_host* host, const action_run* input) {
  (void)ctx, (void)host, (void)input;
  return ACTION_DONE;
}

static const action_event event = {.size = sizeof(action_event), .name = "Send Mail", .run = run};

static const action_event* const* events(uint32_t* count) {
  static const action_event* const all[] = {&event};
  *count = 1;
  return all;
}

ACTION_EXPORT const action_plugin_descriptor action_plugin = {
    .size = sizeof(action_plugin_descriptor),
    .abi_major = ACTION_ABI_MAJOR,
    .abi_minor = ACTION_ABI_MINOR,
    .events = events,
};
