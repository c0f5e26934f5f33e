/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Descriptors and files: whole reads and writes, atomic replacement, trees.  Blocking calls on local files; a
 * descriptor is owned by whoever opened it.  Any thread.  Removing trees is in fd_tree.c.
 */
#include "base/fd.h"

#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/vfs.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/sys.h"

#define COPY_BYTES (64 * KIB) /* one read or write of a bulk copy */

int fd_close(int fd) {
    if (fd >= 0) {
        int saved = errno;
        /* Not repeated on EINTR: Linux has closed it by then. */
        close(fd);
        errno = saved;
    }
    return -1;
}

int fd_read_all(int fd, size_t limit, struct buffer *to, arcella_error **reterr) {
    size_t total = 0;
    for (;;) {
        size_t room = limit - total < COPY_BYTES ? limit - total : COPY_BYTES;
        if (room > to->limit - to->length)
            room = to->limit - to->length;
        /* A file of just the limit is told from a longer one by one byte that is not kept. */
        char spill;
        int r = buffer_reserve(to, room, reterr);
        if (r < 0)
            return r;
        ssize_t got = room ? sys_read(fd, to->data + to->length, room) : sys_read(fd, &spill, 1);
        if (got < 0)
            return error_set_errno(reterr, errno, "cannot read");
        if (got == 0)
            return 0;
        if (!room)
            return error_set(reterr, ARCELLA_E_TOO_LARGE, "more than %zu bytes", total);
        to->length += (size_t)got;
        to->data[to->length] = '\0';
        total += (size_t)got;
    }
}

int fd_write_all(int fd, const void *bytes, size_t count, arcella_error **reterr) {
    const char *at = bytes;
    while (count) {
        ssize_t put = sys_write(fd, at, count);
        if (put < 0)
            return error_set_errno(reterr, errno, "cannot write");
        at += put;
        count -= (size_t)put;
    }
    return 0;
}

int fd_copy_all(int from, int to, uint64_t limit, uint64_t *ret_bytes, arcella_error **reterr) {
    MEM_AUTO char *block = mem_alloc(COPY_BYTES);
    if (!block)
        return error_nomem(reterr);
    uint64_t total = 0;
    for (;;) {
        ssize_t got = sys_read(from, block, COPY_BYTES);
        if (got < 0)
            return error_set_errno(reterr, errno, "cannot read");
        if (got == 0)
            break;
        if ((uint64_t)got > limit - total)
            return error_set(reterr, ARCELLA_E_TOO_LARGE, "more than %" PRIu64 " bytes", limit);
        int r = fd_write_all(to, block, (size_t)got, reterr);
        if (r < 0)
            return r;
        total += (uint64_t)got;
    }
    if (ret_bytes)
        *ret_bytes = total;
    return 0;
}

int file_read(int dirfd, const char *path, size_t limit, struct buffer *to, arcella_error **reterr) {
    /* Non-blocking, so that a FIFO in the place of the file cannot hold us; regular files do not care. */
    FD_AUTO fd = sys_openat(dirfd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0)
        return error_set_errno(reterr, errno, "cannot open '%s'", path);
    struct stat st;
    if (sys_fstat(fd, &st) < 0)
        return error_set_errno(reterr, errno, "cannot look at '%s'", path);
    if (!S_ISREG(st.st_mode))
        return error_set(reterr, ARCELLA_E_INVALID, "'%s' is not a regular file", path);
    if ((uint64_t)st.st_size > limit)
        return error_set(reterr, ARCELLA_E_TOO_LARGE, "'%s' has %jd bytes, more than %zu", path,
                         (intmax_t)st.st_size, limit);
    int r = buffer_reserve(to, (size_t)st.st_size, reterr);
    if (r == 0)
        r = fd_read_all(fd, limit, to, reterr);
    return r < 0 ? error_wrap(reterr, r, "'%s'", path) : 0;
}

int dir_sync(int dirfd, arcella_error **reterr) {
    return sys_fsync(dirfd) < 0 ? error_set_errno(reterr, errno, "cannot flush the directory") : 0;
}

/* Write a temporary file in dir, flush it, put it in the place of name. The caller removes it on failure. */
static int write_and_rename(int dir, const char *temporary, const char *name, unsigned mode,
                            const void *bytes, size_t count, arcella_error **reterr) {
    FD_AUTO fd = sys_openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_set_errno(reterr, errno, "cannot make a temporary file");
    int r = fd_write_all(fd, bytes, count, reterr);
    if (r < 0)
        return r;
    /* As asked for, whatever the umask. */
    if (fchmod(fd, mode) < 0)
        return error_set_errno(reterr, errno, "cannot set its mode");
    if (sys_fsync(fd) < 0)
        return error_set_errno(reterr, errno, "cannot flush");
    if (sys_renameat(dir, temporary, dir, name) < 0)
        return error_set_errno(reterr, errno, "cannot put it in its place");
    return dir_sync(dir, reterr);
}

int file_write_atomic(int dirfd, const char *path, unsigned mode, const void *bytes, size_t count,
                      arcella_error **reterr) {
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    MEM_AUTO char *parent =
        slash ? mem_text_n(path, slash == path ? 1 : (size_t)(slash - path)) : mem_text(".");
    if (!parent)
        return error_nomem(reterr);
    FD_AUTO dir = sys_openat(dirfd, parent, O_RDONLY | O_DIRECTORY, 0);
    if (dir < 0)
        return error_set_errno(reterr, errno, "cannot open the directory of '%s'", path);
    uint64_t random;
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return error_set_errno(reterr, errno, "no random number");
    /* A name of its own length, so that any name that fits the file system can be written. */
    char temporary[32];
    snprintf(temporary, sizeof(temporary), ".tmp-%016" PRIx64, random);
    int r = write_and_rename(dir, temporary, name, mode, bytes, count, reterr);
    if (r < 0) {
        unlinkat(dir, temporary, 0);
        return error_wrap(reterr, r, "write '%s'", path);
    }
    return 0;
}

static int make_one_dir(const char *path, unsigned mode, arcella_error **reterr) {
    if (sys_mkdirat(AT_FDCWD, path, mode) == 0)
        return 0;
    int errnum = errno;
    struct stat st;
    if (errnum == EEXIST && stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return 0;
        errnum = ENOTDIR;
    }
    return error_set_errno(reterr, errnum, "cannot make the directory '%s'", path);
}

int dir_make(const char *path, unsigned mode, arcella_error **reterr) {
    size_t length = strlen(path);
    if (length == 0 || length >= LIMIT_PATH_BYTES)
        return error_set(reterr, ARCELLA_E_INVALID, "the path of a directory has 1 to %d bytes",
                         LIMIT_PATH_BYTES - 1);
    /* Most times it is there, or only its last part is missing; also, a parent may be one that we may not
     * even try to make (EROFS comes before EEXIST on some file systems). */
    struct stat st;
    if (stat(path, &st) == 0)
        return S_ISDIR(st.st_mode) ? 0
                                   : error_set_errno(reterr, ENOTDIR, "cannot make the directory '%s'", path);
    char part[LIMIT_PATH_BYTES];
    memcpy(part, path, length + 1);
    for (char *at = part + 1; *at; at++) {
        if (*at != '/' || at[-1] == '/')
            continue;
        *at = '\0';
        int r = stat(part, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : make_one_dir(part, mode | S_IRWXU, reterr);
        if (r < 0)
            return r;
        *at = '/';
    }
    return make_one_dir(path, mode, reterr);
}

int memfd_make(const char *name, const void *bytes, size_t count, bool sealed, int *ret_fd,
               arcella_error **reterr) {
    FD_AUTO fd = SYS_CALL_(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (fd < 0)
        return error_set_errno(reterr, errno, "cannot make the memory file '%s'", name);
    int r = 0;
    if (bytes)
        r = fd_write_all(fd, bytes, count, reterr);
    else if (count && sys_ftruncate(fd, (off_t)count) < 0)
        r = error_set_errno(reterr, errno, "cannot size it");
    if (r < 0)
        return error_wrap(reterr, r, "memory file '%s'", name);
    if (lseek(fd, 0, SEEK_SET) < 0 ||
        (sealed && fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0))
        return error_set_errno(reterr, errno, "cannot seal the memory file '%s'", name);
    *ret_fd = TAKE_FD(fd);
    return 0;
}

/* A pipe without a name? */
static bool is_pipe(int fd, const struct stat *st) {
    struct statfs fs;
    return S_ISFIFO(st->st_mode) && fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC;
}

int fd_reopen(int fd) {
    struct stat st, other;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || flags & O_PATH || sys_fstat(fd, &st) < 0)
        return -1;
    char path[64];
    if (is_pipe(fd, &st))
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    else if (!isatty(fd) || ttyname_r(fd, path, sizeof(path)) != 0)
        return -1;
    FD_AUTO again = sys_openat(AT_FDCWD, path, (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY, 0);
    if (again < 0 || sys_fstat(again, &other) < 0 || other.st_dev != st.st_dev || other.st_ino != st.st_ino)
        return -1;
    return TAKE_FD(again);
}

int fd_nonblocking(int fd, arcella_error **reterr) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0))
        return error_set_errno(reterr, errno, "cannot make a descriptor non-blocking");
    return 0;
}
