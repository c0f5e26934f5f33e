/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Builds the seccomp filters of all roles with libseccomp, at build time, and writes them as C.
 *
 * Made while building because it takes libseccomp 0.6 ms to make and load such a filter, and the linker 0.15
 * ms to load libseccomp, of the 4 ms that `arcella run` may take; loading a finished one takes 0.1 ms.
 *
 *     sandbox_filter_gen ARCH > filters.inc      ARCH as libseccomp and uname name it: x86_64, aarch64
 *
 * A program of the build, run once; it owns everything until it exits.  The output holds, per role, the
 * filter and the places where the process id goes, and the names of all system calls for the log line.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define FILTER_MAX  4096       /* instructions; the kernel's own bound */
#define SYSCALL_MAX 1024       /* numbers whose names are asked for */
#define PID_MARK    0x5a7d10a5 /* stands for the process id until it is known; no other constant is like it */
#define TCGETS2_    0x802c542a /* isatty() of newer C libraries */
#define PR_SET_VMA_ 0x53564d41 /* malloc names its memory for /proc */
#define MAP_TYPE_   0x0f       /* the bits of mmap()'s flags that say private or shared */
#define FASTOPEN_   0x20000000 /* MSG_FASTOPEN: connect and send in one call */
#define ADD_SEALS_  (1024 + 9)
#define GET_SEALS_  (1024 + 10)

/* Guests with and without sockets of their own; N is what only the former have. */
enum { N = 8, G = 1 | N, I = 2, C = 4, ALL = G | I | C };
enum condition {
    ANY,
    OWN_THREAD,
    LOOK_ONLY,
    DATA_PAGES,
    CODE_PAGES,
    OWN_DATA,
    OWN_CODE,
    SENDS,
    IOCTLS,
    FCNTLS,
    PRCTLS,
    SOCKET_OPTIONS,
    NEW_SOCKETS,
    NEW_SOCKET_OPTIONS,
};

static const struct {
    const char *name;
    int bit;
} roles[] = {{"guest", 1}, {"guest_net", N}, {"intake", I}, {"compile", C}};

static void fail(const char *what, const char *name, int r) {
    fprintf(stderr, "sandbox_filter_gen: %s %s: error %d\n", what, name, -r);
    exit(1);
}

static void add(scmp_filter_ctx filter, uint32_t action, const char *name, int call, unsigned count,
                const struct scmp_arg_cmp *arguments) {
    /* A call that this architecture does not have is told by -EDOM; that is how one table serves all. */
    int r = seccomp_rule_add_array(filter, action, call, count, arguments);
    if (r < 0 && r != -EDOM)
        fail("cannot add", name, r);
}

/* One rule for each value an argument may have. */
static void add_values(scmp_filter_ctx filter, const char *name, int call, unsigned argument,
                       const uint64_t *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        add(filter, SCMP_ACT_ALLOW, name, call, 1,
            &(struct scmp_arg_cmp){argument, SCMP_CMP_EQ, values[i], 0});
}

#define VALUES(...)                                                                                          \
    (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t)

/* TCP and UDP, non-blocking from birth; no other protocol of these types (MPTCP would pass by landlock). */
static void add_sockets(scmp_filter_ctx filter, const char *name, int call) {
    static const uint64_t families[] = {AF_INET, AF_INET6}, types[] = {SOCK_STREAM, SOCK_DGRAM};
    for (size_t i = 0; i < 4; i++)
        add(filter, SCMP_ACT_ALLOW, name, call, 3,
            (struct scmp_arg_cmp[]){{0, SCMP_CMP_EQ, families[i / 2], 0},
                                    {1, SCMP_CMP_EQ, types[i % 2] | SOCK_CLOEXEC | SOCK_NONBLOCK, 0},
                                    {2, SCMP_CMP_EQ, 0, 0}});
}

/* Those that room host sets; packet filters and what needs privilege are not among them. */
static void add_socket_options(scmp_filter_ctx filter, const char *name, int call) {
    static const struct {
        int level;
        int option;
    } options[] = {
        {SOL_SOCKET, SO_REUSEADDR},  {SOL_SOCKET, SO_KEEPALIVE},  {SOL_SOCKET, SO_SNDBUF},
        {SOL_SOCKET, SO_RCVBUF},     {IPPROTO_TCP, TCP_KEEPIDLE}, {IPPROTO_TCP, TCP_KEEPINTVL},
        {IPPROTO_TCP, TCP_KEEPCNT},  {IPPROTO_IP, IP_TTL},        {IPPROTO_IPV6, IPV6_UNICAST_HOPS},
        {IPPROTO_IPV6, IPV6_V6ONLY},
    };
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        add(filter, SCMP_ACT_ALLOW, name, call, 2,
            (struct scmp_arg_cmp[]){{1, SCMP_CMP_EQ, (uint64_t)options[i].level, 0},
                                    {2, SCMP_CMP_EQ, (uint64_t)options[i].option, 0}});
}

static void allow(scmp_filter_ctx filter, const char *name, int call, enum condition condition) {
    switch (condition) {
    case ANY: add(filter, SCMP_ACT_ALLOW, name, call, 0, NULL); break;
    case OWN_THREAD: add_values(filter, name, call, 0, VALUES(PID_MARK)); break;
    case LOOK_ONLY:
        add(filter, SCMP_ACT_ALLOW, name, call, 2,
            (struct scmp_arg_cmp[]){{0, SCMP_CMP_EQ, 0, 0}, {2, SCMP_CMP_EQ, 0, 0}});
        break;
    case CODE_PAGES:
        add(filter, SCMP_ACT_ALLOW, name, call, 1,
            &(struct scmp_arg_cmp){2, SCMP_CMP_MASKED_EQ, PROT_WRITE | PROT_EXEC, PROT_EXEC});
        add(filter, SCMP_ACT_ALLOW, name, call, 1,
            &(struct scmp_arg_cmp){2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0});
        break;
    case OWN_CODE:
        add(filter, SCMP_ACT_ALLOW, name, call, 2,
            (struct scmp_arg_cmp[]){{2, SCMP_CMP_MASKED_EQ, PROT_WRITE | PROT_EXEC, PROT_EXEC},
                                    {3, SCMP_CMP_MASKED_EQ, MAP_TYPE_, MAP_PRIVATE}});
        /* fall through */
    case OWN_DATA:
        add(filter, SCMP_ACT_ALLOW, name, call, 2,
            (struct scmp_arg_cmp[]){{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0},
                                    {3, SCMP_CMP_MASKED_EQ, MAP_TYPE_, MAP_PRIVATE}});
        break;
    case SENDS:
        /* A listening socket that is shut down is one that can connect, and a send that connects passes by
         * connect() and by landlock.  sendto() has the flags in argument 3 and an address in 4, sendmsg() has
         * the flags in argument 2, sendmmsg() in 3. */
        if (call == SCMP_SYS(sendmmsg))
            add(filter, SCMP_ACT_ALLOW, name, call, 1,
                &(struct scmp_arg_cmp){3, SCMP_CMP_MASKED_EQ, FASTOPEN_, 0});
        else if (call == SCMP_SYS(sendto))
            add(filter, SCMP_ACT_ALLOW, name, call, 2,
                (struct scmp_arg_cmp[]){{3, SCMP_CMP_MASKED_EQ, FASTOPEN_, 0}, {4, SCMP_CMP_EQ, 0, 0}});
        else
            add(filter, SCMP_ACT_ALLOW, name, call, 1,
                &(struct scmp_arg_cmp){2, SCMP_CMP_MASKED_EQ, FASTOPEN_, 0});
        break;
    case DATA_PAGES:
        add(filter, SCMP_ACT_ALLOW, name, call, 1,
            &(struct scmp_arg_cmp){2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0});
        break;
    case IOCTLS:
        add_values(filter, name, call, 1, VALUES(TCGETS, TCGETS2_, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX));
        break;
    case FCNTLS:
        add_values(filter, name, call, 1,
                   VALUES(F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK,
                          ADD_SEALS_, GET_SEALS_));
        break;
    case PRCTLS:
        add_values(filter, name, call, 0, VALUES(PR_SET_NAME, PR_GET_NAME, PR_SET_VMA_, PR_GET_DUMPABLE));
        break;
    case SOCKET_OPTIONS:
        /* TCP_NODELAY of IPPROTO_TCP; no option of SOL_SOCKET, among which are packet filters. */
        add(filter, SCMP_ACT_ALLOW, name, call, 2,
            (struct scmp_arg_cmp[]){{1, SCMP_CMP_EQ, 6, 0}, {2, SCMP_CMP_EQ, 1, 0}});
        break;
    case NEW_SOCKETS: add_sockets(filter, name, call); break;
    case NEW_SOCKET_OPTIONS: add_socket_options(filter, name, call); break;
    }
}

static void add_rows(scmp_filter_ctx filter, int role) {
#define CALL(name, bits, condition)                                                                          \
    if ((bits)&role)                                                                                         \
        allow(filter, #name, SCMP_SYS(name), condition);
#define QUIET(name, bits, errnum)                                                                            \
    if ((bits)&role)                                                                                         \
        add(filter, SCMP_ACT_ERRNO(errnum), #name, SCMP_SYS(name), 0, NULL);
#include "calls.def"
}

static scmp_filter_ctx make_filter(uint32_t arch, int role) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
    if (!filter)
        fail("cannot make a filter", "", -ENOMEM);
    int r = 0;
    if (arch != seccomp_arch_native() && ((r = seccomp_arch_add(filter, arch)) < 0 ||
                                          (r = seccomp_arch_remove(filter, seccomp_arch_native())) < 0))
        fail("cannot use", "architecture", r);
    /* Calls by another calling convention (int 0x80) are refused like any other, not killed. */
    r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_TRAP);
    /* A binary tree: 8 comparisons instead of 130 on kernels that do not remember answers (before 5.11). */
    if (r < 0 || (r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2)) < 0)
        fail("cannot set", "attributes", r);
    add_rows(filter, role);
    return filter;
}

static void write_filter(const char *name, uint32_t arch, int role) {
    scmp_filter_ctx filter = make_filter(arch, role);
    FILE *file = tmpfile();
    if (!file)
        fail("no temporary", "file", -errno);
    int r = seccomp_export_bpf(filter, fileno(file));
    if (r < 0)
        fail("cannot export", name, r);
    seccomp_release(filter);
    static struct sock_filter code[FILTER_MAX];
    rewind(file);
    size_t count = fread(code, sizeof(code[0]), FILTER_MAX, file);
    fclose(file);
    if (!count || count == FILTER_MAX)
        fail("too long:", name, -E2BIG);
    printf("static const struct sock_filter filter_%s[] = {\n", name);
    for (size_t i = 0; i < count; i++)
        printf("    { 0x%04x, %u, %u, 0x%08x },\n", code[i].code, code[i].jt, code[i].jf, code[i].k);
    printf("};\nstatic const uint16_t filter_%s_pid[] = {", name);
    unsigned marks = 0;
    for (size_t i = 0; i < count; i++)
        if (code[i].k == PID_MARK) {
            if (BPF_CLASS(code[i].code) != BPF_JMP || BPF_OP(code[i].code) != BPF_JEQ)
                fail("process id is not compared for equality:", name, -EINVAL);
            printf("%s %zu", marks++ ? "," : "", i);
        }
    if (!marks)
        fail("no place for the process id:", name, -ENOENT);
    printf(" };\n");
}

static void write_names(uint32_t arch) {
    printf("#define FILTER_ARCH 0x%08xu\n", arch);
    printf("static const struct {\n    int number;\n    const char *name;\n} call_names[] = {\n");
    for (int number = 0; number < SYSCALL_MAX; number++) {
        char *name = seccomp_syscall_resolve_num_arch(arch, number);
        if (name)
            printf("    { %d, \"%s\" },\n", number, name);
        free(name);
    }
    printf("};\n");
}

int main(int argc, char **argv) {
    uint32_t arch = argc == 2 ? seccomp_arch_resolve_name(argv[1]) : 0;
    if (!arch) {
        fprintf(stderr, "usage: sandbox_filter_gen ARCH\n");
        return 2;
    }
    printf("/* Made by sandbox_filter_gen from calls.def for %s. */\n", argv[1]);
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        write_filter(roles[i].name, arch, roles[i].bit);
    write_names(arch);
    if (fflush(stdout) || ferror(stdout))
        fail("cannot write", "the result", -errno);
    return 0;
}
