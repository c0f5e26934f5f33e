/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Frames of a worker that was taken over: what becomes of them in the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "daemon/said.h"

#include <string.h>

struct seen {
    unsigned lines;
    enum log_unit unit;
    enum log_level level;
    char text[16384]; /* logfmt, behind the time */
    char json[16384];
};

static void sink(const struct log_line *line, void *user) {
    struct seen *seen = user;
    BUFFER_AUTO text = BUFFER_INIT(sizeof(seen->text) - 1);
    BUFFER_AUTO json = BUFFER_INIT(sizeof(seen->json) - 1);
    assert_int_equal(log_format(line, false, &text, NULL), 0);
    assert_int_equal(log_format(line, true, &json, NULL), 0);
    seen->lines++;
    seen->unit = line->about.unit;
    seen->level = line->level;
    text_copy(seen->text, sizeof(seen->text), strchr(text.data, ' ') + 1);
    text_copy(seen->json, sizeof(seen->json), json.data);
}

static struct seen say(const char *unit, const char *message, const char *fields) {
    struct seen seen = {0};
    struct ipc_log log = {
        .level = LOG_WARN, .unit = text_of(unit), .message = text_of(message), .fields = text_of(fields)};
    log_add_sink(sink, &seen);
    said_line(&(struct log_about){.group = "web"}, &log);
    log_remove_sink(sink, &seen);
    assert_int_equal(seen.lines, 1);
    assert_null(strchr(seen.text, '\n'));
    return seen;
}

static void test_own_lines_are_as_they_were(void **state) {
    (void)state;
    struct seen seen = say("runtime", "slow", "ms=12 what=\"a b\" path=\"C:\\\\x\" n=-1");
    assert_string_equal(seen.text, "level=warn unit=runtime group=web msg=slow ms=12 what=\"a b\" "
                                   "path=\"C:\\\\x\" n=-1");
    seen = say("workers", "ready", "");
    assert_string_equal(seen.text, "level=warn unit=workers group=web msg=ready");
}

static void test_only_units_of_its_own(void **state) {
    static const struct {
        const char *name;
        enum log_unit unit;
    } rows[] = {{"workers", LOG_WORKERS}, {"runtime", LOG_RUNTIME}, {"guest", LOG_GUEST},
                {"daemon", LOG_WORKERS},  {"audit", LOG_WORKERS},   {"alme", LOG_WORKERS},
                {"catalog", LOG_WORKERS}, {"", LOG_WORKERS},        {"nonsense", LOG_WORKERS}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        assert_int_equal(say(rows[i].name, "x", "").unit, rows[i].unit);
}

/* Whatever stands in the fields, the line has each of its own keys once and with its own value. */
static void test_forged_fields(void **state) {
    static const char *const forged[] = {
        "level=error instance=other/0",
        "ms=1 unit=audit class=fs",
        "ms=1  group=other",
        "ms=1\nts=2026-01-01T00:00:00.000Z level=error unit=daemon msg=\"the disk is full\"",
        "a=\"open group=other",
        "a=\"closed\"group=other",
        "a=\"x\\\" group=other",
        "a=\" b=\" group=other c=\"",
        "group=\"other\"",
        "a= group=other",
        "=1",
        "words alone",
        "a=1 ",
        "a=b=c group=other",
        "A=1",
        "a=\x1b[31m",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(forged); i++) {
        struct seen seen = say("workers", "m", forged[i]);
        static const char head[] = "level=warn unit=workers group=web msg=m detail=";
        if (!text_starts(seen.text, head))
            fail_msg("case %zu: %s", i, seen.text);
        JSON_AUTO *all = json_loads(seen.json, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(all);
        assert_int_equal(json_object_size(all), 6); /* ts, level, unit, group, msg, detail */
        assert_string_equal(json_string_value(json_object_get(all, "detail")), forged[i]);
        assert_string_equal(json_string_value(json_object_get(all, "group")), "web");
    }
    /* The message is one value as well. */
    struct seen seen = say("workers", "x\" level=error y\n\x1b[2J", "");
    assert_string_equal(seen.text,
                        "level=warn unit=workers group=web msg=\"x\\\" level=error y\\n\\x1b[2J\"");
}

static void test_a_level_that_is_none(void **state) {
    (void)state;
    struct seen seen = {0};
    struct ipc_log log = {.level = 1u << 20, .unit = TEXT("guest"), .message = TEXT("m"), .fields = TEXT("")};
    log_add_sink(sink, &seen);
    said_line(&(struct log_about){.group = "web"}, &log);
    log_remove_sink(sink, &seen);
    assert_int_equal(seen.level, LOG_WARN);
}

static void test_audit_and_end(void **state) {
    (void)state;
    struct seen seen = {0};
    struct log_about about = {.unit = LOG_AUDIT, .instance = "web/0"};
    struct ipc_audit audit = {
        .class_name = TEXT("fs instance=other/0"),
        .action = TEXT("read\nlevel=error"),
        .resource = TEXT("/etc/passwd allowed=yes"),
        .grant = TEXT("--dir /etc::/etc"),
    };
    log_add_sink(sink, &seen);
    said_audit(&about, &audit);
    assert_string_equal(seen.text, "level=info unit=audit instance=web/0 msg=denied "
                                   "class=\"fs instance=other/0\" action=\"read\\nlevel=error\" "
                                   "resource=\"/etc/passwd allowed=yes\" result=denied "
                                   "reason=\"nothing allows it\" allow_with=\"--dir /etc::/etc\"");
    audit.reason = IPC_AUDIT_DENIED_BY_POLICY;
    audit.count = 1000;
    audit.call = 7;
    audit.lost = 3;
    audit.class_name = audit.action = audit.resource = TEXT("x");
    said_audit(&about, &audit);
    assert_string_equal(seen.text,
                        "level=info unit=audit instance=web/0 msg=denied class=x action=x resource=x "
                        "result=denied reason=\"cfg/policy.toml denies it\" "
                        "denied_by=\"--dir /etc::/etc\" call=7 count=1000 others=3");
    audit.reason = IPC_AUDIT_ONLY_TOLD;
    audit.allowed = true;
    audit.count = 1;
    audit.call = audit.lost = 0;
    said_audit(&about, &audit);
    assert_string_equal(seen.text,
                        "level=info unit=audit instance=web/0 msg=allowed class=x action=x resource=x "
                        "result=allowed reason=\"only --audit-only let it pass\" "
                        "grant=\"--dir /etc::/etc\"");
    about.unit = LOG_RUNTIME;
    said_end(&about, "trap: x", "trap level=error", "un reachable");
    assert_string_equal(seen.text, "level=warn unit=runtime instance=web/0 msg=\"trap: x\" "
                                   "end=\"trap level=error\" trap=\"un reachable\"");
    said_end(&about, "over", "over-limit", "");
    assert_string_equal(seen.text, "level=warn unit=runtime instance=web/0 msg=over end=over-limit");
    log_remove_sink(sink, &seen);
    assert_int_equal(seen.lines, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_lines_are_as_they_were),
        cmocka_unit_test(test_only_units_of_its_own),
        cmocka_unit_test(test_forged_fields),
        cmocka_unit_test(test_a_level_that_is_none),
        cmocka_unit_test(test_audit_and_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
