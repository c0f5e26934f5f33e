/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The parts of the runner for component .wast scripts (component_wast.c): what a script's file says, what
 * became of each of its commands, values and traps as scripts write them.
 */
#ifndef TESTS_SPEC_WAST_H
#define TESTS_SPEC_WAST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/limits.h"
#include "component/component.h"

/* What became of a command. */
enum wast_state { WAST_UNKNOWN, WAST_PASSED, WAST_FAILED, WAST_SKIPPED };
struct wast_verdict {
    uint8_t state; /* enum wast_state */
    bool note;     /* text is worth reading although it passed */
    bool crashed;  /* it ended the child that ran it */
    char text[500];
};

/* Shared between the runner and the child that runs a file, so that it outlives the child. */
struct wast_sheet {
    uint32_t at; /* the command that is run now */
    bool done;   /* all commands were run */
    struct wast_verdict verdicts[];
};

struct wast_options {
    unsigned seconds;      /* for one command */
    uint64_t memory_bytes; /* of an instance */
    bool direct;           /* calls are made on the caller's stack, not on the fiber */
    bool check;            /* decode and check only: nothing is instantiated or called */
    bool reference;        /* ask the engine's validator too, and fail where it judges otherwise */
};

/**
 * Run the commands of a file that have no verdict yet; in a process of its own.
 *
 * @param folder   where the files named in it are
 * @param commands the array of the file
 */
void wast_run(const char *folder, const json_t *commands, const struct wast_options *options,
              struct wast_sheet *sheet);

/* --- binaries (wast_load.c) --- */

#define WAST_FILE_BYTES (64 * MIB)
/** Read the file that a command names. @return 0, INTERNAL (it cannot be read), NOMEM */
int wast_read(const char *folder, const json_t *command, struct buffer *to, arcella_error **reterr)
    MUST_CHECK;
/**
 * Load a component, compile a core module.
 *
 * @param check  decode and check only
 * @param ret    the component; untouched for a core module and where it is only checked
 * @return as component_load(), engine_compile()
 */
int wast_load(struct engine *engine, const struct buffer *bytes, bool check, struct component **ret,
              arcella_error **reterr) MUST_CHECK;
/**
 * Does the engine's validator judge a component otherwise than decode and check do?  It does not look at
 * bodies of core functions.  It knows features that we refuse, and does not know or run some that we have:
 * neither is a judgement.
 *
 * @param to  receives both sentences where it does
 */
bool wast_reference_differs(const struct buffer *bytes, char *to, size_t size);

/* --- values (wast_value.c) --- */

/** A value as a script has it, made for a type. @return 0, INVALID (what does not fit), UNSUPPORTED, NOMEM */
int wast_value(const json_t *json, const struct type *type, struct arena *arena, struct value *ret,
               arcella_error **reterr) MUST_CHECK;
/** Write a value for people, cut where the buffer is full. */
void wast_value_print(const struct type *type, const struct value *value, struct arena *arena,
                      struct buffer *to);

/* --- the host (wast_host.c) --- */

/** Bind what scripts may import. @return as component_bind() */
int wast_bind(struct component_bindings *bindings, arcella_error **reterr) MUST_CHECK;

/* --- traps (wast_trap.c) --- */

/**
 * Does a sentence of a script mean this kind of trap?
 *
 * @param kind  the stable text of the outcome ("unaligned-pointer")
 * @return 1 yes, 0 no, -1 the sentence is in no row of the table
 */
int wast_trap_fits(const char *sentence, const char *kind);

#endif
