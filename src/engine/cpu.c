/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The processor features compiled code may depend on, where the kernel tells them (cpu_x86_64.c asks the
 * processor itself).  More bits than the compiler uses do no harm: at worst code is compiled once more.
 */
#if !defined(__x86_64__)

#include <sys/auxv.h>

#include "engine/inner.h"

int engine_cpu_features(struct buffer *to, arcella_error **reterr) {
    return buffer_format(to, reterr, "%lx.%lx", getauxval(AT_HWCAP), getauxval(AT_HWCAP2));
}

#else
/* ISO C wants something in each file. */
typedef int engine_cpu_is_elsewhere;
#endif
