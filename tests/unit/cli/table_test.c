/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Tables in terminals of any width, values for people. */
#include "torture.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "cli/cli_internal.h"

/* What a table prints for a width. */
static void print(const struct table *table, unsigned width, bool colors, char *to, size_t size) {
    FILE *memory = fmemopen(to, size, "w");
    assert_non_null(memory);
    struct term term = {.to = memory, .colors = colors, .width = width};
    table_print(table, 0, &term);
    fclose(memory);
}

static void columns_fit(void **state) {
    (void)state;
    CLEANUP(table_free_ptr) struct table *table = table_new();
    table_column(table, "NAME", 0);
    table_column(table, "N", COLUMN_RIGHT);
    table_column(table, "REASON", COLUMN_CUT);
    table_column(table, "KIND", COLUMN_SPARE);
    table_column(table, "SOURCE", COLUMN_SPARE | COLUMN_CUT | COLUMN_HEAD);
    static const char *const cells[] = {"short",
                                        "1",
                                        "worker 5 was ended by signal 9",
                                        "core",
                                        "/home/someone/long/path/a.wasm",
                                        "a-name-of-some",
                                        "12345",
                                        "x",
                                        "core",
                                        "x"};
    for (size_t i = 0; i < ARRAY_LENGTH(cells); i++)
        table_cell(table, cells[i]);
    char out[1024];
    print(table, UINT_MAX, false, out, sizeof(out));
    assert_string_equal(out, "NAME                N  REASON                          KIND  SOURCE\n"
                             "short               1  worker 5 was ended by signal 9  core  "
                             "/home/someone/long/path/a.wasm\n"
                             "a-name-of-some  12345  x                               core  x\n");
    /* Texts are cut where that is enough: the end of a path tells more than its beginning. */
    print(table, 76, false, out, sizeof(out));
    assert_string_equal(out, "NAME                N  REASON                  KIND  SOURCE\n"
                             "short               1  worker 5 was ended by…  core  …meone/long/path/a.wasm\n"
                             "a-name-of-some  12345  x                       core  x\n");
    /* Where it is not, what can be done without is left out, the last first. */
    print(table, 60, false, out, sizeof(out));
    assert_string_equal(out, "NAME                N  REASON                          KIND\n"
                             "short               1  worker 5 was ended by signal 9  core\n"
                             "a-name-of-some  12345  x                               core\n");
    print(table, 40, false, out, sizeof(out));
    assert_string_equal(out, "NAME                N  REASON\n"
                             "short               1  worker 5 was end…\n"
                             "a-name-of-some  12345  x\n");
    /* Nothing is cut below what can still be read; the terminal wraps then. */
    print(table, 5, false, out, sizeof(out));
    assert_string_equal(out, "NAME          N  REASON\n"
                             "short         1  worker …\n"
                             "a-name-…  12345  x\n");
    for (unsigned width = 1; width < 120; width++)
        print(table, width, false, out, sizeof(out));
}

static void texts_are_broken_at_blanks(void **state) {
    (void)state;
    static const struct {
        unsigned width, at, indent;
        const char *text;
        const char *shown;
    } cases[] = {
        {UINT_MAX, 0, 4, "one line", "one line"},
        {24, 0, 4, "as many words as there is room for", "as many words as there\n    is room for"},
        {24, 21, 4, "not even one", "not\n    even one"},
        {24, 22, 4, "not even one", "\n    not even one"},
        {24, 0, 2, "a  column  is  kept", "a  column  is  kept"},
        {24, 0, 0, "a-word-that-is-wider-than-the-terminal is", "a-word-that-is-wider-than-the-terminal\nis"},
        {20, 0, 10, "too narrow to break anything by hand", "too narrow to break anything by hand"},
        {24, 0, 0, "", ""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char out[256] = "";
        FILE *memory = fmemopen(out, sizeof(out), "w");
        assert_non_null(memory);
        struct term term = {.to = memory, .width = cases[i].width};
        term_wrapped(&term, cases[i].text, cases[i].at, cases[i].indent);
        fclose(memory);
        assert_string_equal(out, cases[i].shown);
    }
}

/* Help in a narrow terminal: descriptions stay in their column, an example stays one line. */
static void help_is_broken_under_its_column(void **state) {
    (void)state;
    char out[512] = "";
    FILE *memory = fmemopen(out, sizeof(out), "w");
    assert_non_null(memory);
    struct term term = {.to = memory, .width = 39};
    BUFFER_AUTO help = BUFFER_INIT(1024);
    assert_int_equal(buffer_text(&help,
                                 "Usage: x\n\n  -m, --more  tells more of what it does\n\nExample:\n"
                                 "  x --more and a command line that is long\n",
                                 NULL),
                     0);
    help_print(&help, &term);
    fclose(memory);
    assert_string_equal(out,
                        "Usage: x\n\n  -m, --more  tells more of what it\n              does\n\nExample:\n"
                        "  x --more and a command line that is long\n");
}

static void ages_are_rough(void **state) {
    (void)state;
    static const struct {
        uint64_t seconds;
        const char *shown;
    } cases[] = {{10, " s ago"},
                 {90, "1 m ago"},
                 {3500, "58 m ago"},
                 {7200, "2 h ago"},
                 {86400ULL * 400, "400 d ago"}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char time[32];
        char shown[32];
        clock_format(clock_wall_ns() - cases[i].seconds * 1000000000, time, sizeof(time));
        render_age(time, shown, sizeof(shown));
        assert_true(text_ends(shown, cases[i].shown));
    }
    static const char *const others[] = {"T", "yesterday", "2026-01-02", "9999-01-01T00:00:00.000Z"};
    static const char *const kept[] = {"T", "yesterday", "2026-01-02", "0 s ago"};
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        char shown[32];
        render_age(others[i], shown, sizeof(shown));
        assert_string_equal(shown, kept[i]);
    }
}

static void cells_cannot_steer(void **state) {
    (void)state;
    CLEANUP(table_free_ptr) struct table *table = table_new();
    table_column(table, "X", COLUMN_CUT);
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
    table_column(table, "STATE", 0);
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
        {"offset", "15029", "0x3ab5"},
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
    /* It is wiped once; where there was none, nothing is. */
    term_progress_end(&term);
    n = read(master, shown, sizeof(shown) - 1);
    assert_int_equal(n, sizeof("\r\033[K") - 1);
    term_progress_end(&term);
    fputc('x', to);
    fflush(to);
    assert_int_equal(read(master, shown, sizeof(shown) - 1), 1);
    fclose(to);
    close(master);
}

int main(void) {
    json_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_fit),
        cmocka_unit_test(texts_are_broken_at_blanks),
        cmocka_unit_test(help_is_broken_under_its_column),
        cmocka_unit_test(ages_are_rough),
        cmocka_unit_test(cells_cannot_steer),
        cmocka_unit_test(states_have_colors),
        cmocka_unit_test(values_are_for_people),
        cmocka_unit_test(pipes_have_neither_width_nor_colors),
        cmocka_unit_test(terminals_have_width_and_colors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
