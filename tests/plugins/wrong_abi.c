/* Claims the next major version of the ABI. Nothing in it may be called. */
#include <action/abi.h>
#include <stdlib.h>

static const action_event* const* never(uint32_t* count) {
  (void)count;
  abort();
}

ACTION_EXPORT const action_plugin_descriptor action_plugin = {
    .size = sizeof(action_plugin_descriptor),
    .abi_major = ACTION_ABI_MAJOR + 1,
    .name = "wrong_abi",
    .events = never,
};
