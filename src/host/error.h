/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What an operation of the host answers a guest.
 *
 * These are outcomes, not errors of Arcella: nothing is allocated and nothing is logged for them.  Every
 * guest ABI maps them to its own numbers by a table over HOST_ERROR_MAP.  A function of this room that a
 * guest causes to run returns 0, one of these, or HOST_STOP, which is negative: the run is being ended,
 * release what you hold and return ENGINE_STOP at once.
 */
#ifndef HOST_ERROR_H
#define HOST_ERROR_H

/* name, errno value it stands for (0: none), words */
#define HOST_ERROR_MAP(XX)                                                                                   \
    XX(TOOBIG, E2BIG, "argument list too long")                                                              \
    XX(ACCES, EACCES, "permission denied by the system")                                                     \
    XX(ADDRINUSE, EADDRINUSE, "address in use")                                                              \
    XX(ADDRNOTAVAIL, EADDRNOTAVAIL, "address not available")                                                 \
    XX(AFNOSUPPORT, EAFNOSUPPORT, "address family not supported")                                            \
    XX(AGAIN, EAGAIN, "would block")                                                                         \
    XX(ALREADY, EALREADY, "already in progress")                                                             \
    XX(BADF, EBADF, "bad descriptor")                                                                        \
    XX(BADMSG, EBADMSG, "bad message")                                                                       \
    XX(BUSY, EBUSY, "busy")                                                                                  \
    XX(CANCELED, ECANCELED, "cancelled")                                                                     \
    XX(CONNABORTED, ECONNABORTED, "connection aborted")                                                      \
    XX(CONNREFUSED, ECONNREFUSED, "connection refused")                                                      \
    XX(CONNRESET, ECONNRESET, "connection reset")                                                            \
    XX(DEADLK, EDEADLK, "would deadlock")                                                                    \
    XX(DESTADDRREQ, EDESTADDRREQ, "destination address required")                                            \
    XX(DOM, EDOM, "argument out of domain")                                                                  \
    XX(DQUOT, EDQUOT, "disk quota exceeded")                                                                 \
    XX(EXIST, EEXIST, "exists already")                                                                      \
    XX(FAULT, EFAULT, "bad address")                                                                         \
    XX(FBIG, EFBIG, "file too large")                                                                        \
    XX(HOSTUNREACH, EHOSTUNREACH, "host unreachable")                                                        \
    XX(IDRM, EIDRM, "identifier removed")                                                                    \
    XX(ILSEQ, EILSEQ, "illegal byte sequence")                                                               \
    XX(INPROGRESS, EINPROGRESS, "in progress")                                                               \
    XX(INTR, EINTR, "interrupted")                                                                           \
    XX(INVAL, EINVAL, "invalid argument")                                                                    \
    XX(IO, EIO, "input or output error")                                                                     \
    XX(ISCONN, EISCONN, "connected already")                                                                 \
    XX(ISDIR, EISDIR, "is a directory")                                                                      \
    XX(LOOP, ELOOP, "too many symbolic links")                                                               \
    XX(MFILE, EMFILE, "too many open descriptors")                                                           \
    XX(MLINK, EMLINK, "too many links")                                                                      \
    XX(MSGSIZE, EMSGSIZE, "message too long")                                                                \
    XX(NAMETOOLONG, ENAMETOOLONG, "name too long")                                                           \
    XX(NETDOWN, ENETDOWN, "network down")                                                                    \
    XX(NETRESET, ENETRESET, "network reset the connection")                                                  \
    XX(NETUNREACH, ENETUNREACH, "network unreachable")                                                       \
    XX(NFILE, ENFILE, "too many open descriptors in the system")                                             \
    XX(NOBUFS, ENOBUFS, "no buffer space")                                                                   \
    XX(NODEV, ENODEV, "no such device")                                                                      \
    XX(NOENT, ENOENT, "no such file or directory")                                                           \
    XX(NOLCK, ENOLCK, "no locks available")                                                                  \
    XX(NOMEM, ENOMEM, "no memory")                                                                           \
    XX(NOMSG, ENOMSG, "no message")                                                                          \
    XX(NOPROTOOPT, ENOPROTOOPT, "protocol not available")                                                    \
    XX(NOSPC, ENOSPC, "no space left")                                                                       \
    XX(NOSYS, ENOSYS, "function not implemented")                                                            \
    XX(NOTCONN, ENOTCONN, "not connected")                                                                   \
    XX(NOTDIR, ENOTDIR, "not a directory")                                                                   \
    XX(NOTEMPTY, ENOTEMPTY, "directory not empty")                                                           \
    XX(NOTRECOVERABLE, ENOTRECOVERABLE, "state not recoverable")                                             \
    XX(NOTSOCK, ENOTSOCK, "not a socket")                                                                    \
    XX(NOTSUP, EOPNOTSUPP, "not supported")                                                                  \
    XX(NOTTY, ENOTTY, "not a terminal")                                                                      \
    XX(NXIO, ENXIO, "no such device or address")                                                             \
    XX(OVERFLOW, EOVERFLOW, "value too large")                                                               \
    XX(OWNERDEAD, EOWNERDEAD, "previous owner died")                                                         \
    XX(PERM, EPERM, "not permitted")                                                                         \
    XX(PIPE, EPIPE, "broken pipe")                                                                           \
    XX(PROTO, EPROTO, "protocol error")                                                                      \
    XX(PROTONOSUPPORT, EPROTONOSUPPORT, "protocol not supported")                                            \
    XX(PROTOTYPE, EPROTOTYPE, "wrong protocol type")                                                         \
    XX(RANGE, ERANGE, "result out of range")                                                                 \
    XX(ROFS, EROFS, "read-only file system")                                                                 \
    XX(SPIPE, ESPIPE, "cannot seek")                                                                         \
    XX(SRCH, ESRCH, "no such process")                                                                       \
    XX(STALE, ESTALE, "stale file handle")                                                                   \
    XX(TIMEDOUT, ETIMEDOUT, "timed out")                                                                     \
    XX(TXTBSY, ETXTBSY, "text file busy")                                                                    \
    XX(XDEV, EXDEV, "across file systems")                                                                   \
    XX(NOTCAPABLE, 0, "not granted")

enum host_error {
    HOST_STOP = -1, /* the run is being ended */
    HOST_OK = 0,
#define XX(name, number, words) HOST_E_##name,
    HOST_ERROR_MAP(XX)
#undef XX
        HOST_ERRORS /* how many, and no error itself */
};

/**
 * The host error for an errno value.
 *
 * @param errnum  positive; one without a row gives HOST_E_IO
 * @return a HOST_E_…, never 0
 */
int host_error_of(int errnum);

/** Words for an error ("no such file or directory"); static; any number may be asked for. */
const char *host_error_words(int error);

#endif
