/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Removing a tree, whatever its shape.  A guest may have made it: as deep as it liked, full of links, with
 * modes that shut us out.  So there is no recursion and never more than two open directories: whatever
 * directory is not empty hands its own directories up to the top one under fresh names, and the top is read
 * until it is bare. No link is followed, ever.
 */
#include <dirent.h>

#include "base/fd.h"
#include "base/sys.h"

#define PASSES_MAX                                                                                           \
    1000000 /* readings of the top; somebody who fills faster than we empty is not waited for */

struct tree {
    int top;         /* descriptor of the directory being emptied; borrowed from its stream */
    uint64_t number; /* of the last name given to a directory that moved up */
};

static void close_dir_ptr(DIR **dir) {
    if (*dir)
        closedir(*dir);
}
#define DIR_AUTO CLEANUP(close_dir_ptr) DIR

/* Open a directory without following a link; one whose mode keeps its owner out is opened up first. */
static DIR *open_dir(int at, const char *name) {
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    FD_AUTO fd = sys_openat(at, name, flags, 0);
    if (fd < 0 && errno == EACCES) {
        /* glibc does this through O_PATH, so a link put here meanwhile is refused and not followed. */
        if (fchmodat(at, name, S_IRWXU, AT_SYMLINK_NOFOLLOW) < 0)
            return NULL;
        fd = sys_openat(at, name, flags, 0);
    }
    if (fd < 0)
        return NULL;
    /* Where the mode is not ours to change, removing something in it will fail and say so. */
    struct stat st;
    if (sys_fstat(fd, &st) == 0 && (st.st_mode & S_IRWXU) != S_IRWXU)
        (void)fchmod(fd, S_IRWXU);
    DIR *dir = fdopendir(fd);
    if (dir)
        (void)TAKE_FD(fd);
    return dir;
}

static bool is_dots(const char *name) {
    return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* Remove one entry that is no directory. Returns 0, or a positive errno value: EISDIR where it is a
 * directory. */
static int remove_file(int dir, const char *name) {
    if (sys_unlinkat(dir, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return errno;
    int errnum = errno;
    struct stat st;
    /* EPERM is what POSIX says for a directory; Linux says EISDIR. */
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
        return EISDIR;
    return errnum;
}

/* Move a directory up to the top under a name of its own. Returns 0 or an errno value. */
static int move_up(struct tree *tree, int dir, const char *name) {
    for (;;) {
        char fresh[40];
        snprintf(fresh, sizeof(fresh), ".removed-%" PRIu64, ++tree->number);
        if (sys_renameat(dir, name, tree->top, fresh) == 0)
            return 0;
        if (errno == EACCES || errno == EPERM) {
            /* A directory that moves has its ".." rewritten, which takes the right to write it. */
            if (fchmodat(dir, name, S_IRWXU, AT_SYMLINK_NOFOLLOW) < 0 ||
                sys_renameat(dir, name, tree->top, fresh) < 0)
                return errno;
            return 0;
        }
        if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
            return errno;
    }
}

/* Remove a directory of the top: its files, then itself; its directories move up. Returns 0 or an errno
 * value. */
static int remove_dir(struct tree *tree, const char *name) {
    if (sys_unlinkat(tree->top, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return 0;
    if (errno != ENOTEMPTY && errno != EEXIST)
        return errno;
    DIR_AUTO *dir = open_dir(tree->top, name);
    if (!dir)
        return errno;
    int fd = dirfd(dir);
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(dir);
        if (!entry)
            break;
        if (is_dots(entry->d_name))
            continue;
        int errnum = remove_file(fd, entry->d_name);
        if (errnum == EISDIR)
            errnum =
                sys_unlinkat(fd, entry->d_name, AT_REMOVEDIR) == 0 ? 0 : move_up(tree, fd, entry->d_name);
        if (errnum)
            return errnum;
    }
    if (errno)
        return errno;
    if (sys_unlinkat(tree->top, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return 0;
    /* Entries that came meanwhile are met in the next reading of the top. */
    return errno == ENOTEMPTY || errno == EEXIST ? 0 : errno;
}

/* Read the top once and remove what is seen. *ret_any: was there anything? Returns 0 or an errno value. */
static int empty_once(struct tree *tree, DIR *top, bool *ret_any) {
    *ret_any = false;
    rewinddir(top);
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(top);
        if (!entry)
            return errno;
        if (is_dots(entry->d_name))
            continue;
        *ret_any = true;
        int errnum = remove_file(tree->top, entry->d_name);
        if (errnum == EISDIR)
            errnum = remove_dir(tree, entry->d_name);
        if (errnum)
            return errnum;
    }
}

int dir_remove_tree(int at, const char *name, arcella_error **reterr) {
    int errnum = remove_file(at, name);
    if (errnum == 0)
        return 0;
    if (errnum != EISDIR)
        return error_set_errno(reterr, errnum, "cannot remove '%s'", name);
    DIR_AUTO *top = open_dir(at, name);
    if (!top)
        return error_set_errno(reterr, errno, "cannot open '%s' to remove it", name);
    struct tree tree = {.top = dirfd(top)};
    bool any = true;
    for (uint64_t pass = 0; any; pass++) {
        if (pass == PASSES_MAX)
            return error_set(reterr, ARCELLA_E_BUSY, "cannot empty '%s': somebody is filling it", name);
        errnum = empty_once(&tree, top, &any);
        if (errnum)
            return error_set_errno(reterr, errnum, "cannot remove what is in '%s'", name);
    }
    if (sys_unlinkat(at, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return error_set_errno(reterr, errno, "cannot remove '%s'", name);
    return 0;
}
