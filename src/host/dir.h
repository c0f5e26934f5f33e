/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Directories a guest was granted, and what it may do beneath them.
 *
 * A granted directory comes as an open descriptor (the worker opened it before its ids changed), a path by
 * which the guest knows it, and whether it may be written.  Directories opened beneath it inherit its rights.
 * Paths are pointer and length in guest memory; none needs to end in NUL.
 *
 * Read-only means: no create, truncate, write, mkdir, rename, link (from it either: a second name elsewhere
 * would be writable), symlink, unlink, set times; all are HOST_E_NOTCAPABLE with an audit line, as is
 * everything beneath the denied root.  A way out of the directory is HOST_E_PERM, audited too.
 */
#ifndef HOST_DIR_H
#define HOST_DIR_H

#include "host/file.h"

/**
 * Grant a directory.
 *
 * Reading is checked against the instance's grants (class fs, the guest path), so is writing;
 * a directory whose reading is not granted is refused.
 *
 * @param fd          a directory, borrowed: the host opens its own description of it
 * @param guest_path  absolute ("/data") or "."; copied; at most LIMIT_PATH_BYTES - 1
 * @param writable    what the start frame says
 * @return 0, HOST_E_NOTDIR, HOST_E_INVAL (guest path), HOST_E_NOTCAPABLE, HOST_E_NOMEM, by errno
 */
int host_dir_grant(struct host *host, int fd, const char *guest_path, bool writable, struct host_file **ret)
    MUST_CHECK;

/**
 * Make the denied root: a directory "/" without a descriptor where every operation is denied with an audit
 * line that says which grant would allow it.
 *
 * A guest's C library never asks the host about a path beneath no granted directory, so without this the
 * person who runs a program would see its "no such file" and no reason.
 */
int host_dir_denied(struct host *host, struct host_file **ret) MUST_CHECK;

/* What to open. */
struct host_open {
    bool read;
    bool write;
    bool create;
    bool exclusive;
    bool truncate;
    bool directory; /* it must be one; write is ignored then */
    bool follow;    /* follow a symbolic link that is the last component */
    unsigned flags; /* enum host_flags */
};

/**
 * Open or create a file, or open a directory, beneath dir.  May wait, where a large file is truncated.
 *
 * @param ret  owned by the caller (give it to the table)
 * @return 0, HOST_E_BADF (dir is no directory), HOST_E_NOTCAPABLE, HOST_E_LOOP (a link, follow false),
 * HOST_E_MFILE, HOST_STOP, by errno
 */
int host_dir_open(struct host_file *dir, const char *path, size_t length, const struct host_open *how,
                  struct host_file **ret) MUST_CHECK;
int host_dir_stat(struct host_file *dir, const char *path, size_t length, bool follow, struct host_stat *ret)
    MUST_CHECK;
int host_dir_set_times(struct host_file *dir, const char *path, size_t length, bool follow,
                       struct host_time accessed, struct host_time modified) MUST_CHECK;
int host_dir_make(struct host_file *dir, const char *path, size_t length) MUST_CHECK;
/** Remove an empty directory. */
int host_dir_remove(struct host_file *dir, const char *path, size_t length) MUST_CHECK;
/** Remove a name that is not a directory. */
int host_dir_unlink(struct host_file *dir, const char *path, size_t length) MUST_CHECK;
/** Rename, also between granted directories of one file system; both must be writable. */
int host_dir_rename(struct host_file *from, const char *path, size_t length, struct host_file *to,
                    const char *to_path, size_t to_length) MUST_CHECK;
/** Make a second name; never follows a link; both must be writable. */
int host_dir_link(struct host_file *from, const char *path, size_t length, struct host_file *to,
                  const char *to_path, size_t to_length) MUST_CHECK;
/** Make a symbolic link; target may be any relative text. @return …, HOST_E_PERM (an absolute target) */
int host_dir_symlink(struct host_file *dir, const char *target, size_t target_length, const char *path,
                     size_t length) MUST_CHECK;
/** Read a symbolic link, cut at size bytes; not NUL-terminated. @param ret bytes written */
int host_dir_readlink(struct host_file *dir, const char *path, size_t length, char *to, size_t size,
                      size_t *ret) MUST_CHECK;

/* One entry, borrowed until the callback returns. */
struct host_entry {
    uint64_t next;  /* cookie of what comes after it */
    uint64_t inode; /* ".." has that of "." */
    enum host_type type;
    const char *name; /* NUL-terminated */
    size_t name_length;
};
/** @return false: no more, please */
typedef bool host_entry_fn(const struct host_entry *entry, void *user);
/**
 * Walk the entries from a cookie on, until the callback has enough or the directory ends.  May wait (others
 * get a turn in large directories).
 *
 * @param cookie  0: from the start; else next of an earlier entry
 * @param dots    "." and ".." too
 * @return 0, HOST_E_BADF, HOST_E_NOTCAPABLE (the denied root), HOST_E_INVAL (no such cookie), HOST_STOP, by
 * errno
 */
int host_dir_list(struct host_file *dir, uint64_t cookie, bool dots, host_entry_fn *fn, void *user)
    MUST_CHECK;

#endif
