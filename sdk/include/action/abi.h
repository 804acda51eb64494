/* The boundary between a plugin and the host: plain C11, and all that crosses it.
 *
 * A plugin is a shared object that exports one symbol, `action_plugin`, an object of type
 * action_plugin_descriptor. Its first three fields are read before anything in it is called.
 *
 * Rules, once for the whole file:
 * - Structs only grow at the end. Each carries its size; a side reads only the fields that lie
 *   inside the other side's size. Fields are never moved or reused.
 * - A major version that differs is refused; a minor one never is.
 * - Nobody frees what the other side allocated. What is passed in is borrowed until the call
 *   returns, unless its comment says otherwise.
 * - Text is UTF-8. Sizes are bytes and do not count a NUL. Times are milliseconds.
 * - Nothing is thrown across the boundary, in either direction.
 */
#ifndef ACTION_ABI_H
#define ACTION_ABI_H

#include <stddef.h>
#include <stdint.h>

#define ACTION_ABI_MAJOR 1
#define ACTION_ABI_MINOR 1 /* 1: action_request.delay_ms */
#define ACTION_SDK_VERSION "0.1.0"
#define ACTION_PLUGIN_SYMBOL "action_plugin"

#if defined(__GNUC__)
#define ACTION_EXPORT __attribute__((visibility("default")))
#else
#define ACTION_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* How a run of an event ended. A value that is not listed counts as ACTION_FAILED. */
typedef int32_t action_status;
enum {
  ACTION_DONE = 0,      /* it is done */
  ACTION_HALTED = 1,    /* a filter ended it; counts as done */
  ACTION_FAILED = 2,    /* this attempt failed; why: action_host.set_reason */
  ACTION_DISCARDED = 3, /* never again: to the dead-letter queue; why: set_reason */
  ACTION_SNOOZED = 4    /* again later, no attempt spent; when: action_host.set_snooze */
};

typedef int32_t action_level;
enum { ACTION_DEBUG = 0, ACTION_INFO = 1, ACTION_WARNING = 2, ACTION_ERROR = 3 };

/* An event to be queued. Zero the struct, set `size`, then what you need. */
typedef struct action_request {
  uint32_t size;          /* sizeof(action_request) */
  uint32_t reserved;      /* 0 */
  const char *event;      /* its name; NUL-terminated */
  const char *queue;      /* NUL-terminated; NULL: the host's default queue */
  const char *params;     /* a JSON object; NULL with params_size 0: {} */
  uint64_t params_size;
  int64_t delay_ms;       /* it is to run that much later; 0 or less: now. Since minor version 1 */
} action_request;

#define ACTION_ID_SIZE 37 /* a UUID as text, with its NUL */

/* The host's side. One table per runner, valid until the plugin's process ends. Functions may be
 * called from attach to teardown, from any thread of the plugin; they do not block for long. */
typedef struct action_host {
  uint32_t size;          /* sizeof(action_host) of the host */
  uint16_t abi_major;
  uint16_t abi_minor;
  void *ctx;              /* the host's; first argument of every function below */

  /* Writes a line to the poller's log, beside the id of the event that runs. */
  void (*log)(void *ctx, action_level level, const char *text, uint64_t text_size);

  /* Queues an event and writes its id into `id` (ACTION_ID_SIZE bytes, or NULL). Only while an
   * event runs, from any thread. It is sent at once; the running event counts as finished only when the broker has confirmed it. Returns
   * NULL, or a sentence that says what is wrong with the request: the calling thread's own, valid until it calls again. */
  const char *(*queue_event)(void *ctx, const action_request *request, char *id);

  /* The value under `key` ("smtp.host") of the configuration's `environment:` as JSON text,
   * NUL-terminated and valid until the process ends; NULL if there is none. */
  const char *(*config)(void *ctx, const char *key);

  /* 1 if the running event should end soon (its time is over), else 0. Cheap. */
  int32_t (*is_cancelled)(void *ctx);

  /* Says why the running event fails or is discarded. The last call counts; text is copied. */
  void (*set_reason)(void *ctx, const char *text, uint64_t text_size);

  /* Says in how many milliseconds a snoozed event is to run again; at least 1. */
  void (*set_snooze)(void *ctx, int64_t delay_ms);

  /* A later ability, asked for by its id ("action.name/1"); NULL: this host hasn't got it.
   * The answer is valid until the process ends. */
  const void *(*extension)(void *ctx, const char *id);
} action_host;

/* The event in hand. Owned by the host, valid until `run` returns. */
typedef struct action_run {
  uint32_t size;          /* sizeof(action_run) of the host */
  int32_t attempt;        /* 1 for the first */
  const char *event;      /* NUL-terminated, as are id and queue */
  const char *id;
  const char *queue;
  const char *params;     /* a JSON object; not NUL-terminated */
  uint64_t params_size;
  int64_t enqueued_at_ms; /* since 1970-01-01 UTC; 0: not known */
} action_run;

/* An event that the plugin provides. Owned by the plugin, valid until the process ends. */
typedef struct action_event {
  uint32_t size;          /* sizeof(action_event) of the plugin */
  int32_t attempts;       /* how often it is tried; 0: the configuration's default */
  const char *name;       /* [a-z0-9_.-]+, NUL-terminated */
  const char *queue;      /* where it goes unless queued elsewhere; NULL: the default queue */
  int64_t timeout_ms;     /* its longest run; 0: the configuration's default */
  void *ctx;              /* the plugin's; handed to run */

  /* Runs the event; called on the runner's only thread, one event at a time. */
  action_status (*run)(void *ctx, const action_host *host, const action_run *run);
} action_event;

typedef struct action_plugin_descriptor {
  uint32_t size;          /* sizeof(action_plugin_descriptor) of the plugin */
  uint16_t abi_major;     /* ACTION_ABI_MAJOR it was built for */
  uint16_t abi_minor;
  const char *name;       /* NULL: the file's name. NUL-terminated, as are the next two */
  const char *version;    /* the plugin's own; NULL: none */
  const char *sdk_version;/* ACTION_SDK_VERSION it was built with; NULL: unknown */

  /* Hands the plugin the host; called once, after loading, before everything below. May be NULL. */
  void (*attach)(const action_host *host);

  /* The events it provides: returns an array of `*count` pointers, owned by the plugin. */
  const action_event *const *(*events)(uint32_t *count);

  /* Once per runner, before its first event: connections and the like. Anything but ACTION_DONE
   * refuses the plugin (why: set_reason). May be NULL. */
  action_status (*setup)(const action_host *host);

  /* Once per runner, after its last event, if setup succeeded. May be NULL. */
  void (*teardown)(const action_host *host);
} action_plugin_descriptor;

#ifdef __cplusplus
} /* extern "C" */
#define ACTION_STATIC_ASSERT static_assert
#else
#define ACTION_STATIC_ASSERT _Static_assert
#endif

/* The layout on 64-bit machines, frozen for this major version. */
#if UINTPTR_MAX == UINT64_MAX
ACTION_STATIC_ASSERT(sizeof(action_request) == 48, "action_request grows only at its end");
ACTION_STATIC_ASSERT(offsetof(action_request, delay_ms) == 40, "its first 40 bytes are frozen");
ACTION_STATIC_ASSERT(sizeof(action_host) == 72, "action_host grows only at its end");
ACTION_STATIC_ASSERT(offsetof(action_host, extension) == 64, "action_host is frozen");
ACTION_STATIC_ASSERT(sizeof(action_run) == 56, "action_run is frozen");
ACTION_STATIC_ASSERT(sizeof(action_event) == 48, "action_event is frozen");
ACTION_STATIC_ASSERT(offsetof(action_event, run) == 40, "action_event is frozen");
ACTION_STATIC_ASSERT(sizeof(action_plugin_descriptor) == 64, "descriptor is frozen");
ACTION_STATIC_ASSERT(offsetof(action_plugin_descriptor, abi_major) == 4, "read before any call");
#endif

#endif /* ACTION_ABI_H */
