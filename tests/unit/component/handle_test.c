/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Handle tables and scopes: what a guest may name, lend, drop; and a long random run against a plain model.
 */
#include "component/fake_guest.h"

struct fixture {
    struct handle_table table, other;
    struct abi_call call;
};

static void fixture_init(struct fixture *f) {
    handle_table_init(&f->table, "guest", fake_resources, ARRAY_LENGTH(fake_resources));
    handle_table_init(&f->other, "other", fake_resources, ARRAY_LENGTH(fake_resources));
    abi_call_init(&f->call, 0, NULL, NULL);
}

static void fixture_done(struct fixture *f) {
    abi_call_done(&f->call);
    handle_table_done(&f->table);
    handle_table_done(&f->other);
}

static uint32_t add(struct fixture *f, uint32_t resource, uint32_t rep) {
    uint32_t index;
    assert_int_equal(handle_add_own(&f->table, &f->call, resource, rep, &index), 0);
    return index;
}

static void faults(struct fixture *f, int r, enum abi_fault_kind kind, const char *words) {
    assert_int_equal(r, ABI_FAULT);
    assert_int_equal(f->call.fault.kind, kind);
    if (!strstr(f->call.fault.message, words))
        fail_msg("%s", f->call.fault.message);
    f->call.fault.kind = ABI_FAULT_NONE;
}

static void indices_begin_at_one_and_come_back_last_first(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    uint32_t rep;
    assert_int_equal(add(&f, 0, 10), 1);
    assert_int_equal(add(&f, 0, 20), 2);
    assert_int_equal(add(&f, 0, 30), 3);
    assert_int_equal(handle_lift_own(&f.table, &f.call, 0, 1, &rep), 0);
    assert_int_equal(rep, 10);
    assert_int_equal(handle_lift_own(&f.table, &f.call, 0, 3, &rep), 0);
    assert_int_equal(add(&f, 0, 40), 3);
    assert_int_equal(add(&f, 0, 50), 1);
    assert_int_equal(add(&f, 0, 60), 4);
    assert_int_equal(f.table.count, 4);
    fixture_done(&f);
}

static void what_is_not_there_is_named(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    uint32_t rep;
    bool own;
    faults(&f, handle_rep(&f.table, &f.call, 0, 0, &rep), ABI_FAULT_HANDLE, "unknown handle index 0");
    uint32_t index = add(&f, 1, 7);
    faults(&f, handle_rep(&f.table, &f.call, 0, index, &rep), ABI_FAULT_HANDLE_TYPE,
           "it is a 'file', expected a 'thing'");
    static const uint32_t unknown[] = {0, 2, 15, 16, 1u << 28, UINT32_MAX};
    for (size_t i = 0; i < ARRAY_LENGTH(unknown); i++) {
        faults(&f, handle_rep(&f.table, &f.call, 1, unknown[i], &rep), ABI_FAULT_HANDLE, "'file'");
        faults(&f, handle_lift_own(&f.table, &f.call, 1, unknown[i], &rep), ABI_FAULT_HANDLE, "'file'");
        faults(&f, handle_lift_borrow(&f.table, &f.call, 1, unknown[i], &rep), ABI_FAULT_HANDLE, "'file'");
        faults(&f, handle_drop(&f.table, &f.call, 1, unknown[i], &own, &rep), ABI_FAULT_HANDLE, "'file'");
    }
    assert_int_equal(handle_drop(&f.table, &f.call, 1, index, &own, &rep), 0);
    assert_true(own);
    assert_int_equal(rep, 7);
    faults(&f, handle_drop(&f.table, &f.call, 1, index, &own, &rep), ABI_FAULT_HANDLE, "unknown handle");
    fixture_done(&f);
}

/* Borrows end with their scope wherever they stand among those dropped before, in a table of a guest and of
 * the host. */
static void borrows_end_with_their_scope(void **state) {
    (void)state;
    enum { COUNT = 6 };
    for (unsigned dropped = 0; dropped < 1u << COUNT; dropped++) {
        struct fixture f;
        fixture_init(&f);
        if (dropped & 1)
            f.table.instance = NULL; /* the host's; of the resource 0, that somebody else defines */
        uint32_t at[COUNT], rep, kept = add(&f, 0, 99);
        bool own;
        for (uint32_t i = 0; i < COUNT; i++)
            assert_int_equal(handle_lower_borrow(&f.table, &f.call, 0, i, &at[i]), 0);
        for (uint32_t i = 0; i < COUNT; i++) {
            uint32_t n = i * 5 % COUNT; /* in some order */
            if (dropped & 1u << n)
                assert_int_equal(handle_drop(&f.table, &f.call, 0, at[n], &own, &rep), 0);
        }
        uint32_t left = COUNT - (uint32_t)__builtin_popcount(dropped);
        assert_int_equal(f.call.scope.borrows, left);
        abi_call_done(&f.call);
        assert_int_equal(f.call.scope.borrows, 0);
        assert_int_equal(f.table.count, 1 + (f.table.instance ? left : 0));
        for (uint32_t i = 0; i < COUNT; i++)
            assert_null(f.table.entries[at[i]].scope);
        assert_int_equal(handle_lift_own(&f.table, &f.call, 0, kept, &rep), 0);
        assert_int_equal(rep, 99);
        fixture_done(&f);
    }
}

/* The end of a call costs what the call lent, not what the host holds: this would take minutes otherwise. */
static void a_large_table_does_not_slow_calls(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    f.table.instance = NULL;
    for (uint32_t i = 0; i < 400000; i++)
        (void)add(&f, 0, i);
    for (uint32_t i = 0; i < 100000; i++) {
        uint32_t index;
        assert_int_equal(handle_lower_borrow(&f.table, &f.call, 0, i, &index), 0);
        abi_call_done(&f.call);
    }
    assert_int_equal(f.table.count, 400000);
    assert_int_equal(f.table.length, 400002);
    fixture_done(&f);
}

static void what_is_lent_stays(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    uint32_t rep, index = add(&f, 0, 7);
    bool own;
    for (int i = 0; i < 50; i++) /* more than fit beside the scope */
        assert_int_equal(handle_lift_borrow(&f.table, &f.call, 0, index, &rep), 0);
    assert_int_equal(f.call.scope.lends, 50);
    faults(&f, handle_drop(&f.table, &f.call, 0, index, &own, &rep), ABI_FAULT_HANDLE_LENT, "dropped");
    faults(&f, handle_lift_own(&f.table, &f.call, 0, index, &rep), ABI_FAULT_HANDLE_LENT, "'thing'");
    abi_call_done(&f.call);
    assert_int_equal(f.table.entries[index].lends, 0);
    assert_int_equal(handle_drop(&f.table, &f.call, 0, index, &own, &rep), 0);
    fixture_done(&f);
}

static void borrows_belong_to_their_call(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    uint32_t index, rep;
    bool own;
    assert_int_equal(handle_lower_borrow(&f.other, &f.call, 0, 7, &index), 0);
    faults(&f, handle_lift_own(&f.other, &f.call, 0, index, &rep), ABI_FAULT_HANDLE_BORROWED, "borrowed");
    faults(&f, handle_scope_check(&f.call), ABI_FAULT_BORROWS_LEFT, "1 borrowed");
    assert_int_equal(handle_drop(&f.other, &f.call, 0, index, &own, &rep), 0);
    assert_false(own);
    assert_int_equal(handle_scope_check(&f.call), 0);
    /* A call that failed leaves its borrow behind; dropping it later touches no scope that is gone. */
    assert_int_equal(handle_lower_borrow(&f.other, &f.call, 0, 8, &index), 0);
    abi_call_done(&f.call);
    memset(&f.call.scope, 0xee, sizeof(f.call.scope));
    assert_int_equal(handle_drop(&f.other, &f.call, 0, index, &own, &rep), 0);
    assert_int_equal(f.call.scope.borrows, 0xeeeeeeee);
    handle_scope_init(&f.call.scope);
    fixture_done(&f);
}

static void who_defines_a_resource_gets_the_rep(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct handle_table owner;
    handle_table_init(&owner, fake_resources[0].defined_by, fake_resources, ARRAY_LENGTH(fake_resources));
    uint32_t index;
    assert_int_equal(handle_lower_borrow(&owner, &f.call, 0, 4711, &index), 0);
    assert_int_equal(index, 4711);
    assert_int_equal(owner.count, 0);
    assert_int_equal(handle_scope_check(&f.call), 0);
    handle_table_done(&owner);
    fixture_done(&f);
}

static void the_host_holds_what_is_not_its_own(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct handle_table host;
    handle_table_init(&host, NULL, fake_resources, ARRAY_LENGTH(fake_resources));
    uint32_t held, index = add(&f, 0, 70), file = add(&f, 1, 80);
    faults(&f, handle_own_to_host(&f.table, &f.call, 0, index, &held), ABI_FAULT_VALUE, "keeps no handles");
    index = add(&f, 0, 71);
    f.call.host = &host;
    assert_int_equal(handle_borrow_to_host(&f.table, &f.call, 0, index, &held), 0);
    assert_int_equal(host.count, 1);
    assert_int_equal(handle_scope_check(&f.call), 0); /* the host's borrows end by themselves */
    abi_call_done(&f.call);
    assert_int_equal(host.count, 0);
    assert_int_equal(handle_own_to_host(&f.table, &f.call, 0, index, &held), 0);
    assert_int_equal(host.entries[held].rep, 71);
    assert_int_equal(handle_borrow_from_host(&f.other, &f.call, 0, held, &index), 0);
    faults(&f, handle_own_from_host(&f.other, &f.call, 0, held, &index), ABI_FAULT_HANDLE_LENT, "thing");
    abi_call_done(&f.call);
    assert_int_equal(handle_own_from_host(&f.other, &f.call, 0, held, &index), 0);
    faults(&f, handle_own_from_host(&f.other, &f.call, 0, held, &index), ABI_FAULT_HANDLE, "unknown");
    /* The rep of a resource of the host's own goes through. */
    assert_int_equal(handle_own_to_host(&f.table, &f.call, 1, file, &held), 0);
    assert_int_equal(held, 80);
    assert_int_equal(handle_own_from_host(&f.table, &f.call, 1, 81, &index), 0);
    assert_int_equal(f.table.entries[index].rep, 81);
    handle_table_done(&host);
    fixture_done(&f);
}

static void a_table_is_full_at_its_limit(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    for (uint32_t i = 1; i < LIMIT_HANDLES; i++)
        add(&f, 0, i);
    uint32_t index, rep;
    faults(&f, handle_add_own(&f.table, &f.call, 0, 1, &index), ABI_FAULT_HANDLES_FULL, "524287");
    assert_int_equal(abi_fault_end(ABI_FAULT_HANDLES_FULL), ENGINE_END_LIMIT);
    assert_int_equal(handle_lift_own(&f.table, &f.call, 0, 1000, &rep), 0);
    assert_int_equal(add(&f, 0, 5), 1000);
    fixture_done(&f);
}

/* Many tables, one bound; what an entry took it keeps, as its table does. */
static void tables_of_a_store_share_their_room(void **state) {
    (void)state;
    struct fixture f;
    struct handle_room room = {.entries = 0};
    uint32_t index, rep;
    fixture_init(&f);
    f.table.room = f.other.room = &room;
    for (uint32_t i = 0; i < 500000; i++)
        add(&f, 0, i);
    for (uint32_t i = 500000; i < LIMIT_HANDLES - 1; i++)
        assert_int_equal(handle_add_own(&f.other, &f.call, 0, i, &index), 0);
    faults(&f, handle_add_own(&f.other, &f.call, 0, 1, &index), ABI_FAULT_HANDLES_FULL, "524287");
    assert_int_equal(handle_lift_own(&f.table, &f.call, 0, 500000, &rep), 0);
    assert_int_equal(rep, 499999);
    faults(&f, handle_add_own(&f.other, &f.call, 0, 1, &index), ABI_FAULT_HANDLES_FULL, "524287");
    assert_int_equal(add(&f, 0, 8), 500000);
    /* moved where there is no room, an own handle stays where it was */
    uint32_t count = f.table.count;
    faults(&f, handle_move_own(&f.table, &f.other, &f.call, 0, 77, &index), ABI_FAULT_HANDLES_FULL, "");
    assert_int_equal(f.table.count, count);
    assert_int_equal(handle_rep(&f.table, &f.call, 0, 77, &rep), 0);
    assert_int_equal(rep, 76);
    fixture_done(&f);
}

/* Calls in calls that lend the same handle, each of them within its own bound. */
static void lends_of_a_store_share_their_room(void **state) {
    (void)state;
    struct fixture f;
    struct handle_room room = {.entries = 0};
    struct abi_call inner;
    uint32_t rep;
    fixture_init(&f);
    f.table.room = &room;
    uint32_t index = add(&f, 0, 5);
    for (uint32_t i = 0; i < LIMIT_HANDLE_LENDS - 10; i++)
        assert_int_equal(handle_lift_borrow(&f.table, &f.call, 0, index, &rep), 0);
    abi_call_init(&inner, 0, NULL, NULL);
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(handle_lift_borrow(&f.table, &inner, 0, index, &rep), 0);
    assert_int_equal(handle_lift_borrow(&f.table, &inner, 0, index, &rep), ABI_FAULT);
    assert_int_equal(inner.fault.kind, ABI_FAULT_HANDLES_FULL);
    abi_call_done(&inner);
    assert_int_equal(room.lends, LIMIT_HANDLE_LENDS - 10);
    assert_int_equal(handle_lift_borrow(&f.table, &f.call, 0, index, &rep), 0);
    handle_scope_release(&f.call.scope);
    assert_int_equal(room.lends, 0);
    fixture_done(&f);
}

static int build(void *user, arcella_error **reterr) {
    (void)user;
    struct fixture f;
    fixture_init(&f);
    uint32_t index, rep;
    int r = 0;
    for (uint32_t i = 0; i < 40 && !r; i++)
        r = handle_add_own(&f.table, &f.call, 0, i, &index);
    for (uint32_t i = 1; i < 40 && !r; i++)
        r = handle_lift_borrow(&f.table, &f.call, 0, i, &rep);
    if (r)
        assert_int_equal(f.call.fault.kind, ABI_FAULT_NOMEM);
    r = r ? error_set(reterr, abi_fault_error(f.call.fault.kind), "%s", f.call.fault.message) : 0;
    fixture_done(&f);
    return r;
}

static void no_memory_is_told(void **state) {
    (void)state;
    torture_alloc(build, NULL);
}

/* A model: the entries as a plain array, the free list as a stack. */
static void a_random_run_goes_as_the_model(void **state) {
    (void)state;
    enum { STEPS = 200000, MOST = 300 };
    static struct {
        bool used;
        uint32_t resource, rep;
    } model[MOST + 1];
    static uint32_t freed[MOST];
    uint32_t free_count = 0, length = 1, seed = 42;
    memset(model, 0, sizeof(model));
    struct fixture f;
    fixture_init(&f);
    for (int step = 0; step < STEPS; step++) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t what = seed >> 30, resource = seed >> 29 & 1, at = (seed >> 8) % (MOST + 20), rep, got;
        bool own;
        if (what < 2 && (free_count || length <= MOST)) {
            uint32_t expected = free_count ? freed[--free_count] : length++;
            assert_int_equal(add(&f, resource, seed), expected);
            model[expected].used = true;
            model[expected].resource = resource;
            model[expected].rep = seed;
            continue;
        }
        bool known = at <= MOST && model[at].used && model[at].resource == resource;
        int r = what == 2 ? handle_drop(&f.table, &f.call, resource, at, &own, &got)
                          : handle_rep(&f.table, &f.call, resource, at, &got);
        assert_int_equal(r, known ? 0 : ABI_FAULT);
        f.call.fault.kind = ABI_FAULT_NONE;
        rep = known ? model[at].rep : 0;
        if (known)
            assert_int_equal(got, rep);
        if (known && what == 2) {
            model[at].used = false;
            freed[free_count++] = at;
        }
    }
    fixture_done(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(indices_begin_at_one_and_come_back_last_first),
        cmocka_unit_test(what_is_not_there_is_named),
        cmocka_unit_test(borrows_end_with_their_scope),
        cmocka_unit_test(a_large_table_does_not_slow_calls),
        cmocka_unit_test(what_is_lent_stays),
        cmocka_unit_test(borrows_belong_to_their_call),
        cmocka_unit_test(who_defines_a_resource_gets_the_rep),
        cmocka_unit_test(the_host_holds_what_is_not_its_own),
        cmocka_unit_test(a_table_is_full_at_its_limit),
        cmocka_unit_test(tables_of_a_store_share_their_room),
        cmocka_unit_test(lends_of_a_store_share_their_room),
        cmocka_unit_test(no_memory_is_told),
        cmocka_unit_test(a_random_run_goes_as_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
