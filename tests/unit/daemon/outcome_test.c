/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Ends of runs: which are good, and how they are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "daemon/model.h"

#include <string.h>

struct row {
    const char *end;
    int64_t code;
    const char *trap;
    const char *message;
    bool good;
    const char *sentence;
};

static const struct row rows[] = {
    {"returned", 0, "", "returned", true, "returned"},
    {"exited", 0, "", "ended by itself", true, "exited with code 0"},
    {"exited", 3, "", "ended by itself", false, "exited with code 3"},
    {"trap", 0, "out-of-bounds-memory-access", "read outside", false, "trap: read outside"},
    {"trap", 0, "integer-divide-by-zero", "", false, "trap: integer divide by zero"},
    {"trap", 0, "unreachable", "", false, "trap: unreachable"},
    {"cpu-time-exhausted", 0, "", "used up its 300 ms", false, "used up its 300 ms"},
    {"stopped", 0, "", "", false, "stopped"},
};

static void test_rows(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct ipc_ended ended = {
            .end = text_of(rows[i].end),
            .exit_code = rows[i].code,
            .trap = text_of(rows[i].trap),
            .message = text_of(rows[i].message),
        };
        struct outcome outcome = {0};
        char sentence[1200];
        outcome_from_frame(&outcome, &ended);
        assert_true(outcome.known);
        assert_int_equal(outcome_is_good(&outcome), rows[i].good);
        outcome_sentence(&outcome, sentence, sizeof(sentence));
        assert_string_equal(sentence, rows[i].sentence);
        outcome_done(&outcome);
    }
}

static void test_a_limit_is_named_where_it_ended_badly(void **state) {
    (void)state;
    struct policy policy = {0};
    policy_defaults(&policy);
    struct ipc_ended ended = {.end = TEXT("exited"),
                              .exit_code = 1,
                              .trap = TEXT(""),
                              .message = TEXT(""),
                              .memory_limit_hit = true};
    struct outcome outcome = {0};
    char sentence[1200];
    outcome_from_frame(&outcome, &ended);
    outcome_name_limits(&outcome, &policy);
    outcome_sentence(&outcome, sentence, sizeof(sentence));
    assert_string_equal(sentence, "exited with code 1; its memory stood at its limit of 64 MiB");
    ended.exit_code = 0;
    outcome_from_frame(&outcome, &ended);
    outcome_name_limits(&outcome, &policy);
    outcome_sentence(&outcome, sentence, sizeof(sentence));
    assert_string_equal(sentence, "exited with code 0");
    outcome_done(&outcome);
    policy_done(&policy);
}

static void test_a_backtrace_is_kept_and_bounded(void **state) {
    (void)state;
    struct ipc_trace_frame frames[OUTCOME_FRAMES_MAX + 5];
    for (size_t i = 0; i < ARRAY_LENGTH(frames); i++)
        frames[i] = (struct ipc_trace_frame){
            .function = i, .offset = i ? i * 16 : UINT64_MAX, .name = TEXT("inner"), .module = TEXT("")};
    struct ipc_ended ended = {.end = TEXT("trap"),
                              .trap = TEXT("unreachable"),
                              .message = TEXT(""),
                              .frames = frames,
                              .frames_count = ARRAY_LENGTH(frames)};
    struct outcome outcome = {0};
    outcome_from_frame(&outcome, &ended);
    assert_int_equal(outcome.frames_count, OUTCOME_FRAMES_MAX);
    JSON_AUTO *shown = outcome_json(&outcome);
    const json_t *list = json_object_get(shown, "frames");
    assert_int_equal(json_array_size(list), OUTCOME_FRAMES_MAX);
    assert_null(json_object_get(json_array_get(list, 0), "offset"));
    assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 2), "offset")), 32);
    outcome_done(&outcome);
    assert_null(outcome_json(&outcome));
}

static void test_an_error_is_an_outcome_too(void **state) {
    (void)state;
    ERROR_AUTO *error = NULL;
    error_set(&error, ARCELLA_E_WORKER, "worker 3 was ended by signal 9");
    struct outcome outcome = {0};
    char sentence[1200];
    outcome_from_error(&outcome, "worker-lost", error);
    assert_false(outcome_is_good(&outcome));
    outcome_sentence(&outcome, sentence, sizeof(sentence));
    assert_string_equal(sentence, "worker 3 was ended by signal 9");
    outcome_done(&outcome);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_a_limit_is_named_where_it_ended_badly),
        cmocka_unit_test(test_a_backtrace_is_kept_and_bounded),
        cmocka_unit_test(test_an_error_is_an_outcome_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
