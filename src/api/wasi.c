/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What an instance is given of the system: grants as the embedder wrote them become the rows that room host
 * checks and the lists that room wasi gives a guest at its start; what both have to say goes to the
 * embedder's callbacks.
 *
 * Names are resolved by the embedder's function, on the pool.  A lookup on its way holds what it needs, so
 * that an instance may end before it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/sys.h"
#include "catalog/grant.h"
#include "host/lookup.h"

struct api_given {
    unsigned references;        /* its instance, and each lookup on its way */
    arcella_instance *instance; /* borrowed; NULL: it has ended */
    struct arcella_wasi as;     /* of this the callbacks; its texts are gone */
    struct grant_set grants;
};

static void given_unref(struct api_given *given) {
    if (--given->references)
        return;
    grant_set_done(&given->grants);
    mem_free(given);
}

/* --- reading grants --- */

static int add_allow(struct grant_set *set, const char *word, enum grant_source source,
                     arcella_error **reterr) {
    return grant_add_rule(set, word, GRANT_ALLOW, source, reterr);
}

static int add_deny(struct grant_set *set, const char *word, enum grant_source source,
                    arcella_error **reterr) {
    return grant_add_rule(set, word, GRANT_DENY, source, reterr);
}

static const struct {
    const char *flag;
    int (*add)(struct grant_set *set, const char *word, enum grant_source source, arcella_error **reterr);
} flags[] = {
    {"--dir ", grant_add_dir},       {"--env ", grant_add_env}, {"--arg ", grant_add_arg},
    {"--net ", grant_add_net},       {"--allow ", add_allow},   {"--deny ", add_deny},
    {"--listen ", grant_add_listen},
};

static int read_grant(struct grant_set *set, const char *grant, arcella_error **reterr) {
    for (size_t i = 0; grant && i < ARRAY_LENGTH(flags); i++)
        if (text_starts(grant, flags[i].flag))
            return flags[i].add(set, grant + strlen(flags[i].flag), GRANT_BY_OPTION, reterr);
    return error_set(reterr, ARCELLA_E_INVALID,
                     "'%.200s': a grant is one of --dir, --env, --arg, --net, --listen, --allow, --deny, a "
                     "space and its word",
                     grant ? grant : "NULL");
}

/* Rows of what there is in the programs only would be believed and do nothing. */
static int check_rows(const struct grant_set *set, arcella_error **reterr) {
    for (size_t i = 0; i < set->count; i++) {
        const struct grant *row = &set->rows[i];
        const char *what = row->class == GRANT_STORE                                  ? "stores"
                           : row->class == GRANT_HOST                                 ? "host modules"
                           : row->class == GRANT_STDIO                                ? "descriptors by name"
                           : row->effect != GRANT_DENY && row->actions & GRANT_SECRET ? "secrets"
                                                                                      : NULL;
        if (!what)
            continue;
        error_set(reterr, ARCELLA_E_UNSUPPORTED, "'%s': the library has no %s to grant", row->pattern, what);
        return error_hint(reterr, ARCELLA_E_UNSUPPORTED,
                          "functions of your own need no grant, a secret is an --env whose value you read, "
                          "and descriptors are given in arcella_wasi.stdio");
    }
    return 0;
}

static int read_grants(struct api_given *given, arcella_error **reterr) {
    const struct arcella_wasi *as = &given->as;
    if (as->grants_count && !as->grants)
        return error_set(reterr, ARCELLA_E_INVALID, "wasi.grants is NULL and there are to be %zu",
                         as->grants_count);
    int r = 0;
    for (size_t i = 0; !r && i < as->grants_count; i++)
        r = read_grant(&given->grants, as->grants[i], reterr);
    if (r == ARCELLA_E_LIMIT)
        error_hint(reterr, r, "one grant may stand for many: a directory, a range, a name with *");
    return r ? r : check_rows(&given->grants, reterr);
}

/* --- what it is given at its start --- */

/* What wasi_options borrows. */
struct lists {
    const char **args, **env;
    struct wasi_dir *dirs;
    char **paths; /* owned, as the descriptors in dirs */
    size_t args_count, env_count, dirs_count;
};

static void lists_done(struct lists *lists) {
    for (size_t i = 0; i < lists->dirs_count; i++) {
        fd_close(lists->dirs[i].fd);
        mem_free(lists->paths[i]);
    }
    mem_free(lists->args);
    mem_free(lists->env);
    mem_free(lists->dirs);
    mem_free(lists->paths);
}

static bool lists_make(struct lists *lists, size_t count) {
    lists->args = mem_array(count + 1, sizeof(*lists->args));
    lists->env = mem_array(count + 1, sizeof(*lists->env));
    lists->dirs = mem_array(count + 1, sizeof(*lists->dirs));
    lists->paths = mem_array(count + 1, sizeof(*lists->paths));
    return lists->args && lists->env && lists->dirs && lists->paths;
}

/* A link or a rename would lead into a part that is denied, so a directory is given whole or not at all. */
static int open_dir(struct lists *lists, const struct grant_set *grants, const struct grant *row,
                    arcella_error **reterr) {
    MEM_AUTO char *host_path = mem_text_n(row->value.data, row->value.length);
    MEM_AUTO char *guest_path = mem_text_n(row->key.data, row->key.length);
    if (!host_path || !guest_path)
        return error_nomem(reterr);
    if (!grant_check(grants, GRANT_FS, GRANT_READ, row->key, NULL) ||
        grant_denied_beneath(grants, GRANT_READ, row->key))
        return error_set(reterr, ARCELLA_E_DENIED,
                         "directory '%s' cannot be given: it, or a part of it, is denied", guest_path);
    int fd = sys_openat(AT_FDCWD, host_path, O_PATH | O_DIRECTORY, 0);
    if (fd < 0) {
        int r = error_set_errno(reterr, errno, "granted directory '%s'", host_path);
        return error_hint(reterr, r, "HOST in --dir HOST::GUEST is a directory that this program may open");
    }
    lists->paths[lists->dirs_count] = TAKE(guest_path);
    lists->dirs[lists->dirs_count] = (struct wasi_dir){
        .fd = fd,
        .guest_path = lists->paths[lists->dirs_count],
        .writable = row->actions & GRANT_WRITE,
    };
    lists->dirs_count++;
    return 0;
}

static int add_row(struct lists *lists, const struct grant_set *grants, const struct grant *row,
                   arcella_error **reterr) {
    if (row->effect == GRANT_DENY)
        return 0;
    switch (row->class) {
    case GRANT_FS: return open_dir(lists, grants, row, reterr);
    case GRANT_ENV:
        if (grant_check(grants, GRANT_ENV, GRANT_READ, row->key, NULL))
            lists->env[lists->env_count++] = row->pattern;
        return 0;
    case GRANT_ARGS:
        if (grant_check(grants, GRANT_ARGS, GRANT_READ, row->value, NULL))
            lists->args[lists->args_count++] = row->pattern;
        return 0;
    default: return 0;
    }
}

static int take_stdio(const struct arcella_wasi *as, int stdio[3], arcella_error **reterr) {
    for (int i = 0; i < 3; i++) {
        if (as->stdio[i] < 0)
            continue;
        stdio[i] = fcntl(as->stdio[i], F_DUPFD_CLOEXEC, 0);
        if (stdio[i] >= 0)
            continue;
        int r = errno == EBADF ? error_set(reterr, ARCELLA_E_INVALID, "wasi.stdio[%d] is no descriptor: %d",
                                           i, as->stdio[i])
                               : error_set_errno(reterr, errno, "wasi.stdio[%d]", i);
        while (i-- > 0)
            stdio[i] = fd_close(stdio[i]);
        return r;
    }
    return 0;
}

/* --- what it has to say --- */

static void on_output(void *user, unsigned stream, const char *bytes, size_t length, bool cut,
                      uint64_t dropped) {
    const struct api_given *given = user;
    char lost[80];
    (void)cut;
    if (!given->instance)
        return;
    if (dropped) {
        int told = snprintf(lost, sizeof(lost), "%" PRIu64 " lines that came too fast were dropped", dropped);
        given->as.on_output(given->instance, 0, lost, (size_t)told, given->as.user);
    }
    if (bytes)
        given->as.on_output(given->instance, (int)stream, bytes, length, given->as.user);
}

static void on_notice(void *user, const char *sentence) {
    const struct api_given *given = user;
    if (given->instance)
        given->as.on_output(given->instance, 0, sentence, strlen(sentence), given->as.user);
}

/* A flag without what a shell would take off: 'it'\''s' is "it's". */
static void unquote(const char *from, char *to, size_t size) {
    const char *word = strchr(from, ' ');
    bool quoted = word && word[1] == '\'';
    size_t at = 0;
    while (*from && at + 1 < size) {
        if (quoted && strncmp(from, "'\\''", 4) == 0 && from > word + 1) {
            to[at++] = '\'';
            from += 4;
        } else if (quoted && *from == '\'') {
            from++;
        } else {
            to[at++] = *from++;
        }
    }
    to[at] = '\0';
}

static void on_audit(void *user, const struct host_audit *line) {
    const struct api_given *given = user;
    char grant[LIMIT_PATH_BYTES + 64];
    if (!given->instance)
        return;
    unquote(line->grant, grant, sizeof(grant));
    struct arcella_refusal refusal = {
        .size = sizeof(refusal),
        .instance = given->instance,
        .class_name = grant_class_name(line->class),
        .action = grant_action_name(line->action),
        .resource = line->resource,
        .grant = grant,
        .denied = line->reason != HOST_NO_GRANT,
        .count = line->count,
    };
    given->as.on_refusal(&refusal, given->as.user);
}

/* --- names --- */

struct lookup {
    struct api_given *given; /* counted */
    uint64_t number;
    char name[LIMIT_HOSTNAME_BYTES + 1];
    struct arcella_address addresses[HOST_LOOKUP_ADDRESSES];
    size_t count;
    int result;
};

static int lookup_error(int result) {
    switch (result) {
    case 0: return 0;
    case ARCELLA_E_NOT_FOUND: return HOST_LOOKUP_NO_NAME;
    case ARCELLA_E_TIMEOUT: return HOST_E_TIMEDOUT;
    case ARCELLA_E_BUSY: return HOST_LOOKUP_TEMPORARY;
    case ARCELLA_E_DENIED: return HOST_E_NOTCAPABLE;
    default: return HOST_LOOKUP_PERMANENT;
    }
}

/* On a thread of the pool. */
static void resolve(void *user) {
    struct lookup *lookup = user;
    const struct arcella_wasi *as = &lookup->given->as;
    lookup->result =
        as->resolve(lookup->name, lookup->addresses, HOST_LOOKUP_ADDRESSES, &lookup->count, as->user);
}

static void resolved(void *user) {
    struct lookup *lookup = user;
    STATIC_ASSERT(sizeof(struct arcella_address) == sizeof(struct in6_addr), "one layout");
    struct in6_addr addresses[HOST_LOOKUP_ADDRESSES];
    memcpy(addresses, lookup->addresses, sizeof(addresses));
    if (lookup->count > HOST_LOOKUP_ADDRESSES)
        lookup->count = HOST_LOOKUP_ADDRESSES;
    if (lookup->given->instance)
        host_lookup_answer(wasi_p2_host(lookup->given->instance->wasi), lookup->number,
                           lookup_error(lookup->result), addresses, lookup->count);
    given_unref(lookup->given);
    mem_free(lookup);
}

static int on_lookup(void *user, uint64_t number, struct text name) {
    struct api_given *given = user;
    struct lookup *lookup = mem_new(struct lookup);
    if (!lookup || name.length >= sizeof(lookup->name)) {
        mem_free(lookup);
        return HOST_LOOKUP_TEMPORARY;
    }
    lookup->given = given;
    lookup->number = number;
    memcpy(lookup->name, name.data, name.length);
    if (loop_work(given->instance->runtime->loop, resolve, resolved, lookup, NULL)) {
        mem_free(lookup);
        return HOST_LOOKUP_TEMPORARY;
    }
    given->references++;
    return 0;
}

/* --- the door --- */

static int offer(arcella_runtime *runtime, arcella_error **reterr) {
    int r = runtime->has_wasi ? 0 : wasi_p2_offer(runtime->bindings, reterr);
    runtime->has_wasi = !r;
    return r;
}

int api_given_read(arcella_instance *instance, const struct arcella_wasi *wasi, arcella_error **reterr) {
    if (!wasi)
        return 0;
    struct api_given *given = instance->given = mem_new(struct api_given);
    if (!given)
        return error_nomem(reterr);
    given->references = 1;
    given->as = (struct arcella_wasi)ARCELLA_WASI_INIT;
    int r = api_sized("wasi", wasi, &given->as, sizeof(given->as), sizeof(given->as), reterr);
    r = r ? r : read_grants(given, reterr);
    given->as.grants = NULL;
    given->as.grants_count = 0;
    return r;
}

int api_wasi_new(arcella_instance *instance, arcella_error **reterr) {
    CLEANUP(lists_done) struct lists lists = {0};
    struct api_given *given = instance->given;
    struct wasi_options options = WASI_OPTIONS_INIT;
    int r = offer(instance->runtime, reterr);
    if (r)
        return r;
    instance->host_memory.limit_bytes = LIMIT_HOST_BYTES;
    options.host = (struct host_config){.loop = instance->runtime->loop, .budget = &instance->host_memory};
    if (!given)
        return wasi_p2_new(&options, &instance->wasi, reterr);
    if (!lists_make(&lists, given->grants.count + 1))
        return error_nomem(reterr);
    lists.args[lists.args_count++] = instance->of->name;
    for (size_t i = 0; !r && i < given->grants.count; i++)
        r = add_row(&lists, &given->grants, &given->grants.rows[i], reterr);
    r = r ? r : take_stdio(&given->as, options.stdio, reterr);
    if (r)
        return r;
    options.host.grants = &given->grants;
    options.host.hooks = (struct host_hooks){
        .output = given->as.on_output ? on_output : NULL,
        .notice = given->as.on_output ? on_notice : NULL,
        .audit = given->as.on_refusal ? on_audit : NULL,
        .lookup = given->as.resolve ? on_lookup : NULL,
        .user = given,
    };
    options.args = lists.args, options.args_count = lists.args_count;
    options.env = lists.env, options.env_count = lists.env_count;
    options.dirs = lists.dirs, options.dirs_count = lists.dirs_count;
    given->instance = instance;
    instance->runtime->granted = true;
    return wasi_p2_new(&options, &instance->wasi, reterr);
}

void api_wasi_end(arcella_instance *instance) {
    struct api_given *given = instance->given;
    if (given && instance->wasi) {
        instance->depth++; /* a callback that frees it, against the rule, does no harm */
        instance->runtime->depth++;
        wasi_p2_flush(instance->wasi);
        host_audit_flush(wasi_p2_host(instance->wasi));
        instance->runtime->depth--;
        instance->depth--;
    }
    if (given)
        given->instance = NULL;
    struct api_signals signals; /* what streams still hold is written now */
    api_signals_hold(&signals, instance->runtime);
    instance->wasi = wasi_p2_free(instance->wasi);
    api_signals_release(&signals);
    if (given)
        given_unref(given);
    instance->given = NULL;
}
