/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Bytes that wait for room.  They belong to their file; a file that lingers belongs to them, and both to the
 * reactor's list, oldest first.
 */
#include "host/kept.h"

#include <sys/socket.h>

#include "base/limits.h"
#include "host/inside.h"
#include "host/output.h"
#include "host/reactor.h"
#include "host/stream.h"

struct host_kept {
    struct host_file *file;     /* it has us */
    struct host_output *writer; /* borrowed: whom a failure is told; NULL: nobody */
    struct host *payer;         /* borrowed: whose budget this is; NULL: the instance is gone */
    uint8_t *bytes;             /* owned */
    size_t start, end;          /* of what is not written yet */
    size_t size;
    bool finish; /* shut down sending at the end */
    bool lingers;
    uint64_t until_ms;            /* lingers: of the loop's clock */
    struct host_account *account; /* lingers: of the instance */
    struct host_kept *next;
};

/* What lingers of one instance.  There as long as something does. */
struct host_account {
    struct host_account *next;
    struct host *host;                                              /* borrowed; NULL: it is gone, … */
    void (*loss)(void *user, uint64_t owner, const char *sentence); /* … and this tells what is lost */
    void *loss_user;
    uint64_t owner;
    size_t count;
};

static void kept_free(struct host_kept *kept) {
    if (kept->payer)
        host_give(kept->payer, sizeof(*kept) + kept->size);
    kept->file->kept = NULL;
    kept->file->event.told = NULL;
    mem_free(kept->bytes);
    mem_free(kept);
}

/* --- accounts --- */

static struct host_account *account_of(struct host_reactor *reactor, struct host *host) {
    for (struct host_account *account = reactor->accounts; account; account = account->next)
        if (account->host == host)
            return account;
    struct host_account *account = mem_new(struct host_account);
    if (!account)
        return NULL;
    *account = (struct host_account){.next = reactor->accounts,
                                     .host = host,
                                     .loss = host->hooks.loss,
                                     .loss_user = host->hooks.loss_user,
                                     .owner = host->owner};
    reactor->accounts = account;
    return account;
}

static void account_unuse(struct host_reactor *reactor, struct host_account *account) {
    if (--account->count > 0)
        return;
    struct host_account **at = &reactor->accounts;
    while (*at != account)
        at = &(*at)->next;
    *at = account->next;
    mem_free(account);
}

/* --- lingering --- */

/* The end of one that lingers: its file goes with it. */
static void linger_end(struct host_kept *kept) {
    struct host_file *file = kept->file;
    struct host_reactor *reactor = file->event.reactor;
    struct host_kept **at = &reactor->lingers;
    while (*at != kept)
        at = &(*at)->next;
    *at = kept->next;
    reactor->lingers_count--;
    if (!reactor->lingers)
        loop_timer_stop(reactor->timer);
    if (kept->payer)
        host_file_uncount(kept->payer, file);
    account_unuse(reactor, kept->account);
    kept_free(kept);
    host_file_close(file);
    host_reactor_hold(reactor, false);
    host_reactor_put(reactor);
}

/* Give one up before all of it is written, and tell those whose it is. */
static void linger_lose(struct host_kept *kept, const char *why) {
    const struct host_account *account = kept->account;
    char sentence[200];
    snprintf(sentence, sizeof(sentence), "%zu bytes for a stream that was closed are lost: %s",
             kept->end - kept->start, why);
    if (account->host)
        host_notice(account->host, "%s", sentence);
    else if (account->loss)
        account->loss(account->loss_user, account->owner, sentence);
    linger_end(kept);
}

static void on_linger_timer(struct loop_timer *timer, void *user) {
    struct host_reactor *reactor = user;
    uint64_t now = loop_now_ms(reactor->loop);
    reactor->users++;
    while (reactor->lingers && reactor->lingers->until_ms <= now)
        linger_lose(reactor->lingers, "nobody has taken them in time");
    if (reactor->lingers)
        loop_timer_start(timer, reactor->lingers->until_ms - now, 0);
    host_reactor_put(reactor);
}

/*
 * Make room for one more of an account, which has it already: the instance that has most gives its oldest up,
 * this one where it has as many.  So who leaves little behind loses nothing by who leaves much.
 */
static void make_room(struct host_reactor *reactor, struct host_account *account) {
    size_t most = 0;
    for (const struct host_account *a = reactor->accounts; a; a = a->next)
        most = a->count > most ? a->count : most;
    bool own = account->count >= most && account->count > 1;
    struct host_kept *oldest = reactor->lingers;
    while (own ? oldest->account != account : oldest->account->count < most)
        oldest = oldest->next;
    linger_lose(oldest, "too many others of the instance wait to be written");
}

/* Somebody who will end it, and who pays. */
static struct host_account *may_linger(struct host_reactor *reactor, struct host *host) {
    if (!reactor->timer && loop_timer_new(reactor->loop, on_linger_timer, reactor, &reactor->timer, NULL) < 0)
        return NULL;
    struct host_account *account = account_of(reactor, host);
    if (account)
        account->count++; /* of the newcomer, before others go */
    return account;
}

bool host_kept_linger(struct host_file *file) {
    struct host_kept *kept = file->kept;
    struct host_reactor *reactor = file->event.reactor;
    kept->writer = NULL;
    kept->account = may_linger(reactor, file->host);
    if (!kept->account) {
        host_notice(file->host, "%zu bytes for a stream that was closed are lost: no memory",
                    kept->end - kept->start);
        kept_free(kept);
        return false;
    }
    if (reactor->lingers_count >= LIMIT_LINGERS)
        make_room(reactor, kept->account);
    file->host = NULL;
    file->event.host = NULL;
    kept->lingers = true;
    kept->until_ms = loop_now_ms(reactor->loop) + reactor->linger_ms;
    struct host_kept **at = &reactor->lingers;
    while (*at)
        at = &(*at)->next;
    *at = kept;
    reactor->lingers_count++;
    reactor->users++;
    host_reactor_hold(reactor, true);
    if (!loop_timer_active(reactor->timer))
        loop_timer_start(reactor->timer, reactor->linger_ms, 0);
    return true;
}

void host_kept_forget(struct host *host) {
    for (struct host_kept *kept = host->reactor ? host->reactor->lingers : NULL; kept; kept = kept->next) {
        if (kept->payer != host)
            continue;
        host_give(host, sizeof(*kept) + kept->size);
        host_file_uncount(host, kept->file);
        kept->payer = NULL;
        kept->account->host = NULL;
    }
}

void host_kept_give_up(struct host_reactor *reactor) {
    while (reactor->lingers)
        linger_end(reactor->lingers);
}

size_t host_linger_count(const struct loop *loop) {
    const struct host_reactor *reactor = host_reactor_find(loop);
    return reactor ? reactor->lingers_count : 0;
}

size_t host_linger_count_of(const struct loop *loop, uint64_t owner) {
    const struct host_reactor *reactor = host_reactor_find(loop);
    size_t count = 0;
    for (const struct host_account *a = reactor ? reactor->accounts : NULL; a; a = a->next)
        count += a->owner == owner ? a->count : 0;
    return count;
}

void host_linger_untold(const struct loop *loop, const void *user) {
    const struct host_reactor *reactor = host_reactor_find(loop);
    for (struct host_account *a = reactor ? reactor->accounts : NULL; a; a = a->next)
        if (a->loss_user == user)
            a->loss = NULL;
}

/* --- writing --- */

/* Write what there is room for. @return false: all is written, or it failed */
static bool write_some(struct host_kept *kept, int *ret_error) {
    *ret_error = 0;
    while (kept->start < kept->end) {
        struct iovec iov = {kept->bytes + kept->start, kept->end - kept->start};
        ssize_t n = host_stream_try(kept->file, &iov, 1, true);
        if (n < 0 && errno == EAGAIN)
            return true;
        if (n < 0) {
            *ret_error = host_errno();
            return false;
        }
        kept->start += (size_t)n;
    }
    return false;
}

/* There may be room. @return false: the file lingered and is gone */
static bool on_room(struct host_event *event) {
    struct host_file *file = CONTAINER_OF(event, struct host_file, event);
    struct host_kept *kept = file->kept;
    int error;
    if (!(event->ready & HOST_WRITE) || write_some(kept, &error))
        return true;
    if (error && kept->writer)
        kept->writer->error = error;
    if (kept->finish && !error)
        (void)!shutdown(file->fd, SHUT_WR);
    if (kept->lingers) {
        linger_end(kept);
        return false;
    }
    kept_free(kept);
    return true;
}

/* Make room for length bytes more at the end. @return false: there is none */
static bool reserve(struct host_kept *kept, size_t length) {
    size_t held = kept->end - kept->start;
    if (length > HOST_KEPT_BYTES - held)
        return false;
    if (kept->start > 0) {
        memmove(kept->bytes, kept->bytes + kept->start, held);
        kept->start = 0;
        kept->end = held;
    }
    if (held + length <= kept->size)
        return true;
    size_t more = held + length - kept->size;
    if (!host_take(kept->payer, more))
        return false;
    uint8_t *bytes = mem_resize(kept->bytes, held + length);
    if (!bytes) {
        host_give(kept->payer, more);
        return false;
    }
    kept->bytes = bytes;
    kept->size = held + length;
    return true;
}

static struct host_kept *kept_new(struct host_file *file) {
    if (!host_take(file->host, sizeof(struct host_kept)))
        return NULL;
    struct host_kept *kept = mem_new(struct host_kept);
    if (!kept) {
        host_give(file->host, sizeof(struct host_kept));
        return NULL;
    }
    kept->file = file;
    kept->payer = file->host;
    file->kept = kept;
    file->event.told = on_room;
    return kept;
}

int host_kept_add(struct host_file *file, struct host_output *writer, const void *bytes, size_t length) {
    if (host_event_watch(&file->event) || file->event.always)
        return HOST_E_NOMEM;
    struct host_kept *kept = file->kept ? file->kept : kept_new(file);
    if (!kept)
        return HOST_E_NOMEM;
    if (!reserve(kept, length)) {
        if (kept->start == kept->end)
            kept_free(kept);
        return HOST_E_NOMEM;
    }
    memcpy(kept->bytes + kept->end, bytes, length);
    kept->end += length;
    kept->writer = writer;
    return 0;
}

void host_kept_push(struct host_file *file) {
    if (file->kept && file->event.ready & HOST_WRITE)
        (void)on_room(&file->event); /* it is held by whoever calls, so it does not linger */
}

void host_kept_disown(struct host_file *file, const struct host_output *writer) {
    if (file->kept && file->kept->writer == writer)
        file->kept->writer = NULL;
}

void host_kept_finish(struct host_file *file) {
    file->kept->finish = true;
}
