/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Runs: how guest code gets the processor, waits, is sliced and is ended.  The only file that makes, polls
 * or drops a future; the misuses of it for which the engine aborts the process (polling what is finished, two
 * at once, resuming what runs) stand behind asserts and checks here, those of fibers in fiber.c.
 *
 *   loop ── turn ── slice ── poll ── driver ── guest ── import ── host function ── engine_wait ── suspend
 *                                    └──────────────── on the store's fiber ────────────────────┘
 *
 * A run that waits is in no queue.  A run that was woken or is new stands in the first queue, one that used
 * up its slice in the second.  Each turn of the loop serves both until SLICE_MS are used, each at least once,
 * so descriptors and timers are served in between and neither kind starves the other.
 */
#include <assert.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/inner.h"

#define NS_PER_MS 1000000ull

/* --- queues --- */

static struct run_queue *queue_of(struct engine_instance *instance) {
    struct engine *engine = instance->engine;
    switch (instance->run.place) {
    case RUN_WOKEN: return &engine->woken;
    case RUN_SLICED: return &engine->sliced;
    default: return NULL;
    }
}

static void leave_queue(struct engine_instance *instance) {
    struct run_queue *queue = queue_of(instance);
    if (!queue)
        return;
    struct run *run = &instance->run;
    if (run->before)
        run->before->run.next = run->next;
    else
        queue->head = run->next;
    if (run->next)
        run->next->run.before = run->before;
    else
        queue->tail = run->before;
    queue->count--;
    run->next = run->before = NULL;
    run->place = RUN_NOWHERE;
}

static void join_queue(struct engine_instance *instance, enum run_place place) {
    leave_queue(instance);
    instance->run.place = place;
    struct run_queue *queue = queue_of(instance);
    instance->run.before = queue->tail;
    if (queue->tail)
        queue->tail->run.next = instance;
    else
        queue->head = instance;
    queue->tail = instance;
    queue->count++;
    loop_idle_set(instance->engine->idle, true);
}

void engine_run_ready(struct engine_instance *instance) {
    join_queue(instance, RUN_WOKEN);
}

/* --- ending --- */

void engine_run_cause(struct engine_instance *instance, enum engine_end end, int32_t exit_code,
                      const char *message) {
    struct run *run = &instance->run;
    if (run->unwinding)
        return;
    run->unwinding = true;
    run->has_cause = true;
    run->end = end;
    run->exit_code = exit_code;
    text_copy(run->message, sizeof(run->message), message ? message : engine_end_words(end));
}

void engine_run_failed(struct run *run, wasm_trap_t *trap, wasmtime_error_t *error) {
    if (run->trap || run->error) {
        engine_trap_drop(&trap);
        engine_error_drop(&error);
    }
    if (trap)
        run->trap = trap;
    else if (error)
        run->error = error;
    run->unwinding = true;
}

/* What the future itself ended with: a fiber that could not be made. */
static void keep_top_failure(struct run *run) {
    if (run->top_trap || run->top_error)
        engine_run_failed(run, TAKE(run->top_trap), TAKE(run->top_error));
}

void engine_run_wall_over(struct engine_instance *instance) {
    char message[128], limit[32];
    text_format_duration(instance->run.wall_ms, limit, sizeof(limit));
    snprintf(message, sizeof(message), "took longer than its limit of %s wall time", limit);
    engine_cancel(instance, ENGINE_END_WALL_TIME, message);
}

static void on_wall_time(struct loop_timer *timer, void *user) {
    (void)timer;
    engine_run_wall_over(user);
}

bool engine_run_check_cpu(struct engine_instance *instance, uint64_t used_ns) {
    struct run *run = &instance->run;
    if (!run->cpu_limit_ns || used_ns < run->cpu_limit_ns)
        return true;
    char message[128], limit[32];
    text_format_duration(run->cpu_limit_ns / NS_PER_MS, limit, sizeof(limit));
    snprintf(message, sizeof(message), "used up its limit of %s CPU time", limit);
    engine_run_cause(instance, ENGINE_END_CPU_TIME, 0, message);
    return false;
}

/* --- the processor --- */

/* What is saved while another fiber runs on top of one (a host function that frees another instance). */
struct processor {
    struct engine_instance *before;
    uintptr_t stack_low;
};

static struct processor processor_take(struct engine_instance *instance) {
    struct engine *engine = instance->engine;
    struct processor saved = {.before = engine->current, .stack_low = engine->stack_low};
    assert(!instance->run.on_processor && "a run is not resumed twice");
    engine_set_current(engine, instance);
    engine->stack_low = instance->run.stack_low;
    instance->run.on_processor = true;
    instance->run.resumed_ns = clock_thread_cpu_ns();
    ticker_resume(&engine->ticker);
    return saved;
}

static void processor_give(struct engine_instance *instance, struct processor saved) {
    struct engine *engine = instance->engine;
    if (!saved.before)
        ticker_pause(&engine->ticker);
    instance->run.cpu_ns += clock_thread_cpu_ns() - instance->run.resumed_ns;
    instance->run.on_processor = false;
    engine_set_current(engine, saved.before);
    engine->stack_low = saved.stack_low;
}

static void drop_future(struct engine_instance *instance) {
    struct run *run = &instance->run;
    if (!run->future)
        return;
    run->unwinding = true;
    struct processor saved = processor_take(instance);
    wasmtime_call_future_delete(TAKE(run->future));
    processor_give(instance, saved);
    keep_top_failure(run);
}

void engine_run_clear(struct engine_instance *instance) {
    struct run *run = &instance->run;
    leave_queue(instance);
    if (instance->timer)
        loop_timer_stop(instance->timer);
    engine_trap_drop(&run->trap);
    engine_error_drop(&run->error);
    run->active = false;
}

void engine_run_drop(struct engine_instance *instance) {
    drop_future(instance);
    engine_run_clear(instance);
    instance->poisoned = true;
}

static void finish(struct engine_instance *instance) {
    struct run *run = &instance->run;
    assert(!run->future && !run->on_processor);
    if (run->starting && !run->unwinding)
        instance->made = true;
    if (engine_areas_watched(instance))
        engine_areas_check(instance);
    struct engine_outcome outcome;
    engine_outcome_make(instance, &outcome);
    engine_run_clear(instance);
    if (outcome.end != ENGINE_END_RETURNED)
        instance->poisoned = true;
    /* Last: it may call again, or free the instance. */
    run->on_done(instance, &outcome, instance->user);
}

static void find_memory(struct engine_instance *instance) {
    const struct program_area *area = instance->program->memory;
    wasmtime_extern_t item;
    if (area &&
        wasmtime_instance_export_get(instance->context, &instance->handle, area->name, area->length, &item)) {
        assert(item.kind == WASMTIME_EXTERN_MEMORY);
        instance->memory = item.of.memory;
        instance->memory_base = wasmtime_memory_data(instance->context, &item.of.memory);
        instance->has_memory = true;
    }
}

/* Make what a program is instantiated to.  Nothing of the guest's runs in this (rewrite.c), so it needs no
 * fiber; what the engine itself does is bounded by the module's size and the limits on tables.
 * @return a start function is to be called */
static bool instantiate(struct engine_instance *instance) {
    struct run *run = &instance->run;
    const struct engine_program *program = instance->program;
    wasm_trap_t *trap = NULL;
    wasmtime_context_set_epoch_deadline(instance->context, ENGINE_FAR_DEADLINE);
    struct processor saved = processor_take(instance);
    wasmtime_error_t *error =
        wasmtime_instance_pre_instantiate(program->pre, instance->context, &instance->handle, &trap);
    processor_give(instance, saved);
    if (trap || error) {
        engine_run_failed(run, trap, error);
        return false;
    }
    find_memory(instance);
    if (!program->start.name)
        return false;
    run->entry = engine_instance_function(instance, &program->start);
    run->value_count = 0;
    return true;
}

/* @return false: there is nothing to call: it is over */
static bool begin_future(struct engine_instance *instance) {
    struct run *run = &instance->run;
    if (run->starting && !instantiate(instance))
        return false;
    wasmtime_context_set_epoch_deadline(instance->context, 1);
    instance->far_deadline = false;
    run->future = wasmtime_func_call_async(instance->context, &instance->driver, NULL, 0, NULL, 0,
                                           &run->top_trap, &run->top_error);
    return true;
}

/* One slice: from resumption to end, wait, or the end of the slice. */
static void run_slice(struct engine_instance *instance) {
    struct run *run = &instance->run;
    leave_queue(instance);
    if (!run->unwinding)
        engine_run_check_cpu(instance, run->cpu_ns);
    if (run->unwinding) {
        drop_future(instance);
        finish(instance);
        return;
    }
    instance->engine->stats.slices++;
    if (!run->future && !begin_future(instance)) {
        finish(instance);
        return;
    }
    struct processor saved = processor_take(instance);
    bool done = wasmtime_call_future_poll(run->future);
    processor_give(instance, saved);
    if (done) {
        wasmtime_call_future_delete(TAKE(run->future));
        keep_top_failure(run);
        finish(instance);
    } else if (!run->waiting) {
        join_queue(instance, RUN_SLICED);
    } else if (run->ready || run->unwinding) {
        join_queue(instance, RUN_WOKEN);
    }
}

static void serve(struct run_queue *queue, uint64_t until_ns) {
    /* Who joins the queue meanwhile waits for the next turn. */
    for (size_t count = queue->count; count > 0 && queue->head; count--) {
        run_slice(queue->head);
        if (clock_monotonic_ns() >= until_ns)
            break;
    }
}

void engine_run_turn(struct loop_idle *idle, void *user) {
    struct engine *engine = user;
    uint64_t until_ns = clock_monotonic_ns() + SLICE_MS * NS_PER_MS;
    serve(&engine->woken, until_ns);
    serve(&engine->sliced, until_ns);
    if (!engine->woken.head && !engine->sliced.head)
        loop_idle_set(idle, false);
}

int engine_run_begin(struct engine_instance *instance, bool starting, const struct engine_budget *budget,
                     engine_done_fn *on_done, arcella_error **reterr) {
    struct run *run = &instance->run;
    assert(!run->active);
    uint64_t wall_ms = budget ? budget->wall_ms : 0, cpu_ms = budget ? budget->cpu_ms : 0;
    if (wall_ms && !instance->timer) {
        int r = loop_timer_new(instance->engine->loop, on_wall_time, instance, &instance->timer, reterr);
        if (r)
            return r;
    }
    if (!instance->suspend.store_id) {
        int r = engine_instance_get_inside(instance, reterr);
        if (r)
            return r;
    }
    uint64_t fuel = 0;
    if (instance->engine->config.fuel) {
        fuel = instance->limits.fuel ? instance->limits.fuel : UINT64_MAX;
        wasmtime_error_t *e = wasmtime_context_set_fuel(instance->context, fuel);
        if (e)
            return engine_error_take(e, ARCELLA_E_INTERNAL, reterr, "cannot fuel a run: ");
    }
    if (engine_areas_watched(instance))
        engine_areas_cap(instance);
    *run = (struct run){
        .active = true,
        .starting = starting,
        .entry = run->entry,
        .value_count = run->value_count,
        .depth = 1,
        .cpu_limit_ns = cpu_ms > UINT64_MAX / NS_PER_MS ? 0 : cpu_ms * NS_PER_MS,
        .wall_ms = wall_ms,
        .fuel = fuel,
        .on_done = on_done,
    };
    if (wall_ms)
        loop_timer_start(instance->timer, wall_ms, 0);
    join_queue(instance, RUN_WOKEN);
    return 0;
}

wasmtime_error_t *engine_run_slice_over(wasmtime_context_t *context, void *data, uint64_t *ret_delta,
                                        wasmtime_update_deadline_kind_t *ret_kind) {
    (void)context;
    struct engine_instance *instance = data;
    struct run *run = &instance->run;
    if (engine_areas_watched(instance))
        engine_areas_check(instance);
    if (run->direct) {
        engine_direct_tick(instance);
        *ret_delta = 1;
        *ret_kind = WASMTIME_UPDATE_DEADLINE_CONTINUE;
        return run->unwinding ? wasmtime_error_new("ended") : NULL;
    }
    engine_run_check_cpu(instance, run->cpu_ns + clock_thread_cpu_ns() - run->resumed_ns);
    if (run->unwinding)
        return wasmtime_error_new("ended");
    *ret_delta = 1;
    *ret_kind = WASMTIME_UPDATE_DEADLINE_YIELD;
    return NULL;
}

void engine_cancel(struct engine_instance *instance, enum engine_end end, const char *message) {
    assert(end != ENGINE_END_RETURNED && end < ENGINE_ENDS);
    struct run *run = &instance->run;
    if (!run->active)
        return;
    engine_run_cause(instance, end, 0, message);
    /* On the processor, it ends where the host function returns; else the loop drops it. */
    if (!run->on_processor)
        join_queue(instance, RUN_WOKEN);
}
