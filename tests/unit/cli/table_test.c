/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Tables in terminals of any width, values for people. */
#include "torture.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>

#include "cli/cli_internal.h"

/* What a table prints for a width. */
static void print(const struct table *table, unsigned width, bool colors, char *to, size_t size) {
    FILE *memory = fmemopen(to, size, "w");
    assert_non_null(memory);
    struct term term = {.to = memory, .colors = colors, .width = width};
    table_print(table, &term);
    fclose(memory);
}

static void columns_fit(void **state) {
    (void)state;
    CLEANUP(table_free_ptr) struct table *table = table_new();
    table_column(table, "NAME", false, true);
    table_column(table, "N", true, false);
    table_column(table, "SOURCE", false, true);
    static const char *const cells[] = {
        "short", "1", "/home/someone/a/long/path/to/a.wasm", "a-name-of-some-length", "12345", "x"};
    for (size_t i = 0; i < ARRAY_LENGTH(cells); i++)
        table_cell(table, cells[i]);
    char out[1024];
    print(table, UINT_MAX, false, out, sizeof(out));
    assert_string_equal(out, "NAME                       N  SOURCE\n"
                             "short                      1  /home/someone/a/long/path/to/a.wasm\n"
                             "a-name-of-some-length  12345  x\n");
    print(table, 40, false, out, sizeof(out));
    assert_string_equal(out, "NAME                 N  SOURCE\n"
                             "short                1  /home/someone/a…\n"
                             "a-name-of-some…  12345  x\n");
    /* Nothing is cut below what can still be read; the terminal wraps then. */
    print(table, 5, false, out, sizeof(out));
    assert_string_equal(out, "NAME          N  SOURCE\n"
                             "short         1  /home/s…\n"
                             "a-name-…  12345  x\n");
    for (unsigned width = 1; width < 100; width++)
        print(table, width, false, out, sizeof(out));
}

static void cells_cannot_steer(void **state) {
    (void)state;
    CLEANUP(table_free_ptr) struct table *table = table_new();
    table_column(table, "X", false, true);
    table_cell(table, "\x1b[2J\n\xff");
    table_cell(table, "gr\xc3\xbc\xc3\x9f"
                      "e");
    char out[256];
    print(table, 80, false, out, sizeof(out));
    assert_string_equal(out, "X\n\\x1b[2J\\x0a\\xff\ngr\xc3\xbc\xc3\x9f"
                             "e\n");
}

static void states_have_colors(void **state) {
    (void)state;
    CLEANUP(table_free_ptr) struct table *table = table_new();
    table_column(table, "STATE", false, false);
    table_cell(table, "running");
    table_cell(table, "a running joke");
    char out[256];
    print(table, 80, true, out, sizeof(out));
    assert_string_equal(out, "\033[1mSTATE\033[0m\n\033[32mrunning\033[0m\na running joke\n");
    assert_int_equal(term_color_of("failed"), COLOR_RED);
    assert_int_equal(term_color_of(""), COLOR_NONE);
}

static void values_are_for_people(void **state) {
    (void)state;
    static const struct {
        const char *key;
        const char *json;
        const char *shown;
    } cases[] = {
        {"memory_bytes", "67108864", "64 MiB"},
        {"size", "1536", "1.5 KiB"},
        {"uptime_ms", "350", "350 ms"},
        {"pid", "42", "42"},
        {"pid", "-1", "-1"},
        {"x", "null", "-"},
        {"x", "true", "yes"},
        {"x", "\"\"", "-"},
        {"x", "\"text\"", "text"},
        {"digest", "\"0123456789abcdef\"", "0123456789ab"},
        {"features", "[\"a\",\"b\"]", "a, b"},
        {"features", "[]", "-"},
        {"x", "{}", "-"},
        {"x", "{\"a\":1}", "{\"a\":1}"},
        {"x", "1.5", "1.5"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        JSON_AUTO *value = NULL;
        assert_int_equal(json_parse(cases[i].json, strlen(cases[i].json), &value, NULL), 0);
        char shown[64];
        render_value(cases[i].key, value, shown, sizeof(shown));
        assert_string_equal(shown, cases[i].shown);
        char tiny[8];
        render_value(cases[i].key, value, tiny, sizeof(tiny));
        assert_true(strnlen(tiny, sizeof(tiny)) < sizeof(tiny));
    }
}

static void pipes_have_neither_width_nor_colors(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    FILE *to = fdopen(fds[1], "w");
    struct term term = term_of(to);
    assert_false(term.is_terminal);
    assert_false(term.colors);
    assert_int_equal(term.width, UINT_MAX);
    fclose(to);
    close(fds[0]);
}

/* A pseudo terminal has both, unless NO_COLOR or TERM says otherwise. */
static void terminals_have_width_and_colors(void **state) {
    (void)state;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0);
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    struct winsize size = {.ws_col = 33, .ws_row = 10};
    assert_int_equal(ioctl(master, TIOCSWINSZ, &size), 0);
    FILE *to = fopen(ptsname(master), "w");
    assert_non_null(to);
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    struct term term = term_of(to);
    assert_true(term.is_terminal);
    assert_true(term.colors);
    assert_int_equal(term.width, 33);
    setenv("NO_COLOR", "1", 1);
    assert_false(term_of(to).colors);
    setenv("NO_COLOR", "", 1);
    assert_true(term_of(to).colors);
    setenv("TERM", "dumb", 1);
    assert_false(term_of(to).colors);
    /* Progress stays in one line. */
    term_progress(&term, "compiling a component with a very long name\n", 1, 3);
    fflush(to);
    char shown[256];
    ssize_t n = read(master, shown, sizeof(shown) - 1);
    assert_true(n > 0);
    shown[n] = '\0';
    assert_null(strchr(shown, '\n'));
    assert_true(strlen(shown) < 60);
    assert_non_null(strstr(shown, "1/3"));
    fclose(to);
    close(master);
}

int main(void) {
    json_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_fit),
        cmocka_unit_test(cells_cannot_steer),
        cmocka_unit_test(states_have_colors),
        cmocka_unit_test(values_are_for_people),
        cmocka_unit_test(pipes_have_neither_width_nor_colors),
        cmocka_unit_test(terminals_have_width_and_colors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
