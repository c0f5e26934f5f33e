/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Numbers: lowest free first, the limit with its one line, renumbering, and a random run against a plain
 * model. */
#include "rig.h"

#include "host/table.h"

static struct host_file *thing(struct rig *rig) {
    struct host_file *file = NULL;
    assert_host(host_null_new(rig->host, HOST_READ, &file), 0);
    return file;
}

static uint32_t add(struct rig *rig, struct host_table *table) {
    uint32_t number = UINT32_MAX;
    uint64_t words[2] = {7, 8};
    assert_host(host_table_add(table, thing(rig), words, &number), 0);
    return number;
}

static void test_numbers(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    struct host_table *table = NULL;
    assert_int_equal(host_table_new(rig.host, &table, NULL), 0);
    assert_null(host_table_get(table, 0));
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(add(&rig, table), i);
    assert_host(host_table_close(table, 12), 0);
    assert_host(host_table_close(table, 3), 0);
    assert_host(host_table_close(table, 3), HOST_E_BADF);
    assert_host(host_table_close(table, UINT32_MAX), HOST_E_BADF);
    assert_null(host_table_get(table, 3));
    assert_int_equal(add(&rig, table), 3);
    assert_int_equal(add(&rig, table), 12);
    assert_int_equal(add(&rig, table), 20);
    assert_int_equal(host_table_get(table, 12)->words[1], 8);
    /* renumber closes what is there and frees what it came from */
    struct host_file *moved = host_table_get(table, 15)->file;
    assert_host(host_table_renumber(table, 15, 2), 0);
    assert_ptr_equal(host_table_get(table, 2)->file, moved);
    assert_null(host_table_get(table, 15));
    assert_host(host_table_renumber(table, 15, 2), HOST_E_BADF);
    assert_host(host_table_renumber(table, 2, 15), HOST_E_BADF);
    assert_host(host_table_renumber(table, 2, 5000), HOST_E_BADF);
    assert_host(host_table_renumber(table, 2, 2), 0);
    assert_int_equal(host_table_count(table), 20);
    assert_int_equal(host_figures(rig.host).files_open, 20);
    table = host_table_free(table);
    rig_done(&rig);
}

static void test_limit(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 10);
    struct host_table *table = NULL;
    assert_int_equal(host_table_new(rig.host, &table, NULL), 0);
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(add(&rig, table), i);
    struct host_file *more = thing(&rig);
    uint32_t number;
    for (int i = 0; i < 3; i++) {
        assert_host(host_table_add(table, more, NULL, &number), HOST_E_MFILE);
        assert_host(host_table_room(table), HOST_E_MFILE);
    }
    assert_int_equal(rig.notices, 1);
    assert_non_null(strstr(rig.notice, "10"));
    assert_host(host_table_close(table, 4), 0);
    assert_host(host_table_add(table, more, NULL, &number), 0);
    assert_int_equal(number, 4);
    assert_int_equal(host_table_get(table, 4)->words[0], 0);
    host_table_free(table);
    rig_done(&rig);
}

static void test_budget(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    struct host_table *table = NULL;
    struct host_file *file = NULL;
    uint32_t number;
    assert_int_equal(host_table_new(rig.host, &table, NULL), 0);
    assert_host(host_null_new(rig.host, HOST_READ, &file), 0);
    rig.budget.limit_bytes = rig.budget.used_bytes;
    assert_host(host_table_add(table, file, NULL, &number), HOST_E_NOMEM);
    struct host_file *other = NULL;
    assert_host(host_null_new(rig.host, HOST_READ, &other), HOST_E_NOMEM);
    host_file_unref(file);
    host_table_free(table);
    rig_done(&rig);
}

#define MODEL 64
static void test_random(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, MODEL);
    struct host_table *table = NULL;
    assert_int_equal(host_table_new(rig.host, &table, NULL), 0);
    struct host_file *model[MODEL] = {0};
    uint32_t count = 0, seed = 12345;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t a = seed >> 8 & (MODEL - 1), b = seed >> 16 & (MODEL - 1);
        if (seed >> 30 < 2 && count < MODEL) {
            uint32_t lowest = 0, number;
            while (model[lowest])
                lowest++;
            model[lowest] = thing(&rig);
            assert_host(host_table_add(table, model[lowest], NULL, &number), 0);
            assert_int_equal(number, lowest);
            count++;
        } else if (seed >> 30 == 2) {
            assert_host(host_table_close(table, a), model[a] ? 0 : HOST_E_BADF);
            count -= model[a] != NULL;
            model[a] = NULL;
        } else {
            assert_host(host_table_renumber(table, a, b), model[a] && model[b] ? 0 : HOST_E_BADF);
            if (model[a] && model[b] && a != b) {
                model[b] = model[a];
                model[a] = NULL;
                count--;
            }
        }
        assert_int_equal(host_table_count(table), count);
        struct host_slot *slot = host_table_get(table, b);
        assert_ptr_equal(slot ? slot->file : NULL, model[b]);
    }
    host_table_free(table);
    rig_done(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
