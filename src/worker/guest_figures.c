/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a guest process says of its instances when it is asked. */
#include "runtime/instance.h"
#include "worker/worker.h"

struct figures_list {
    struct ipc_instance_figures *rows;
    uint32_t count;
    uint32_t capacity;
};

static void add_figures(const struct runtime_figures *figures, void *user) {
    struct figures_list *list = user;
    if (list->count >= list->capacity)
        return;
    list->rows[list->count++] = (struct ipc_instance_figures){
        .instance = figures->handle,
        .state = text_of(instance_state_name(figures->state)),
        .memory_bytes = figures->memory_bytes,
        .cpu_ns = figures->cpu_ns,
        .open_files = figures->open_files,
    };
}

void worker_tell_figures(struct worker_process *process, struct runtime *runtime, uint64_t call) {
    struct figures_list list = {.capacity = runtime_count(runtime)};
    list.rows = mem_array(list.capacity + 1, sizeof *list.rows);
    if (!list.rows)
        return;
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
    mem_free(list.rows);
}
