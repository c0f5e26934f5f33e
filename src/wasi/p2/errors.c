/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Errors of room host as the error-codes of wasi:filesystem and wasi:sockets.  The table has a row for each
 * error of the host, or it does not compile.
 *
 * NOTCAPABLE is `not-permitted` for a file and `access-denied` for a socket: the interfaces' words for what
 * the host does not let a guest do.  Descriptors over the limit (MFILE) have no word in wasi:filesystem;
 * `insufficient-memory` is what open(2) has besides.
 */
#include "wasi/p2/errors.h"

#include "host/lookup.h"

/* host, filesystem, sockets */
#define P2_ERROR_MAP(XX)                                                                                     \
    XX(TOOBIG, INVALID, INVALID_ARGUMENT)                                                                    \
    XX(ACCES, ACCESS, ACCESS_DENIED)                                                                         \
    XX(ADDRINUSE, IO, ADDRESS_IN_USE)                                                                        \
    XX(ADDRNOTAVAIL, IO, ADDRESS_NOT_BINDABLE)                                                               \
    XX(AFNOSUPPORT, UNSUPPORTED, NOT_SUPPORTED)                                                              \
    XX(AGAIN, WOULD_BLOCK, WOULD_BLOCK)                                                                      \
    XX(ALREADY, ALREADY, CONCURRENCY_CONFLICT)                                                               \
    XX(BADF, BAD_DESCRIPTOR, INVALID_STATE)                                                                  \
    XX(BADMSG, IO, UNKNOWN)                                                                                  \
    XX(BUSY, BUSY, CONCURRENCY_CONFLICT)                                                                     \
    XX(CANCELED, INTERRUPTED, UNKNOWN)                                                                       \
    XX(CONNABORTED, IO, CONNECTION_ABORTED)                                                                  \
    XX(CONNREFUSED, IO, CONNECTION_REFUSED)                                                                  \
    XX(CONNRESET, IO, CONNECTION_RESET)                                                                      \
    XX(DEADLK, DEADLOCK, UNKNOWN)                                                                            \
    XX(DESTADDRREQ, INVALID, INVALID_ARGUMENT)                                                               \
    XX(DOM, INVALID, INVALID_ARGUMENT)                                                                       \
    XX(DQUOT, QUOTA, UNKNOWN)                                                                                \
    XX(EXIST, EXIST, UNKNOWN)                                                                                \
    XX(FAULT, INVALID, INVALID_ARGUMENT)                                                                     \
    XX(FBIG, FILE_TOO_LARGE, UNKNOWN)                                                                        \
    XX(HOSTUNREACH, IO, REMOTE_UNREACHABLE)                                                                  \
    XX(IDRM, IO, UNKNOWN)                                                                                    \
    XX(ILSEQ, ILLEGAL_BYTE_SEQUENCE, INVALID_ARGUMENT)                                                       \
    XX(INPROGRESS, IN_PROGRESS, WOULD_BLOCK)                                                                 \
    XX(INTR, INTERRUPTED, UNKNOWN)                                                                           \
    XX(INVAL, INVALID, INVALID_ARGUMENT)                                                                     \
    XX(IO, IO, UNKNOWN)                                                                                      \
    XX(ISCONN, INVALID, INVALID_STATE)                                                                       \
    XX(ISDIR, IS_DIRECTORY, UNKNOWN)                                                                         \
    XX(LOOP, LOOP, UNKNOWN)                                                                                  \
    XX(MFILE, INSUFFICIENT_MEMORY, NEW_SOCKET_LIMIT)                                                         \
    XX(MLINK, TOO_MANY_LINKS, UNKNOWN)                                                                       \
    XX(MSGSIZE, MESSAGE_SIZE, DATAGRAM_TOO_LARGE)                                                            \
    XX(NAMETOOLONG, NAME_TOO_LONG, INVALID_ARGUMENT)                                                         \
    XX(NETDOWN, IO, REMOTE_UNREACHABLE)                                                                      \
    XX(NETRESET, IO, REMOTE_UNREACHABLE)                                                                     \
    XX(NETUNREACH, IO, REMOTE_UNREACHABLE)                                                                   \
    XX(NFILE, INSUFFICIENT_MEMORY, NEW_SOCKET_LIMIT)                                                         \
    XX(NOBUFS, INSUFFICIENT_MEMORY, OUT_OF_MEMORY)                                                           \
    XX(NODEV, NO_DEVICE, UNKNOWN)                                                                            \
    XX(NOENT, NO_ENTRY, UNKNOWN)                                                                             \
    XX(NOLCK, NO_LOCK, UNKNOWN)                                                                              \
    XX(NOMEM, INSUFFICIENT_MEMORY, OUT_OF_MEMORY)                                                            \
    XX(NOMSG, IO, UNKNOWN)                                                                                   \
    XX(NOPROTOOPT, UNSUPPORTED, NOT_SUPPORTED)                                                               \
    XX(NOSPC, INSUFFICIENT_SPACE, UNKNOWN)                                                                   \
    XX(NOSYS, UNSUPPORTED, NOT_SUPPORTED)                                                                    \
    XX(NOTCONN, INVALID, INVALID_STATE)                                                                      \
    XX(NOTDIR, NOT_DIRECTORY, UNKNOWN)                                                                       \
    XX(NOTEMPTY, NOT_EMPTY, UNKNOWN)                                                                         \
    XX(NOTRECOVERABLE, NOT_RECOVERABLE, UNKNOWN)                                                             \
    XX(NOTSOCK, BAD_DESCRIPTOR, UNKNOWN)                                                                     \
    XX(NOTSUP, UNSUPPORTED, NOT_SUPPORTED)                                                                   \
    XX(NOTTY, NO_TTY, UNKNOWN)                                                                               \
    XX(NXIO, NO_SUCH_DEVICE, UNKNOWN)                                                                        \
    XX(OVERFLOW, OVERFLOW, INVALID_ARGUMENT)                                                                 \
    XX(OWNERDEAD, IO, UNKNOWN)                                                                               \
    XX(PERM, NOT_PERMITTED, ACCESS_DENIED)                                                                   \
    XX(PIPE, PIPE, CONNECTION_RESET)                                                                         \
    XX(PROTO, IO, UNKNOWN)                                                                                   \
    XX(PROTONOSUPPORT, UNSUPPORTED, NOT_SUPPORTED)                                                           \
    XX(PROTOTYPE, UNSUPPORTED, NOT_SUPPORTED)                                                                \
    XX(RANGE, INVALID, INVALID_ARGUMENT)                                                                     \
    XX(ROFS, READ_ONLY, UNKNOWN)                                                                             \
    XX(SPIPE, INVALID_SEEK, UNKNOWN)                                                                         \
    XX(SRCH, NO_ENTRY, NOT_IN_PROGRESS)                                                                      \
    XX(STALE, IO, UNKNOWN)                                                                                   \
    XX(TIMEDOUT, IO, TIMEOUT)                                                                                \
    XX(TXTBSY, TEXT_FILE_BUSY, UNKNOWN)                                                                      \
    XX(XDEV, CROSS_DEVICE, UNKNOWN)                                                                          \
    XX(NOTCAPABLE, NOT_PERMITTED, ACCESS_DENIED)

/* By name, so that a row that is missing, or one too many, is an undeclared name below. */
enum file_of {
#define XX(host, file, socket) FILE_OF_##host = P2_FILE_##file,
    P2_ERROR_MAP(XX)
#undef XX
};
enum socket_of {
#define XX(host, file, socket) SOCKET_OF_##host = P2_SOCKET_##socket,
    P2_ERROR_MAP(XX)
#undef XX
};

static const uint8_t files[HOST_ERRORS] = {
#define XX(name, number, words) [HOST_E_##name] = FILE_OF_##name,
    HOST_ERROR_MAP(XX)
#undef XX
};
static const uint8_t sockets[HOST_ERRORS] = {
#define XX(name, number, words) [HOST_E_##name] = SOCKET_OF_##name,
    HOST_ERROR_MAP(XX)
#undef XX
};

static const char *const file_names[] = {
#define XX(name, text) text,
    P2_FILE_ERROR_MAP(XX, XX)
#undef XX
};
static const char *const socket_names[] = {
#define XX(name, text) text,
    P2_SOCKET_ERROR_MAP(XX, XX)
#undef XX
};

static bool is_error(int host_error) {
    return host_error > 0 && host_error < HOST_ERRORS;
}

enum p2_file_error p2_file_error(int host_error) {
    return is_error(host_error) ? (enum p2_file_error)files[host_error] : P2_FILE_IO;
}

enum p2_socket_error p2_socket_error(int host_error) {
    return is_error(host_error) ? (enum p2_socket_error)sockets[host_error] : P2_SOCKET_UNKNOWN;
}

enum p2_socket_error p2_lookup_error(int host_error) {
    switch (host_error) {
    case HOST_E_INPROGRESS: return P2_SOCKET_WOULD_BLOCK;
    case HOST_LOOKUP_NO_NAME: return P2_SOCKET_NAME_UNRESOLVABLE;
    case HOST_LOOKUP_TEMPORARY:
    case HOST_E_MFILE: /* too many wait: later */
    case HOST_E_TIMEDOUT: return P2_SOCKET_TEMPORARY_RESOLVER_FAILURE;
    case HOST_LOOKUP_PERMANENT: return P2_SOCKET_PERMANENT_RESOLVER_FAILURE;
    default: return p2_socket_error(host_error);
    }
}

const char *p2_file_error_name(unsigned number) {
    return number < P2_FILE_ERRORS ? file_names[number] : "?";
}

const char *p2_socket_error_name(unsigned number) {
    return number < P2_SOCKET_ERRORS ? socket_names[number] : "?";
}
