/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * An open thing of a guest: file, directory, stream, socket, log.  One type for all, counted, so that a table
 * of numbers (preview 1) and handles with streams over them (0.2) can share it.
 *
 * Reads and writes go straight between the descriptor and guest memory: no copy, no allocation.  What may
 * block waits as a suspension: streams and sockets by readiness, regular files by RWF_NOWAIT first and, where
 * the page is not in memory, on the pool.  While a run is parked its memory does not move, so the iovecs stay
 * good.
 *
 * All functions: the loop's thread; those marked "may wait" only from a run (on its fiber), and by who holds
 * a reference of their own: while a run waits, its guest's shutdown entry may close what it waits for.
 */
#ifndef HOST_FILE_H
#define HOST_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>

#include "host/event.h"

enum host_kind {
    HOST_REGULAR,   /* a regular file, or a block device */
    HOST_DIRECTORY, /* granted, or opened beneath one; or the denied root, which has no descriptor */
    HOST_STREAM,    /* pipe, terminal, character device, inherited socket: read and write only */
    HOST_LISTENER,  /* a granted listening socket */
    HOST_SOCKET,    /* an accepted connection */
    HOST_LOG,       /* lines for the instance's log */
    HOST_NULL,      /* reads end of file, swallows writes */
};

enum host_rights { HOST_READ = 1, HOST_WRITE = 2 };

/* Flags a guest may set. */
enum host_flags {
    HOST_APPEND = 1,   /* every write goes to the end */
    HOST_NONBLOCK = 2, /* HOST_E_AGAIN instead of a wait */
    HOST_DSYNC = 4,    /* fixed at open */
    HOST_RSYNC = 8,    /* fixed at open */
    HOST_SYNC = 16,    /* fixed at open */
};

enum host_type {
    HOST_TYPE_UNKNOWN,
    HOST_TYPE_BLOCK,
    HOST_TYPE_CHARACTER,
    HOST_TYPE_DIRECTORY,
    HOST_TYPE_FIFO,
    HOST_TYPE_SYMLINK,
    HOST_TYPE_REGULAR,
    HOST_TYPE_SOCKET_STREAM,
    HOST_TYPE_SOCKET_DATAGRAM,
};

struct host_stat {
    uint64_t device;
    uint64_t inode;
    enum host_type type;
    uint64_t links;
    uint64_t size_bytes;
    uint64_t accessed_ns; /* since 1970; times before it are 0 */
    uint64_t modified_ns;
    uint64_t changed_ns;
};

/* How to set one time stamp. */
enum host_time_how { HOST_TIME_KEEP, HOST_TIME_NOW, HOST_TIME_SET };
struct host_time {
    enum host_time_how how;
    uint64_t ns; /* since 1970; only for SET */
};

enum host_advice {
    HOST_ADVICE_NORMAL,
    HOST_ADVICE_SEQUENTIAL,
    HOST_ADVICE_RANDOM,
    HOST_ADVICE_WILLNEED,
    HOST_ADVICE_DONTNEED,
    HOST_ADVICE_NOREUSE,
    HOST_ADVICES
};

enum host_whence { HOST_SEEK_SET, HOST_SEEK_CURRENT, HOST_SEEK_END };

/* Most iovecs of one call that are used (IOV_MAX of Linux); what is behind them makes a short read or write.
 */
#define HOST_IOV_MAX 1024
/* What one system call moves before others get a turn; longer calls are cut into such pieces inside. */
#define HOST_CHUNK_BYTES ((size_t)1024 * 1024)

struct host_kept;
struct host_log_stream;

/* Read by everyone, changed only by this room. */
struct host_file {
    struct host *host; /* borrowed */
    enum host_kind kind;
    int fd; /* owned; -1 for LOG, NULL and the denied root */
    unsigned refs;
    unsigned rights; /* enum host_rights: what it was opened for; for a directory: what its grant allows */
    unsigned flags;  /* enum host_flags */
    enum host_type type; /* when it was opened */
    bool terminal;
    bool preopened;     /* a granted directory or listener, as opposed to what the guest opened */
    bool charged;       /* a socket the guest made or accepted: counts towards LIMIT_SOCKETS */
    bool nonblocking;   /* the description is in non-blocking mode, so plain calls never block */
    bool no_nowait;     /* the file system does not know RWF_NOWAIT … */
    bool in_memory;     /* … and needs no disk to read it */
    bool changeable;    /* beneath a writable grant (or inherited for writing): times may be set */
    bool writable;      /* DIRECTORY: what the granter said */
    bool told;          /* DIRECTORY: by a row that tells */
    uint32_t revision;  /* DIRECTORY: of the grants when rights were found */
    uint64_t ends_ms;   /* DIRECTORY: when they are to be found again, ms since 1970; 0: never */
    char *path;         /* DIRECTORY, and files of read-only grants: absolute guest path, owned; else NULL */
    size_t root_length; /* DIRECTORY: how much of path is the guest path of its grant */
    struct host_event event; /* when it is ready; always for what nobody waits for */
    struct host_kept *kept;  /* owned: what was permitted to be written and is not yet (output.h); or NULL */
    struct host_log_stream *log; /* LOG: owned */
};

/**
 * Is there room for one more open file of the instance?  Ask before opening.  The first refusal leaves a line
 * in the instance's log that names the limit.
 *
 * @return 0, HOST_E_MFILE
 */
int host_file_room(struct host *host) MUST_CHECK;
struct host_file *host_file_ref(struct host_file *file);
/** Drop a reference; the last closes the descriptor, as soon as what was permitted to be written is. @return
 * NULL */
struct host_file *host_file_unref(struct host_file *file);

/**
 * Read to guest memory.  May wait, unless HOST_NONBLOCK.
 *
 * @param iov    changed by the call
 * @param count  over HOST_IOV_MAX: the rest is left
 * @param ret    bytes; 0 at the end of file
 * @return 0, HOST_STOP, HOST_E_BADF (not opened for reading), HOST_E_ISDIR, HOST_E_AGAIN, by errno
 */
int host_file_read(struct host_file *file, struct iovec *iov, size_t count, size_t *ret) MUST_CHECK;
/**
 * Write from guest memory; as host_file_read().  Regular files and logs take everything, streams what fits
 * now.
 */
int host_file_write(struct host_file *file, struct iovec *iov, size_t count, size_t *ret) MUST_CHECK;
/**
 * Read at an offset, the position stays.  May wait.
 *
 * @return as host_file_read(), HOST_E_SPIPE, HOST_E_INVAL (offset over 2^63 - 1)
 */
int host_file_pread(struct host_file *file, struct iovec *iov, size_t count, uint64_t offset, size_t *ret)
    MUST_CHECK;
/** Write at an offset, the position stays, HOST_APPEND does not count.  May wait. */
int host_file_pwrite(struct host_file *file, struct iovec *iov, size_t count, uint64_t offset, size_t *ret)
    MUST_CHECK;

/** Move the position. @return 0, HOST_E_SPIPE (no regular file), HOST_E_INVAL (before 0 or too large) */
int host_file_seek(struct host_file *file, int64_t offset, enum host_whence whence, uint64_t *ret) MUST_CHECK;
/** Bring data (and, unless only_data, metadata) to the disk.  May wait. */
int host_file_sync(struct host_file *file, bool only_data) MUST_CHECK;
/** Make sure offset … offset + length is backed by disk space; grows the file.  May wait. */
int host_file_allocate(struct host_file *file, uint64_t offset, uint64_t length) MUST_CHECK;
/** Say how a range will be used.  May wait. */
int host_file_advise(struct host_file *file, uint64_t offset, uint64_t length, enum host_advice advice)
    MUST_CHECK;
/** Cut or grow it.  May wait. */
int host_file_set_size(struct host_file *file, uint64_t size_bytes) MUST_CHECK;
/** What it is; works for every kind. */
int host_file_stat(struct host_file *file, struct host_stat *ret) MUST_CHECK;
/** @return 0, HOST_E_BADF (a file not opened for writing), HOST_E_NOTCAPABLE (a directory of a read-only
 * grant) */
int host_file_set_times(struct host_file *file, struct host_time accessed, struct host_time modified)
    MUST_CHECK;
/** Set HOST_APPEND and HOST_NONBLOCK; the others must be as they are. @return 0, HOST_E_NOTSUP */
int host_file_set_flags(struct host_file *file, unsigned flags) MUST_CHECK;

/* --- for this room --- */

/**
 * Make the object around a descriptor; on failure the descriptor is the caller's still.
 *
 * @param fd  -1: none, or host_file_set_fd() later
 * @return 0, HOST_E_NOMEM
 */
int host_file_new(struct host *host, enum host_kind kind, int fd, unsigned rights, struct host_file **ret)
    MUST_CHECK;
/** Give one its descriptor; taken. */
void host_file_set_fd(struct host_file *file, int fd);
/** It is none of the host's open files any more. */
void host_file_uncount(struct host *host, const struct host_file *file);
/** Close and free one that nobody holds and no host knows any more. */
void host_file_close(struct host_file *file);
/* Places of host_regular_write() that are no offsets. */
#define HOST_AT_POSITION UINT64_MAX       /* the file's own, which moves; at the end with HOST_APPEND */
#define HOST_AT_END      (UINT64_MAX - 1) /* wherever that is */
/**
 * Write to a REGULAR file without regard to its sync flags.
 *
 * @param ret  bytes; fewer: asking again tells why
 * @return 0, HOST_STOP, HOST_E_FBIG, by errno
 */
int host_regular_write(struct host_file *file, const void *from, size_t length, uint64_t offset, size_t *ret)
    MUST_CHECK;
/** What a mode of the system means here. */
enum host_type host_type_of_mode(unsigned mode);
/** Times as utimensat(2) takes them. */
void host_time_to_system(struct host_time accessed, struct host_time modified, struct timespec to[2]);
/** What stat(2) says, as guests get it. */
void host_stat_of(const struct stat *from, struct host_stat *to);

static inline void host_file_unref_ptr(struct host_file **file) {
    *file = host_file_unref(*file);
}
#define HOST_FILE_AUTO CLEANUP(host_file_unref_ptr) struct host_file

#endif
