/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The start frame: what an instance is given, from its deployment's grants; and the frame that changes them.
 */
#include <fcntl.h>

#include "base/fd.h"
#include "base/sys.h"
#include "daemon/grants.h"
#include "daemon/launch.h"
#include "daemon/parts.h"

/* The lists a start frame borrows. */
struct frame_lists {
    struct text *args;
    uint32_t args_count;
    struct text *env;
    uint32_t env_count;
    struct ipc_preopen *dirs;
    uint32_t dirs_count;
    struct ipc_grant *grants;
    uint32_t grants_count;
    struct grant_words *words; /* what grants borrows */
    char **names;              /* owned; "NAME=" of variables */
    char **secrets;            /* owned; "NAME=VALUE", wiped at the end */
    size_t count;
};

static void lists_done(struct frame_lists *lists) {
    for (size_t i = 0; i < lists->count; i++) {
        if (lists->names)
            mem_free(lists->names[i]);
        if (lists->secrets && lists->secrets[i])
            explicit_bzero(lists->secrets[i], strlen(lists->secrets[i]));
        if (lists->secrets)
            mem_free(lists->secrets[i]);
    }
    mem_free(lists->args);
    mem_free(lists->env);
    mem_free(lists->dirs);
    mem_free(lists->grants);
    mem_free(lists->words);
    mem_free(lists->names);
    mem_free(lists->secrets);
}

static bool lists_make(struct frame_lists *lists, size_t count) {
    lists->count = count;
    lists->args = mem_array(count + 1, sizeof(*lists->args));
    lists->env = mem_array(count + 1, sizeof(*lists->env));
    lists->dirs = mem_array(count + 1, sizeof(*lists->dirs));
    lists->grants = mem_array(count + 1, sizeof(*lists->grants));
    lists->words = mem_array(count + 1, sizeof(*lists->words));
    lists->names = mem_array(count + 1, sizeof(*lists->names));
    lists->secrets = mem_array(count + 1, sizeof(*lists->secrets));
    return lists->args && lists->env && lists->dirs && lists->grants && lists->words && lists->names &&
           lists->secrets;
}

/* "NAME=VALUE"; by hand, as what formats grows by copies that it leaves behind. */
static char *join(struct text name, struct text value) {
    char *joined = mem_alloc(name.length + value.length + 2);
    if (!joined)
        return NULL;
    memcpy(joined, name.data, name.length);
    joined[name.length] = '=';
    memcpy(joined + name.length + 1, value.data, value.length);
    joined[name.length + 1 + value.length] = '\0';
    return joined;
}

/* "NAME=VALUE" with what is in the file; one newline at its end is the editor's. */
static int read_secret(const struct grant *row, char **ret, arcella_error **reterr) {
    MEM_AUTO char *path = mem_text_n(row->value.data, row->value.length);
    if (!path)
        return error_nomem(reterr);
    FD_AUTO fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);
    struct stat st;
    if (fd < 0 || sys_fstat(fd, &st) < 0)
        return error_set_errno(reterr, errno, "secret '%.*s': '%s'", (int)row->key.length, row->key.data,
                               path);
    BUFFER_AUTO value = BUFFER_INIT(LIMIT_SECRET_BYTES + 1);
    value.secret = true;
    int r = S_ISREG(st.st_mode) ? fd_read_all(fd, LIMIT_SECRET_BYTES, &value, reterr)
                                : error_set(reterr, ARCELLA_E_INVALID, "'%s' is no file", path);
    size_t length = value.length;
    if (r == 0 && length && value.data[length - 1] == '\n')
        length--;
    if (r == 0 && length && memchr(value.data, '\0', length))
        r = error_set(reterr, ARCELLA_E_INVALID, "'%s' has a NUL, which no variable can hold", path);
    if (r == 0 && !(*ret = join(row->key, (struct text){length ? value.data : "", length})))
        r = error_nomem(reterr);
    if (r == ARCELLA_E_INVALID)
        error_hint(reterr, r, "--secret NAME=FILE takes a regular file that holds the value");
    return r < 0 ? error_wrap(reterr, r, "secret '%.*s'", (int)row->key.length, row->key.data) : 0;
}

int launch_check_secret(const struct grant *row, arcella_error **reterr) {
    char *value = NULL;
    int r = read_secret(row, &value, reterr);
    if (value)
        explicit_bzero(value, strlen(value));
    mem_free(value);
    return r;
}

/* To deny reading a variable, or its being a secret, denies the variable. */
static bool is_denied(const struct grant_set *grants, enum grant_class class, struct text resource) {
    return grant_denied(grants, class, GRANT_READ | GRANT_SECRET, resource) != NULL;
}

static int add_variable(struct frame_lists *lists, const struct grant_set *grants, size_t index,
                        arcella_error **reterr) {
    const struct grant *row = &grants->rows[index];
    if (is_denied(grants, GRANT_ENV, row->key))
        return 0;
    if (!(row->actions & GRANT_SECRET)) {
        lists->env[lists->env_count++] = text_of(row->pattern);
        return 0;
    }
    int r = read_secret(row, &lists->secrets[index], reterr);
    if (r == 0)
        lists->env[lists->env_count++] = text_of(lists->secrets[index]);
    return r;
}

/* A directory of which a part is denied cannot be given at all: a link or a rename would lead to the part. */
static bool is_given(const struct launch *launch, const struct grant *row) {
    const struct grant_set *grants = launch->grants;
    if (grant_check(grants, GRANT_FS, GRANT_READ, row->key, NULL) &&
        !grant_denied_beneath(grants, GRANT_READ, row->key))
        return true;
    BUFFER_AUTO path = BUFFER_INIT(4 * LIMIT_PATH_BYTES);
    if (text_add_logfmt(&path, row->key.data, row->key.length, 1024, NULL) < 0)
        buffer_clear(&path);
    log_event(LOG_WARN, &(struct log_about){.unit = LOG_DAEMON, .instance = launch->address},
              "a directory is not given: it, or a part of it, is denied", "guest=%s",
              path.data ? path.data : "\"\"");
    return false;
}

/* Where something tells of writes, they have to be possible. */
static bool is_told(const struct grant_set *grants) {
    for (size_t i = 0; i < grants->count; i++)
        if (grants->rows[i].class == GRANT_FS && grants->rows[i].effect == GRANT_AUDIT)
            return true;
    return false;
}

/* What the worker checks: all but arguments, which are given once; of variables their names. */
static int add_grant(struct frame_lists *lists, const struct grant *row, size_t index,
                     arcella_error **reterr) {
    if (row->class == GRANT_ARGS)
        return 0;
    struct grant_words *words = &lists->words[index];
    grant_row_words(row, words);
    bool variable = row->class == GRANT_ENV && row->effect != GRANT_DENY;
    if (variable && !(lists->names[index] = mem_format("%.*s=", (int)row->key.length, row->key.data)))
        return error_nomem(reterr);
    lists->grants[lists->grants_count++] = (struct ipc_grant){
        .class_name = text_of(words->class),
        .action = text_of(variable ? grant_action_name(GRANT_READ) : words->actions),
        .pattern = text_of(variable ? lists->names[index] : row->pattern),
        .effect = text_of(grant_effect_name(row->effect)),
        .source = text_of(grant_source_name(row->source)),
        .expires_ms = row->expires_ms,
    };
    return 0;
}

static int add_row(struct frame_lists *lists, const struct launch *launch, size_t index,
                   arcella_error **reterr) {
    const struct grant_set *grants = launch->grants;
    const struct grant *row = &grants->rows[index];
    int r = add_grant(lists, row, index, reterr);
    if (r < 0 || row->effect == GRANT_DENY)
        return r;
    switch (row->class) {
    case GRANT_ARGS:
        if (!is_denied(grants, GRANT_ARGS, row->value))
            lists->args[lists->args_count++] = row->value;
        break;
    case GRANT_ENV: return add_variable(lists, grants, index, reterr);
    case GRANT_FS:
        if (is_given(launch, row))
            lists->dirs[lists->dirs_count++] = (struct ipc_preopen){
                .host_path = row->value,
                .guest_path = row->key,
                .writable = (row->actions & GRANT_WRITE) || is_told(grants),
            };
        break;
    default: break;
    }
    return 0;
}

int launch_grants(struct worker *worker, uint64_t handle, const struct grant_set *grants,
                  arcella_error **reterr) {
    CLEANUP(lists_done) struct frame_lists lists = {0};
    if (!lists_make(&lists, grants->count))
        return error_nomem(reterr);
    for (size_t i = 0; i < grants->count; i++) {
        int r = add_grant(&lists, &grants->rows[i], i, reterr);
        if (r < 0)
            return r;
    }
    struct ipc_grants message = {
        .instance = handle, .grants = lists.grants, .grants_count = lists.grants_count};
    return worker_send(worker, IPC_GRANTS, &message, NULL, reterr);
}

int launch_start(struct worker *worker, const struct launch *launch, arcella_error **reterr) {
    CLEANUP(lists_done) struct frame_lists lists = {0};
    if (!lists_make(&lists, launch->grants->count))
        return error_nomem(reterr);
    lists.args[lists.args_count++] = text_of(launch->program);
    for (size_t i = 0; i < launch->grants->count; i++) {
        int r = add_row(&lists, launch, i, reterr);
        if (r < 0)
            return r;
    }
    const struct policy *policy = launch->policy;
    uint64_t wall_ms = policy_wall_ms(policy, launch->is_program);
    uint64_t startup_ms = policy_number(policy, POLICY_START_UP_KEY);
    struct ipc_start start = {
        .instance = launch->handle,
        .address = text_of(launch->address),
        .component = text_of(launch->component),
        .digest = text_of(launch->digest),
        .code = text_of(launch->code),
        .is_component = launch->component_fd >= 0,
        .modules = launch->modules,
        .modules_count = launch->modules_count,
        .waits = launch->waits,
        .args = lists.args,
        .args_count = lists.args_count,
        .env = lists.env,
        .env_count = lists.env_count,
        .dirs = lists.dirs,
        .dirs_count = lists.dirs_count,
        .stdio = launch->stdio ? IPC_STDIO_FDS : IPC_STDIO_LOG,
        .listen_count = launch->sockets_count,
        .memory_bytes = policy_number(policy, POLICY_MEMORY_KEY),
        .table_elements = policy_number(policy, POLICY_TABLE_KEY),
        .fuel = policy_number(policy, POLICY_FUEL_KEY),
        /* What bounds the whole program bounds its beginning. */
        .startup_ms = wall_ms && wall_ms < startup_ms ? wall_ms : startup_ms,
        .wall_ms = wall_ms,
        .cpu_ms = policy_cpu_ms(policy, launch->is_program),
        .entrypoint =
            text_of(launch->entrypoint ? launch->entrypoint : policy_text(policy, POLICY_ENTRYPOINT_KEY)),
        .shutdown = text_of(policy_text(policy, POLICY_SHUTDOWN_KEY)),
        .grants = lists.grants,
        .grants_count = lists.grants_count,
    };
    int fds[LIMIT_FRAME_FDS];
    struct channel_extra extra = {.fds = fds, .secret = true};
    for (unsigned i = 0; launch->stdio && i < 3; i++)
        fds[extra.fd_count++] = launch->stdio[i];
    unsigned room = LIMIT_FRAME_FDS - extra.fd_count - (launch->component_fd >= 0);
    if (launch->sockets_count > room)
        return error_set(reterr, ARCELLA_E_LIMIT, "more than %u listening sockets", room);
    for (size_t i = 0; i < launch->sockets_count; i++)
        fds[extra.fd_count++] = launch->sockets[i];
    if (launch->component_fd >= 0)
        fds[extra.fd_count++] = launch->component_fd;
    return worker_send(worker, IPC_START, &start, &extra, reterr);
}

/* A component's bytes, verified now. */
static int open_component(struct deployment *deployment, int *ret_fd, arcella_error **reterr) {
    struct catalog *catalog = deployment->daemon->catalog;
    CLEANUP(component_record_free_ptr) struct component_record *component = NULL;
    int r = state_component_get(catalog->state, deployment->record->component.text, &component, reterr);
    return r < 0 ? r : catalog_open_binary(catalog, component, ret_fd, reterr);
}

static int name_modules(const struct parts *parts, struct text **ret, arcella_error **reterr) {
    *ret = mem_array(parts->count + 1, sizeof(**ret));
    if (!*ret)
        return error_nomem(reterr);
    for (size_t i = 0; i < parts->count; i++)
        (*ret)[i] = text_of(parts->list[i].name);
    return 0;
}

int launch_instance(struct instance *instance, arcella_error **reterr) {
    struct deployment *deployment = instance->deployment;
    const struct deployment_record *record = deployment->record;
    CLEANUP(grant_set_done) struct grant_set grants = {0};
    int r = grants_effective(deployment->daemon, record, &grants, reterr);
    if (r == 0)
        r = launch_check_dirs(deployment->daemon, record, reterr);
    if (r == 0)
        r = launch_fits(instance->group, record, reterr);
    if (r == 0)
        r = launch_sockets(deployment, reterr);
    const struct parts *parts = deployment->parts;
    struct worker *worker = instance->group->worker;
    FD_AUTO component = -1;
    MEM_AUTO struct text *modules = NULL;
    if (r == 0 && parts) {
        r = parts_link(deployment->daemon, parts, deployment->code_fuel, worker, reterr);
        if (r == 0)
            r = open_component(deployment, &component, reterr);
        if (r == 0)
            r = name_modules(parts, &modules, reterr);
    } else if (r == 0)
        r = code_link(deployment->daemon, &deployment->digest, deployment->code_fuel, worker, reterr);
    if (r < 0)
        return r;
    char digest[DIGEST_TEXT];
    digest_text(&deployment->digest, digest);
    struct launch launch = {
        .handle = instance->handle,
        .address = instance->address,
        .component = record->component.text,
        .digest = digest,
        .code = parts ? "" : deployment->code_name,
        .component_fd = component,
        .modules = modules,
        .modules_count = parts ? (uint32_t)parts->count : 0,
        .program = record->component.name,
        .policy = &record->policy,
        .grants = &grants,
        .is_program = deployment->kind == START_PROGRAM,
        .sockets = deployment->sockets,
        .sockets_count = (unsigned)deployment->sockets_count,
    };
    return launch_start(instance->group->worker, &launch, reterr);
}
