/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The error-codes of wasi:filesystem and wasi:sockets, in the order of their WIT, and what errors of room
 * host are in both.
 */
#ifndef WASI_P2_ERRORS_H
#define WASI_P2_ERRORS_H

#include <stdint.h>

#include "host/error.h"

/* error-code of wasi:filesystem/types.  The first row apart, so that the text of the type can be put
 * together. */
#define P2_FILE_ERROR_MAP(FIRST, XX)                                                                         \
    FIRST(ACCESS, "access")                                                                                  \
    XX(WOULD_BLOCK, "would-block")                                                                           \
    XX(ALREADY, "already")                                                                                   \
    XX(BAD_DESCRIPTOR, "bad-descriptor")                                                                     \
    XX(BUSY, "busy")                                                                                         \
    XX(DEADLOCK, "deadlock")                                                                                 \
    XX(QUOTA, "quota")                                                                                       \
    XX(EXIST, "exist")                                                                                       \
    XX(FILE_TOO_LARGE, "file-too-large")                                                                     \
    XX(ILLEGAL_BYTE_SEQUENCE, "illegal-byte-sequence")                                                       \
    XX(IN_PROGRESS, "in-progress")                                                                           \
    XX(INTERRUPTED, "interrupted")                                                                           \
    XX(INVALID, "invalid")                                                                                   \
    XX(IO, "io")                                                                                             \
    XX(IS_DIRECTORY, "is-directory")                                                                         \
    XX(LOOP, "loop")                                                                                         \
    XX(TOO_MANY_LINKS, "too-many-links")                                                                     \
    XX(MESSAGE_SIZE, "message-size")                                                                         \
    XX(NAME_TOO_LONG, "name-too-long")                                                                       \
    XX(NO_DEVICE, "no-device")                                                                               \
    XX(NO_ENTRY, "no-entry")                                                                                 \
    XX(NO_LOCK, "no-lock")                                                                                   \
    XX(INSUFFICIENT_MEMORY, "insufficient-memory")                                                           \
    XX(INSUFFICIENT_SPACE, "insufficient-space")                                                             \
    XX(NOT_DIRECTORY, "not-directory")                                                                       \
    XX(NOT_EMPTY, "not-empty")                                                                               \
    XX(NOT_RECOVERABLE, "not-recoverable")                                                                   \
    XX(UNSUPPORTED, "unsupported")                                                                           \
    XX(NO_TTY, "no-tty")                                                                                     \
    XX(NO_SUCH_DEVICE, "no-such-device")                                                                     \
    XX(OVERFLOW, "overflow")                                                                                 \
    XX(NOT_PERMITTED, "not-permitted")                                                                       \
    XX(PIPE, "pipe")                                                                                         \
    XX(READ_ONLY, "read-only")                                                                               \
    XX(INVALID_SEEK, "invalid-seek")                                                                         \
    XX(TEXT_FILE_BUSY, "text-file-busy")                                                                     \
    XX(CROSS_DEVICE, "cross-device")

/* error-code of wasi:sockets/network. */
#define P2_SOCKET_ERROR_MAP(FIRST, XX)                                                                       \
    FIRST(UNKNOWN, "unknown")                                                                                \
    XX(ACCESS_DENIED, "access-denied")                                                                       \
    XX(NOT_SUPPORTED, "not-supported")                                                                       \
    XX(INVALID_ARGUMENT, "invalid-argument")                                                                 \
    XX(OUT_OF_MEMORY, "out-of-memory")                                                                       \
    XX(TIMEOUT, "timeout")                                                                                   \
    XX(CONCURRENCY_CONFLICT, "concurrency-conflict")                                                         \
    XX(NOT_IN_PROGRESS, "not-in-progress")                                                                   \
    XX(WOULD_BLOCK, "would-block")                                                                           \
    XX(INVALID_STATE, "invalid-state")                                                                       \
    XX(NEW_SOCKET_LIMIT, "new-socket-limit")                                                                 \
    XX(ADDRESS_NOT_BINDABLE, "address-not-bindable")                                                         \
    XX(ADDRESS_IN_USE, "address-in-use")                                                                     \
    XX(REMOTE_UNREACHABLE, "remote-unreachable")                                                             \
    XX(CONNECTION_REFUSED, "connection-refused")                                                             \
    XX(CONNECTION_RESET, "connection-reset")                                                                 \
    XX(CONNECTION_ABORTED, "connection-aborted")                                                             \
    XX(DATAGRAM_TOO_LARGE, "datagram-too-large")                                                             \
    XX(NAME_UNRESOLVABLE, "name-unresolvable")                                                               \
    XX(TEMPORARY_RESOLVER_FAILURE, "temporary-resolver-failure")                                             \
    XX(PERMANENT_RESOLVER_FAILURE, "permanent-resolver-failure")

enum p2_file_error {
#define XX(name, text) P2_FILE_##name,
    P2_FILE_ERROR_MAP(XX, XX)
#undef XX
        P2_FILE_ERRORS
};
enum p2_socket_error {
#define XX(name, text) P2_SOCKET_##name,
    P2_SOCKET_ERROR_MAP(XX, XX)
#undef XX
        P2_SOCKET_ERRORS
};

/* Where an error came from: who may ask what it is (filesystem-error-code, network-error-code). */
enum p2_origin { P2_OF_OTHER, P2_OF_FILE, P2_OF_SOCKET };

/** An error of room host as wasi:filesystem has it; of a number that is none, `io`. */
enum p2_file_error p2_file_error(int host_error);
/** An error of room host as wasi:sockets has it; of a number that is none, `unknown`. */
enum p2_socket_error p2_socket_error(int host_error);
/** An error of a lookup, which has numbers of its own (host/lookup.h). */
enum p2_socket_error p2_lookup_error(int host_error);
/** "no-entry", "access-denied"; static; "?" for a number that is none. */
const char *p2_file_error_name(unsigned number);
const char *p2_socket_error_name(unsigned number);

#endif
