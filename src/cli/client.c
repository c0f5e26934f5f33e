/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A connection to the daemon, blocking: one request, then lines until the answer is whole. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/limits.h"
#include "base/toml.h"
#include "cli_internal.h"
#include "wire/socket.h"

/* --- where the daemon listens --- */

static const char *user_home(void) {
    const char *home = getenv("HOME");
    if (home && *home)
        return home;
    const struct passwd *user = getpwuid(getuid());
    return user && user->pw_dir ? user->pw_dir : "/";
}

static char *find_home(const struct cli_call *call) {
    const char *home = call->home;
    if (!home)
        home = getenv("ARCELLA_HOME");
    return home && *home ? mem_text(home) : mem_format("%s/.arcella", user_home());
}

/* [alme] socket of the configuration, since that is where a daemon with this home listens. @return NULL: not
 * set */
static char *socket_of_configuration(const char *home) {
    static const char *const names[] = {"cfg/arcella.toml", "config/arcella.toml"};
    char *found = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        MEM_AUTO char *path = mem_format("%s/%s", home, names[i]);
        BUFFER_AUTO text = BUFFER_INIT(LIMIT_MANIFEST_BYTES);
        if (!path || file_read(AT_FDCWD, path, LIMIT_MANIFEST_BYTES, &text, NULL) < 0)
            continue;
        struct toml_node *root = NULL;
        /* A file with mistakes is the daemon's to complain about. */
        if (text.length == 0 || toml_parse(text.data, text.length, path, &root, NULL) < 0)
            break;
        const struct toml_node *socket = toml_get(toml_get(root, "alme"), "socket");
        if (socket && socket->kind == TOML_STRING && *socket->text)
            found = mem_text(socket->text);
        toml_free(root);
        break;
    }
    return found;
}

int client_socket_path(const struct cli_call *call, char **ret, arcella_error **reterr) {
    const char *wish = call->socket;
    if (!wish && !call->home)
        wish = getenv("ARCELLA_ALME_SOCKET");
    if (wish && *wish) {
        *ret = mem_text(wish);
        return *ret ? 0 : error_nomem(reterr);
    }
    MEM_AUTO char *home = find_home(call);
    if (!home)
        return error_nomem(reterr);
    *ret = socket_of_configuration(home);
    if (!*ret)
        *ret = mem_format("%s/alme", home);
    return *ret ? 0 : error_nomem(reterr);
}

/* --- the connection --- */

int client_open(const char *path, struct client *ret, arcella_error **reterr) {
    int fd;
    int r = socket_connect(path, &fd, reterr);
    if (r < 0)
        return r;
    *ret = (struct client){.fd = fd};
    buffer_init(&ret->in, LIMIT_ALME_REPLY_BYTES + 64 * KIB);
    return 0;
}

void client_done(struct client *client) {
    client->fd = fd_close(client->fd);
    buffer_done(&client->in);
}

int client_send(struct client *client, const struct buffer *line, arcella_error **reterr) {
    size_t sent = 0;
    while (sent < line->length) {
        ssize_t n = send(client->fd, line->data + sent, line->length - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set(reterr, ARCELLA_E_CLOSED, "the daemon has closed the connection");
        sent += (size_t)n;
    }
    return 0;
}

int client_receive(struct client *client, struct text *ret, arcella_error **reterr) {
    /* What was handed out last time ends in a NUL where its LF was. */
    struct buffer *in = &client->in;
    size_t used = in->length ? strlen(in->data) : 0;
    if (used < in->length && client->in.data[used] == '\0')
        buffer_drop(in, used + 1);
    size_t looked = 0;
    for (;;) {
        char *end = in->length > looked ? memchr(in->data + looked, '\n', in->length - looked) : NULL;
        if (end) {
            *end = '\0';
            *ret = (struct text){in->data, (size_t)(end - in->data)};
            return 0;
        }
        looked = in->length;
        char bytes[16 * KIB];
        ssize_t n = recv(client->fd, bytes, sizeof(bytes), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return error_set(reterr, ARCELLA_E_CLOSED,
                             "the daemon has closed the connection without an answer");
        if (memchr(bytes, '\0', (size_t)n))
            return error_set(reterr, ARCELLA_E_PROTOCOL, "the daemon's reply has a NUL in it");
        int r = buffer_add(in, bytes, (size_t)n, reterr);
        if (r < 0)
            return error_wrap(reterr, r, "the daemon's reply");
    }
}
