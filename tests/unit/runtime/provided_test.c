/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the host provides is written down: each interface stands, in its version, in a .wit of the tree.
 * WASI's are public and brought by tools/bootstrap; which of them we serve stands in the reference page,
 * which is made of the same rows, and the rows are held against the public WIT by tests of room wasi and of
 * the guests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <ftw.h>

#include "component/run/instance.h"
#include "runtime/provided.h"

/* What look() was asked for and found; nftw() has no pointer for its user. */
static struct {
    const char *interface; /* "acme:shop/till@1.0.0" */
    unsigned files;
    bool found;
} sought;

/* Does a .wit have the interface?  One word of it per line matters, as every tool formats them. */
static bool has_interface(const char *path, const char *interface) {
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char line[512], package[128] = "", version[64] = "", name[128], whole[400];
    bool found = false;
    while (!found && fgets(line, sizeof line, file)) {
        if (sscanf(line, " package %127[^@; {]%63[^; {]", package, version) == 1)
            version[0] = '\0';
        if (sscanf(line, " interface %127[^ {]", name) == 1) {
            snprintf(whole, sizeof whole, "%s/%s%s", package, name, version);
            found = strcmp(whole, interface) == 0;
        }
    }
    fclose(file);
    return found;
}

static int look(const char *path, const struct stat *status, int type, struct FTW *at) {
    (void)status;
    const char *name = path + at->base;
    if (type == FTW_D && at->level > 0 && (name[0] == '.' || strcmp(name, "build") == 0))
        return FTW_SKIP_SUBTREE;
    const char *dot = strrchr(name, '.');
    if (type != FTW_F || !dot || strcmp(dot, ".wit") != 0)
        return FTW_CONTINUE;
    sought.files++;
    sought.found = has_interface(path, sought.interface);
    return sought.found ? FTW_STOP : FTW_CONTINUE;
}

/* A heading of its own. */
static bool in_the_reference(const char *interface) {
    FILE *file = fopen(SOURCE_ROOT "/docs/reference/wasi-p2.md", "re");
    assert_non_null(file);
    char line[1024], heading[256];
    bool found = false;
    snprintf(heading, sizeof heading, "## %s\n", interface);
    while (!found && fgets(line, sizeof line, file))
        found = strcmp(line, heading) == 0;
    fclose(file);
    return found;
}

static bool in_some_wit(const char *interface) {
    sought.interface = interface;
    sought.files = 0;
    sought.found = false;
    assert_int_not_equal(nftw(SOURCE_ROOT, look, 16, FTW_PHYS | FTW_ACTIONRETVAL), -1);
    return sought.found;
}

/* The looking itself: what is there is found, by package, name and version; what is not there is not. */
static void test_interfaces_are_found(void **state) {
    (void)state;
    assert_true(in_some_wit("acme:shop/till@1.0.0"));
    assert_true(in_some_wit("test:texts/words"));
    assert_false(in_some_wit("acme:shop/till"));
    assert_true(sought.files >= 5);
    assert_false(in_some_wit("acme:shop/till@1.0.1"));
    assert_false(in_some_wit("acme:shop/words@1.0.0"));
    assert_false(in_some_wit("test:texts/word"));
    assert_false(in_some_wit(""));
    assert_true(in_the_reference("wasi:io/poll@0.2.12"));
    assert_false(in_the_reference("wasi:io/poll@0.2.13"));
    assert_false(in_the_reference("wasi:http/types@0.2.12"));
}

static void test_what_is_provided_is_in_a_wit(void **state) {
    (void)state;
    size_t rows = 0;
    for (const char *interface; (interface = runtime_provided_interface(rows)); rows++) {
        bool is_wasi = strncmp(interface, "wasi:", 5) == 0;
        if (is_wasi ? !in_the_reference(interface) : !in_some_wit(interface))
            fail_msg("%s is provided, and it is written nowhere", interface);
    }
    /* The walk saw each row that is bound. */
    struct component_bindings *bindings = NULL;
    assert_int_equal(runtime_provided(&bindings, NULL), 0);
    assert_int_equal(bindings_changes(bindings), rows);
    component_bindings_unref(bindings);
    assert_true(rows > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interfaces_are_found),
        cmocka_unit_test(test_what_is_provided_is_in_a_wit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
