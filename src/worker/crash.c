/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Who ran: when this process ends badly, its parent charges the crash to the deployment that had the
 * processor and starts its neighbours again free of charge.
 *
 * It is told in two ways.  The handle stands in a page that the parent shares with us, written at the begin
 * and the end of each slice, one store and no system call: that tells even of SIGKILL.  And a crash that the
 * process itself sees says it in a line on descriptor 2.  That is installed before the engine, whose handlers
 * hand on what is not a guest's trap, and may run in a signal handler: no allocation, no stdio.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "base/fault.h"
#include "worker/worker.h"

static struct ipc_page own; /* where the parent shares none */
static struct ipc_page *page = &own;

int worker_crash_share(int fd, arcella_error **reterr) {
    void *shared = fault_hit(FAULT_SYS)
                       ? MAP_FAILED
                       : mmap(NULL, IPC_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED)
        return error_set_errno(reterr, errno, "cannot map the page shared with the parent");
    page = shared;
    return 0;
}

void worker_crash_running(uint64_t handle) {
    atomic_store_explicit(&page->running, handle, memory_order_relaxed);
}

/* "running instance=N\n" */
static void say_instance(uint64_t handle) {
    static const char words[] = "running instance=";
    char line[sizeof words + 24];
    char digits[24];
    size_t count = 0, length = sizeof words - 1;
    memcpy(line, words, length);
    do
        digits[count++] = (char)('0' + handle % 10);
    while ((handle /= 10) > 0);
    while (count > 0)
        line[length++] = digits[--count];
    line[length++] = '\n';
    if (write(STDERR_FILENO, line, length) < 0)
        return; /* nobody listens any more */
}

static void on_crash(int number) {
    uint64_t handle = atomic_load_explicit(&page->running, memory_order_relaxed);
    if (handle)
        say_instance(handle);
    /* Delivered on return; a signal that somebody sent would not come again by itself. */
    signal(number, SIG_DFL);
    raise(number);
}

void worker_crash_setup(void) {
    if (BUILT_WITH_ASAN)
        return; /* the sanitizer's own handler tells more */
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
        sigaction(numbers[i], &action, NULL);
}
