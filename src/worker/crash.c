/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Last words: when the process crashes, one line on descriptor 2 says which instance had the processor, so
 * that the parent charges the crash to that deployment and starts its neighbours again free of charge.
 *
 * Installed before the engine, whose handlers hand on what is not a guest's trap.  Everything here may run in
 * a signal handler: no allocation, no stdio.
 */
#include <signal.h>

#include "runtime/runtime.h"
#include "worker/worker.h"

static const struct runtime *crashing;

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
    uint64_t handle;
    if (crashing && runtime_current(crashing, &handle))
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

void worker_crash_watch(const struct runtime *runtime) {
    crashing = runtime;
}
