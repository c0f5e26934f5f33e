/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Failing on purpose, test builds only: one counter a kind, in atomics because pool threads allocate too.
 * Lives as long as the process.
 */
#include "base/fault.h"

#ifdef ARCELLA_FAULTS

#include <stdatomic.h>

static struct {
    atomic_uint_fast64_t passed; /* since fault_set() */
    atomic_uint_fast64_t fails;  /* the number that fails; 0 for none */
    atomic_int errnum;
} kinds[FAULT_KINDS];

void fault_set(enum fault_kind kind, uint64_t nth, int errnum) {
    atomic_store(&kinds[kind].fails, 0);
    atomic_store(&kinds[kind].passed, 0);
    atomic_store(&kinds[kind].errnum, errnum);
    atomic_store(&kinds[kind].fails, nth);
}

uint64_t fault_count(enum fault_kind kind) {
    return atomic_load(&kinds[kind].passed);
}

bool fault_hit(enum fault_kind kind) {
    uint64_t number = atomic_fetch_add_explicit(&kinds[kind].passed, 1, memory_order_relaxed) + 1;
    if (number != atomic_load_explicit(&kinds[kind].fails, memory_order_relaxed))
        return false;
    errno = atomic_load(&kinds[kind].errnum);
    return true;
}

/* The number of an errno name, or 0. */
static int errnum_of(const char *name, size_t length) {
    for (int i = 1; i < 200; i++) {
        const char *known = strerrorname_np(i);
        if (known && strlen(known) == length && memcmp(known, name, length) == 0)
            return i;
    }
    return 0;
}

void fault_from_environment(void) {
    static const struct {
        const char *prefix;
        enum fault_kind kind;
        int errnum;
    } forms[] = {{"alloc=", FAULT_ALLOC, ENOMEM}, {"sys=", FAULT_SYS, EIO}};
    const char *at = getenv("ARCELLA_FAULT");
    while (at && *at) {
        size_t length = strcspn(at, ",");
        bool known = false;
        for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
            size_t prefix = strlen(forms[i].prefix);
            if (strncmp(at, forms[i].prefix, prefix) != 0)
                continue;
            if (!isdigit((unsigned char)at[prefix]))
                break;
            char *end = NULL;
            uint64_t nth = strtoull(at + prefix, &end, 10);
            int errnum = forms[i].errnum;
            if (*end == ':')
                errnum = errnum_of(end + 1, (size_t)(at + length - (end + 1)));
            else if (end != at + length)
                errnum = 0;
            if (errnum == 0)
                break;
            fault_set(forms[i].kind, nth, errnum);
            known = true;
        }
        /* A test that misspelt its fault would pass for the wrong reason. */
        if (!known) {
            fprintf(stderr, "ARCELLA_FAULT: cannot read '%.*s'\n", (int)length, at);
            exit(2);
        }
        at += length;
        at += *at == ',';
    }
}

#endif
