/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Sets of ports as bits: 16 KiB, made when a worker starts. */
#include "daemon/ports.h"

enum { PORTS = 65536 };

static bool has(const uint64_t *bits, uint32_t port) {
    return bits[port / 64] >> port % 64 & 1;
}

static void add(uint64_t *bits, uint32_t low, uint32_t high) {
    for (uint32_t port = low; port <= high; port++)
        bits[port / 64] |= (uint64_t)1 << port % 64;
}

static bool holds(const uint64_t *bits, uint32_t low, uint32_t high) {
    for (uint32_t port = low; port <= high; port++)
        if (!has(bits, port))
            return false;
    return true;
}

bool ports_wanted(const struct grant_set *grants, bool component) {
    unsigned actions = GRANT_CONNECT | GRANT_UDP | GRANT_LISTEN;
    return component && grants->allowed[GRANT_NET] & actions;
}

static bool counts(const struct grant *row) {
    return row->class == GRANT_NET && row->effect != GRANT_DENY;
}

void ports_add(struct ports *ports, const struct grant_set *grants) {
    for (size_t i = 0; i < grants->count; i++) {
        const struct grant *row = &grants->rows[i];
        if (!counts(row))
            continue;
        if (row->actions & GRANT_LISTEN)
            add(ports->bind, row->address.port_low, row->address.port_high);
        if (row->actions & GRANT_CONNECT) {
            add(ports->connect, row->address.port_low, row->address.port_high);
            add(ports->bind, 0, 0);
        }
    }
}

bool ports_hold(const struct ports *ports, const struct grant_set *grants) {
    for (size_t i = 0; i < grants->count; i++) {
        const struct grant *row = &grants->rows[i];
        uint32_t low = row->address.port_low, high = row->address.port_high;
        if (!counts(row))
            continue;
        if (row->actions & GRANT_LISTEN && !holds(ports->bind, low, high))
            return false;
        if (row->actions & GRANT_CONNECT && (!holds(ports->connect, low, high) || !has(ports->bind, 0)))
            return false;
    }
    return true;
}

static void settle(uint64_t *bits) {
    uint32_t count = 0;
    for (size_t i = 0; i < PORTS / 64; i++)
        count += (uint32_t)__builtin_popcountll(bits[i]);
    if (count > LIMIT_SANDBOX_PORTS)
        add(bits, 0, PORTS - 1);
}

void ports_settle(struct ports *ports) {
    settle(ports->bind);
    settle(ports->connect);
}

static size_t list(const uint64_t *bits, bool bind, struct ipc_port *to) {
    size_t count = 0;
    for (uint32_t port = 0; port < PORTS; port++) {
        if (!has(bits, port))
            continue;
        bool follows = port > 0 && has(bits, port - 1);
        if (follows)
            to[count - 1].high = port;
        else if (count < LIMIT_SANDBOX_PORTS)
            to[count++] = (struct ipc_port){.low = port, .high = port, .bind = bind, .connect = !bind};
    }
    return count;
}

size_t ports_list(const struct ports *ports, struct ipc_port *to) {
    size_t count = list(ports->bind, true, to);
    return count + list(ports->connect, false, to + count);
}
