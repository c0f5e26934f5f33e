/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Deferred functions: run once, in order, from the loop.  Two rows swapped once a turn, so that a function
 * that defers another does not keep the loop from its descriptors; the rows keep their memory, so that
 * deferring costs no allocation in the long run.  What still waits when the loop is freed is forgotten.
 */
#include "base/loop_internal.h"
#include "base/mem.h"

#define DEFERRED_FIRST 16

static void on_turn(uv_idle_t *handle) {
    struct loop *loop = handle->data;
    struct loop_deferred_list now = loop->waiting;
    loop->waiting = loop->running;
    loop->running = now;
    for (size_t i = 0; i < now.count; i++)
        now.items[i].fn(now.items[i].user);
    loop->running.count = 0;
    if (loop->waiting.count == 0)
        uv_idle_stop(handle);
}

int loop_defer(struct loop *loop, loop_work_fn *fn, void *user, arcella_error **reterr) {
    if (loop->closing)
        return error_set(reterr, ARCELLA_E_CLOSED, "the loop is being closed");
    if (!loop->turn) {
        uv_idle_t *turn = mem_new(uv_idle_t);
        if (!turn)
            return error_nomem(reterr);
        uv_idle_init(&loop->uv, turn);
        turn->data = loop;
        loop->turn = turn;
    }
    struct loop_deferred_list *list = &loop->waiting;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : DEFERRED_FIRST;
        struct loop_deferred *items = mem_resize(list->items, capacity * sizeof(*items));
        if (!items)
            return error_nomem(reterr);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = (struct loop_deferred){fn, user};
    if (list->count == 1)
        uv_idle_start(loop->turn, on_turn);
    return 0;
}

void loop_deferred_done(struct loop *loop) {
    mem_free(loop->waiting.items);
    mem_free(loop->running.items);
}
