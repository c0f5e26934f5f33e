/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* How a run ended: kept, told in a sentence, shown as JSON.  Plain data; the loop's thread. */
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "daemon/model.h"

void outcome_done(struct outcome *outcome) {
    mem_free(outcome->frames);
    memset(outcome, 0, sizeof(*outcome));
}

static uint64_t wall_ms(void) {
    return clock_wall_ns() / 1000000;
}

void outcome_from_frame(struct outcome *outcome, const struct ipc_ended *ended) {
    outcome_done(outcome);
    outcome->known = true;
    text_copy(outcome->end, sizeof(outcome->end), ended->end.data);
    outcome->exit_code = ended->exit_code;
    text_copy(outcome->trap, sizeof(outcome->trap), ended->trap.data);
    text_copy(outcome->message, sizeof(outcome->message), ended->message.data);
    outcome->cpu_ns = ended->cpu_ns;
    outcome->fuel_used = ended->fuel_used;
    outcome->memory_bytes = ended->memory_bytes;
    outcome->memory_limit_hit = ended->memory_limit_hit;
    outcome->table_limit_hit = ended->table_limit_hit;
    outcome->wall_ms = wall_ms();
    size_t count = ended->frames_count < OUTCOME_FRAMES_MAX ? ended->frames_count : OUTCOME_FRAMES_MAX;
    outcome->frames = count ? mem_array(count, sizeof(*outcome->frames)) : NULL;
    if (!outcome->frames)
        return; /* the sentence stays */
    outcome->frames_count = count;
    for (size_t i = 0; i < count; i++) {
        struct outcome_frame *frame = &outcome->frames[i];
        frame->function = ended->frames[i].function;
        frame->offset = ended->frames[i].offset;
        text_copy(frame->name, sizeof(frame->name), ended->frames[i].name.data);
        text_copy(frame->module, sizeof(frame->module), ended->frames[i].module.data);
    }
}

void outcome_from_error(struct outcome *outcome, const char *end, const arcella_error *error) {
    outcome_done(outcome);
    outcome->known = true;
    text_copy(outcome->end, sizeof(outcome->end), end);
    text_copy(outcome->message, sizeof(outcome->message), arcella_error_message(error));
    outcome->wall_ms = wall_ms();
}

bool outcome_is_good(const struct outcome *outcome) {
    return strcmp(outcome->end, "returned") == 0 ||
           (strcmp(outcome->end, "exited") == 0 && outcome->exit_code == 0);
}

void outcome_name_limits(struct outcome *outcome, const struct policy *policy) {
    char size[32];
    text_format_size(policy_number(policy, POLICY_MEMORY_KEY), size, sizeof(size));
    /* Some of the engine's sentences name it already. */
    if (outcome_is_good(outcome) || strstr(outcome->message, "limit"))
        return;
    if (outcome->memory_limit_hit)
        snprintf(outcome->limit, sizeof(outcome->limit), "its memory stood at its limit of %s", size);
    else if (outcome->table_limit_hit)
        snprintf(outcome->limit, sizeof(outcome->limit), "a table stood at its limit of %llu elements",
                 (unsigned long long)policy_number(policy, POLICY_TABLE_KEY));
}

static void sentence_without_limit(const struct outcome *outcome, char *to, size_t size) {
    if (strcmp(outcome->end, "exited") == 0)
        snprintf(to, size, "exited with code %lld", (long long)outcome->exit_code);
    else if (*outcome->trap && *outcome->message)
        snprintf(to, size, "trap: %s", outcome->message); /* which says what kind it is */
    else if (*outcome->trap) {
        char kind[sizeof(outcome->trap)];
        text_copy(kind, sizeof(kind), outcome->trap);
        for (char *c = kind; *c; c++)
            *c = *c == '-' ? ' ' : *c;
        snprintf(to, size, "trap: %s", kind);
    } else if (*outcome->message)
        snprintf(to, size, "%s", outcome->message);
    else
        snprintf(to, size, "%s", outcome->end);
}

void outcome_sentence(const struct outcome *outcome, char *to, size_t size) {
    sentence_without_limit(outcome, to, size);
    size_t used = strlen(to);
    if (*outcome->limit)
        snprintf(to + used, size - used, "; %s", outcome->limit);
}

static json_t *frames_json(const struct outcome *outcome) {
    JSON_AUTO *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < outcome->frames_count; i++) {
        const struct outcome_frame *frame = &outcome->frames[i];
        json_t *one = json_object();
        ok = one != NULL;
        json_put(one, "function", json_integer((json_int_t)frame->function), &ok);
        if (frame->offset != UINT64_MAX)
            json_put(one, "offset", json_integer((json_int_t)frame->offset), &ok);
        json_put_text(one, "name", frame->name, &ok);
        json_put_text(one, "module", frame->module, &ok);
        ok = ok && json_array_append_new(list, one) == 0;
    }
    return ok ? TAKE(list) : NULL;
}

json_t *outcome_json(const struct outcome *outcome) {
    if (!outcome->known)
        return NULL;
    char sentence[1200];
    char when[32];
    outcome_sentence(outcome, sentence, sizeof(sentence));
    clock_format(outcome->wall_ms * 1000000, when, sizeof(when));
    JSON_AUTO *all = json_object();
    bool ok = all != NULL;
    json_put_text(all, "end", outcome->end, &ok);
    if (strcmp(outcome->end, "exited") == 0)
        json_put(all, "exit_code", json_integer(outcome->exit_code), &ok);
    if (*outcome->trap)
        json_put_text(all, "trap", outcome->trap, &ok);
    json_put_text(all, "message", sentence, &ok);
    json_put(all, "frames", frames_json(outcome), &ok);
    json_put(all, "cpu_ms", json_integer((json_int_t)(outcome->cpu_ns / 1000000)), &ok);
    if (outcome->fuel_used)
        json_put(all, "fuel_used", json_integer((json_int_t)outcome->fuel_used), &ok);
    json_put(all, "memory_bytes", json_integer((json_int_t)outcome->memory_bytes), &ok);
    if (outcome->memory_limit_hit)
        json_put(all, "memory_limit_hit", json_true(), &ok);
    if (outcome->table_limit_hit)
        json_put(all, "table_limit_hit", json_true(), &ok);
    json_put_text(all, "time", when, &ok);
    return ok ? TAKE(all) : NULL;
}
