/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A folder of its own for a test program, made its working directory and removed at the end. */
#ifndef TESTS_UNIT_BASE_FOLDER_H
#define TESTS_UNIT_BASE_FOLDER_H

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>

#include "base/fd.h"

static char folder_path[PATH_MAX];

static inline int folder_enter(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder_path, sizeof(folder_path), "%s/arcella-unit-XXXXXX", base ? base : "/tmp");
    return mkdtemp(folder_path) && chdir(folder_path) == 0 ? 0 : -1;
}

static inline int folder_leave(void **state) {
    (void)state;
    return chdir("/") == 0 ? dir_remove_tree(AT_FDCWD, folder_path, NULL) : -1;
}

/* How many entries a directory has, hidden ones too. */
static inline int folder_count(const char *path) {
    DIR *dir = opendir(path);
    if (!dir)
        return -1;
    int count = -2; /* . and .. */
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/* How many descriptors this process has open. */
static inline int folder_descriptors(void) {
    return folder_count("/proc/self/fd") - 1;
}

#endif
