/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Instances of components that use WASI 0.2 in a runtime: what they are given, their output, their end, and
 * what happens when they are stopped where they wait. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "runtime/instance.h"
#include "wasi/p2/guest.h"

enum { PATIENCE_MS = 60000, MODULES = 8 };

struct rig {
    struct loop *loop;
    struct runtime *runtime;
    struct grant_set grants;
    unsigned started, ended, called;
    struct engine_outcome outcome;
    enum instance_state state;
    char lines[512], result[64];
    int code[MODULES], component;
    uint32_t modules;
    char paths[MODULES][64];
};

static void on_started(uint64_t handle, void *user) {
    (void)handle;
    ((struct rig *)user)->started++;
}

static void on_ended(uint64_t handle, enum instance_state state, const struct engine_outcome *outcome,
                     void *user) {
    struct rig *rig = user;
    (void)handle;
    rig->ended++;
    rig->state = state;
    rig->outcome = *outcome;
}

static void on_output(uint64_t handle, int stream, const char *line, size_t length, bool cut,
                      uint64_t dropped, void *user) {
    struct rig *rig = user;
    (void)handle, (void)cut, (void)dropped;
    size_t used = strlen(rig->lines);
    snprintf(rig->lines + used, sizeof rig->lines - used, "%d:%.*s\n", stream, (int)length, line);
}

static void on_audit(uint64_t handle, const struct host_audit *line, void *user) {
    (void)handle, (void)line, (void)user;
}

static void on_note(uint64_t handle, const char *message, void *user) {
    (void)handle, (void)message, (void)user;
}

static void on_called(uint64_t handle, const struct runtime_called *called, void *user) {
    struct rig *rig = user;
    (void)handle;
    rig->called++;
    snprintf(rig->result, sizeof rig->result, "%.*s", (int)called->wave.length,
             called->wave.data ? called->wave.data : "");
}

/* cmocka takes the engine's signals for itself around each function it calls; give them back. */
static void keep_signals(void) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    static struct sigaction kept[ARRAY_LENGTH(signals)];
    static bool known;
    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++)
        sigaction(signals[i], known ? &kept[i] : NULL, known ? NULL : &kept[i]);
    known = true;
}

static void until(struct rig *rig, const unsigned *counter, unsigned value) {
    uint64_t deadline = clock_monotonic_ms() + PATIENCE_MS;
    while (*counter < value) {
        loop_run_once(rig->loop);
        assert_true(clock_monotonic_ms() < deadline);
    }
}

static void prepare(struct rig *rig) {
    struct component *component = NULL;
    assert_int_equal(component_read(guest_bytes, sizeof guest_bytes, NULL, NULL, &component, NULL), 0);
    rig->modules = component_module_count(component);
    assert_in_range(rig->modules, 1, MODULES);
    for (uint32_t n = 0; n < rig->modules; n++) {
        BUFFER_AUTO code = BUFFER_INIT(64 * MIB);
        struct text bytes = component_module_bytes(component, n);
        assert_int_equal(engine_compile(runtime_engine(rig->runtime), bytes.data, bytes.length, &code, NULL),
                         0);
        assert_int_equal(memfd_make("code", code.data, code.length, true, &rig->code[n], NULL), 0);
        snprintf(rig->paths[n], sizeof rig->paths[n], "/proc/self/fd/%d", rig->code[n]);
    }
    component_unref(component);
    assert_int_equal(memfd_make("component", guest_bytes, sizeof guest_bytes, true, &rig->component, NULL),
                     0);
}

static int begin(struct rig *rig, const int stdio[3], const int *sockets, uint32_t sockets_count,
                 arcella_error **reterr) {
    static const char *const args[] = {"program", "argument"};
    const char *paths[MODULES];
    for (uint32_t n = 0; n < rig->modules; n++)
        paths[n] = rig->paths[n];
    struct runtime_spec spec = {
        .handle = 1,
        .address = "guest/0",
        .component = "guest@1.0.0",
        .code_path = "",
        .digest = "guest",
        .is_component = true,
        .component_fd = rig->component,
        .modules = paths,
        .modules_count = rig->modules,
        .args = args,
        .args_count = 2,
        .stdio = {stdio[0], stdio[1], stdio[2]},
        .sockets = sockets,
        .sockets_count = sockets_count,
        .limits = {.memory_bytes = 16 * MIB, .table_elements = 1000},
        .startup_ms = PATIENCE_MS,
        .entrypoint = "",
        .shutdown = "",
        .grants = &rig->grants,
    };
    return runtime_start(rig->runtime, &spec, reterr);
}

static int setup(void **state) {
    static const int none[3] = {-1, -1, -1};
    struct rig *rig = mem_new(struct rig);
    rig->component = -1;
    assert_int_equal(loop_new(&rig->loop, NULL), 0);
    struct engine_config config = ENGINE_CONFIG_INIT;
    struct runtime_hooks hooks = {.started = on_started,
                                  .ended = on_ended,
                                  .output = on_output,
                                  .audit = on_audit,
                                  .called = on_called,
                                  .note = on_note,
                                  .user = rig};
    assert_int_equal(runtime_new(rig->loop, &config, &hooks, &rig->runtime, NULL), 0);
    keep_signals();
    prepare(rig);
    assert_null(rig->runtime->bindings); /* nothing is offered before there is a component */
    *state = rig;
    assert_int_equal(begin(rig, none, NULL, 0, NULL), 0);
    assert_non_null(rig->runtime->bindings);
    until(rig, &rig->started, 1);
    return 0;
}

static int teardown(void **state) {
    struct rig *rig = *state;
    runtime_free(rig->runtime);
    loop_free(rig->loop);
    for (uint32_t n = 0; n < rig->modules; n++)
        fd_close(rig->code[n]);
    fd_close(rig->component);
    mem_free(rig);
    return 0;
}

static unsigned number_of(const char *name) {
    for (unsigned i = 0; i < ARRAY_LENGTH(guest_imports); i++)
        if (strcmp(guest_imports[i].name, name) == 0)
            return i;
    fail_msg("no import %s", name);
    return 0;
}

/* Begin a call of one import with up to three values. */
static void ask(struct rig *rig, const char *name, uint64_t a, uint64_t b, uint64_t c) {
    char expression[256];
    snprintf(expression, sizeof expression, "call(%u, %llu, %llu, %llu, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
             number_of(name), (unsigned long long)a, (unsigned long long)b, (unsigned long long)c);
    struct runtime_call call = {.instance = 1,
                                .number = 1,
                                .function = text_of(expression),
                                .form = RUNTIME_CALL_EXPRESSION,
                                .budget = {.wall_ms = PATIENCE_MS}};
    arcella_error *error = NULL;
    if (runtime_call(rig->runtime, &call, &error))
        fail_msg("%s: %s", expression, arcella_error_message(error));
}

static uint64_t asked(struct rig *rig, const char *name, uint64_t a, uint64_t b, uint64_t c) {
    unsigned before = rig->called;
    ask(rig, name, a, b, c);
    until(rig, &rig->called, before + 1);
    return strtoull(rig->result, NULL, 10);
}

static void an_exit_is_the_instances_end(void **state) {
    struct rig *rig = *state;
    keep_signals();
    ask(rig, "exit-with-code", 7, 0, 0);
    until(rig, &rig->ended, 1);
    assert_int_equal(rig->outcome.end, ENGINE_END_EXITED);
    assert_int_equal(rig->outcome.exit_code, 7);
    assert_int_equal(rig->state, INSTANCE_FAILED);
}

static void an_exit_with_success_is_good(void **state) {
    struct rig *rig = *state;
    keep_signals();
    ask(rig, "exit", 0, 0, 0);
    until(rig, &rig->ended, 1);
    assert_int_equal(rig->outcome.exit_code, 0);
    assert_int_equal(rig->state, INSTANCE_FINISHED);
}

/* What stands without a newline is told when the call is over. */
static void output_is_told_at_the_end_of_a_call(void **state) {
    struct rig *rig = *state;
    keep_signals();
    uint64_t out = asked(rig, "get-stdout", 0, 0, 0);
    ask(rig, "[method]output-stream.blocking-write-zeroes-and-flush", out, 3, 0x1000);
    until(rig, &rig->called, 2);
    assert_string_equal(rig->lines, "1:\n"); /* three NULs: a line, which ends as text here */
}

struct found {
    unsigned count;
    struct runtime_figures figures;
};
static void on_figures(const struct runtime_figures *figures, void *user) {
    struct found *found = user;
    found->count++;
    found->figures = *figures;
}

static void figures_are_those_of_its_wasi(void **state) {
    struct rig *rig = *state;
    keep_signals();
    struct found found = {0};
    asked(rig, "subscribe-duration", 0, 0, 0);
    asked(rig, "instance-network", 0, 0, 0);
    runtime_walk(rig->runtime, on_figures, &found);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.figures.open_files, 4); /* standard streams and the directory that denies */
    assert_int_equal(found.figures.resources, 2);
    assert_int_equal(found.figures.pollables, 1);
    assert_true(found.figures.host_bytes > 0);
    assert_int_equal(found.figures.memory_bytes, 2 * MIB);
}

static void a_stop_ends_a_wait(void **state) {
    struct rig *rig = *state;
    keep_signals();
    uint64_t never = asked(rig, "subscribe-duration", UINT64_MAX, 0, 0);
    ask(rig, "[method]pollable.block", never, 0, 0);
    for (unsigned i = 0; i < 10; i++)
        loop_run_ready(rig->loop);
    assert_int_equal(rig->called, 1);
    assert_int_equal(runtime_stop(rig->runtime, 1, 0, NULL), 0);
    until(rig, &rig->ended, 1);
    assert_int_equal(rig->state, INSTANCE_STOPPED);
}

/* Freed with everything: pipes, streams, pollables, a run that waits for them. */
static void the_runtime_ends_in_a_wait(void **state) {
    struct rig *rig = *state;
    keep_signals();
    uint64_t in = asked(rig, "get-stdin", 0, 0, 0);
    asked(rig, "[method]input-stream.subscribe", in, 0, 0);
    ask(rig, "[method]pollable.block", asked(rig, "subscribe-duration", UINT64_MAX, 0, 0), 0, 0);
    for (unsigned i = 0; i < 10; i++)
        loop_run_ready(rig->loop);
}

static void listening_sockets_are_refused(void **state) {
    struct rig *rig = *state;
    keep_signals();
    static const int none[3] = {-1, -1, -1};
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    ERROR_AUTO *error = NULL;
    assert_int_equal(runtime_stop(rig->runtime, 1, 0, NULL), 0);
    until(rig, &rig->ended, 1);
    assert_int_equal(begin(rig, none, &fd, 1, &error), ARCELLA_E_INVALID);
    assert_non_null(strstr(arcella_error_message(error), "listening sockets"));
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_exit_is_the_instances_end, setup, teardown),
        cmocka_unit_test_setup_teardown(an_exit_with_success_is_good, setup, teardown),
        cmocka_unit_test_setup_teardown(output_is_told_at_the_end_of_a_call, setup, teardown),
        cmocka_unit_test_setup_teardown(figures_are_those_of_its_wasi, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stop_ends_a_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(the_runtime_ends_in_a_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(listening_sockets_are_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
