/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The commands of one script, run in order in a process of their own: what they load, the instances they
 * make, the calls they judge.
 *
 * A feature that we do not have (UNSUPPORTED) makes a command skipped, and with it every command that needs
 * what could not be made.  Nothing that was refused for such a reason counts as passed.
 */
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/limits.h"
#include "base/mem.h"
#include "wast.h"

/* Why there is nothing to call: the verdict that commands get which would need it. */
struct gap {
    enum wast_state state; /* UNKNOWN: there is something */
    char why[240];
};

/* What a command made: a definition, which has no instance, or an instance. */
struct subject {
    const char *name; /* borrowed of the JSON; NULL: none */
    struct component_instance *instance;
    struct component *component; /* counted */
    struct gap gap;
};

struct run {
    const char *folder;
    const struct wast_options *options;
    struct wast_sheet *sheet;
    struct wast_verdict *verdict; /* of the command */
    struct loop *loop;
    struct engine *engine;
    struct component_bindings *bindings;
    struct subject *definitions; /* one for each command, most unused; likewise … */
    struct subject *subjects;    /* … what calls are about */
    size_t count;
    struct subject *current;
    /* The call or instantiation in progress. */
    bool over;
    struct engine_outcome outcome;
    struct arena arena;
    bool has_result;
    struct value result;
    const struct func_type *type; /* of what is called */
};

PRINTF_LIKE(3, 4) static void judge(struct run *run, enum wast_state state, const char *format, ...) {
    va_list arguments;
    run->verdict->state = (uint8_t)state;
    va_start(arguments, format);
    vsnprintf(run->verdict->text, sizeof(run->verdict->text), format, arguments);
    va_end(arguments);
}
static void pass(struct run *run) {
    judge(run, WAST_PASSED, "%s", "");
}
/* What was refused: skipped if for a feature we do not have, else failed. */
static enum wast_state refused(int code) {
    return code == ARCELLA_E_UNSUPPORTED ? WAST_SKIPPED : WAST_FAILED;
}
/* What a command was to make is not there; what needs it gets this verdict. */
static void set_gap(struct gap *gap, enum wast_state state, const json_t *command, const char *why) {
    gap->state = state;
    snprintf(gap->why, sizeof(gap->why), "line %lld: %.200s",
             json_integer_value(json_object_get(command, "line")), why);
}

/**
 * Load what a command names.
 *
 * @param ret  the component; NULL for a core module, or where nothing is instantiated
 * @return as wast_load()
 */
static int load(struct run *run, const json_t *command, struct component **ret, arcella_error **reterr) {
    BUFFER_AUTO bytes = BUFFER_INIT(WAST_FILE_BYTES);
    char differs[300];
    *ret = NULL;
    int r = wast_read(run->folder, command, &bytes, reterr);
    if (r)
        return r;
    r = wast_load(run->engine, &bytes, run->options->check, ret, reterr);
    if (run->options->reference && wast_reference_differs(&bytes, differs, sizeof(differs)))
        judge(run, WAST_FAILED, "the engine's validator judges otherwise: %s", differs);
    return r;
}

/* --- instances --- */

static void wait_over(struct run *run) {
    while (!run->over)
        loop_run_once(run->loop);
}
static void on_made(struct component_instance *instance, const struct engine_outcome *outcome, void *user) {
    struct run *run = user;
    (void)instance;
    run->outcome = *outcome;
    run->over = true;
}

/* Make an instance of a component, to its end. @return 0 where it runs, else a code; TRAPPED is in outcome */
static int instantiate(struct run *run, struct component *component, struct component_instance **ret,
                       arcella_error **reterr) {
    const struct engine_budget budget = {.wall_ms = (uint64_t)run->options->seconds * 1000};
    const struct component_limits limits = {
        .engine = {.memory_bytes = run->options->memory_bytes, .table_elements = 100000},
    };
    run->over = false;
    const int r =
        component_instance_new(component, run->bindings, &limits, &budget, run, on_made, ret, reterr);
    if (r)
        return r;
    wait_over(run);
    return 0;
}

static struct subject *subject_add(struct run *run, const json_t *name) {
    struct subject *s = &run->subjects[run->sheet->at];
    s->name = json_string_value(name);
    run->current = s;
    return s;
}

static void subject_make(struct run *run, struct subject *s, const json_t *command,
                         struct component *component) {
    ERROR_AUTO *error = NULL;
    const int r = instantiate(run, component, &s->instance, &error);
    s->component = component_ref(component);
    if (r)
        judge(run, refused(r), "instantiate: %s", arcella_error_message(error));
    else if (run->outcome.end != ENGINE_END_RETURNED)
        judge(run, WAST_FAILED, "instantiate: %s: %s", engine_end_name(run->outcome.end),
              run->outcome.message);
    else {
        if (run->verdict->state == WAST_UNKNOWN)
            pass(run);
        return;
    }
    set_gap(&s->gap, run->verdict->state, command, run->verdict->text);
}

static void do_module(struct run *run, const json_t *command, bool define) {
    struct component *component = NULL;
    ERROR_AUTO *error = NULL;
    struct gap gap = {WAST_UNKNOWN, ""};
    const json_t *name = json_object_get(command, "name");
    const int r = load(run, command, &component, &error);
    if (r) {
        judge(run, refused(r), "load: %s", arcella_error_message(error));
        set_gap(&gap, refused(r), command, run->verdict->text);
    } else if (!component)
        set_gap(&gap, WAST_SKIPPED, command, run->options->check ? "only checked" : "a core module");
    if (run->verdict->state == WAST_UNKNOWN && (define || !component))
        pass(run);
    if (define) {
        struct subject *d = &run->definitions[run->sheet->at];
        *d = (struct subject){json_string_value(name), NULL, component, gap};
        return;
    }
    struct subject *s = subject_add(run, name);
    s->gap = gap;
    if (component)
        subject_make(run, s, command, component);
    component_unref(component);
}

static void do_instance(struct run *run, const json_t *command) {
    const char *name = json_string_value(json_object_get(command, "module"));
    struct subject *s = subject_add(run, json_object_get(command, "instance"));
    /* The last one of that name; without a name, the last one. */
    for (size_t i = run->sheet->at; i-- > 0;) {
        struct subject *d = &run->definitions[i];
        if (!d->component && d->gap.state == WAST_UNKNOWN)
            continue;
        if (name && (!d->name || strcmp(name, d->name) != 0))
            continue;
        s->gap = d->gap;
        if (d->component)
            subject_make(run, s, command, d->component);
        else
            judge(run, d->gap.state, "%s", d->gap.why);
        return;
    }
    judge(run, WAST_FAILED, "there is no definition '%s'", name ? name : "");
    set_gap(&s->gap, WAST_FAILED, command, run->verdict->text);
}

/* --- calls --- */

static void keep_result(struct run *run, const struct value *result) {
    run->has_result = false;
    if (!result || !run->type->result)
        return;
    ERROR_AUTO *error = NULL;
    if (value_copy(run->type->result, result, &run->arena, &run->result, &error) == 0)
        run->has_result = true;
}
static void on_done(struct component_instance *instance, const struct engine_outcome *outcome,
                    const struct value *result, void *user) {
    struct run *run = user;
    (void)instance;
    run->outcome = *outcome;
    keep_result(run, result);
    run->over = true;
}

static int call_direct(struct run *run, struct component_instance *instance,
                       const struct component_func *func, const struct value *args,
                       const struct engine_budget *budget, arcella_error **reterr) {
    memset(&run->outcome, 0, sizeof(run->outcome));
    const int r = component_call_direct(instance, func, args, run->type->param_count, budget, &run->arena,
                                        &run->result, &run->outcome, reterr);
    run->has_result = r == 0 && run->type->result;
    return r < 0 ? r : 0;
}

/* Call what the action names, to its end. @return 0: see outcome; NOT_FOUND, INVALID, UNSUPPORTED, STATE … */
static int act(struct run *run, struct subject *s, const json_t *action, arcella_error **reterr) {
    const char *field = json_string_value(json_object_get(action, "field"));
    const json_t *args = json_object_get(action, "args");
    const struct engine_budget budget = {.wall_ms = (uint64_t)run->options->seconds * 1000};
    const struct component_func *func = component_func_find(s->component, "", field ? field : "");
    if (!func)
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "there is no function '%s'", field ? field : "");
    run->type = component_func_type(func);
    if (json_array_size(args) != run->type->param_count)
        return error_set(reterr, ARCELLA_E_INVALID, "%s: %zu arguments, expected %u", field,
                         json_array_size(args), run->type->param_count);
    struct value *values = arena_array(&run->arena, run->type->param_count + 1, sizeof(*values));
    if (!values)
        return error_nomem(reterr);
    for (uint32_t i = 0; i < run->type->param_count; i++) {
        const int r =
            wast_value(json_array_get(args, i), run->type->params[i].type, &run->arena, &values[i], reterr);
        if (r)
            return error_wrap(reterr, r, "%s, argument %u", field, i);
    }
    if (run->options->direct)
        return call_direct(run, s->instance, func, values, &budget, reterr);
    run->over = false;
    const int r =
        component_call(s->instance, func, values, run->type->param_count, &budget, on_done, run, reterr);
    if (r == 0)
        wait_over(run);
    return r;
}

/* The instance an action is about: that of its name, or the current one. @return NULL: judged already */
static struct subject *find_subject(struct run *run, const json_t *action) {
    const char *name = json_string_value(json_object_get(action, "module"));
    struct subject *s = run->current;
    for (size_t i = run->sheet->at; name && i-- > 0;)
        if (run->subjects[i].name && strcmp(run->subjects[i].name, name) == 0) {
            s = &run->subjects[i];
            break;
        }
    if (!s)
        judge(run, WAST_FAILED, "there is no instance");
    else if (s->gap.state != WAST_UNKNOWN)
        judge(run, s->gap.state, "%s", s->gap.why);
    else
        return s;
    return NULL;
}

static void judge_result(struct run *run, const json_t *expected) {
    const struct type *type = run->type->result;
    ERROR_AUTO *error = NULL;
    struct value raw, wanted;
    if (json_array_size(expected) != (type ? 1 : 0)) {
        judge(run, WAST_FAILED, "%zu results expected, the function has %d", json_array_size(expected),
              type ? 1 : 0);
        return;
    }
    if (!type) {
        pass(run);
        return;
    }
    int r = wast_value(json_array_get(expected, 0), type, &run->arena, &raw, &error);
    if (!r)
        r = value_fit(type, &raw, &run->arena, &wanted, &error);
    if (r) {
        judge(run, WAST_FAILED, "the expected result: %s", arcella_error_message(error));
        return;
    }
    if (run->has_result && value_equal(type, &run->result, &wanted)) {
        pass(run);
        return;
    }
    BUFFER_AUTO got = BUFFER_INIT(200), want = BUFFER_INIT(200);
    if (run->has_result)
        wast_value_print(type, &run->result, &run->arena, &got);
    wast_value_print(type, &wanted, &run->arena, &want);
    judge(run, WAST_FAILED, "got %s, expected %s", got.data ? got.data : "nothing",
          want.data ? want.data : "");
}

/* assert_return; and a plain action, which has no expected result and only must not trap. */
static void do_return(struct run *run, const json_t *command) {
    const json_t *action = json_object_get(command, "action");
    const json_t *expected = json_object_get(command, "expected");
    struct subject *s = find_subject(run, action);
    ERROR_AUTO *error = NULL;
    if (!s)
        return;
    const int r = act(run, s, action, &error);
    if (r)
        judge(run, refused(r), "%s", arcella_error_message(error));
    else if (run->outcome.end != ENGINE_END_RETURNED)
        judge(run, WAST_FAILED, "%s: %s: %s", engine_end_name(run->outcome.end), run->outcome.trap,
              run->outcome.message);
    else if (expected)
        judge_result(run, expected);
    else
        pass(run);
}

/* A trap came: is it the one that was meant?  Said as a note, since the sentence is another implementation's.
 */
static void judge_trap(struct run *run, const char *sentence) {
    const struct engine_outcome *o = &run->outcome;
    const char *kind = o->end == ENGINE_END_TRAPPED ? o->trap : engine_end_name(o->end);
    if (o->end == ENGINE_END_RETURNED) {
        judge(run, WAST_FAILED, "returned, expected the trap '%s'", sentence);
        return;
    }
    const bool trapped =
        o->end == ENGINE_END_TRAPPED || o->end == ENGINE_END_STACK || o->end == ENGINE_END_LIMIT;
    const int fits = wast_trap_fits(sentence, kind);
    judge(run, trapped ? WAST_PASSED : WAST_FAILED, "%s: %s, expected '%s'%s", kind, o->message, sentence,
          fits < 0 ? " (a sentence that no row knows)" : "");
    run->verdict->note = fits != 1;
}

static void do_trap(struct run *run, const json_t *command) {
    const char *sentence = json_string_value(json_object_get(command, "text"));
    const json_t *action = json_object_get(command, "action");
    struct subject *s = find_subject(run, action);
    ERROR_AUTO *error = NULL;
    if (!s || !sentence)
        return;
    const int r = act(run, s, action, &error);
    /* Nothing can enter what trapped before; we say so without a trap. */
    if (r == ARCELLA_E_STATE && strstr(sentence, "cannot enter component instance"))
        pass(run);
    else if (r)
        judge(run, refused(r), "%s", arcella_error_message(error));
    else
        judge_trap(run, sentence);
}

/* --- what must be refused --- */

/* assert_invalid, assert_malformed: the load must be refused, as not valid and for nothing else. */
static void do_invalid(struct run *run, const json_t *command) {
    struct component *component = NULL;
    ERROR_AUTO *error = NULL;
    const char *sentence = json_string_value(json_object_get(command, "text"));
    const int r = load(run, command, &component, &error);
    component_unref(component);
    if (run->verdict->state != WAST_UNKNOWN)
        return;
    if (!r)
        judge(run, WAST_FAILED, "loaded, expected '%s'", sentence);
    else if (r == ARCELLA_E_WASM || r == ARCELLA_E_LIMIT || r == ARCELLA_E_LINK)
        judge(run, WAST_PASSED, "%s, expected '%s'", arcella_error_message(error), sentence);
    else
        judge(run, refused(r), "%s, expected '%s'", arcella_error_message(error), sentence);
}

/* assert_unlinkable, assert_uninstantiable: it loads, and no instance comes of it. */
static void do_uninstantiable(struct run *run, const json_t *command, bool unlinkable) {
    struct component *component = NULL;
    struct component_instance *instance = NULL;
    ERROR_AUTO *error = NULL;
    const char *sentence = json_string_value(json_object_get(command, "text"));
    int r = load(run, command, &component, &error);
    if (r || !component)
        judge(run, r ? refused(r) : WAST_SKIPPED, "load: %s",
              r ? arcella_error_message(error) : "only checked");
    else {
        r = instantiate(run, component, &instance, &error);
        if (r && unlinkable && (r == ARCELLA_E_LINK || r == ARCELLA_E_UNSUPPORTED))
            judge(run, r == ARCELLA_E_LINK ? WAST_PASSED : WAST_SKIPPED, "%s, expected '%s'",
                  arcella_error_message(error), sentence);
        else if (r)
            judge(run, refused(r), "%s, expected '%s'", arcella_error_message(error), sentence);
        else if (unlinkable)
            judge(run, WAST_FAILED, "could be linked, expected '%s'", sentence);
        else
            judge_trap(run, sentence);
    }
    component_instance_free(instance);
    component_unref(component);
}

static bool is(const char *type, const char *what) {
    return strcmp(type, what) == 0;
}

static void do_command(struct run *run, const json_t *command) {
    const char *type = json_string_value(json_object_get(command, "type"));
    const char *form = json_string_value(json_object_get(command, "module_type"));
    if (!type)
        judge(run, WAST_FAILED, "a command without type");
    else if (form && !is(form, "binary"))
        judge(run, WAST_SKIPPED, "a module in text form");
    else if (is(type, "module") || is(type, "module_definition"))
        do_module(run, command, is(type, "module_definition"));
    else if (is(type, "module_instance"))
        do_instance(run, command);
    else if (is(type, "assert_return") || is(type, "action"))
        do_return(run, command);
    else if (is(type, "assert_trap"))
        do_trap(run, command);
    else if (is(type, "assert_invalid") || is(type, "assert_malformed"))
        do_invalid(run, command);
    else if (is(type, "assert_unlinkable") || is(type, "assert_uninstantiable"))
        do_uninstantiable(run, command, is(type, "assert_unlinkable"));
    else
        judge(run, WAST_SKIPPED, "the runner does not know commands of type %s", type);
}

static void close_run(struct run *run) {
    for (size_t i = 0; run->subjects && run->definitions && i < run->count; i++) {
        component_instance_free(run->subjects[i].instance);
        component_unref(run->subjects[i].component);
        component_unref(run->definitions[i].component);
    }
    mem_free(run->subjects);
    mem_free(run->definitions);
    arena_done(&run->arena);
    component_bindings_unref(run->bindings);
    engine_free(run->engine);
    loop_free(run->loop);
}

/* What a command that ended an earlier child would have made is not there. */
static void leave_gap(struct run *run, const json_t *command, const char *why) {
    const char *type = json_string_value(json_object_get(command, "type"));
    const json_t *name = json_object_get(command, "name");
    if (type && is(type, "module_definition")) {
        struct subject *d = &run->definitions[run->sheet->at];
        d->name = json_string_value(name);
        set_gap(&d->gap, WAST_FAILED, command, why);
    } else if (type && (is(type, "module") || is(type, "module_instance"))) {
        struct subject *s = subject_add(run, name ? name : json_object_get(command, "instance"));
        set_gap(&s->gap, WAST_FAILED, command, why);
    }
}

static void run_commands(struct run *run, const json_t *commands) {
    struct wast_verdict again; /* one that has its verdict from an earlier child is run for its effects */
    size_t i;
    json_t *command;
    json_array_foreach(commands, i, command) {
        struct wast_verdict *v = &run->sheet->verdicts[i];
        run->sheet->at = (uint32_t)i;
        if (v->crashed) {
            leave_gap(run, command, v->text);
            continue;
        }
        again = (struct wast_verdict){0};
        run->verdict = &again;
        alarm(run->options->seconds + 5);
        do_command(run, command);
        arena_done(&run->arena);
        if (v->state == WAST_UNKNOWN)
            *v = again;
    }
    alarm(0);
}

void wast_run(const char *folder, const json_t *commands, const struct wast_options *options,
              struct wast_sheet *sheet) {
    struct run run = {
        .folder = folder, .options = options, .sheet = sheet, .count = json_array_size(commands)};
    const struct engine_config config = ENGINE_CONFIG_INIT;
    ERROR_AUTO *error = NULL;
    fault_from_environment();
    run.definitions = mem_array(run.count + 1, sizeof(*run.definitions));
    run.subjects = mem_array(run.count + 1, sizeof(*run.subjects));
    int r = run.definitions && run.subjects ? loop_new(&run.loop, &error) : error_nomem(&error);
    if (!r)
        r = engine_new(&config, run.loop, &run.engine, &error);
    if (!r)
        r = (run.bindings = component_bindings_new()) ? wast_bind(run.bindings, &error) : error_nomem(&error);
    if (r)
        fprintf(stderr, "component-wast: %s\n", arcella_error_message(error));
    else {
        run_commands(&run, commands);
        sheet->done = true;
    }
    close_run(&run);
}
