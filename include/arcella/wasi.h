/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What an instance may reach of the system: files, variables, arguments, streams, the network.
 *
 *     static const char *const grants[] = {"--dir /srv/plugin::/data:rw", "--env LANG=C.UTF-8",
 *                                          "--net connect=192.0.2.7:443"};
 *     struct arcella_wasi wasi = ARCELLA_WASI_INIT;
 *     wasi.grants = grants;
 *     wasi.grants_count = 3;
 *     wasi.on_refusal = tell;
 *     arcella_instance_new_wasi(component, NULL, &wasi, &instance, NULL);
 *
 * Nothing is allowed that no grant allows; clocks, random numbers and writing to the log are free.  What is
 * refused is refused in the words of its interface (`access`, `not-permitted`, …), and told to on_refusal
 * with the grant that would allow it.  docs/grants.md explains classes, actions and patterns.
 *
 * An instance made here may wait (for a time, a disk, a peer), so its calls run on a stack of their own,
 * with the loop of the runtime turning until they have ended: limits.call_wall_ms goes on meanwhile.  From a
 * host function that it calls, no other instance can be called (ARCELLA_E_BUSY).  What it left to be written
 * in a stream that it closed goes on during the next calls.
 *
 * A guest's write to a pipe or connection without a reader raises SIGPIPE, one over the size limit of files
 * SIGXFSZ: both are held back in the runtime's thread while a call runs.  A program that uses libuv's threads
 * of its own before ignores them there.
 */
#ifndef ARCELLA_WASI_H
#define ARCELLA_WASI_H

#include <stddef.h>
#include <stdint.h>

#include "component.h"
#include "error.h"
#include "instance.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What was refused; texts are borrowed until the callback returns, and may hold what a guest chose. */
struct arcella_refusal {
    size_t size;                /* sizeof(struct arcella_refusal) as the library knows it */
    arcella_instance *instance; /* borrowed */
    const char *class_name;     /* "fs", "net" */
    const char *action;         /* "read", "connect" */
    const char *resource;       /* "/data/notes.txt", "192.0.2.7:443" */
    /* The grant that would allow it, as it would stand in arcella_wasi.grants: "--dir HOSTDIR::/data:rw",
     * where HOSTDIR is for you to fill in; control characters as \xNN, long ones cut with "…". */
    const char *grant;
    int denied;     /* not 0: a grant of its own denies it, which is what `grant` says */
    uint64_t count; /* how often since it was last told; the same is told every ten seconds, and at the end */
};

/** An address: IPv6, or IPv4 as ::ffff:a.b.c.d; in the order of the network. */
struct arcella_address {
    uint8_t bytes[16];
};

/* Callbacks.  All but arcella_resolve_fn run on the runtime's thread, in a call or as the instance ends.
 * They may ask arcella_instance_user(), and call nothing else of the library. */

/** Hears of a refusal. */
typedef void arcella_refusal_fn(const struct arcella_refusal *refusal, void *user);
/**
 * Hears a line that the guest wrote.
 *
 * @param stream  1: standard output, 2: standard error; 0: the library says something about the instance (a
 * limit was reached)
 * @param line    length bytes without the newline, of a guest any bytes, at most 8192 (the rest of a line is
 * lost); borrowed until it returns
 */
typedef void arcella_output_fn(arcella_instance *instance, int stream, const char *line, size_t length,
                               void *user);
/**
 * Resolves a name, as getaddrinfo() does.  Runs on a thread of libuv's pool, several at a time, and may
 * block; may end after the instance was freed, never after the runtime.  Calls nothing of the library.
 *
 * @param name       of a guest that may look it up: letters, digits, '-', '_' and dots, NUL-terminated
 * @param ret        out: room for `room` addresses, in the order in which they are to be tried
 * @param ret_count  out: how many; 0: the name has none
 * @return 0; ARCELLA_E_NOT_FOUND (there is no such name), ARCELLA_E_TIMEOUT or ARCELLA_E_BUSY (it cannot be
 * told now), ARCELLA_E_DENIED, anything else: it cannot be told
 */
typedef int arcella_resolve_fn(const char *name, struct arcella_address *ret, size_t room, size_t *ret_count,
                               void *user);

/** What an instance is given; begin with ARCELLA_WASI_INIT. */
struct arcella_wasi {
    size_t size; /* sizeof(struct arcella_wasi) as the caller knows it */
    /*
     * Each a flag of `arcella run` and one space, then its word as it stands, without a shell's quotes:
     * --dir HOST::GUEST[:rw], --env NAME=VALUE, --arg VALUE, --net connect=HOST:PORT (listen=, udp=,
     * resolve=NAME), --listen ADDRESS:PORT, --allow CLASS:ACTION:PATTERN, --deny CLASS:ACTION:PATTERN.  HOST
     * of a directory is absolute; links in it are followed, so it does not lead through what a guest may
     * write.
     */
    const char *const *grants;
    size_t grants_count;
    /* Descriptors for standard input, output and error, borrowed during arcella_instance_new_wasi(), which
     * duplicates them; -1: input is at its end, output goes to on_output by lines. */
    int stdio[3];
    arcella_output_fn *on_output;   /* NULL: lines are lost */
    arcella_refusal_fn *on_refusal; /* NULL: not told */
    arcella_resolve_fn *resolve;    /* NULL: names are not resolved (permanent-resolver-failure) */
    void *user;                     /* handed to all of these; outlives the runtime */
};
#define ARCELLA_WASI_INIT                                                                                    \
    { sizeof(struct arcella_wasi), NULL, 0, {-1, -1, -1}, NULL, NULL, NULL, NULL }

/**
 * Make an instance that may reach what it is granted; else as arcella_instance_new().
 *
 * @param component  borrowed during the call
 * @param limits     borrowed during the call; NULL for the defaults
 * @param wasi       borrowed during the call, with all its texts; NULL: arcella_instance_new()
 * @param ret        out: the instance, owned by the caller
 * @param reterr     out on failure; may be NULL
 * @return as arcella_instance_new(); ARCELLA_E_INVALID (a grant that cannot be read, or a descriptor that is
 * none: which), ARCELLA_E_UNSUPPORTED (a grant of what the library does not have: secrets, stores, host
 * modules), ARCELLA_E_EXISTS (a guest path twice), ARCELLA_E_LIMIT (too many of a kind), ARCELLA_E_DENIED (a
 * directory of which a part is denied cannot be given), ARCELLA_E_NOT_FOUND, ARCELLA_E_DENIED,
 * ARCELLA_E_SYSTEM (a directory that cannot be opened)
 * Threads: the runtime's thread.  Blocks: while start sections run.  Since: 0.1.  Example:
 * examples/hosts/main.c
 */
ARCELLA_API int arcella_instance_new_wasi(arcella_component *component, const struct arcella_limits *limits,
                                          const struct arcella_wasi *wasi, arcella_instance **ret,
                                          arcella_error **reterr);

#ifdef __cplusplus
}
#endif
#endif
