/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The last step: the seccomp filter of the role, for all threads, and the handler that says what was refused.
 *
 * The filters were made while building (filter_gen.c); here the process id is put where a filter asks for it,
 * and the filter is handed to the kernel.  The handler runs on whatever thread and stack made the call; it
 * uses nothing but write().  State is static: a process is sealed once and stays so.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/mem.h"
#include "base/text.h"
#include "sandbox/arch.h"
#include "sandbox/steps.h"

#include "filters.inc"

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1 /* si_code */
#endif
#define NUMBERS_MAX 1024 /* calls that get a line of their own; higher ones share one */

static const struct {
    const struct sock_filter *code;
    size_t count;
    const uint16_t *pid;
    size_t pid_count;
} filters[] = {
#define FILTER(name)                                                                                         \
    { filter_##name, ARRAY_LENGTH(filter_##name), filter_##name##_pid, ARRAY_LENGTH(filter_##name##_pid) }
    [SANDBOX_GUEST] = FILTER(guest),
    [SANDBOX_GUEST_NET] = FILTER(guest_net),
    [SANDBOX_INTAKE] = FILTER(intake),
    [SANDBOX_COMPILE] = FILTER(compile),
#undef FILTER
};
STATIC_ASSERT(ARRAY_LENGTH(filters) == SANDBOX_ROLES, "a filter for each role");

static atomic_uint_fast64_t refused;
static atomic_bool told[NUMBERS_MAX];
static atomic_bool told_foreign; /* by another calling convention */

uint64_t sandbox_refused(void) {
    return atomic_load_explicit(&refused, memory_order_relaxed);
}

static const char *call_name(int number) {
    for (size_t i = 0; i < ARRAY_LENGTH(call_names); i++)
        if (call_names[i].number == number)
            return call_names[i].name;
    return NULL;
}

/* --- the line, without anything that a signal handler may not use --- */

struct line {
    char bytes[96];
    size_t length;
};

static void add_text(struct line *line, const char *text) {
    while (*text && line->length < sizeof(line->bytes))
        line->bytes[line->length++] = *text++;
}

static void add_number(struct line *line, unsigned number) {
    char digits[10];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count && line->length < sizeof(line->bytes))
        line->bytes[line->length++] = digits[--count];
}

static void tell(const char *name, unsigned number, bool foreign) {
    struct line line = {.length = 0};
    add_text(&line, "sandbox: system call ");
    if (name && !foreign)
        add_text(&line, name);
    else
        add_number(&line, number);
    add_text(&line, foreign ? " of another architecture refused\n" : " refused\n");
    /* A line that cannot be written is lost: there is nobody to tell. */
    ssize_t put = write(2, line.bytes, line.length);
    (void)put;
}

static void on_refused(int signal_number, siginfo_t *info, void *context) {
    (void)signal_number;
    if (info->si_code != SYS_SECCOMP)
        return;
    int saved = errno;
    unsigned number = (unsigned)info->si_syscall;
    bool foreign = info->si_arch != FILTER_ARCH;
    const char *name = foreign ? NULL : call_name(info->si_syscall);
    atomic_fetch_add_explicit(&refused, 1, memory_order_relaxed);
    atomic_bool *once = foreign ? &told_foreign : &told[number < NUMBERS_MAX ? number : NUMBERS_MAX - 1];
    if (!atomic_exchange_explicit(once, true, memory_order_relaxed))
        tell(name, number, foreign);
    /* Libraries go on without a call that the kernel does not know; so one that we do not know is answered
     * so. */
    arch_set_result(context, name ? -EPERM : -ENOSYS);
    errno = saved;
}

static int handle_refusals(arcella_error **reterr) {
    struct sigaction action = {.sa_sigaction = on_refused, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigset_t refusals;
    sigemptyset(&refusals);
    sigaddset(&refusals, SIGSYS);
    /* Blocked, the kernel would kill us instead. */
    if (sigaction(SIGSYS, &action, NULL) < 0 || pthread_sigmask(SIG_UNBLOCK, &refusals, NULL) != 0)
        return error_set_errno(reterr, errno, "sandbox: cannot take SIGSYS");
    return 0;
}

/* --- the filter --- */

static bool kernel_has_filters(void) {
    uint32_t action = SECCOMP_RET_TRAP;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static int load_filter(enum sandbox_role_id role, arcella_error **reterr) {
    size_t size = filters[role].count * sizeof(struct sock_filter);
    MEM_AUTO struct sock_filter *code = mem_copy(filters[role].code, size);
    if (!code)
        return error_nomem(reterr);
    for (size_t i = 0; i < filters[role].pid_count; i++)
        code[filters[role].pid[i]].k = (uint32_t)getpid();
    struct sock_fprog program = {.len = (unsigned short)filters[role].count, .filter = code};
    long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    if (r < 0)
        return error_set_errno(reterr, errno, "sandbox: cannot put the seccomp filter into force");
    if (r > 0)
        return error_set(reterr, ARCELLA_E_SYSTEM, "sandbox: thread %ld has a seccomp filter of its own", r);
    return 0;
}

int sandbox_seal(enum sandbox_role_id role, struct sandbox_report *report, arcella_error **reterr) {
    /* No further process or thread of this user from here, with seccomp and without. */
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_NPROC, &none) < 0)
        return error_set_errno(reterr, errno, "sandbox: cannot limit processes");
    if (!kernel_has_filters()) {
        report->missing[SANDBOX_FEATURE_SECCOMP] = true;
        return 0;
    }
    int r = handle_refusals(reterr);
    return r < 0 ? r : load_filter(role, reterr);
}
