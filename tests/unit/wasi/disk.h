/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A disk as slow as a test wants it.  The system calls by which the pool waits for a disk are defined here
 * and so taken from the C library: files are cold on request (a read that must not wait finds nothing in
 * memory), and whatever a thread of the pool then asks of the disk stands still at a gate, a FIFO, until the
 * test opens it.  The call itself is made behind the gate.
 *
 * And the next tenant: memory of an instance, filled, and compared when the disk has answered.
 *
 * Included once, by a test program, after its rig.h.  But for slow the loop's thread alone uses it.
 */
#ifndef TESTS_WASI_DISK_H
#define TESTS_WASI_DISK_H

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/loop.h"

static struct {
    pthread_t loop;
    bool cold;        /* nothing is in memory */
    atomic_bool slow; /* the pool stands at the gate */
    int gate[2];      /* a byte opens it for one call */
    int arrived[2];   /* a byte from each call that has come to it */
    unsigned calls;   /* that have passed */
} disk;

static void disk_open(void) {
    disk.loop = pthread_self();
    /* One after the other: what is asked of the pool later is done later. */
    setenv("UV_THREADPOOL_SIZE", "1", 1);
    assert_int_equal(pipe2(disk.gate, O_CLOEXEC), 0);
    assert_int_equal(pipe2(disk.arrived, O_CLOEXEC), 0);
}

static void disk_close(void) {
    for (unsigned i = 0; i < 2; i++) {
        close(disk.gate[i]);
        close(disk.arrived[i]);
    }
}

/* --- the calls --- */

static void disk_stand_still(void) {
    char byte = 0;
    if (!atomic_load(&disk.slow) || pthread_equal(pthread_self(), disk.loop))
        return;
    if (write(disk.arrived[1], &byte, 1) != 1 || read(disk.gate[0], &byte, 1) != 1)
        abort();
}

ssize_t preadv2(int fd, const struct iovec *iov, int count, off_t offset, int flags) {
    if (disk.cold && flags & RWF_NOWAIT && lseek(fd, 0, SEEK_CUR) >= 0) {
        errno = EAGAIN;
        return -1;
    }
    disk_stand_still();
    return syscall(SYS_preadv2, fd, iov, (long)count, offset, 0L, (long)flags);
}
ssize_t pread(int fd, void *to, size_t length, off_t offset) {
    disk_stand_still();
    return syscall(SYS_pread64, fd, to, length, offset);
}
ssize_t copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t length, unsigned flags) {
    disk_stand_still();
    return syscall(SYS_copy_file_range, from, from_at, to, to_at, length, flags);
}
ssize_t sendfile(int to, int from, off_t *at, size_t length) {
    disk_stand_still();
    return syscall(SYS_sendfile, to, from, at, length);
}
ssize_t splice(int from, off_t *from_at, int to, off_t *to_at, size_t length, unsigned flags) {
    disk_stand_still();
    return syscall(SYS_splice, from, from_at, to, to_at, length, flags);
}
int fsync(int fd) {
    disk_stand_still();
    return (int)syscall(SYS_fsync, fd);
}
int fdatasync(int fd) {
    disk_stand_still();
    return (int)syscall(SYS_fdatasync, fd);
}
int fallocate(int fd, int mode, off_t offset, off_t length) {
    disk_stand_still();
    return (int)syscall(SYS_fallocate, fd, (long)mode, offset, length);
}
int ftruncate(int fd, off_t length) {
    disk_stand_still();
    return (int)syscall(SYS_ftruncate, fd, length);
}

/* --- the window --- */

/* Run the loop until a job of the run stands at the gate. */
__attribute__((unused)) static void disk_wait_for_a_job(const bool *done) {
    struct pollfd fd = {.fd = disk.arrived[0], .events = POLLIN};
    char byte;
    while (poll(&fd, 1, 1) == 0) {
        loop_run_ready(rig_loop);
        if (*done)
            fail_msg("it did not wait for the disk");
    }
    assert_int_equal(read(disk.arrived[0], &byte, 1), 1);
}

static void disk_nothing(void *user) {
    (void)user;
}
static void disk_mark(void *user) {
    *(bool *)user = true;
}

/* Let it pass, whatever more it asks of the disk, and see its end on the loop. */
__attribute__((unused)) static void disk_answer(void) {
    bool done = false;
    atomic_store(&disk.slow, false);
    assert_int_equal(write(disk.gate[1], "", 1), 1);
    assert_int_equal(loop_work(rig_loop, disk_nothing, disk_mark, &done, NULL), 0);
    while (!done)
        loop_run_once(rig_loop);
    disk.calls++;
}

/* --- the next tenant --- */

enum { DISK_TENANT = 0x5a };

__attribute__((unused)) static void disk_fill(uint8_t *memory, size_t length) {
    memset(memory, DISK_TENANT, length);
}

__attribute__((unused)) static void disk_compare(const uint8_t *memory, size_t length, const char *what) {
    if (memory[0] == DISK_TENANT && memcmp(memory, memory + 1, length - 1) == 0)
        return;
    for (size_t i = 0; i < length; i++)
        if (memory[i] != DISK_TENANT)
            fail_msg("%s: byte %zu of the next tenant is %02x", what, i, memory[i]);
}

#endif
