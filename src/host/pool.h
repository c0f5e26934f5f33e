/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The calls on regular files that wait for a disk, or take as long as the file is large, made on a thread of
 * the pool while the run is parked: reading what is not in memory, syncing, reserving space, cutting, giving
 * back what is cached, the last close.
 *
 * None of them is ever made on the loop instead (but for a close without memory for its job): where the pool
 * is full the run waits, and where there is no memory it hears HOST_E_NOMEM.  All but the close may wait.
 */
#ifndef HOST_POOL_H
#define HOST_POOL_H

#include "host/file.h"

/* Most that one cold read brings; readahead makes the next pieces warm. */
#define HOST_POOL_BYTES ((size_t)256 * 1024)
/* A file that is larger is freed on the pool when it has no name any more: a gigabyte takes some 0.2 s. */
#define HOST_LONG_BYTES (1024 * 1024)

/**
 * Read at an offset into memory of ours, charged to the instance, and copy to guest memory.  Where the budget
 * has no room, a page at a time.
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
/** ftruncate to a size that was checked. @return 0, HOST_STOP, by errno */
int host_pool_set_size(struct host_file *file, uint64_t size_bytes) MUST_CHECK;
/** posix_fadvise of a range that was checked. @param advice  as the system has it @return as above */
int host_pool_advise(struct host_file *file, uint64_t offset, uint64_t length, int advice) MUST_CHECK;
/** Close a descriptor, which is taken; nobody waits for it. */
void host_pool_close(struct loop *loop, int fd);

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
