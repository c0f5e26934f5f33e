/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The one place that knows the machine: where a signal handler finds the result register of the system call
 * that was interrupted.  Another architecture is one more branch here (and its name known to libseccomp).
 */
#ifndef SANDBOX_ARCH_H
#define SANDBOX_ARCH_H

#include <stdint.h>
#include <ucontext.h>

/** Let the system call that a SIGSYS handler was called for return value (a negative errno is a failure). */
static inline void arch_set_result(void *context, long value) {
    ucontext_t *at = context;
#if defined(__x86_64__)
    at->uc_mcontext.gregs[REG_RAX] = value;
#elif defined(__aarch64__)
    at->uc_mcontext.regs[0] = (uint64_t)value;
#else
#error "name the register that holds the result of a system call on this machine"
#endif
}

#endif
