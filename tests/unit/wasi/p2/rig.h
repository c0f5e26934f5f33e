/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The rig of the tests of WASI 0.2: one loop, engine and component for a test program, instances with a state
 * and a folder of their own as "/".  Everything is real: the guest (guest.h) makes one call of one import for
 * each call of the test, on a fiber, with real memory and real handles.
 *
 * The guest's memory below 1 MiB is the test's.  Results go to RET, texts and data to where a test says.
 */
#ifndef TESTS_WASI_P2_RIG_H
#define TESTS_WASI_P2_RIG_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "catalog/grant.h"
#include "component/run/instance.h"
#include "wasi/p2/guest.h"
#include "wasi/p2/resource.h"
#include "wasi/p2/rows.h"
#include "wasi/wasi.h"

#define RET     0x1000u  /* results */
#define TEXT_AT 0x2000u  /* a path, an address */
#define MORE_AT 0x4000u  /* another */
#define DATA    0x10000u /* up to 960 KiB */

static struct loop *rig_loop;
static struct engine *rig_engine;
static struct component_bindings *rig_bindings;
static struct component *rig_component;
static struct loop_timer *rig_timer; /* never fires: as in a worker, there is always something to wait for */
static char rig_folder[PATH_MAX];

#define assert_done(call)                                                                                    \
    do {                                                                                                     \
        arcella_error *error_ = NULL;                                                                        \
        arcella_error **reterr = &error_;                                                                    \
        int r_ = (call);                                                                                     \
        if (r_)                                                                                              \
            fail_msg("%s: %d, %s", #call, r_, arcella_error_message(error_));                                \
    } while (0)

static void rig_on_timer(struct loop_timer *timer, void *user) {
    (void)timer;
    (void)user;
}

__attribute__((unused)) static int rig_open(void **state) {
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    const char *base = getenv("TMPDIR");
    snprintf(rig_folder, sizeof rig_folder, "%s/arcella-unit-XXXXXX", base ? base : "/tmp");
    struct engine_config config = ENGINE_CONFIG_INIT;
    if (!mkdtemp(rig_folder))
        return -1;
    assert_done(loop_new(&rig_loop, reterr));
    assert_done(loop_timer_new(rig_loop, rig_on_timer, NULL, &rig_timer, reterr));
    loop_timer_start(rig_timer, 3600 * 1000, 0);
    assert_done(engine_new(&config, rig_loop, &rig_engine, reterr));
    rig_bindings = component_bindings_new();
    assert_non_null(rig_bindings);
    assert_done(wasi_p2_offer(rig_bindings, reterr));
    assert_done(component_load(rig_engine, guest_bytes, sizeof guest_bytes, &rig_component, reterr));
    return 0;
}

__attribute__((unused)) static int rig_close(void **state) {
    (void)state;
    component_unref(rig_component);
    component_bindings_unref(rig_bindings);
    rig_engine = engine_free(rig_engine);
    loop_timer_free(rig_timer);
    rig_loop = loop_free(rig_loop);
    return dir_remove_tree(AT_FDCWD, rig_folder, NULL);
}

/* --- one instance --- */

struct rig {
    struct wasi_p2 *wasi; /* first: component_user() points here */
    struct component_instance *instance;
    uint8_t *memory;
    struct grant_set grants;
    struct memory_budget budget;
    char path[PATH_MAX + 16]; /* the folder that is "/" */
    bool done;
    struct engine_outcome outcome;
    uint64_t result;
    struct value args[16]; /* of the call in progress */
    /* what the hooks heard */
    unsigned denied;
    char needed[256];
    char lines[4096];
};

static void rig_on_made(struct component_instance *instance, const struct engine_outcome *outcome,
                        void *user) {
    struct rig *rig = user;
    (void)instance;
    rig->done = true;
    rig->outcome = *outcome;
}

static void rig_on_done(struct component_instance *instance, const struct engine_outcome *outcome,
                        const struct value *result, void *user) {
    struct rig *rig = user;
    (void)instance;
    rig->done = true;
    rig->outcome = *outcome;
    rig->result = result ? result->u64 : 0;
}

static void rig_on_output(void *user, unsigned stream, const char *bytes, size_t length, bool cut,
                          uint64_t dropped) {
    struct rig *rig = user;
    (void)cut;
    (void)dropped;
    size_t used = strlen(rig->lines);
    snprintf(rig->lines + used, sizeof rig->lines - used, "%u:%.*s\n", stream, (int)length,
             bytes ? bytes : "");
}

static void rig_on_audit(void *user, const struct host_audit *line) {
    struct rig *rig = user;
    rig->denied++;
    snprintf(rig->needed, sizeof rig->needed, "%s", line->grant);
}

/* Lookups are begun, and nobody answers them; else they fail at once. */
static bool rig_looks_up;

static int rig_on_lookup(void *user, uint64_t number, struct text name) {
    (void)user;
    (void)number;
    (void)name;
    return 0;
}

/* Run the loop until the run is over. */
static void rig_finish(struct rig *rig) {
    while (!rig->done)
        loop_run_once(rig_loop);
}

/* Run the loop for a while. */
__attribute__((unused)) static void rig_turn(unsigned turns) {
    for (unsigned i = 0; i < turns; i++)
        loop_run_ready(rig_loop);
}

static uint8_t *rig_memory_of(const struct component_instance *instance) {
    const struct program *p = instance->component->program;
    for (uint32_t i = 0; i < p->item_count; i++)
        if (instance->bases[i])
            return instance->bases[i];
    return NULL;
}

enum rig_dirs { RIG_NO_DIR, RIG_READ_ONLY, RIG_WRITABLE };

/* Start an instance.  options may name arguments, environment, stdio; grants of the network come before. */
__attribute__((unused)) static void rig_start(struct rig *rig, const struct wasi_options *options,
                                              enum rig_dirs dirs) {
    struct wasi_options given = WASI_OPTIONS_INIT;
    if (options)
        given = *options;
    rig->budget = (struct memory_budget){.limit_bytes = LIMIT_HOST_BYTES};
    snprintf(rig->path, sizeof rig->path, "%s/root", rig_folder);
    assert_true(mkdir(rig->path, 0700) == 0 || errno == EEXIST);
    FD_AUTO fd = open(rig->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    struct wasi_dir dir = {.fd = fd, .guest_path = "/", .writable = dirs == RIG_WRITABLE};
    if (dirs != RIG_NO_DIR) {
        char option[PATH_MAX + 32];
        snprintf(option, sizeof option, "%s::/%s", rig->path, dir.writable ? ":rw" : "");
        assert_done(grant_add_dir(&rig->grants, option, GRANT_BY_OPTION, reterr));
        given.dirs = &dir;
        given.dirs_count = 1;
    }
    given.host = (struct host_config){
        .loop = rig_loop,
        .grants = &rig->grants,
        .budget = &rig->budget,
        .hooks = {.output = rig_on_output,
                  .audit = rig_on_audit,
                  .lookup = rig_looks_up ? rig_on_lookup : NULL,
                  .user = rig},
    };
    assert_done(wasi_p2_new(&given, &rig->wasi, reterr));
    struct component_limits limits = {.engine = {.memory_bytes = 256 * MIB, .table_elements = 100000}};
    struct engine_budget budget = {.wall_ms = 120000};
    rig->done = false;
    assert_done(component_instance_new(rig_component, rig_bindings, &limits, &budget, rig, rig_on_made,
                                       &rig->instance, reterr));
    wasi_p2_bind(rig->wasi, rig->instance);
    rig_finish(rig);
    if (rig->outcome.end != ENGINE_END_RETURNED)
        fail_msg("instance: %s", rig->outcome.message);
    rig->memory = rig_memory_of(rig->instance);
    assert_non_null(rig->memory);
}

/* Nothing may be left: not a byte that was charged. */
__attribute__((unused)) static void rig_stop(struct rig *rig) {
    rig->instance = component_instance_free(rig->instance);
    rig->wasi = wasi_p2_free(rig->wasi);
    assert_int_equal(rig->budget.used_bytes, 0);
    grant_set_done(&rig->grants);
    if (rig->path[0])
        assert_int_equal(dir_remove_tree(AT_FDCWD, rig->path, NULL), 0);
    memset(rig, 0, sizeof *rig);
}

/* --- calls --- */

/* "output-stream.write" is a method, "drop pollable" the end of a handle, "wall-clock/now" a function of an
 * interface, "poll" one whose name is enough. */
static uint32_t rig_number(const char *what) {
    char name[128], interface[128] = "";
    const char *slash = strchr(what, '/');
    if (strncmp(what, "drop ", 5) == 0)
        snprintf(name, sizeof name, "[resource-drop]%s", what + 5);
    else if (slash) {
        snprintf(interface, sizeof interface, "/%.*s@", (int)(slash - what), what);
        snprintf(name, sizeof name, "%s", slash + 1);
    } else
        snprintf(name, sizeof name, "%s%s", strchr(what, '.') ? "[method]" : "", what);
    for (uint32_t i = 0; i < ARRAY_LENGTH(guest_imports); i++)
        if (strcmp(guest_imports[i].name, name) == 0 && strstr(guest_imports[i].interface, interface))
            return i;
    fail_msg("no import %s", what);
    return 0;
}

/* Begin a call and come back at once. */
static void rig_begin_number(struct rig *rig, uint32_t number, const uint64_t *values, size_t count) {
    const struct component_func *func = component_func_find(rig_component, "", "call");
    struct value *args = rig->args;
    args[0] = value_unsigned(TYPE_U32, number);
    const char *signature = guest_imports[number].signature;
    assert_int_equal(strchr(signature, ':') - signature, count);
    for (size_t i = 0; i < 15; i++)
        args[i + 1] = value_unsigned(TYPE_U64, i < count ? values[i] : 0);
    struct engine_budget budget = {.wall_ms = 120000};
    assert_non_null(func);
    rig->done = false;
    assert_done(component_call(rig->instance, func, args, 16, &budget, rig_on_done, rig, reterr));
}

/* @return its core result; rig->outcome tells how it ended */
static inline uint64_t rig_call_values(struct rig *rig, const char *what, const uint64_t *values,
                                       size_t count) {
    rig_begin_number(rig, rig_number(what), values, count);
    rig_finish(rig);
    return rig->result;
}

static inline uint64_t rig_returned(struct rig *rig, const char *what, const uint64_t *values, size_t count) {
    uint64_t result = rig_call_values(rig, what, values, count);
    if (rig->outcome.end != ENGINE_END_RETURNED)
        fail_msg("%s: %s %s: %s", what, engine_end_name(rig->outcome.end), rig->outcome.trap,
                 rig->outcome.message);
    return result;
}

/* The first value is there for calls without any. */
#define RIG_VALUES_(...) ((const uint64_t[]){0, ##__VA_ARGS__} + 1)
#define RIG_COUNT_(...)  (sizeof((const uint64_t[]){0, ##__VA_ARGS__}) / sizeof(uint64_t) - 1)

#define begin(rig, what, ...)                                                                                \
    rig_begin_number((rig), rig_number(what), RIG_VALUES_(__VA_ARGS__), RIG_COUNT_(__VA_ARGS__))
/* A call that returns. @return its core result */
#define call(rig, what, ...) rig_returned((rig), (what), RIG_VALUES_(__VA_ARGS__), RIG_COUNT_(__VA_ARGS__))
/* One that ends the run otherwise. */
#define ends(rig, wanted_end, what, ...)                                                                     \
    do {                                                                                                     \
        rig_call_values((rig), (what), RIG_VALUES_(__VA_ARGS__), RIG_COUNT_(__VA_ARGS__));                   \
        if ((rig)->outcome.end != (wanted_end))                                                              \
            fail_msg("%s: %s %s: %s", (what), engine_end_name((rig)->outcome.end), (rig)->outcome.trap,      \
                     (rig)->outcome.message);                                                                \
    } while (0)
#define traps(rig, kind, what, ...)                                                                          \
    do {                                                                                                     \
        ends((rig), ENGINE_END_TRAPPED, (what), ##__VA_ARGS__);                                              \
        assert_string_equal((rig)->outcome.trap, (kind));                                                    \
    } while (0)

/* --- memory --- */

static inline uint8_t *at(struct rig *rig, uint32_t address) {
    return rig->memory + address;
}
static inline uint8_t u8_at(struct rig *rig, uint32_t address) {
    return *at(rig, address);
}
static inline uint32_t u32_at(struct rig *rig, uint32_t address) {
    uint32_t n;
    memcpy(&n, at(rig, address), sizeof n);
    return n;
}
static inline uint64_t u64_at(struct rig *rig, uint32_t address) {
    uint64_t n;
    memcpy(&n, at(rig, address), sizeof n);
    return n;
}
static inline void put_u32(struct rig *rig, uint32_t address, uint32_t n) {
    memcpy(at(rig, address), &n, sizeof n);
}
/* @return its length */
static inline uint32_t put(struct rig *rig, uint32_t address, const char *text) {
    memcpy(at(rig, address), text, strlen(text));
    return (uint32_t)strlen(text);
}
/* A list or string whose pointer and length stand there. */
#define assert_bytes_at(rig, where, text)                                                                    \
    do {                                                                                                     \
        assert_int_equal(u32_at((rig), (where) + 4), strlen(text));                                          \
        assert_memory_equal(at((rig), u32_at((rig), (where))), (text), strlen(text));                        \
    } while (0)

/* Results at RET: the case, and an error-code where it is an error of one byte behind it at offset. */
#define assert_ok(rig) assert_int_equal(u8_at((rig), RET), 0)
#define assert_file_error(rig, offset, wanted)                                                               \
    do {                                                                                                     \
        assert_int_equal(u8_at((rig), RET), 1);                                                              \
        assert_string_equal(p2_file_error_name(u8_at((rig), RET + (offset))), (wanted));                     \
    } while (0)
#define assert_socket_error(rig, offset, wanted)                                                             \
    do {                                                                                                     \
        assert_int_equal(u8_at((rig), RET), 1);                                                              \
        assert_string_equal(p2_socket_error_name(u8_at((rig), RET + (offset))), (wanted));                   \
    } while (0)

#endif
