/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What acts on names beneath a granted directory: stat, times, mkdir, rmdir, unlink, rename, link, symlink,
 * readlink.
 *
 * The system's calls for these cannot be told to stay beneath a directory.  So the directory that holds the
 * last component is opened beneath the granted one, and the call acts on that name there, never following it.
 * A trailing slash is never handed to the system, because it makes the calls follow a link; what it demands
 * is checked here.
 */
#include "base/fd.h"
#include "host/dir.h"
#include "host/inside.h"
#include "host/path.h"
#include "host/pool.h"

/* Find the place of a name that is to be changed (or read). */
static int find(struct host_file *dir, unsigned rights, const char *path, size_t length,
                struct host_path *copy, struct host_place *place) {
    *place = (struct host_place){.dirfd = -1, .owned = -1, .name = ""};
    int r = host_dir_need(dir, rights, path, length);
    if (r)
        return r;
    r = host_path_init(copy, path, length);
    if (r == 0)
        r = host_path_parent(dir->fd, copy, place);
    return r ? host_dir_report(dir, r, rights, path, length) : 0;
}

/* What stands at a place, itself. @return 0 or by errno */
static int look(const struct host_place *place, struct stat *st) {
    return fstatat(place->dirfd, place->name, st, AT_SYMLINK_NOFOLLOW) < 0 ? host_errno() : 0;
}

/*
 * Hold the file that is about to lose its name, if it is the only one of a large file: what the file occupies
 * is then freed by let_go(), not by the call that takes the name.
 *
 * @return a descriptor, or -1: nothing to hold
 */
static int hold(const struct host_place *place) {
    struct stat st;
    if (look(place, &st) || !S_ISREG(st.st_mode) || st.st_nlink > 1 || st.st_size <= HOST_LONG_BYTES)
        return -1;
    return openat(place->dirfd, place->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

static void let_go(const struct host_file *dir, int fd) {
    if (fd >= 0)
        host_pool_close(dir->host->loop, fd);
}

/* --- asking --- */

/* One component that stays where it is: no resolving needed. */
static bool single(const struct host_path *path) {
    return !memchr(path->text, '/', path->length) && strcmp(path->text, "..") != 0;
}

int host_dir_stat(struct host_file *dir, const char *path, size_t length, bool follow,
                  struct host_stat *ret) {
    int r = host_dir_need(dir, HOST_READ, path, length);
    if (r)
        return r;
    struct host_path copy;
    struct stat st;
    r = host_path_init(&copy, path, length);
    if (r == 0 && single(&copy)) {
        if (fstatat(dir->fd, copy.text, &st, AT_SYMLINK_NOFOLLOW) < 0)
            return host_errno();
        if (!follow || !S_ISLNK(st.st_mode)) {
            host_stat_of(&st, ret);
            return 0;
        }
    }
    FD_AUTO fd = -1;
    if (r == 0)
        r = host_path_open(dir->fd, &copy, O_PATH | (follow ? 0 : O_NOFOLLOW), 0, &fd);
    if (r)
        return host_dir_report(dir, r, HOST_READ, path, length);
    if (sys_fstat(fd, &st) < 0)
        return host_errno();
    host_stat_of(&st, ret);
    return 0;
}

int host_dir_readlink(struct host_file *dir, const char *path, size_t length, char *to, size_t size,
                      size_t *ret) {
    struct host_path copy;
    HOST_PLACE_AUTO place = {.owned = -1, .name = ""};
    int r = find(dir, HOST_READ, path, length, &copy, &place);
    if (r)
        return r;
    if (place.last != HOST_LAST_NAME)
        return HOST_E_INVAL;
    struct stat st;
    if (place.slash) {
        r = look(&place, &st);
        if (r)
            return r;
        return S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode) ? HOST_E_INVAL : HOST_E_NOTDIR;
    }
    char none[1];
    size_t room = size < LIMIT_PATH_BYTES ? size : LIMIT_PATH_BYTES;
    ssize_t n = SYS_CALL_(readlinkat(place.dirfd, place.name, room ? to : none, room ? room : sizeof(none)));
    if (n < 0)
        return host_errno();
    *ret = room ? (size_t)n : 0;
    return 0;
}

/* --- changing what is there --- */

int host_dir_set_times(struct host_file *dir, const char *path, size_t length, bool follow,
                       struct host_time accessed, struct host_time modified) {
    int r = host_dir_need(dir, HOST_WRITE, path, length);
    if (r)
        return r;
    struct host_path copy;
    FD_AUTO fd = -1;
    int nofollow = follow ? 0 : O_NOFOLLOW;
    r = host_path_init(&copy, path, length);
    if (r == 0)
        r = host_path_open(dir->fd, &copy, O_PATH | nofollow, 0, &fd);
    if (r)
        return host_dir_report(dir, r, HOST_WRITE, path, length);
    struct timespec times[2];
    host_time_to_system(accessed, modified, times);
    if (SYS_CALL_(utimensat(fd, "", times, AT_EMPTY_PATH)) == 0)
        return 0;
    if (errno != EINVAL)
        return host_errno();
    /* Linux before 5.8 cannot set times by such a descriptor, and /proc is not there for us: open it in full.
     */
    FD_AUTO full = -1;
    r = host_path_open(dir->fd, &copy, O_RDONLY | O_NONBLOCK | O_NOCTTY | nofollow, 0, &full);
    if (r)
        return host_dir_report(dir, r, HOST_WRITE, path, length);
    return futimens(full, times) < 0 ? host_errno() : 0;
}

int host_dir_make(struct host_file *dir, const char *path, size_t length) {
    struct host_path copy;
    HOST_PLACE_AUTO place = {.owned = -1, .name = ""};
    int r = find(dir, HOST_WRITE, path, length, &copy, &place);
    if (r)
        return r;
    if (place.last != HOST_LAST_NAME)
        return HOST_E_EXIST;
    return sys_mkdirat(place.dirfd, place.name, 0777) < 0 ? host_errno() : 0;
}

int host_dir_remove(struct host_file *dir, const char *path, size_t length) {
    struct host_path copy;
    HOST_PLACE_AUTO place = {.owned = -1, .name = ""};
    int r = find(dir, HOST_WRITE, path, length, &copy, &place);
    if (r)
        return r;
    if (place.last != HOST_LAST_NAME)
        return place.last == HOST_LAST_DOT ? HOST_E_INVAL : HOST_E_NOTEMPTY;
    return sys_unlinkat(place.dirfd, place.name, AT_REMOVEDIR) < 0 ? host_errno() : 0;
}

int host_dir_unlink(struct host_file *dir, const char *path, size_t length) {
    struct host_path copy;
    HOST_PLACE_AUTO place = {.owned = -1, .name = ""};
    int r = find(dir, HOST_WRITE, path, length, &copy, &place);
    if (r)
        return r;
    if (place.last != HOST_LAST_NAME)
        return HOST_E_ISDIR;
    struct stat st;
    if (place.slash) {
        r = look(&place, &st);
        if (r)
            return r;
        return S_ISDIR(st.st_mode) ? HOST_E_ISDIR : HOST_E_NOTDIR;
    }
    int held = hold(&place);
    r = sys_unlinkat(place.dirfd, place.name, 0) < 0 ? host_errno() : 0;
    let_go(dir, held);
    return r;
}

/* --- names that come and go --- */

int host_dir_rename(struct host_file *from, const char *path, size_t length, struct host_file *to,
                    const char *to_path, size_t to_length) {
    struct host_path copy, to_copy;
    HOST_PLACE_AUTO place = {.owned = -1, .name = ""};
    HOST_PLACE_AUTO to_place = {.owned = -1, .name = ""};
    int r = find(from, HOST_WRITE, path, length, &copy, &place);
    if (r == 0)
        r = find(to, HOST_WRITE, to_path, to_length, &to_copy, &to_place);
    if (r)
        return r;
    if (place.last != HOST_LAST_NAME || to_place.last != HOST_LAST_NAME)
        return HOST_E_BUSY;
    struct stat st;
    if (place.slash || to_place.slash) {
        r = look(&place, &st);
        if (r)
            return r;
        if (!S_ISDIR(st.st_mode))
            return HOST_E_NOTDIR;
    }
    int held = hold(&to_place);
    r = sys_renameat(place.dirfd, place.name, to_place.dirfd, to_place.name) < 0 ? host_errno() : 0;
    let_go(to, held);
    return r;
}

/* A new name with a slash behind it that is not for a directory. */
static int refuse_slash(const struct host_place *place) {
    struct stat st;
    int r = look(place, &st);
    return r ? r : HOST_E_EXIST;
}

int host_dir_link(struct host_file *from, const char *path, size_t length, struct host_file *to,
                  const char *to_path, size_t to_length) {
    struct host_path copy, to_copy;
    HOST_PLACE_AUTO place = {.owned = -1, .name = ""};
    HOST_PLACE_AUTO to_place = {.owned = -1, .name = ""};
    int r = find(from, HOST_WRITE, path, length, &copy, &place);
    if (r == 0)
        r = find(to, HOST_WRITE, to_path, to_length, &to_copy, &to_place);
    if (r)
        return r;
    if (place.last != HOST_LAST_NAME)
        return HOST_E_PERM;
    struct stat st;
    if (place.slash) {
        r = look(&place, &st);
        if (r)
            return r;
        return S_ISDIR(st.st_mode) ? HOST_E_PERM : HOST_E_NOTDIR;
    }
    if (to_place.last != HOST_LAST_NAME)
        return HOST_E_EXIST;
    if (to_place.slash)
        return refuse_slash(&to_place);
    if (sys_linkat(place.dirfd, place.name, to_place.dirfd, to_place.name, 0) < 0)
        return host_errno();
    return 0;
}

int host_dir_symlink(struct host_file *dir, const char *target, size_t target_length, const char *path,
                     size_t length) {
    struct host_path text, copy;
    HOST_PLACE_AUTO place = {.owned = -1, .name = ""};
    int r = find(dir, HOST_WRITE, path, length, &copy, &place);
    if (r)
        return r;
    /* An absolute text is refused, as the specification asks.  A relative one that leaves is not: we never
     * follow it, and who wanted it could make it elsewhere and move it. */
    r = host_path_init(&text, target, target_length);
    if (r)
        return r == HOST_E_XDEV ? HOST_E_PERM : r;
    if (place.last != HOST_LAST_NAME)
        return HOST_E_EXIST;
    if (place.slash)
        return refuse_slash(&place);
    return SYS_CALL_(symlinkat(text.text, place.dirfd, place.name)) < 0 ? host_errno() : 0;
}
