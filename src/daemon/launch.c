/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* From a deployment's record to a worker's setup and its sockets; the start frame is in launch_frame.c. */
#include "daemon/launch.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/sys.h"
#include "daemon/grants.h"
#include "daemon/ports.h"

struct group *launch_group(struct deployment *deployment) {
    return model_group(deployment->daemon, policy_text(&deployment->record->policy, POLICY_GROUP_KEY));
}

/* --- what a worker holds --- */

/* Is path the directory above, or beneath it? */
static bool is_beneath(const char *above, const char *path) {
    size_t length = strlen(above);
    if (length == 1)
        return true;
    return strncmp(above, path, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static bool holds_dir(const struct group *group, const char *path, bool writable) {
    for (size_t i = 0; i < group->dirs_count; i++)
        if ((group->dirs[i].writable || !writable) && is_beneath(group->dirs[i].path, path))
            return true;
    return false;
}

static bool is_dir_row(const struct grant *row) {
    return row->class == GRANT_FS && row->effect != GRANT_DENY;
}

/* The host path of a directory row, in fresh memory. */
static char *host_path(const struct grant *row) {
    return mem_text_n(row->value.data, row->value.length);
}

bool launch_needs_net(const struct daemon *daemon, const struct deployment_record *record,
                      const struct grant_set *grants) {
    if (!ports_wanted(grants, true))
        return false;
    CLEANUP(component_record_free_ptr) struct component_record *component = NULL;
    int r = state_component_get(daemon->catalog->state, record->component.text, &component, NULL);
    return ports_wanted(grants, r < 0 || component->kind == KIND_COMPONENT);
}

static int refuse_group(const struct deployment_record *record, int r, arcella_error **reterr) {
    return error_hint(reterr, r, "start '%s' with `--group` and a name of its own", record->id);
}

/* What only counts for what it may reach. */
static int fits_grants(const struct group *group, const struct deployment_record *record,
                       const struct grant_set *grants, arcella_error **reterr) {
    bool net = launch_needs_net(group->daemon, record, grants);
    if (net && !group->net) {
        int r = error_set(reterr, ARCELLA_E_GROUP, "the running worker of group '%s' has no network",
                          group->name);
        return refuse_group(record, r, reterr);
    }
    if (net && !ports_hold(group->ports, grants)) {
        int r = error_set(reterr, ARCELLA_E_GROUP,
                          "the running worker of group '%s' does not hold all its TCP ports", group->name);
        return refuse_group(record, r, reterr);
    }
    for (size_t i = 0; i < grants->count; i++) {
        const struct grant *row = &grants->rows[i];
        if (!is_dir_row(row))
            continue;
        MEM_AUTO char *path = host_path(row);
        if (!path)
            return error_nomem(reterr);
        bool writable = row->actions & GRANT_WRITE;
        if (!holds_dir(group, path, writable)) {
            int r =
                error_set(reterr, ARCELLA_E_GROUP, "the running worker of group '%s' does not hold '%s'%s",
                          group->name, path, writable ? " for writing" : "");
            return refuse_group(record, r, reterr);
        }
    }
    return 0;
}

int launch_fits(const struct group *group, const struct deployment_record *record, arcella_error **reterr) {
    uint64_t stack = policy_number(&record->policy, POLICY_STACK_KEY);
    if (stack > group->stack_bytes) {
        char wanted[32];
        text_format_size(stack, wanted, sizeof(wanted));
        return error_set(reterr, ARCELLA_E_GROUP,
                         "the running worker of group '%s' has a smaller stack class than %s", group->name,
                         wanted);
    }
    if (policy_number(&record->policy, POLICY_FUEL_KEY) && !group->fuel)
        return error_set(reterr, ARCELLA_E_GROUP, "the running worker of group '%s' does not meter fuel",
                         group->name);
    CLEANUP(grant_set_done) struct grant_set grants = {0};
    int r = grants_effective(group->daemon, record, &grants, reterr);
    return r < 0 ? r : fits_grants(group, record, &grants, reterr);
}

bool launch_fuel(struct daemon *daemon, const char *name) {
    struct group *group = NULL;
    HASH_FIND(hh, daemon->model.groups, name, strlen(name), group);
    if (group && group->worker)
        return group->fuel;
    struct deployment *deployment, *next;
    HASH_ITER(hh, daemon->model.deployments, deployment, next)
    if (strcmp(policy_text(&deployment->record->policy, POLICY_GROUP_KEY), name) == 0 &&
        policy_number(&deployment->record->policy, POLICY_FUEL_KEY))
        return true;
    return false;
}

/* Does the path still lead to itself?  A link in it could have been put there by whoever may write above. */
static bool leads_elsewhere(const char *path) {
    char real[PATH_MAX];
    return realpath(path, real) && strcmp(real, path) != 0;
}

int launch_check_dir(const struct grant *row, arcella_error **reterr) {
    MEM_AUTO char *path = host_path(row);
    struct stat st;
    if (!path)
        return error_nomem(reterr);
    if (stat(path, &st) < 0)
        return error_set_errno(reterr, errno, "granted directory '%s'", path);
    if (!S_ISDIR(st.st_mode))
        return error_set(reterr, ARCELLA_E_INVALID, "granted directory '%s' is no directory", path);
    if (leads_elsewhere(path))
        return error_set(reterr, ARCELLA_E_DENIED,
                         "granted directory '%s' leads elsewhere now: a link is in its path", path);
    return 0;
}

int launch_check_dirs(const struct daemon *daemon, const struct deployment_record *record,
                      arcella_error **reterr) {
    CLEANUP(grant_set_done) struct grant_set grants = {0};
    int r = grants_effective(daemon, record, &grants, reterr);
    for (size_t i = 0; r == 0 && i < grants.count; i++)
        if (is_dir_row(&grants.rows[i]))
            r = launch_check_dir(&grants.rows[i], reterr);
    return r;
}

/* --- listening sockets --- */

/* "ADDRESS:PORT" as the grant's pattern has it, normalised by room catalog. */
static int parse_address(const char *pattern, struct sockaddr_storage *to, socklen_t *ret_length,
                         arcella_error **reterr) {
    char host[64];
    const char *colon = strrchr(pattern, ':');
    uint64_t port;
    if (!colon || (size_t)(colon - pattern) >= sizeof(host) ||
        text_parse_u64(colon + 1, 65535, &port, NULL) < 0)
        return error_set(reterr, ARCELLA_E_INVALID, "'%s' is no address to listen on", pattern);
    size_t length = (size_t)(colon - pattern);
    bool v6 = pattern[0] == '[';
    memcpy(host, pattern + v6, length - 2 * v6);
    host[length - 2 * v6] = '\0';
    memset(to, 0, sizeof(*to));
    if (v6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)to;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((uint16_t)port);
        *ret_length = sizeof(*in6);
        if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1)
            return 0;
    } else {
        struct sockaddr_in *in = (struct sockaddr_in *)(void *)to;
        in->sin_family = AF_INET;
        in->sin_port = htons((uint16_t)port);
        *ret_length = sizeof(*in);
        if (inet_pton(AF_INET, host, &in->sin_addr) == 1)
            return 0;
    }
    return error_set(reterr, ARCELLA_E_INVALID, "'%s' is no address to listen on", pattern);
}

int launch_listen(const char *pattern, int *ret_fd, arcella_error **reterr) {
    struct sockaddr_storage address;
    socklen_t length = 0;
    int r = parse_address(pattern, &address, &length, reterr);
    if (r < 0)
        return r;
    FD_AUTO fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_set_errno(reterr, errno, "socket for '%s'", pattern);
    int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (address.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
    if (bind(fd, (const struct sockaddr *)&address, length) < 0 || listen(fd, SOMAXCONN) < 0) {
        if (errno == EADDRINUSE) {
            error_set(reterr, ARCELLA_E_EXISTS, "cannot listen on %s: somebody else does", pattern);
            return error_hint(reterr, ARCELLA_E_EXISTS, "end what listens there or choose another port");
        }
        return error_set_errno(reterr, errno, "cannot listen on %s", pattern);
    }
    *ret_fd = TAKE_FD(fd);
    return 0;
}

static bool is_listen_row(const struct grant *row) {
    return row->class == GRANT_NET && row->effect == GRANT_ALLOW && (row->actions & GRANT_LISTEN);
}

int launch_listen_row(const struct grant_set *grants, size_t index, int *ret_fd, arcella_error **reterr) {
    const struct grant *row = &grants->rows[index], *denies = NULL;
    struct net_address address;
    *ret_fd = -1;
    if (!is_listen_row(row))
        return 0;
    if (!net_address_read(text_of(row->pattern), &address)) {
        error_set(reterr, ARCELLA_E_INVALID,
                  "'%s' is not one address and port: a core module gets its listening sockets when it starts",
                  row->pattern);
        return error_hint(reterr, ARCELLA_E_INVALID, "name one, such as --listen 127.0.0.1:8080");
    }
    if (!grant_check_address(grants, GRANT_LISTEN, &address, (struct text){0}, &denies) && denies)
        return error_set(reterr, ARCELLA_E_DENIED, "to listen at %s is denied by '%s' (%s)", row->pattern,
                         denies->pattern, grant_source_name(denies->source));
    return launch_listen(row->pattern, ret_fd, reterr);
}

int launch_sockets(struct deployment *deployment, arcella_error **reterr) {
    /* A component makes its own, as far as its grants go. */
    if (deployment->sockets || deployment->is_component || deployment->parts)
        return 0;
    CLEANUP(grant_set_done) struct grant_set grants = {0};
    int r = grants_effective(deployment->daemon, deployment->record, &grants, reterr);
    if (r < 0)
        return r;
    deployment->sockets = mem_array(grants.count + 1, sizeof(*deployment->sockets));
    if (!deployment->sockets)
        return error_nomem(reterr);
    for (size_t i = 0; i < grants.count; i++) {
        int fd = -1;
        r = is_listen_row(&grants.rows[i]) && deployment->sockets_count >= LIMIT_FRAME_FDS
                ? error_set(reterr, ARCELLA_E_LIMIT, "more than %d listening sockets", LIMIT_FRAME_FDS)
                : launch_listen_row(&grants, i, &fd, reterr);
        if (r < 0) {
            launch_close_sockets(deployment);
            return r;
        }
        if (fd >= 0)
            deployment->sockets[deployment->sockets_count++] = fd;
    }
    return 0;
}

void launch_close_sockets(struct deployment *deployment) {
    for (size_t i = 0; i < deployment->sockets_count; i++)
        fd_close(deployment->sockets[i]);
    mem_free(deployment->sockets);
    deployment->sockets = NULL;
    deployment->sockets_count = 0;
}

/* --- workers --- */

static void forget_dirs(struct group *group) {
    for (size_t i = 0; i < group->dirs_count; i++)
        mem_free(group->dirs[i].path);
    mem_free(group->dirs);
    group->dirs = NULL;
    group->dirs_count = 0;
}

static int hold_dir(struct group *group, const char *path, bool writable, arcella_error **reterr) {
    for (size_t i = 0; i < group->dirs_count; i++)
        if (strcmp(group->dirs[i].path, path) == 0) {
            group->dirs[i].writable |= writable;
            return 0;
        }
    struct held_dir *more = mem_resize(group->dirs, (group->dirs_count + 1) * sizeof(*more));
    if (!more)
        return error_nomem(reterr);
    group->dirs = more;
    char *copy = mem_text(path);
    if (!copy)
        return error_nomem(reterr);
    group->dirs[group->dirs_count++] = (struct held_dir){copy, writable};
    return 0;
}

static int hold_dirs(struct group *group, const struct grant_set *grants, arcella_error **reterr) {
    for (size_t i = 0; i < grants->count; i++) {
        const struct grant *row = &grants->rows[i];
        if (!is_dir_row(row))
            continue;
        MEM_AUTO char *path = host_path(row);
        struct stat st;
        if (path && (stat(path, &st) < 0 || !S_ISDIR(st.st_mode) || leads_elsewhere(path)))
            continue;
        int r = path ? hold_dir(group, path, row->actions & GRANT_WRITE, reterr) : error_nomem(reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

/*
 * What the worker of a group gets: the sum of what its deployments need, those that do not run now included,
 * so that starting one of them later needs no other worker.  A directory that is not there is left out; the
 * start of whoever needs it says so.
 */
static int sum_up(struct group *group, arcella_error **reterr) {
    forget_dirs(group);
    group->stack_bytes = DEFAULT_STACK_BYTES;
    group->fuel = group->net = group->outgrown = false;
    mem_free(group->ports);
    group->ports = mem_new(struct ports);
    if (!group->ports)
        return error_nomem(reterr);
    struct deployment *deployment, *next;
    HASH_ITER(hh, group->daemon->model.deployments, deployment, next) {
        const struct deployment_record *record = deployment->record;
        if (strcmp(policy_text(&record->policy, POLICY_GROUP_KEY), group->name) != 0)
            continue;
        CLEANUP(grant_set_done) struct grant_set grants = {0};
        int r = grants_effective(group->daemon, record, &grants, reterr);
        if (r < 0)
            return r;
        if (grants_ask_for_own_group(record, &grants))
            continue; /* it leaves for one of its own when it starts: none of it is for who stays */
        uint64_t stack = policy_number(&record->policy, POLICY_STACK_KEY);
        group->stack_bytes = stack > group->stack_bytes ? stack : group->stack_bytes;
        group->fuel |= policy_number(&record->policy, POLICY_FUEL_KEY) != 0;
        r = hold_dirs(group, &grants, reterr);
        if (r < 0)
            return r;
        if (launch_needs_net(group->daemon, record, &grants)) {
            group->net = true;
            ports_add(group->ports, &grants);
        }
    }
    ports_settle(group->ports);
    return 0;
}

int launch_worker(struct group *group, const struct worker_hooks *hooks, arcella_error **reterr) {
    int r = sum_up(group, reterr);
    if (r < 0)
        return r;
    MEM_AUTO struct worker_dir *dirs = mem_array(group->dirs_count + 1, sizeof(*dirs));
    if (!dirs)
        return error_nomem(reterr);
    for (size_t i = 0; i < group->dirs_count; i++)
        dirs[i] = (struct worker_dir){group->dirs[i].path, group->dirs[i].writable};
    struct ipc_port ports[PORTS_ROWS];
    struct worker_settings settings = {
        .role = IPC_ROLE_GUEST,
        .group = group->name,
        .code_directory = true,
        .owner_uid = geteuid(),
        .stack_bytes = group->stack_bytes,
        .fuel = group->fuel,
        .dirs = dirs,
        .dirs_count = group->dirs_count,
        .net = group->net,
        .ports = ports,
        .ports_count = group->net ? ports_list(group->ports, ports) : 0,
        .open_files = config_number(group->daemon->config, CONFIG_WORKERS_FILES),
    };
    r = worker_start(group->daemon->workers, &settings, hooks, group, &group->worker, reterr);
    if (r < 0)
        return r;
    group->ready = false;
    group->started_wall_ns = clock_wall_ns();
    return 0;
}
