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
 *
 * Each function has tags in brackets: which thread may call it, in which state, and whether it
 * blocks.
 * - [any thread]     Any thread of the runner's process, several at a time.
 * - [main thread]    The thread on which the host calls the plugin: always the same one, one call
 *                    at a time.
 * - [attached]       From the call of attach to the end of the process.
 * - [event runs]     While the host is inside action_event.run or action_event.on_dead. A thread
 *                    that lives on after that is refused.
 * - [may block]      It waits while the poller reads nothing, as long as the broker is away or
 *                    takes no events; otherwise it takes microseconds. A function without this tag
 *                    never waits for another process.
 */
#ifndef ACTION_ABI_H
#define ACTION_ABI_H

#include <stddef.h>
#include <stdint.h>

#define ACTION_ABI_MAJOR 1
/* 1: action_request.delay_ms
 * 2: action_run.attempts and reason, action_host.set_retry, action_event.on_dead,
 *    action_plugin_descriptor.queued
 * 3: action_host.trace_parent and trace_state
 * 4: action_request.expires_ms
 * 5: action_request.unique and unique_ms */
#define ACTION_ABI_MINOR 5
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
  uint32_t size;      /* sizeof(action_request) */
  uint32_t reserved;  /* 0 */
  const char* event;  /* its name; NUL-terminated */
  const char* queue;  /* NUL-terminated; NULL: the host's default queue */
  const char* params; /* a JSON object; NULL with params_size 0: {} */
  uint64_t params_size;
  int64_t delay_ms; /* it runs that much later; 0 or less: now. Since minor version 1 */
  /* It is done without a run if it has not begun so long after it was to run; 0 or less: it never
   * expires. Since minor version 4 */
  int64_t expires_ms;
  /* It is not queued while another event with this key waits or runs; NUL-terminated, up to 255
   * bytes; NULL or empty: it has none. Since minor version 5 */
  const char* unique;
  int64_t unique_ms; /* for so long at most; 0 or less: as long as that waits or runs. Since 5 */
} action_request;

#define ACTION_ID_SIZE 37 /* a UUID as text, with its NUL */

/* The host's side. One table per runner, valid until the process ends. */
typedef struct action_host {
  uint32_t size; /* sizeof(action_host) of the host */
  uint16_t abi_major;
  uint16_t abi_minor;
  void* ctx; /* the host's; first argument of every function below */

  /* Writes a line to the poller's log, beside the id of the event that runs.
   * [any thread; attached; may block] */
  void (*log)(void* ctx, action_level level, const char* text, uint64_t text_size);

  /* Queues an event and writes its id into `id` (ACTION_ID_SIZE bytes, or NULL). It is sent at
   * once; the running event counts as finished only when the broker has confirmed it. Returns NULL,
   * or a sentence that says what is wrong with the request, valid until this thread's next call.
   * [any thread; event runs; may block] */
  const char* (*queue_event)(void* ctx, const action_request* request, char* id);

  /* The value under `key` ("smtp.host") of the configuration's `environment:` as JSON text,
   * NUL-terminated and valid until the process ends; NULL if there is none.
   * [any thread; attached] */
  const char* (*config)(void* ctx, const char* key);

  /* 1 if the running event should end soon (its time is over), else 0; 0 while none runs. Cheap.
   * [any thread; attached] */
  int32_t (*is_cancelled)(void* ctx);

  /* Says why the running event fails or is discarded. The last call counts; text is copied.
   * [any thread; event runs, or inside setup] */
  void (*set_reason)(void* ctx, const char* text, uint64_t text_size);

  /* Says in how many milliseconds a snoozed event runs again; at least 1.
   * [any thread; event runs] */
  void (*set_snooze)(void* ctx, int64_t delay_ms);

  /* A later ability, asked for by its id ("action.name/1"); NULL: this host hasn't got it.
   * The answer is valid until the process ends. [any thread; attached] */
  const void* (*extension)(void* ctx, const char* id);

  /* Says in how many milliseconds a failed event is tried again, in place of the configured pause;
   * at least 1. It counts only if the event fails and has attempts left. Since minor version 2.
   * [any thread; event runs] */
  void (*set_retry)(void* ctx, int64_t delay_ms);

  /* The W3C trace context of this run, to be handed on to whomever it calls: the value of
   * `traceparent`, NUL-terminated and valid until the run ends; NULL if the event belongs to no
   * trace. What the run queues belongs to its trace by itself. Since minor version 3.
   * [any thread; event runs] */
  const char* (*trace_parent)(void* ctx);

  /* The same of `tracestate`; NULL if there is none. Since minor version 3.
   * [any thread; event runs] */
  const char* (*trace_state)(void* ctx);
} action_host;

/* The event in hand. Owned by the host, valid until `run` or `on_dead` returns. */
typedef struct action_run {
  uint32_t size;     /* sizeof(action_run) of the host */
  int32_t attempt;   /* 1 for the first */
  const char* event; /* NUL-terminated, as are id and queue */
  const char* id;
  const char* queue;
  const char* params; /* a JSON object; not NUL-terminated */
  uint64_t params_size;
  int64_t enqueued_at_ms; /* since 1970-01-01 UTC; 0: not known */
  /* The rest is there since minor version 2. */
  int32_t attempts; /* how often it is tried at most; 0: not known */
  uint32_t reserved;
  const char* reason; /* on_dead: why it failed. NULL in run; not NUL-terminated */
  uint64_t reason_size;
} action_run;

/* An event that the plugin provides. Owned by the plugin, valid until the process ends. */
typedef struct action_event {
  uint32_t size;      /* sizeof(action_event) of the plugin */
  int32_t attempts;   /* how often it is tried; 0: the configuration's default */
  const char* name;   /* [a-z0-9_.-]+, NUL-terminated */
  const char* queue;  /* where it goes unless queued elsewhere; NULL: the default queue */
  int64_t timeout_ms; /* its longest run; 0: the configuration's default */
  void* ctx;          /* the plugin's; handed to run and on_dead */

  /* Runs the event. [main thread] */
  action_status (*run)(void* ctx, const action_host* host, const action_run* run);

  /* Runs when the event won't be tried again, before its dead letter is stored; run->reason says
   * why. At least once, with the event's own timeout. What it returns is logged unless it is
   * ACTION_DONE, and changes nothing. May be NULL. Since minor version 2. [main thread] */
  action_status (*on_dead)(void* ctx, const action_host* host, const action_run* run);
} action_event;

typedef struct action_plugin_descriptor {
  uint32_t size;      /* sizeof(action_plugin_descriptor) of the plugin */
  uint16_t abi_major; /* ACTION_ABI_MAJOR it was built for */
  uint16_t abi_minor;
  const char* name;        /* NULL: the file's name. NUL-terminated, as are the next two */
  const char* version;     /* the plugin's own; NULL: none */
  const char* sdk_version; /* ACTION_SDK_VERSION it was built with; NULL: unknown */

  /* Hands the plugin the host; called once, after loading, before everything below. May be NULL.
   * [main thread] */
  void (*attach)(const action_host* host);

  /* The events it provides: returns an array of `*count` pointers, owned by the plugin.
   * [main thread] */
  const action_event* const* (*events)(uint32_t* count);

  /* Once per runner, before its first event: connections and the like. Anything but ACTION_DONE
   * refuses the plugin (why: set_reason). May be NULL. [main thread] */
  action_status (*setup)(const action_host* host);

  /* Once per runner, after its last event, if setup succeeded. May be NULL. [main thread] */
  void (*teardown)(const action_host* host);

  /* The names of the events that its handlers queue, as far as it knows them, so that the host can
   * warn of those that nobody provides: an array of `*count` NUL-terminated names, owned by the
   * plugin. May be NULL. Since minor version 2. [main thread] */
  const char* const* (*queued)(uint32_t* count);
} action_plugin_descriptor;

#ifdef __cplusplus
} /* extern "C" */
#define ACTION_STATIC_ASSERT static_assert
#else
#define ACTION_STATIC_ASSERT _Static_assert
#endif

/* The layout on 64-bit machines, frozen for this major version. */
#if UINTPTR_MAX == UINT64_MAX
ACTION_STATIC_ASSERT(sizeof(action_request) == 72, "action_request grows only at its end");
ACTION_STATIC_ASSERT(offsetof(action_request, expires_ms) == 48, "its first 48 bytes are frozen");
ACTION_STATIC_ASSERT(sizeof(action_host) == 96, "action_host grows only at its end");
ACTION_STATIC_ASSERT(offsetof(action_host, extension) == 64, "its first 72 bytes are frozen");
ACTION_STATIC_ASSERT(sizeof(action_run) == 80, "action_run grows only at its end");
ACTION_STATIC_ASSERT(offsetof(action_run, attempts) == 56, "its first 56 bytes are frozen");
ACTION_STATIC_ASSERT(sizeof(action_event) == 56, "action_event grows only at its end");
ACTION_STATIC_ASSERT(offsetof(action_event, run) == 40, "its first 48 bytes are frozen");
ACTION_STATIC_ASSERT(sizeof(action_plugin_descriptor) == 72, "descriptor grows only at its end");
ACTION_STATIC_ASSERT(offsetof(action_plugin_descriptor, abi_major) == 4, "read before any call");
ACTION_STATIC_ASSERT(offsetof(action_plugin_descriptor, teardown) == 56, "64 bytes are frozen");
#endif

#endif /* ACTION_ABI_H */
