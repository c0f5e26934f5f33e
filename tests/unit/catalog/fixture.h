/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the tests of store, cache, state and install share: files to install, descriptions, damage. */
#ifndef TESTS_UNIT_CATALOG_FIXTURE_H
#define TESTS_UNIT_CATALOG_FIXTURE_H

#include "torture.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "base/folder.h"
#include "base/json.h"
#include "base/mem.h"
#include "catalog/catalog.h"

#define DESCRIPTION_AUTO CLEANUP(description_free_ptr) struct package_description
#define HOME_AUTO        CLEANUP(home_free_ptr) struct home
#define CATALOG_AUTO     CLEANUP(catalog_free_ptr) struct catalog
#define INSTALL_AUTO     CLEANUP(install_free_ptr) struct install
#define COMPONENT_AUTO   CLEANUP(component_record_free_ptr) struct component_record
#define DEPLOYMENT_AUTO  CLEANUP(deployment_record_free_ptr) struct deployment_record

/* Fail with the story where something that must work did not. */
#define MUST(call)                                                                                           \
    do {                                                                                                     \
        ERROR_AUTO *why = NULL;                                                                              \
        int must_ = (call);                                                                                  \
        if (must_ != 0)                                                                                      \
            fail_msg("%s: %s: %s", #call, arcella_error_name(must_), arcella_error_message(why));            \
    } while (0)

/* A memory file holding bytes; made without base/sys.h, so that no fault meets it. */
static inline int bytes_fd(const char *bytes, size_t length) {
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, length, 0), length);
    return fd;
}

static inline int text_fd(const char *text) {
    return bytes_fd(text, strlen(text));
}

/* A description with an id, as intake would hand it over. */
static inline struct package_description *describe(const char *id) {
    struct package_description *d = description_new();
    if (!d)
        return NULL;
    if (id && name_id_parse(id, &d->id, NULL) == 0)
        d->has_id = true;
    return d;
}

/* Install bytes under an id. */
static inline int install_bytes(struct catalog *catalog, const char *id, const char *bytes,
                                arcella_error **reterr) {
    FD_AUTO fd = text_fd(bytes);
    INSTALL_AUTO *install = NULL;
    int r = install_new(catalog->store, catalog->state, "/from/here", &install, reterr);
    if (r == 0)
        r = install_add_binary(install, "x.wasm", fd, reterr);
    if (r < 0)
        return r;
    struct package_description *d = describe(NULL);
    if (!d)
        return error_nomem(reterr);
    r = install_describe(install, d, id, reterr);
    return r < 0 ? r : install_commit(install, reterr);
}

/* Flip one bit of a file in place. */
static inline void damage_file(const char *path, off_t at) {
    char c;
    assert_int_equal(chmod(path, 0600), 0);
    FD_AUTO fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &c, 1, at), 1);
    c = (char)(c ^ 1);
    assert_int_equal(pwrite(fd, &c, 1, at), 1);
}

static inline void write_file(const char *path, const char *text) {
    MUST(file_write_atomic(AT_FDCWD, path, 0600, text, strlen(text), &why));
}

static inline bool exists(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0;
}

static inline const struct problem *find_problem(const struct problems *p, const char *subject) {
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->list[i].subject, subject) == 0)
            return &p->list[i];
    return NULL;
}

/* A home in the test's folder, and its catalogue. */
static inline struct catalog *open_catalog(const char *name, struct home **ret_home) {
    struct catalog *catalog = NULL;
    char path[PATH_MAX + 64];
    snprintf(path, sizeof(path), "%s/%s", folder_path, name);
    MUST(home_open(path, ret_home, &why));
    MUST(catalog_open(*ret_home, 0, 0, &catalog, &why));
    return catalog;
}

static inline int enter(void **state) {
    json_setup();
    /* In memory where there is such a place: what is tested flushes thousands of times. */
    if (access("/dev/shm", W_OK | X_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 1);
    return folder_enter(state);
}

#endif
