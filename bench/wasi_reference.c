/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the guest bench_wasi does, by the system's own calls, and the client of both echo servers.  Prints
 * nanoseconds.
 *
 *   copy FROM TO BYTES       read(2), write(2)
 *   echo PORT                epoll, until it is killed
 *   client PORT BYTES COUNT  so many messages of so many bytes there and back: per message; tries to connect
 * for ten seconds now ROUNDS               clock_gettime(), in thousandths lookup NAME ROUNDS getaddrinfo()
 *   poll COUNT ROUNDS        poll(2) of so many descriptors, the last of them ready
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

static void check(bool good, const char *what) {
    if (!good) {
        perror(what);
        exit(1);
    }
}

static void *memory(size_t bytes) {
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    check(at != MAP_FAILED, "memory");
    return at;
}

static struct sockaddr_in here(const char *port) {
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void write_all(int fd, const char *bytes, size_t length) {
    while (length) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno == EAGAIN) {
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
            continue;
        }
        check(n > 0, "write");
        bytes += n;
        length -= (size_t)n;
    }
}

static void copy(const char *from, const char *to, size_t bytes) {
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    char *buffer = memory(bytes);
    check(in >= 0 && out >= 0, "copy");
    for (ssize_t n; (n = read(in, buffer, bytes)) != 0;) {
        check(n > 0, "read");
        write_all(out, buffer, (size_t)n);
    }
    close(in);
    close(out);
}

static void echo(const char *port) {
    static char buffer[65536];
    struct sockaddr_in where = here(port);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    check(bind(server, (struct sockaddr *)&where, sizeof where) == 0 && listen(server, 128) == 0, "listen");
    int set = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = server};
    epoll_ctl(set, EPOLL_CTL_ADD, server, &event);
    for (;;) {
        struct epoll_event events[64];
        int count = epoll_wait(set, events, 64, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == server) {
                event.data.fd = accept4(server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
                epoll_ctl(set, EPOLL_CTL_ADD, event.data.fd, &event);
                continue;
            }
            ssize_t n = read(fd, buffer, sizeof buffer);
            if (n > 0)
                write_all(fd, buffer, (size_t)n);
            else if (n == 0 || errno != EAGAIN)
                close(fd);
        }
    }
}

static int connected(const char *port) {
    struct sockaddr_in where = here(port);
    int yes = 1;
    for (unsigned tries = 0; tries < 1000; tries++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&where, sizeof where) == 0) {
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            return fd;
        }
        close(fd);
        usleep(10000);
    }
    check(false, "connect");
    return -1;
}

/* There and back, one message at a time. */
static uint64_t exchange(const char *port, size_t bytes, unsigned count) {
    char *buffer = memory(bytes);
    int fd = connected(port);
    uint64_t began = 0;
    for (unsigned n = 0; n < count + count / 10; n++) {
        if (n == count / 10) /* warm by then */
            began = bench_ns();
        write_all(fd, buffer, bytes);
        for (size_t got = 0; got < bytes;) {
            ssize_t r = read(fd, buffer, bytes - got);
            check(r > 0, "read");
            got += (size_t)r;
        }
    }
    uint64_t took = bench_ns() - began;
    close(fd);
    return took / count;
}

static uint64_t lookup(const char *name, unsigned rounds) {
    uint64_t began = bench_ns();
    for (unsigned n = 0; n < rounds; n++) {
        struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
        check(getaddrinfo(name, NULL, &hints, &found) == 0, "getaddrinfo");
        freeaddrinfo(found);
    }
    return (bench_ns() - began) / rounds;
}

static uint64_t poll_many(size_t count, unsigned rounds) {
    struct rlimit limit = {count + 100, count + 100};
    check(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    struct pollfd *list = memory(count * sizeof *list);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct pollfd){.fd = eventfd(i + 1 == count, EFD_CLOEXEC), .events = POLLIN};
    uint64_t began = bench_ns();
    for (unsigned n = 0; n < rounds; n++)
        check(poll(list, count, -1) == 1, "poll");
    uint64_t took = (bench_ns() - began) / rounds;
    return took;
}

static uint64_t now(unsigned rounds) {
    struct timespec t;
    uint64_t began = bench_ns();
    for (unsigned n = 0; n < rounds; n++) {
        clock_gettime(CLOCK_REALTIME, &t);
        __asm__ volatile("" : : "m"(t) : "memory");
    }
    return (bench_ns() - began) * 1000 / rounds;
}

int main(int argc, char **argv) {
    const char *what = argc > 2 ? argv[1] : "";
    uint64_t began = bench_ns(), took = 0;
    if (strcmp(what, "copy") == 0 && argc > 4) {
        copy(argv[2], argv[3], strtoull(argv[4], NULL, 10));
        took = bench_ns() - began;
    } else if (strcmp(what, "echo") == 0) {
        echo(argv[2]);
    } else if (strcmp(what, "client") == 0 && argc > 4) {
        took = exchange(argv[2], strtoull(argv[3], NULL, 10), (unsigned)strtoul(argv[4], NULL, 10));
    } else if (strcmp(what, "lookup") == 0 && argc > 3) {
        took = lookup(argv[2], (unsigned)strtoul(argv[3], NULL, 10));
    } else if (strcmp(what, "poll") == 0 && argc > 3) {
        took = poll_many(strtoull(argv[2], NULL, 10), (unsigned)strtoul(argv[3], NULL, 10));
    } else if (strcmp(what, "now") == 0) {
        took = now((unsigned)strtoul(argv[2], NULL, 10));
    } else {
        return 2;
    }
    printf("%" PRIu64 "\n", took);
    return 0;
}
