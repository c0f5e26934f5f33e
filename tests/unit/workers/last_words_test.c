/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Lines and last words of a pipe. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "workers/last_words.h"

struct heard {
    struct loop *loop;
    struct last_words *words;
    int to; /* write end */
    unsigned lines;
    size_t longest;
    char all[1 << 16];
    size_t length;
};

static void on_line(const char *line, size_t length, uint64_t dropped, void *user) {
    struct heard *heard = user;
    (void)dropped;
    heard->lines++;
    if (length > heard->longest)
        heard->longest = length;
    heard->length += (size_t)snprintf(heard->all + heard->length, sizeof(heard->all) - heard->length,
                                      "[%.*s]", (int)(length > 100 ? 100 : length), line);
}

static void begin(struct heard *heard) {
    *heard = (struct heard){0};
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    heard->to = ends[1];
    assert_int_equal(loop_new(&heard->loop, NULL), 0);
    assert_int_equal(last_words_new(heard->loop, ends[0], on_line, heard, &heard->words, NULL), 0);
}

static void say(struct heard *heard, const void *bytes, size_t count) {
    assert_int_equal(write(heard->to, bytes, count), count);
    loop_run_ready(heard->loop);
}

static void end(struct heard *heard) {
    close(heard->to);
    last_words_free(heard->words);
    loop_free(heard->loop);
}

static void test_lines(void **state) {
    (void)state;
    struct heard heard;
    begin(&heard);
    say(&heard, "one\ntwo\nth", 10);
    assert_string_equal(heard.all, "[one][two]");
    say(&heard, "ree\n\n\nfour", 10);
    assert_string_equal(heard.all, "[one][two][three]"); /* empty lines are nothing */
    last_words_finish(heard.words);
    assert_string_equal(heard.all, "[one][two][three][four]");
    const char *text;
    assert_int_equal(last_words_tail(heard.words, &text), 20);
    assert_string_equal(text, "one\ntwo\nthree\n\n\nfour");
    assert_int_equal(last_words_last_line(heard.words, &text), 4);
    assert_memory_equal(text, "four", 4);
    end(&heard);
}

static void test_silence(void **state) {
    (void)state;
    struct heard heard;
    begin(&heard);
    last_words_finish(heard.words);
    const char *text;
    assert_int_equal(last_words_tail(heard.words, &text), 0);
    assert_string_equal(text, "");
    assert_int_equal(last_words_last_line(heard.words, &text), 0);
    assert_int_equal(heard.lines, 0);
    end(&heard);
    last_words_free(NULL);
}

static void test_long_line(void **state) {
    (void)state;
    struct heard heard;
    begin(&heard);
    char piece[1000];
    memset(piece, 'x', sizeof(piece));
    for (int i = 0; i < 40; i++)
        say(&heard, piece, sizeof(piece));
    assert_int_equal(heard.lines, 0);
    say(&heard, "\nnext\n", 6);
    assert_int_equal(heard.lines, 2);
    assert_int_equal(heard.longest, LIMIT_LOG_LINE_BYTES);
    assert_non_null(strstr(heard.all, "[next]"));
    const char *text;
    assert_int_equal(last_words_tail(heard.words, &text), LIMIT_LAST_WORDS_BYTES);
    assert_string_equal(text + LIMIT_LAST_WORDS_BYTES - 6, "\nnext\n");
    end(&heard);
}

/* Exactly as long as may be is not cut, in however many pieces it comes. */
static void test_exact_line(void **state) {
    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        struct heard heard;
        begin(&heard);
        char line[LIMIT_LOG_LINE_BYTES + 2];
        memset(line, 'y', sizeof(line));
        line[LIMIT_LOG_LINE_BYTES + extra] = '\n';
        say(&heard, line, 5);
        say(&heard, line + 5, LIMIT_LOG_LINE_BYTES + extra + 1 - 5);
        assert_int_equal(heard.lines, 1);
        assert_int_equal(heard.longest, LIMIT_LOG_LINE_BYTES);
        end(&heard);
    }
}

static void test_flood(void **state) {
    (void)state;
    struct heard heard;
    begin(&heard);
    for (int i = 0; i < 5000; i++)
        say(&heard, "a\nb\n", 4);
    assert_in_range(heard.lines, LIMIT_LOG_BURST_LINES, 9999);
    end(&heard);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),      cmocka_unit_test(test_silence), cmocka_unit_test(test_long_line),
        cmocka_unit_test(test_exact_line), cmocka_unit_test(test_flood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
