/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Errors: codes and names, sentences with context, bounds, and what happens without memory. */
#include "torture.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"

static void names_and_codes_go_both_ways(void **state) {
    (void)state;
#define XX(name, number, text, hint)                                                                         \
    assert_int_equal(ARCELLA_E_##name, -(number));                                                           \
    assert_string_equal(arcella_error_name(ARCELLA_E_##name), text);                                         \
    assert_int_equal(error_code_of(text), ARCELLA_E_##name);
    ARCELLA_ERROR_MAP(XX)
#undef XX
    assert_string_equal(arcella_error_name(0), "ok");
    assert_string_equal(arcella_error_name(-999), "unknown");
    assert_string_equal(arcella_error_name(5), "unknown");
    assert_int_equal(error_code_of("no such thing"), 0);
}

static void nothing_is_no_error(void **state) {
    (void)state;
    assert_int_equal(arcella_error_code(NULL), 0);
    assert_string_equal(arcella_error_message(NULL), "");
    assert_string_equal(arcella_error_hint(NULL), "");
    arcella_error_free(NULL);
    assert_null(error_copy(NULL));
    assert_int_equal(error_set(NULL, ARCELLA_E_BUSY, "x"), ARCELLA_E_BUSY);
    assert_int_equal(error_wrap(NULL, ARCELLA_E_BUSY, "x"), ARCELLA_E_BUSY);
    assert_int_equal(error_hint(NULL, ARCELLA_E_BUSY, "x"), ARCELLA_E_BUSY);
    assert_int_equal(error_nomem(NULL), ARCELLA_E_NOMEM);
}

static void context_goes_in_front(void **state) {
    (void)state;
    ERROR_AUTO *e = NULL;
    int r = error_set(&e, ARCELLA_E_NOT_FOUND, "no component '%s'", "y");
    assert_int_equal(r, ARCELLA_E_NOT_FOUND);
    r = error_wrap(&e, r, "install '%s'", "x");
    assert_int_equal(r, ARCELLA_E_NOT_FOUND);
    assert_string_equal(arcella_error_message(e), "install 'x': no component 'y'");
    assert_int_equal(arcella_error_code(e), ARCELLA_E_NOT_FOUND);
    assert_string_equal(arcella_error_hint(e),
                        "`arcella list components` and `arcella list deployments` show what there is");
}

static void a_new_error_may_quote_the_old_one(void **state) {
    (void)state;
    ERROR_AUTO *e = NULL;
    error_set(&e, ARCELLA_E_BUSY, "first");
    error_set(&e, ARCELLA_E_TIMEOUT, "second after %s", arcella_error_message(e));
    assert_string_equal(arcella_error_message(e), "second after first");
    assert_int_equal(arcella_error_code(e), ARCELLA_E_TIMEOUT);
}

static void a_hint_of_its_own_survives_context(void **state) {
    (void)state;
    ERROR_AUTO *e = NULL;
    int r = error_set(&e, ARCELLA_E_CLOSED, "gone");
    assert_string_equal(arcella_error_hint(e), "");
    assert_false(error_has_hint(e) || error_has_hint(NULL));
    error_hint(&e, r, "try '%s'", "a");
    error_hint(&e, r, "try '%s'", "b");
    error_wrap(&e, r, "call");
    assert_string_equal(arcella_error_hint(e), "try 'b'");
    assert_true(error_has_hint(e));
    ERROR_AUTO *copy = error_copy(e);
    assert_ptr_not_equal(copy, e);
    assert_string_equal(arcella_error_message(copy), "call: gone");
    assert_string_equal(arcella_error_hint(copy), "try 'b'");
}

static void system_errors_choose_the_code(void **state) {
    (void)state;
    static const struct {
        int errnum;
        int code;
        const char *message;
    } cases[] = {
        {ENOSPC, ARCELLA_E_SPACE, "write 'f': No space left on device"},
        {EDQUOT, ARCELLA_E_SPACE, "write 'f': Disk quota exceeded"},
        {ENOMEM, ARCELLA_E_NOMEM, "write 'f': Cannot allocate memory"},
        {ENOENT, ARCELLA_E_NOT_FOUND, "write 'f': No such file or directory"},
        {EACCES, ARCELLA_E_DENIED, "write 'f': Permission denied"},
        {EPERM, ARCELLA_E_DENIED, "write 'f': Operation not permitted"},
        {EIO, ARCELLA_E_SYSTEM, "write 'f': Input/output error"},
        {9999, ARCELLA_E_SYSTEM, "write 'f': unknown error of the system"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        ERROR_AUTO *e = NULL;
        assert_int_equal(error_set_errno(&e, cases[i].errnum, "write '%s'", "f"), cases[i].code);
        assert_int_equal(error_set_errno(NULL, cases[i].errnum, "write"), cases[i].code);
        assert_string_equal(arcella_error_message(e), cases[i].message);
    }
    /* A file that is not there is no component: the hint of the code would mislead. */
    ERROR_AUTO *file = NULL;
    assert_int_equal(error_set_errno(&file, ENOENT, "'x.wasm'"), ARCELLA_E_NOT_FOUND);
    assert_string_equal(arcella_error_hint(file), "check the path");
    ERROR_AUTO *component = NULL;
    assert_int_equal(error_set(&component, ARCELLA_E_NOT_FOUND, "no component 'x'"), ARCELLA_E_NOT_FOUND);
    assert_non_null(strstr(arcella_error_hint(component), "list components"));
}

static void long_sentences_are_cut_between_characters(void **state) {
    (void)state;
    /* Each shift moves the cut to another byte of the three of "€". */
    for (size_t shift = 0; shift < 4; shift++) {
        BUFFER_AUTO text = BUFFER_INIT(64 * KIB);
        for (size_t i = 0; i < shift; i++)
            assert_int_equal(buffer_text(&text, "a", NULL), 0);
        for (size_t i = 0; i < 5000; i++)
            assert_int_equal(buffer_text(&text, "€", NULL), 0);
        ERROR_AUTO *e = NULL;
        error_set(&e, ARCELLA_E_INVALID, "%s", text.data);
        for (int depth = 0; depth < 2; depth++) {
            const char *m = arcella_error_message(e);
            assert_true(strlen(m) < LIMIT_ERROR_BYTES);
            assert_true(strlen(m) > LIMIT_ERROR_BYTES - 16);
            assert_true(text_is_utf8(m, strlen(m)));
            assert_true(text_ends(m, "…"));
            error_wrap(&e, ARCELLA_E_INVALID, "context");
        }
        assert_true(text_starts(arcella_error_message(e), "context: context: "));
    }
}

static void what_is_not_utf8_is_replaced(void **state) {
    (void)state;
    ERROR_AUTO *e = NULL;
    error_set(&e, ARCELLA_E_INVALID, "file '%s'", "a\xff\xc3z\xe2\x82");
    assert_string_equal(arcella_error_message(e), "file 'a?"
                                                  "?z?"
                                                  "?'");
}

static void moving_hands_over_or_frees(void **state) {
    (void)state;
    arcella_error *e = NULL;
    error_set(&e, ARCELLA_E_BUSY, "x");
    ERROR_AUTO *to = NULL;
    error_set(&to, ARCELLA_E_DENIED, "old");
    assert_int_equal(error_move(&to, e), ARCELLA_E_BUSY);
    assert_ptr_equal(to, e);
    arcella_error *other = NULL;
    error_set(&other, ARCELLA_E_LIMIT, "y");
    assert_int_equal(error_move(NULL, other), ARCELLA_E_LIMIT);
}

static void no_memory_is_a_static_object(void **state) {
    (void)state;
    arcella_error *e = NULL;
    assert_int_equal(error_nomem(&e), ARCELLA_E_NOMEM);
    assert_string_equal(arcella_error_message(e), "out of memory");
    arcella_error *again = NULL;
    error_nomem(&again);
    assert_ptr_equal(e, again);
    arcella_error_free(e);
    arcella_error_free(e);
    /* Context can be put in front of it like of any other. */
    error_wrap(&again, ARCELLA_E_NOMEM, "install");
    assert_string_equal(arcella_error_message(again), "install: out of memory");
    arcella_error_free(again);
}

static int make_errors(void *user, arcella_error **reterr) {
    (void)user;
    arcella_error *e = NULL;
    int r = error_set(&e, ARCELLA_E_GROUP, "a");
    assert_int_equal(r, ARCELLA_E_GROUP);
    assert_int_equal(arcella_error_code(e), ARCELLA_E_GROUP);
    assert_int_equal(error_wrap(&e, r, "b"), ARCELLA_E_GROUP);
    assert_int_equal(arcella_error_code(e), ARCELLA_E_GROUP);
    assert_int_equal(error_hint(&e, r, "c"), ARCELLA_E_GROUP);
    arcella_error *copy = error_copy(e);
    assert_int_equal(arcella_error_code(copy), ARCELLA_E_GROUP);
    assert_true(arcella_error_message(copy)[0]);
    arcella_error_free(copy);
    arcella_error_free(e);
    (void)reterr;
    return 0;
}

static void every_failing_allocation_keeps_the_code(void **state) {
    (void)state;
    torture_alloc(make_errors, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_codes_go_both_ways),
        cmocka_unit_test(nothing_is_no_error),
        cmocka_unit_test(context_goes_in_front),
        cmocka_unit_test(a_new_error_may_quote_the_old_one),
        cmocka_unit_test(a_hint_of_its_own_survives_context),
        cmocka_unit_test(system_errors_choose_the_code),
        cmocka_unit_test(long_sentences_are_cut_between_characters),
        cmocka_unit_test(what_is_not_utf8_is_replaced),
        cmocka_unit_test(moving_hands_over_or_frees),
        cmocka_unit_test(no_memory_is_a_static_object),
        cmocka_unit_test(every_failing_allocation_keeps_the_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
