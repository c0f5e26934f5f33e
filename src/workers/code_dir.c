/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Code directories: run/worker-ID/code, made by the parent before the process starts and removed when it is
 * gone.
 *
 * The process begins there, so that it can open files by name although no path through the home (0700) is
 * open to the user it becomes; 0711 lets it enter and not list.  Whatever a parent that was killed left
 * behind is removed by the next one.  The loop's thread; file system calls are local and short.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"
#include "workers/inner.h"

#define PREFIX "worker-"
#define MODE   0711

struct name {
    char text[40];
};

static struct name name_of(uint64_t id) {
    struct name name;
    snprintf(name.text, sizeof(name.text), PREFIX "%" PRIu64, id);
    return name;
}

/* Make a directory of just this mode, whatever the umask says, and open it. */
static int make_and_open(int parent, const char *name, int *ret_fd, arcella_error **reterr) {
    if (sys_mkdirat(parent, name, MODE) < 0)
        return error_set_errno(reterr, errno, "cannot make the directory '%s'", name);
    FD_AUTO fd = sys_openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    if (fd < 0 || fchmod(fd, MODE) < 0)
        return error_set_errno(reterr, errno, "cannot open the directory '%s'", name);
    *ret_fd = TAKE_FD(fd);
    return 0;
}

int code_dir_make(const struct workers *workers, uint64_t id, int *ret_fd, char **ret_path,
                  arcella_error **reterr) {
    if (workers->run_fd < 0)
        return error_set(reterr, ARCELLA_E_UNSUPPORTED, "a code directory needs a run directory");
    struct name name = name_of(id);
    MEM_AUTO char *path = mem_format("%s/%s/code", workers->run_directory, name.text);
    if (!path)
        return error_nomem(reterr);
    FD_AUTO outer = -1;
    FD_AUTO inner = -1;
    int r = make_and_open(workers->run_fd, name.text, &outer, reterr);
    if (r == 0)
        r = make_and_open(outer, "code", &inner, reterr);
    if (r < 0) {
        code_dir_remove(workers, id);
        return error_wrap(reterr, r, "'%s'", workers->run_directory);
    }
    *ret_fd = TAKE_FD(inner);
    *ret_path = TAKE(path);
    return 0;
}

void code_dir_remove(const struct workers *workers, uint64_t id) {
    if (workers->run_fd < 0)
        return;
    /* What cannot be removed now is removed by the next parent's sweep. */
    int r = dir_remove_tree(workers->run_fd, name_of(id).text, NULL);
    (void)r;
}

static bool is_ours(const char *name) {
    uint64_t id;
    return text_starts(name, PREFIX) && text_parse_u64(name + strlen(PREFIX), UINT64_MAX, &id, NULL) == 0;
}

int workers_sweep(const char *run_directory, arcella_error **reterr) {
    DIR *dir = opendir(run_directory);
    if (!dir)
        return errno == ENOENT ? 0 : error_set_errno(reterr, errno, "cannot list '%s'", run_directory);
    int r = 0;
    const struct dirent *entry;
    while (r == 0 && (entry = readdir(dir)))
        if (is_ours(entry->d_name))
            r = dir_remove_tree(dirfd(dir), entry->d_name, reterr);
    closedir(dir);
    return r < 0 ? error_wrap(reterr, r, "sweep '%s'", run_directory) : 0;
}

/* --- files in it --- */

static int copy_code(int from_dir, const char *from, int to_dir, const char *name, arcella_error **reterr) {
    FD_AUTO in = sys_openat(from_dir, from, O_RDONLY | O_NOFOLLOW, 0);
    if (in < 0)
        return error_set_errno(reterr, errno, "cannot open '%s'", from);
    FD_AUTO out = sys_openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0444);
    if (out < 0)
        return error_set_errno(reterr, errno, "cannot make '%s'", name);
    int r = fd_copy_all(in, out, LIMIT_CODE_BYTES, NULL, reterr);
    if (r == 0 && fchmod(out, 0444) < 0)
        r = error_set_errno(reterr, errno, "cannot set the mode of '%s'", name);
    if (r < 0)
        sys_unlinkat(to_dir, name, 0);
    return r;
}

int worker_add_code(struct worker *worker, int from_dir, const char *from, const char *name,
                    arcella_error **reterr) {
    if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
        return error_set(reterr, ARCELLA_E_INVALID, "'%s' is no name for a code file", name);
    if (worker->code_fd < 0)
        return error_set(reterr, ARCELLA_E_STATE, "worker %" PRIu64 " has no code directory", worker->id);
    if (from_dir < 0)
        from_dir = AT_FDCWD;
    if (sys_linkat(from_dir, from, worker->code_fd, name, 0) == 0 || errno == EEXIST)
        return 0;
    /* Another file system, one without hard links, too many of them, or a kernel that protects files of
     * others. */
    if (errno == EXDEV || errno == EPERM || errno == EMLINK || errno == EOPNOTSUPP)
        return copy_code(from_dir, from, worker->code_fd, name, reterr);
    return error_set_errno(reterr, errno, "cannot link '%s'", from);
}

int worker_code_directory(const struct worker *worker) {
    return worker->code_fd;
}

void worker_remove_code(struct worker *worker, const char *name) {
    if (worker->code_fd >= 0 && !strchr(name, '/'))
        sys_unlinkat(worker->code_fd, name, 0);
}
