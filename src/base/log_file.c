/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Log files that rotate by size: NAME, NAME.1 (newest) … NAME.N.  Owned by whoever opened it; the loop's
 * thread.
 *
 * A file never passes its size unless one line alone does.  A line is written whole or not at all: a short
 * write (a full disk) is taken back.  While lines cannot be written they are lost and counted; the first and
 * the end of that are told to the other sinks.  Nothing is flushed to the disk: a crash of the machine may
 * cost the last lines, a crash of the process does not.
 */
#include <limits.h>

#include "base/fd.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sys.h"

#define LOG_FILES_MAX 1000

struct log_file {
    int dir;    /* owned */
    char *name; /* owned */
    int fd;     /* owned; -1 where it could not be opened again */
    uint64_t bytes;
    uint64_t bytes_max;
    unsigned count; /* old files kept */
    bool json;
    bool busy;     /* inside its own sink */
    uint64_t lost; /* lines, since writing failed */
    struct buffer text;
};

static int open_file(struct log_file *file, arcella_error **reterr) {
    FD_AUTO fd =
        sys_openat(file->dir, file->name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NOCTTY, 0600);
    if (fd < 0)
        return error_set_errno(reterr, errno, "cannot open the log file '%s'", file->name);
    struct stat st;
    if (sys_fstat(fd, &st) < 0)
        return error_set_errno(reterr, errno, "cannot look at the log file '%s'", file->name);
    if (!S_ISREG(st.st_mode))
        return error_set(reterr, ARCELLA_E_INVALID, "the log file '%s' is not a regular file", file->name);
    file->bytes = (uint64_t)st.st_size;
    file->fd = TAKE_FD(fd);
    return 0;
}

int log_file_open(int dirfd, const char *name, uint64_t bytes_max, unsigned count, bool json,
                  struct log_file **ret, arcella_error **reterr) {
    if (count > LOG_FILES_MAX || bytes_max == 0)
        return error_set(reterr, ARCELLA_E_INVALID, "a log has 0 to %d old files of at least one byte",
                         LOG_FILES_MAX);
    if (strlen(name) > NAME_MAX - sizeof(".1000") || strchr(name, '/'))
        return error_set(reterr, ARCELLA_E_INVALID, "'%s' cannot be the name of a log file", name);
    struct log_file *file = mem_new(struct log_file);
    if (!file)
        return error_nomem(reterr);
    file->fd = -1;
    file->bytes_max = bytes_max;
    file->count = count;
    file->json = json;
    buffer_init(&file->text, LIMIT_LOG_RECORD_BYTES);
    int r = 0;
    file->name = mem_text(name);
    file->dir = dirfd == AT_FDCWD ? sys_openat(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY, 0)
                                  : fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
    if (!file->name)
        r = error_nomem(reterr);
    else if (file->dir < 0)
        r = error_set_errno(reterr, errno, "cannot keep the directory of the log file '%s'", name);
    else
        r = open_file(file, reterr);
    if (r < 0) {
        log_file_free(file);
        return r;
    }
    *ret = file;
    return 0;
}

struct log_file *log_file_free(struct log_file *file) {
    if (!file)
        return NULL;
    fd_close(file->fd);
    fd_close(file->dir);
    buffer_done(&file->text);
    mem_free(file->name);
    mem_free(file);
    return NULL;
}

/* NAME.2 becomes NAME.3, NAME.1 NAME.2, NAME NAME.1. Returns false where the present file is still in its
 * place. */
static bool shift_files(struct log_file *file) {
    char from[NAME_MAX + 16];
    char to[NAME_MAX + 16];
    for (unsigned i = file->count; i > 1; i--) {
        snprintf(from, sizeof(from), "%s.%u", file->name, i - 1);
        snprintf(to, sizeof(to), "%s.%u", file->name, i);
        if (sys_renameat(file->dir, from, file->dir, to) < 0 && errno != ENOENT)
            return false;
    }
    snprintf(to, sizeof(to), "%s.1", file->name);
    int r = file->count ? sys_renameat(file->dir, file->name, file->dir, to)
                        : sys_unlinkat(file->dir, file->name, 0);
    return r == 0 || errno == ENOENT;
}

static int rotate(struct log_file *file) {
    if (!shift_files(file))
        return -1;
    file->fd = fd_close(file->fd);
    return open_file(file, NULL);
}

/* Write the formatted text. Returns false where it is lost. */
static bool write_text(struct log_file *file) {
    if (file->fd < 0 && open_file(file, NULL) < 0)
        return false;
    if (file->bytes && file->bytes + file->text.length > file->bytes_max && rotate(file) < 0)
        return false;
    ssize_t put = sys_write(file->fd, file->text.data, file->text.length);
    if (put == (ssize_t)file->text.length) {
        file->bytes += (uint64_t)put;
        return true;
    }
    int errnum = put < 0 ? errno : ENOSPC;
    if (put > 0 && sys_ftruncate(file->fd, (off_t)file->bytes) < 0)
        file->bytes += (uint64_t)put;
    errno = errnum;
    return false;
}

void log_sink_file(const struct log_line *line, void *user) {
    struct log_file *file = user;
    /* What this file says about itself below goes to the others. */
    if (file->busy)
        return;
    file->busy = true;
    buffer_clear(&file->text);
    errno = 0;
    bool written = log_format(line, file->json, &file->text, NULL) == 0 &&
                   buffer_add(&file->text, "\n", 1, NULL) == 0 && write_text(file);
    const struct log_about about = {.unit = LOG_DAEMON};
    if (!written && file->lost++ == 0) {
        log_event(LOG_ERROR, &about, "log file cannot be written, lines are lost", "errno=%s",
                  errno ? strerrorname_np(errno) : "ENOMEM");
    } else if (written && file->lost) {
        uint64_t lost = file->lost;
        file->lost = 0;
        log_event(LOG_WARN, &about, "log file can be written again", "lost=%" PRIu64, lost);
    }
    file->busy = false;
}
