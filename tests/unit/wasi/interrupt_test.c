/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A guest's shutdown entry runs inside a call that waits.  There it may close, renumber and open whatever the
 * call is at work with; the call must end in an errno, and the descriptor live until it has.
 */
#include "rig.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#define IOVEC  1024u
#define DATA   2048u
#define RESULT 1016u
#define FILES  1500 /* more than one turn of fd_readdir */

static struct rig rig;
static struct engine_program *program; /* exports "hook", which closes 0 to 5, beside every import */
static int pipe_in[2] = {-1, -1};      /* of the guest's standard input */
static struct sockaddr_in address;     /* of its listener, descriptor 3 */

static size_t index_of(const char *name) {
    size_t count;
    const struct engine_import *imports = wasi_preview1_imports(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(imports[i].name, name) == 0)
            return i;
    fail_msg("no import %s", name);
    return 0;
}

/* The passing module with one function of its own behind the imports. */
static void hook_module(struct buffer *to) {
    size_t count;
    const struct engine_import *imports = wasi_preview1_imports(&count);
    BUFFER_AUTO passing = BUFFER_INIT(64 * KIB);
    BUFFER_AUTO section = BUFFER_INIT(64 * KIB);
    assert_int_equal(buffer_add(to, "\0asm\1\0\0\0", 8, NULL), 0);
    rig_number(&section, count + 1);
    for (size_t i = 0; i < count; i++) {
        const char *colon = strchr(imports[i].signature, ':');
        rig_byte(&section, 0x60);
        rig_values(&section, imports[i].signature, (size_t)(colon - imports[i].signature));
        rig_values(&section, colon + 1, strlen(colon + 1));
    }
    assert_int_equal(buffer_add(&section, "\x60\0\0", 3, NULL), 0);
    rig_section(to, 1, &section);
    rig_number(&section, count);
    for (size_t i = 0; i < count; i++) {
        rig_text(&section, imports[i].module);
        rig_text(&section, imports[i].name);
        rig_byte(&section, 0);
        rig_number(&section, i);
    }
    rig_section(to, 2, &section);
    rig_byte(&section, 1);
    rig_number(&section, count);
    rig_section(to, 3, &section);
    assert_int_equal(buffer_add(&section, "\1\0\2", 3, NULL), 0);
    rig_section(to, 5, &section);
    rig_number(&section, count + 2);
    for (size_t i = 0; i < count; i++) {
        rig_text(&section, imports[i].name);
        rig_byte(&section, 0);
        rig_number(&section, i);
    }
    rig_text(&section, "hook");
    rig_byte(&section, 0);
    rig_number(&section, count);
    rig_text(&section, "memory");
    rig_byte(&section, 2);
    rig_number(&section, 0);
    rig_section(to, 7, &section);
    /* No locals; i32.const N, call fd_close, drop for each. */
    rig_byte(&passing, 0);
    for (unsigned fd = 0; fd < 6; fd++) {
        rig_byte(&passing, 0x41);
        rig_number(&passing, fd);
        rig_byte(&passing, 0x10);
        rig_number(&passing, index_of("fd_close"));
        rig_byte(&passing, 0x1a);
    }
    rig_byte(&passing, 0x0b);
    rig_byte(&section, 1);
    rig_number(&section, passing.length);
    assert_int_equal(buffer_add(&section, passing.data, passing.length, NULL), 0);
    rig_section(to, 10, &section);
}

static int open_group(void **state) {
    if (rig_open(state))
        return -1;
    BUFFER_AUTO wasm = BUFFER_INIT(64 * KIB);
    hook_module(&wasm);
    program = rig_load(wasm.data, wasm.length);
    return 0;
}

static int close_group(void **state) {
    engine_program_unref(program);
    return rig_close(state);
}

static int open_rig(void **state) {
    (void)state;
    assert_int_equal(pipe2(pipe_in, O_CLOEXEC), 0);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    struct wasi_options options = WASI_OPTIONS_INIT;
    options.stdio[0] = pipe_in[0];
    options.listeners = &listener;
    options.listeners_count = 1;
    rig_start(&rig, program, &options, RIG_WRITABLE); /* 3 the directory, 4 the listener */
    return 0;
}

static int close_rig(void **state) {
    (void)state;
    rig_stop(&rig);
    pipe_in[1] = fd_close(pipe_in[1]);
    return 0;
}

/* Begin a call, have the hook run at its first wait, let the loop turn a while. */
static void interrupt(const char *name, const uint64_t *values, size_t count) {
    rig_begin(&rig, name, values, count);
    assert_int_equal(engine_interrupt(rig.instance, "hook", NULL), 0);
    for (unsigned i = 0; i < 20 && !rig.done; i++)
        loop_run_ready(rig_loop);
    assert_int_equal(wasi_preview1_figures(rig.wasi).open_files, 0);
}
#define INTERRUPT(name, ...)                                                                                 \
    interrupt(name, (const uint64_t[]){__VA_ARGS__},                                                         \
              sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void what_is_read_lives_until_the_read_ends(void **state) {
    (void)state;
    rig_iovec(&rig, IOVEC, DATA, 100);
    INTERRUPT("fd_read", 0, IOVEC, 1, RESULT);
    assert_false(rig.done);
    assert_int_equal(write(pipe_in[1], "abc", 3), 3);
    rig_finish(&rig);
    assert_int_equal(rig.outcome.end, ENGINE_END_RETURNED);
    assert_int_equal(rig.result.u32, 0);
    assert_int_equal(rig_u32(&rig, RESULT), 3);
    assert_errno(rig_call(&rig, "fd_read", 0, IOVEC, 1, RESULT), "badf");
}

static void a_listener_lives_until_the_accept_ends(void **state) {
    (void)state;
    INTERRUPT("sock_accept", 4, 0, RESULT);
    assert_false(rig.done);
    FD_AUTO client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    rig_finish(&rig);
    assert_int_equal(rig.outcome.end, ENGINE_END_RETURNED);
    assert_int_equal(rig.result.u32, 0);
    /* The lowest number that the hook has made free. */
    assert_int_equal(rig_u32(&rig, RESULT), 0);
}

static void what_is_polled_lives_until_the_poll_ends(void **state) {
    (void)state;
    const struct wasi_subscription all[] = {
        {.userdata = 1, .tag = WASI_EVENT_FD_READ, .fd = 0},
        {.userdata = 2, .tag = WASI_EVENT_FD_READ, .fd = 4},
        {.userdata = 3, .tag = WASI_EVENT_CLOCK, .clock = {.id = WASI_CLOCK_MONOTONIC, .timeout = 30000000}},
    };
    memcpy(rig_at(&rig, DATA), all, sizeof all);
    INTERRUPT("poll_oneoff", DATA, DATA + 4096, 3, RESULT);
    rig_finish(&rig);
    assert_int_equal(rig.outcome.end, ENGINE_END_RETURNED);
    assert_int_equal(rig.result.u32, 0);
    assert_int_equal(rig_u32(&rig, RESULT), 1);
}

static void a_directory_lives_until_it_is_listed(void **state) {
    (void)state;
    for (unsigned i = 0; i < FILES; i++) {
        char path[PATH_MAX + 64];
        snprintf(path, sizeof path, "%s/a file with a long name %u", rig.path, i);
        FD_AUTO fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
    }
    INTERRUPT("fd_readdir", 3, 64 * 1024, 64 * 1024, 0, RESULT);
    rig_finish(&rig);
    assert_int_equal(rig.outcome.end, ENGINE_END_RETURNED);
    assert_int_equal(rig.result.u32, 0);
    assert_int_equal(rig_u32(&rig, RESULT), 64 * 1024);
}

static void a_log_lives_until_all_is_written(void **state) {
    (void)state;
    memset(rig_at(&rig, 0), '.', 128 * 1024);
    rig_iovec(&rig, IOVEC, DATA, 100 * 1024);
    INTERRUPT("fd_write", 1, IOVEC, 1, RESULT);
    rig_finish(&rig);
    assert_int_equal(rig.outcome.end, ENGINE_END_RETURNED);
    assert_int_equal(rig_u32(&rig, RESULT), 100 * 1024);
}

static void a_directory_lives_until_it_is_on_disk(void **state) {
    (void)state;
    INTERRUPT("fd_sync", 3);
    rig_finish(&rig);
    assert_int_equal(rig.outcome.end, ENGINE_END_RETURNED);
    assert_int_equal(rig.result.u32, 0);
}

/* A file system in memory takes its time, which others are given. */
static void space_is_reserved_while_others_run(void **state) {
    (void)state;
    uint32_t length = rig_put(&rig, DATA, "file");
    assert_errno(
        rig_call(&rig, "path_open", 3, 0, DATA, length, WASI_O_CREAT, WASI_RIGHT_FD_WRITE, 0, 0, RESULT),
        "success");
    assert_int_equal(rig_u32(&rig, RESULT), 5);
    INTERRUPT("fd_allocate", 5, 0, 100000);
    rig_finish(&rig);
    assert_int_equal(rig.outcome.end, ENGINE_END_RETURNED);
    assert_int_equal(rig.result.u32, 0);
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/file", rig.path);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 100000);
}

/* An end by force while the hook has taken everything away. */
static void a_run_ends_by_force_without_its_descriptors(void **state) {
    (void)state;
    rig_iovec(&rig, IOVEC, DATA, 100);
    INTERRUPT("fd_read", 0, IOVEC, 1, RESULT);
    engine_cancel(rig.instance, ENGINE_END_STOPPED, "enough");
    rig_finish(&rig);
    assert_int_equal(rig.outcome.end, ENGINE_END_STOPPED);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        TEST(what_is_read_lives_until_the_read_ends),   TEST(a_listener_lives_until_the_accept_ends),
        TEST(what_is_polled_lives_until_the_poll_ends), TEST(a_directory_lives_until_it_is_listed),
        TEST(a_log_lives_until_all_is_written),         TEST(a_directory_lives_until_it_is_on_disk),
        TEST(space_is_reserved_while_others_run),       TEST(a_run_ends_by_force_without_its_descriptors),
    };
    return cmocka_run_group_tests(tests, open_group, close_group);
}
