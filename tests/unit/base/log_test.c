/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Logging: levels, sinks, numbering, and both forms of a line. */
#include "torture.h"

#include <fcntl.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

/* A sink that keeps the last line in both forms. */
struct kept {
    unsigned count;
    uint64_t number;
    struct buffer logfmt;
    struct buffer json;
};

static struct kept kept;

static void keep(const struct log_line *line, void *user) {
    struct kept *k = user;
    k->count++;
    k->number = line->number;
    buffer_clear(&k->logfmt);
    buffer_clear(&k->json);
    assert_int_equal(log_format(line, false, &k->logfmt, NULL), 0);
    assert_int_equal(log_format(line, true, &k->json, NULL), 0);
}

static int set_up(void **state) {
    (void)state;
    json_setup();
    kept = (struct kept){0};
    buffer_init(&kept.logfmt, LIMIT_LOG_RECORD_BYTES);
    buffer_init(&kept.json, LIMIT_LOG_RECORD_BYTES);
    log_add_sink(keep, &kept);
    return log_set_levels("info", NULL);
}

static int tear_down(void **state) {
    (void)state;
    log_remove_sink(keep, &kept);
    buffer_done(&kept.logfmt);
    buffer_done(&kept.json);
    return 0;
}

/* What stands behind the time stamp. */
static const char *behind_ts(const struct buffer *line, const char *prefix) {
    assert_true(text_starts(line->data, prefix));
    return line->data + strlen(prefix) + 24;
}

static void a_line_has_its_keys_in_order(void **state) {
    (void)state;
    ERROR_AUTO *e = NULL;
    error_set(&e, ARCELLA_E_TIMEOUT, "too late for '%s'", "x");
    struct log_about about = {
        .unit = LOG_WORKERS,
        .component = "hello@1.0.0",
        .deployment = "web",
        .instance = "web/0",
        .group = "g 1",
        .stream = "stderr",
        .error = e,
    };
    log_event(LOG_WARN, &about, "worker is late", "pid=%d name=%s note=\"a \\\"b\\\" \\x1b\\n\"", 12, "n");
    assert_string_equal(behind_ts(&kept.logfmt, "ts="),
                        " level=warn unit=workers component=hello@1.0.0 deployment=web instance=web/0 "
                        "group=\"g 1\" stream=stderr code=timeout msg=\"worker is late\" "
                        "error=\"too late for 'x'\" pid=12 name=n note=\"a \\\"b\\\" \\x1b\\n\"");
    assert_string_equal(
        behind_ts(&kept.json, "{\"ts\":\""),
        "\",\"level\":\"warn\",\"unit\":\"workers\",\"component\":\"hello@1.0.0\","
        "\"deployment\":\"web\",\"instance\":\"web/0\",\"group\":\"g 1\",\"stream\":\"stderr\","
        "\"code\":\"timeout\",\"msg\":\"worker is late\",\"error\":\"too late for 'x'\","
        "\"pid\":12,\"name\":\"n\",\"note\":\"a \\\"b\\\" \\u001b\\n\"}");
}

static void what_is_not_known_is_not_written(void **state) {
    (void)state;
    log_event(LOG_INFO, &(struct log_about){.unit = LOG_ALME}, "hi", NULL);
    assert_string_equal(behind_ts(&kept.logfmt, "ts="), " level=info unit=alme msg=hi");
    assert_string_equal(behind_ts(&kept.json, "{\"ts\":\""),
                        "\",\"level\":\"info\",\"unit\":\"alme\",\"msg\":\"hi\"}");
}

static void json_lines_are_json(void **state) {
    (void)state;
    static const struct {
        const char *fields;
        const char *json; /* behind msg */
    } cases[] = {
        {"a=1 b=-5 c=007 d=1.5 e=true f=false g=1234567890123456",
         ",\"a\":1,\"b\":-5,\"c\":\"007\",\"d\":\"1.5\",\"e\":true,\"f\":false,\"g\":\"1234567890123456\""},
        {"a=\"12\" b=\"true\"", ",\"a\":\"12\",\"b\":\"true\""},
        {"a= b=\"\"", ",\"a\":\"\",\"b\":\"\""},
        {"msg=twice level=no x=1", ",\"x\":1"}, /* keys of the line itself */
        {"word a=1  b=2", ",\"a\":1,\"b\":2"},
        {"\"k\"=1 k\"=2 a=3", ",\"a\":3"}, /* no keys */
        {"a=\"never closed", ",\"a\":\"never closed\""},
        {"a=\"x\\", ",\"a\":\"x\\\\\""},
        {"a=\"\\xff\\xzz\"", ",\"a\":\"\xef\xbf\xbdxzz\""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        log_event(LOG_INFO, &(struct log_about){.unit = LOG_ALME}, "m", "%s", cases[i].fields);
        JSON_AUTO *value = NULL;
        ERROR_AUTO *e = NULL;
        if (json_parse(kept.json.data, kept.json.length, &value, &e) < 0)
            fail_msg("%s: %s", kept.json.data, arcella_error_message(e));
        const char *at = strstr(kept.json.data, "\"msg\":\"m\"");
        assert_non_null(at);
        at += strlen("\"msg\":\"m\"");
        assert_int_equal(strlen(at), strlen(cases[i].json) + 1);
        assert_memory_equal(at, cases[i].json, strlen(cases[i].json));
    }
}

static void guests_cannot_forge_lines(void **state) {
    (void)state;
    static const char text[] = "x\nts=2000-01-01T00:00:00.000Z level=error msg=\"forged\" \x1b[2J\0tail\xff";
    struct log_about about = {.unit = LOG_GUEST, .instance = "evil\nlevel=error", .stream = "stdout"};
    log_text(LOG_INFO, &about, text, sizeof(text) - 1);
    assert_null(memchr(kept.logfmt.data, '\n', kept.logfmt.length));
    assert_null(memchr(kept.logfmt.data, '\x1b', kept.logfmt.length));
    assert_string_equal(behind_ts(&kept.logfmt, "ts="),
                        " level=info unit=guest instance=\"evil\\nlevel=error\" stream=stdout "
                        "msg=\"x\\nts=2000-01-01T00:00:00.000Z level=error msg=\\\"forged\\\" "
                        "\\x1b[2J\\x00tail\\xff\"");
    JSON_AUTO *value = NULL;
    assert_int_equal(json_parse(kept.json.data, kept.json.length, &value, NULL), 0);
    assert_string_equal(json_string_value(json_object_get(value, "instance")), "evil\nlevel=error");
}

/* Fields that a worker made are handed on as they came. */
static void fields_cannot_begin_a_line(void **state) {
    (void)state;
    log_event(LOG_INFO, &(struct log_about){.unit = LOG_WORKERS}, "m", "%s",
              "a=1\nlevel=error msg=\"forged\"\r\x1b[2J\xc2\x9b\xff b=\"\xc3\xa9\"");
    assert_string_equal(behind_ts(&kept.logfmt, "ts="),
                        " level=info unit=workers msg=m "
                        "a=1?level=error msg=\"forged\"??[2J??? b=\"\xc3\xa9\"");
}

static void long_lines_are_cut(void **state) {
    (void)state;
    size_t size = 100000;
    MEM_AUTO char *text = mem_alloc(size + 1);
    memset(text, '\x01', size);
    ERROR_AUTO *e = NULL;
    error_set(&e, ARCELLA_E_BUSY, "%.*s", 90000, text);
    log_text(LOG_INFO, &(struct log_about){.unit = LOG_GUEST, .error = e}, text, size);
    assert_true(kept.logfmt.length > 4 * LIMIT_LOG_LINE_BYTES);
    assert_true(kept.logfmt.length <= LIMIT_LOG_RECORD_BYTES);
    assert_non_null(strstr(kept.logfmt.data, "…\" error="));
    /* Fields are cut behind a whole pair. */
    memset(text, 'v', size);
    log_event(LOG_INFO, &(struct log_about){.unit = LOG_GUEST}, "m", "a=1 b=\"x y\" c=%s d=2", text);
    assert_true(text_ends(kept.logfmt.data, " msg=m a=1 b=\"x y\" cut=true"));
    assert_true(text_ends(kept.json.data, "\"a\":1,\"b\":\"x y\",\"cut\":true}"));
    log_event(LOG_INFO, &(struct log_about){.unit = LOG_GUEST}, "m", "c=\"%s y\" d=2", text);
    assert_true(text_ends(kept.logfmt.data, " msg=m cut=true"));
}

static void levels_are_set_by_one_string(void **state) {
    (void)state;
    static const struct {
        const char *spec;
        const char *result; /* NULL: refused */
    } cases[] = {
        {"info", "info"},
        {"workers=debug", "info,workers=debug"}, /* on top of what was set */
        {"warn,guest=info,-audit", "warn,-audit,guest=info"},
        {"trace", "trace"},
        {"workers=debug,info", "info"}, /* later parts win */
        {"-audit,-guest", "info,-audit,-guest"},
        {"", NULL},
        {"info,", NULL},
        {"loud", NULL},
        {"workers=loud", NULL},
        {"nobody=info", NULL},
        {"-nobody", NULL},
        {"-", NULL},
        {"workers=", NULL},
        {"info,debug,audit=trace,what", NULL},
    };
    char before[256] = "";
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        ERROR_AUTO *e = NULL;
        int r = log_set_levels(cases[i].spec, &e);
        char now[256];
        log_get_levels(now, sizeof(now));
        if (cases[i].result) {
            assert_int_equal(r, 0);
            assert_string_equal(now, cases[i].result);
            /* What is written can be read. */
            assert_int_equal(log_set_levels(now, NULL), 0);
            char again[256];
            log_get_levels(again, sizeof(again));
            assert_string_equal(now, again);
        } else {
            assert_int_equal(r, ARCELLA_E_INVALID);
            assert_non_null(strstr(arcella_error_hint(e), "levels: error, warn, info, debug, trace"));
            assert_string_equal(now, before); /* all or nothing */
        }
        text_copy(before, sizeof(before), now);
    }
    char small[4];
    log_get_levels(small, sizeof(small));
    assert_string_equal(small, "inf");
}

static void levels_let_through_what_they_say(void **state) {
    (void)state;
    assert_int_equal(log_set_levels("warn,guest=trace,-audit", NULL), 0);
    static const struct {
        enum log_unit unit;
        enum log_level level;
        bool wanted;
    } cases[] = {
        {LOG_DAEMON, LOG_ERROR, true}, {LOG_DAEMON, LOG_WARN, true},  {LOG_DAEMON, LOG_INFO, false},
        {LOG_GUEST, LOG_TRACE, true},  {LOG_AUDIT, LOG_ERROR, false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        unsigned before = kept.count;
        assert_int_equal(log_wants(cases[i].unit, cases[i].level), cases[i].wanted);
        log_event(cases[i].level, &(struct log_about){.unit = cases[i].unit}, "m", NULL);
        log_text(cases[i].level, &(struct log_about){.unit = cases[i].unit}, "m", 1);
        assert_int_equal(kept.count - before, cases[i].wanted ? 2 : 0);
    }
}

static void names_go_both_ways(void **state) {
    (void)state;
    for (int i = 0; i < LOG_LEVELS; i++) {
        enum log_level level;
        assert_true(log_level_find(log_level_name((enum log_level)i), &level));
        assert_int_equal(level, i);
    }
    for (int i = 0; i < LOG_UNITS; i++) {
        enum log_unit unit;
        assert_true(log_unit_find(log_unit_name((enum log_unit)i), &unit));
        assert_int_equal(unit, i);
    }
    enum log_unit unit;
    assert_false(log_unit_find("", &unit));
    assert_string_equal(log_unit_name((enum log_unit)99), "unknown");
    assert_string_equal(log_level_name((enum log_level)99), "unknown");
}

static unsigned chatter_count;

static void chatter(const struct log_line *line, void *user) {
    (void)line;
    (void)user;
    chatter_count++;
    log_event(LOG_INFO, &(struct log_about){.unit = LOG_DAEMON}, "from a sink", NULL);
}

static void a_sink_that_logs_does_not_go_on_for_ever(void **state) {
    (void)state;
    chatter_count = 0;
    log_event(LOG_INFO, &(struct log_about){.unit = LOG_DAEMON}, "before", NULL);
    log_add_sink(chatter, NULL);
    unsigned before = kept.count;
    uint64_t number = kept.number;
    log_event(LOG_INFO, &(struct log_about){.unit = LOG_DAEMON}, "once", NULL);
    log_remove_sink(chatter, NULL);
    assert_in_range(chatter_count, 1, 5);
    assert_int_equal(kept.count - before, chatter_count);
    assert_int_equal(kept.number - number, chatter_count);
    log_event(LOG_INFO, &(struct log_about){.unit = LOG_DAEMON}, "alone", NULL);
    assert_int_equal(kept.number - number, chatter_count + 1);
}

static void sinks_come_and_go(void **state) {
    (void)state;
    for (unsigned i = 0; i < LIMIT_LOG_SINKS + 3; i++) /* more than fit */
        log_add_sink(keep, (void *)(uintptr_t)0);
    for (unsigned i = 0; i < LIMIT_LOG_SINKS + 3; i++)
        log_remove_sink(keep, (void *)(uintptr_t)0);
    unsigned before = kept.count;
    log_event(LOG_INFO, &(struct log_about){.unit = LOG_DAEMON}, "m", NULL);
    assert_int_equal(kept.count, before + 1);
    log_remove_sink(keep, &kept);
    assert_false(log_wants(LOG_DAEMON, LOG_ERROR));
    log_event(LOG_INFO, &(struct log_about){.unit = LOG_DAEMON}, "m", NULL);
    assert_int_equal(kept.count, before + 1);
    log_add_sink(keep, &kept);
}

static void the_descriptor_sink_writes_a_line(void **state) {
    (void)state;
    FD_AUTO fd = -1;
    assert_int_equal(memfd_make("log", NULL, 0, false, &fd, NULL), 0);
    void *user = (void *)(intptr_t)fd;
    log_add_sink(log_sink_fd, user);
    log_event(LOG_INFO, &(struct log_about){.unit = LOG_DAEMON}, "one", NULL);
    log_event(LOG_INFO, &(struct log_about){.unit = LOG_DAEMON}, "two", NULL);
    log_remove_sink(log_sink_fd, user);
    BUFFER_AUTO b = BUFFER_INIT(1000);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(fd_read_all(fd, 1000, &b, NULL), 0);
    assert_non_null(strstr(b.data, "level=info unit=daemon msg=one\nts="));
    assert_true(text_ends(b.data, "msg=two\n"));
}

static int format_both(void *user, arcella_error **reterr) {
    const struct log_line *line = user;
    BUFFER_AUTO b = BUFFER_INIT(LIMIT_LOG_RECORD_BYTES);
    int r = buffer_text(&b, "before", reterr);
    for (int json = 0; r == 0 && json < 2; json++) {
        size_t before = b.length;
        r = log_format(line, json, &b, reterr);
        if (r < 0) {
            assert_int_equal(b.length, before);
            assert_int_equal(b.data[before], '\0');
        }
    }
    return r;
}

static void no_memory_leaves_no_half_line(void **state) {
    (void)state;
    struct log_line line = {
        .number = 1,
        .level = LOG_INFO,
        .about = {.unit = LOG_GUEST, .component = "a b", .instance = "i"},
        .message = "a rather long message that makes the buffer grow \n more than once, so that it may fail",
        .message_length = 80,
        .fields = "a=1 b=\"x\" c=true",
    };
    torture_alloc(format_both, &line);
}

static int log_once(void *user, arcella_error **reterr) {
    (void)user;
    (void)reterr;
    FD_AUTO fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct log_ring *ring = log_ring_new(2);
    struct log_file *file = NULL;
    ERROR_AUTO *e = NULL;
    error_set(&e, ARCELLA_E_BUSY, "busy");
    log_remove_sink(keep, &kept); /* it asserts */
    log_add_sink(log_sink_fd, (void *)(intptr_t)fd);
    if (ring)
        log_add_sink(log_sink_ring, ring);
    struct log_about about = {.unit = LOG_GUEST, .component = "c", .error = e};
    for (int i = 0; i < 3; i++)
        log_event(LOG_INFO, &about, "message", "a=%d", i);
    log_remove_sink(log_sink_fd, (void *)(intptr_t)fd);
    log_remove_sink(log_sink_ring, ring);
    log_add_sink(keep, &kept);
    log_ring_free(ring);
    log_file_free(file);
    return 0;
}

static void logging_without_memory_is_silent(void **state) {
    (void)state;
    torture_alloc(log_once, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_has_its_keys_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_known_is_not_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_lines_are_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(guests_cannot_forge_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fields_cannot_begin_a_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_lines_are_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(levels_are_set_by_one_string, set_up, tear_down),
        cmocka_unit_test_setup_teardown(levels_let_through_what_they_say, set_up, tear_down),
        cmocka_unit_test(names_go_both_ways),
        cmocka_unit_test_setup_teardown(a_sink_that_logs_does_not_go_on_for_ever, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sinks_come_and_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_descriptor_sink_writes_a_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_memory_leaves_no_half_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(logging_without_memory_is_silent, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
