/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The binary interface of WASI preview 1: numbers and records as they lie in guest memory.
 *
 * Source: the public witx description of wasi_snapshot_preview1.  Records have the layout of C on a 32-bit
 * little-endian machine with 8-byte alignment of 64-bit numbers, which is what WebAssembly guests see; the
 * asserts below hold our structs to it, so that a record crosses by one memcpy.
 */
#ifndef WASI_PREVIEW1_TYPES_H
#define WASI_PREVIEW1_TYPES_H

#include <stdint.h>

#include "base/attr.h"

/* One byte order is written down here; a big-endian host would swap in abi.h and nowhere else. */
STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "records are copied as they are: little-endian hosts only");

/* What functions answer: name, number, words for people. */
#define WASI_ERRNO_MAP(XX)                                                                                   \
    XX(SUCCESS, 0, "success", "done")                                                                        \
    XX(2BIG, 1, "2big", "argument list too long")                                                            \
    XX(ACCES, 2, "acces", "permission denied")                                                               \
    XX(ADDRINUSE, 3, "addrinuse", "address in use")                                                          \
    XX(ADDRNOTAVAIL, 4, "addrnotavail", "address not available")                                             \
    XX(AFNOSUPPORT, 5, "afnosupport", "address family not supported")                                        \
    XX(AGAIN, 6, "again", "would have to wait")                                                              \
    XX(ALREADY, 7, "already", "connection already under way")                                                \
    XX(BADF, 8, "badf", "no such descriptor, or not one for this")                                           \
    XX(BADMSG, 9, "badmsg", "bad message")                                                                   \
    XX(BUSY, 10, "busy", "in use")                                                                           \
    XX(CANCELED, 11, "canceled", "cancelled")                                                                \
    XX(CHILD, 12, "child", "no child processes")                                                             \
    XX(CONNABORTED, 13, "connaborted", "connection aborted")                                                 \
    XX(CONNREFUSED, 14, "connrefused", "connection refused")                                                 \
    XX(CONNRESET, 15, "connreset", "connection reset")                                                       \
    XX(DEADLK, 16, "deadlk", "would deadlock")                                                               \
    XX(DESTADDRREQ, 17, "destaddrreq", "destination address needed")                                         \
    XX(DOM, 18, "dom", "outside the function's domain")                                                      \
    XX(DQUOT, 19, "dquot", "over quota")                                                                     \
    XX(EXIST, 20, "exist", "exists already")                                                                 \
    XX(FAULT, 21, "fault", "pointer outside of memory")                                                      \
    XX(FBIG, 22, "fbig", "file too large")                                                                   \
    XX(HOSTUNREACH, 23, "hostunreach", "host unreachable")                                                   \
    XX(IDRM, 24, "idrm", "identifier removed")                                                               \
    XX(ILSEQ, 25, "ilseq", "not valid UTF-8")                                                                \
    XX(INPROGRESS, 26, "inprogress", "under way")                                                            \
    XX(INTR, 27, "intr", "interrupted")                                                                      \
    XX(INVAL, 28, "inval", "invalid argument")                                                               \
    XX(IO, 29, "io", "input or output failed")                                                               \
    XX(ISCONN, 30, "isconn", "socket is connected")                                                          \
    XX(ISDIR, 31, "isdir", "is a directory")                                                                 \
    XX(LOOP, 32, "loop", "too many symbolic links")                                                          \
    XX(MFILE, 33, "mfile", "too many open descriptors")                                                      \
    XX(MLINK, 34, "mlink", "too many links")                                                                 \
    XX(MSGSIZE, 35, "msgsize", "message too large")                                                          \
    XX(MULTIHOP, 36, "multihop", "multihop attempted")                                                       \
    XX(NAMETOOLONG, 37, "nametoolong", "name too long")                                                      \
    XX(NETDOWN, 38, "netdown", "network is down")                                                            \
    XX(NETRESET, 39, "netreset", "connection aborted by the network")                                        \
    XX(NETUNREACH, 40, "netunreach", "network unreachable")                                                  \
    XX(NFILE, 41, "nfile", "too many open files in the system")                                              \
    XX(NOBUFS, 42, "nobufs", "no buffer space")                                                              \
    XX(NODEV, 43, "nodev", "no such device")                                                                 \
    XX(NOENT, 44, "noent", "no such file or directory")                                                      \
    XX(NOEXEC, 45, "noexec", "not executable")                                                               \
    XX(NOLCK, 46, "nolck", "no locks available")                                                             \
    XX(NOLINK, 47, "nolink", "link severed")                                                                 \
    XX(NOMEM, 48, "nomem", "not enough memory")                                                              \
    XX(NOMSG, 49, "nomsg", "no such message")                                                                \
    XX(NOPROTOOPT, 50, "noprotoopt", "protocol not available")                                               \
    XX(NOSPC, 51, "nospc", "no space left")                                                                  \
    XX(NOSYS, 52, "nosys", "not supported here")                                                             \
    XX(NOTCONN, 53, "notconn", "not connected")                                                              \
    XX(NOTDIR, 54, "notdir", "not a directory")                                                              \
    XX(NOTEMPTY, 55, "notempty", "directory not empty")                                                      \
    XX(NOTRECOVERABLE, 56, "notrecoverable", "state not recoverable")                                        \
    XX(NOTSOCK, 57, "notsock", "not a socket")                                                               \
    XX(NOTSUP, 58, "notsup", "not supported")                                                                \
    XX(NOTTY, 59, "notty", "not a terminal")                                                                 \
    XX(NXIO, 60, "nxio", "no such device or address")                                                        \
    XX(OVERFLOW, 61, "overflow", "number too large")                                                         \
    XX(OWNERDEAD, 62, "ownerdead", "previous owner died")                                                    \
    XX(PERM, 63, "perm", "not permitted")                                                                    \
    XX(PIPE, 64, "pipe", "nobody reads the other end")                                                       \
    XX(PROTO, 65, "proto", "protocol error")                                                                 \
    XX(PROTONOSUPPORT, 66, "protonosupport", "protocol not supported")                                       \
    XX(PROTOTYPE, 67, "prototype", "wrong protocol for this socket")                                         \
    XX(RANGE, 68, "range", "result too large")                                                               \
    XX(ROFS, 69, "rofs", "read-only file system")                                                            \
    XX(SPIPE, 70, "spipe", "cannot seek")                                                                    \
    XX(SRCH, 71, "srch", "no such process")                                                                  \
    XX(STALE, 72, "stale", "stale handle")                                                                   \
    XX(TIMEDOUT, 73, "timedout", "timed out")                                                                \
    XX(TXTBSY, 74, "txtbsy", "program text is in use")                                                       \
    XX(XDEV, 75, "xdev", "across file systems or grants")                                                    \
    XX(NOTCAPABLE, 76, "notcapable", "the descriptor lacks the right, or nothing grants it")

enum wasi_errno {
#define XX(name, number, text, words) WASI_E##name = (number),
    WASI_ERRNO_MAP(XX)
#undef XX
        WASI_ERRNOS
};

/* Rights of a descriptor, by bit. */
#define WASI_RIGHT_MAP(XX)                                                                                   \
    XX(FD_DATASYNC, 0)                                                                                       \
    XX(FD_READ, 1)                                                                                           \
    XX(FD_SEEK, 2)                                                                                           \
    XX(FD_FDSTAT_SET_FLAGS, 3)                                                                               \
    XX(FD_SYNC, 4)                                                                                           \
    XX(FD_TELL, 5)                                                                                           \
    XX(FD_WRITE, 6)                                                                                          \
    XX(FD_ADVISE, 7)                                                                                         \
    XX(FD_ALLOCATE, 8)                                                                                       \
    XX(PATH_CREATE_DIRECTORY, 9)                                                                             \
    XX(PATH_CREATE_FILE, 10)                                                                                 \
    XX(PATH_LINK_SOURCE, 11)                                                                                 \
    XX(PATH_LINK_TARGET, 12)                                                                                 \
    XX(PATH_OPEN, 13)                                                                                        \
    XX(FD_READDIR, 14)                                                                                       \
    XX(PATH_READLINK, 15)                                                                                    \
    XX(PATH_RENAME_SOURCE, 16)                                                                               \
    XX(PATH_RENAME_TARGET, 17)                                                                               \
    XX(PATH_FILESTAT_GET, 18)                                                                                \
    XX(PATH_FILESTAT_SET_SIZE, 19)                                                                           \
    XX(PATH_FILESTAT_SET_TIMES, 20)                                                                          \
    XX(FD_FILESTAT_GET, 21)                                                                                  \
    XX(FD_FILESTAT_SET_SIZE, 22)                                                                             \
    XX(FD_FILESTAT_SET_TIMES, 23)                                                                            \
    XX(PATH_SYMLINK, 24)                                                                                     \
    XX(PATH_REMOVE_DIRECTORY, 25)                                                                            \
    XX(PATH_UNLINK_FILE, 26)                                                                                 \
    XX(POLL_FD_READWRITE, 27)                                                                                \
    XX(SOCK_SHUTDOWN, 28)                                                                                    \
    XX(SOCK_ACCEPT, 29)

enum wasi_right {
    WASI_RIGHT_NONE = 0,
#define XX(name, bit) WASI_RIGHT_##name = 1 << (bit),
    WASI_RIGHT_MAP(XX)
#undef XX
        WASI_RIGHTS_ALL = (1 << 30) - 1,
};

enum wasi_clockid {
    WASI_CLOCK_REALTIME = 0,
    WASI_CLOCK_MONOTONIC = 1,
    WASI_CLOCK_PROCESS_CPUTIME = 2,
    WASI_CLOCK_THREAD_CPUTIME = 3,
};

enum wasi_filetype {
    WASI_FILETYPE_UNKNOWN = 0,
    WASI_FILETYPE_BLOCK_DEVICE = 1,
    WASI_FILETYPE_CHARACTER_DEVICE = 2,
    WASI_FILETYPE_DIRECTORY = 3,
    WASI_FILETYPE_REGULAR_FILE = 4,
    WASI_FILETYPE_SOCKET_DGRAM = 5,
    WASI_FILETYPE_SOCKET_STREAM = 6,
    WASI_FILETYPE_SYMBOLIC_LINK = 7,
};

enum wasi_whence { WASI_WHENCE_SET = 0, WASI_WHENCE_CUR = 1, WASI_WHENCE_END = 2 };

enum wasi_advice {
    WASI_ADVICE_NORMAL = 0,
    WASI_ADVICE_SEQUENTIAL = 1,
    WASI_ADVICE_RANDOM = 2,
    WASI_ADVICE_WILLNEED = 3,
    WASI_ADVICE_DONTNEED = 4,
    WASI_ADVICE_NOREUSE = 5,
};

/* Bit sets. */
enum wasi_lookupflags { WASI_LOOKUP_SYMLINK_FOLLOW = 1, WASI_LOOKUPFLAGS = 1 };
enum wasi_oflags {
    WASI_O_CREAT = 1,
    WASI_O_DIRECTORY = 2,
    WASI_O_EXCL = 4,
    WASI_O_TRUNC = 8,
    WASI_OFLAGS = 15
};
enum wasi_fdflags {
    WASI_FDFLAG_APPEND = 1,
    WASI_FDFLAG_DSYNC = 2,
    WASI_FDFLAG_NONBLOCK = 4,
    WASI_FDFLAG_RSYNC = 8,
    WASI_FDFLAG_SYNC = 16,
    WASI_FDFLAGS = 31,
};
enum wasi_fstflags {
    WASI_FST_ATIM = 1,
    WASI_FST_ATIM_NOW = 2,
    WASI_FST_MTIM = 4,
    WASI_FST_MTIM_NOW = 8,
    WASI_FSTFLAGS = 15,
};
enum wasi_riflags { WASI_RECV_PEEK = 1, WASI_RECV_WAITALL = 2, WASI_RIFLAGS = 3 };
enum wasi_roflags { WASI_RECV_DATA_TRUNCATED = 1 };
enum wasi_siflags { WASI_SIFLAGS = 0 };
enum wasi_sdflags { WASI_SD_RD = 1, WASI_SD_WR = 2, WASI_SDFLAGS = 3 };
enum wasi_eventtype { WASI_EVENT_CLOCK = 0, WASI_EVENT_FD_READ = 1, WASI_EVENT_FD_WRITE = 2 };
enum wasi_eventrwflags { WASI_EVENT_HANGUP = 1 };
enum wasi_subclockflags { WASI_SUB_CLOCK_ABSTIME = 1 };
enum wasi_preopentype { WASI_PREOPEN_DIR = 0 };

enum wasi_signal {
    WASI_SIGNAL_NONE = 0,
    WASI_SIGNAL_PIPE = 13,
    WASI_SIGNAL_CHLD = 16,
    WASI_SIGNAL_CONT = 17,
    WASI_SIGNAL_STOP = 18,
    WASI_SIGNAL_TTOU = 21,
    WASI_SIGNAL_URG = 22,
    WASI_SIGNAL_WINCH = 27,
    WASI_SIGNALS = 31,
};

/* --- records in guest memory --- */

struct wasi_iovec {
    uint32_t buf; /* guest address */
    uint32_t buf_len;
};
STATIC_ASSERT(sizeof(struct wasi_iovec) == 8, "iovec");

struct wasi_fdstat {
    uint8_t filetype;
    uint8_t pad0;
    uint16_t flags;
    uint32_t pad1;
    uint64_t rights_base;
    uint64_t rights_inheriting;
};
STATIC_ASSERT(sizeof(struct wasi_fdstat) == 24, "fdstat");

struct wasi_filestat {
    uint64_t dev;
    uint64_t ino;
    uint8_t filetype;
    uint8_t pad0[7];
    uint64_t nlink;
    uint64_t size;
    uint64_t atim; /* nanoseconds since 1970, as are the others */
    uint64_t mtim;
    uint64_t ctim;
};
STATIC_ASSERT(sizeof(struct wasi_filestat) == 64, "filestat");

struct wasi_dirent {
    uint64_t next; /* cookie of the entry behind this one */
    uint64_t ino;
    uint32_t namlen;
    uint8_t type;
    uint8_t pad0[3];
};
STATIC_ASSERT(sizeof(struct wasi_dirent) == 24, "dirent");

struct wasi_prestat {
    uint8_t tag;
    uint8_t pad0[3];
    uint32_t name_len;
};
STATIC_ASSERT(sizeof(struct wasi_prestat) == 8, "prestat");

struct wasi_subscription {
    uint64_t userdata;
    uint8_t tag; /* enum wasi_eventtype */
    uint8_t pad0[7];
    union {
        struct {
            uint32_t id;
            uint32_t pad0;
            uint64_t timeout; /* nanoseconds */
            uint64_t precision;
            uint16_t flags;
            uint8_t pad1[6];
        } clock;
        uint32_t fd;
    };
};
STATIC_ASSERT(sizeof(struct wasi_subscription) == 48, "subscription");

struct wasi_event {
    uint64_t userdata;
    uint16_t error;
    uint8_t type;
    uint8_t pad0[5];
    uint64_t nbytes;
    uint16_t flags;
    uint8_t pad1[6];
};
STATIC_ASSERT(sizeof(struct wasi_event) == 32, "event");

#endif
