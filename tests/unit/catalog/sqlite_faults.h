/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* SQLite's own system calls and allocations made to fail like those of base/; test builds with ARCELLA_FAULTS
 * only. */
#ifndef TESTS_UNIT_CATALOG_SQLITE_FAULTS_H
#define TESTS_UNIT_CATALOG_SQLITE_FAULTS_H

#include <sqlite3.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/fault.h"

#ifdef ARCELLA_FAULTS
static ssize_t (*real_pread)(int, void *, size_t, off_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_open)(const char *, int, int);

static ssize_t faulty_pread(int fd, void *to, size_t count, off_t at) {
    return fault_hit(FAULT_SYS) ? -1 : real_pread(fd, to, count, at);
}
static ssize_t faulty_pwrite(int fd, const void *from, size_t count, off_t at) {
    return fault_hit(FAULT_SYS) ? -1 : real_pwrite(fd, from, count, at);
}
static int faulty_ftruncate(int fd, off_t size) {
    return fault_hit(FAULT_SYS) ? -1 : real_ftruncate(fd, size);
}
static int faulty_open(const char *path, int flags, int mode) {
    return fault_hit(FAULT_SYS) ? -1 : real_open(path, flags, mode);
}

static sqlite3_mem_methods real_memory;

static void *faulty_malloc(int size) {
    return fault_hit(FAULT_ALLOC) ? NULL : real_memory.xMalloc(size);
}
static void *faulty_realloc(void *p, int size) {
    return fault_hit(FAULT_ALLOC) ? NULL : real_memory.xRealloc(p, size);
}

/* Put fn in the place of a call SQLite makes, if this build of it makes it. */
static inline void replace_call(const char *name, void *fn, void *real) {
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    sqlite3_syscall_ptr was = vfs->xGetSystemCall(vfs, name);
    if (!was)
        return;
    memcpy(real, &was, sizeof(was));
    sqlite3_syscall_ptr now;
    memcpy(&now, fn, sizeof(now));
    vfs->xSetSystemCall(vfs, name, now);
}

static inline void sqlite_faults(void) {
    sqlite3_mem_methods memory;
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory);
    memory = real_memory;
    memory.xMalloc = faulty_malloc;
    memory.xRealloc = faulty_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &memory);
    sqlite3_initialize();
    ssize_t (*pread_fn)(int, void *, size_t, off_t) = faulty_pread;
    ssize_t (*pwrite_fn)(int, const void *, size_t, off_t) = faulty_pwrite;
    int (*ftruncate_fn)(int, off_t) = faulty_ftruncate;
    int (*open_fn)(const char *, int, int) = faulty_open;
    replace_call("pread64", &pread_fn, &real_pread);
    replace_call("pread", &pread_fn, &real_pread);
    replace_call("pwrite64", &pwrite_fn, &real_pwrite);
    replace_call("pwrite", &pwrite_fn, &real_pwrite);
    replace_call("ftruncate", &ftruncate_fn, &real_ftruncate);
    replace_call("open", &open_fn, &real_open);
}
#endif

#endif
