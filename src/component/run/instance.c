/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Instances: the steps of the program are run in one store, from the loop; a start function is a
 * run of its own on the fiber, so it is sliced and may wait.  Items are taken from a core right after it
 * was made.  Deleting is fine at any point: what runs is dropped first, then handles, then memory.
 */
#include "component/run/instance.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/mem.h"
#include "component/names/name.h"

/* --- making room --- */

static int make_lists(struct component_instance *instance, arcella_error **reterr) {
    const struct program *p = instance->component->program;
    instance->subs = mem_array(p->instance_count, sizeof(*instance->subs));
    instance->cores = mem_array(p->core_count + 1, sizeof(*instance->cores));
    instance->items = mem_array(p->item_count + 1, sizeof(*instance->items));
    instance->bases = mem_array(p->item_count + 1, sizeof(*instance->bases));
    instance->imports = mem_array(instance->component->most_imports + 1, sizeof(*instance->imports));
    instance->resources = mem_array(p->resource_count + 1, sizeof(*instance->resources));
    instance->outcome = mem_new(struct engine_outcome);
    if (!instance->subs || !instance->cores || !instance->items || !instance->bases || !instance->imports ||
        !instance->resources || !instance->outcome)
        return error_nomem(reterr);
    return 0;
}

static void fill_lists(struct component_instance *instance) {
    const struct program *p = instance->component->program;
    for (uint32_t i = 0; i < p->resource_count; i++) {
        const struct resolved_resource *of = &p->resources[i];
        instance->resources[i].name = of->name;
        if (!of->imported)
            instance->resources[i].defined_by = &instance->subs[of->instance];
    }
    for (uint32_t i = 0; i < p->instance_count; i++) {
        struct sub_instance *sub = &instance->subs[i];
        sub->parent = p->instances[i].parent;
        sub->may_leave = true; /* entered it can be once its own steps are done */
        handle_table_init(&sub->handles, sub, instance->resources, p->resource_count);
        sub->handles.room = &instance->room;
    }
    handle_table_init(&instance->host, NULL, instance->resources, p->resource_count);
    instance->host.room = &instance->room;
}

/* --- steps --- */

static enum engine_kind kind_of(enum component_sort sort) {
    switch (sort) {
    case SORT_CORE_TABLE: return ENGINE_TABLE;
    case SORT_CORE_MEMORY: return ENGINE_MEMORY;
    case SORT_CORE_GLOBAL: return ENGINE_GLOBAL;
    case SORT_CORE_TAG: return ENGINE_TAG;
    default: return ENGINE_FUNC;
    }
}

/* --- signatures --- */

/* What is called without checks has the signature that its use says.  That is noted of each item before
 * the first instance of a component runs anything, and looked at once the item is there: a start section can
 * call what was made before it. */
static int want(struct component_instance *instance, uint32_t item, const char *signature,
                arcella_error **reterr) {
    if (item == RESOLVE_NONE)
        return 0;
    const char **wanted = &instance->wanted[item];
    if (*wanted && strcmp(*wanted, signature) != 0)
        return error_set(reterr, ARCELLA_E_INTERNAL, "a core function is to be '%s' and '%s'", *wanted,
                         signature);
    *wanted = signature;
    return 0;
}

static const char *post_return_signature(const struct func_type *type) {
    static const char *const all[] = {"i:", "I:", "f:", "F:", ":"};
    char signature[PLAN_SIGNATURE_BYTES];
    plan_post_return_signature(type, signature);
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++)
        if (!strcmp(signature, all[i]))
            return all[i];
    return "";
}

static int want_options(struct component_instance *instance, const struct resolved_options *options,
                        arcella_error **reterr) {
    return want(instance, options->realloc_func, "iiii:i", reterr);
}

static int want_signatures(struct component_instance *instance, arcella_error **reterr) {
    const struct program *p = instance->component->program;
    int r = 0;
    instance->wanted = mem_array(p->item_count + 1, sizeof(*instance->wanted));
    if (!instance->wanted)
        return error_nomem(reterr);
    for (uint32_t i = 0; !r && i < p->lift_count; i++) {
        const struct resolved_lift *lift = &p->lifts[i];
        r = want(instance, lift->callee, lift->signature, reterr);
        if (!r)
            r = want(instance, lift->options.post_return, post_return_signature(lift->plan->type), reterr);
        if (!r)
            r = want_options(instance, &lift->options, reterr);
    }
    for (uint32_t i = 0; !r && i < p->host_count; i++)
        r = want_options(instance, &p->hosts[i].options, reterr);
    for (uint32_t i = 0; !r && i < p->resource_count; i++)
        r = want(instance, p->resources[i].dtor, "i:", reterr);
    return r;
}

static int check_signature(struct component_instance *instance, uint32_t item, arcella_error **reterr) {
    char is[ENGINE_SIGNATURE_BYTES];
    const char *wanted = instance->wanted ? instance->wanted[item] : NULL;
    if (!wanted)
        return 0;
    engine_func_signature(instance->engine, &instance->items[item].func, is, sizeof(is));
    if (!strcmp(is, wanted))
        return 0;
    return error_set(reterr, ARCELLA_E_INTERNAL, "a core function is '%s' where '%s' was found valid", is,
                     wanted);
}

static int make_hosts(struct component_instance *instance, arcella_error **reterr) {
    const struct component *component = instance->component;
    int r = 0;
    for (uint32_t i = 0; !r && i < component->program->host_count; i++) {
        uint32_t index = component->program->hosts[i].item;
        struct engine_item *item = &instance->items[index];
        item->kind = ENGINE_FUNC;
        engine_func_new(instance->engine, component->row_types[i], &component->rows[i], &item->func);
        r = check_signature(instance, index, reterr);
    }
    return r;
}

/* Take from a core that was just made what somebody will ask for. */
static int take_items(struct component_instance *instance, uint32_t core_index, arcella_error **reterr) {
    const struct program *p = instance->component->program;
    for (uint32_t i = p->cores[core_index].first_item; i != RESOLVE_NONE; i = p->items[i].next) {
        const struct resolved_item *item = &p->items[i];
        if (!engine_core_export(instance->engine, &instance->cores[core_index], item->name,
                                kind_of(item->sort), &instance->items[i]))
            return error_set(reterr, ARCELLA_E_INTERNAL, "core instance %u has no %s '%.*s'", core_index,
                             component_sort_words(item->sort), (int)item->name.length, item->name.data);
        int r = item->sort == SORT_CORE_FUNC ? check_signature(instance, i, reterr) : 0;
        if (r)
            return r;
        if (item->sort == SORT_CORE_MEMORY)
            instance->bases[i] = engine_memory_view(instance->engine, &instance->items[i].memory).base;
    }
    return 0;
}

/* Last: the callback may free the instance. */
static void tell(struct component_instance *instance) {
    struct engine_outcome *outcome = TAKE(instance->outcome);
    instance->timer = loop_timer_free(instance->timer);
    instance->made = outcome->end == ENGINE_END_RETURNED;
    instance->poisoned = !instance->made;
    instance->on_made(instance, outcome, instance->user);
    mem_free(outcome);
}

static void on_timer(struct loop_timer *timer, void *user) {
    (void)timer;
    tell(user);
}

/* Nothing is told from inside component_instance_new(). */
static int tell_later(struct component_instance *instance, arcella_error **reterr) {
    int r = loop_timer_new(engine_loop(instance->engine), on_timer, instance, &instance->timer, reterr);
    if (!r)
        loop_timer_start(instance->timer, 0, 0);
    return r;
}

/* On the loop nobody waits for an error: it becomes the end of making. */
static void fail(struct component_instance *instance, const arcella_error *error) {
    struct engine_outcome *outcome = instance->outcome;
    *outcome = (struct engine_outcome){
        .end = arcella_error_code(error) == ARCELLA_E_LIMIT ? ENGINE_END_LIMIT : ENGINE_END_FAILED};
    text_copy(outcome->message, sizeof(outcome->message), arcella_error_message(error));
}

static int run_steps(struct component_instance *instance, bool *ret_waits, arcella_error **reterr);

/* All steps together have one budget; what is 0 has no bound, so the last of it is a millisecond. */
static void spend(uint64_t *budget_ms, uint64_t used_ns) {
    uint64_t used_ms = used_ns / 1000000;
    if (*budget_ms)
        *budget_ms = *budget_ms > used_ms ? *budget_ms - used_ms : 1;
}

static void core_made(struct engine_instance *engine, const struct engine_outcome *outcome, void *user) {
    (void)engine;
    struct component_instance *instance = user;
    ERROR_AUTO *error = NULL;
    bool waits = false;
    int r = 0;
    spend(&instance->budget.wall_ms, clock_monotonic_ns() - instance->step_ns);
    spend(&instance->budget.cpu_ms, outcome->cpu_ns);
    if (outcome->end != ENGINE_END_RETURNED) {
        *instance->outcome = *outcome;
        r = ENGINE_STOP;
    }
    if (!r)
        r = take_items(instance, instance->component->program->steps[instance->next_step - 1].index, &error);
    if (!r)
        r = run_steps(instance, &waits, &error);
    if (r < 0)
        fail(instance, error);
    if (r || !waits)
        tell(instance);
}

/* @param ret_waits  a start section runs; core_made() goes on. */
static int make_core(struct component_instance *instance, uint32_t index, bool *ret_waits,
                     arcella_error **reterr) {
    const struct resolved_core *core = &instance->component->program->cores[index];
    struct engine_part *part = instance->component->parts[core->module];
    for (uint32_t i = 0; i < core->import_count; i++)
        instance->imports[i] = instance->items[core->imports[i]];
    int r;
    if (engine_part_has_start(part)) {
        instance->step_ns = clock_monotonic_ns();
        r = engine_core_add_run(instance->engine, part, instance->imports, core->import_count,
                                &instance->budget, &instance->cores[index], core_made, instance->outcome,
                                reterr);
        *ret_waits = !r;
    } else {
        r = engine_core_add(instance->engine, part, instance->imports, core->import_count, &instance->budget,
                            &instance->cores[index], instance->outcome, reterr);
    }
    if (r == ARCELLA_E_LINK)
        return error_wrap(reterr, ARCELLA_E_INTERNAL, "core instance %u does not link", index);
    return r || *ret_waits ? r : take_items(instance, index, reterr);
}

static int run_steps(struct component_instance *instance, bool *ret_waits, arcella_error **reterr) {
    struct component *component = instance->component;
    const struct program *p = component->program;
    while (instance->next_step < p->step_count && !*ret_waits) {
        const struct resolved_step *step = &p->steps[instance->next_step++];
        if (step->kind == STEP_READY) {
            instance->subs[step->index].may_enter = true;
            continue;
        }
        int r = make_core(instance, step->index, ret_waits, reterr);
        if (r)
            return r;
    }
    component->signatures_checked |= !*ret_waits;
    return 0;
}

/* --- making and freeing --- */

static int begin(struct component_instance *instance, struct component_bindings *bindings,
                 arcella_error **reterr) {
    struct component *component = instance->component;
    int r = make_lists(instance, reterr);
    if (r)
        return r;
    fill_lists(instance);
    r = component_link(component, bindings, &instance->linked, reterr);
    if (!r)
        r = engine_instance_new_bare(component->engine, &instance->limits.engine, instance, &instance->engine,
                                     reterr);
    if (r)
        return r;
    if (!component->signatures_checked)
        r = want_signatures(instance, reterr);
    if (!r)
        r = make_hosts(instance, reterr);
    bool waits = false;
    if (!r)
        r = run_steps(instance, &waits, reterr);
    if (r < 0)
        return r;
    return waits ? 0 : tell_later(instance, reterr);
}

int component_instance_new(struct component *component, struct component_bindings *bindings,
                           const struct component_limits *limits, const struct engine_budget *budget,
                           void *user, component_made_fn *on_made, struct component_instance **ret,
                           arcella_error **reterr) {
    if (!component->engine)
        return error_set(reterr, ARCELLA_E_STATE, "the component's core modules are not compiled yet");
    if (component->program->unprovided.length)
        return error_set(reterr, ARCELLA_E_UNSUPPORTED, "the component cannot be instantiated: %.*s",
                         (int)component->program->unprovided.length, component->program->unprovided.data);
    struct component_instance *instance = mem_new(struct component_instance);
    if (!instance)
        return error_nomem(reterr);
    instance->component = component_ref(component);
    instance->user = user;
    instance->on_made = on_made;
    instance->limits = *limits;
    if (!instance->limits.copy_bytes)
        instance->limits.copy_bytes = DEFAULT_CALL_COPY_BYTES;
    if (!instance->limits.value_bytes)
        instance->limits.value_bytes = LIMIT_CALL_VALUE_BYTES;
    if (budget)
        instance->budget = *budget;
    int r = begin(instance, bindings, reterr);
    if (r) {
        component_instance_free(instance);
        return r;
    }
    *ret = instance;
    return 0;
}

/* Own handles of the host's resources, wherever they are: they are closed.  Destructors of guests do not run.
 */
static void close_resources(struct component_instance *instance, struct handle_table *table) {
    const struct handle_entry *entry;
    uint32_t index = 0;
    while ((entry = handle_table_next(table, &index))) {
        const struct bound_resource *bound = &instance->linked->resources[entry->resource];
        if (entry->kind == HANDLE_OWN && bound->drop && bound->drop(instance, entry->rep, bound->user))
            continue;
    }
    handle_table_done(table);
}

struct component_instance *component_instance_free(struct component_instance *instance) {
    if (!instance)
        return NULL;
    const struct program *p = instance->component->program;
    instance->engine = engine_instance_free(instance->engine);
    for (uint32_t i = 0; instance->subs && instance->linked && i < p->instance_count; i++)
        close_resources(instance, &instance->subs[i].handles);
    if (instance->linked)
        close_resources(instance, &instance->host);
    loop_timer_free(instance->timer);
    mem_free(instance->outcome);
    arena_done(&instance->call.arena);
    mem_free(instance->subs);
    mem_free(instance->cores);
    mem_free(instance->items);
    mem_free(instance->bases);
    mem_free(instance->wanted);
    mem_free(instance->imports);
    mem_free(instance->resources);
    linked_unref(instance->linked);
    component_unref(instance->component);
    mem_free(instance);
    return NULL;
}

void *component_user(const struct component_instance *instance) {
    return instance->user;
}

struct component *component_instance_component(const struct component_instance *instance) {
    return instance->component;
}

struct engine_instance *component_engine(const struct component_instance *instance) {
    return instance->engine;
}

struct component_instance *component_of_engine(const struct engine_instance *instance) {
    return engine_user(instance);
}

bool component_poisoned(const struct component_instance *instance) {
    return instance->poisoned;
}
