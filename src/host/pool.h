/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The few calls on regular files that wait for a disk, made on a thread of the pool while the run is parked:
 * reading what is not in memory, syncing, and reserving space (which a file system in memory clears first).
 */
#ifndef HOST_POOL_H
#define HOST_POOL_H

#include "host/file.h"

/* Most that one cold read brings; readahead makes the next pieces warm. */
#define HOST_POOL_BYTES ((size_t)256 * 1024)

/**
 * Read at an offset into memory of ours, charged to the instance, and copy to guest memory.  Where the pool
 * or the budget has no room, read in place at once.
 *
 * @param length  bytes the iovecs hold, or fewer
 * @param ret     bytes; 0 at the end of file
 * @return 0, HOST_STOP, by errno
 */
int host_pool_read(struct host_file *file, const struct iovec *iov, size_t count, size_t length,
                   uint64_t offset, size_t *ret) MUST_CHECK;
/** fsync or fdatasync. @return 0, HOST_STOP, by errno */
int host_pool_sync(struct host_file *file, bool only_data) MUST_CHECK;

/** fallocate of a range that was checked. @return 0, HOST_STOP, by errno */
int host_pool_allocate(struct host_file *file, uint64_t offset, uint64_t length) MUST_CHECK;

/* How the kernel moves bytes out of a file. */
enum host_pool_move {
    HOST_POOL_COPY_RANGE, /* to another file, at an offset */
    HOST_POOL_SENDFILE,   /* to a connection in non-blocking mode */
    HOST_POOL_SPLICE,     /* to a pipe in any mode */
};
/**
 * Move bytes without our touching them.  Where the pool has no room it is not done.
 *
 * @param offset     in from
 * @param to_offset  COPY_RANGE: in to
 * @param ret        bytes; 0: nothing, for whatever reason
 * @return 0, HOST_STOP, HOST_E_AGAIN (to has no room), HOST_E_NOTSUP (it was not tried), by errno (a
 *         connection that is lost says so only here; of all else another way tells whose fault it is)
 */
int host_pool_move(struct host_file *from, uint64_t offset, struct host_file *to, uint64_t to_offset,
                   enum host_pool_move how, size_t length, size_t *ret) MUST_CHECK;

#endif
