/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The ring of last lines: what is kept, what goes, and that it owns its texts. */
#include "torture.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"

struct walk {
    unsigned count;
    unsigned stop_after;
    const struct log_line *lines[16];
};

static bool look(const struct log_line *line, void *user) {
    struct walk *w = user;
    if (w->count < ARRAY_LENGTH(w->lines))
        w->lines[w->count] = line;
    return ++w->count != w->stop_after;
}

static void the_last_lines_stay(void **state) {
    (void)state;
    struct log_ring *ring = log_ring_new(3);
    struct walk w = {0};
    log_ring_walk(ring, look, &w);
    assert_int_equal(w.count, 0);
    log_add_sink(log_sink_ring, ring);
    for (int i = 0; i < 5; i++) {
        char message[16];
        snprintf(message, sizeof(message), "m%d", i);
        log_event(LOG_INFO, &(struct log_about){.unit = LOG_DAEMON}, message, "i=%d", i);
        memset(message, 'x', sizeof(message)); /* the ring has its own */
    }
    log_remove_sink(log_sink_ring, ring);
    w = (struct walk){0};
    log_ring_walk(ring, look, &w);
    assert_int_equal(w.count, 3);
    for (unsigned i = 0; i < 3; i++) {
        char expected[16];
        snprintf(expected, sizeof(expected), "m%u", i + 2);
        assert_string_equal(w.lines[i]->message, expected);
        assert_int_equal(w.lines[i]->message_length, 2);
        snprintf(expected, sizeof(expected), "i=%u", i + 2);
        assert_string_equal(w.lines[i]->fields, expected);
        assert_null(w.lines[i]->about.component);
        assert_int_equal(w.lines[i]->number, w.lines[0]->number + i);
    }
    w = (struct walk){.stop_after = 2};
    log_ring_walk(ring, look, &w);
    assert_int_equal(w.count, 2);
    assert_null(log_ring_free(ring));
    assert_null(log_ring_free(NULL));
}

static void texts_and_errors_are_copied(void **state) {
    (void)state;
    struct log_ring *ring = log_ring_new(3);
    log_add_sink(log_sink_ring, ring);
    char component[] = "c@1", deployment[] = "d", instance[] = "d/0", group[] = "g", stream[] = "stdout";
    {
        ERROR_AUTO *e = NULL;
        error_set(&e, ARCELLA_E_BUSY, "busy");
        struct log_about about = {LOG_GUEST, component, deployment, instance, group, stream, e};
        log_text(LOG_WARN, &about, "bytes\0inside", 12);
    }
    component[0] = deployment[0] = instance[0] = group[0] = stream[0] = '!';
    log_remove_sink(log_sink_ring, ring);
    struct walk w = {0};
    log_ring_walk(ring, look, &w);
    assert_int_equal(w.count, 1);
    const struct log_line *line = w.lines[0];
    assert_int_equal(line->level, LOG_WARN);
    assert_int_equal(line->about.unit, LOG_GUEST);
    assert_string_equal(line->about.component, "c@1");
    assert_string_equal(line->about.deployment, "d");
    assert_string_equal(line->about.instance, "d/0");
    assert_string_equal(line->about.group, "g");
    assert_string_equal(line->about.stream, "stdout");
    assert_int_equal(arcella_error_code(line->about.error), ARCELLA_E_BUSY);
    assert_string_equal(arcella_error_message(line->about.error), "busy");
    assert_int_equal(line->message_length, 12);
    assert_memory_equal(line->message, "bytes\0inside", 12);
    log_ring_free(ring);
}

static void bytes_are_bounded_too(void **state) {
    (void)state;
    struct log_ring *ring = log_ring_new(LIMIT_LOG_RING_LINES);
    log_add_sink(log_sink_ring, ring);
    size_t size = 100000; /* a line is cut at LIMIT_LOG_LINE_BYTES */
    MEM_AUTO char *text = mem_alloc(size);
    memset(text, 'x', size);
    for (int i = 0; i < LIMIT_LOG_RING_LINES; i++)
        log_text(LOG_INFO, &(struct log_about){.unit = LOG_GUEST}, text, size);
    log_remove_sink(log_sink_ring, ring);
    struct walk w = {0};
    log_ring_walk(ring, look, &w);
    assert_int_equal(w.lines[0]->message_length, LIMIT_LOG_LINE_BYTES);
    assert_in_range(w.count, 400, LIMIT_LOG_RING_BYTES / LIMIT_LOG_LINE_BYTES);
    log_ring_free(ring);
}

static void no_ring_of_nothing(void **state) {
    (void)state;
    assert_null(log_ring_new(0));
    assert_null(log_ring_new(SIZE_MAX / 8));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_lines_stay),
        cmocka_unit_test(texts_and_errors_are_copied),
        cmocka_unit_test(bytes_are_bounded_too),
        cmocka_unit_test(no_ring_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
