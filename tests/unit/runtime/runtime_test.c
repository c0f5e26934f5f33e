/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The lives of instances: which entry is called, how each end is told, what a stop does. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "runtime/guests.h"
#include "runtime/instance.h"

enum { PATIENCE_MS = 60000 };

/* What the hooks were told, in order. */
struct told {
    unsigned started;
    unsigned ended;
    enum instance_state state;
    struct engine_outcome outcome;
    char output[256];
    char note[256];
    unsigned slices; /* times it was given the processor */
};

struct rig {
    struct loop *loop;
    struct runtime *runtime;
    struct told told[8]; /* by handle */
    struct grant_set grants;
    char paths[8][64]; /* of code, by handle */
    int fds[8];
    uint64_t running; /* who has the processor, as told */
};

static void on_started(uint64_t handle, void *user) {
    struct rig *rig = user;
    assert_int_equal(rig->told[handle].ended, 0);
    rig->told[handle].started++;
}

static void on_ended(uint64_t handle, enum instance_state state, const struct engine_outcome *outcome,
                     void *user) {
    struct rig *rig = user;
    rig->told[handle].ended++;
    rig->told[handle].state = state;
    rig->told[handle].outcome = *outcome;
}

static void on_output(uint64_t handle, int stream, const char *line, size_t length, bool cut,
                      uint64_t dropped, void *user) {
    struct rig *rig = user;
    assert_int_equal(stream, 1);
    assert_int_equal(rig->running, handle); /* said on its own time */
    assert_false(cut);
    assert_int_equal(dropped, 0);
    size_t used = strlen(rig->told[handle].output);
    snprintf(rig->told[handle].output + used, sizeof rig->told[handle].output - used, "%.*s;", (int)length,
             line);
}

static void on_audit(uint64_t handle, const struct host_audit *line, void *user) {
    (void)handle, (void)line, (void)user;
    fail_msg("nothing is asked for here");
}

static void on_called(uint64_t handle, const struct runtime_called *called, void *user) {
    (void)handle, (void)called, (void)user;
    fail_msg("nothing is called here");
}

static void on_note(uint64_t handle, const char *message, void *user) {
    struct rig *rig = user;
    text_copy(rig->told[handle].note, sizeof rig->told[handle].note, message);
}

static void on_processor(uint64_t handle, void *user) {
    struct rig *rig = user;
    assert_true(handle == 0 || rig->running == 0);
    rig->running = handle;
    rig->told[handle].slices++;
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

static int setup(void **state) {
    struct rig *rig = mem_new(struct rig);
    assert_int_equal(loop_new(&rig->loop, NULL), 0);
    struct engine_config config = ENGINE_CONFIG_INIT;
    struct runtime_hooks hooks = {.started = on_started,
                                  .ended = on_ended,
                                  .output = on_output,
                                  .audit = on_audit,
                                  .called = on_called,
                                  .note = on_note,
                                  .processor = on_processor,
                                  .user = rig};
    assert_int_equal(runtime_new(rig->loop, &config, &hooks, &rig->runtime, NULL), 0);
    keep_signals();
    for (size_t i = 0; i < ARRAY_LENGTH(rig->fds); i++)
        rig->fds[i] = -1;
    *state = rig;
    return 0;
}

static int teardown(void **state) {
    struct rig *rig = *state;
    runtime_free(rig->runtime);
    loop_free(rig->loop);
    for (size_t i = 0; i < ARRAY_LENGTH(rig->fds); i++)
        fd_close(rig->fds[i]);
    grant_set_done(&rig->grants);
    mem_free(rig);
    return 0;
}

/* Compile a guest, keep its code in a memfd, start it under a handle. */
static int start(struct rig *rig, uint64_t handle, const uint8_t *wasm, size_t length,
                 struct runtime_spec *spec, arcella_error **reterr) {
    BUFFER_AUTO code = BUFFER_INIT(64 * MIB);
    keep_signals();
    assert_int_equal(engine_compile(runtime_engine(rig->runtime), wasm, length, &code, NULL), 0);
    fd_close(rig->fds[handle]);
    assert_int_equal(memfd_make("code", code.data, code.length, true, &rig->fds[handle], NULL), 0);
    snprintf(rig->paths[handle], sizeof rig->paths[handle], "/proc/self/fd/%d", rig->fds[handle]);
    static const char *const args[] = {"guest"};
    spec->handle = handle;
    spec->address = "test/0";
    spec->component = "test@1.0.0";
    spec->code_path = rig->paths[handle];
    spec->args = args;
    spec->args_count = 1;
    spec->stdio[0] = spec->stdio[1] = spec->stdio[2] = -1;
    spec->limits = (struct engine_limits){.memory_bytes = 4 * MIB, .table_elements = 1000};
    spec->startup_ms = PATIENCE_MS;
    spec->grants = &rig->grants;
    return runtime_start(rig->runtime, spec, reterr);
}
#define START(rig, handle, guest, ...)                                                                       \
    start(rig, handle, guest, sizeof(guest), &(struct runtime_spec){__VA_ARGS__}, NULL)

static void wait_for(struct rig *rig, const unsigned *counter) {
    uint64_t until = clock_monotonic_ms() + PATIENCE_MS;
    while (*counter == 0) {
        loop_run_once(rig->loop);
        assert_true(clock_monotonic_ms() < until);
    }
}

static void turn(struct rig *rig, unsigned turns) {
    for (unsigned i = 0; i < turns; i++)
        loop_run_ready(rig->loop);
}

static void a_command_finishes(void **state) {
    struct rig *rig = *state;
    assert_int_equal(START(rig, 1, guest_command, .wall_ms = 0), 0);
    assert_int_equal(rig->told[1].started + rig->told[1].ended, 0); /* never from inside */
    wait_for(rig, &rig->told[1].ended);
    assert_int_equal(rig->told[1].started, 1);
    assert_int_equal(rig->told[1].state, INSTANCE_FINISHED);
    assert_int_equal(rig->told[1].outcome.end, ENGINE_END_RETURNED);
    assert_int_equal(runtime_count(rig->runtime), 0);
}

static void a_trap_fails(void **state) {
    struct rig *rig = *state;
    assert_int_equal(START(rig, 1, guest_trap, .wall_ms = 0), 0);
    wait_for(rig, &rig->told[1].ended);
    assert_int_equal(rig->told[1].state, INSTANCE_FAILED);
    assert_int_equal(rig->told[1].outcome.end, ENGINE_END_TRAPPED);
    assert_string_equal(rig->told[1].outcome.trap, "unreachable");
    assert_int_equal(rig->told[1].outcome.frame_count, 1);
}

static void a_status_counts_as_an_exit_code(void **state) {
    struct rig *rig = *state;
    assert_int_equal(START(rig, 1, guest_status, .entrypoint = "main"), 0);
    wait_for(rig, &rig->told[1].ended);
    assert_int_equal(rig->told[1].state, INSTANCE_FAILED);
    assert_int_equal(rig->told[1].outcome.exit_code, 3);
}

static void bad_entries_are_refused(void **state) {
    struct rig *rig = *state;
    assert_int_equal(START(rig, 1, guest_status, .entrypoint = "nothing"), ARCELLA_E_KIND);
    assert_int_equal(START(rig, 1, guest_status, .shutdown = "nothing"), ARCELLA_E_KIND);
    /* One that takes arguments is found out when it is called, and told as an end. */
    assert_int_equal(START(rig, 1, guest_status, .entrypoint = "takes"), 0);
    wait_for(rig, &rig->told[1].ended);
    assert_int_equal(rig->told[1].outcome.end, ENGINE_END_FAILED);
    assert_non_null(strstr(rig->told[1].outcome.message, "takes"));
    assert_int_equal(runtime_count(rig->runtime), 0);
}

static void a_plain_module_waits_and_stops_at_once(void **state) {
    struct rig *rig = *state;
    assert_int_equal(START(rig, 1, guest_plain, .wall_ms = 0), 0);
    wait_for(rig, &rig->told[1].started);
    turn(rig, 20);
    assert_int_equal(rig->told[1].ended, 0);
    assert_int_equal(runtime_stop(rig->runtime, 1, PATIENCE_MS, NULL), 0);
    wait_for(rig, &rig->told[1].ended);
    assert_int_equal(rig->told[1].state, INSTANCE_STOPPED);
    assert_int_equal(runtime_stop(rig->runtime, 1, 0, NULL), ARCELLA_E_NOT_FOUND);
}

static void a_reactor_initialises_and_its_shutdown_entry_runs(void **state) {
    struct rig *rig = *state;
    assert_int_equal(START(rig, 1, guest_reactor, .shutdown = "shutdown"), 0);
    wait_for(rig, &rig->told[1].started);
    assert_string_equal(rig->told[1].output, "init;");
    assert_int_equal(runtime_stop(rig->runtime, 1, PATIENCE_MS, NULL), 0);
    wait_for(rig, &rig->told[1].ended);
    assert_string_equal(rig->told[1].output, "init;down;");
    assert_int_equal(rig->told[1].state, INSTANCE_STOPPED);
}

static void the_shutdown_entry_runs_inside_a_waiting_program(void **state) {
    struct rig *rig = *state;
    assert_int_equal(START(rig, 1, guest_waits, .shutdown = "shutdown"), 0);
    wait_for(rig, &rig->told[1].started);
    turn(rig, 5);
    assert_int_equal(runtime_stop(rig->runtime, 1, PATIENCE_MS, NULL), 0);
    wait_for(rig, &rig->told[1].ended);
    assert_string_equal(rig->told[1].output, "down;");
    assert_int_equal(rig->told[1].state, INSTANCE_STOPPED);
    assert_int_equal(rig->told[1].outcome.end, ENGINE_END_RETURNED); /* it ended by itself */
}

static void a_stop_waits_then_uses_force(void **state) {
    struct rig *rig = *state;
    assert_int_equal(START(rig, 1, guest_spin, .wall_ms = 0), 0);
    wait_for(rig, &rig->told[1].started);
    uint64_t began = clock_monotonic_ms();
    assert_int_equal(runtime_stop(rig->runtime, 1, 100, NULL), 0);
    wait_for(rig, &rig->told[1].ended);
    assert_true(clock_monotonic_ms() - began >= 90);
    assert_int_equal(rig->told[1].state, INSTANCE_STOPPED);
    assert_int_equal(rig->told[1].outcome.end, ENGINE_END_STOPPED);
}

static void a_second_stop_can_only_make_it_sooner(void **state) {
    struct rig *rig = *state;
    assert_int_equal(START(rig, 1, guest_spin, .wall_ms = 0), 0);
    wait_for(rig, &rig->told[1].started);
    assert_int_equal(runtime_stop(rig->runtime, 1, PATIENCE_MS, NULL), 0);
    turn(rig, 3);
    assert_int_equal(rig->told[1].ended, 0);
    assert_int_equal(runtime_stop(rig->runtime, 1, 0, NULL), 0);
    wait_for(rig, &rig->told[1].ended);
    assert_int_equal(rig->told[1].ended, 1);

    /* Not only at once: any shorter time counts, a longer one does not. */
    uint64_t began = clock_monotonic_ms();
    assert_int_equal(START(rig, 2, guest_spin, .wall_ms = 0), 0);
    wait_for(rig, &rig->told[2].started);
    assert_int_equal(runtime_stop(rig->runtime, 2, PATIENCE_MS, NULL), 0);
    assert_int_equal(runtime_stop(rig->runtime, 2, 20, NULL), 0);
    assert_int_equal(runtime_stop(rig->runtime, 2, PATIENCE_MS, NULL), 0);
    wait_for(rig, &rig->told[2].ended);
    assert_true(clock_monotonic_ms() - began < PATIENCE_MS / 2);
}

static void a_stop_while_starting_ends_it(void **state) {
    struct rig *rig = *state;
    assert_int_equal(START(rig, 1, guest_reactor, .shutdown = "shutdown"), 0);
    assert_int_equal(runtime_stop(rig->runtime, 1, PATIENCE_MS, NULL), 0);
    wait_for(rig, &rig->told[1].ended);
    assert_int_equal(rig->told[1].state, INSTANCE_STOPPED);
    assert_int_equal(rig->told[1].started, 0);
}

static void cpu_time_is_bounded_and_counted(void **state) {
    struct rig *rig = *state;
    assert_int_equal(START(rig, 1, guest_spin, .cpu_ms = 50), 0);
    wait_for(rig, &rig->told[1].ended);
    assert_int_equal(rig->told[1].state, INSTANCE_FAILED);
    assert_int_equal(rig->told[1].outcome.end, ENGINE_END_CPU_TIME);
    assert_true(rig->told[1].outcome.cpu_ns >= 50000000);
}

static void wall_time_bounds_the_start_up_too(void **state) {
    struct rig *rig = *state;
    assert_int_equal(START(rig, 1, guest_spin_start, .wall_ms = 50), 0);
    wait_for(rig, &rig->told[1].ended);
    assert_int_equal(rig->told[1].state, INSTANCE_FAILED);
    assert_int_equal(rig->told[1].outcome.end, ENGINE_END_WALL_TIME);
    assert_non_null(strstr(rig->told[1].outcome.message, "50 ms"));
}

static void cpu_time_bounds_the_start_up_too(void **state) {
    struct rig *rig = *state;
    assert_int_equal(START(rig, 1, guest_spin_start, .cpu_ms = 50), 0);
    wait_for(rig, &rig->told[1].ended);
    assert_int_equal(rig->told[1].started, 0);
    assert_int_equal(rig->told[1].state, INSTANCE_FAILED);
    assert_int_equal(rig->told[1].outcome.end, ENGINE_END_CPU_TIME);
}

static void code_is_loaded_once_and_dropped_with_its_last_user(void **state) {
    struct rig *rig = *state;
    struct engine_stats stats;
    assert_int_equal(START(rig, 1, guest_plain, .wall_ms = 0), 0);
    struct runtime_spec spec = {.handle = 2,
                                .code_path = rig->paths[1],
                                .address = "t/1",
                                .component = "t@1.0.0",
                                .stdio = {-1, -1, -1},
                                .limits = {.memory_bytes = MIB, .table_elements = 10},
                                .startup_ms = PATIENCE_MS,
                                .grants = &rig->grants};
    assert_int_equal(runtime_start(rig->runtime, &spec, NULL), 0);
    wait_for(rig, &rig->told[2].started);
    engine_stats(runtime_engine(rig->runtime), &stats);
    assert_int_equal(stats.modules, 1);
    assert_int_equal(runtime_count(rig->runtime), 2);
    assert_int_equal(runtime_stop(rig->runtime, 1, 0, NULL), 0);
    assert_int_equal(runtime_stop(rig->runtime, 2, 0, NULL), 0);
    wait_for(rig, &rig->told[1].ended);
    wait_for(rig, &rig->told[2].ended);
    engine_stats(runtime_engine(rig->runtime), &stats);
    assert_int_equal(stats.modules, 0);
    assert_int_equal(stats.instances, 0);
}

static void what_still_runs_is_dropped_with_the_runtime(void **state) {
    struct rig *rig = *state;
    assert_int_equal(START(rig, 1, guest_spin, .wall_ms = 0), 0);
    assert_int_equal(START(rig, 2, guest_waits, .wall_ms = 0), 0);
    wait_for(rig, &rig->told[2].started);
    turn(rig, 3); /* teardown frees the runtime under them; the sanitizer watches */
}

static void who_has_the_processor_is_told(void **state) {
    struct rig *rig = *state;
    assert_int_equal(START(rig, 1, guest_spin, .wall_ms = 0), 0);
    assert_int_equal(START(rig, 2, guest_spin, .wall_ms = 0), 0);
    wait_for(rig, &rig->told[1].started);
    wait_for(rig, &rig->told[2].started);
    unsigned before = rig->told[0].slices;
    assert_true(before > 0);
    turn(rig, 20); /* each has its slices in turn, and between them nobody runs */
    assert_int_equal(rig->running, 0);
    assert_true(rig->told[1].slices > 3 && rig->told[2].slices > 3);
    assert_int_equal(rig->told[0].slices, rig->told[1].slices + rig->told[2].slices);
}

static void figures_name_what_lives(const struct runtime_figures *figures, void *user) {
    unsigned *seen = user;
    assert_int_equal(figures->handle, 1);
    assert_int_equal(figures->state, INSTANCE_RUNNING);
    assert_int_equal(figures->memory_bytes, 64 * KIB);
    assert_true(figures->open_files >= 3);
    ++*seen;
}

static void figures_are_walked(void **state) {
    struct rig *rig = *state;
    unsigned seen = 0;
    assert_int_equal(START(rig, 1, guest_waits, .wall_ms = 0), 0);
    wait_for(rig, &rig->told[1].started);
    turn(rig, 3);
    runtime_walk(rig->runtime, figures_name_what_lives, &seen);
    assert_int_equal(seen, 1);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_command_finishes),
        T(a_status_counts_as_an_exit_code),
        T(bad_entries_are_refused),
        T(a_plain_module_waits_and_stops_at_once),
        T(a_reactor_initialises_and_its_shutdown_entry_runs),
        T(the_shutdown_entry_runs_inside_a_waiting_program),
        T(a_stop_waits_then_uses_force),
        T(a_second_stop_can_only_make_it_sooner),
        T(a_stop_while_starting_ends_it),
        T(cpu_time_is_bounded_and_counted),
        T(cpu_time_bounds_the_start_up_too),
        T(wall_time_bounds_the_start_up_too),
        T(code_is_loaded_once_and_dropped_with_its_last_user),
        T(what_still_runs_is_dropped_with_the_runtime),
        T(who_has_the_processor_is_told),
        T(figures_are_walked),
        T(a_trap_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
