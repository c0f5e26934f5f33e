/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Runs on the caller's stack: no fiber, no future, no loop.  What a call costs beside the guest's own work is
 * a few stores and, where it is watched, waking the ticker; clocks are read by the ticks.  The ticks of a
 * direct run also watch the run whose host function made it, since that one's own are not heard meanwhile.
 */
#include <assert.h>
#include <pthread.h>

#include "base/clock.h"
#include "engine/inner.h"

#define NS_PER_MS 1000000ull

/* --- the stack --- */

static _Thread_local struct { uintptr_t low, high; /* 0: not asked yet, or nobody can say */ } thread_stack;

void engine_note_stack(void) {
    pthread_attr_t attributes;
    void *low;
    size_t size;
    if (thread_stack.high || pthread_getattr_np(pthread_self(), &attributes))
        return;
    if (!pthread_attr_getstack(&attributes, &low, &size)) {
        thread_stack.low = (uintptr_t)low;
        thread_stack.high = (uintptr_t)low + size;
    }
    pthread_attr_destroy(&attributes);
}

/* Ask once where the thread's stack ends.  (Everything of an engine is on one thread.) */
static void find_thread_stack(struct engine *engine) {
    engine_note_stack();
    engine->thread_low = thread_stack.low;
    engine->thread_high = thread_stack.high;
}

/* The lowest address of the stack we are on, or 0. */
static uintptr_t stack_low(struct engine *engine) {
    if (engine->current)
        return engine->stack_low;
    if (UNLIKELY(!engine->thread_high))
        find_thread_stack(engine);
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    return here >= engine->thread_low && here < engine->thread_high ? engine->thread_low : 0;
}

static int refuse_stack(uint64_t bytes, arcella_error **reterr) {
    char amount[32];
    text_format_size(bytes, amount, sizeof(amount));
    return error_set(reterr, ARCELLA_E_LIMIT, "a direct call needs %s of stack, which are not left here",
                     amount);
}

/* --- ticks --- */

/* Look at the clocks for one run; the first tick only begins to count, so nobody is ended too early. */
static void watch(struct engine_instance *instance, uint64_t used_cpu_ns, uint64_t now_ns) {
    struct run *run = &instance->run;
    if (run->unwinding)
        return;
    if (!run->watched_ns)
        run->watched_ns = now_ns;
    if (run->wall_ms && (now_ns - run->watched_ns) / NS_PER_MS >= run->wall_ms)
        engine_run_wall_over(instance);
    else
        engine_run_check_cpu(instance, used_cpu_ns);
}

void engine_direct_tick(struct engine_instance *instance) {
    uint64_t now_ns = clock_monotonic_ns(), cpu_ns = clock_thread_cpu_ns();
    for (struct engine_instance *each = instance; each;) {
        struct run *run = &each->run;
        if (run->direct && !run->watched_ns)
            run->resumed_ns = cpu_ns;
        watch(each, run->cpu_ns + cpu_ns - run->resumed_ns, now_ns);
        if (each != instance && run->unwinding)
            engine_run_cause(instance, run->has_cause ? run->end : ENGINE_END_STOPPED, 0,
                             run->has_cause ? run->message : NULL);
        each = run->direct ? run->outer : NULL;
    }
}

/* --- begin and end --- */

static int give_fuel(struct engine_instance *instance, arcella_error **reterr) {
    instance->run.fuel = instance->limits.fuel ? instance->limits.fuel : UINT64_MAX;
    wasmtime_error_t *e = wasmtime_context_set_fuel(instance->context, instance->run.fuel);
    return e ? engine_error_take(e, ARCELLA_E_INTERNAL, reterr, "cannot fuel a run: ") : 0;
}

/* Of struct run only what a direct run reads: the rest is large, and as the last run left it. */
static void begin(struct engine_instance *instance, const struct engine_budget *budget) {
    struct run *run = &instance->run;
    assert(!run->future && run->place == RUN_NOWHERE);
    uint64_t cpu_ms = budget ? budget->cpu_ms : 0;
    run->wall_ms = budget ? budget->wall_ms : 0;
    run->cpu_limit_ns = cpu_ms > UINT64_MAX / NS_PER_MS ? 0 : cpu_ms * NS_PER_MS;
    run->active = run->direct = run->on_processor = true;
    run->starting = run->waiting = run->ready = run->woken = run->unwinding = run->has_cause = false;
    run->trap_kind = NULL;
    run->interruption = NULL;
    run->depth = 1;
    run->cpu_ns = run->resumed_ns = run->watched_ns = 0;
}

int engine_direct_enter(struct engine_instance *instance, uint64_t stack_bytes,
                        const struct engine_budget *budget, struct direct *ret, arcella_error **reterr) {
    struct engine *engine = instance->engine;
    if (UNLIKELY(instance->run.active))
        return error_set(reterr, ARCELLA_E_BUSY, "the instance is busy with another call");
    if (UNLIKELY(instance->poisoned || !instance->made))
        return error_set(reterr, ARCELLA_E_STATE, "the instance takes no more calls: it ended before");
    uintptr_t low = stack_low(engine);
    if (UNLIKELY(!low || (uintptr_t)__builtin_frame_address(0) < low + stack_bytes))
        return refuse_stack(stack_bytes, reterr);
    if (UNLIKELY(engine->config.fuel)) {
        int r = give_fuel(instance, reterr);
        if (r)
            return r;
    }
    bool together = engine_areas_watched(instance);
    if (UNLIKELY(together))
        engine_areas_cap(instance);
    begin(instance, budget);
    struct run *run = &instance->run;
    run->outer = engine->current;
    *ret = (struct direct){
        .before = engine->current,
        .stack_low = engine->stack_low,
        .watched = run->wall_ms || run->cpu_limit_ns || engine->current || together,
    };
    engine_set_current(engine, instance);
    engine->stack_low = low;
    if (ret->watched) {
        wasmtime_context_set_epoch_deadline(instance->context, 1);
        instance->far_deadline = false;
        ticker_resume(&engine->ticker);
    } else if (!instance->far_deadline) {
        wasmtime_context_set_epoch_deadline(instance->context, ENGINE_FAR_DEADLINE);
        instance->far_deadline = true;
    }
    return 0;
}

/* It did not return. */
static int tell(struct engine_instance *instance, struct engine_outcome *ret_outcome) {
    struct run *run = &instance->run;
    if (run->watched_ns)
        run->cpu_ns = clock_thread_cpu_ns() - run->resumed_ns;
    if (ret_outcome)
        engine_outcome_make(instance, ret_outcome);
    engine_run_clear(instance);
    instance->poisoned = true;
    return ENGINE_STOP;
}

int engine_direct_leave(struct engine_instance *instance, const struct direct *direct,
                        struct engine_outcome *ret_outcome) {
    struct engine *engine = instance->engine;
    struct run *run = &instance->run;
    if (direct->watched && !direct->before)
        ticker_pause(&engine->ticker);
    if (UNLIKELY(engine_areas_watched(instance)))
        engine_areas_check(instance);
    engine_set_current(engine, direct->before);
    engine->stack_low = direct->stack_low;
    run->on_processor = run->direct = false;
    if (UNLIKELY(run->unwinding))
        return tell(instance, ret_outcome);
    run->active = false;
    return 0;
}

int engine_call_direct(struct engine_instance *instance, engine_body_fn *body, void *arg,
                       const struct engine_budget *budget, struct engine_outcome *ret_outcome,
                       arcella_error **reterr) {
    struct direct direct;
    int r = engine_direct_enter(instance, engine_direct_bytes(instance->engine), budget, &direct, reterr);
    if (UNLIKELY(r))
        return r;
    if (UNLIKELY(body(instance, arg) && !instance->run.unwinding))
        engine_run_cause(instance, ENGINE_END_FAILED, 0, "what was run stopped without saying why");
    return engine_direct_leave(instance, &direct, ret_outcome);
}
