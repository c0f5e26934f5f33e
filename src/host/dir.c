/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Granted directories: taking them, their rights, opening beneath them.  What acts on names is in names.c,
 * listing in listing.c.  The objects are struct host_file; the loop's thread.
 */
#include "host/dir.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/limits.h"
#include "host/inside.h"
#include "host/path.h"
#include "host/pool.h"

/* --- rights --- */

static struct text root_of(const struct host_file *dir) {
    return (struct text){dir->path, dir->root_length};
}

/* A row that denies something beneath the directory cannot be held while links and renames can name it
 * otherwise; so it denies the whole. */
static bool is_denied_beneath(const struct host *host, enum grant_action action, struct text root) {
    char whole[LIMIT_PATH_BYTES];
    ssize_t n = grant_path_normalise(root, whole, sizeof(whole));
    return n < 0 || grant_denied_beneath(host->grants, action, (struct text){whole, (size_t)n});
}

static bool is_granted(struct host_file *dir, enum grant_action action) {
    const struct grant *row = NULL;
    const struct grant_set *grants = dir->host->grants;
    if (!grants || !grant_check(grants, GRANT_FS, action, root_of(dir), &row) ||
        is_denied_beneath(dir->host, action, root_of(dir)))
        return false;
    dir->told |= row->effect == GRANT_AUDIT;
    return true;
}

static void find_rights(struct host_file *dir) {
    dir->rights = 0;
    dir->told = false;
    if (is_granted(dir, GRANT_READ))
        dir->rights |= HOST_READ;
    if (dir->writable && is_granted(dir, GRANT_WRITE))
        dir->rights |= HOST_WRITE;
    dir->revision = dir->host->grants ? dir->host->grants->revision : 0;
    dir->ends_ms = dir->host->grants ? grant_next_end(dir->host->grants, GRANT_FS) : 0;
}

unsigned host_dir_rights(struct host_file *dir) {
    const struct grant_set *grants = dir->host->grants;
    if (dir->fd >= 0 && grants &&
        (grants->revision != dir->revision || (dir->ends_ms && clock_wall_ns() / 1000000 >= dir->ends_ms)))
        find_rights(dir);
    return dir->rights;
}

/* A path beneath dir as one text.  @return its length; cut where it is too long */
static size_t join(const struct host_file *dir, const char *path, size_t length, char *to, size_t size) {
    size_t used = 0;
    if (length == 0 || path[0] != '/') {
        used = strlen(dir->path);
        used = used < size - 2 ? used : size - 2;
        memcpy(to, dir->path, used);
        if (length && used && to[used - 1] != '/')
            to[used++] = '/';
    }
    size_t room = size - 1 - used;
    length = length < room ? length : room;
    memcpy(to + used, path, length);
    used += length;
    to[used] = '\0';
    return used;
}

/*
 * The directory a person would grant for a path that is beneath none: the one it is in.  A name right beneath
 * the root is taken for a directory ("/data"), unless it looks like a file ("/notes.txt").
 */
static struct text parent_of(char *path, size_t length) {
    char whole[LIMIT_PATH_BYTES];
    ssize_t n = grant_path_normalise((struct text){path, length}, whole, sizeof(whole));
    if (n <= 0)
        return TEXT("/");
    memcpy(path, whole, (size_t)n);
    size_t slash = (size_t)n;
    while (slash > 0 && path[slash - 1] != '/')
        slash--;
    if (slash <= 1)
        return memchr(path, '.', (size_t)n) ? TEXT("/") : (struct text){path, (size_t)n};
    return (struct text){path, slash - 1};
}

static int deny(struct host_file *dir, unsigned rights, const char *path, size_t length, bool beneath) {
    enum grant_action action = rights & HOST_WRITE ? GRANT_WRITE : GRANT_READ;
    char resource[LIMIT_PATH_BYTES];
    char parent[LIMIT_PATH_BYTES];
    size_t n = join(dir, path, length, resource, sizeof(resource));
    memcpy(parent, resource, n + 1);
    return host_deny(dir->host, GRANT_FS, action, (struct text){resource, n},
                     beneath ? root_of(dir) : parent_of(parent, n));
}

/* Beneath a row that tells, a tight policy needs the directory that the name is in. */
static void tell(struct host_file *dir, unsigned rights, const char *path, size_t length) {
    enum grant_action action = rights & HOST_WRITE ? GRANT_WRITE : GRANT_READ;
    char resource[LIMIT_PATH_BYTES];
    char parent[LIMIT_PATH_BYTES];
    size_t n = join(dir, path, length, resource, sizeof(resource));
    memcpy(parent, resource, n + 1);
    host_told(dir->host, GRANT_FS, action, (struct text){resource, n}, parent_of(parent, n));
}

int host_dir_need(struct host_file *dir, unsigned rights, const char *path, size_t length) {
    if (dir->kind != HOST_DIRECTORY)
        return HOST_E_NOTDIR;
    if (dir->fd >= 0 && (host_dir_rights(dir) & rights) == rights) {
        if (dir->told)
            tell(dir, rights, path, length);
        return 0;
    }
    return deny(dir, rights & ~dir->rights, path, length, dir->fd >= 0);
}

int host_dir_report(struct host_file *dir, int r, unsigned rights, const char *path, size_t length) {
    if (r != HOST_E_XDEV)
        return r;
    (void)deny(dir, rights, path, length, false);
    return HOST_E_PERM;
}

/* --- granting --- */

int host_dir_grant(struct host *host, int fd, const char *guest_path, bool writable, struct host_file **ret) {
    size_t length = strlen(guest_path);
    if (length == 0 || length >= LIMIT_PATH_BYTES)
        return HOST_E_INVAL;
    struct stat st;
    if (sys_fstat(fd, &st) < 0)
        return host_errno();
    if (!S_ISDIR(st.st_mode))
        return HOST_E_NOTDIR;
    /* To give it away is no use of it yet, so a row that tells has nothing to tell. */
    if (!host->grants ||
        !grant_check(host->grants, GRANT_FS, GRANT_READ, (struct text){guest_path, length}, NULL))
        return host_deny(host, GRANT_FS, GRANT_READ, (struct text){guest_path, length},
                         (struct text){guest_path, length});
    if (is_denied_beneath(host, GRANT_READ, text_of(guest_path))) {
        host_notice(host, "directory '%s' is not given: a part of it is denied, which cannot be enforced",
                    guest_path);
        return HOST_E_NOTCAPABLE;
    }
    /* A description of our own, whose position nobody else moves; where its mode forbids that to this user,
     * the one that was opened before the ids changed. */
    FD_AUTO own = sys_openat(fd, ".", O_RDONLY | O_DIRECTORY, 0);
    if (own < 0)
        own = SYS_CALL_(fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (own < 0)
        return host_errno();
    HOST_FILE_AUTO *dir = NULL;
    int r = host_file_new(host, HOST_DIRECTORY, own, 0, &dir);
    if (r)
        return r;
    (void)TAKE_FD(own);
    r = host_file_set_path(dir, guest_path, length);
    if (r)
        return r;
    dir->type = HOST_TYPE_DIRECTORY;
    dir->preopened = true;
    dir->root_length = length;
    dir->writable = writable;
    find_rights(dir);
    *ret = TAKE(dir);
    return 0;
}

int host_dir_denied(struct host *host, struct host_file **ret) {
    HOST_FILE_AUTO *dir = NULL;
    int r = host_file_new(host, HOST_DIRECTORY, -1, 0, &dir);
    if (r == 0)
        r = host_file_set_path(dir, "/", 1);
    if (r)
        return r;
    dir->type = HOST_TYPE_DIRECTORY;
    dir->preopened = true;
    dir->root_length = 1;
    *ret = TAKE(dir);
    return 0;
}

/* --- opening --- */

static int system_flags(const struct host_open *how) {
    /* O_NONBLOCK: opening a named pipe must not wait for its other side on this thread, nor reading it later.
     */
    int flags = O_NONBLOCK | O_NOCTTY | (how->follow ? 0 : O_NOFOLLOW);
    if (how->directory)
        return flags | O_RDONLY | O_DIRECTORY;
    flags |= how->write ? (how->read ? O_RDWR : O_WRONLY) : O_RDONLY;
    return flags | (how->create ? O_CREAT : 0) | (how->create && how->exclusive ? O_EXCL : 0) |
           (how->truncate && !how->write ? O_TRUNC : 0);
}

/* What was to be truncated is so after it was opened: that takes as long as the file is large. */
static int truncate_opened(struct host_file *file) {
    struct stat st;
    if (file->type != HOST_TYPE_REGULAR)
        return 0;
    if (fstat(file->fd, &st) == 0 && st.st_size > HOST_LONG_BYTES)
        return host_pool_set_size(file, 0);
    return sys_ftruncate(file->fd, 0) < 0 ? host_errno() : 0;
}

static enum host_kind kind_of(mode_t mode) {
    if (S_ISDIR(mode))
        return HOST_DIRECTORY;
    return S_ISREG(mode) || S_ISBLK(mode) ? HOST_REGULAR : HOST_STREAM;
}

/* The object for what was opened beneath dir. */
static int adopt(struct host_file *dir, int fd, const char *path, size_t length, const struct host_open *how,
                 struct host_file **ret) {
    struct stat st;
    if (sys_fstat(fd, &st) < 0)
        return host_errno();
    enum host_kind kind = kind_of(st.st_mode);
    bool directory = kind == HOST_DIRECTORY;
    unsigned rights = (how->read ? HOST_READ : 0u) | (how->write ? (unsigned)HOST_WRITE : 0u);
    HOST_FILE_AUTO *file = NULL;
    int r = host_file_new(dir->host, kind, -1, directory ? dir->rights : rights, &file);
    if (r)
        return r;
    file->type = host_type_of_mode(st.st_mode);
    file->flags = how->flags;
    file->nonblocking = true;
    file->changeable = dir->rights & HOST_WRITE;
    file->writable = dir->writable;
    file->revision = dir->revision;
    file->told = dir->told;
    file->ends_ms = dir->ends_ms;
    file->root_length = dir->root_length;
    file->terminal = S_ISCHR(st.st_mode) && isatty(fd);
    if (directory || !file->changeable) {
        char whole[LIMIT_PATH_BYTES];
        r = host_file_set_path(file, whole, join(dir, path, length, whole, sizeof(whole)));
        if (r)
            return r;
    }
    host_file_set_fd(file, fd);
    *ret = TAKE(file);
    return 0;
}

int host_dir_open(struct host_file *dir, const char *path, size_t length, const struct host_open *how,
                  struct host_file **ret) {
    bool changes = how->create || how->truncate || (how->write && !how->directory);
    unsigned rights = HOST_READ | (changes ? HOST_WRITE : 0u);
    int r = host_dir_need(dir, rights, path, length);
    if (r)
        return r;
    if (how->directory && how->create)
        return HOST_E_INVAL;
    struct host_path copy;
    FD_AUTO fd = -1;
    r = host_path_init(&copy, path, length);
    if (r == 0)
        r = host_path_open(dir->fd, &copy, system_flags(how), 0666, &fd);
    if (r)
        return host_dir_report(dir, r, rights, path, length);
    HOST_FILE_AUTO *file = NULL;
    r = adopt(dir, fd, path, length, how, &file);
    if (r)
        return r;
    (void)TAKE_FD(fd);
    r = how->truncate && how->write ? truncate_opened(file) : 0;
    if (r == 0)
        *ret = TAKE(file);
    return r;
}
