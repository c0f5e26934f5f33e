/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A call: one ALME request on its way to its reply.  Made by the server, given to a command's handler, which
 * ends it with call_reply() or call_fail(), at once or later.  The client may go away before; the call does
 * not, and replies to nobody.  Owned by the server until its end.  The loop's thread.
 */
#ifndef DAEMON_CALL_H
#define DAEMON_CALL_H

#include "daemon/daemon.h"
#include "wire/alme.h"

struct client;

/* What a call waits for. */
enum call_wait {
    CALL_WAITS_FOR_NOTHING,
    CALL_WAITS_FOR_START,
    CALL_WAITS_FOR_STOP,
    CALL_WAITS_FOR_RESTART,
    CALL_WAITS_FOR_UNDEPLOY,
    CALL_WAITS_FOR_GRANTS,
};

struct call {
    struct daemon *daemon;
    struct client *client;             /* NULL: gone */
    struct call *next;                 /* of the client */
    struct call *all_next, **all_self; /* of the server: the client may go first */
    struct alme_request request;
    uint32_t uid; /* of who asks; UINT32_MAX: nobody knows */
    bool streams;
    void (*on_gone)(struct call *call); /* its client has left altogether; NULL: it goes on without */
    /* waiting for a deployment to settle */
    enum call_wait wait;
    struct call *next_waiter;
    bool created; /* start: a deployment was made */
    bool already; /* nothing had to be done */
    char last_stage[48];
    /* grant, revoke */
    const char *in_force; /* from when on; static */
    json_t *changed;      /* owned; rows that came or went */
    json_t *restarted;    /* owned; deployments that start again for it, with how often they had started */
    json_t *shortened;    /* owned; rows that were for good and are for a while now */
};

/** End it well; data is taken, may be NULL. */
void call_reply(struct call *call, json_t *data, const char *format, ...) PRINTF_LIKE(3, 4);
/** End it badly; error is taken; data may be NULL and is taken. */
void call_fail(struct call *call, arcella_error *error, json_t *data);
/** Say how far it is. */
void call_progress(struct call *call, const char *stage, const char *format, ...) PRINTF_LIKE(3, 4);
/** Say what is about to start again, and which deployments; names is taken. People get to keep that line. */
void call_announce(struct call *call, const char *stage, const char *sentence, json_t *names);
/** An item of its stream; item is taken. The stream ends where the client reads too slowly. */
void call_item(struct call *call, json_t *item);
/** It is a stream from now on: it ends with its client. */
void call_stream(struct call *call);

/** Wait for a deployment; settled calls are ended by call_settle(). */
void call_wait_for(struct call *call, struct deployment *deployment, enum call_wait wait);
/** End what waited for this deployment and is settled. */
void call_settle(struct deployment *deployment);

/** Act by a call's command. */
void command_dispatch(struct call *call);

#endif
