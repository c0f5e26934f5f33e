/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* SHA-256 against the examples of FIPS 180-4, and of files. */
#include "torture.h"

#include "base/digest.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"

static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void known_digests(void **state) {
    (void)state;
    static const struct {
        const char *in;
        const char *hex;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", abc},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct digest d = digest_of(cases[i].in, strlen(cases[i].in));
        char text[DIGEST_TEXT];
        digest_text(&d, text);
        assert_string_equal(text, cases[i].hex);
        struct digest back;
        assert_true(digest_parse(text, &back));
        assert_true(digest_equal(&d, &back));
        back.bytes[31] ^= 1;
        assert_false(digest_equal(&d, &back));
    }
}

static void what_is_no_digest_is_refused(void **state) {
    (void)state;
    struct digest d = {{7}};
    char text[DIGEST_TEXT + 1];
    assert_false(digest_parse("", &d));
    snprintf(text, sizeof(text), "%s", abc);
    text[63] = '\0';
    assert_false(digest_parse(text, &d));
    snprintf(text, sizeof(text), "%s0", abc);
    assert_false(digest_parse(text, &d));
    snprintf(text, sizeof(text), "%s", abc);
    text[10] = 'g';
    assert_false(digest_parse(text, &d));
    text[10] = ' ';
    assert_false(digest_parse(text, &d));
    assert_int_equal(d.bytes[0], 7);
    snprintf(text, sizeof(text), "%s", abc);
    text[0] = 'B';
    assert_true(digest_parse(text, &d));
}

static void files_have_digests(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 3, 65535, 65536, 65537, 200000};
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        MEM_AUTO uint8_t *bytes = mem_alloc(sizes[i] + 1);
        for (size_t n = 0; n < sizes[i]; n++)
            bytes[n] = (uint8_t)(n * 7 + n / 251);
        FD_AUTO fd = -1;
        assert_int_equal(memfd_make("digest", bytes, sizes[i], false, &fd, NULL), 0);
        assert_int_equal(lseek(fd, 2, SEEK_SET), 2);
        struct digest of_file;
        assert_int_equal(digest_of_fd(fd, sizes[i], &of_file, NULL), 0);
        assert_int_equal(lseek(fd, 0, SEEK_CUR), 2);
        struct digest of_bytes = digest_of(bytes, sizes[i]);
        assert_true(digest_equal(&of_file, &of_bytes));
        if (sizes[i])
            assert_int_equal(digest_of_fd(fd, sizes[i] - 1, &of_file, NULL), ARCELLA_E_TOO_LARGE);
    }
    struct digest d;
    ERROR_AUTO *e = NULL;
    assert_int_equal(digest_of_fd(-1, 10, &d, &e), ARCELLA_E_SYSTEM);
    assert_string_equal(arcella_error_message(e), "cannot read: Bad file descriptor");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_digests),
        cmocka_unit_test(what_is_no_digest_is_refused),
        cmocka_unit_test(files_have_digests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
