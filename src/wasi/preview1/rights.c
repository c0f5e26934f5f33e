/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Which rights a descriptor begins with, and what a missing one is answered with. */
#include "wasi/preview1/rights.h"

#include "wasi/preview1/types.h"

/* Whatever a descriptor is. */
#define RIGHTS_ANY (WASI_RIGHT_FD_FILESTAT_GET)

#define RIGHTS_DIRECTORY                                                                                     \
    (RIGHTS_ANY | WASI_RIGHT_PATH_CREATE_DIRECTORY | WASI_RIGHT_PATH_CREATE_FILE |                           \
     WASI_RIGHT_PATH_LINK_SOURCE | WASI_RIGHT_PATH_LINK_TARGET | WASI_RIGHT_PATH_OPEN |                      \
     WASI_RIGHT_FD_READDIR | WASI_RIGHT_PATH_READLINK | WASI_RIGHT_PATH_RENAME_SOURCE |                      \
     WASI_RIGHT_PATH_RENAME_TARGET | WASI_RIGHT_PATH_FILESTAT_GET | WASI_RIGHT_PATH_FILESTAT_SET_SIZE |      \
     WASI_RIGHT_PATH_FILESTAT_SET_TIMES | WASI_RIGHT_FD_FILESTAT_SET_TIMES | WASI_RIGHT_PATH_SYMLINK |       \
     WASI_RIGHT_PATH_REMOVE_DIRECTORY | WASI_RIGHT_PATH_UNLINK_FILE | WASI_RIGHT_FD_SYNC |                   \
     WASI_RIGHT_FD_DATASYNC)

#define RIGHTS_REGULAR                                                                                       \
    (RIGHTS_ANY | WASI_RIGHT_FD_DATASYNC | WASI_RIGHT_FD_READ | WASI_RIGHT_FD_SEEK |                         \
     WASI_RIGHT_FD_FDSTAT_SET_FLAGS | WASI_RIGHT_FD_SYNC | WASI_RIGHT_FD_TELL | WASI_RIGHT_FD_WRITE |        \
     WASI_RIGHT_FD_ADVISE | WASI_RIGHT_FD_ALLOCATE | WASI_RIGHT_FD_FILESTAT_SET_SIZE |                       \
     WASI_RIGHT_FD_FILESTAT_SET_TIMES | WASI_RIGHT_POLL_FD_READWRITE)

/* Pipes, terminals, logs.  No seeking: C libraries take a character device that cannot seek for a terminal.
 */
#define RIGHTS_STREAM                                                                                        \
    (RIGHTS_ANY | WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_FDSTAT_SET_FLAGS |                \
     WASI_RIGHT_POLL_FD_READWRITE)

#define RIGHTS_SOCKET (RIGHTS_STREAM | WASI_RIGHT_SOCK_SHUTDOWN)
#define RIGHTS_LISTENER                                                                                      \
    (RIGHTS_ANY | WASI_RIGHT_FD_FDSTAT_SET_FLAGS | WASI_RIGHT_POLL_FD_READWRITE | WASI_RIGHT_SOCK_ACCEPT)

/* Rights that go with being open for reading, for writing. */
#define RIGHTS_OF_READING (WASI_RIGHT_FD_READ)
#define RIGHTS_OF_WRITING (WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_ALLOCATE | WASI_RIGHT_FD_FILESTAT_SET_SIZE)
/* Rights to do things with names, which only a directory can have. */
#define RIGHTS_OF_NAMES (RIGHTS_DIRECTORY & ~(RIGHTS_REGULAR) & ~WASI_RIGHT_FD_READDIR)

static const uint64_t rights_by_kind[] = {
    [HOST_REGULAR] = RIGHTS_REGULAR,   [HOST_DIRECTORY] = RIGHTS_DIRECTORY, [HOST_STREAM] = RIGHTS_STREAM,
    [HOST_LISTENER] = RIGHTS_LISTENER, [HOST_SOCKET] = RIGHTS_SOCKET,       [HOST_LOG] = RIGHTS_STREAM,
    [HOST_NULL] = RIGHTS_STREAM,
};

void preview1_rights_of(const struct host_file *file, uint64_t words[2]) {
    uint64_t base = rights_by_kind[file->kind];
    if (file->kind == HOST_STREAM && file->type == HOST_TYPE_SOCKET_STREAM)
        base |= WASI_RIGHT_SOCK_SHUTDOWN;
    if (file->kind != HOST_DIRECTORY) {
        if (!(file->rights & HOST_READ))
            base &= ~(uint64_t)RIGHTS_OF_READING;
        if (!(file->rights & HOST_WRITE))
            base &= ~(uint64_t)RIGHTS_OF_WRITING;
    }
    words[0] = base;
    words[1] =
        file->kind == HOST_DIRECTORY ? rights_by_kind[HOST_DIRECTORY] | rights_by_kind[HOST_REGULAR] : base;
}

int preview1_rights_refusal(const struct host_slot *slot, uint64_t right) {
    const struct host_file *file = slot->file;
    /* The denied root stands there to be named in an audit line; for all else there is no such descriptor. */
    if (file->kind == HOST_DIRECTORY && file->fd < 0)
        return HOST_E_BADF;
    if (rights_by_kind[file->kind] & right) {
        bool unopened = (right & RIGHTS_OF_READING && !(file->rights & HOST_READ)) ||
                        (right & RIGHTS_OF_WRITING && !(file->rights & HOST_WRITE));
        return unopened ? HOST_E_BADF : HOST_E_NOTCAPABLE;
    }
    /* It never had it: the type is the reason. */
    if (right & (WASI_RIGHT_SOCK_SHUTDOWN | WASI_RIGHT_SOCK_ACCEPT))
        return file->kind == HOST_SOCKET || file->kind == HOST_LISTENER ? HOST_E_INVAL : HOST_E_NOTSOCK;
    if (file->kind == HOST_DIRECTORY)
        return HOST_E_ISDIR;
    if (right & (RIGHTS_OF_NAMES | WASI_RIGHT_FD_READDIR))
        return HOST_E_NOTDIR;
    if (right & (WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_TELL))
        return HOST_E_SPIPE;
    if (right & (WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE))
        return HOST_E_BADF;
    return HOST_E_INVAL;
}

const char *preview1_right_name(unsigned bit) {
    static const char *const names[] = {
#define XX(name, number) [number] = #name,
        WASI_RIGHT_MAP(XX)
#undef XX
    };
    return bit < ARRAY_LENGTH(names) ? names[bit] : "?";
}
