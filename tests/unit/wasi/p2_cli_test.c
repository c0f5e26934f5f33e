/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* wasi:cli, clocks and random: what a program is given, its end, time, numbers. */
#include "wasi/p2/rig.h"

#include <pty.h>

#include "torture.h"

static struct rig rig;

static int open_bare(void **state) {
    (void)state;
    rig_start(&rig, NULL, RIG_NO_DIR);
    return 0;
}

static int close_rig(void **state) {
    (void)state;
    rig_stop(&rig);
    return 0;
}

/* --- what it is given --- */

static void texts_are_given(void **state) {
    (void)state;
    static const char *const args[] = {"program", "", "two words", "Grüße"};
    static const char *const env[] = {"A=1", "EMPTY=", "B=x=y"};
    struct wasi_options options = WASI_OPTIONS_INIT;
    options.args = args;
    options.args_count = ARRAY_LENGTH(args);
    options.env = env;
    options.env_count = ARRAY_LENGTH(env);
    rig_start(&rig, &options, RIG_NO_DIR);
    for (unsigned twice = 0; twice < 2; twice++) {
        call(&rig, "get-arguments", RET);
        assert_int_equal(u32_at(&rig, RET + 4), 4);
        for (uint32_t i = 0; i < 4; i++)
            assert_bytes_at(&rig, u32_at(&rig, RET) + 8 * i, args[i]);
    }
    call(&rig, "get-environment", RET);
    assert_int_equal(u32_at(&rig, RET + 4), 3);
    uint32_t pairs = u32_at(&rig, RET);
    static const char *const parts[][2] = {{"A", "1"}, {"EMPTY", ""}, {"B", "x=y"}};
    for (uint32_t i = 0; i < 3; i++) {
        assert_bytes_at(&rig, pairs + 16 * i, parts[i][0]);
        assert_bytes_at(&rig, pairs + 16 * i + 8, parts[i][1]);
    }
    *at(&rig, RET) = 0xee;
    call(&rig, "initial-cwd", RET);
    assert_int_equal(u8_at(&rig, RET), 0);
    rig_stop(&rig);
}

static void nothing_is_given(void **state) {
    (void)state;
    call(&rig, "get-arguments", RET);
    assert_int_equal(u32_at(&rig, RET + 4), 0);
    call(&rig, "get-environment", RET);
    assert_int_equal(u32_at(&rig, RET + 4), 0);
}

/* --- the end --- */

static void ends_with(const char *what, uint64_t value, int32_t code) {
    rig_start(&rig, NULL, RIG_NO_DIR);
    ends(&rig, ENGINE_END_EXITED, what, value);
    assert_int_equal(rig.outcome.exit_code, code);
    rig_stop(&rig);
}

static void exits(void **state) {
    (void)state;
    ends_with("exit", 0, 0);
    ends_with("exit", 1, 1);
    ends_with("exit-with-code", 0, 0);
    ends_with("exit-with-code", 42, 42);
    ends_with("exit-with-code", 255, 255);
    ends_with("exit-with-code", 256 + 7, 7); /* a u8 */
    rig_start(&rig, NULL, RIG_NO_DIR);
    traps(&rig, "invalid-discriminant", "exit", 2);
    rig_stop(&rig);
}

/* --- standard streams --- */

static void output_is_lines_of_the_log(void **state) {
    (void)state;
    uint64_t out = call(&rig, "get-stdout"), again = call(&rig, "get-stdout"), err = call(&rig, "get-stderr");
    assert_int_not_equal(out, again);
    call(&rig, "output-stream.blocking-write-and-flush", out, DATA, put(&rig, DATA, "one "), RET);
    assert_ok(&rig);
    call(&rig, "output-stream.blocking-write-and-flush", again, DATA, put(&rig, DATA, "line\nrest"), RET);
    call(&rig, "output-stream.blocking-write-and-flush", err, DATA, put(&rig, DATA, "error\n"), RET);
    assert_string_equal(rig.lines, "1:one line\n2:error\n");
    wasi_p2_flush(rig.wasi);
    assert_string_equal(rig.lines, "1:one line\n2:error\n1:rest\n");
    /* The permit is the stream's, not the handle's. */
    call(&rig, "output-stream.check-write", out, RET);
    assert_true(u64_at(&rig, RET + 8) >= 4);
    call(&rig, "output-stream.write", again, DATA, 4, RET);
    assert_ok(&rig);
    call(&rig, "drop output-stream", out);
    call(&rig, "output-stream.check-write", again, RET);
    assert_ok(&rig);
    assert_int_equal(call(&rig, "get-stdin"), 1); /* the handle that was given back */
}

static void input_is_at_its_end(void **state) {
    (void)state;
    uint64_t in = call(&rig, "get-stdin");
    call(&rig, "input-stream.blocking-read", in, 100, RET);
    assert_int_equal(u8_at(&rig, RET), 1);
    assert_int_equal(u8_at(&rig, RET + 4), 1); /* closed */
}

static void inputs_share_a_stream(void **state) {
    (void)state;
    int pipe_fds[2];
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    struct wasi_options options = WASI_OPTIONS_INIT;
    options.stdio[0] = pipe_fds[0];
    rig_start(&rig, &options, RIG_NO_DIR);
    assert_int_equal(write(pipe_fds[1], "abcdef", 6), 6);
    uint64_t in = call(&rig, "get-stdin"), again = call(&rig, "get-stdin");
    call(&rig, "input-stream.blocking-read", in, 3, RET);
    assert_ok(&rig);
    assert_bytes_at(&rig, RET + 4, "abc");
    call(&rig, "drop input-stream", in);
    call(&rig, "input-stream.read", again, 100, RET);
    assert_bytes_at(&rig, RET + 4, "def");
    close(pipe_fds[1]);
    call(&rig, "input-stream.blocking-read", again, 100, RET);
    assert_int_equal(u8_at(&rig, RET), 1);
    assert_int_equal(u8_at(&rig, RET + 4), 1);
    rig_stop(&rig);
}

/* A file that the shell opened is read from where it stands, and stands behind that then. */
static void input_moves_a_shared_position(void **state) {
    (void)state;
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/input", rig_folder);
    assert_int_equal(file_write_atomic(AT_FDCWD, path, 0600, "0123456789", 10, NULL), 0);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(lseek(fd, 4, SEEK_SET), 4);
    struct wasi_options options = WASI_OPTIONS_INIT;
    options.stdio[0] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    rig_start(&rig, &options, RIG_NO_DIR);
    uint64_t in = call(&rig, "get-stdin");
    call(&rig, "input-stream.blocking-read", in, 3, RET);
    assert_bytes_at(&rig, RET + 4, "456");
    call(&rig, "input-stream.skip", in, 2, RET);
    assert_int_equal(u64_at(&rig, RET + 8), 2);
    rig_stop(&rig);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 9);
    close(fd);
}

static void terminals_are_told(void **state) {
    (void)state;
    int master, slave;
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    struct wasi_options options = WASI_OPTIONS_INIT;
    options.stdio[0] = fcntl(slave, F_DUPFD_CLOEXEC, 0);
    options.stdio[1] = slave;
    rig_start(&rig, &options, RIG_NO_DIR);
    call(&rig, "get-terminal-stdin", RET);
    assert_int_equal(u8_at(&rig, RET), 1);
    call(&rig, "drop terminal-input", u32_at(&rig, RET + 4));
    call(&rig, "get-terminal-stdout", RET);
    assert_int_equal(u8_at(&rig, RET), 1);
    call(&rig, "drop terminal-output", u32_at(&rig, RET + 4));
    call(&rig, "get-terminal-stderr", RET);
    assert_int_equal(u8_at(&rig, RET), 0); /* the log */
    rig_stop(&rig);
    close(master);
}

/* --- clocks --- */

static void clocks_tell_the_time(void **state) {
    (void)state;
    uint64_t before = clock_monotonic_ns();
    uint64_t now = call(&rig, "monotonic-clock/now"), later = call(&rig, "monotonic-clock/now");
    assert_true(before <= now && now <= later && later <= clock_monotonic_ns());
    assert_true(call(&rig, "monotonic-clock/resolution") >= 1);
    uint64_t wall = clock_wall_ns() / 1000000000;
    call(&rig, "wall-clock/now", RET);
    assert_true(u64_at(&rig, RET) >= wall && u64_at(&rig, RET) <= wall + 60);
    assert_true(u32_at(&rig, RET + 8) < 1000000000);
    call(&rig, "wall-clock/resolution", RET);
    assert_int_equal(u64_at(&rig, RET), 0);
    assert_in_range(u32_at(&rig, RET + 8), 1, 999999999);
}

static void the_time_zone_is_utc(void **state) {
    (void)state;
    assert_int_equal(call(&rig, "utc-offset", 1000000000, 0), 0);
    call(&rig, "display", 1000000000, 0, RET);
    assert_int_equal(u32_at(&rig, RET), 0);
    assert_bytes_at(&rig, RET + 4, "UTC");
    assert_int_equal(u8_at(&rig, RET + 12), 0);
}

/* --- random numbers --- */

static void numbers_are_random(void **state) {
    (void)state;
    static const char *const bytes[] = {"get-random-bytes", "get-insecure-random-bytes"};
    static const char *const numbers[] = {"get-random-u64", "get-insecure-random-u64"};
    for (size_t i = 0; i < 2; i++) {
        call(&rig, bytes[i], 1000000, RET);
        assert_int_equal(u32_at(&rig, RET + 4), 1000000);
        uint32_t seen[256] = {0};
        for (uint32_t n = 0; n < 1000000; n++)
            seen[u8_at(&rig, u32_at(&rig, RET) + n)]++;
        for (uint32_t n = 0; n < 256; n++)
            assert_in_range(seen[n], 3000, 5000);
        call(&rig, bytes[i], 0, RET);
        assert_int_equal(u32_at(&rig, RET + 4), 0);
        assert_int_not_equal(call(&rig, numbers[i]), call(&rig, numbers[i]));
    }
    call(&rig, "insecure-seed", RET);
    uint64_t seed[2] = {u64_at(&rig, RET), u64_at(&rig, RET + 8)};
    call(&rig, "insecure-seed", RET);
    assert_memory_not_equal(seed, at(&rig, RET), sizeof seed);
}

static void too_many_random_bytes(void **state) {
    (void)state;
    ends(&rig, ENGINE_END_LIMIT, "get-random-bytes", LIMIT_RANDOM_BYTES + 1, RET);
    assert_non_null(strstr(rig.outcome.message, "67108864"));
}

/* --- making the state --- */

static int make_and_free(void *user, arcella_error **reterr) {
    static const char *const texts[] = {"A=1", "B=2"};
    struct memory_budget budget = {.limit_bytes = LIMIT_HOST_BYTES};
    struct wasi_options options = WASI_OPTIONS_INIT;
    struct wasi_p2 *wasi = NULL;
    (void)user;
    options.host = (struct host_config){.loop = rig_loop, .budget = &budget};
    options.args = options.env = texts;
    options.args_count = options.env_count = 2;
    int r = wasi_p2_new(&options, &wasi, reterr);
    wasi_p2_free(wasi);
    assert_int_equal(budget.used_bytes, 0);
    return r;
}

static void no_memory(void **state) {
    (void)state;
    torture_alloc(make_and_free, NULL);
}

static void listeners_are_refused(void **state) {
    (void)state;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct wasi_options options = WASI_OPTIONS_INIT;
    struct wasi_p2 *wasi = NULL;
    arcella_error *error = NULL;
    options.host.loop = rig_loop;
    options.listeners = &fd;
    options.listeners_count = 1;
    assert_int_equal(wasi_p2_new(&options, &wasi, &error), ARCELLA_E_INVALID);
    assert_non_null(strstr(arcella_error_message(error), "listening"));
    arcella_error_free(error);
    assert_int_equal(fcntl(fd, F_GETFD), -1); /* it was taken */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_given),
        cmocka_unit_test_setup_teardown(nothing_is_given, open_bare, close_rig),
        cmocka_unit_test(exits),
        cmocka_unit_test_setup_teardown(output_is_lines_of_the_log, open_bare, close_rig),
        cmocka_unit_test_setup_teardown(input_is_at_its_end, open_bare, close_rig),
        cmocka_unit_test(inputs_share_a_stream),
        cmocka_unit_test(input_moves_a_shared_position),
        cmocka_unit_test(terminals_are_told),
        cmocka_unit_test_setup_teardown(clocks_tell_the_time, open_bare, close_rig),
        cmocka_unit_test_setup_teardown(the_time_zone_is_utc, open_bare, close_rig),
        cmocka_unit_test_setup_teardown(numbers_are_random, open_bare, close_rig),
        cmocka_unit_test_setup_teardown(too_many_random_bytes, open_bare, close_rig),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(listeners_are_refused),
    };
    return cmocka_run_group_tests(tests, rig_open, rig_close);
}
