/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The differential test: component_differential [--cases N] [--seed N] [--only N] [--keep FILE]
 *
 * Each case is a random function type, an echo component made for it (echo.h), and random values.  Our stack
 * and the engine's own component interface run it in this process; what the host function saw, what came back
 * and whether it trapped must be the same.  Half of the guests spoil something on purpose.  A case that went
 * well without that must return what went in.
 *
 * --only N runs case number N of the seed alone; --keep writes the component of the last case run to a file.
 * Exit 0: all the same.
 */
#include "differential.h"

#include "base/limits.h"
#include "base/loop.h"
#include "component/call.h"
#include "component/component.h"
#include "component/value_text.h"
#include "wast.h"

struct session {
    struct loop *loop;
    struct engine *engine;
    struct component_bindings *bindings;
    struct reference *reference;
    struct observed ours; /* where the host function writes */
    bool over;
    const char *keep;
    /* Figures: spoilt on purpose; trapped in both; with a sentence that no row knows, or of another kind (two
     * mistakes in one pointer); more than the reference takes. */
    unsigned hostile, trapped, unknown, other, beyond;
};

static void give_up(const char *what, const arcella_error *error) {
    fprintf(stderr, "differential: %s: %s\n", what, error ? arcella_error_message(error) : "");
    exit(2);
}

/* --- ours --- */

static int host_echo(struct call *call, void *user) {
    struct session *s = user;
    const struct func_type *type = call_type(call);
    const struct value *values;
    struct value result;
    int r = call_values(call, &values);
    if (r)
        return r;
    s->ours.seen = true;
    s->ours.params = arena_array(&s->ours.arena, type->param_count, sizeof(struct value));
    if (!s->ours.params)
        give_up("no memory", NULL);
    for (uint32_t i = 0; i < type->param_count; i++)
        if (value_copy(type->params[i].type, &values[i], &s->ours.arena, &s->ours.params[i], NULL))
            give_up("no memory", NULL);
    bool has = echo_result(type, values, &s->ours.arena, &result);
    return call_return(call, has ? &result : NULL);
}

static void take_outcome(struct session *s, const struct engine_outcome *outcome) {
    s->ours.trapped = true;
    snprintf(s->ours.kind, sizeof(s->ours.kind), "%s",
             outcome->end == ENGINE_END_TRAPPED ? outcome->trap : engine_end_name(outcome->end));
    snprintf(s->ours.message, sizeof(s->ours.message), "%s", outcome->message);
}

static void on_made(struct component_instance *instance, const struct engine_outcome *outcome, void *user) {
    struct session *s = user;
    (void)instance;
    if (outcome->end != ENGINE_END_RETURNED)
        take_outcome(s, outcome);
    s->over = true;
}

static void on_done(struct component_instance *instance, const struct engine_outcome *outcome,
                    const struct value *result, void *user) {
    struct session *s = user;
    (void)instance;
    if (outcome->end != ENGINE_END_RETURNED)
        take_outcome(s, outcome);
    else if (result) {
        s->ours.has_result = true;
        if (value_copy(s->ours.type->result, result, &s->ours.arena, &s->ours.result, NULL))
            give_up("no memory", NULL);
    }
    s->over = true;
}

static void turn(struct session *s) {
    while (!s->over)
        loop_run_once(s->loop);
}

static void call_ours(struct session *s, struct component_instance *instance,
                      const struct component_func *func, const struct value *args, bool direct) {
    ERROR_AUTO *error = NULL;
    const struct engine_budget budget = {.wall_ms = 60000};
    struct engine_outcome outcome = {.end = ENGINE_END_RETURNED};
    int r;
    s->over = false;
    if (!direct) {
        r = component_call(instance, func, args, s->ours.type->param_count, &budget, on_done, s, &error);
        if (r)
            give_up("call", error);
        turn(s);
        return;
    }
    r = component_call_direct(instance, func, args, s->ours.type->param_count, &budget, &s->ours.arena,
                              &s->ours.result, &outcome, &error);
    if (r < 0)
        give_up("direct call", error);
    s->ours.has_result = !r && s->ours.type->result;
    if (r)
        take_outcome(s, &outcome);
}

static void run_ours(struct session *s, struct component *component, const struct value *args, bool direct) {
    ERROR_AUTO *error = NULL;
    static const struct component_limits limits = {
        .engine = {.memory_bytes = 64 * MIB, .table_elements = 1000}};
    const struct engine_budget budget = {.wall_ms = 60000};
    struct component_instance *instance = NULL;
    s->over = false;
    if (component_instance_new(component, s->bindings, &limits, &budget, s, on_made, &instance, &error))
        give_up("instantiate", error);
    turn(s);
    if (!s->ours.trapped)
        call_ours(s, instance, component_func_find(component, "", "run"), args, direct);
    component_instance_free(instance);
}

/* --- comparing --- */

static void show(const char *who, const struct type *type, const struct value *value, struct arena *arena) {
    BUFFER_AUTO text = BUFFER_INIT(4000);
    wast_value_print(type, value, arena, &text);
    fprintf(stderr, "    %s: %s\n", who, text.data ? text.data : "?");
}

static bool same(const char *what, const struct type *type, const struct value *a, const struct value *b,
                 struct arena *arena) {
    if (value_equal(type, a, b))
        return true;
    fprintf(stderr, "  %s differs\n", what);
    show("one", type, a, arena);
    show("other", type, b, arena);
    return false;
}

static bool same_params(const char *what, const struct func_type *type, const struct value *a,
                        const struct value *b, struct arena *arena) {
    for (uint32_t i = 0; i < type->param_count; i++) {
        char name[80];
        snprintf(name, sizeof(name), "%s, parameter %u", what, i);
        if (!same(name, type->params[i].type, &a[i], &b[i], arena))
            return false;
    }
    return true;
}

/* The reference takes at most a few megabytes of values through one call, whatever they are. */
static bool beyond_reference(const struct observed *theirs) {
    return theirs->trapped && strstr(theirs->message, "fuel allocated for hostcalls has been exhausted");
}

/* Both trapped: for the same reason?  Counted, since sentences are each implementation's own. */
static void compare_reasons(struct session *s, const struct observed *theirs) {
    int fits = wast_trap_fits(theirs->message, s->ours.kind);
    s->trapped++;
    s->unknown += fits < 0;
    s->other += fits == 0;
    if (fits != 1 && getenv("DIFFERENTIAL_REASONS"))
        printf("%s: %s | %s\n", s->ours.kind, s->ours.message, theirs->message);
}

static bool compare(struct session *s, const struct echo *echo, const struct value *args,
                    struct observed *theirs) {
    struct observed *ours = &s->ours;
    const struct func_type *type = ours->type;
    if (beyond_reference(theirs)) {
        s->beyond++;
        return true;
    }
    if (ours->trapped != theirs->trapped || ours->seen != theirs->seen) {
        fprintf(stderr, "  ours: host %s, %s %s\n  reference: host %s, %s %s\n",
                ours->seen ? "called" : "not called", ours->trapped ? ours->kind : "returned", ours->message,
                theirs->seen ? "called" : "not called", theirs->trapped ? "trapped" : "returned",
                theirs->message);
        return false;
    }
    if (ours->seen && !same_params("what the host saw", type, ours->params, theirs->params, &ours->arena))
        return false;
    if (ours->trapped) {
        compare_reasons(s, theirs);
        return echo->edit.kind != ECHO_NOTHING || !echo->drops;
    }
    if (ours->has_result != theirs->has_result)
        return false;
    if (ours->has_result && !same("the result", type->result, &ours->result, &theirs->result, &ours->arena))
        return false;
    struct value wanted;
    if (echo->edit.kind == ECHO_NOTHING && echo_result(type, args, &ours->arena, &wanted))
        return same("the result from what went in", type->result, &ours->result, &wanted, &ours->arena);
    return true;
}

/* --- a case --- */

static bool run_bytes(struct session *s, struct chance *chance, const struct echo *echo,
                      const struct emit *bytes) {
    ERROR_AUTO *error = NULL;
    struct component *component = NULL;
    struct observed theirs = {.trapped = false};
    if (component_load(s->engine, bytes->data, bytes->length, &component, &error)) {
        fprintf(stderr, "  not loaded: %s\n", arcella_error_message(error));
        return false;
    }
    const struct func_type *type = component_func_type(component_func_find(component, "", "run"));
    s->ours = (struct observed){.type = type};
    theirs.type = type;
    struct arena arena = {.block = NULL};
    struct value *args = arena_array(&arena, type->param_count, sizeof(*args));
    if (!args)
        give_up("no memory", NULL);
    for (uint32_t i = 0; i < type->param_count; i++)
        args[i] = random_value(chance, type->params[i].type, &arena);
    bool good = reference_run(s->reference, bytes->data, bytes->length, args, &theirs);
    if (!good)
        fprintf(stderr, "  the reference did not run it: %s\n", theirs.message);
    run_ours(s, component, args, chance_below(chance, 2));
    good = good && compare(s, echo, args, &theirs);
    arena_done(&s->ours.arena);
    arena_done(&theirs.arena);
    arena_done(&arena);
    component_unref(component);
    return good;
}

static void keep(const char *path, const struct emit *bytes) {
    FILE *file = path ? fopen(path, "wb") : NULL;
    if (!file)
        return;
    fwrite(bytes->data, 1, bytes->length, file);
    fclose(file);
}

static bool run_case(struct session *s, uint64_t seed, unsigned number) {
    static const enum ast_encoding encodings[] = {ENCODING_UTF8, ENCODING_UTF16, ENCODING_LATIN1_UTF16};
    struct chance chance = {seed * 1000003 + number};
    struct types *types = types_new();
    struct emit bytes = {0};
    if (!types)
        give_up("no memory", NULL);
    struct echo echo = {.type = random_func(&chance, types),
                        .encoding = encodings[chance_below(&chance, 3)],
                        .drops = chance_below(&chance, 8) != 0};
    random_edit(&chance, &echo);
    s->hostile += echo.edit.kind != ECHO_NOTHING;
    echo_emit(&echo, &bytes);
    keep(s->keep, &bytes);
    bool good = run_bytes(s, &chance, &echo, &bytes);
    if (!good)
        fprintf(stderr, "case %u of seed %llu: differs (encoding %d, edit %d at %u, %u bytes, value %#x)\n",
                number, (unsigned long long)seed, echo.encoding, echo.edit.kind, echo.edit.at,
                echo.edit.width, echo.edit.value);
    emit_done(&bytes);
    types_free(types);
    return good;
}

static void session_open(struct session *s) {
    ERROR_AUTO *error = NULL;
    if (loop_new(&s->loop, &error) ||
        engine_new(&(struct engine_config)ENGINE_CONFIG_INIT, s->loop, &s->engine, &error))
        give_up("engine", error);
    s->bindings = component_bindings_new();
    s->reference = reference_new();
    const struct component_host_func func = {"", "echo", NULL, host_echo, s};
    const struct component_host_resource thing = {"", "thing", NULL, NULL};
    if (!s->bindings || component_bind(s->bindings, &func, 1, &thing, 1, &error))
        give_up("bindings", error);
}

static void session_close(struct session *s) {
    component_bindings_unref(s->bindings);
    reference_free(s->reference);
    engine_free(s->engine);
    loop_free(s->loop);
}

int main(int argc, char **argv) {
    struct session s = {.keep = NULL};
    unsigned cases = 300, from = 0, bad = 0;
    uint64_t seed = (uint64_t)time(NULL);
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t number = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--cases") == 0)
            cases = (unsigned)number;
        else if (strcmp(argv[i], "--seed") == 0)
            seed = number;
        else if (strcmp(argv[i], "--only") == 0) {
            from = (unsigned)number;
            cases = from + 1;
        } else if (strcmp(argv[i], "--keep") == 0)
            s.keep = argv[i + 1];
    }
    printf("seed %llu, %u cases\n", (unsigned long long)seed, cases - from);
    fflush(stdout);
    session_open(&s);
    for (unsigned i = from; i < cases && bad < 20; i++)
        bad += !run_case(&s, seed, i);
    printf("%u hostile, %u trapped in both, %u of them for a reason with another name, %u with an unknown "
           "sentence; %u beyond what the reference takes\n%s: %u differ\n",
           s.hostile, s.trapped, s.other, s.unknown, s.beyond, bad ? "FAILED" : "passed", bad);
    session_close(&s);
    return bad != 0;
}
