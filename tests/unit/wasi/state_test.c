/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Making the state, and the functions of the program itself: arguments, environment, clocks, random numbers,
 * ends. */
#include "rig.h"

#include "base/clock.h"
#include "torture.h"

#define TABLE  1024u
#define TEXTS  2048u
#define RESULT 4096u

static struct rig rig;

static int open_rig(void **state) {
    (void)state;
    static const char *const args[] = {"program", "", "two words"};
    static const char *const env[] = {"A=1", "EMPTY=", "B=x=y"};
    struct wasi_options options = WASI_OPTIONS_INIT;
    options.args = args;
    options.args_count = ARRAY_LENGTH(args);
    options.env = env;
    options.env_count = ARRAY_LENGTH(env);
    rig_start(&rig, rig_program, &options, RIG_WRITABLE);
    return 0;
}

static int open_bare(void **state) {
    (void)state;
    rig_start(&rig, rig_program, NULL, RIG_WRITABLE);
    return 0;
}

static int close_rig(void **state) {
    (void)state;
    rig_stop(&rig);
    return 0;
}

static void check_texts(const char *sizes, const char *get, const char *const *texts, uint32_t count) {
    assert_errno(rig_call(&rig, sizes, RESULT, RESULT + 4), "success");
    assert_int_equal(rig_u32(&rig, RESULT), count);
    uint32_t bytes = rig_u32(&rig, RESULT + 4), at = TEXTS;
    memset(rig_at(&rig, TABLE), 0xee, RESULT - TABLE);
    assert_errno(rig_call(&rig, get, TABLE, TEXTS), "success");
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(rig_u32(&rig, TABLE + 4 * i), at);
        assert_string_equal((const char *)rig_at(&rig, at), texts[i]);
        at += (uint32_t)strlen(texts[i]) + 1;
    }
    assert_int_equal(at - TEXTS, bytes);
    assert_int_equal(rig_u32(&rig, TABLE + 4 * count), 0xeeeeeeee);
    assert_int_equal(*rig_at(&rig, at), 0xee);
}

static void texts_are_copied(void **state) {
    (void)state;
    check_texts("args_sizes_get", "args_get", (const char *const[]){"program", "", "two words"}, 3);
    check_texts("environ_sizes_get", "environ_get", (const char *const[]){"A=1", "EMPTY=", "B=x=y"}, 3);
    /* to the end of memory, and one byte over it */
    uint32_t page = 65536;
    assert_errno(rig_call(&rig, "args_get", TABLE, page - 19), "success");
    assert_errno(rig_call(&rig, "args_get", TABLE, page - 18), "fault");
    assert_errno(rig_call(&rig, "args_get", page - 12, TEXTS), "success");
    assert_errno(rig_call(&rig, "args_get", page - 8, TEXTS), "fault");
}

static void no_texts_are_none(void **state) {
    (void)state;
    check_texts("args_sizes_get", "args_get", NULL, 0);
    check_texts("environ_sizes_get", "environ_get", NULL, 0);
}

static void clocks_tell_the_time(void **state) {
    (void)state;
    uint64_t before = clock_monotonic_ns();
    assert_errno(rig_call(&rig, "clock_time_get", WASI_CLOCK_MONOTONIC, 1, RESULT), "success");
    assert_in_range(rig_u64(&rig, RESULT), before, clock_monotonic_ns());
    before = clock_wall_ns();
    assert_errno(rig_call(&rig, "clock_time_get", WASI_CLOCK_REALTIME, 0, RESULT), "success");
    assert_true(rig_u64(&rig, RESULT) >= before - 1000000000);
    /* its own CPU time, which the rig makes up */
    assert_errno(rig_call(&rig, "clock_time_get", WASI_CLOCK_PROCESS_CPUTIME, 0, RESULT), "success");
    assert_int_equal(rig_u64(&rig, RESULT), 42);
    assert_errno(rig_call(&rig, "clock_time_get", WASI_CLOCK_THREAD_CPUTIME, 0, RESULT), "success");
    assert_int_equal(rig_u64(&rig, RESULT), 42);
    for (uint32_t id = 0; id < 4; id++) {
        assert_errno(rig_call(&rig, "clock_res_get", id, RESULT), "success");
        assert_in_range(rig_u64(&rig, RESULT), 1, 1000000000);
    }
}

static void random_numbers_fill_what_is_asked(void **state) {
    (void)state;
    memset(rig_at(&rig, TEXTS), 0, 128);
    assert_errno(rig_call(&rig, "random_get", TEXTS, 64), "success");
    unsigned filled = 0;
    for (uint32_t i = 0; i < 64; i++)
        filled += *rig_at(&rig, TEXTS + i) != 0;
    assert_true(filled > 32);
    assert_int_equal(*rig_at(&rig, TEXTS + 64), 0);
    assert_errno(rig_call(&rig, "random_get", TEXTS, 0), "success");
    assert_errno(rig_call(&rig, "random_get", 0, 65536), "success");
}

static void exit_is_an_outcome(void **state) {
    (void)state;
    static const uint32_t codes[] = {0, 1, 7, 255, 0xffffffff};
    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++) {
        assert_int_equal(rig_call(&rig, "proc_exit", codes[i]), -1);
        assert_int_equal(rig.outcome.end, ENGINE_END_EXITED);
        assert_int_equal(rig.outcome.exit_code, (int32_t)codes[i]);
        close_rig(NULL);
        open_rig(NULL);
    }
}

static void signals_end_or_do_nothing(void **state) {
    (void)state;
    static const uint32_t ignored[] = {WASI_SIGNAL_NONE, WASI_SIGNAL_PIPE, WASI_SIGNAL_CHLD,
                                       WASI_SIGNAL_CONT, WASI_SIGNAL_URG,  WASI_SIGNAL_WINCH};
    for (size_t i = 0; i < ARRAY_LENGTH(ignored); i++)
        assert_errno(rig_call(&rig, "proc_raise", ignored[i]), "success");
    for (uint32_t signal = WASI_SIGNAL_STOP; signal <= WASI_SIGNAL_TTOU; signal++)
        assert_errno(rig_call(&rig, "proc_raise", signal), "notsup");
    assert_errno(rig_call(&rig, "proc_raise", WASI_SIGNALS), "inval");
    assert_int_equal(rig_call(&rig, "proc_raise", 6), -1);
    assert_int_equal(rig.outcome.end, ENGINE_END_EXITED);
    assert_int_equal(rig.outcome.exit_code, 134);
    assert_string_equal(rig.outcome.message, "it raised signal 6");
}

static void yielding_lets_others_run(void **state) {
    (void)state;
    uint64_t slices[2];
    struct engine_stats stats;
    engine_stats(rig_engine, &stats);
    slices[0] = stats.slices;
    assert_errno(rig_call(&rig, "sched_yield"), "success");
    engine_stats(rig_engine, &stats);
    slices[1] = stats.slices;
    assert_true(slices[1] - slices[0] >= 2);
}

static void calls_are_counted(void **state) {
    (void)state;
    uint64_t before = wasi_preview1_figures(rig.wasi).calls;
    assert_errno(rig_call(&rig, "random_get", TEXTS, 1), "success");
    assert_errno(rig_call(&rig, "fd_close", 99), "badf");
    assert_int_equal(wasi_preview1_figures(rig.wasi).calls, before + 2);
    assert_int_equal(wasi_preview1_figures(rig.wasi).open_files, 4);
}

/* --- making it --- */

static void refuse(struct wasi_options *options, int code, const char *words) {
    static struct grant_set none;
    options->host = (struct host_config){.loop = rig_loop, .grants = &none};
    struct wasi_preview1 *wasi = NULL;
    ERROR_AUTO *error = NULL;
    assert_int_equal(wasi_preview1_new(options, &wasi, &error), code);
    assert_null(wasi);
    if (!strstr(arcella_error_message(error), words))
        fail_msg("'%s' does not say '%s'", arcella_error_message(error), words);
}

static void what_is_no_state_is_refused(void **state) {
    (void)state;
    const char *bad_env[] = {"GOOD=1", "BAD"};
    const char *empty_env[] = {"=1"};
    struct wasi_options options = WASI_OPTIONS_INIT;
    options.env = bad_env;
    options.env_count = 2;
    refuse(&options, ARCELLA_E_INVALID, "'BAD' is not written KEY=VALUE");
    options.env = empty_env;
    options.env_count = 1;
    refuse(&options, ARCELLA_E_INVALID, "KEY=VALUE");

    static const char *many[LIMIT_ARGS + 1];
    for (size_t i = 0; i < ARRAY_LENGTH(many); i++)
        many[i] = "x";
    options = (struct wasi_options)WASI_OPTIONS_INIT;
    options.args = many;
    options.args_count = LIMIT_ARGS + 1;
    refuse(&options, ARCELLA_E_LIMIT, "1025 arguments, at most 1024");

    MEM_AUTO char *long_text = mem_alloc(LIMIT_ARGS_BYTES + 1);
    memset(long_text, 'a', LIMIT_ARGS_BYTES);
    options.args = (const char *const *)&long_text;
    options.args_count = 1;
    refuse(&options, ARCELLA_E_LIMIT, "bytes");

    /* a directory nobody granted */
    FD_AUTO fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct wasi_dir dir = {.fd = fd, .guest_path = "/data"};
    options = (struct wasi_options)WASI_OPTIONS_INIT;
    options.dirs = &dir;
    options.dirs_count = 1;
    refuse(&options, ARCELLA_E_DENIED, "'/data'");
}

/* Descriptors are taken also where making it fails. */
static void descriptors_are_taken_in_any_case(void **state) {
    (void)state;
    const char *bad_env[] = {"BAD"};
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    struct wasi_options options = WASI_OPTIONS_INIT;
    options.env = bad_env;
    options.env_count = 1;
    options.stdio[0] = ends[0];
    options.listeners = &ends[1];
    options.listeners_count = 1;
    refuse(&options, ARCELLA_E_INVALID, "KEY=VALUE");
    assert_int_equal(fcntl(ends[0], F_GETFD), -1);
    assert_int_equal(fcntl(ends[1], F_GETFD), -1);
    /* a pipe is no listening socket */
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    options.env_count = 0;
    options.stdio[0] = ends[0];
    refuse(&options, ARCELLA_E_INVALID, "listening socket");
    assert_int_equal(fcntl(ends[0], F_GETFD), -1);
    assert_int_equal(fcntl(ends[1], F_GETFD), -1);
}

static int build(void *user, arcella_error **reterr) {
    (void)user;
    static const char *const args[] = {"program", "one"};
    static const char *const env[] = {"A=1"};
    struct grant_set grants = {0};
    char option[PATH_MAX + 32];
    snprintf(option, sizeof option, "%s::/data:rw", rig_folder);
    int r = grant_add_dir(&grants, option, GRANT_BY_OPTION, reterr);
    FD_AUTO fd = open(rig_folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct wasi_dir dir = {.fd = fd, .guest_path = "/data", .writable = true};
    struct wasi_options options = WASI_OPTIONS_INIT;
    options.host = (struct host_config){.loop = rig_loop, .grants = &grants};
    options.args = args;
    options.args_count = 2;
    options.env = env;
    options.env_count = 1;
    options.dirs = &dir;
    options.dirs_count = 1;
    struct wasi_preview1 *wasi = NULL;
    r = r ? r : wasi_preview1_new(&options, &wasi, reterr);
    wasi_preview1_free(wasi);
    grant_set_done(&grants);
    return r;
}

static void memory_may_run_out(void **state) {
    (void)state;
    torture_alloc(build, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(texts_are_copied, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(no_texts_are_none, open_bare, close_rig),
        cmocka_unit_test_setup_teardown(clocks_tell_the_time, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(random_numbers_fill_what_is_asked, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(exit_is_an_outcome, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(signals_end_or_do_nothing, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(yielding_lets_others_run, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(calls_are_counted, open_rig, close_rig),
        cmocka_unit_test(what_is_no_state_is_refused),
        cmocka_unit_test(descriptors_are_taken_in_any_case),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests_name("wasi state", tests, rig_open, rig_close);
}
