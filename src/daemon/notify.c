/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The protocol of systemd's sd_notify(3): a datagram to $NOTIFY_SOCKET; sockets from descriptor 3 on. */
#include "daemon/notify.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"
#include "base/text.h"

enum { FIRST_FD = 3 };

void notify_tell(const char *state) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (!path || (*path != '/' && *path != '@') || !text_copy(to.sun_path, sizeof(to.sun_path), path))
        return;
    size_t length = strlen(path);
    if (*path == '@')
        to.sun_path[0] = '\0'; /* abstract */
    FD_AUTO fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0)
        return; /* a manager that does not listen has its reasons */
}

int notify_take_socket(int *ret_fd, arcella_error **reterr) {
    const char *pid = getenv("LISTEN_PID");
    const char *count = getenv("LISTEN_FDS");
    uint64_t number;
    *ret_fd = -1;
    if (!pid || !count || text_parse_u64(pid, UINT32_MAX, &number, NULL) < 0 || (pid_t)number != getpid())
        return 0;
    int r = text_parse_u64(count, 1024, &number, NULL);
    unsetenv("LISTEN_PID"); /* not for our children */
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    if (r < 0 || number == 0)
        return 0;
    int listening = 0, type = 0, domain = 0;
    socklen_t size = sizeof(int);
    if (number > 1)
        return error_set(reterr, ARCELLA_E_INVALID,
                         "the service manager gave %llu sockets, and one is wanted",
                         (unsigned long long)number);
    if (getsockopt(FIRST_FD, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 || domain != AF_UNIX ||
        getsockopt(FIRST_FD, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_STREAM ||
        getsockopt(FIRST_FD, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) < 0 || !listening)
        return error_set(reterr, ARCELLA_E_INVALID, "descriptor 3 is no listening Unix stream socket");
    fcntl(FIRST_FD, F_SETFD, FD_CLOEXEC);
    *ret_fd = FIRST_FD;
    return 0;
}
