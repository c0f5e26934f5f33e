/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a guest process says of its instances when it is asked. */
#include "base/limits.h"
#include "runtime/instance.h"
#include "worker/worker.h"

/* What is told besides memory, time and descriptors: name, what it is now or so far, its limit (0: none). */
#define COUNTER_MAP(XX)                                                                                      \
    XX("handles", open_files, LIMIT_OPEN_FILES)                                                              \
    XX("resources", resources, LIMIT_P2_RESOURCES)                                                           \
    XX("pollables", pollables, LIMIT_P2_POLLABLES)                                                           \
    XX("host-bytes", host_bytes, LIMIT_HOST_BYTES)                                                           \
    XX("denied", denied, 0)                                                                                  \
    XX("waits", waits, 0)                                                                                    \
    XX("sockets", sockets, LIMIT_SOCKETS)                                                                    \
    XX("sockets-refused", sockets_refused, 0)                                                                \
    XX("connections", connections, 0)                                                                        \
    XX("connections-refused", connects_refused, 0)                                                           \
    XX("lookups", lookups, 0)                                                                                \
    XX("lookups-refused", lookups_refused, 0)                                                                \
    XX("datagrams-dropped", datagrams_dropped, 0)
enum {
#define XX(name, member, most) +1
    COUNTERS = 0 COUNTER_MAP(XX)
#undef XX
};

struct figures_list {
    struct ipc_instance_figures *rows;
    struct ipc_counter (*counters)[COUNTERS];
    uint32_t count;
    uint32_t capacity;
};

static void add_figures(const struct runtime_figures *figures, void *user) {
    struct figures_list *list = user;
    if (list->count >= list->capacity)
        return;
    struct ipc_counter *counters = list->counters[list->count];
    uint32_t count = 0;
#define XX(name_, member, most_)                                                                             \
    counters[count++] = (struct ipc_counter){.name = TEXT(name_), .used = figures->member, .most = (most_)};
    COUNTER_MAP(XX)
#undef XX
    list->rows[list->count++] = (struct ipc_instance_figures){
        .instance = figures->handle,
        .state = text_of(instance_state_name(figures->state)),
        .memory_bytes = figures->memory_bytes,
        .cpu_ns = figures->cpu_ns,
        .open_files = figures->open_files,
        .counters = counters,
        .counters_count = count,
    };
}

void worker_tell_figures(struct worker_process *process, struct runtime *runtime, uint64_t call) {
    struct figures_list list = {.capacity = runtime_count(runtime)};
    MEM_AUTO struct ipc_instance_figures *rows = mem_array(list.capacity + 1, sizeof *rows);
    MEM_AUTO struct ipc_counter(*counters)[COUNTERS] = mem_array(list.capacity + 1, sizeof *counters);
    if (!rows || !counters)
        return;
    list.rows = rows;
    list.counters = counters;
    /* Who looks wants to see all that happened up to now. */
    runtime_flush_audits(runtime, 0);
    runtime_walk(runtime, add_figures, &list);
    struct engine_stats stats;
    engine_stats(runtime_engine(runtime), &stats);
    struct ipc_figures_are are = {
        .instances = list.rows,
        .instances_count = list.count,
        .compiles = stats.compiles,
        .modules = stats.modules,
        .instances_now = stats.instances,
        .instances_created = stats.instances_created,
        .slices = stats.slices,
        .ticks = stats.ticks,
    };
    worker_tell(process, IPC_FIGURES_ARE, &are, &(struct channel_extra){.call = call});
}
