/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Seccomp: what a sealed process can and cannot call, and the line that says so; each in a child of its own.
 */
#include "sandbox/child.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "sandbox/sandbox.h"

#define REFUSED(name) "sandbox: system call " name " refused\n"

static void seal(enum sandbox_role_id role) {
    struct sandbox_report report = {0};
    STEP(sandbox_lock(-1, reterr));
    STEP(sandbox_seal(role, &report, reterr));
    CHECK(!report.missing[SANDBOX_FEATURE_SECCOMP]);
}

/* --- what guests may not do --- */

static void no_sockets(void *argument) {
    (void)argument;
    seal(SANDBOX_GUEST);
    for (int i = 0; i < 3; i++)
        CHECK_FAILS(socket(AF_INET, SOCK_STREAM, 0), EPERM);
    CHECK(sandbox_refused() == 3); /* one line, counted three times */
}

static void no_processes(void *argument) {
    (void)argument;
    seal(SANDBOX_GUEST);
    CHECK_FAILS(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), EPERM);
    CHECK_FAILS(syscall(SYS_clone3, NULL, 0), ENOSYS);
    char *const none[] = {NULL};
    CHECK_FAILS(execve("/bin/true", none, none), EPERM);
}

static void nothing_to_the_parent(void *argument) {
    (void)argument;
    seal(SANDBOX_GUEST);
    CHECK_FAILS(kill(getppid(), SIGTERM), EPERM);
    CHECK_FAILS(syscall(SYS_tgkill, getppid(), getppid(), SIGTERM), EPERM);
    CHECK_FAILS(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL), EPERM);
}

static void no_odd_doors(void *argument) {
    (void)argument;
    seal(SANDBOX_GUEST);
    CHECK_FAILS(syscall(SYS_bpf, 0, NULL, 0), EPERM);
    CHECK_FAILS(syscall(SYS_perf_event_open, NULL, 0, 0, -1, 0), EPERM);
    CHECK_FAILS(syscall(SYS_keyctl, 0, 0, 0, 0, 0), EPERM);
    CHECK_FAILS(syscall(SYS_personality, 0xffffffff), EPERM);
    CHECK_FAILS(syscall(SYS_userfaultfd, 0), EPERM);
    CHECK_FAILS(syscall(SYS_io_uring_setup, 1, NULL), ENOSYS); /* quiet */
    CHECK_FAILS(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), EPERM);
    CHECK_FAILS(ioctl(0, TIOCSTI, "x"), EPERM);
    struct rlimit more = {1, 1};
    CHECK_FAILS(setrlimit(RLIMIT_NOFILE, &more), EPERM);
}

/* A listener that is shut down could become a connection to anywhere, without connect(). */
static void no_connecting_by_sending(void *argument) {
    struct sockaddr_in *to = argument;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(listener >= 0 && listen(listener, 1) == 0);
    seal(SANDBOX_GUEST);
    CHECK(shutdown(listener, SHUT_RD) == 0);
    CHECK_FAILS(sendto(listener, "x", 1, MSG_FASTOPEN, (const struct sockaddr *)to, sizeof(*to)), EPERM);
    CHECK_FAILS(sendto(listener, "x", 1, MSG_NOSIGNAL, (const struct sockaddr *)to, sizeof(*to)), EPERM);
    char byte = 'x';
    struct iovec piece = {&byte, 1};
    struct msghdr message = {.msg_name = to, .msg_namelen = sizeof(*to), .msg_iov = &piece, .msg_iovlen = 1};
    CHECK_FAILS(sendmsg(listener, &message, MSG_FASTOPEN), EPERM);
    struct mmsghdr one = {.msg_hdr = message};
    CHECK_FAILS(syscall(SYS_sendmmsg, listener, &one, 1, MSG_FASTOPEN), EPERM);
    CHECK(sendmsg(listener, &message, MSG_NOSIGNAL) < 0); /* allowed, and without that flag no connection */
}

static void test_no_way_out_by_sending(void **state) {
    (void)state;
    FD_AUTO peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    assert_int_equal(bind(peer, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(peer, 8), 0);
    assert_int_equal(getsockname(peer, (struct sockaddr *)&address, &size), 0);
    expect_child(no_connecting_by_sending, &address,
                 REFUSED("sendto") REFUSED("sendmsg") REFUSED("sendmmsg"));
    assert_true(accept(peer, NULL, NULL) < 0 && errno == EAGAIN);
}

/* --- guests that make sockets --- */

/* Bound, listening, connected, accepted; options; all that room host does with TCP, over one family. */
static void tcp_works(int family) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at = {.any.sa_family = (sa_family_t)family};
    socklen_t size = family == AF_INET6 ? sizeof(at.v6) : sizeof(at.v4);
    if (family == AF_INET6)
        at.v6.sin6_addr = in6addr_loopback;
    else
        at.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int flags = SOCK_CLOEXEC | SOCK_NONBLOCK, one = 1, seconds = 9, bytes = 65536;
    int server = socket(family, SOCK_STREAM | flags, 0), client = socket(family, SOCK_STREAM | flags, 0);
    CHECK(server >= 0 && client >= 0);
    CHECK(setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
    CHECK(setsockopt(server, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)) == 0);
    CHECK(setsockopt(server, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) == 0);
    CHECK(setsockopt(server, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)) == 0);
    CHECK(setsockopt(server, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof(seconds)) == 0);
    CHECK(setsockopt(server, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof(seconds)) == 0);
    CHECK(setsockopt(server, IPPROTO_TCP, TCP_KEEPCNT, &seconds, sizeof(seconds)) == 0);
    if (family == AF_INET6) {
        CHECK(setsockopt(server, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) == 0);
        CHECK(setsockopt(server, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &seconds, sizeof(seconds)) == 0);
    } else
        CHECK(setsockopt(server, IPPROTO_IP, IP_TTL, &seconds, sizeof(seconds)) == 0);
    if (bind(server, &at.any, size) < 0) {
        CHECK(family == AF_INET6 && errno == EADDRNOTAVAIL); /* a machine without */
        return;
    }
    CHECK(listen(server, 8) == 0 && getsockname(server, &at.any, &size) == 0);
    CHECK(connect(client, &at.any, size) == 0 || errno == EINPROGRESS);
    struct pollfd look = {.fd = server, .events = POLLIN};
    CHECK(poll(&look, 1, 5000) == 1);
    int accepted = accept4(server, NULL, NULL, flags);
    CHECK(accepted >= 0 && write(accepted, "x", 1) == 1);
    look.fd = client;
    char byte;
    CHECK(poll(&look, 1, 5000) == 1 && read(client, &byte, 1) == 1 && shutdown(client, SHUT_RDWR) == 0);
    close(server);
    close(client);
    close(accepted);
}

static void udp_works(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, size) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&at, &size) == 0);
    char byte = 'x';
    struct iovec piece = {&byte, 1};
    struct mmsghdr one = {
        .msg_hdr = {.msg_name = &at, .msg_namelen = sizeof(at), .msg_iov = &piece, .msg_iovlen = 1}};
    CHECK(sendmmsg(fd, &one, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1);
    CHECK(recvmmsg(fd, &one, 1, MSG_DONTWAIT, NULL) == 1);
    const struct sockaddr none = {.sa_family = AF_UNSPEC};
    CHECK(connect(fd, (struct sockaddr *)&at, size) == 0 && connect(fd, &none, sizeof(none)) == 0);
    close(fd);
}

static void makes_sockets(void *argument) {
    (void)argument;
    seal(SANDBOX_GUEST_NET);
    tcp_works(AF_INET);
    tcp_works(AF_INET6);
    udp_works();
    CHECK(sandbox_refused() == 0);
}

/* No other family, type or protocol; none that blocks, or that a program started later would have. */
static void no_other_sockets(void *argument) {
    (void)argument;
    seal(SANDBOX_GUEST_NET);
    const int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
    static const int families[] = {AF_UNIX, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG, AF_BLUETOOTH, 0};
    for (size_t i = 0; i < ARRAY_LENGTH(families); i++)
        CHECK_FAILS(socket(families[i], SOCK_STREAM | flags, 0), EPERM);
    static const int types[] = {SOCK_RAW, SOCK_SEQPACKET, SOCK_RDM, SOCK_DCCP, SOCK_PACKET};
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        CHECK_FAILS(socket(AF_INET, types[i] | flags, 0), EPERM);
    static const int protocols[] = {IPPROTO_MPTCP, IPPROTO_SCTP, IPPROTO_ICMP, IPPROTO_UDPLITE};
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        CHECK_FAILS(socket(AF_INET, SOCK_STREAM | flags, protocols[i]), EPERM);
        CHECK_FAILS(socket(AF_INET6, SOCK_DGRAM | flags, protocols[i]), EPERM);
    }
    CHECK_FAILS(socket(AF_INET, SOCK_STREAM, 0), EPERM);
    CHECK_FAILS(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), EPERM);
    int pair[2];
    CHECK_FAILS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), EPERM);
}

static void no_other_options(void *argument) {
    (void)argument;
    seal(SANDBOX_GUEST_NET);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), value = 1;
    CHECK(fd >= 0);
    static const int options[][2] = {
        {SOL_SOCKET, SO_ATTACH_FILTER}, {SOL_SOCKET, SO_ATTACH_BPF}, {SOL_SOCKET, SO_BINDTODEVICE},
        {SOL_SOCKET, SO_MARK},          {SOL_SOCKET, SO_BROADCAST},  {SOL_SOCKET, SO_REUSEPORT},
        {IPPROTO_IP, IP_TRANSPARENT},   {IPPROTO_IP, IP_OPTIONS},    {IPPROTO_IP, IP_HDRINCL},
        {IPPROTO_TCP, TCP_ULP},         {IPPROTO_TCP, TCP_REPAIR},   {IPPROTO_TCP, TCP_FASTOPEN_CONNECT},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(options); i++)
        CHECK_FAILS(setsockopt(fd, options[i][0], options[i][1], &value, sizeof(value)), EPERM);
    CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof(value)) == 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = 9};
    struct iovec piece = {&value, 1};
    struct mmsghdr one = {
        .msg_hdr = {.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &piece, .msg_iovlen = 1}};
    CHECK_FAILS(sendmmsg(fd, &one, 1, MSG_FASTOPEN), EPERM);
    CHECK_FAILS(sendto(fd, "x", 1, 0, (const struct sockaddr *)&to, sizeof(to)), EPERM);
}

/* All else is as for other guests. */
static void nothing_more(void *argument) {
    (void)argument;
    seal(SANDBOX_GUEST_NET);
    char *const none[] = {NULL};
    CHECK_FAILS(execve("/bin/true", none, none), EPERM);
    CHECK_FAILS(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), EPERM);
    CHECK_FAILS(kill(getppid(), SIGTERM), EPERM);
    CHECK_FAILS(syscall(SYS_bpf, 0, NULL, 0), EPERM);
}

static void without_net(void *argument) {
    (void)argument;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), value = 1;
    seal(SANDBOX_GUEST);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK_FAILS(bind(fd, (struct sockaddr *)&to, sizeof(to)), EPERM);
    CHECK_FAILS(connect(fd, (struct sockaddr *)&to, sizeof(to)), EPERM);
    CHECK_FAILS(listen(fd, 1), EPERM);
    CHECK_FAILS(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, sizeof(value)), EPERM);
    struct mmsghdr one = {.msg_len = 0};
    CHECK_FAILS(sendmmsg(fd, &one, 1, 0), EPERM);
    CHECK_FAILS(recvmmsg(fd, &one, 1, MSG_DONTWAIT, NULL), EPERM);
    CHECK_FAILS(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), EPERM);
}

static void test_sockets(void **state) {
    (void)state;
    expect_child(makes_sockets, NULL, "");
    expect_child(no_other_sockets, NULL, REFUSED("socket") REFUSED("socketpair"));
    expect_child(no_other_options, NULL, REFUSED("setsockopt") REFUSED("sendmmsg") REFUSED("sendto"));
    expect_child(nothing_more, NULL, REFUSED("execve") REFUSED("kill") REFUSED("bpf"));
    expect_child(without_net, NULL,
                 REFUSED("bind") REFUSED("connect") REFUSED("listen") REFUSED("setsockopt")
                     REFUSED("sendmmsg") REFUSED("recvmmsg") REFUSED("socket"));
}

static void unknown_number(void *argument) {
    (void)argument;
    seal(SANDBOX_GUEST);
    CHECK_FAILS(syscall(1023), ENOSYS);
}

static void test_refusals(void **state) {
    (void)state;
    expect_child(no_sockets, NULL, REFUSED("socket"));
    expect_child(no_processes, NULL, REFUSED("execve"));
    expect_child(nothing_to_the_parent, NULL, REFUSED("kill") REFUSED("tgkill") REFUSED("ptrace"));
    expect_child(no_odd_doors, NULL,
                 REFUSED("bpf") REFUSED("perf_event_open") REFUSED("keyctl") REFUSED("personality")
                     REFUSED("userfaultfd") REFUSED("prctl") REFUSED("ioctl") REFUSED("prlimit64"));
    expect_child(unknown_number, NULL, REFUSED("1023"));
}

/* --- memory that can run --- */

#define PAGE ((size_t)65536)

static void *map(int protection) {
    return mmap(NULL, PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void maps_code(void *argument) {
    seal(*(enum sandbox_role_id *)argument);
    void *page = map(PROT_READ | PROT_WRITE);
    CHECK(page != MAP_FAILED && mprotect(page, PAGE, PROT_READ | PROT_EXEC) == 0);
    CHECK(map(PROT_READ | PROT_EXEC) != MAP_FAILED);
    CHECK_FAILS(mprotect(page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC), EPERM);
    CHECK(map(PROT_READ | PROT_WRITE | PROT_EXEC) == MAP_FAILED && errno == EPERM);
}

static void maps_data_only(void *argument) {
    seal(*(enum sandbox_role_id *)argument);
    void *page = map(PROT_READ | PROT_WRITE);
    CHECK(page != MAP_FAILED);
    CHECK_FAILS(mprotect(page, PAGE, PROT_READ | PROT_EXEC), EPERM);
    CHECK(map(PROT_READ | PROT_EXEC) == MAP_FAILED && errno == EPERM);
}

static void test_code_pages(void **state) {
    (void)state;
    for (enum sandbox_role_id role = 0; role < SANDBOX_ROLES; role++)
        expect_child(role == SANDBOX_INTAKE ? maps_data_only : maps_code, &role,
                     REFUSED("mprotect") REFUSED("mmap"));
}

/* Memory that no limit on data counts: nothing for those who take hostile bytes apart. */
static void maps_nothing_shared(void *argument) {
    seal(*(enum sandbox_role_id *)argument);
    CHECK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    CHECK(errno == EPERM);
    CHECK(map(PROT_READ | PROT_WRITE) != MAP_FAILED);
}

static void makes_no_file(void *argument) {
    (void)argument;
    seal(SANDBOX_INTAKE);
    CHECK_FAILS(memfd_create("more", 0), EPERM);
}

static void test_no_uncounted_memory(void **state) {
    (void)state;
    for (enum sandbox_role_id role = SANDBOX_INTAKE; role < SANDBOX_ROLES; role++)
        expect_child(maps_nothing_shared, &role, REFUSED("mmap"));
    expect_child(makes_no_file, NULL, REFUSED("memfd_create"));
}

/* --- what the roles need --- */

static volatile sig_atomic_t caught;

static void on_signal(int number) {
    caught = number;
}

static void guest_works(void *argument) {
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    seal(*(enum sandbox_role_id *)argument);
    int dir = open("/", O_PATH | O_DIRECTORY);
    CHECK(dir >= 0 && openat(dir, "etc/passwd", O_RDONLY) >= 0); /* paths are landlock's business */
    CHECK(write(pair[0], "x", 1) == 1);
    char byte;
    CHECK(recv(pair[1], &byte, 1, 0) == 1);
    signal(SIGUSR1, on_signal);
    CHECK(raise(SIGUSR1) == 0 && caught == SIGUSR1); /* abort() needs this */
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(clock_monotonic_ns() > 0);
    CHECK(fcntl(dir, F_DUPFD_CLOEXEC, 10) >= 10);
    CHECK(prctl(PR_SET_NAME, "sealed", 0, 0, 0) == 0);
    void *memory = map(PROT_NONE);
    CHECK(memory != MAP_FAILED && mprotect(memory, PAGE, PROT_READ | PROT_WRITE) == 0);
    CHECK(madvise(memory, PAGE, MADV_DONTNEED) == 0 && munmap(memory, PAGE) == 0);
}

static void aborts(void *argument) {
    (void)argument;
    seal(SANDBOX_GUEST);
    abort();
}

static void intake_works(void *argument) {
    (void)argument;
    seal(SANDBOX_INTAKE);
    CHECK_FAILS(open("/etc/passwd", O_RDONLY), EACCES); /* quiet: no line */
    CHECK(sandbox_refused() == 0);
}

static void compile_works(void *argument) {
    (void)argument;
    seal(SANDBOX_COMPILE);
    CHECK_FAILS(open("/etc/passwd", O_RDONLY), EACCES); /* quiet: no line */
    int fd = -1;
    arcella_error *error = NULL;
    CHECK(memfd_make("code", "abc", 3, true, &fd, &error) == 0);
    CHECK(lseek(fd, 0, SEEK_END) == 3);
    CHECK_FAILS(write(fd, "d", 1), EPERM);
    CHECK(sandbox_refused() == 0);
}

static void test_allowed(void **state) {
    (void)state;
    enum sandbox_role_id guest = SANDBOX_GUEST, guest_net = SANDBOX_GUEST_NET;
    expect_child(guest_works, &guest, "");
    expect_child(guest_works, &guest_net, "");
    expect_child(intake_works, NULL, "");
    expect_child(compile_works, NULL, "");
    /* The end of a process is told truly. (A sanitizer reports it by itself.) */
    struct child_result result = run_child(aborts, NULL);
    if (!BUILT_WITH_ASAN && !BUILT_WITH_TSAN)
        assert_int_equal(result.signal, SIGABRT);
}

/* --- threads --- */

static int go[2];
static atomic_int other_result = -1;

static void *try_later(void *argument) {
    (void)argument;
    char byte;
    if (read(go[0], &byte, 1) == 1)
        other_result = socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM;
    return NULL;
}

static void no_further_thread(void *argument) {
    (void)argument;
    seal(SANDBOX_GUEST);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, try_later, NULL) != 0);
    CHECK(fork() < 0);
}

static void all_threads_sealed(void *argument) {
    (void)argument;
    STEP(sandbox_lock(-1, reterr));
    pthread_t thread;
    CHECK(pipe(go) == 0 && pthread_create(&thread, NULL, try_later, NULL) == 0);
    struct sandbox_report report = {0};
    STEP(sandbox_seal(SANDBOX_GUEST, &report, reterr));
    CHECK(write(go[1], "x", 1) == 1 && pthread_join(thread, NULL) == 0);
    CHECK(other_result == 1);
}

static void test_threads(void **state) {
    (void)state;
    expect_child(all_threads_sealed, NULL, REFUSED("socket"));
    struct child_result result = run_child(no_further_thread, NULL);
    assert_int_equal(result.code, 0);
}

#ifdef __x86_64__
static void old_convention(void *argument) {
    (void)argument;
    seal(SANDBOX_GUEST);
    long result = 20; /* getpid of i386, which the list knows only by its number of x86-64 */
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    CHECK(result == -ENOSYS);
}
#endif

static void test_other_convention(void **state) {
    (void)state;
#ifdef __x86_64__
    struct child_result result = run_child(old_convention, NULL);
    if (result.signal == SIGSEGV) /* a kernel without 32-bit calls */
        return;
    assert_int_equal(result.code, 0);
    assert_non_null(strstr(result.said, "sandbox: system call 20 of another architecture refused\n"));
#endif
}

static void sealing_takes(void *argument) {
    (void)argument;
    uint64_t begin = clock_monotonic_ns();
    seal(SANDBOX_GUEST);
    dprintf(2, "%llu", (unsigned long long)(clock_monotonic_ns() - begin) / 1000);
}

static void test_cost(void **state) {
    (void)state;
    struct child_result result = run_child(sealing_takes, NULL);
    assert_int_equal(result.code, 0);
    print_message("lock and seal: %s us\n", result.said);
}

static void test_names(void **state) {
    (void)state;
    enum sandbox_role_id role;
    for (unsigned i = 0; i < SANDBOX_ROLES; i++) {
        assert_true(sandbox_role_find(sandbox_role_name((enum sandbox_role_id)i), &role));
        assert_int_equal(role, i);
    }
    assert_false(sandbox_role_find("daemon", &role));
    struct sandbox_report report = {0};
    const char *names[SANDBOX_FEATURES];
    assert_int_equal(sandbox_missing_names(&report, names), 0);
    report.missing[SANDBOX_FEATURE_SECCOMP] = report.missing[SANDBOX_FEATURE_LANDLOCK] = true;
    assert_int_equal(sandbox_missing_names(&report, names), 2);
    assert_string_equal(names[0], "landlock");
    assert_string_equal(names[1], "seccomp");
}

int main(void) {
    struct sandbox_report kernel = {0};
    if (sandbox_probe(&kernel, NULL) < 0)
        return 1;
    if (kernel.missing[SANDBOX_FEATURE_SECCOMP]) {
        print_message("weaker: this kernel has no seccomp filters, nothing of them was tried\n");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),      cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_code_pages), cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_threads),    cmocka_unit_test(test_other_convention),
        cmocka_unit_test(test_cost),       cmocka_unit_test(test_no_way_out_by_sending),
        cmocka_unit_test(test_sockets),    cmocka_unit_test(test_no_uncounted_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
