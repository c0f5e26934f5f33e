/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* How a run ended: what is said on standard error, and the exit code. */
#include "base/mem.h"
#include "daemon/run_inner.h"

static void say_outcome(const struct run *run) {
    char sentence[1200];
    const struct outcome *outcome = &run->outcome;
    outcome_sentence(outcome, sentence, sizeof(sentence));
    fprintf(stderr, "error: %s: %s [%s]\n", run_file_name(run), sentence, outcome->end);
    for (size_t i = 0; i < outcome->frames_count; i++) {
        const struct outcome_frame *frame = &outcome->frames[i];
        BUFFER_AUTO name = BUFFER_INIT(1024);
        if (text_add_visible(&name, frame->name, strlen(frame->name), false, NULL) < 0)
            buffer_clear(&name);
        fprintf(stderr, "  at %s (function %llu", name.length ? name.data : "?",
                (unsigned long long)frame->function);
        buffer_clear(&name);
        if (*frame->module && text_add_visible(&name, frame->module, strlen(frame->module), false, NULL) == 0)
            fprintf(stderr, " of %s", name.data);
        if (frame->offset != UINT64_MAX)
            fprintf(stderr, ", offset 0x%llx", (unsigned long long)frame->offset);
        fprintf(stderr, ")\n");
    }
}

static void say_notes(const struct run *run) {
    for (size_t i = 0; i < run->notes_count; i++) {
        BUFFER_AUTO text = BUFFER_INIT(4 * NOTE_BYTES);
        if (text_add_visible(&text, run->notes[i], strlen(run->notes[i]), false, NULL) == 0 && text.length)
            fprintf(stderr, "arcella: %s\n", text.data);
    }
    if (*run->outcome.limit)
        fprintf(stderr, "arcella: %s; %s raises it\n", run->outcome.limit,
                run->outcome.memory_limit_hit ? "--memory" : "--table-elements");
}

/* A line to standard error, without what a terminal would act by. */
static void say(const char *text) {
    BUFFER_AUTO shown = BUFFER_INIT(LIMIT_REFUSALS * 4096);
    if (text_add_visible(&shown, text, strlen(text), false, NULL) == 0 && shown.length)
        fprintf(stderr, "arcella: %s\n", shown.data);
}

/* What was refused, with what would allow it. */
static void say_refusals(const struct run *run) {
    for (size_t i = 0; i < run->refusals.count; i++) {
        const struct refusal *refusal = &run->refusals.items[i];
        char sentence[NOTE_BYTES], times[40] = "";
        if (refusal->reason == IPC_AUDIT_ONLY_TOLD)
            continue;
        if (refusal->count > 1)
            snprintf(times, sizeof(times), ", %llu times", (unsigned long long)refusal->count);
        const char *grant = refusal->grant ? refusal->grant : "";
        const char *then = refusal->reason != IPC_AUDIT_NO_GRANT ? "; denied by "
                           : *grant                              ? "; allow it with "
                                                                 : "";
        snprintf(sentence, sizeof(sentence), "denied: %s %s '%.400s'%s%s%.400s", refusal->class,
                 refusal->action, refusal->resource, times, then, grant);
        say(sentence);
    }
    if (run->refusals.others) {
        char sentence[100];
        snprintf(sentence, sizeof(sentence), "denied: %llu others", (unsigned long long)run->refusals.others);
        say(sentence);
    }
}

/* What --audit-only let pass, as flags. */
static void say_passed(const struct run *run) {
    BUFFER_AUTO flags = BUFFER_INIT(LIMIT_REFUSALS * 1100);
    BUFFER_AUTO absent = BUFFER_INIT(LIMIT_REFUSALS * 1100);
    if (refusals_flags(&run->refusals, &flags, &absent, NULL) < 0)
        return;
    if (flags.length) {
        say("--audit-only let this pass; a tight policy needs these flags:");
        say(flags.data);
    }
    if (absent.length) {
        say("tried, and not there; these cannot be given before it is:");
        say(absent.data);
    }
}

static int exit_of_error(const struct run *run) {
    if (run->no_file)
        return RUN_EXIT_NOT_FOUND;
    switch (arcella_error_code(run->error)) {
    case ARCELLA_E_KIND:
    case ARCELLA_E_WASM:
    case ARCELLA_E_LINK:
    case ARCELLA_E_UNSUPPORTED: return RUN_EXIT_NO_PROGRAM;
    case ARCELLA_E_LIMIT:
    case ARCELLA_E_TOO_LARGE: return RUN_EXIT_LIMIT;
    case ARCELLA_E_INVALID: return RUN_EXIT_BAD_CALL;
    case ARCELLA_E_WORKER: return RUN_EXIT_WORKER;
    default: return RUN_EXIT_CANNOT;
    }
}

/* Ends that are no exit of the program's own. */
static const struct {
    const char *end;
    int code;
} ends[] = {
    {"trap", RUN_EXIT_TRAP},
    {"stack-exhausted", RUN_EXIT_TRAP},
    {"cpu-time-exhausted", RUN_EXIT_BUDGET},
    {"fuel-exhausted", RUN_EXIT_BUDGET},
    {"wall-time-exceeded", RUN_EXIT_WALL_TIME},
    {"over-limit", RUN_EXIT_LIMIT},
    {"worker-lost", RUN_EXIT_WORKER},
};

static int exit_of_outcome(const struct run *run) {
    const struct outcome *outcome = &run->outcome;
    if (strcmp(outcome->end, "returned") == 0 || run->invoked)
        return 0;
    if (strcmp(outcome->end, "exited") == 0) {
        int code = (int)(outcome->exit_code & 0xff);
        return code == 0 && outcome->exit_code != 0 ? 1 : code;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++)
        if (strcmp(outcome->end, ends[i].end) == 0)
            return ends[i].code;
    return RUN_EXIT_CANNOT;
}

int run_finish(struct run *run) {
    int code;
    if (run->signal)
        return 128 + run->signal;
    if (run->error) {
        code = exit_of_error(run);
        run_say_error(run->error);
    } else {
        code = exit_of_outcome(run);
        if (code != 0 && strcmp(run->outcome.end, "exited") != 0)
            say_outcome(run);
    }
    if (code != 0) {
        say_refusals(run);
        say_notes(run);
    }
    say_passed(run);
    return code;
}
