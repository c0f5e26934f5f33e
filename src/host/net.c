/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What all sockets of guests share: addresses and whether they may be used, the number of sockets, options.
 * No state but that of the host; the loop's thread.
 */
#include "host/net.h"

#include <limits.h>
#include <netinet/tcp.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/limits.h"
#include "host/answered.h"
#include "host/inside.h"

#define NS 1000000000ull
/* What Linux takes at most (include/net/tcp.h). */
#define KEEP_SECONDS_MAX 32767
#define KEEP_COUNT_MAX   127

/* --- addresses --- */

socklen_t host_address_size(const union host_address *address) {
    return address->any.sa_family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
}

/* The same as the grants have it. */
static struct net_address value_of(const union host_address *address) {
    struct net_address value = {.v6 = address->any.sa_family == AF_INET6};
    if (value.v6) {
        memcpy(value.bytes, &address->v6.sin6_addr, 16);
        value.port = ntohs(address->v6.sin6_port);
    } else {
        value.bytes[10] = value.bytes[11] = 0xff;
        memcpy(value.bytes + 12, &address->v4.sin_addr, 4);
        value.port = ntohs(address->v4.sin_port);
    }
    return value;
}

void host_address_text(const union host_address *address, char *to, size_t size) {
    struct net_address value = value_of(address);
    net_address_write(&value, to, size);
}

bool host_address_is_any(const union host_address *address) {
    return address->any.sa_family == AF_INET6 ? IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr)
                                              : address->v4.sin_addr.s_addr == htonl(INADDR_ANY);
}

bool host_address_is_unicast(const union host_address *address) {
    if (address->any.sa_family == AF_INET6)
        return !IN6_IS_ADDR_MULTICAST(&address->v6.sin6_addr);
    uint32_t v4 = ntohl(address->v4.sin_addr.s_addr);
    return !IN_MULTICAST(v4) && v4 != INADDR_BROADCAST;
}

bool host_address_is_mapped(const union host_address *address) {
    return address->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr);
}

bool host_address_is_special(const union host_address *address) {
    struct net_address value = value_of(address);
    return net_address_special(&value, NULL) != NULL;
}

bool host_address_equal(const union host_address *a, const union host_address *b) {
    if (a->any.sa_family != b->any.sa_family)
        return false;
    if (a->any.sa_family == AF_INET6)
        return a->v6.sin6_port == b->v6.sin6_port && a->v6.sin6_scope_id == b->v6.sin6_scope_id &&
               memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, 16) == 0;
    return a->v4.sin_port == b->v4.sin_port && a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
}

int host_net_local(int fd, union host_address *ret) {
    union host_address address = {.any.sa_family = AF_UNSPEC};
    socklen_t size = sizeof(address);
    if (getsockname(fd, &address.any, &size) < 0)
        return host_errno();
    *ret = address;
    return 0;
}

/* --- grants --- */

static bool is_denied(const struct grant *row) {
    return row && row->effect == GRANT_DENY;
}

/*
 * By its range, or by a name it was answered for.  What denies wins wherever it stands, so that all names
 * count before the answer is yes; names are looked at only where they can change it.  A row that only tells
 * counts where no other allows.
 */
static bool may(const struct host *host, enum grant_action action, const union host_address *address,
                const struct grant **ret_row) {
    const struct grant_set *grants = host->grants;
    *ret_row = NULL;
    if (!grants || !(grants->allowed[GRANT_NET] & (unsigned)action))
        return false;
    struct net_address value = value_of(address);
    const struct grant *row = NULL;
    bool allowed = grant_check_address(grants, action, &value, TEXT(""), &row);
    *ret_row = row;
    bool sure = allowed && row->effect == GRANT_ALLOW;
    if (is_denied(row) || (sure && !(grants->denied[GRANT_NET] & (unsigned)action)))
        return allowed;
    for (const struct host_answered *a = host->net.answered; a; a = a->next) {
        if (!host_answered_has(a, value.bytes))
            continue;
        bool by_name = grant_check_address(grants, action, &value, host_answered_name(a), &row);
        if (is_denied(row)) {
            *ret_row = row;
            return false;
        }
        if (by_name && (!allowed || row->effect == GRANT_ALLOW))
            *ret_row = row;
        allowed |= by_name;
    }
    return allowed;
}

bool host_net_may(const struct host *host, enum grant_action action, const union host_address *address) {
    const struct grant *row = NULL;
    return may(host, action, address, &row);
}

int host_net_check(struct host *host, enum grant_action action, const union host_address *address) {
    const struct grant *row = NULL;
    bool allowed = may(host, action, address, &row);
    if (allowed && row->effect == GRANT_ALLOW)
        return 0;
    char text[64];
    host_address_text(address, text, sizeof(text));
    if (!allowed)
        return host_deny_by(host, GRANT_NET, action, text_of(text), text_of(text), row);
    host_told(host, GRANT_NET, action, text_of(text), text_of(text));
    return 0;
}

bool host_net_of_use(const struct host *host, enum grant_action client) {
    return host->grants && (host->grants->allowed[GRANT_NET] & (unsigned)(client | GRANT_LISTEN));
}

int host_net_check_bind(struct host_file *file, enum grant_action client, const union host_address *local) {
    const struct host *host = file->host;
    bool speaks = host->grants && (host->grants->allowed[GRANT_NET] & (unsigned)client);
    if (value_of(local).port == 0 && (speaks || file->fd < 0))
        return 0;
    return host_net_check(file->host, GRANT_LISTEN, local);
}

/* --- making and counting --- */

int host_net_room(struct host *host) {
    struct host_net *net = &host->net;
    /* Each is an open file as well. */
    if (net->sockets < LIMIT_SOCKETS) {
        int r = host_file_room(host);
        net->sockets_refused += r != 0;
        return r;
    }
    net->sockets_refused++;
    if (!net->told_sockets)
        host_notice(host, "it has %u sockets and got no further one", LIMIT_SOCKETS);
    net->told_sockets = true;
    return HOST_E_MFILE;
}

int host_net_connect_take(struct host *host) {
    struct host_net *net = &host->net;
    if (host_bucket_take(&net->connects, LIMIT_CONNECT_RATE, LIMIT_CONNECT_BURST, clock_monotonic_ns())) {
        net->connections++;
        return 0;
    }
    net->connects_refused++;
    if (!net->told_connects)
        host_notice(host, "it began more than %d connections a second, and some were refused",
                    LIMIT_CONNECT_RATE);
    net->told_connects = true;
    return HOST_E_MFILE;
}

int host_net_file(struct host *host, int fd, int type, struct host_file **ret) {
    int r = host_file_new(host, HOST_SOCKET, fd, HOST_READ | HOST_WRITE, ret);
    if (r)
        return r;
    struct host_file *file = *ret;
    file->type = type == SOCK_DGRAM ? HOST_TYPE_SOCKET_DATAGRAM : HOST_TYPE_SOCKET_STREAM;
    file->nonblocking = true;
    file->charged = true;
    host->net.sockets++;
    return 0;
}

static int make_fd(int family, int type, int *ret_fd) {
    FD_AUTO fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return host_net_error(errno);
    int yes = 1;
    if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes)) < 0)
        return host_net_error(errno);
    *ret_fd = TAKE_FD(fd);
    return 0;
}

int host_net_socket(struct host *host, int family, int type, struct host_file **ret) {
    if (family != AF_INET && family != AF_INET6)
        return HOST_E_AFNOSUPPORT;
    int r = host_net_room(host);
    FD_AUTO fd = -1;
    if (r == 0 && host_net_of_use(host, type == SOCK_DGRAM ? GRANT_UDP : GRANT_CONNECT))
        r = make_fd(family, type, &fd);
    if (r == 0)
        r = host_net_file(host, fd, type, ret);
    if (r)
        return r;
    /* Nobody waits for what can only be refused. */
    if (fd < 0)
        host_event_init_always(&(*ret)->event, host);
    (void)TAKE_FD(fd);
    return 0;
}

int host_net_open(struct host_file *file, int family, struct host_options *options) {
    if (file->fd >= 0)
        return 0;
    int fd = -1;
    int r = make_fd(family, file->type == HOST_TYPE_SOCKET_DATAGRAM ? SOCK_DGRAM : SOCK_STREAM, &fd);
    if (r)
        return r;
    host_file_set_fd(file, fd);
    host_net_options_apply(fd, family, options);
    options->set = 0;
    return 0;
}

int host_net_error(int errnum) {
    switch (errnum) {
    case EHOSTDOWN:
    case ENONET: return HOST_E_HOSTUNREACH;
    case EPERM: return HOST_E_ACCES; /* a packet filter, or the sandbox */
    default: return host_error_of(errnum);
    }
}

/* --- options --- */

struct native {
    int level;
    int name;
};

static struct native native_of(int family, enum host_option option) {
    switch (option) {
    case HOST_OPTION_KEEP_ALIVE: return (struct native){SOL_SOCKET, SO_KEEPALIVE};
    case HOST_OPTION_KEEP_IDLE_NS: return (struct native){IPPROTO_TCP, TCP_KEEPIDLE};
    case HOST_OPTION_KEEP_INTERVAL_NS: return (struct native){IPPROTO_TCP, TCP_KEEPINTVL};
    case HOST_OPTION_KEEP_COUNT: return (struct native){IPPROTO_TCP, TCP_KEEPCNT};
    case HOST_OPTION_RECEIVE_BYTES: return (struct native){SOL_SOCKET, SO_RCVBUF};
    case HOST_OPTION_SEND_BYTES: return (struct native){SOL_SOCKET, SO_SNDBUF};
    default: break;
    }
    return family == AF_INET6 ? (struct native){IPPROTO_IPV6, IPV6_UNICAST_HOPS}
                              : (struct native){IPPROTO_IP, IP_TTL};
}

static int at_most(uint64_t value, int most) {
    return value < (uint64_t)most ? (int)value : most;
}

/* A number as the system takes it. */
static int to_native(enum host_option option, uint64_t value, int *ret) {
    if (value == 0 && option != HOST_OPTION_KEEP_ALIVE)
        return HOST_E_INVAL;
    switch (option) {
    case HOST_OPTION_KEEP_ALIVE:
        if (value > 1)
            return HOST_E_INVAL;
        *ret = (int)value;
        return 0;
    case HOST_OPTION_KEEP_IDLE_NS:
    case HOST_OPTION_KEEP_INTERVAL_NS:
        *ret = at_most(value < NS ? 1 : value / NS, KEEP_SECONDS_MAX);
        return 0;
    case HOST_OPTION_KEEP_COUNT: *ret = at_most(value, KEEP_COUNT_MAX); return 0;
    case HOST_OPTION_HOP_LIMIT:
        if (value > 255)
            return HOST_E_INVAL;
        *ret = (int)value;
        return 0;
    case HOST_OPTION_RECEIVE_BYTES:
    case HOST_OPTION_SEND_BYTES: *ret = at_most(value, INT_MAX / 2); return 0;
    default: return HOST_E_INVAL;
    }
}

/* Linux doubles the sizes of buffers, to have room for its own books. */
static bool is_doubled(enum host_option option) {
    return option == HOST_OPTION_RECEIVE_BYTES || option == HOST_OPTION_SEND_BYTES;
}

static uint64_t from_native(enum host_option option, int native) {
    uint64_t value = native < 0 ? 0 : (uint64_t)native;
    if (option == HOST_OPTION_KEEP_IDLE_NS || option == HOST_OPTION_KEEP_INTERVAL_NS)
        return value * NS;
    if (option == HOST_OPTION_KEEP_ALIVE)
        return value != 0;
    return is_doubled(option) ? value / 2 : value;
}

int host_net_option_set(int fd, int family, enum host_option option, uint64_t value) {
    int native = 0;
    int r = to_native(option, value, &native);
    if (r)
        return r;
    struct native to = native_of(family, option);
    return setsockopt(fd, to.level, to.name, &native, sizeof(native)) < 0 ? host_net_error(errno) : 0;
}

int host_net_option_get(int fd, int family, enum host_option option, uint64_t *ret) {
    if ((unsigned)option >= HOST_OPTIONS)
        return HOST_E_INVAL;
    struct native from = native_of(family, option);
    int native = 0;
    socklen_t size = sizeof(native);
    if (getsockopt(fd, from.level, from.name, &native, &size) < 0)
        return host_net_error(errno);
    *ret = from_native(option, native);
    return 0;
}

int host_net_option_keep(struct host_options *options, enum host_option option, uint64_t value) {
    int native = 0;
    int r = to_native(option, value, &native);
    if (r)
        return r;
    options->values[option] = value;
    options->set |= 1u << option;
    return 0;
}

int host_net_option_kept(const struct host_options *options, enum host_option option, uint64_t *ret) {
    /* What Linux gives where nobody has changed it. */
    static const uint64_t first[HOST_OPTIONS] = {
        [HOST_OPTION_KEEP_ALIVE] = 0,
        [HOST_OPTION_KEEP_IDLE_NS] = 7200 * NS,
        [HOST_OPTION_KEEP_INTERVAL_NS] = 75 * NS,
        [HOST_OPTION_KEEP_COUNT] = 9,
        [HOST_OPTION_HOP_LIMIT] = 64,
        [HOST_OPTION_RECEIVE_BYTES] = 64 * KIB,
        [HOST_OPTION_SEND_BYTES] = 64 * KIB,
    };
    if ((unsigned)option >= HOST_OPTIONS)
        return HOST_E_INVAL;
    if (!(options->set & 1u << option)) {
        *ret = first[option];
        return 0;
    }
    int native = 0;
    int r = to_native(option, options->values[option], &native);
    if (r == 0)
        *ret = from_native(option, is_doubled(option) ? 2 * native : native);
    return r;
}

void host_net_options_apply(int fd, int family, const struct host_options *options) {
    for (unsigned i = 0; i < HOST_OPTIONS; i++)
        if (options->set & 1u << i)
            (void)!host_net_option_set(fd, family, (enum host_option)i, options->values[i]);
}
