/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Errors: a number to act on, a sentence to read, a hint what to do.
 *
 * A function that can fail returns 0 or a negative ARCELLA_E_… and, where it has a last parameter
 * `arcella_error **reterr`, stores an error object there that the caller frees; *reterr must be NULL before.
 * A guest's trap is ARCELLA_E_TRAP, a limit it ran into ARCELLA_E_LIMIT or ARCELLA_E_TIMEOUT.
 */
#ifndef ARCELLA_ERROR_H
#define ARCELLA_ERROR_H

#include "version.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The error codes: name, number, stable text code, default hint ("" for none).  Numbers and text codes never
 * change their meaning; new rows go to the end.
 */
#define ARCELLA_ERROR_MAP(XX)                                                                                \
    XX(INVALID, 1, "invalid-argument", "check the arguments against `arcella help`")                         \
    XX(NOT_FOUND, 2, "not-found",                                                                            \
       "`arcella list components` and `arcella list deployments` show what there is")                        \
    XX(AMBIGUOUS, 3, "ambiguous-name", "name one of the candidates in full, as name@version")                \
    XX(EXISTS, 4, "already-exists", "choose another name or remove the old one first")                       \
    XX(DIGEST, 5, "other-bytes", "versions are immutable: give the changed component a new version")         \
    XX(DEPLOYED, 6, "still-deployed", "`arcella undeploy` its deployments first")                            \
    XX(STATE, 7, "wrong-state", "`arcella status` shows the state it is in")                                 \
    XX(GROUP, 8, "group-holds-less", "start it with `--group` and a name of its own")                        \
    XX(DENIED, 9, "denied", "grant what the message names, if you mean to")                                  \
    XX(PLACEMENT, 10, "placement", "use isolation = \"worker\"")                                             \
    XX(KIND, 11, "wrong-kind", "`arcella inspect FILE` shows what kind of file it is")                       \
    XX(MANIFEST, 12, "bad-manifest", "mend the manifest at the place named")                                 \
    XX(NO_MANIFEST, 13, "no-manifest", "put a component.toml beside the file or give `--id NAME@VERSION`")   \
    XX(WASM, 14, "bad-wasm", "the file is not a WebAssembly binary that can run here; build it again")       \
    XX(LINK, 15, "unknown-import", "`arcella inspect FILE` lists what it imports and who provides it")       \
    XX(LIMIT, 16, "over-limit", "limits of memory, tables, time and fuel can be raised, others cannot")      \
    XX(NOMEM, 17, "no-memory", "free memory on this machine or lower the limits")                            \
    XX(SPACE, 18, "no-space", "free space on the disk that holds the home directory")                        \
    XX(SYSTEM, 19, "system", "")                                                                             \
    XX(TIMEOUT, 20, "timeout", "try again, or allow more time")                                              \
    XX(BUSY, 21, "busy", "try again in a moment")                                                            \
    XX(CLOSED, 22, "closed", "")                                                                             \
    XX(PROTOCOL, 23, "bad-message", "send one JSON object per line, as docs/reference/commands.md shows")    \
    XX(VERSION, 24, "other-version", "use programs of one release together")                                 \
    XX(TOO_LARGE, 25, "too-large", "")                                                                       \
    XX(COMMAND, 26, "unknown-command", "`arcella help` lists the commands")                                  \
    XX(RUNNING, 27, "already-running", "use the daemon that runs, or give this one another `--home`")        \
    XX(NO_DAEMON, 28, "no-daemon", "start one with `arcella daemon`")                                        \
    XX(CORRUPT, 29, "damaged", "`arcella doctor` says what is damaged and how to mend it")                   \
    XX(CONFIG, 30, "bad-config",                                                                             \
       "mend the configuration at the place named; `arcella --check-config` shows all of it")                \
    XX(WORKER, 31, "worker-lost", "`arcella logs` has its last words")                                       \
    XX(CANCELLED, 32, "cancelled", "")                                                                       \
    XX(UNSUPPORTED, 33, "unsupported", "")                                                                   \
    XX(INTERNAL, 34, "internal", "this is a mistake in Arcella: please report it with the log")              \
    XX(TRAP, 35, "trap", "the guest failed: it takes no more calls; make another instance of it")

#define ARCELLA_ERROR_ENUM(name, number, text, hint) ARCELLA_E_##name = -(number),
enum arcella_error_code { ARCELLA_OK = 0, ARCELLA_ERROR_MAP(ARCELLA_ERROR_ENUM) ARCELLA_E_LAST_ = -1000 };
#undef ARCELLA_ERROR_ENUM

/** An error: code, sentence, hint.  Opaque; free with arcella_error_free(). */
typedef struct arcella_error arcella_error;

/**
 * Tell the code of an error.
 *
 * @param error  borrowed; NULL is no error
 * @return a negative ARCELLA_E_…, or 0 for NULL
 * Threads: any.  Since: 0.1.
 */
ARCELLA_API int arcella_error_code(const arcella_error *error);

/**
 * Tell the sentence of an error, context first ("install 'hello': no such file").
 *
 * @param error  borrowed; NULL gives ""
 * @return UTF-8, NUL-terminated, borrowed until the error is freed
 * Threads: any.  Since: 0.1.
 */
ARCELLA_API const char *arcella_error_message(const arcella_error *error);

/**
 * Tell what to do about an error.
 *
 * @param error  borrowed; NULL gives ""
 * @return UTF-8, NUL-terminated, borrowed until the error is freed; "" where there is nothing to advise
 * Threads: any.  Since: 0.1.
 */
ARCELLA_API const char *arcella_error_hint(const arcella_error *error);

/**
 * Tell the stable text form of a code, as it stands in replies ("not-found").
 *
 * @param code  0 or a negative ARCELLA_E_…
 * @return a static string; "ok" for 0, "unknown" for a number that is no code
 * Threads: any.  Since: 0.1.
 */
ARCELLA_API const char *arcella_error_name(int code);

/**
 * Free an error.
 *
 * @param error  owned; NULL is fine
 * Threads: any.  Since: 0.1.
 */
ARCELLA_API void arcella_error_free(arcella_error *error);

#ifdef __cplusplus
}
#endif
#endif
