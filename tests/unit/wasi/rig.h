/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The rig of these tests: one loop and engine for a test program, instances with a WASI state and a folder of
 * their own as "/".  Everything is real: guests run on the engine's fibers, calls go through the adapters,
 * files are files.
 *
 * The guest of most tests does nothing: it imports every function of preview 1 and exports it under its own
 * name, so that rig_call() is the guest making one call.  Its bytes are put together here from the import
 * table.
 */
#ifndef TESTS_WASI_RIG_H
#define TESTS_WASI_RIG_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "catalog/grant.h"
#include "wasi/preview1/errno.h"
#include "wasi/preview1/types.h"
#include "wasi/wasi.h"

/* --- the engine of this program --- */

static struct loop *rig_loop;
static struct engine *rig_engine;
static struct engine_program *rig_program; /* of the guest that passes every call on */
static char rig_folder[PATH_MAX];

/* --- a module, byte by byte --- */

static inline void rig_byte(struct buffer *b, unsigned byte) {
    uint8_t c = (uint8_t)byte;
    assert_int_equal(buffer_add(b, &c, 1, NULL), 0);
}

static inline void rig_number(struct buffer *b, uint64_t n) {
    do {
        rig_byte(b, (n & 0x7f) | (n > 0x7f ? 0x80 : 0));
        n >>= 7;
    } while (n);
}

static inline void rig_text(struct buffer *b, const char *text) {
    rig_number(b, strlen(text));
    assert_int_equal(buffer_text(b, text, NULL), 0);
}

static inline void rig_section(struct buffer *to, unsigned id, struct buffer *content) {
    rig_byte(to, id);
    rig_number(to, content->length);
    assert_int_equal(buffer_add(to, content->data, content->length, NULL), 0);
    buffer_clear(content);
}

static inline void rig_values(struct buffer *b, const char *letters, size_t count) {
    rig_number(b, count);
    for (size_t i = 0; i < count; i++)
        rig_byte(b, letters[i] == 'I' ? 0x7e : 0x7f);
}

/* A module that exports each import under its name, and a memory of so many pages that may grow by one. */
static inline void rig_passing_module(struct buffer *to, unsigned pages) {
    size_t count;
    const struct engine_import *imports = wasi_preview1_imports(&count);
    BUFFER_AUTO section = BUFFER_INIT(64 * KIB);
    assert_int_equal(buffer_add(to, "\0asm\1\0\0\0", 8, NULL), 0);
    rig_number(&section, count);
    for (size_t i = 0; i < count; i++) {
        const char *colon = strchr(imports[i].signature, ':');
        rig_byte(&section, 0x60);
        rig_values(&section, imports[i].signature, (size_t)(colon - imports[i].signature));
        rig_values(&section, colon + 1, strlen(colon + 1));
    }
    rig_section(to, 1, &section);
    rig_number(&section, count);
    for (size_t i = 0; i < count; i++) {
        rig_text(&section, imports[i].module);
        rig_text(&section, imports[i].name);
        rig_byte(&section, 0);
        rig_number(&section, i);
    }
    rig_section(to, 2, &section);
    assert_int_equal(buffer_add(&section, "\1\1", 2, NULL), 0);
    rig_number(&section, pages);
    rig_number(&section, pages + 1);
    rig_section(to, 5, &section);
    rig_number(&section, count + 1);
    for (size_t i = 0; i < count; i++) {
        rig_text(&section, imports[i].name);
        rig_byte(&section, 0);
        rig_number(&section, i);
    }
    rig_text(&section, "memory");
    rig_byte(&section, 2);
    rig_number(&section, 0);
    rig_section(to, 7, &section);
}

/* --- group set-up --- */

static inline struct engine_program *rig_load(const void *wasm, size_t length) {
    BUFFER_AUTO code = BUFFER_INIT(256 * MIB);
    arcella_error *error = NULL;
    if (engine_compile(rig_engine, wasm, length, &code, &error))
        fail_msg("compile: %s", arcella_error_message(error));
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/code", rig_folder);
    assert_int_equal(file_write_atomic(AT_FDCWD, path, 0600, code.data, code.length, NULL), 0);
    struct engine_module *module = NULL;
    assert_int_equal(engine_module_load(rig_engine, path, &module, NULL), 0);
    size_t count;
    const struct engine_import *imports = wasi_preview1_imports(&count);
    struct engine_program *program = NULL;
    if (engine_program_new(module, imports, count, &program, &error))
        fail_msg("program: %s", arcella_error_message(error));
    engine_module_unref(module);
    unlink(path);
    return program;
}

static inline int rig_open(void **state) {
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    const char *base = getenv("TMPDIR");
    snprintf(rig_folder, sizeof rig_folder, "%s/arcella-unit-XXXXXX", base ? base : "/tmp");
    struct engine_config config = ENGINE_CONFIG_INIT;
    if (!mkdtemp(rig_folder) || loop_new(&rig_loop, NULL) || engine_new(&config, rig_loop, &rig_engine, NULL))
        return -1;
    BUFFER_AUTO wasm = BUFFER_INIT(64 * KIB);
    rig_passing_module(&wasm, 1);
    rig_program = rig_load(wasm.data, wasm.length);
    return 0;
}

static inline int rig_close(void **state) {
    (void)state;
    engine_program_unref(rig_program);
    rig_engine = engine_free(rig_engine);
    rig_loop = loop_free(rig_loop);
    return dir_remove_tree(AT_FDCWD, rig_folder, NULL);
}

/* --- one instance --- */

struct rig {
    struct wasi_preview1 *wasi; /* first: engine_user() points here */
    struct engine_instance *instance;
    struct grant_set grants;
    struct memory_budget budget;
    char path[PATH_MAX + 16]; /* the folder that is "/" */
    bool done;
    struct engine_outcome outcome;
    union engine_value result;
    /* what the hooks heard */
    unsigned denied;
    char needed[256];
    char lines[4096];
};

static inline void rig_on_done(struct engine_instance *instance, const struct engine_outcome *outcome,
                               void *user) {
    struct rig *rig = user;
    rig->done = true;
    rig->outcome = *outcome;
    if (outcome->end == ENGINE_END_RETURNED && engine_results(instance))
        rig->result = engine_results(instance)[0];
}

static inline void rig_on_output(void *user, unsigned stream, const char *bytes, size_t length, bool cut,
                                 uint64_t dropped) {
    struct rig *rig = user;
    (void)cut;
    (void)dropped;
    size_t used = strlen(rig->lines);
    snprintf(rig->lines + used, sizeof rig->lines - used, "%u:%.*s\n", stream, (int)length,
             bytes ? bytes : "");
}

static inline void rig_on_audit(void *user, const struct host_audit *line) {
    struct rig *rig = user;
    rig->denied += (unsigned)line->count;
    snprintf(rig->needed, sizeof rig->needed, "%s", line->grant);
}

static inline uint64_t rig_cpu_ns(void *user) {
    (void)user;
    return 42;
}

/* Run the loop until the run is over. */
static inline void rig_finish(struct rig *rig) {
    while (!rig->done)
        loop_run_once(rig_loop);
}

enum rig_dirs { RIG_NO_DIR, RIG_READ_ONLY, RIG_WRITABLE };

/* Start an instance.  options may name arguments, environment, stdio, listeners; the rest is filled in. */
static inline void rig_start(struct rig *rig, struct engine_program *program, struct wasi_options *options,
                             enum rig_dirs dirs) {
    struct wasi_options none = WASI_OPTIONS_INIT;
    options = options ? options : &none;
    *rig = (struct rig){.budget = {.limit_bytes = LIMIT_HOST_BYTES}};
    snprintf(rig->path, sizeof rig->path, "%s/root", rig_folder);
    assert_true(mkdir(rig->path, 0700) == 0 || errno == EEXIST);
    FD_AUTO fd = open(rig->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    struct wasi_dir dir = {.fd = fd, .guest_path = "/", .writable = dirs == RIG_WRITABLE};
    if (dirs != RIG_NO_DIR) {
        char option[PATH_MAX + 32];
        snprintf(option, sizeof option, "%s::/%s", rig->path, dir.writable ? ":rw" : "");
        assert_int_equal(grant_add_dir(&rig->grants, option, GRANT_BY_OPTION, NULL), 0);
        options->dirs = &dir;
        options->dirs_count = 1;
    }
    options->host = (struct host_config){
        .loop = rig_loop,
        .grants = &rig->grants,
        .budget = &rig->budget,
        .hooks = {.output = rig_on_output, .audit = rig_on_audit, .cpu_ns = rig_cpu_ns, .user = rig},
    };
    arcella_error *error = NULL;
    if (wasi_preview1_new(options, &rig->wasi, &error))
        fail_msg("state: %s", arcella_error_message(error));
    struct engine_limits limits = {.memory_bytes = 512 * MIB, .table_elements = 100000};
    struct engine_budget budget = {.wall_ms = 60000};
    if (engine_instance_new(program, &limits, &budget, rig, rig_on_done, &rig->instance, &error))
        fail_msg("instance: %s", arcella_error_message(error));
    wasi_preview1_bind(rig->wasi, rig->instance);
    rig_finish(rig);
    assert_int_equal(rig->outcome.end, ENGINE_END_RETURNED);
}

static inline void rig_stop(struct rig *rig) {
    rig->instance = engine_instance_free(rig->instance);
    rig->wasi = wasi_preview1_free(rig->wasi);
    assert_int_equal(rig->budget.used_bytes, 0);
    grant_set_done(&rig->grants);
    if (rig->path[0])
        assert_int_equal(dir_remove_tree(AT_FDCWD, rig->path, NULL), 0);
}

/* Begin a call of the passing guest and come back at once. */
static inline void rig_begin(struct rig *rig, const char *name, const uint64_t *values, size_t count) {
    size_t imports_count;
    const struct engine_import *imports = wasi_preview1_imports(&imports_count);
    const char *signature = NULL;
    for (size_t i = 0; i < imports_count; i++)
        signature = strcmp(imports[i].name, name) == 0 ? imports[i].signature : signature;
    assert_non_null(signature);
    assert_int_equal(strchr(signature, ':') - signature, count);
    union engine_value v[16];
    memset(v, 0, sizeof v);
    for (size_t i = 0; i < count; i++)
        v[i].u64 = signature[i] == 'i' ? (uint32_t)values[i] : values[i];
    struct engine_budget budget = {.wall_ms = 60000};
    rig->done = false;
    rig->result.u64 = 12345;
    arcella_error *error = NULL;
    if (engine_call(rig->instance, name, signature, v, &budget, rig_on_done, &error))
        fail_msg("call of %s: %s", name, arcella_error_message(error));
}

/* Make one call. @return its errno, or -1 where the run ended otherwise (rig->outcome) */
static inline int rig_call_values(struct rig *rig, const char *name, const uint64_t *values, size_t count) {
    rig_begin(rig, name, values, count);
    rig_finish(rig);
    return rig->outcome.end == ENGINE_END_RETURNED ? (int)rig->result.u32 : -1;
}
#define rig_call(rig, name, ...)                                                                             \
    rig_call_values(rig, name, (const uint64_t[]){__VA_ARGS__},                                              \
                    sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/* The guest's memory. */
static inline uint8_t *rig_at(struct rig *rig, uint32_t address) {
    struct engine_memory memory = engine_memory(rig->instance);
    assert_true(address < memory.size);
    return memory.base + address;
}

static inline uint32_t rig_u32(struct rig *rig, uint32_t address) {
    uint32_t n;
    memcpy(&n, rig_at(rig, address), sizeof n);
    return n;
}

static inline uint64_t rig_u64(struct rig *rig, uint32_t address) {
    uint64_t n;
    memcpy(&n, rig_at(rig, address), sizeof n);
    return n;
}

/* Put a text where the tests keep texts. @return its length */
static inline uint32_t rig_put(struct rig *rig, uint32_t address, const char *text) {
    memcpy(rig_at(rig, address), text, strlen(text));
    return (uint32_t)strlen(text);
}

/* Put one iovec. */
static inline void rig_iovec(struct rig *rig, uint32_t address, uint32_t buf, uint32_t length) {
    struct wasi_iovec iovec = {buf, length};
    memcpy(rig_at(rig, address), &iovec, sizeof iovec);
}

#define assert_errno(call, name) assert_string_equal(preview1_errno_name((unsigned)(call)), name)

#endif
