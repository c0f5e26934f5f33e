/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: lists a directory.
 *
 *   list_dir [PATH]
 *
 * Output: `TYPE NAME` a line (TYPE is file, dir, link or other), sorted by name, without `.` and
 * `..`; on failure one line on stderr and exit 1.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
    char *name;
    unsigned char type;
};

static int row_compare(const void *a, const void *b) {
    return strcmp(((const struct row *)a)->name, ((const struct row *)b)->name);
}

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : "/";
    DIR *dir = opendir(path);
    if (!dir) {
        fprintf(stderr, "list_dir: %s: %s (errno %d)\n", path, strerror(errno), errno);
        return 1;
    }

    struct row *rows = NULL;
    size_t n = 0, room = 0;
    for (struct dirent *e; (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (n == room) {
            room = room ? room * 2 : 64;
            rows = realloc(rows, room * sizeof *rows);
            if (!rows)
                return 1;
        }
        rows[n].name = strdup(e->d_name);
        rows[n].type = e->d_type;
        if (!rows[n++].name)
            return 1;
    }
    closedir(dir);
    qsort(rows, n, sizeof *rows, row_compare);
    for (size_t i = 0; i < n; i++) {
        unsigned char t = rows[i].type;
        printf("%s %s\n",
               t == DT_REG   ? "file"
               : t == DT_DIR ? "dir"
               : t == DT_LNK ? "link"
                             : "other",
               rows[i].name);
    }
    return 0;
}
