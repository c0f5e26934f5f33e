/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What workers say.  A worker is not trusted: frames are checked by room wire, handles are looked up among
 * the instances of that worker's group only, texts are quoted where they are logged.
 */
#include "daemon/hooks.h"

#include "base/clock.h"
#include "daemon/calls.h"
#include "daemon/code.h"
#include "daemon/events.h"
#include "daemon/figures.h"
#include "daemon/grants.h"
#include "daemon/launch.h"
#include "daemon/parts.h"
#include "daemon/said.h"

/* The longest wait after a worker that died through nobody's fault. */
enum { DEATH_DELAY_MAX_MS = 2000 };

/*
 * May a line of this worker be logged?  It limits the lines of its guests itself; this holds for a worker
 * that has been taken over as well, so it is somewhat wider.
 */
static bool may_log(struct group *group) {
    double rate = 2.0 * LIMIT_LOG_RATE_LINES * (double)(group->live + 1);
    double most = 2.0 * LIMIT_LOG_BURST_LINES * (double)(group->live + 1);
    uint64_t now = clock_monotonic_ms();
    group->lines_left =
        group->lines_ms ? group->lines_left + rate * (double)(now - group->lines_ms) / 1000.0 : most;
    group->lines_ms = now;
    if (group->lines_left > most)
        group->lines_left = most;
    if (group->lines_left < 1.0) {
        group->lines_dropped++;
        return false;
    }
    group->lines_left -= 1.0;
    if (group->lines_dropped) {
        struct log_about about = {.unit = LOG_WORKERS, .group = group->name};
        log_event(LOG_WARN, &about, "lines of a worker were dropped: it says more than it may",
                  "dropped=%llu", (unsigned long long)group->lines_dropped);
        group->lines_dropped = 0;
    }
    return true;
}

/* The instance a worker speaks of; NULL: gone already, or none of its own. */
static struct instance *find(struct group *group, uint64_t handle) {
    struct instance *instance = model_instance(group->daemon, handle);
    if (!instance || instance->group != group)
        return NULL;
    instance->heard_ms = clock_monotonic_ms();
    instance->heard_number = ++group->daemon->model.heard;
    return instance;
}

static struct log_about about_instance(enum log_unit unit, const struct instance *instance) {
    return (struct log_about){
        .unit = unit,
        .component = instance->deployment->record->component.text,
        .deployment = instance->deployment->record->id,
        .instance = instance->address,
        .group = policy_text(&instance->deployment->record->policy, POLICY_GROUP_KEY),
    };
}

/* --- frames --- */

static void on_started(struct instance *instance) {
    /* One that was told to stop meanwhile stays so. */
    if (instance->state == INSTANCE_STARTING) {
        instance->deployment->starts += instance->deployment->state != DEPLOYMENT_STOPPING;
        instance_step(instance, INSTANCE_ON_INIT_OK, NULL);
    }
    daemon_turn(instance->deployment->daemon);
}

/* The guest's own backtrace, a line each. */
static void log_trace(const struct instance *instance) {
    const struct outcome *outcome = &instance->deployment->outcome;
    struct log_about about = about_instance(LOG_RUNTIME, instance);
    for (size_t i = 0; i < outcome->frames_count; i++) {
        const struct outcome_frame *frame = &outcome->frames[i];
        char line[256];
        snprintf(line, sizeof(line), "  at %s%s%s", *frame->name ? frame->name : "(no name)",
                 *frame->module ? " in " : "", frame->module);
        char offset[40] = "";
        if (frame->offset != UINT64_MAX)
            snprintf(offset, sizeof(offset), " offset=0x%llx", (unsigned long long)frame->offset);
        log_event(LOG_INFO, &about, line, "frame=%zu function=%llu%s", i, (unsigned long long)frame->function,
                  offset);
    }
}

static void on_ended(struct instance *instance, const struct ipc_ended *ended) {
    outcome_from_frame(&instance->deployment->outcome, ended);
    outcome_name_limits(&instance->deployment->outcome, &instance->deployment->record->policy);
    instance->memory_bytes = ended->memory_bytes;
    instance->cpu_ns = ended->cpu_ns;
    /* What was told to stop and did not until it was made to is no failure. */
    bool unasked = instance->state != INSTANCE_STOPPING && strcmp(ended->end.data, "stopped") != 0;
    if (unasked && (ended->frames_count || *ended->trap.data)) {
        struct log_about about = about_instance(LOG_RUNTIME, instance);
        char sentence[1200];
        outcome_sentence(&instance->deployment->outcome, sentence, sizeof(sentence));
        said_end(&about, sentence, instance->deployment->outcome.end, instance->deployment->outcome.trap);
        log_trace(instance);
    }
    /* "stopped" unasked: a caller left in the middle of its call, which is nobody's failure. */
    supervise_ended(instance, strcmp(ended->end.data, "stopped") != 0, false);
}

static void on_start_failed(struct instance *instance, const struct ipc_start_failed *failed) {
    struct deployment *deployment = instance->deployment;
    int code = error_code_of(failed->code.data);
    ERROR_AUTO *error = NULL;
    error_set(&error, code < 0 ? code : ARCELLA_E_WORKER, "%s", failed->message.data);
    if (*failed->hint.data)
        error_hint(&error, code, "%s", failed->hint.data);
    if (code == ARCELLA_E_CORRUPT && deployment->code_tries < 2) {
        /* What was cached is no code of this engine: throw it away and make it anew, at no charge. */
        struct log_about about = about_instance(LOG_COMPILE, instance);
        about.error = error;
        log_event(LOG_WARN, &about, "cached code is damaged and is made anew", "%s", "");
        if (deployment->parts)
            parts_discard(deployment->daemon, deployment->parts, instance->group->worker);
        else {
            code_discard(deployment->daemon, &deployment->digest);
            worker_remove_code(instance->group->worker, deployment->code_name);
        }
        deployment->code = CODE_MISSING;
        deployment->code_tries++;
        supervise_start_failed(instance, error, false, false);
        return;
    }
    bool again = code == ARCELLA_E_NOMEM || code == ARCELLA_E_SYSTEM || code == ARCELLA_E_CLOSED ||
                 code == ARCELLA_E_BUSY;
    supervise_start_failed(instance, error, !again, code != ARCELLA_E_CLOSED);
}

static void on_output(const struct instance *instance, const struct ipc_output *output) {
    struct log_about about = about_instance(LOG_GUEST, instance);
    about.stream = output->stream == 2 ? "stderr" : "stdout";
    if (output->dropped)
        log_event(LOG_WARN, &about, "lines were dropped: it writes faster than the log takes", "dropped=%llu",
                  (unsigned long long)output->dropped);
    log_text(LOG_INFO, &about, output->text.data, output->text.length);
}

static void on_audit(const struct instance *instance, const struct ipc_audit *audit) {
    struct deployment *deployment = instance->deployment;
    /* Counted in any case; whether there is room for a line is another question. */
    refusals_add(&deployment->refusals, audit, deployment->count > 1 ? instance->address : NULL);
    if (!may_log(instance->group))
        return;
    struct log_about about = about_instance(LOG_AUDIT, instance);
    said_audit(&about, audit);
}

/* What may be looked up is asked of the grants as they are now, whatever the worker has been told of them; a
 * refusal that the worker did not make itself is booked here. */
static void on_lookup(const struct instance *instance, const struct ipc_lookup *lookup) {
    struct group *group = instance->group;
    CLEANUP(grant_set_done) struct grant_set grants = {0};
    if (grants_effective(group->daemon, instance->deployment->record, &grants, NULL) < 0)
        grant_set_done(&grants); /* and nothing is granted */
    if (lookups_take(&group->daemon->lookups, group->worker, group->name, lookup, &grants))
        return;
    char flag[1024];
    struct ipc_audit refusal;
    lookups_audit(lookup->name, &grants, flag, sizeof(flag), &refusal);
    on_audit(instance, &refusal);
}

/* A line of a process, or about an instance; of one that is gone already, too. */
static void on_log(struct group *group, const struct ipc_log *log) {
    const struct instance *instance = log->instance ? find(group, log->instance) : NULL;
    struct log_about about = {.group = group->name};
    if (instance)
        about = about_instance(LOG_RUNTIME, instance);
    said_line(&about, log);
}

static void on_frame(struct worker *worker, struct frame *frame, void *user) {
    struct group *group = user;
    const struct ipc_message *message = &frame->message;
    struct instance *instance = NULL;
    (void)worker;
    bool is_line = message->type == IPC_LOG || message->type == IPC_OUTPUT;
    if (is_line && !may_log(group))
        return;
    switch (message->type) {
    case IPC_LOG: on_log(group, &message->log); return;
    case IPC_FIGURES_ARE: figures_are(group, &message->figures_are, frame->header.call); return;
    case IPC_CALLED: calls_answer(group, &message->called); return;
    case IPC_STARTED: instance = find(group, message->started.instance); break;
    case IPC_ENDED: instance = find(group, message->ended.instance); break;
    case IPC_START_FAILED: instance = find(group, message->start_failed.instance); break;
    case IPC_OUTPUT: instance = find(group, message->output.instance); break;
    case IPC_AUDIT: instance = find(group, message->audit.instance); break;
    case IPC_LOOKUP: instance = find(group, message->lookup.instance); break;
    default: return;
    }
    if (!instance)
        return;
    switch (message->type) {
    case IPC_STARTED: on_started(instance); break;
    case IPC_ENDED: on_ended(instance, &message->ended); break;
    case IPC_START_FAILED: on_start_failed(instance, &message->start_failed); break;
    case IPC_OUTPUT: on_output(instance, &message->output); break;
    case IPC_AUDIT: on_audit(instance, &message->audit); break;
    case IPC_LOOKUP: on_lookup(instance, &message->lookup); break;
    default: break;
    }
}

/* --- life of the process --- */

static void on_ready(struct worker *worker, const struct ipc_ready *ready, void *user) {
    struct group *group = user;
    group->ready = true;
    backoff_reset(&group->backoff);
    struct log_about about = {.unit = LOG_WORKERS, .group = group->name};
    BUFFER_AUTO engine = BUFFER_INIT(4 * LIMIT_INTERFACE_BYTES);
    if (text_add_logfmt(&engine, ready->engine.data, ready->engine.length, LIMIT_NAME_BYTES, NULL) < 0)
        buffer_clear(&engine);
    log_event(LOG_INFO, &about, "worker ready", "pid=%d ms=%llu landlock=%llu engine=%s",
              (int)worker_pid(worker), (unsigned long long)(clock_monotonic_ms() - worker_started_ms(worker)),
              (unsigned long long)ready->landlock_abi, engine.length ? engine.data : "\"\"");
    daemon_turn(group->daemon);
}

static void on_line(struct worker *worker, const char *line, size_t length, uint64_t dropped, void *user) {
    struct group *group = user;
    struct log_about about = {.unit = LOG_WORKERS, .group = group->name, .stream = "stderr"};
    (void)worker;
    if (dropped)
        log_event(LOG_WARN, &about, "lines of a worker were dropped", "dropped=%llu",
                  (unsigned long long)dropped);
    log_text(LOG_WARN, &about, line, length);
}

static void on_state(struct worker *worker, enum worker_state from, enum worker_state to, void *user) {
    struct group *group = user;
    if (worker_pid(worker) > 0)
        group->pid = worker_pid(worker);
    char id[LIMIT_NAME_BYTES + 16];
    snprintf(id, sizeof(id), "%s/%d", group->name, (int)group->pid);
    struct log_about about = {.unit = LOG_WORKERS, .group = group->name};
    log_event(LOG_DEBUG, &about, "worker", "pid=%d from=%s to=%s", (int)group->pid, worker_state_name(from),
              worker_state_name(to));
    events_tell(group->daemon, &(struct event){.kind = "worker",
                                               .id = id,
                                               .from = worker_state_name(from),
                                               .to = worker_state_name(to),
                                               .group = group->name});
}

/* "… instance=7 …" in a dying worker's last words names who ran. */
static struct instance *named_in(struct group *group, const char *words) {
    static const char key[] = "running instance=";
    struct instance *named = NULL;
    for (const char *at = strstr(words, key); at; at = strstr(at + 1, key)) {
        char number[24] = "";
        const char *digits = at + sizeof(key) - 1;
        size_t length = strspn(digits, "0123456789");
        uint64_t handle;
        if (length == 0 || length >= sizeof(number))
            continue;
        memcpy(number, digits, length);
        if (text_parse_u64(number, UINT64_MAX, &handle, NULL) < 0)
            continue;
        struct instance *instance = model_instance(group->daemon, handle);
        if (instance && instance->group == group)
            named = instance;
    }
    return named;
}

/* Who stood in the page that the worker shares with us: its word, believed only about its own instances. */
static struct instance *running_in(struct group *group, uint64_t handle) {
    struct instance *instance = model_instance(group->daemon, handle);
    return instance && instance->group == group ? instance : NULL;
}

/*
 * Whose fault is the death of a worker?  Who its last words name; else who had the processor; else the only
 * one there was; else who was being started; else nobody's.
 */
static struct instance *culprit_of(struct group *group, const struct worker_end *end) {
    struct instance *named = named_in(group, end->last_words);
    if (!named)
        named = running_in(group, end->running);
    if (named)
        return named;
    struct instance *instance, *next, *starting = NULL, *only = NULL;
    size_t count = 0, starting_count = 0;
    HASH_ITER(hh, group->daemon->model.live, instance, next) {
        if (instance->group != group)
            continue;
        only = instance;
        count++;
        if (instance->state == INSTANCE_STARTING) {
            starting = instance;
            starting_count++;
        }
    }
    if (count == 1)
        return only;
    return starting_count == 1 ? starting : NULL;
}

static void on_retry(struct loop_timer *timer, void *user) {
    struct group *group = user;
    (void)timer;
    group->waiting = false;
    daemon_turn(group->daemon);
}

/* Wait before the next worker, or give the group up. */
static void hold_back(struct group *group, bool again, uint64_t delay_ms, const arcella_error *error) {
    arcella_error_free(group->error);
    group->error = error_copy(error);
    if (!again) {
        group->given_up = true;
        struct log_about about = {.unit = LOG_WORKERS, .group = group->name, .error = error};
        log_event(LOG_ERROR, &about, "workers of this group do not come up, so it is given up", "%s", "");
    } else if (delay_ms) {
        bool armed =
            group->retry || loop_timer_new(group->daemon->loop, on_retry, group, &group->retry, NULL) == 0;
        if (armed)
            loop_timer_start(group->retry, delay_ms, 0);
        group->waiting = armed;
    }
    daemon_turn(group->daemon);
}

/* A worker did not come up: after some tries none will. */
static void not_come_up(struct group *group, const arcella_error *error) {
    uint64_t delay_ms = 0;
    bool again = backoff_failed(&group->backoff, &backoff_defaults, clock_monotonic_ms(), &delay_ms);
    hold_back(group, again, delay_ms, error);
}

/* One died and nobody is to blame: the group pays in time, never with its life. */
static void died(struct group *group, const arcella_error *error) {
    struct backoff_policy policy = backoff_defaults;
    uint64_t delay_ms = 0;
    policy.intensity = BACKOFF_INTENSITY_MAX;
    policy.max_ms = DEATH_DELAY_MAX_MS;
    if (!backoff_failed(&group->deaths, &policy, clock_monotonic_ms(), &delay_ms))
        delay_ms = DEATH_DELAY_MAX_MS;
    hold_back(group, true, delay_ms, error);
}

static void log_end(const struct group *group, const struct worker_end *end, const struct instance *culprit) {
    struct log_about about = {.unit = LOG_WORKERS, .group = group->name, .error = end->error};
    if (culprit) {
        about.instance = culprit->address;
        about.deployment = culprit->deployment->record->id;
        about.component = culprit->deployment->record->component.text;
    }
    bool loud = end->state == WORKER_LOST && !end->wanted;
    /* Only what says something. */
    BUFFER_AUTO fields = BUFFER_INIT(4 * LIMIT_LAST_WORDS_BYTES);
    int r = buffer_format(&fields, NULL, "pid=%d", (int)group->pid);
    if (r == 0 && end->code)
        r = buffer_format(&fields, NULL, " code=%d", end->code);
    if (r == 0 && end->signal)
        r = buffer_format(&fields, NULL, " signal=%d", end->signal);
    if (r == 0 && group->live)
        r = buffer_format(&fields, NULL, " instances=%zu", group->live);
    if (r == 0 && end->last_words_length) {
        size_t before = fields.length;
        if (buffer_text(&fields, " last_words=", NULL) < 0 ||
            text_add_logfmt(&fields, end->last_words, end->last_words_length, LIMIT_LAST_WORDS_BYTES / 2,
                            NULL) < 0)
            fields.data[fields.length = before] = '\0';
    }
    log_event(loud ? LOG_ERROR : LOG_INFO, &about, loud ? "worker lost" : "worker ended", "%s",
              fields.data ? fields.data : "");
}

static void on_end(struct worker *worker, const struct worker_end *end, void *user) {
    struct group *group = user;
    struct daemon *daemon = group->daemon;
    /* Killed by us, for one instance that would not end, say, it is the fault of nobody who is still there.
     */
    struct instance *culprit = group->live && end->was_ready && !end->wanted ? culprit_of(group, end) : NULL;
    log_end(group, end, culprit);
    figures_lost(group);
    lookups_forget(&daemon->lookups, worker);
    group->worker = NULL;
    group->ready = false;
    daemon->sweep_groups = true;
    if (group->idle)
        loop_timer_stop(group->idle);
    ERROR_AUTO *lost = NULL;
    if (end->error)
        lost = error_copy(end->error);
    else
        error_set(&lost, ARCELLA_E_WORKER, "its worker ended");
    bool failed = end->state == WORKER_LOST && !end->wanted;
    if (failed && !end->was_ready)
        not_come_up(group, lost);
    else if (failed && !culprit)
        died(group, lost);
    struct instance *instance, *next;
    HASH_ITER(hh, daemon->model.live, instance, next) {
        if (instance->group != group)
            continue;
        outcome_from_error(&instance->deployment->outcome, "worker-lost", lost);
        supervise_ended(instance, instance == culprit, false);
    }
    daemon_turn(daemon);
}

void hooks_spawn(struct group *group) {
    static const struct worker_hooks hooks = {.on_ready = on_ready,
                                              .on_frame = on_frame,
                                              .on_line = on_line,
                                              .on_state = on_state,
                                              .on_end = on_end};
    ERROR_AUTO *error = NULL;
    int r = launch_worker(group, &hooks, &error);
    struct log_about about = {.unit = LOG_WORKERS, .group = group->name, .error = error};
    if (r < 0) {
        log_event(LOG_ERROR, &about, "a worker could not be started", "%s", "");
        not_come_up(group, error);
        return;
    }
    group->pid = worker_pid(group->worker);
    log_event(LOG_INFO, &about, "worker started", "pid=%d dirs=%zu", (int)group->pid, group->dirs_count);
}
