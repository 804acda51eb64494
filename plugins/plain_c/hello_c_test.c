/* Runs the event as the host would, with a table of functions that remember what they were told. */
#include <action/abi.h>
#include <stdio.h>
#include <string.h>

extern const action_plugin_descriptor action_plugin;

static char logged[200];
static char reason[200];

static void remember(char* where, const char* text, uint64_t size) {
  snprintf(where, 200, "%.*s", (int)size, text);
}

static void log_line(void* ctx, action_level level, const char* text, uint64_t size) {
  (void)ctx, (void)level;
  remember(logged, text, size);
}

static void set_reason(void* ctx, const char* text, uint64_t size) {
  (void)ctx;
  remember(reason, text, size);
}

static const action_host host = {.size = sizeof(action_host),
                                 .abi_major = ACTION_ABI_MAJOR,
                                 .log = log_line,
                                 .set_reason = set_reason};

static action_status run_with(const char* params) {
  uint32_t count = 0;
  const action_event* event = action_plugin.events(&count)[0];
  const action_run run = {.size = sizeof run,
                          .attempt = 1,
                          .event = event->name,
                          .id = "",
                          .queue = "medium",
                          .params = params,
                          .params_size = strlen(params)};
  return event->run(event->ctx, &host, &run);
}

static int failures;

static void check(int is_right, const char* rule) {
  if (is_right) return;
  fprintf(stderr, "hello_c: %s\n", rule);
  ++failures;
}

int main(void) {
  check(run_with("{\"a\":1}") == ACTION_DONE, "is done");
  check(!strcmp(logged, "hello from C, attempt 1: {\"a\":1}"), "logs its parameters");
  check(run_with("") == ACTION_FAILED, "fails without parameters");
  check(!strcmp(reason, "no parameters at all"), "says why it failed");
  return failures != 0;
}
