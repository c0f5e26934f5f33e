/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The sentences that scripts expect of traps are those of one implementation.  This table says which kind of
 * ours each means.  A sentence is looked for as a part of what the script has, first row first.
 */
#include "wast.h"

#include <string.h>

struct row {
    const char *sentence;
    const char *kinds; /* separated by spaces */
};
static const struct row rows[] = {
    {"borrow handles still remain at the end of the call", "borrows-left"},
    {"cannot enter component instance", "cannot-enter"},
    {"cannot leave component instance", "cannot-leave"},
    {"cannot remove owned resource while borrowed", "handle-lent"},
    {"used with the wrong type", "wrong-handle"},
    {"unknown handle index", "unknown-handle"},
    {"invalid `char` bit pattern", "invalid-char"},
    {"invalid variant discriminant", "invalid-discriminant"},
    {"unexpected discriminant", "invalid-discriminant"},
    {"discriminant ", "invalid-discriminant"},
    {"out of range for `char`", "invalid-char"},
    {"realloc return: beyond end of memory", "realloc-out-of-bounds"},
    {"realloc return: result not aligned", "realloc-unaligned"},
    {"a resource of another number", "wrong-resource"},
    {"string content out-of-bounds", "string-out-of-bounds too-long realloc-out-of-bounds"},
    {"string pointer/length out of bounds of memory", "string-out-of-bounds too-long"},
    {"list content out-of-bounds", "list-out-of-bounds too-long realloc-out-of-bounds"},
    {"list pointer/length out of bounds of memory", "list-out-of-bounds too-long"},
    {"map pointer/length out of bounds of memory", "list-out-of-bounds too-long"},
    {"pointer out of bounds of memory", "pointer-out-of-bounds"},
    {"pointer out of bounds", "pointer-out-of-bounds"},
    {"unaligned pointer", "unaligned-pointer realloc-unaligned"},
    {"pointer not aligned", "unaligned-pointer"},
    {"not aligned", "unaligned-pointer realloc-unaligned"},
    {"thrown Wasm exception", "uncaught-exception"},
    {"GC heap out of memory", "over-limit"},
    {"utf-8", "invalid-text"},
    {"utf-16", "invalid-text"},
    {"unpaired surrogate", "invalid-text"},
    {"string is too long", "too-long"},
    {"out of bounds memory access", "out-of-bounds-memory-access"},
    {"undefined element", "out-of-bounds-table-access"},
    {"out of bounds table access", "out-of-bounds-table-access"},
    {"uninitialized element", "call-of-null-function"},
    {"indirect call type mismatch", "call-with-wrong-signature"},
    {"integer divide by zero", "integer-divide-by-zero"},
    {"integer overflow", "integer-overflow"},
    {"invalid conversion to integer", "invalid-conversion-to-integer"},
    {"call stack exhausted", "stack-exhausted"},
    {"unreachable", "unreachable"},
};

static bool has_word(const char *words, const char *word) {
    const size_t length = strlen(word);
    for (const char *p = words; (p = strstr(p, word)); p++)
        if ((p == words || p[-1] == ' ') && (p[length] == ' ' || !p[length]))
            return true;
    return false;
}

int wast_trap_fits(const char *sentence, const char *kind) {
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (strstr(sentence, rows[i].sentence))
            return has_word(rows[i].kinds, kind);
    return -1;
}
