/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Strings: validation and transcoding against a slow reference written here, and the calls of realloc of each
 * of the nine directions, as the specification has them.
 */
#include "component/fake_guest.h"
#include "component/value/utf.h"

#define TAG 0x80000000u

/* --- a slow reference --- */

static bool slow_utf8(const uint8_t *s, size_t n) {
    for (size_t i = 0; i < n;) {
        uint32_t c = s[i], more = c < 0x80 ? 0 : c >> 5 == 6 ? 1 : c >> 4 == 14 ? 2 : c >> 3 == 30 ? 3 : 9;
        if (more == 9 || i + more >= n)
            return false;
        c &= more == 0 ? 0x7f : more == 1 ? 0x1f : more == 2 ? 0xf : 7;
        for (uint32_t k = 1; k <= more; k++) {
            if (s[i + k] >> 6 != 2)
                return false;
            c = c << 6 | (s[i + k] & 0x3f);
        }
        static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
        if (c < least[more] || !abi_is_char(c))
            return false;
        i += more + 1;
    }
    return true;
}

static bool slow_utf16(const uint8_t *s, size_t units) {
    for (size_t i = 0; i < units; i++) {
        uint32_t u = abi_load16(s + 2 * i);
        if (u >> 11 != 27)
            continue;
        if (u >> 10 == 55 || i + 1 == units || abi_load16(s + 2 * i + 2) >> 10 != 55)
            return false;
        i++;
    }
    return true;
}

static uint32_t next_random(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void validation_agrees_with_the_reference(void **state) {
    (void)state;
    static const char *const pieces[] = {
        "a",        "plain text ", "\xc3\xa9",         "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\xa0\x80",
        "\xc0\xaf", "\x80",        "\xf4\x90\x80\x80", "\xe2\x82",     "\xed\x9f\xbf",     "\xf4\x8f\xbf\xbf",
        "\xff"};
    uint32_t seed = 1, valid = 0;
    for (int round = 0; round < 20000; round++) {
        uint8_t text[80];
        size_t length = 0, bad = round % 2 ? ARRAY_LENGTH(pieces) : 5;
        while (length < next_random(&seed) % 70) {
            const char *piece = pieces[next_random(&seed) % bad];
            memcpy(text + length, piece, strlen(piece));
            length += strlen(piece);
        }
        uint8_t *exact = mem_alloc(length + 1); /* the sanitizer sees a read behind it */
        memcpy(exact + 1, text, length);
        assert_int_equal(utf8_valid(exact + 1, length), slow_utf8(text, length));
        valid += utf8_valid(exact + 1, length);
        for (size_t i = 0; i < length / 2; i++) { /* as UTF-16, with surrogates here and there */
            uint32_t kind = next_random(&seed) % 8;
            uint16_t unit = (uint16_t)(kind < 5   ? next_random(&seed) % 0xd800
                                       : kind < 7 ? 0xd800 + next_random(&seed) % 0x800
                                                  : 0x7800 + next_random(&seed) % 0x1000);
            abi_store16(exact + 1 + 2 * i, unit);
        }
        assert_int_equal(utf16_valid(exact + 1, length / 2), slow_utf16(exact + 1, length / 2));
        mem_free(exact);
    }
    assert_in_range(valid, 5000, 19000);
}

static void ascii_ends_where_it_ends(void **state) {
    (void)state;
    for (size_t length = 0; length < 100; length++) {
        uint8_t *text = mem_alloc(length ? length : 1);
        memset(text, 'x', length);
        assert_int_equal(utf_ascii(text, length), length);
        assert_true(utf8_valid(text, length));
        for (size_t at = 0; at < length; at++) {
            text[at] = 0x80;
            assert_int_equal(utf_ascii(text, length), at);
            assert_false(utf8_valid(text, length));
            text[at] = 'x';
        }
        mem_free(text);
    }
}

/* --- directions --- */

struct string_case {
    const char *what;
    enum ast_encoding from;
    uint32_t tagged;
    const char *bytes;
    size_t length;
    enum ast_encoding to;
    const char *out;
    size_t out_length;
    uint32_t out_tagged;
    const char *calls; /* "bytes>bytes/align …": from old size to new */
};
#define S(literal) (literal), sizeof(literal) - 1
#define U8         ENCODING_UTF8
#define U16        ENCODING_UTF16
#define L1         ENCODING_LATIN1_UTF16

static const struct string_case cases[] = {
    {"utf8 to utf8", U8, 4, S("h\xc3\xa9!"), U8, S("h\xc3\xa9!"), 4, "0>4/1"},
    {"nothing", U8, 0, S(""), U8, S(""), 0, "0>0/1"},
    {"utf8 to utf16", U8, 4, S("h\xc3\xa9!"), U16, S("h\0\xe9\0!\0"), 3, "0>8/2 8>6/2"},
    {"utf8 to utf16, ASCII needs no second", U8, 2, S("hi"), U16, S("h\0i\0"), 2, "0>4/2"},
    {"utf8 to utf16, a pair", U8, 4, S("\xf0\x9f\x98\x80"), U16, S("\x3d\xd8\x00\xde"), 2, "0>8/2 8>4/2"},
    {"utf8 to latin1", U8, 4, S("h\xc3\xa9!"), L1, S("h\xe9!"), 3, "0>4/2 4>3/2"},
    {"utf8 to latin1, ASCII", U8, 2, S("hi"), L1, S("hi"), 2, "0>2/2"},
    {"utf8 to latin1+utf16, inflated", U8, 5, S("\xc3\xa9\xe2\x82\xac"), L1, S("\xe9\0\xac\x20"), 2 | TAG,
     "0>5/2 5>10/2 10>4/2"},
    {"utf16 to utf8, ASCII", U16, 2, S("h\0i\0"), U8, S("hi"), 2, "0>2/1"},
    {"utf16 to utf8", U16, 2, S("h\0\xe9\0"), U8, S("h\xc3\xa9"), 3, "0>2/1 2>6/1 6>3/1"},
    {"utf16 to utf8, worst case", U16, 1, S("\xac\x20"), U8, S("\xe2\x82\xac"), 3, "0>1/1 1>3/1"},
    {"utf16 to utf16", U16, 2, S("h\0\xac\x20"), U16, S("h\0\xac\x20"), 2, "0>4/2"},
    {"utf16 to latin1", U16, 2, S("h\0\xe9\0"), L1, S("h\xe9"), 2, "0>2/2"},
    {"utf16 to latin1+utf16", U16, 2, S("h\0\xac\x20"), L1, S("h\0\xac\x20"), 2 | TAG, "0>2/2 2>4/2"},
    {"latin1 to utf8", L1, 2, S("h\xe9"), U8, S("h\xc3\xa9"), 3, "0>2/1 2>4/1 4>3/1"},
    {"latin1 to utf8, ASCII", L1, 2, S("hi"), U8, S("hi"), 2, "0>2/1"},
    {"tagged to utf8", L1, 2 | TAG, S("h\0\xac\x20"), U8, S("h\xe2\x82\xac"), 4, "0>2/1 2>6/1 6>4/1"},
    {"latin1 to utf16", L1, 2, S("h\xe9"), U16, S("h\0\xe9\0"), 2, "0>4/2"},
    {"tagged to utf16", L1, 2 | TAG, S("h\0\xac\x20"), U16, S("h\0\xac\x20"), 2, "0>4/2"},
    {"latin1 to latin1", L1, 2, S("h\xe9"), L1, S("h\xe9"), 2, "0>2/2"},
    {"tagged to tagged", L1, 2 | TAG, S("h\0\xac\x20"), L1, S("h\0\xac\x20"), 2 | TAG, "0>4/2"},
    {"tagged for no reason", L1, 2 | TAG, S("h\0\xe9\0"), L1, S("h\xe9"), 2, "0>4/2 4>2/1"},
    {"tagged nothing", L1, TAG, S(""), L1, S(""), 0, "0>0/2 0>0/1"},
    {"cut utf8", U8, 2, S("h\xc3"), U16, NULL, 0, 0, ""},
    {"lone surrogate", U16, 2, S("\x3d\xd8h\0"), U8, NULL, 0, 0, ""},
    {"lone low surrogate", U16, 1, S("\x00\xde"), L1, NULL, 0, 0, ""},
    {"lone surrogate, tagged", L1, 1 | TAG, S("\x3d\xd8"), L1, NULL, 0, 0, ""},
};

static uint32_t hash_calls(const char *calls, uint32_t *ret_count) {
    uint32_t hash = 2166136261u, bump = 16, old = 0;
    *ret_count = 0;
    while (*calls) {
        char *end;
        uint32_t from = (uint32_t)strtoul(calls, &end, 10);
        uint32_t bytes = (uint32_t)strtoul(end + 1, &end, 10), align = (uint32_t)strtoul(end + 1, &end, 10);
        const uint32_t log[] = {old, from, align, bytes};
        for (size_t i = 0; i < sizeof(log); i++)
            hash = (hash ^ ((const uint8_t *)log)[i]) * 16777619u;
        old = (bump + align - 1) / align * align;
        bump = old + bytes;
        calls = *end ? end + 1 : end;
        ++*ret_count;
    }
    return hash;
}

static void directions_call_realloc_as_specified(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const struct string_case *c = &cases[i];
        struct fake_guest from, to;
        fake_init(&from, c->from, (uint32_t)(FAKE_BYTES - 16 + c->length));
        fake_init(&to, c->to, FAKE_BYTES);
        uint32_t at = FAKE_BYTES - 16, pointer = 0, tagged = 0, count;
        memcpy(from.bytes + at, c->bytes, c->length);
        struct abi_call call;
        abi_call_init(&call, 1000, NULL, NULL);
        int r = abi_string_copy(&call, &from.guest, at, c->tagged, &to.guest, &pointer, &tagged);
        if (r != (c->out ? 0 : ABI_FAULT) || (r && call.fault.kind != ABI_FAULT_TEXT))
            fail_msg("%s: %d %s", c->what, r, r ? call.fault.message : "");
        uint32_t hash = hash_calls(c->calls, &count);
        if (to.calls != count || to.hash != hash)
            fail_msg("%s: %u calls", c->what, to.calls);
        if (!r && (tagged != c->out_tagged || memcmp(to.bytes + pointer, c->out, c->out_length)))
            fail_msg("%s: %#x", c->what, tagged);
        fake_done(&from);
        fake_done(&to);
    }
}

static void strings_reach_the_host_as_utf8(void **state) {
    (void)state;
    struct arena arena = {.limit_bytes = 1 * MIB};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const struct string_case *c = &cases[i];
        struct fake_guest from, to;
        fake_init(&from, c->from, FAKE_BYTES);
        fake_init(&to, c->from, FAKE_BYTES);
        memcpy(from.bytes + 64, c->bytes, c->length);
        struct abi_call call;
        abi_call_init(&call, 1000, &arena, NULL);
        struct text text, again;
        uint32_t pointer, tagged;
        int r = abi_string_lift(&call, &from.guest, 64, c->tagged, &text);
        assert_int_equal(r, c->out ? 0 : ABI_FAULT);
        if (!r) {
            assert_true(utf8_valid((const uint8_t *)text.data, text.length));
            assert_int_equal(abi_string_lower(&call, text, &to.guest, &pointer, &tagged), 0);
            assert_int_equal(abi_string_lift(&call, &to.guest, pointer, tagged, &again), 0);
            assert_true(text_equal(text, again));
        }
        fake_done(&from);
        fake_done(&to);
    }
    arena_done(&arena);
}

static void hostile_places_are_refused(void **state) {
    (void)state;
    static const struct {
        enum ast_encoding encoding;
        uint32_t pointer, tagged;
        enum abi_fault_kind fault;
    } hostile[] = {
        {U8, FAKE_BYTES - 1, 1, ABI_FAULT_NONE},
        {U8, FAKE_BYTES, 0, ABI_FAULT_NONE},
        {U8, FAKE_BYTES, 1, ABI_FAULT_STRING_BOUNDS},
        {U8, FAKE_BYTES + 1, 0, ABI_FAULT_STRING_BOUNDS},
        {U8, UINT32_MAX, UINT32_MAX, ABI_FAULT_LENGTH},
        {U8, UINT32_MAX, 2, ABI_FAULT_STRING_BOUNDS},
        {U8, 0, 1u << 28, ABI_FAULT_LENGTH},
        {U16, 1, 0, ABI_FAULT_UNALIGNED},
        {U16, 0, 1u << 27, ABI_FAULT_LENGTH},
        {U16, 0, TAG, ABI_FAULT_LENGTH},
        {U16, 0, UINT32_MAX, ABI_FAULT_LENGTH},
        {U16, FAKE_BYTES - 2, 1, ABI_FAULT_NONE},
        {U16, FAKE_BYTES - 2, 2, ABI_FAULT_STRING_BOUNDS},
        {L1, 1, 0, ABI_FAULT_UNALIGNED},
        {L1, FAKE_BYTES - 2, 2, ABI_FAULT_NONE},
        {L1, FAKE_BYTES - 2, 2 | TAG, ABI_FAULT_STRING_BOUNDS},
        {L1, 0, UINT32_MAX, ABI_FAULT_LENGTH},
        {L1, 0, 1u << 27 | TAG, ABI_FAULT_LENGTH},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(hostile); i++) {
        struct fake_guest from, to;
        fake_init(&from, hostile[i].encoding, FAKE_BYTES);
        fake_init(&to, U8, FAKE_BYTES);
        struct abi_call call;
        abi_call_init(&call, UINT64_MAX, NULL, NULL);
        uint32_t pointer, tagged;
        int r = abi_string_copy(&call, &from.guest, hostile[i].pointer, hostile[i].tagged, &to.guest,
                                &pointer, &tagged);
        if (call.fault.kind != hostile[i].fault || r != (hostile[i].fault ? ABI_FAULT : 0))
            fail_msg("%zu: %d %s", i, r, r ? call.fault.message : "");
        fake_done(&from);
        fake_done(&to);
    }
}

static void realloc_may_lie_at_each_step(void **state) {
    (void)state;
    static const uint32_t says[] = {FAKE_BYTES, FAKE_BYTES - 1, UINT32_MAX, 1, 3};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        for (size_t k = 0; k < ARRAY_LENGTH(says) + 3; k++) {
            const struct string_case *c = &cases[i];
            struct fake_guest from, to;
            fake_init(&from, c->from, FAKE_BYTES);
            fake_init(&to, c->to, FAKE_BYTES);
            if (k < ARRAY_LENGTH(says))
                to.say = &says[k];
            else
                to.stop_at = (uint32_t)(k - ARRAY_LENGTH(says)) + 1;
            memcpy(from.bytes + 64, c->bytes, c->length);
            struct abi_call call;
            abi_call_init(&call, 1000, NULL, NULL);
            uint32_t pointer, tagged;
            int r = abi_string_copy(&call, &from.guest, 64, c->tagged, &to.guest, &pointer, &tagged);
            assert_true(r == 0 || r == ABI_FAULT || (r == ABI_STOP && to.stop_at));
            fake_done(&from);
            fake_done(&to);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(validation_agrees_with_the_reference),
        cmocka_unit_test(ascii_ends_where_it_ends),
        cmocka_unit_test(directions_call_realloc_as_specified),
        cmocka_unit_test(strings_reach_the_host_as_utf8),
        cmocka_unit_test(hostile_places_are_refused),
        cmocka_unit_test(realloc_may_lie_at_each_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
