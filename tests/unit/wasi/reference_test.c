/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The rows and what is made from them: names and signatures of the public description, numbers of errors, and
 * the reference page, which is written anew with ARCELLA_UPDATE=1.
 */
#include "rig.h"

#include <libgen.h>

#include "wasi/preview1/abi.h"

/* Names and signatures as the public witx description gives them, written down apart from the rows. */
static const char *const public_names[][2] = {
    {"args_get", "ii:i"},
    {"args_sizes_get", "ii:i"},
    {"environ_get", "ii:i"},
    {"environ_sizes_get", "ii:i"},
    {"clock_res_get", "ii:i"},
    {"clock_time_get", "iIi:i"},
    {"fd_advise", "iIIi:i"},
    {"fd_allocate", "iII:i"},
    {"fd_close", "i:i"},
    {"fd_datasync", "i:i"},
    {"fd_fdstat_get", "ii:i"},
    {"fd_fdstat_set_flags", "ii:i"},
    {"fd_fdstat_set_rights", "iII:i"},
    {"fd_filestat_get", "ii:i"},
    {"fd_filestat_set_size", "iI:i"},
    {"fd_filestat_set_times", "iIIi:i"},
    {"fd_pread", "iiiIi:i"},
    {"fd_prestat_get", "ii:i"},
    {"fd_prestat_dir_name", "iii:i"},
    {"fd_pwrite", "iiiIi:i"},
    {"fd_read", "iiii:i"},
    {"fd_readdir", "iiiIi:i"},
    {"fd_renumber", "ii:i"},
    {"fd_seek", "iIii:i"},
    {"fd_sync", "i:i"},
    {"fd_tell", "ii:i"},
    {"fd_write", "iiii:i"},
    {"path_create_directory", "iii:i"},
    {"path_filestat_get", "iiiii:i"},
    {"path_filestat_set_times", "iiiiIIi:i"},
    {"path_link", "iiiiiii:i"},
    {"path_open", "iiiiiIIii:i"},
    {"path_readlink", "iiiiii:i"},
    {"path_remove_directory", "iii:i"},
    {"path_rename", "iiiiii:i"},
    {"path_symlink", "iiiii:i"},
    {"path_unlink_file", "iii:i"},
    {"poll_oneoff", "iiii:i"},
    {"proc_exit", "i:"},
    {"proc_raise", "i:i"},
    {"sched_yield", ":i"},
    {"random_get", "ii:i"},
    {"sock_accept", "iii:i"},
    {"sock_recv", "iiiiii:i"},
    {"sock_send", "iiiii:i"},
    {"sock_shutdown", "ii:i"},
};

static void rows_are_the_public_functions(void **state) {
    (void)state;
    size_t count;
    const struct engine_import *imports = wasi_preview1_imports(&count);
    assert_int_equal(count, ARRAY_LENGTH(public_names));
    for (size_t i = 0; i < ARRAY_LENGTH(public_names); i++) {
        const struct engine_import *found = NULL;
        for (size_t k = 0; k < count; k++)
            found = strcmp(imports[k].name, public_names[i][0]) == 0 ? &imports[k] : found;
        if (!found)
            fail_msg("%s is missing", public_names[i][0]);
        assert_string_equal(found->module, "wasi_snapshot_preview1");
        if (strcmp(found->signature, public_names[i][1]) != 0)
            fail_msg("%s is %s", found->name, found->signature);
    }
}

static void every_host_error_has_its_number(void **state) {
    (void)state;
    assert_int_equal(preview1_errno(0), 0);
    for (int i = 1; i < HOST_ERRORS; i++) {
        if (!preview1_errno(i))
            fail_msg("host error %d (%s) has no number", i, host_error_words(i));
        assert_string_not_equal(preview1_errno_name(preview1_errno(i)), "?");
    }
    assert_int_equal(preview1_errno(HOST_E_TOOBIG), 1);
    assert_int_equal(preview1_errno(HOST_E_NOENT), 44);
    assert_int_equal(preview1_errno(HOST_E_NOTCAPABLE), 76);
    assert_int_equal(preview1_errno(-1), WASI_EIO);
    assert_int_equal(preview1_errno(HOST_ERRORS), WASI_EIO);
    assert_int_equal(WASI_ERRNOS, 77);
    assert_string_equal(preview1_errno_name(77), "?");
}

static void the_page_is_what_the_rows_say(void **state) {
    (void)state;
    char file[] = __FILE__;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/../../../docs/reference/wasi-preview1.md", dirname(file));
    BUFFER_AUTO page = BUFFER_INIT(256 * KIB);
    assert_int_equal(wasi_preview1_reference(&page, NULL), 0);
    BUFFER_AUTO there = BUFFER_INIT(256 * KIB);
    assert_int_equal(file_read(AT_FDCWD, path, 256 * KIB, &there, NULL), 0);
    if (there.length != page.length || memcmp(there.data, page.data, page.length) != 0)
        fail_msg("docs/reference/wasi-preview1.md is not what the rows say; run tools/generate");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_the_public_functions),
        cmocka_unit_test(every_host_error_has_its_number),
        cmocka_unit_test(the_page_is_what_the_rows_say),
    };
    return cmocka_run_group_tests_name("wasi rows", tests, NULL, NULL);
}
