/* A plugin in plain C, without anything but abi.h: one event, "hello_c", that logs its parameters.
 */
#include <action/abi.h>
#include <stdio.h>
#include <string.h>

static action_status hello_c(void* ctx, const action_host* host, const action_run* run) {
  char line[200];
  (void)ctx;
  snprintf(line, sizeof line, "hello from C, attempt %d: %.*s", run->attempt,
           run->params_size < 100 ? (int)run->params_size : 100, run->params);
  host->log(host->ctx, ACTION_INFO, line, strlen(line));

  if (run->params_size == 0) {
    static const char reason[] = "no parameters at all";
    host->set_reason(host->ctx, reason, sizeof reason - 1);
    return ACTION_FAILED;
  }
  return ACTION_DONE;
}

static const action_event hello_c_event = {
    .size = sizeof(action_event), .name = "hello_c", .attempts = 3, .run = hello_c};

static const action_event* const* events(uint32_t* count) {
  static const action_event* const all[] = {&hello_c_event};
  *count = sizeof all / sizeof *all;
  return all;
}

ACTION_EXPORT const action_plugin_descriptor action_plugin = {
    .size = sizeof(action_plugin_descriptor),
    .abi_major = ACTION_ABI_MAJOR,
    .abi_minor = ACTION_ABI_MINOR,
    .name = "plain_c",
    .version = "1.0.0",
    .sdk_version = ACTION_SDK_VERSION,
    .events = events};
