/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What is told of grant checks: denials, and what only a row that tells let pass.
 *
 * A guest can try the same forbidden thing a million times a second, or a million different ones.  Each
 * distinct one (class, action, resource, answer) has a place in a bounded table: the first time it is told at
 * once, later times are counted and told together.  A token bucket bounds the lines of all; what has to leave
 * the table untold is counted as lost.  So no denial is missing from the sums.  The loop's thread.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "host/inside.h"

enum {
    AUDIT_LINES_RATE = 5,
    AUDIT_LINES_BURST = 50,
    AUDIT_PLACES = 64,
    AUDIT_AGAIN_MS = 10000, /* the same is told again */
    AUDIT_TEXT = 256,       /* of a resource and of what would allow it, kept for telling it again */
};

struct place {
    uint64_t hash; /* of the whole resource */
    uint64_t pending;
    uint64_t told_ms; /* 0: not yet */
    enum grant_class class;
    enum grant_action action;
    enum host_reason reason;
    uint32_t revision; /* of the grants; under others the reason may be another */
    bool used;
    char resource[AUDIT_TEXT];
    char grant[AUDIT_TEXT];
};

struct host_audits {
    struct place places[AUDIT_PLACES];
    struct host_bucket bucket;
    uint64_t lost;
    bool charged; /* to the instance */
};

/* FNV-1a; equal hashes of unequal resources only share a count. */
static uint64_t hash_of(struct text text) {
    uint64_t hash = 14695981039346656037ull ^ text.length;
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * 1099511628211ull;
    return hash;
}

static void cut(struct text from, char *to, size_t size) {
    size_t length = from.length < size - 1 ? from.length : size - 1;
    memcpy(to, from.data, length);
    to[length] = '\0';
}

/* One line. */
static void say(struct host *host, struct place *place, const char *resource, const char *grant) {
    struct host_audits *audits = host->audits;
    struct host_audit line = {.class = place->class,
                              .action = place->action,
                              .resource = resource,
                              .allowed = place->reason == HOST_ONLY_TOLD,
                              .reason = place->reason,
                              .grant = grant,
                              .count = place->pending,
                              .suppressed = audits->lost};
    audits->lost = 0;
    place->pending = 0;
    host->hooks.audit(host->hooks.user, &line);
}

/* The place of a resource, or a free one, or the one that was told longest ago. */
static struct place *find_place(struct host_audits *audits, enum grant_class class, enum grant_action action,
                                bool allowed, uint64_t hash) {
    struct place *best = &audits->places[0];
    for (size_t i = 0; i < AUDIT_PLACES; i++) {
        struct place *place = &audits->places[i];
        if (place->used && place->hash == hash && place->class == class && place->action == action &&
            (place->reason == HOST_ONLY_TOLD) == allowed)
            return place;
        if (best->used && (!place->used || place->told_ms < best->told_ms))
            best = place;
    }
    audits->lost += best->pending;
    *best = (struct place){.hash = hash, .class = class, .action = action};
    return best;
}

/* Why, and the flag that would change it. */
static enum host_reason reason_of(const struct host *host, enum grant_class class, enum grant_action action,
                                  struct text resource, struct text grantable, const struct grant *row,
                                  char *grant, size_t size) {
    bool known = row && row->effect == GRANT_DENY;
    if (!known)
        row = host->grants ? grant_denied(host->grants, class, (unsigned)action, resource) : NULL;
    if (!row && host->grants && class == GRANT_FS)
        row = grant_denied_beneath(host->grants, action, grantable);
    if (row) {
        bool policy = row->source == GRANT_BY_POLICY;
        grant_flag(row, grant, size);
        return policy ? HOST_DENIED_BY_POLICY : HOST_DENIED_BY_ROW;
    }
    grant_needed(host->grants, class, action, grantable, grant, size);
    return HOST_NO_GRANT;
}

/* Charged, if there is room: nobody shall silence his own audit by using his budget up. */
static struct host_audits *audits_new(struct host *host) {
    struct host_audits *audits = mem_new(struct host_audits);
    if (audits)
        audits->charged = host_take(host, sizeof(*audits));
    return audits;
}

void host_audits_free(struct host *host) {
    if (host->audits && host->audits->charged)
        host_give(host, sizeof(*host->audits));
    mem_free(host->audits);
    host->audits = NULL;
}

/* @param row  that denies, where it is known */
static void tell(struct host *host, enum grant_class class, enum grant_action action, bool allowed,
                 struct text resource, struct text grantable, const struct grant *row) {
    if (!host->hooks.audit)
        return;
    if (!host->audits && !(host->audits = audits_new(host)))
        return;
    struct host_audits *audits = host->audits;
    uint64_t now = clock_monotonic_ms();
    struct place *place = find_place(audits, class, action, allowed, hash_of(resource));
    place->pending++;
    uint32_t revision = host->grants ? host->grants->revision : 0;
    /* An answer to a lookup may make an address one that is denied by its name, under the same grants. */
    bool other = row && row->effect == GRANT_DENY && place->reason == HOST_NO_GRANT;
    bool is_new = !place->used || place->revision != revision || other;
    bool due = is_new || !place->told_ms || now - place->told_ms >= AUDIT_AGAIN_MS;
    char named[LIMIT_PATH_BYTES], grant[LIMIT_PATH_BYTES + 64];
    if (is_new) {
        place->used = true;
        place->revision = revision;
        cut(resource, named, sizeof(named));
        cut(resource, place->resource, sizeof(place->resource));
        if (allowed)
            grant_needed(host->grants, class, action, grantable, grant, sizeof(grant));
        place->reason = allowed
                            ? HOST_ONLY_TOLD
                            : reason_of(host, class, action, resource, grantable, row, grant, sizeof(grant));
        text_copy(place->grant, sizeof(place->grant), grant);
    }
    if (!due || !host_bucket_take(&audits->bucket, AUDIT_LINES_RATE, AUDIT_LINES_BURST, clock_monotonic_ns()))
        return;
    place->told_ms = now ? now : 1;
    say(host, place, is_new ? named : place->resource, is_new ? grant : place->grant);
}

void host_audit_flush(struct host *host) {
    for (size_t i = 0; host->audits && i < AUDIT_PLACES; i++) {
        struct place *place = &host->audits->places[i];
        if (place->pending)
            say(host, place, place->resource, place->grant);
    }
}

/* --- the door --- */

int host_deny_by(struct host *host, enum grant_class class, enum grant_action action, struct text resource,
                 struct text grantable, const struct grant *row) {
    host->denied++;
    tell(host, class, action, false, resource, grantable, row);
    return HOST_E_NOTCAPABLE;
}

int host_deny(struct host *host, enum grant_class class, enum grant_action action, struct text resource,
              struct text grantable) {
    return host_deny_by(host, class, action, resource, grantable, NULL);
}

void host_told(struct host *host, enum grant_class class, enum grant_action action, struct text resource,
               struct text grantable) {
    host->passed++;
    tell(host, class, action, true, resource, grantable, NULL);
}

int host_check(struct host *host, enum grant_class class, enum grant_action action, struct text resource) {
    const struct grant *row = NULL;
    if (!host->grants || !grant_check(host->grants, class, action, resource, &row))
        return host_deny_by(host, class, action, resource, resource, row);
    if (row->effect == GRANT_AUDIT)
        host_told(host, class, action, resource, resource);
    return 0;
}
