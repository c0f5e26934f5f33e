/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The directories a worker holds: opened before the sandbox closes, found again for each instance.
 *
 * A path that leads through a directory which guests may write is a path that guests may bend: where somebody
 * grants both `data` (for writing) and `data/sub`, a guest with the first could put a link in the place of
 * the second and have it opened the next time, with the rights of whoever opens it.  So what lies beneath a
 * directory held for writing is opened from there and without following any link.  Owned by the process; the
 * loop's thread.
 */
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sys.h"
#include "worker/worker.h"

/* The part of path that is beneath above, without slashes in front ("": the same). @return NULL: not beneath
 */
static const char *rest_of(const char *above, const char *path) {
    size_t length = strlen(above);
    if (strncmp(above, path, length) != 0)
        return NULL;
    if (length > 1 && path[length] != '\0' && path[length] != '/')
        return NULL;
    path += length;
    return path + strspn(path, "/");
}

/* For kernels and containers without openat2: one name after the other. */
static int walk_beneath(int dirfd, const char *rest) {
    FD_AUTO fd = -1;
    for (;;) {
        char name[NAME_MAX + 1];
        size_t length = strcspn(rest, "/");
        if (length > NAME_MAX) {
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(name, rest, length);
        name[length] = '\0';
        if (strcmp(name, "..") == 0) {
            errno = EXDEV;
            return -1;
        }
        int next = sys_openat(fd < 0 ? dirfd : fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
        if (next < 0)
            return -1;
        fd_close(fd);
        fd = next;
        rest += length + strspn(rest + length, "/");
        if (!*rest)
            return TAKE_FD(fd);
    }
}

/* Open a directory beneath another, following no link. @return -1 and errno */
static int open_beneath(int dirfd, const char *rest) {
    struct open_how how = {
        .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    int fd = (int)SYS_RETRY_(long, syscall(SYS_openat2, dirfd, rest, &how, sizeof(how)));
    if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EAGAIN))
        return walk_beneath(dirfd, rest);
    return fd;
}

/* The directory of the setup that is nearest above a path, or the path itself. */
static const struct worker_dir *nearest(const struct worker_process *process, const char *path, bool writable,
                                        const char **ret_rest) {
    const struct worker_dir *best = NULL;
    size_t best_length = 0;
    for (uint32_t i = 0; i < process->dirs_count; i++) {
        const struct worker_dir *dir = &process->dirs[i];
        size_t length = strlen(dir->host_path);
        const char *rest =
            (writable && !dir->writable) || length < best_length ? NULL : rest_of(dir->host_path, path);
        if (!rest)
            continue;
        best = dir;
        best_length = length;
        *ret_rest = rest;
    }
    return best;
}

static int refuse_link(const char *path, arcella_error **reterr) {
    error_set(
        reterr, ARCELLA_E_DENIED,
        "granted directory '%s': no directory is there, and a link, which a guest could have made, is not "
        "followed",
        path);
    return error_hint(reterr, ARCELLA_E_DENIED, "grant the directory by its own path");
}

static int open_one(struct worker_process *process, const struct ipc_dir *wanted, bool resolved,
                    arcella_error **reterr) {
    const char *path = wanted->host_path.data;
    const char *rest = "";
    const struct worker_dir *above = nearest(process, path, true, &rest);
    bool beneath = above && *rest;
    FD_AUTO root = -1;
    if (!beneath && resolved && path[strspn(path, "/")]) {
        root = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
        if (root < 0)
            return error_set_errno(reterr, errno, "granted directory '%s': cannot open /", path);
        rest = path + strspn(path, "/");
        beneath = true;
    }
    FD_AUTO fd = beneath ? open_beneath(root >= 0 ? root : above->fd, rest)
                         : sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
    if (fd < 0 && beneath && (errno == ELOOP || errno == ENOTDIR)) {
        /* Whoever needs it is told when it starts; the others of the group have nothing to do with it. */
        ERROR_AUTO *error = NULL;
        (void)refuse_link(path, &error);
        log_event(LOG_WARN, &(struct log_about){.unit = LOG_WORKERS, .error = error},
                  "a directory is left out", "%s", "");
        return 0;
    }
    if (fd < 0)
        return error_set_errno(reterr, errno, "granted directory '%s'", path);
    struct worker_dir *dir = &process->dirs[process->dirs_count];
    dir->host_path = mem_text_n(path, wanted->host_path.length);
    if (!dir->host_path)
        return error_nomem(reterr);
    dir->fd = TAKE_FD(fd);
    dir->writable = wanted->writable;
    process->dirs_count++;
    return 0;
}

/* Shorter paths first: what is above comes before what is beneath. */
static int by_length(const void *a, const void *b) {
    size_t x = ((const struct ipc_dir *)a)->host_path.length,
           y = ((const struct ipc_dir *)b)->host_path.length;
    return (x > y) - (x < y);
}

int worker_dirs_open(struct worker_process *process, const struct ipc_setup *setup, arcella_error **reterr) {
    if (setup->dirs_count == 0)
        return 0;
    process->dirs = mem_array(setup->dirs_count, sizeof *process->dirs);
    MEM_AUTO struct ipc_dir *sorted = mem_copy(setup->dirs, setup->dirs_count * sizeof *sorted);
    if (!process->dirs || !sorted)
        return error_nomem(reterr);
    qsort(sorted, setup->dirs_count, sizeof *sorted, by_length);
    int r = 0;
    for (uint32_t i = 0; r == 0 && i < setup->dirs_count; i++)
        r = open_one(process, &sorted[i], setup->code_path.length == 0, reterr);
    return r;
}

int worker_dir_find(const struct worker_process *process, const struct ipc_preopen *wanted, int *ret_fd,
                    bool *ret_opened, arcella_error **reterr) {
    const char *path = wanted->host_path.data;
    const char *rest = "";
    const struct worker_dir *best = nearest(process, path, wanted->writable, &rest);
    if (!best)
        return error_set(reterr, ARCELLA_E_GROUP, "this worker does not hold '%s'%s", path,
                         wanted->writable ? " for writing" : "");
    *ret_opened = *rest != '\0';
    if (!*ret_opened) {
        *ret_fd = best->fd;
        return 0;
    }
    int fd = open_beneath(best->fd, rest);
    if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
        return refuse_link(path, reterr);
    if (fd < 0)
        return error_set_errno(reterr, errno, "granted directory '%s'", path);
    *ret_fd = fd;
    return 0;
}

void worker_dirs_done(struct worker_process *process) {
    for (uint32_t i = 0; i < process->dirs_count; i++) {
        fd_close(process->dirs[i].fd);
        mem_free(process->dirs[i].host_path);
    }
    mem_free(process->dirs);
    process->dirs = NULL;
    process->dirs_count = 0;
}
