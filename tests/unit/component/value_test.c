/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Values: fitting them to types, packed lists, comparing, what an arena's limit does. */
#include <math.h>

#include "component/fake_guest.h"

struct fixture {
    struct fake_types types;
    struct arena arena;
    const struct type *type; /* of the torture */
};

static void fixture_init(struct fixture *f) {
    fake_types_init(&f->types);
    f->arena = (struct arena){.limit_bytes = 1 * MIB};
}

static void fixture_done(struct fixture *f) {
    arena_done(&f->arena);
    fake_types_done(&f->types);
}

static struct value fits(struct fixture *f, const char *type, struct value value) {
    struct value ret = {.kind = TYPE_KINDS};
    ERROR_AUTO *error = NULL;
    if (value_fit(fake_type(&f->types, type), &value, &f->arena, &ret, &error))
        fail_msg("%s: %s", type, arcella_error_message(error));
    return ret;
}

static void refused(struct fixture *f, const char *type, struct value value, int code, const char *words) {
    struct value ret;
    ERROR_AUTO *error = NULL;
    assert_int_equal(value_fit(fake_type(&f->types, type), &value, &f->arena, &ret, &error), code);
    if (strcmp(arcella_error_message(error), words))
        fail_msg("%s: '%s'", type, arcella_error_message(error));
}

static void what_does_not_fit_is_told_with_its_place(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    const int bad = ARCELLA_E_INVALID;
    struct value text = value_text("x", 1), number = value_unsigned(TYPE_U8, 3);
    struct value two[] = {number, text}, entry[] = {number, text, number, number};
    refused(&f, "A", text, bad, "expected u8, got string");
    refused(&f, "A", value_unsigned(TYPE_U8, 256), bad, "not in the range of u8");
    refused(&f, "a", value_signed(TYPE_S8, 128), bad, "not in the range of s8");
    refused(&f, "h", value_signed(TYPE_S16, -32769), bad, "not in the range of s16");
    refused(&f, "C", value_unsigned(TYPE_CHAR, 0xd800), bad, "not in the range of char");
    refused(&f, "F3;", value_unsigned(TYPE_FLAGS, 8), bad, "not in the range of flags");
    refused(&f, "e3;", value_case(TYPE_ENUM, 3, NULL), bad, "not in the range of enum");
    refused(&f, "s", value_text("\xff", 1), bad, "a string is not valid utf-8");
    refused(&f, "(AA)", value_items(TYPE_TUPLE, two, 2), bad, "field 1: expected u8, got string");
    refused(&f, "(A)", value_items(TYPE_TUPLE, two, 2), bad, "expected tuple of 1 fields, got 2");
    refused(&f, "[A]", value_items(TYPE_LIST, two, 2), bad, "element 1: expected u8, got string");
    refused(&f, "[s]", value_items(TYPE_LIST, two, 2), bad, "element 0: expected string, got u8");
    refused(&f, "[s]", value_packed("xx", 2), bad, "a list of this type cannot be given as bytes");
    refused(&f, "[C]", value_packed("\0\0\x11\0", 1), bad, "element 0: not in the range of char");
    refused(&f, "{As}", value_items(TYPE_MAP, entry, 2), bad, "value of entry 1: expected string, got u8");
    refused(&f, "os", value_case(TYPE_OPTION, 1, NULL), bad, "case 'some': expected a payload");
    refused(&f, "os", value_case(TYPE_OPTION, 0, &text), bad, "case 'none': expected no payload");
    refused(&f, "<-s>", value_case(TYPE_VARIANT, 1, &number), bad, "case 'b': expected string, got u8");
    refused(&f, "<-s>", value_case(TYPE_VARIANT, 2, NULL), bad, "case 2 of variant, which has 2");
    refused(&f, "!", value_handle(TYPE_OWN, 5, 1), bad, "a handle of another resource");
    refused(&f, "A", (struct value){.kind = 200}, bad, "expected u8, got no value");
    refused(&f, "[L]", value_packed("", 1u << 28), ARCELLA_E_LIMIT,
            "268435456 elements take 2147483648 bytes, at most 268435455 are allowed");
    fixture_done(&f);
}

static void lists_of_plain_data_are_packed(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct value numbers[] = {value_unsigned(TYPE_U16, 1), value_unsigned(TYPE_U16, 0xfffe)};
    struct value list = fits(&f, "[H]", value_items(TYPE_LIST, numbers, 2));
    assert_true(list.packed);
    assert_memory_equal(list.bytes, "\1\0\xfe\xff", 4);
    struct value fields[] = {value_unsigned(TYPE_U8, 7), value_signed(TYPE_S32, -2)};
    struct value record = value_items(TYPE_TUPLE, fields, 2);
    const struct type *type = fake_type(&f.types, "[(Aw)]");
    list = fits(&f, "[(Aw)]", value_items(TYPE_LIST, &record, 1));
    assert_true(list.packed);
    assert_memory_equal(list.bytes, "\7\0\0\0\xfe\xff\xff\xff", 8);
    struct value item;
    assert_int_equal(value_item(type, &list, 0, &f.arena, &item, NULL), 0);
    assert_true(value_equal(type->fields[0].type, &item, &record));
    struct value given = value_items(TYPE_LIST, &record, 1);
    assert_true(value_equal(type, &list, &given));
    assert_true(value_equal(type, &given, &list));
    fields[1].s64 = -3;
    assert_false(value_equal(type, &list, &given));
    list = fits(&f, "[b]", value_packed("\0\2\xff", 3));
    assert_memory_equal(list.bytes, "\0\1\1", 3);
    list = fits(&f, "[F9;]", value_packed("\xff\xff", 1));
    assert_memory_equal(list.bytes, "\xff\x01", 2);
    list = fits(&f, "[s]", value_items(TYPE_LIST, (struct value[]){value_text("abc", 3)}, 1));
    assert_false(list.packed);
    fixture_done(&f);
}

static void equality_is_what_a_guest_can_tell(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    const struct type *f32 = fake_type(&f.types, "f"), *f64 = fake_type(&f.types, "d");
    struct value nan = value_f32(NAN), other = value_unsigned(TYPE_F32, 0xffc00001), one = value_f32(1);
    assert_true(value_equal(f32, &nan, &other));
    assert_false(value_equal(f32, &nan, &one));
    struct value zero = value_f64(0.0), minus = value_f64(-0.0), nan64 = value_f64((double)NAN);
    struct value quiet = value_unsigned(TYPE_F64, 0x7ff8000000000abc);
    struct value infinite = value_f64((double)INFINITY);
    assert_false(value_equal(f64, &zero, &minus));
    assert_true(value_equal(f64, &nan64, &quiet));
    assert_false(value_equal(f64, &nan64, &infinite));
    assert_true(value_equal(f64, &infinite, &infinite));
    const struct type *list = fake_type(&f.types, "[(fA)]");
    uint8_t a[8] = {0, 0, 0xc0, 0x7f, 5, 1, 2, 3}, b[8] = {1, 0, 0xc0, 0xff, 5, 9, 9, 9};
    struct value packed_a = value_packed(a, 1), packed_b = value_packed(b, 1);
    assert_true(value_equal(list, &packed_a, &packed_b)); /* padding does not count, NaN is NaN */
    b[4] = 6;
    assert_false(value_equal(list, &packed_a, &packed_b));
    const struct type *option = fake_type(&f.types, "os");
    struct value text = value_text("x", 1), none = value_case(TYPE_OPTION, 0, NULL),
                 some = value_case(TYPE_OPTION, 1, &text), broken = value_case(TYPE_OPTION, 1, NULL);
    assert_true(value_equal(option, &none, &none));
    assert_false(value_equal(option, &none, &some));
    assert_false(value_equal(option, &broken, &some));
    assert_false(value_equal(option, &broken, &broken));
    fixture_done(&f);
}

static void an_arena_bounds_a_copy(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    uint8_t *bytes = mem_alloc(2 * MIB);
    struct value ret, list = value_packed(bytes, 2 * MIB);
    ERROR_AUTO *error = NULL;
    assert_int_equal(value_copy(fake_type(&f.types, "[A]"), &list, &f.arena, &ret, &error), ARCELLA_E_LIMIT);
    assert_string_equal(arcella_error_message(error), "a value takes more than the 1048576 bytes allowed");
    mem_free(bytes);
    fixture_done(&f);
}

static int build(void *user, arcella_error **reterr) {
    struct fixture *f = user;
    struct arena arena = {.limit_bytes = 0};
    struct value text = value_text("some text", 9), some = value_case(TYPE_OPTION, 1, &text);
    struct value items[200], copy;
    for (size_t i = 0; i < ARRAY_LENGTH(items); i++)
        items[i] = some;
    struct value list = value_items(TYPE_LIST, items, ARRAY_LENGTH(items));
    int r = value_copy(f->type, &list, &arena, &copy, reterr);
    arena_done(&arena);
    return r;
}

static void no_memory_is_told(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    f.type = fake_type(&f.types, "[os]");
    torture_alloc(build, &f);
    fixture_done(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_fit_is_told_with_its_place),
        cmocka_unit_test(lists_of_plain_data_are_packed),
        cmocka_unit_test(equality_is_what_a_guest_can_tell),
        cmocka_unit_test(an_arena_bounds_a_copy),
        cmocka_unit_test(no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
