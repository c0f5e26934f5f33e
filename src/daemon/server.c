/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Connections and calls; see server.h and call.h. */
#include "daemon/server.h"

#include <poll.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "daemon/call.h"
#include "daemon/events.h"
#include "wire/lines.h"
#include "wire/socket.h"

enum {
    CALLS_AT_ONCE = 64,     /* of one connection; more wait in its socket */
    FAREWELL_MS = 1000,     /* to take what is queued, when we close */
    QUEUE_BYTES = 20 << 20, /* of one connection: a reply at its largest and some */
};

struct client {
    struct server *server;
    struct client *next, **self;
    struct lines *lines;
    struct call *calls;
    unsigned calls_count;
    bool paused;
    bool ended;   /* it sends nothing more */
    bool half;    /* … but said so while it could still read, as a pipe into a socket does */
    bool leaving; /* it is being closed for not reading */
    uint32_t uid; /* of its process */
    struct loop_timer *idle;
};

struct server {
    struct daemon *daemon;
    int fd;
    struct loop_watch *watch;
    struct client *clients;
    size_t count;
    struct call *calls;       /* all, with and without client */
    struct loop_timer *pause; /* of accepting, while there is no descriptor; NULL: never yet */
};

size_t server_clients(const struct server *server) {
    return server->count;
}

/* --- clients --- */

static void call_free(struct call *call);

/* Forget a client; its calls go on without it, unless they want to know. */
static void client_drop(struct client *client, bool finish) {
    struct server *server = client->server;
    while (client->calls) {
        struct call *call = client->calls;
        client->calls = call->next;
        call->client = NULL;
        if (call->streams) {
            events_drop(server->daemon, call);
            call_free(call);
        } else if (call->on_gone && !client->half)
            call->on_gone(call);
    }
    if (finish)
        client->lines = lines_finish(client->lines, FAREWELL_MS);
    else
        client->lines = lines_free(client->lines);
    *client->self = client->next;
    if (client->next)
        client->next->self = client->self;
    loop_timer_free(client->idle);
    mem_free(client);
    server->count--;
}

/* A connection with nothing to do is closed after a while; one with a verb or a stream open is not. */
static void client_rest(struct client *client) {
    if (client->calls)
        loop_timer_stop(client->idle);
    else
        loop_timer_start(client->idle, config_number(client->server->daemon->config, CONFIG_ALME_IDLE), 0);
}

static void on_idle(struct loop_timer *timer, void *user) {
    (void)timer;
    client_drop(user, true);
}

/* Send; a client that does not read what it asked for is closed. @return false: it is gone */
static bool client_send(struct client *client, const struct buffer *bytes) {
    if (bytes->length == 0)
        return true;
    if (client->leaving)
        return false; /* the line about it, on its way to this client's own stream */
    ERROR_AUTO *error = NULL;
    int r = lines_send(client->lines, bytes->data, bytes->length, &error);
    if (r == 0)
        return true;
    client->leaving = true;
    if (r != ARCELLA_E_CLOSED) {
        struct log_about about = {.unit = LOG_ALME, .error = error};
        log_event(LOG_INFO, &about, "a client reads too slowly and is closed", "%s", "");
    }
    client_drop(client, false);
    return false;
}

/* --- calls --- */

static void call_free(struct call *call) {
    *call->all_self = call->all_next;
    if (call->all_next)
        call->all_next->all_self = call->all_self;
    json_decref(call->changed);
    json_decref(call->restarted);
    json_decref(call->shortened);
    alme_request_done(&call->request);
    mem_free(call);
}

/* Take it out of its client, which may be waiting for just that. */
static void call_end(struct call *call) {
    struct client *client = call->client;
    if (client) {
        struct call **at = &client->calls;
        while (*at != call)
            at = &(*at)->next;
        *at = call->next;
        client->calls_count--;
        if (client->paused && client->calls_count < CALLS_AT_ONCE) {
            client->paused = false;
            lines_pause(client->lines, false);
        }
        client_rest(client);
        if (client->ended && !client->calls)
            client_drop(client, true);
    }
    call_free(call);
}

/* Send a finished reply line, or say that it is too large. */
static void finish(struct call *call, struct buffer *line, int r, const arcella_error *why) {
    if (!call->client) {
        call_end(call);
        return;
    }
    if (r < 0) {
        buffer_clear(line);
        if (alme_reply_failure(line, &call->request, why, NULL, NULL) < 0)
            buffer_clear(line);
    }
    if (!client_send(call->client, line)) {
        call_free(call); /* client_drop() has taken it out */
        return;
    }
    call_end(call);
}

void call_reply(struct call *call, json_t *data, const char *format, ...) {
    char message[LIMIT_ERROR_BYTES];
    va_list list;
    va_start(list, format);
    vsnprintf(message, sizeof(message), format, list);
    va_end(list);
    BUFFER_AUTO line = BUFFER_INIT(LIMIT_ALME_REPLY_BYTES);
    ERROR_AUTO *why = NULL;
    int r = alme_reply_success(&line, &call->request, message, data, &why);
    finish(call, &line, r, why);
}

void call_fail(struct call *call, arcella_error *error, json_t *data) {
    ERROR_AUTO *owned = error;
    if (!owned)
        error_nomem(&owned);
    BUFFER_AUTO line = BUFFER_INIT(LIMIT_ALME_REPLY_BYTES);
    ERROR_AUTO *why = NULL;
    int r = alme_reply_failure(&line, &call->request, owned, data, &why);
    if (call->request.command)
        DAEMON_LOG(LOG_DEBUG, LOG_ALME, "refused", "command=%s code=%s", call->request.command->name,
                   arcella_error_name(arcella_error_code(owned)));
    finish(call, &line, r, why);
}

void call_progress(struct call *call, const char *stage, const char *format, ...) {
    char message[1024];
    if (!call->client || !call->request.command || !(call->request.command->flags & ALME_PROGRESS))
        return;
    va_list list;
    va_start(list, format);
    vsnprintf(message, sizeof(message), format, list);
    va_end(list);
    BUFFER_AUTO line = BUFFER_INIT(LIMIT_ALME_REPLY_BYTES);
    if (alme_reply_progress(&line, &call->request, stage, message, 0, 0, NULL) == 0)
        client_send(call->client, &line);
}

void call_announce(struct call *call, const char *stage, const char *sentence, json_t *names) {
    JSON_AUTO *owned = names;
    if (!call->client || !call->request.command || !(call->request.command->flags & ALME_PROGRESS))
        return;
    BUFFER_AUTO line = BUFFER_INIT(LIMIT_ALME_REPLY_BYTES);
    if (alme_reply_announce(&line, &call->request, stage, sentence, TAKE(owned), NULL) == 0)
        client_send(call->client, &line);
}

void call_item(struct call *call, json_t *item) {
    BUFFER_AUTO line = BUFFER_INIT(LIMIT_ALME_REPLY_BYTES);
    if (!call->client) {
        json_decref(item);
        return;
    }
    if (alme_reply_item(&line, &call->request, item, NULL) == 0)
        client_send(call->client, &line);
}

void call_stream(struct call *call) {
    call->streams = true;
}

void call_wait_for(struct call *call, struct deployment *deployment, enum call_wait wait) {
    call->wait = wait;
    call->next_waiter = deployment->waiters;
    deployment->waiters = call;
    daemon_turn(deployment->daemon);
}

/* --- requests --- */

static void on_line(struct lines *lines, const char *text, size_t length, bool too_long, void *user) {
    struct client *client = user;
    struct call *call = mem_new(struct call);
    (void)lines;
    if (!call) {
        client_drop(client, false);
        return;
    }
    struct server *server = client->server;
    call->all_next = server->calls;
    call->all_self = &server->calls;
    if (call->all_next)
        call->all_next->all_self = &call->all_next;
    server->calls = call;
    call->daemon = server->daemon;
    ERROR_AUTO *error = NULL;
    int r = alme_request_parse(text, length, too_long, &call->request, &error);
    call->client = client;
    call->uid = client->uid;
    call->next = client->calls;
    client->calls = call;
    client->calls_count++;
    client_rest(client);
    if (client->calls_count >= CALLS_AT_ONCE && !client->paused) {
        client->paused = true;
        lines_pause(client->lines, true);
    }
    if (r < 0)
        call_fail(call, TAKE(error), NULL);
    else
        command_dispatch(call);
}

static void on_closed(struct lines *lines, bool gone, void *user) {
    struct client *client = user;
    if (gone) {
        client_drop(client, false);
        return;
    }
    struct pollfd there = {.fd = lines_fd(lines)};
    client->ended = true;
    client->half = poll(&there, 1, 0) == 0; /* else it has hung up, which is told next */
    if (!client->calls)
        client_drop(client, true);
}

/* --- connections --- */

static bool may_connect(int fd, uint32_t *ret_uid) {
    struct socket_peer peer;
    ERROR_AUTO *error = NULL;
    if (socket_peer_of(fd, &peer, &error) < 0) {
        struct log_about about = {.unit = LOG_ALME, .error = error};
        log_event(LOG_WARN, &about, "a connection was refused", "%s", "");
        return false;
    }
    *ret_uid = (uint32_t)peer.uid;
    if (peer.uid == geteuid() || peer.uid == 0)
        return true;
    DAEMON_LOG(LOG_WARN, LOG_ALME, "a connection was refused: another user's", "uid=%u pid=%d",
               (unsigned)peer.uid, (int)peer.pid);
    return false;
}

/* Say one thing and close. */
static void turn_away(int fd, int code, const char *sentence) {
    FD_AUTO owned = fd;
    struct alme_request nobody = {0};
    BUFFER_AUTO line = BUFFER_INIT(LIMIT_ALME_REPLY_BYTES);
    ERROR_AUTO *error = NULL;
    error_set(&error, code, "%s", sentence);
    if (alme_reply_failure(&line, &nobody, error, NULL, NULL) == 0 &&
        send(owned, line.data, line.length, MSG_NOSIGNAL) < 0)
        return;
}

static int add_client(struct server *server, int fd, uint32_t uid, arcella_error **reterr) {
    struct client *client = mem_new(struct client);
    if (!client) {
        fd_close(fd);
        return error_nomem(reterr);
    }
    struct loop *loop = server->daemon->loop;
    client->server = server;
    client->uid = uid;
    int r = loop_timer_new(loop, on_idle, client, &client->idle, reterr);
    if (r == 0)
        r = lines_new(loop, fd, LIMIT_ALME_LINE_BYTES, QUEUE_BYTES, on_line, on_closed, client,
                      &client->lines, reterr);
    else
        fd_close(fd);
    if (r < 0) {
        loop_timer_free(client->idle);
        mem_free(client);
        return r;
    }
    client->next = server->clients;
    client->self = &server->clients;
    if (client->next)
        client->next->self = &client->next;
    server->clients = client;
    server->count++;
    client_rest(client);
    return 0;
}

/* Descriptors may be free again. */
static void on_pause_over(struct loop_timer *timer, void *user) {
    struct server *server = user;
    (void)timer;
    if (server->watch)
        loop_watch_set(server->watch, LOOP_READ);
}

/*
 * Who cannot be taken stays in the socket's queue, which therefore stays readable: look again in a moment, or
 * the loop would do nothing else.
 */
static void pause_accepting(struct server *server, const arcella_error *error) {
    enum { PAUSE_MS = 100 };
    struct log_about about = {.unit = LOG_ALME, .error = error};
    if (!server->pause &&
        loop_timer_new(server->daemon->loop, on_pause_over, server, &server->pause, NULL) < 0)
        return;
    if (!loop_timer_active(server->pause))
        log_event(LOG_WARN, &about, "a connection could not be taken", "%s", "");
    loop_watch_set(server->watch, 0);
    loop_timer_start(server->pause, PAUSE_MS, 0);
}

static void on_connection(struct loop_watch *watch, unsigned events, void *user) {
    struct server *server = user;
    (void)watch;
    (void)events;
    for (;;) {
        ERROR_AUTO *error = NULL;
        int fd = -1;
        uint32_t uid = UINT32_MAX;
        int r = socket_accept(server->fd, &fd, &error);
        if (r == 0 && !may_connect(fd, &uid))
            turn_away(fd, ARCELLA_E_DENIED, "only the user who runs the daemon, and root, may manage it");
        else if (r == 0 && server->count >= config_number(server->daemon->config, CONFIG_ALME_CLIENTS))
            turn_away(fd, ARCELLA_E_BUSY, "too many connections are open");
        else if (r == 0)
            r = add_client(server, fd, uid, &error);
        if (r == ARCELLA_E_BUSY)
            return;
        if (r < 0) {
            pause_accepting(server, error);
            return;
        }
    }
}

int server_new(struct daemon *daemon, int fd, struct server **ret, arcella_error **reterr) {
    struct server *server = mem_new(struct server);
    if (!server) {
        fd_close(fd);
        return error_nomem(reterr);
    }
    server->daemon = daemon;
    server->fd = fd;
    int r = loop_watch_new(daemon->loop, fd, on_connection, server, &server->watch, reterr);
    if (r < 0) {
        server_free(server);
        return r;
    }
    loop_watch_set(server->watch, LOOP_READ);
    *ret = server;
    return 0;
}

void server_close(struct server *server) {
    server->pause = loop_timer_free(server->pause);
    server->watch = loop_watch_free(server->watch);
    server->fd = fd_close(server->fd);
}

struct server *server_free(struct server *server) {
    if (!server)
        return NULL;
    while (server->clients)
        client_drop(server->clients, true);
    while (server->calls) /* nobody will end them */
        call_free(server->calls);
    server_close(server);
    mem_free(server);
    return NULL;
}
