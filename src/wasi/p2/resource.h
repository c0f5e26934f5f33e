/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The resources of an instance: one table, and a resource is a number (its rep) in it.  An entry says what it
 * is, what there is behind it and how many children it has: a pollable is a child of what it was made from.
 * A parent that is dropped before its children is a trap, as the interfaces allow, so whatever a pollable
 * points to is there as long as it.
 *
 * Entries never move and pollables are nothing but entries.  What is behind the others is counted where
 * several handles share it (standard streams; a UDP socket with its streams), comes from a free list, and is
 * charged to the instance with the table.
 *
 * A guest names resources by handles that room component checks; that a rep is in use and of the right kind
 * is checked here all the same, since an embedder may have put functions of its own beside ours.
 */
#ifndef WASI_P2_RESOURCE_H
#define WASI_P2_RESOURCE_H

#include "component/call.h"
#include "host/input.h"
#include "host/lookup.h"
#include "host/output.h"
#include "host/udp.h"
#include "wasi/p2/errors.h"

struct host_listing;
struct host_tcp;
struct wasi_p2;

/* What a resource is: name in C, name in WIT, interface. */
#define P2_RESOURCE_MAP(XX)                                                                                  \
    XX(ERROR, "error", "wasi:io/error@0.2.12")                                                               \
    XX(POLLABLE, "pollable", "wasi:io/poll@0.2.12")                                                          \
    XX(INPUT_STREAM, "input-stream", "wasi:io/streams@0.2.12")                                               \
    XX(OUTPUT_STREAM, "output-stream", "wasi:io/streams@0.2.12")                                             \
    XX(TERMINAL_INPUT, "terminal-input", "wasi:cli/terminal-input@0.2.12")                                   \
    XX(TERMINAL_OUTPUT, "terminal-output", "wasi:cli/terminal-output@0.2.12")                                \
    XX(DESCRIPTOR, "descriptor", "wasi:filesystem/types@0.2.12")                                             \
    XX(DIRECTORY_ENTRY_STREAM, "directory-entry-stream", "wasi:filesystem/types@0.2.12")                     \
    XX(NETWORK, "network", "wasi:sockets/network@0.2.12")                                                    \
    XX(TCP_SOCKET, "tcp-socket", "wasi:sockets/tcp@0.2.12")                                                  \
    XX(UDP_SOCKET, "udp-socket", "wasi:sockets/udp@0.2.12")                                                  \
    XX(INCOMING_DATAGRAM_STREAM, "incoming-datagram-stream", "wasi:sockets/udp@0.2.12")                      \
    XX(OUTGOING_DATAGRAM_STREAM, "outgoing-datagram-stream", "wasi:sockets/udp@0.2.12")                      \
    XX(RESOLVE_ADDRESS_STREAM, "resolve-address-stream", "wasi:sockets/ip-name-lookup@0.2.12")
enum p2_kind {
    P2_FREE,
#define XX(name, text, interface) P2_##name,
    P2_RESOURCE_MAP(XX)
#undef XX
        P2_KINDS
};
/** "input-stream"; static. */
const char *p2_kind_name(enum p2_kind kind);

/* What a pollable waits for. */
enum p2_wait {
    P2_WAIT_NOTHING, /* it is ready */
    P2_WAIT_TIME,    /* entry.ns, of the monotonic clock */
    P2_WAIT_INPUT,
    P2_WAIT_OUTPUT,
    P2_WAIT_TCP,
    P2_WAIT_RECEIVE,
    P2_WAIT_SEND,
    P2_WAIT_LOOKUP,
};

/* --- what is behind resources that share --- */

struct p2_input {
    unsigned refs; /* entries, and the state for standard input */
    struct host_input stream;
};
struct p2_output {
    unsigned refs;
    struct host_output stream;
};
struct p2_udp {
    unsigned refs;           /* the socket's entry and those of its streams */
    struct host_udp *socket; /* owned */
};
/* One stream of a UDP socket: usable while its generation is the socket's. */
struct p2_datagrams {
    struct p2_udp *udp; /* owned reference */
    uint32_t generation;
    uint32_t permit; /* outgoing: datagrams the next send may have */
    int pending;     /* incoming: an error that came behind datagrams, told by the next receive */
};
union p2_object {
    union p2_object *next; /* of a free one */
    struct p2_input input;
    struct p2_output output;
    struct p2_udp udp;
    struct p2_datagrams datagrams;
};

/* --- the table --- */

#define P2_NO_PARENT UINT32_MAX

struct p2_entry {
    uint8_t kind; /* enum p2_kind */
    uint8_t how;  /* POLLABLE: enum p2_wait; DESCRIPTOR: of HOST_READ and HOST_WRITE, what was asked for;
                     ERROR: enum p2_origin */
    uint32_t children;
    uint32_t parent; /* rep; P2_NO_PARENT */
    union {
        uint32_t next; /* FREE: the next free one, P2_NO_PARENT: none */
        int error;     /* ERROR: of room host */
        uint64_t ns;   /* POLLABLE of a time */
        void *object;  /* POLLABLE: that of its parent */
        struct p2_input *input;
        struct p2_output *output;
        struct host_file *file; /* DESCRIPTOR: owned reference */
        struct host_listing *listing;
        struct host_tcp *tcp;
        struct p2_udp *udp;
        struct p2_datagrams *datagrams;
        struct host_lookup *lookup;
    };
};

#define P2_CHUNK_ENTRIES 128
struct p2_resources {
    struct p2_entry **chunks; /* owned, and each */
    uint32_t chunks_count;
    uint32_t chunks_capacity;
    uint32_t free; /* given back last; P2_NO_PARENT: none */
    uint32_t count;
    uint32_t pollables;       /* of them */
    uint64_t bytes;           /* charged */
    union p2_object *objects; /* free ones; owned */
};

/** Empty. */
void p2_resources_init(struct p2_resources *resources);
/** Release all that is left, children or not, and give the memory back. */
void p2_resources_done(struct wasi_p2 *wasi);

/** Take an object, zeroed. @return NULL: no memory, or over the instance's budget */
union p2_object *p2_object_new(struct wasi_p2 *wasi) MUST_CHECK;
void p2_object_free(struct wasi_p2 *wasi, void *object);

/**
 * Make a stream over a file.
 *
 * @param file  a reference is taken
 * @return NULL: no memory
 */
struct p2_input *p2_input_new(struct wasi_p2 *wasi, struct host_file *file, uint64_t offset) MUST_CHECK;
struct p2_output *p2_output_new(struct wasi_p2 *wasi, struct host_file *file, enum host_output_how how,
                                uint64_t offset) MUST_CHECK;
void p2_input_unref(struct wasi_p2 *wasi, struct p2_input *input);
void p2_output_unref(struct wasi_p2 *wasi, struct p2_output *output);
void p2_udp_unref(struct wasi_p2 *wasi, struct p2_udp *udp);

/**
 * Make a resource, and give the guest its handle.
 *
 * @param made  kind, how, parent and what is behind it; that is the table's from the call on, also where it
 *              fails
 * @param to    where its own handle goes
 * @return 0, ABI_STOP (a limit is told as the end of the run), ABI_FAULT
 */
int p2_give(struct call *call, struct wasi_p2 *wasi, struct p2_entry made, struct slot to) MUST_CHECK;
/**
 * Make one without a handle (tests; what has a handle later).
 *
 * @return 0, HOST_E_NOMEM, HOST_E_MFILE (LIMIT_P2_RESOURCES, LIMIT_P2_POLLABLES)
 */
int p2_add(struct wasi_p2 *wasi, const struct p2_entry *made, uint32_t *ret_rep) MUST_CHECK;
/** The entry of a rep. @return NULL: it is not in use, or of another kind */
struct p2_entry *p2_find(struct wasi_p2 *wasi, uint32_t rep, enum p2_kind kind);
/**
 * The resource that an argument borrows.
 *
 * @param ret      stays where it is as long as the call
 * @param ret_rep  may be NULL
 * @return 0, ABI_STOP, ABI_FAULT
 */
int p2_arg(struct call *call, struct wasi_p2 *wasi, uint32_t index, enum p2_kind kind, struct p2_entry **ret,
           uint32_t *ret_rep) MUST_CHECK;
/** Make a pollable that is a child of a resource and give it as the result of the call. */
int p2_give_pollable(struct call *call, struct wasi_p2 *wasi, enum p2_wait how, uint32_t parent) MUST_CHECK;
/** The last handle of a resource was dropped: component_host_drop_fn. @param user  its kind, as a number */
int p2_drop(struct component_instance *instance, uint32_t rep, void *user);

/** Trap: something the interfaces forbid. @return ABI_STOP */
#define p2_trap call_trap
/** End the run by a limit. @return ABI_STOP */
int p2_limit(struct call *call, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
