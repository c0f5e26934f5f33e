/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: an echo server on the listening socket it was granted.
 *
 *   tcp_echo [CONNECTIONS]
 *
 * Takes the first descriptor from 3 upward that is a stream socket, prints `listening on fd N`, then
 * serves every client from one poll.  Ends with 0 after CONNECTIONS clients have left (default: never).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wasi/api.h>

#define CLIENTS_MAX 64

static int listener_find(void) {
    for (int fd = 3; fd < 64; fd++) {
        __wasi_fdstat_t st;
        if (__wasi_fd_fdstat_get((__wasi_fd_t)fd, &st) == 0 &&
            st.fs_filetype == __WASI_FILETYPE_SOCKET_STREAM)
            return fd;
    }
    return -1;
}

static int echo(int fd) {
    char buf[4096];
    ssize_t n = recv(fd, buf, sizeof buf, 0);
    if (n < 0)
        return errno == EAGAIN ? 1 : -1;
    for (ssize_t done = 0; done < n;) {
        ssize_t w = send(fd, buf + done, (size_t)(n - done), 0);
        if (w < 0 && errno == EAGAIN) {
            struct pollfd p = {.fd = fd, .events = POLLOUT};
            if (poll(&p, 1, -1) < 0)
                return -1;
            continue;
        }
        if (w < 0)
            return -1;
        done += w;
    }
    return n > 0;
}

int main(int argc, char **argv) {
    long left = argc > 1 ? atol(argv[1]) : -1;
    struct pollfd fds[1 + CLIENTS_MAX];
    nfds_t n = 1;

    int listener = listener_find();
    if (listener < 0) {
        fprintf(stderr, "tcp_echo: no listening socket among my descriptors\n");
        return 1;
    }
    printf("listening on fd %d\n", listener);
    fflush(stdout);

    /* Readiness is a hint: a client may have gone again before it is accepted. */
    if (fcntl(listener, F_SETFL, O_NONBLOCK) < 0)
        fprintf(stderr, "tcp_echo: the listener blocks: %s (errno %d)\n", strerror(errno), errno);

    fds[0] = (struct pollfd){.fd = listener, .events = POLLIN};
    while (left) {
        if (poll(fds, n, -1) < 0) {
            fprintf(stderr, "tcp_echo: poll: %s (errno %d)\n", strerror(errno), errno);
            return 1;
        }
        for (nfds_t i = n; --i >= 1;) {
            if (!fds[i].revents || echo(fds[i].fd) > 0)
                continue;
            shutdown(fds[i].fd, SHUT_RDWR);
            close(fds[i].fd);
            fds[i] = fds[--n];
            printf("client left\n");
            fflush(stdout);
            if (left > 0)
                left--;
        }
        if (fds[0].revents && n <= CLIENTS_MAX) {
            int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
            if (fd < 0 && errno == EAGAIN)
                continue;
            if (fd < 0) {
                fprintf(stderr, "tcp_echo: accept: %s (errno %d)\n", strerror(errno), errno);
                return 1;
            }
            fds[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
            printf("client on fd %d\n", fd);
            fflush(stdout);
        }
    }
    return 0;
}
