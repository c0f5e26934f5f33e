/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the system answers is what a guest of wasi:filesystem is told: errors that no file system at hand can
 * be brought to are given in the place of one of the system's answers, function by function.
 */
#include "wasi/p2/rig.h"

#include "base/fault.h"

#ifdef ARCELLA_FAULTS

enum { CREATE = 1, READ = 1, WRITE = 2 };
#define CALLS 16 /* a function makes fewer calls of the system */

static struct rig rig;
static uint64_t root, file, listing;
static char name[32]; /* another one for each call */

static uint64_t given(void) {
    assert_ok(&rig);
    return u32_at(&rig, RET + 4);
}

static uint32_t put_name(uint32_t where) {
    return put(&rig, where, name);
}

/* --- calls that succeed where the system does --- */

static void open_at(void) {
    call(&rig, "descriptor.open-at", root, 0, TEXT_AT, put_name(TEXT_AT), CREATE, READ | WRITE, RET);
}
static void create_directory(void) {
    call(&rig, "descriptor.create-directory-at", root, TEXT_AT, put_name(TEXT_AT), RET);
}
static void symlink_at(void) {
    call(&rig, "descriptor.symlink-at", root, TEXT_AT, put_name(TEXT_AT), MORE_AT, put_name(MORE_AT), RET);
}
static void link_at(void) {
    call(&rig, "descriptor.link-at", root, 0, TEXT_AT, put(&rig, TEXT_AT, "file"), root, MORE_AT,
         put_name(MORE_AT), RET);
}
static void make(void) {
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", rig.path, name);
    assert_int_equal(fd_close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), -1);
}
static void rename_at(void) {
    make();
    call(&rig, "descriptor.rename-at", root, TEXT_AT, put_name(TEXT_AT), root, MORE_AT,
         put(&rig, MORE_AT, "moved"), RET);
}
static void unlink_file(void) {
    make();
    call(&rig, "descriptor.unlink-file-at", root, TEXT_AT, put_name(TEXT_AT), RET);
}
static void remove_directory(void) {
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", rig.path, name);
    assert_int_equal(mkdir(path, 0700), 0);
    call(&rig, "descriptor.remove-directory-at", root, TEXT_AT, put_name(TEXT_AT), RET);
}
static void stat_file(void) {
    call(&rig, "descriptor.stat", file, RET);
}
static void read_file(void) {
    call(&rig, "descriptor.read", file, 10, 0, RET);
}
static void write_file(void) {
    call(&rig, "descriptor.write", file, DATA, 10, 0, RET);
}
static void set_size(void) {
    call(&rig, "descriptor.set-size", file, 100, RET);
}
static void sync_file(void) {
    call(&rig, "descriptor.sync", file, RET);
}
static void sync_data(void) {
    call(&rig, "descriptor.sync-data", file, RET);
}
static void read_directory(void) {
    call(&rig, "descriptor.read-directory", root, RET);
}
static void read_entry(void) {
    call(&rig, "directory-entry-stream.read-directory-entry", listing, RET);
}

static const struct {
    const char *name;
    void (*make_call)(void);
    uint32_t offset; /* of the code in the result */
    int errnum;
    const char *code;
} rows[] = {
    {"open-at", open_at, 4, EDQUOT, "quota"},
    {"open-at", open_at, 4, ENOSPC, "insufficient-space"},
    {"open-at", open_at, 4, ENFILE, "insufficient-memory"},
    {"open-at", open_at, 4, ENOMEM, "insufficient-memory"},
    {"open-at", open_at, 4, ENODEV, "no-device"},
    {"open-at", open_at, 4, ETXTBSY, "text-file-busy"},
    {"open-at", open_at, 4, EBUSY, "busy"},
    {"open-at", open_at, 4, EROFS, "read-only"},
    {"open-at", open_at, 4, EOVERFLOW, "overflow"},
    {"open-at", open_at, 4, EIO, "io"},
    {"create-directory-at", create_directory, 1, EMLINK, "too-many-links"},
    {"create-directory-at", create_directory, 1, EDQUOT, "quota"},
    {"create-directory-at", create_directory, 1, EROFS, "read-only"},
    {"create-directory-at", create_directory, 1, ENOSPC, "insufficient-space"},
    {"symlink-at", symlink_at, 1, EDQUOT, "quota"},
    {"symlink-at", symlink_at, 1, ENOSPC, "insufficient-space"},
    {"link-at", link_at, 1, EMLINK, "too-many-links"},
    {"link-at", link_at, 1, EXDEV, "cross-device"},
    {"link-at", link_at, 1, ENOSPC, "insufficient-space"},
    {"rename-at", rename_at, 1, EMLINK, "too-many-links"},
    {"rename-at", rename_at, 1, EBUSY, "busy"},
    {"rename-at", rename_at, 1, EXDEV, "cross-device"},
    {"unlink-file-at", unlink_file, 1, EBUSY, "busy"},
    {"unlink-file-at", unlink_file, 1, EROFS, "read-only"},
    {"remove-directory-at", remove_directory, 1, EBUSY, "busy"},
    {"stat", stat_file, 8, EIO, "io"},
    {"read", read_file, 4, EIO, "io"},
    {"write", write_file, 8, EDQUOT, "quota"},
    {"write", write_file, 8, ENOSPC, "insufficient-space"},
    {"write", write_file, 8, EIO, "io"},
    {"set-size", set_size, 1, EIO, "io"},
    {"set-size", set_size, 1, ETXTBSY, "text-file-busy"},
    {"sync", sync_file, 1, EIO, "io"},
    {"sync", sync_file, 1, EDQUOT, "quota"},
    {"sync-data", sync_data, 1, ENOSPC, "insufficient-space"},
    {"read-directory", read_directory, 4, ENFILE, "insufficient-memory"},
    {"read-directory-entry", read_entry, 4, EIO, "io"},
};

static void begin_life(void) {
    rig_start(&rig, NULL, RIG_WRITABLE);
    call(&rig, "get-directories", RET);
    root = u32_at(&rig, u32_at(&rig, RET));
    snprintf(name, sizeof name, "file");
    open_at();
    file = given();
    call(&rig, "descriptor.read-directory", root, RET);
    listing = given();
}

/* Each of the system's answers in turn is the error; for one of them it is told as such. */
static bool is_told(size_t row) {
    for (unsigned nth = 1; nth <= CALLS; nth++) {
        begin_life();
        snprintf(name, sizeof name, "new-%zu-%u", row, nth);
        fault_set(FAULT_SYS, nth, rows[row].errnum);
        rows[row].make_call();
        bool hit = fault_count(FAULT_SYS) >= nth;
        fault_set(FAULT_SYS, 0, 0);
        bool told = u8_at(&rig, RET) == 1 &&
                    strcmp(p2_file_error_name(u8_at(&rig, RET + rows[row].offset)), rows[row].code) == 0;
        rig_stop(&rig);
        if (told || !hit)
            return told;
    }
    return false;
}

static void errors_of_the_system_are_told(void **state) {
    (void)state;
    unsigned missing = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        if (is_told(i))
            continue;
        print_error("%s never told %s\n", rows[i].name, rows[i].code);
        missing++;
    }
    assert_int_equal(missing, 0);
}
#else
static void errors_of_the_system_are_told(void **state) {
    (void)state;
    print_message("needs ARCELLA_FAULTS\n");
    skip();
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_of_the_system_are_told),
    };
    return cmocka_run_group_tests(tests, rig_open, rig_close);
}
