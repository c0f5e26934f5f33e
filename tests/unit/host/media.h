/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Everything a stream may stand on, both ends of it, and a pattern that shows each byte out of place. */
#ifndef TESTS_UNIT_HOST_MEDIA_H
#define TESTS_UNIT_HOST_MEDIA_H

#include "rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pty.h>
#include <sys/socket.h>
#include <termios.h>

#include "base/clock.h"
#include "base/fault.h"

#define MS 1000000ull

/* "Shared": in blocking mode, as a shell hands them over. */
enum medium { PIPE, SHARED_PIPE, SOCKET, SHARED_SOCKET, TCP, TERMINAL, MEDIA };

static inline void media_tcp(int *ret_near, int *ret_far) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    *ret_far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(*ret_far, (struct sockaddr *)&address, size), 0);
    *ret_near = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    fd_close(listener);
    assert_true(*ret_near >= 0);
}

static inline void media_terminal(int *ret_near, int *ret_far) {
    struct termios raw;
    assert_int_equal(openpty(ret_far, ret_near, NULL, NULL, NULL), 0);
    assert_int_equal(tcgetattr(*ret_near, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(*ret_near, TCSANOW, &raw), 0);
}

/* Make two ends. @param written  the near one is for writing (of a pipe), else for reading */
static inline void media_make(enum medium medium, bool written, int *ret_near, int *ret_far) {
    int fds[2];
    int mode = medium == PIPE || medium == SOCKET ? O_NONBLOCK : 0;
    if (medium == TCP) {
        media_tcp(ret_near, ret_far);
    } else if (medium == TERMINAL) {
        media_terminal(ret_near, ret_far);
    } else {
        assert_int_equal(medium <= SHARED_PIPE
                             ? pipe2(fds, O_CLOEXEC | mode)
                             : socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | mode, 0, fds),
                         0);
        *ret_near = fds[written];
        *ret_far = fds[!written];
    }
}

static inline uint8_t media_byte(size_t i) {
    return (uint8_t)(i * 2654435761u >> 13);
}

/* Numbers that come again in each run. */
static inline unsigned media_dice(unsigned *seed, unsigned sides) {
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % sides;
}

/* How many system calls have been made since the last question; none are counted without ARCELLA_FAULTS. */
static inline uint64_t media_calls(void) {
#ifdef ARCELLA_FAULTS
    uint64_t count = fault_count(FAULT_SYS);
    fault_set(FAULT_SYS, 0, 0);
    return count;
#else
    return 0;
#endif
}

#endif
