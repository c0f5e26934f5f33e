/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The rows of WASI 0.2 and what is made from them: each import of the public WIT is served with its type,
 * errors have both codes, and the reference page is what the rows say (written anew with ARCELLA_UPDATE=1).
 */
#include "wasi/p2/rig.h"

#include <libgen.h>

#include "host/tcp.h"

/* The guest is typed by the public WIT: where it links, the types of the rows are those. */
static void each_import_is_served(void **state) {
    (void)state;
    uint32_t count = component_import_count(rig_component), funcs = 0, resources = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct component_import *import = component_import_at(rig_component, i);
        char nearest[LIMIT_INTERFACE_BYTES];
        if (component_import_match(rig_component, rig_bindings, import, nearest, sizeof nearest) !=
            COMPONENT_PROVIDED)
            fail_msg("%.*s %.*s: %s", (int)import->interface.length, import->interface.data,
                     (int)import->name.length, import->name.data, nearest);
        funcs += import->kind == COMPONENT_IMPORT_FUNC;
        resources += import->kind == COMPONENT_IMPORT_RESOURCE;
    }
    assert_int_equal(funcs, p2_rows_count);
    assert_int_equal(resources, P2_KINDS - 1);
}

static bool row_is_imported(const struct p2_row *row) {
    for (size_t i = 0; i < ARRAY_LENGTH(guest_imports); i++)
        if (strcmp(guest_imports[i].name, row->name) == 0 &&
            text_starts(row->interface, guest_imports[i].interface))
            return true;
    return false;
}

static void each_row_is_in_the_wit(void **state) {
    (void)state;
    for (size_t i = 0; i < p2_rows_count; i++) {
        if (!row_is_imported(&p2_rows[i]))
            fail_msg("%s %s is no function of the WIT", p2_rows[i].interface, p2_rows[i].name);
        for (size_t n = 0; n < i; n++)
            assert_string_not_equal(p2_rows[i].function, p2_rows[n].function);
        assert_true(strlen(p2_rows[i].doc) > 10 && text_ends(p2_rows[i].doc, "."));
    }
    size_t interfaces = 0;
    while (wasi_p2_interface(interfaces))
        interfaces++;
    assert_int_equal(interfaces, p2_rows_count + P2_KINDS - 1);
}

/* --- errors --- */

static void errors_have_both_codes(void **state) {
    (void)state;
    static const struct {
        int host;
        const char *file, *socket;
    } some[] = {
        {HOST_E_ACCES, "access", "access-denied"},
        {HOST_E_PERM, "not-permitted", "access-denied"},
        {HOST_E_NOTCAPABLE, "not-permitted", "access-denied"},
        {HOST_E_NOENT, "no-entry", "unknown"},
        {HOST_E_ROFS, "read-only", "unknown"},
        {HOST_E_XDEV, "cross-device", "unknown"},
        {HOST_E_LOOP, "loop", "unknown"},
        {HOST_E_MFILE, "insufficient-memory", "new-socket-limit"},
        {HOST_E_AGAIN, "would-block", "would-block"},
        {HOST_E_ALREADY, "already", "concurrency-conflict"},
        {HOST_E_SRCH, "no-entry", "not-in-progress"},
        {HOST_E_ISCONN, "invalid", "invalid-state"},
        {HOST_E_CONNREFUSED, "io", "connection-refused"},
        {HOST_E_NETUNREACH, "io", "remote-unreachable"},
        {HOST_E_MSGSIZE, "message-size", "datagram-too-large"},
        {HOST_E_ADDRINUSE, "io", "address-in-use"},
        {HOST_E_ADDRNOTAVAIL, "io", "address-not-bindable"},
        {HOST_E_TIMEDOUT, "io", "timeout"},
        {0, "io", "unknown"},
        {HOST_STOP, "io", "unknown"},
        {HOST_ERRORS, "io", "unknown"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(some); i++) {
        assert_string_equal(p2_file_error_name(p2_file_error(some[i].host)), some[i].file);
        assert_string_equal(p2_socket_error_name(p2_socket_error(some[i].host)), some[i].socket);
    }
    /* What the state machines tell by errors of another meaning. */
    assert_int_equal(p2_socket_error(HOST_TCP_NOT_IN_PROGRESS), P2_SOCKET_NOT_IN_PROGRESS);
    assert_int_equal(p2_socket_error(HOST_TCP_INVALID_STATE), P2_SOCKET_INVALID_STATE);
    assert_int_equal(p2_socket_error(HOST_UDP_NOT_IN_PROGRESS), P2_SOCKET_NOT_IN_PROGRESS);
    assert_int_equal(p2_socket_error(HOST_UDP_INVALID_STATE), P2_SOCKET_INVALID_STATE);
    for (int e = HOST_OK + 1; e < HOST_ERRORS; e++) {
        assert_in_range(p2_file_error(e), 0, P2_FILE_ERRORS - 1);
        assert_in_range(p2_socket_error(e), 0, P2_SOCKET_ERRORS - 1);
    }
    assert_string_equal(p2_file_error_name(P2_FILE_ERRORS), "?");
    assert_string_equal(p2_socket_error_name(P2_SOCKET_ERRORS), "?");
}

static void lookups_have_errors_of_their_own(void **state) {
    (void)state;
    assert_int_equal(p2_lookup_error(HOST_LOOKUP_NO_NAME), P2_SOCKET_NAME_UNRESOLVABLE);
    assert_int_equal(p2_lookup_error(HOST_LOOKUP_TEMPORARY), P2_SOCKET_TEMPORARY_RESOLVER_FAILURE);
    assert_int_equal(p2_lookup_error(HOST_LOOKUP_PERMANENT), P2_SOCKET_PERMANENT_RESOLVER_FAILURE);
    assert_int_equal(p2_lookup_error(HOST_E_INPROGRESS), P2_SOCKET_WOULD_BLOCK);
    assert_int_equal(p2_lookup_error(HOST_E_NOTCAPABLE), P2_SOCKET_ACCESS_DENIED);
    assert_int_equal(p2_lookup_error(HOST_E_INVAL), P2_SOCKET_INVALID_ARGUMENT);
}

/* --- the page --- */

static void page_is_what_the_rows_say(void **state) {
    (void)state;
    char here[PATH_MAX], page[PATH_MAX + 64];
    assert_true(text_copy(here, sizeof here, __FILE__));
    snprintf(page, sizeof page, "%s/../../../docs/reference/wasi-p2.md", dirname(here));
    BUFFER_AUTO made = BUFFER_INIT(4 * MIB);
    BUFFER_AUTO there = BUFFER_INIT(4 * MIB);
    assert_done(wasi_p2_reference(&made, reterr));
    if (getenv("ARCELLA_UPDATE"))
        assert_done(file_write_atomic(AT_FDCWD, page, 0644, made.data, made.length, reterr));
    FD_AUTO fd = open(page, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_done(fd_read_all(fd, 4 * MIB, &there, reterr));
    assert_int_equal(made.length, there.length);
    assert_memory_equal(made.data, there.data, made.length);
}

/* What it costs to offer all of it, for people who look at the log of this test. */
static void offering_is_timed(void **state) {
    (void)state;
    enum { TIMES = 200 };
    uint64_t begin_ns = clock_monotonic_ns();
    for (unsigned i = 0; i < TIMES; i++) {
        struct component_bindings *bindings = component_bindings_new();
        assert_non_null(bindings);
        assert_done(wasi_p2_offer(bindings, reterr));
        component_bindings_unref(bindings);
    }
    print_message("offered in %llu us\n",
                  (unsigned long long)((clock_monotonic_ns() - begin_ns) / TIMES / 1000));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_import_is_served),     cmocka_unit_test(each_row_is_in_the_wit),
        cmocka_unit_test(errors_have_both_codes),    cmocka_unit_test(lookups_have_errors_of_their_own),
        cmocka_unit_test(page_is_what_the_rows_say), cmocka_unit_test(offering_is_timed),
    };
    return cmocka_run_group_tests(tests, rig_open, rig_close);
}
