/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The processor features compiled code may depend on, on x86-64: one bit each, in the order of the list,
 * which is what the code generator looks for.  The only file that knows this processor.
 */
#if defined(__x86_64__)

#include <cpuid.h>

#include "engine/inner.h"

/* leaf, subleaf, register (0 eax … 3 edx), bit, does the system have to save wide registers for it? */
struct cpu_bit {
    unsigned leaf;
    unsigned subleaf;
    unsigned reg;
    unsigned bit;
    unsigned needs; /* bits of XCR0 that must be set: 6 for 256-bit, 0xe6 for 512-bit registers */
};
static const struct cpu_bit bits[] = {
    {1, 0, 2, 13, 0},         /* cmpxchg16b */
    {1, 0, 2, 0, 0},          /* sse3 */
    {1, 0, 2, 9, 0},          /* ssse3 */
    {1, 0, 2, 19, 0},         /* sse4.1 */
    {1, 0, 2, 20, 0},         /* sse4.2 */
    {1, 0, 2, 23, 0},         /* popcnt */
    {1, 0, 2, 28, 6},         /* avx */
    {7, 0, 1, 5, 6},          /* avx2 */
    {1, 0, 2, 12, 6},         /* fma */
    {7, 1, 0, 4, 6},          /* avxvnni */
    {7, 0, 2, 11, 0xe6},      /* avx512vnni */
    {7, 0, 1, 3, 0},          /* bmi1 */
    {7, 0, 1, 8, 0},          /* bmi2 */
    {7, 0, 2, 12, 0xe6},      /* avx512bitalg */
    {7, 0, 1, 17, 0xe6},      /* avx512dq */
    {7, 0, 1, 16, 0xe6},      /* avx512f */
    {7, 0, 1, 31, 0xe6},      /* avx512vl */
    {7, 0, 2, 1, 0xe6},       /* avx512vbmi */
    {0x80000001, 0, 2, 5, 0}, /* lzcnt */
};

/* What the system saves of the wide registers; 0 where it does not say. */
static unsigned saved_state(void) {
    unsigned r[4];
    if (!__get_cpuid(1, &r[0], &r[1], &r[2], &r[3]) || !(r[2] & 1u << 27))
        return 0;
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

int engine_cpu_features(struct buffer *to, arcella_error **reterr) {
    uint32_t word = 0;
    unsigned saved = saved_state();
    for (unsigned i = 0; i < ARRAY_LENGTH(bits); i++) {
        const struct cpu_bit *b = &bits[i];
        unsigned r[4] = {0};
        if (__get_cpuid_count(b->leaf, b->subleaf, &r[0], &r[1], &r[2], &r[3]) && (r[b->reg] >> b->bit & 1) &&
            (saved & b->needs) == b->needs)
            word |= 1u << i;
    }
    return buffer_format(to, reterr, "%05x", word);
}

#else
/* ISO C wants something in each file. */
typedef int engine_cpu_x86_64_is_elsewhere;
#endif
