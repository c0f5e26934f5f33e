/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Log streams: what a guest writes, in whatever pieces, becomes lines; long ones are cut, floods counted. */
#include "rig.h"

static void put(struct host_file *file, const char *text) {
    struct iovec iov = {(void *)(uintptr_t)text, strlen(text)};
    size_t n;
    assert_host(host_file_write(file, &iov, 1, &n), 0);
    assert_int_equal(n, strlen(text));
}

static void expect_line(struct rig *rig, unsigned lines, const char *text) {
    assert_int_equal(rig->lines, lines);
    assert_string_equal(rig->line, text);
    assert_false(rig->line_cut);
}

static void test_lines(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    struct host_file *log = NULL;
    assert_host(host_log_new(rig.host, 2, &log), 0);
    put(log, "one\n");
    expect_line(&rig, 1, "one");
    assert_int_equal(rig.stream, 2);
    put(log, "two\nthree\nfo");
    expect_line(&rig, 3, "three");
    put(log, "u");
    put(log, "r\n\n");
    expect_line(&rig, 5, "");
    put(log, "win\r\n");
    expect_line(&rig, 6, "win");
    put(log, "a\rb\r");
    put(log, "\n");
    expect_line(&rig, 7, "a\rb");
    put(log, "\x1b[31mred\n");
    expect_line(&rig, 8, "\x1b[31mred"); /* shown safely by whoever shows it */
    struct iovec iov[4] = {{(void *)"x", 1}, {NULL, 0}, {(void *)"y\nz", 3}, {(void *)"\0\n", 2}};
    size_t n;
    assert_host(host_file_write(log, iov, 4, &n), 0);
    assert_int_equal(n, 6);
    assert_int_equal(rig.lines, 10);
    assert_int_equal(rig.line_length, 2);
    assert_memory_equal(rig.line, "z\0", 2);
    put(log, "last words");
    assert_int_equal(rig.lines, 10);
    host_log_flush(log);
    expect_line(&rig, 11, "last words");
    put(log, "very last words");
    struct host_stat st;
    assert_host(host_file_stat(log, &st), 0);
    assert_int_equal(st.type, HOST_TYPE_CHARACTER);
    assert_host(host_file_sync(log, false), 0);
    uint64_t at;
    assert_host(host_file_seek(log, 0, HOST_SEEK_SET, &at), HOST_E_SPIPE);
    assert_host(host_file_read(log, iov, 1, &n), HOST_E_BADF);
    assert_host(host_file_pwrite(log, iov, 1, 0, &n), HOST_E_SPIPE);
    host_file_unref(log);
    expect_line(&rig, 12, "very last words");
    rig_done(&rig);
}

static void test_long(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    struct host_file *log = NULL;
    assert_host(host_log_new(rig.host, 1, &log), 0);
    static char text[3 * LIMIT_LOG_LINE_BYTES];
    memset(text, 'x', sizeof(text) - 1);
    /* in one write with its end, without, and byte by byte */
    static const size_t lengths[] = {LIMIT_LOG_LINE_BYTES - 1, LIMIT_LOG_LINE_BYTES, LIMIT_LOG_LINE_BYTES + 1,
                                     3 * LIMIT_LOG_LINE_BYTES - 2};
    unsigned lines = 0;
    for (int way = 0; way < 3; way++) {
        for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
            size_t length = lengths[i];
            text[length] = '\0';
            if (way == 0) {
                text[length] = '\n';
                struct iovec iov = {text, length + 1};
                size_t n;
                assert_host(host_file_write(log, &iov, 1, &n), 0);
                assert_int_equal(n, length + 1);
            } else if (way == 1) {
                put(log, text);
                put(log, "\n");
            } else {
                for (size_t j = 0; j < length; j++)
                    put(log, "x");
                put(log, "\n");
            }
            text[length] = 'x';
            assert_int_equal(rig.lines, ++lines);
            bool cut = length > LIMIT_LOG_LINE_BYTES;
            assert_int_equal(rig.line_cut, cut);
            assert_int_equal(rig.line_length, cut ? LIMIT_LOG_LINE_BYTES : length);
            put(log, "after\n");
            expect_line(&rig, ++lines, "after");
        }
    }
    host_file_unref(log);
    rig_done(&rig);
}

static void test_flood(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    struct host_file *log = NULL;
    assert_host(host_log_new(rig.host, 1, &log), 0);
    /* One write of many lines: others get turns in between, and what is too much is counted. */
    const unsigned many = 100000;
    char *text = mem_alloc(many * 4 + 1);
    assert_non_null(text);
    for (unsigned i = 0; i < many; i++)
        memcpy(text + i * 4, "abc\n", 4);
    put(log, text);
    mem_free(text);
    assert_true(rig.lines >= LIMIT_LOG_BURST_LINES);
    assert_true(rig.lines < many);
    assert_true(host_figures(rig.host).waits > 3);
    host_log_flush(log);
    assert_int_equal(rig.lines + rig.dropped, many);
    host_log_flush(log);
    assert_int_equal(rig.lines + rig.dropped, many);
    host_file_unref(log);
    rig_done(&rig);
}

static void test_no_memory(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    struct host_file *log = NULL;
    assert_host(host_log_new(rig.host, 1, &log), 0);
    rig.budget.limit_bytes = rig.budget.used_bytes;
    put(log, "half");
    expect_line(&rig, 1, "half");
    put(log, " whole\n");
    expect_line(&rig, 2, " whole");
    host_file_unref(log);
    rig_done(&rig);
}

static void test_cancel(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    struct host_file *log = NULL;
    assert_host(host_log_new(rig.host, 1, &log), 0);
    static char text[200000];
    memset(text, '\n', sizeof(text));
    struct iovec iov = {text, sizeof(text)};
    size_t n;
    rig.stop = true;
    assert_host(host_file_write(log, &iov, 1, &n), HOST_STOP);
    host_file_unref(log);
    rig_done(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),     cmocka_unit_test(test_long),   cmocka_unit_test(test_flood),
        cmocka_unit_test(test_no_memory), cmocka_unit_test(test_cancel),
    };
    return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
