/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A question is put to every worker that is ready, with a call id of its own, and is over when as many
 * answers (or ends of workers) have come, or at its deadline.  Figures are never polled for: nobody looks,
 * nobody is asked.
 */
#include "daemon/figures.h"

#include "daemon/call.h"

enum { ANSWER_MS = 1000 };

struct figures_question {
    struct figures_question *next;
    struct daemon *daemon;
    struct call *call;
    figures_done_fn *on_done;
    struct loop_timer *timer;
    uint32_t number;
    size_t open; /* answers that have not come */
};

static void question_free(struct figures_question *question) {
    struct figures_question **at = &question->daemon->questions;
    while (*at && *at != question)
        at = &(*at)->next;
    if (*at)
        *at = question->next;
    loop_timer_free(question->timer);
    mem_free(question);
}

static void question_end(struct figures_question *question) {
    struct call *call = question->call;
    figures_done_fn *on_done = question->on_done;
    question_free(question);
    on_done(call);
}

static void on_deadline(struct loop_timer *timer, void *user) {
    (void)timer;
    question_end(user);
}

void figures_ask(struct call *call, figures_done_fn *on_done) {
    static uint32_t numbers; /* one daemon a process; only has to differ from the last ones */
    struct daemon *daemon = call->daemon;
    struct figures_question *question = mem_new(struct figures_question);
    if (!question || loop_timer_new(daemon->loop, on_deadline, question, &question->timer, NULL) < 0) {
        mem_free(question);
        on_done(call);
        return;
    }
    question->daemon = daemon;
    question->call = call;
    question->on_done = on_done;
    question->number = ++numbers ? numbers : ++numbers;
    question->next = daemon->questions;
    daemon->questions = question;
    struct group *group, *next;
    struct ipc_figures ask; /* has no fields */
    struct channel_extra extra = {.call = question->number};
    HASH_ITER(hh, daemon->model.groups, group, next)
    if (group->worker && group->ready && worker_send(group->worker, IPC_FIGURES, &ask, &extra, NULL) == 0)
        question->open++;
    if (question->open == 0)
        question_end(question);
    else
        loop_timer_start(question->timer, ANSWER_MS, 0);
}

static void keep_counters(struct instance *instance, const struct ipc_instance_figures *figures) {
    instance->counters_count = 0;
    for (uint32_t i = 0; i < figures->counters_count && i < COUNTERS_MAX; i++) {
        struct counter *counter = &instance->counters[instance->counters_count++];
        text_copy(counter->name, sizeof(counter->name), figures->counters[i].name.data);
        counter->used = figures->counters[i].used;
        counter->most = figures->counters[i].most;
    }
}

void figures_are(struct group *group, const struct ipc_figures_are *are, uint32_t number) {
    for (uint32_t i = 0; i < are->instances_count; i++) {
        struct instance *instance = model_instance(group->daemon, are->instances[i].instance);
        if (!instance || instance->group != group)
            continue;
        instance->memory_bytes = are->instances[i].memory_bytes;
        instance->cpu_ns = are->instances[i].cpu_ns;
        instance->open_files = are->instances[i].open_files;
        keep_counters(instance, &are->instances[i]);
    }
    group->created = are->instances_created;
    group->loaded = are->modules;
    for (struct figures_question *question = group->daemon->questions, *next; question; question = next) {
        next = question->next;
        if (question->number == number && --question->open == 0)
            question_end(question);
    }
}

void figures_lost(struct group *group) {
    /* Which questions it had answered is not kept; the deadline ends those that miss it. */
    for (struct figures_question *question = group->daemon->questions; question; question = question->next)
        loop_timer_start(question->timer, 0, 0);
}

void figures_done(struct daemon *daemon) {
    while (daemon->questions)
        question_free(daemon->questions);
}
