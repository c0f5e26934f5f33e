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

#endif
