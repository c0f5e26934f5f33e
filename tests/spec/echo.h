/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Makes "echo" components: `run` takes parameters of any types, hands them to the imported function `echo` of
 * the same type, and returns what that gave.  Memory, realloc and a string encoding are the guest's own; on
 * request it spoils what passes through it.
 *
 *     host ──run(…)──▶ guest ──echo(…)──▶ host ──▶ guest ──▶ host
 *
 * Types that need a name are imported by one ("t12"); a handle is one of the imported resource "thing".
 * Addresses do not depend on who calls realloc with which sizes: each allocation begins a slot of 1 KiB.
 */
#ifndef TESTS_SPEC_ECHO_H
#define TESTS_SPEC_ECHO_H

#include "component/decode/ast.h"
#include "component/types/types.h"
#include "emit.h"

#define ECHO_DATA_AT      64u /* where the guest has bytes that look like something */
#define ECHO_DATA_BYTES   1024u
#define ECHO_RESULT_AT    4096u  /* where the host writes the result */
#define ECHO_RESULT_BYTES 61440u /* the most that it may take */
#define ECHO_MEMORY_BYTES (256u * 65536u)

/* What the guest does wrong. */
enum echo_edit_kind {
    ECHO_NOTHING,
    ECHO_ARGUMENT,      /* flat value number `at` becomes `value` before the host is called */
    ECHO_ARGUMENT_BYTE, /* `width` bytes at offset `at` of spilled parameters become value */
    ECHO_RESULT_BYTE,   /* likewise of the result, after the host wrote it */
    ECHO_RESULT,        /* the core result becomes value */
    ECHO_RESULT_PLACE,  /* the pointer to the result that the host gets becomes value */
    ECHO_REALLOC        /* realloc's call number `at`, from 1, returns value */
};
struct echo_edit {
    enum echo_edit_kind kind;
    uint32_t at;
    uint32_t width; /* 1, 2, 4 */
    uint32_t value;
};
struct echo {
    const struct func_type *type; /* result: what echo_result() of it is */
    enum ast_encoding encoding;
    struct echo_edit edit;
    bool drops; /* parameters that are borrowed are dropped before it returns, as they must be */
};

/**
 * Write the component.
 *
 * @param to  receives its bytes; the caller frees them
 */
void echo_emit(const struct echo *echo, struct emit *to);
/** Does an edit of this kind change anything in a function of this type? */
bool echo_edit_applies(const struct echo *echo, enum echo_edit_kind kind);

#endif
