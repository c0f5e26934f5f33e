/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The life of an open thing and everything about it that is not reading or writing (transfer.c).
 * Counted; the last reference closes.  The loop's thread.
 */
#include "host/file.h"

#include "base/fd.h"
#include "host/inside.h"
#include "host/kept.h"
#include "host/pool.h"
#include "host/stream.h"

#define NS 1000000000ull

/* What an object costs the instance: itself, the kernel's file behind it, its place in tables. */
#define FILE_BYTES (sizeof(struct host_file) + 512)

int host_file_new(struct host *host, enum host_kind kind, int fd, unsigned rights, struct host_file **ret) {
    if (!host_take(host, FILE_BYTES))
        return HOST_E_NOMEM;
    struct host_file *file = mem_new(struct host_file);
    if (!file) {
        host_give(host, FILE_BYTES);
        return HOST_E_NOMEM;
    }
    file->host = host;
    file->kind = kind;
    file->refs = 1;
    file->rights = rights;
    host_file_set_fd(file, fd);
    host->files_open++;
    *ret = file;
    return 0;
}

void host_file_set_fd(struct host_file *file, int fd) {
    file->fd = fd;
    if (file->kind == HOST_STREAM || file->kind == HOST_LISTENER || file->kind == HOST_SOCKET)
        host_event_init(&file->event, file->host, fd);
    else
        host_event_init_always(&file->event, file->host);
}

int host_file_set_path(struct host_file *file, const char *path, size_t length) {
    if (!host_take(file->host, length + 1))
        return HOST_E_NOMEM;
    file->path = mem_text_n(path, length);
    if (!file->path) {
        host_give(file->host, length + 1);
        return HOST_E_NOMEM;
    }
    return 0;
}

int host_file_room(struct host *host) {
    if (host->files_open < host->open_files)
        return 0;
    if (!host->told_open_files)
        host_notice(host, "the guest holds %u open files, no more are given", host->open_files);
    host->told_open_files = true;
    return HOST_E_MFILE;
}

struct host_file *host_file_ref(struct host_file *file) {
    file->refs++;
    return file;
}

struct host_file *host_file_unref(struct host_file *file) {
    if (!file || --file->refs > 0)
        return NULL;
    struct host *host = file->host;
    if (file->log)
        host_log_free(file);
    if (file->path) {
        host_give(host, strlen(file->path) + 1);
        mem_free(file->path);
    }
    /* What is still to be written is the loop's business from here on; it counts until it is. */
    if (file->kept && host_kept_linger(file))
        return NULL;
    host_file_uncount(host, file);
    host_file_close(file);
    return NULL;
}

void host_file_uncount(struct host *host, const struct host_file *file) {
    host->net.sockets -= file->charged;
    host_give(host, FILE_BYTES);
    host->files_open--;
}

/* Does closing it free what a file of this size occupies?  Not if it has a name still. */
static bool is_long_to_close(const struct host_file *file) {
    struct stat st;
    return file->kind == HOST_REGULAR && fstat(file->fd, &st) == 0 && st.st_nlink == 0 &&
           st.st_size > HOST_LONG_BYTES;
}

void host_file_close(struct host_file *file) {
    /* The event first: nobody may look at a number that could be somebody else's by then. */
    host_event_done(&file->event);
    if (is_long_to_close(file))
        host_pool_close(file->host->loop, file->fd);
    else
        fd_close(file->fd);
    mem_free(file);
}

/* --- what it is --- */

enum host_type host_type_of_mode(unsigned mode) {
    switch (mode & S_IFMT) {
    case S_IFREG: return HOST_TYPE_REGULAR;
    case S_IFDIR: return HOST_TYPE_DIRECTORY;
    case S_IFLNK: return HOST_TYPE_SYMLINK;
    case S_IFCHR: return HOST_TYPE_CHARACTER;
    case S_IFBLK: return HOST_TYPE_BLOCK;
    case S_IFIFO: return HOST_TYPE_FIFO;
    case S_IFSOCK: return HOST_TYPE_SOCKET_STREAM;
    default: return HOST_TYPE_UNKNOWN;
    }
}

static uint64_t nanoseconds(struct timespec t) {
    uint64_t ns;
    if (t.tv_sec < 0 || __builtin_mul_overflow((uint64_t)t.tv_sec, NS, &ns) ||
        __builtin_add_overflow(ns, (uint64_t)t.tv_nsec, &ns))
        return t.tv_sec < 0 ? 0 : UINT64_MAX;
    return ns;
}

void host_stat_of(const struct stat *from, struct host_stat *to) {
    *to = (struct host_stat){
        .device = from->st_dev,
        .inode = from->st_ino,
        .type = host_type_of_mode(from->st_mode),
        .links = from->st_nlink,
        .size_bytes = from->st_size < 0 ? 0 : (uint64_t)from->st_size,
        .accessed_ns = nanoseconds(from->st_atim),
        .modified_ns = nanoseconds(from->st_mtim),
        .changed_ns = nanoseconds(from->st_ctim),
    };
}

int host_file_stat(struct host_file *file, struct host_stat *ret) {
    if (file->fd < 0) {
        *ret = (struct host_stat){.type = file->type, .links = 1};
        return 0;
    }
    struct stat st;
    if (sys_fstat(file->fd, &st) < 0)
        return host_errno();
    host_stat_of(&st, ret);
    /* A socket's mode does not tell stream from datagram; its type was asked when it was taken. */
    if (S_ISSOCK(st.st_mode))
        ret->type = file->type;
    return 0;
}

/* --- position, size, advice --- */

int host_file_seek(struct host_file *file, int64_t offset, enum host_whence whence, uint64_t *ret) {
    if (file->kind == HOST_DIRECTORY)
        return HOST_E_BADF;
    if (file->kind != HOST_REGULAR)
        return HOST_E_SPIPE;
    static const int native[] = {
        [HOST_SEEK_SET] = SEEK_SET, [HOST_SEEK_CURRENT] = SEEK_CUR, [HOST_SEEK_END] = SEEK_END};
    if ((unsigned)whence >= ARRAY_LENGTH(native))
        return HOST_E_INVAL;
    off_t at = lseek(file->fd, offset, native[whence]);
    if (at < 0)
        return host_errno();
    *ret = (uint64_t)at;
    return 0;
}

/* A range of a regular file opened for these rights. */
static int check_range(const struct host_file *file, unsigned rights, uint64_t offset, uint64_t length) {
    if (file->kind == HOST_DIRECTORY)
        return HOST_E_BADF;
    if (file->kind != HOST_REGULAR)
        return HOST_E_SPIPE;
    if (rights && !(file->rights & rights))
        return HOST_E_BADF;
    uint64_t end;
    if (__builtin_add_overflow(offset, length, &end) || end > INT64_MAX)
        return rights ? HOST_E_FBIG : HOST_E_INVAL;
    return 0;
}

int host_file_allocate(struct host_file *file, uint64_t offset, uint64_t length) {
    int r = check_range(file, HOST_WRITE, offset, length);
    if (r)
        return r;
    return host_pool_allocate(file, offset, length);
}

int host_file_advise(struct host_file *file, uint64_t offset, uint64_t length, enum host_advice advice) {
    static const int native[HOST_ADVICES] = {
        [HOST_ADVICE_NORMAL] = POSIX_FADV_NORMAL,     [HOST_ADVICE_SEQUENTIAL] = POSIX_FADV_SEQUENTIAL,
        [HOST_ADVICE_RANDOM] = POSIX_FADV_RANDOM,     [HOST_ADVICE_WILLNEED] = POSIX_FADV_WILLNEED,
        [HOST_ADVICE_DONTNEED] = POSIX_FADV_DONTNEED, [HOST_ADVICE_NOREUSE] = POSIX_FADV_NOREUSE};
    if ((unsigned)advice >= HOST_ADVICES)
        return HOST_E_INVAL;
    int r = check_range(file, 0, offset, length);
    if (r)
        return r;
    /* These two go through all that is cached of the range; the others are a note in the kernel's file. */
    if (advice == HOST_ADVICE_WILLNEED || advice == HOST_ADVICE_DONTNEED)
        return host_pool_advise(file, offset, length, native[advice]);
    r = posix_fadvise(file->fd, (off_t)offset, (off_t)length, native[advice]);
    return r ? host_error_of(r) : 0;
}

int host_file_set_size(struct host_file *file, uint64_t size_bytes) {
    if (file->kind != HOST_REGULAR || !(file->rights & HOST_WRITE))
        return file->kind == HOST_REGULAR ? HOST_E_BADF : HOST_E_INVAL;
    if (size_bytes > INT64_MAX)
        return HOST_E_FBIG;
    return host_pool_set_size(file, size_bytes);
}

/* --- times, flags, disk --- */

static struct timespec system_time(struct host_time time) {
    switch (time.how) {
    case HOST_TIME_KEEP: return (struct timespec){.tv_nsec = UTIME_OMIT};
    case HOST_TIME_NOW: return (struct timespec){.tv_nsec = UTIME_NOW};
    case HOST_TIME_SET: break;
    }
    return (struct timespec){.tv_sec = (time_t)(time.ns / NS), .tv_nsec = (long)(time.ns % NS)};
}

void host_time_to_system(struct host_time accessed, struct host_time modified, struct timespec to[2]) {
    to[0] = system_time(accessed);
    to[1] = system_time(modified);
}

int host_file_set_times(struct host_file *file, struct host_time accessed, struct host_time modified) {
    if (file->fd < 0)
        return HOST_E_NOTSUP;
    bool may = file->kind == HOST_DIRECTORY ? host_dir_rights(file) & HOST_WRITE : file->changeable;
    if (!may) {
        if (!file->path)
            return HOST_E_BADF;
        return host_deny(file->host, GRANT_FS, GRANT_WRITE, text_of(file->path),
                         (struct text){file->path, file->root_length});
    }
    struct timespec times[2];
    host_time_to_system(accessed, modified, times);
    return futimens(file->fd, times) < 0 ? host_errno() : 0;
}

int host_file_set_flags(struct host_file *file, unsigned flags) {
    const unsigned may = HOST_APPEND | HOST_NONBLOCK;
    if ((flags ^ file->flags) & ~may)
        return HOST_E_NOTSUP;
    file->flags = flags;
    return 0;
}

int host_file_sync(struct host_file *file, bool only_data) {
    if (file->kind == HOST_LOG || file->kind == HOST_NULL)
        return 0;
    if (file->fd < 0)
        return HOST_E_BADF;
    if (file->kind == HOST_REGULAR || file->kind == HOST_DIRECTORY)
        return host_pool_sync(file, only_data);
    /* Streams have nothing to bring to a disk; the system says EINVAL. */
    return HOST_E_INVAL;
}
