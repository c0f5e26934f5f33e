/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What denies: that it denies something, and that it does where nothing is allowed. */
#include "torture.h"

#include "catalog/grant.h"

#define GRANTS_AUTO CLEANUP(grant_set_done) struct grant_set

/* What would deny nothing, as it matches nothing, is refused; what is an address in another writing is that.
 */
static void what_could_never_match(void **state) {
    (void)state;
    static const char *const relative[] = {"fs:read:data", "fs:read:./data", "fs:read:*",
                                           "fs:read+write:*/data"};
    for (size_t i = 0; i < ARRAY_LENGTH(relative); i++) {
        GRANTS_AUTO set = {0};
        ERROR_AUTO *error = NULL;
        assert_int_equal(grant_add_rule(&set, relative[i], GRANT_DENY, GRANT_BY_OPTION, &error),
                         ARCELLA_E_INVALID);
        assert_non_null(strstr(arcella_error_message(error), "denies nothing"));
    }
    static const char *const all[] = {"fs:read:.", "fs:read:**", "fs:read:**/x", "fs:read:/"};
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
        GRANTS_AUTO set = {0};
        assert_int_equal(grant_add_rule(&set, "fs:read:/::/", GRANT_ALLOW, GRANT_BY_OPTION, NULL), 0);
        assert_int_equal(grant_add_rule(&set, all[i], GRANT_DENY, GRANT_BY_OPTION, NULL), 0);
        assert_false(grant_check(&set, GRANT_FS, GRANT_READ, TEXT("/x"), NULL));
    }
    static const struct {
        const char *written, *means, *address;
    } mapped[] = {
        {"net:connect:[::ffff:127.0.0.1]:80", "127.0.0.1:80", "127.0.0.1:80"},
        {"net:connect:[::ffff:127.9.9.9]/104:*", "127.0.0.0/8:*", "127.1.2.3:5"},
        {"net:connect:[::ffff:0.0.0.0]/96:80", "0.0.0.0/0:80", "8.8.8.8:80"},
        {"net:connect:[::ffff:7f00:1]:80", "127.0.0.1:80", "127.0.0.1:80"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(mapped); i++) {
        GRANTS_AUTO set = {0};
        assert_int_equal(grant_add_rule(&set, mapped[i].written, GRANT_ALLOW, GRANT_BY_OPTION, NULL), 0);
        assert_string_equal(set.rows[0].pattern, mapped[i].means);
        assert_true(grant_check(&set, GRANT_NET, GRANT_CONNECT, text_of(mapped[i].address), NULL));
        assert_int_equal(grant_add_rule(&set, mapped[i].written, GRANT_DENY, GRANT_BY_OPTION, NULL), 0);
        assert_false(grant_check(&set, GRANT_NET, GRANT_CONNECT, text_of(mapped[i].address), NULL));
    }
}

/* Denied is denied, whatever is allowed beside it: also nothing, and by one of several actions. */
static void denied_without_anything_allowed(void **state) {
    (void)state;
    static const struct {
        const char *row, *resource;
        unsigned actions;
        bool denied;
    } rows[] = {
        {"env:read:PW", "PW", GRANT_READ | GRANT_SECRET, true},
        {"env:secret:PW", "PW", GRANT_READ | GRANT_SECRET, true},
        {"env:read:P*", "PW", GRANT_READ | GRANT_SECRET, true},
        {"env:read:*", "PW", GRANT_SECRET | GRANT_READ, true},
        {"env:secret:*", "PW", GRANT_READ, false},
        {"env:read:PWD", "PW", GRANT_READ | GRANT_SECRET, false},
        {"args:read:x", "x", GRANT_READ | GRANT_SECRET, true},
        {"args:read:x", "y", GRANT_READ, false},
        {"fs:read:/data", "/data/x", GRANT_READ, true},
        {"fs:read:/data", "/../x", GRANT_READ, false},
        {"net:connect:10.0.0.0/8:*", "10.1.2.3:5", GRANT_CONNECT, true},
        {"net:connect:10.0.0.0/8:*", "10.1.2.3:5", GRANT_UDP, false},
        {"net:connect:10.0.0.0/8:80", "10.1.2.3:5", GRANT_CONNECT, false},
        {"net:resolve:*.example.com", "A.example.com", GRANT_RESOLVE, true},
        {"net:resolve:*.example.com", "example.org", GRANT_RESOLVE, false},
        {"net:connect:a.example.com:80", "a.example.com", GRANT_RESOLVE, false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        GRANTS_AUTO set = {0};
        enum grant_class class = GRANT_FS;
        char name[16];
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(rows[i].row, ":"), rows[i].row);
        assert_true(grant_class_find(name, &class));
        assert_int_equal(grant_add_rule(&set, rows[i].row, GRANT_DENY, GRANT_BY_OPTION, NULL), 0);
        const struct grant *row = grant_denied(&set, class, rows[i].actions, text_of(rows[i].resource));
        if ((row != NULL) != rows[i].denied)
            fail_msg("%s and '%s': not %d", rows[i].row, rows[i].resource, rows[i].denied);
        if (row)
            assert_ptr_equal(row, &set.rows[0]);
        set.rows[0].expires_ms = 1; /* over long ago */
        assert_null(grant_denied(&set, class, rows[i].actions, text_of(rows[i].resource)));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_could_never_match),
        cmocka_unit_test(denied_without_anything_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
