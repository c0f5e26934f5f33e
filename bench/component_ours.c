/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Our side of the component benches, through the door of the room `component`. */
#include "component.h"

#include <fcntl.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/loop.h"
#include "base/mem.h"
#include "component/call.h"
#include "component/component.h"

#define MODULES 16

static struct loop *loop;
static struct engine *engine;
static struct component_bindings *bindings, *traps;
static struct component *guest, *pair, *four;
static struct component_instance *instance, *pair_instance;
static struct bench_file four_file;
static char *code_paths[MODULES]; /* of the modules of the four, compiled */
static bool over;

static const struct component_limits limits = {.engine = {.memory_bytes = 64 * MIB, .table_elements = 10000}};
/* As a call of a deployment has it. */
static const struct engine_budget budget = {.wall_ms = DEFAULT_CALL_MS, .cpu_ms = DEFAULT_CALL_CPU_MS};

static void check(int r, const arcella_error *error) {
    if (r == 0)
        return;
    fprintf(stderr, "bench_component: ours: %d, %s\n", r, error ? arcella_error_message(error) : "");
    exit(1);
}

/* --- host functions --- */

static int host_add(struct call *call, void *user) {
    struct slot result;
    (void)user;
    uint32_t sum = view_u32(call_arg(call, 0)) + view_u32(call_arg(call, 1));
    int r = call_result(call, &result);
    if (r)
        return r;
    slot_u32(result, sum);
    return 0;
}
static int host_text(struct call *call, void *user) {
    struct text text;
    (void)user;
    int r = view_string(call_arg(call, 0), &text);
    if (r)
        return r;
    memcpy(bench_sink, text.data, text.length < MOST_BYTES ? text.length : MOST_BYTES);
    return 0;
}
static int host_bytes(struct call *call, void *user) {
    const uint8_t *bytes;
    uint32_t count;
    (void)user;
    int r = view_span(call_arg(call, 0), &bytes, &count);
    if (r)
        return r;
    memcpy(bench_sink, bytes, count < MOST_BYTES ? count : MOST_BYTES);
    return 0;
}
static int host_give(struct call *call, void *user) {
    struct slot result;
    (void)user;
    uint32_t count = view_u32(call_arg(call, 0));
    int r = call_result(call, &result);
    return r ? r : slot_span(result, bench_bytes, count < MOST_BYTES ? count : MOST_BYTES);
}
static int host_entries(struct call *call, void *user) {
    struct view_list list;
    (void)user;
    int r = view_list(call_arg(call, 0), &list);
    for (uint32_t i = 0; !r && i < list.count && i < ENTRIES; i++) {
        struct view entry = view_item(&list, i);
        struct text label;
        bench_entries[i].id = view_u32(view_field(entry, 0));
        bench_entries[i].weight = view_f64(view_field(entry, 1));
        r = view_string(view_field(entry, 2), &label);
        if (!r)
            memcpy(bench_sink + 16 * (size_t)i, label.data, label.length < 16 ? label.length : 16);
    }
    return r;
}

static const struct component_host_func funcs[] = {
    {"", "host-add", "(u32, u32) -> u32", host_add, NULL},
    {"", "host-text", "(string)", host_text, NULL},
    {"", "host-bytes", "(list<u8>)", host_bytes, NULL},
    {"", "host-entries", "(list<record{id: u32, weight: f64, label: string}>)", host_entries, NULL},
    {"", "host-give", "(u32) -> list<u8>", host_give, NULL},
};

/* --- loading --- */

static void on_made(struct component_instance *made, const struct engine_outcome *outcome, void *user) {
    (void)made;
    (void)user;
    if (outcome->end != ENGINE_END_RETURNED) {
        fprintf(stderr, "bench_component: ours: %s\n", outcome->message);
        exit(1);
    }
    over = true;
}

static struct component_instance *make(struct component *component, struct component_bindings *with) {
    ERROR_AUTO *error = NULL;
    struct component_instance *made = NULL;
    over = false;
    check(component_instance_new(component, with, &limits, &budget, NULL, on_made, &made, &error), error);
    while (!over)
        loop_run_once(loop);
    return made;
}

static int no_host(struct call *call, void *user) {
    (void)user;
    return call_trap(call, "not-provided", "nothing is provided here");
}

/* The four modules are compiled into files, as the catalogue keeps them, and read from there each time. */
static void compile_four(void) {
    ERROR_AUTO *error = NULL;
    check(component_read(four_file.data, four_file.length, NULL, NULL, &four, &error), error);
    for (uint32_t i = 0; i < component_module_count(four) && i < MODULES; i++) {
        BUFFER_AUTO code = BUFFER_INIT(LIMIT_CODE_BYTES);
        struct text bytes = component_module_bytes(four, i);
        int fd;
        check(engine_compile(engine, bytes.data, bytes.length, &code, &error), error);
        check(memfd_make("bench", code.data, code.length, true, &fd, &error), error);
        code_paths[i] = mem_format("/proc/self/fd/%d", fd);
    }
    component_unref(four);
}

static struct component *load_four(void) {
    ERROR_AUTO *error = NULL;
    struct component *component = NULL;
    check(component_read(four_file.data, four_file.length, NULL, NULL, &component, &error), error);
    for (uint32_t i = 0; i < component_module_count(component); i++) {
        struct engine_module *module = NULL;
        check(engine_module_load(engine, code_paths[i], &module, &error), error);
        check(component_module_give(component, i, module, &error), error);
        engine_module_unref(module);
    }
    check(component_finish(component, engine, &error), error);
    return component;
}

static void bind_traps(void) {
    ERROR_AUTO *error = NULL;
    traps = component_bindings_new();
    for (uint32_t i = 0; i < component_import_count(four); i++) {
        const struct component_import *import = component_import_at(four, i);
        MEM_AUTO char *interface = mem_text_n(import->interface.data, import->interface.length);
        MEM_AUTO char *name = mem_text_n(import->name.data, import->name.length);
        const struct component_host_func func = {interface, name, NULL, no_host, NULL};
        const struct component_host_resource resource = {interface, name, NULL, NULL};
        if (import->kind == COMPONENT_IMPORT_FUNC)
            check(component_bind_func(traps, &func, &error), error);
        else
            check(component_bind_resource(traps, &resource, &error), error);
    }
}

void ours_open(const struct bench_file *guest_file, const struct bench_file *pair_file,
               const struct bench_file *four_bytes) {
    ERROR_AUTO *error = NULL;
    four_file = *four_bytes;
    check(loop_new(&loop, &error), error);
    check(engine_new(&(struct engine_config)ENGINE_CONFIG_INIT, loop, &engine, &error), error);
    bindings = component_bindings_new();
    check(component_bind(bindings, funcs, sizeof(funcs) / sizeof(*funcs), NULL, 0, &error), error);
    check(component_load(engine, guest_file->data, guest_file->length, &guest, &error), error);
    check(component_load(engine, pair_file->data, pair_file->length, &pair, &error), error);
    instance = make(guest, bindings);
    pair_instance = make(pair, NULL);
    compile_four();
    four = load_four();
    bind_traps();
}

void ours_close(void) {
    component_instance_free(instance);
    component_instance_free(pair_instance);
    component_unref(guest);
    component_unref(pair);
    component_unref(four);
    component_bindings_unref(bindings);
    component_bindings_unref(traps);
    engine_free(engine);
    loop_free(loop);
    for (int i = 0; i < MODULES; i++)
        mem_free(code_paths[i]);
}

/* --- calls --- */

static const struct component_func *find(const char *name) {
    const struct component_func *func =
        component_func_find(strncmp(name, "cross", 5) == 0 ? pair : guest, "", name);
    if (!func)
        exit(1);
    return func;
}

static void call_flat(struct component_instance *of, const struct component_func *func,
                      union engine_value *v) {
    ERROR_AUTO *error = NULL;
    struct engine_outcome outcome;
    check(component_call_flat(of, func, v, &budget, &outcome, &error), error);
}

static void call_value(const struct component_func *func, const struct value *arg) {
    ERROR_AUTO *error = NULL;
    struct arena arena = {.block = NULL};
    struct engine_outcome outcome;
    struct value result;
    check(component_call_direct(instance, func, arg, 1, &budget, &arena, &result, &outcome, &error), error);
    arena_done(&arena);
}

void ours_add(uint32_t calls) {
    const struct component_func *func = find("add");
    union engine_value v[16];
    for (uint32_t i = 0; i < calls; i++) {
        v[0].u64 = i;
        v[1].u64 = 7;
        call_flat(instance, func, v);
        if (v[0].u32 != i + 7)
            exit(1);
    }
}

void ours_take_text(uint32_t calls) {
    const struct component_func *func = find("take-text");
    const struct value text = value_text(bench_text, TEXT_BYTES);
    for (uint32_t i = 0; i < calls; i++)
        call_value(func, &text);
}

void ours_take_bytes(uint32_t calls, uint32_t size) {
    const struct component_func *func = find("take-bytes");
    const struct value bytes = value_packed(bench_bytes, size);
    for (uint32_t i = 0; i < calls; i++)
        call_value(func, &bytes);
}

void ours_take_entries(uint32_t calls) {
    const struct component_func *func = find("take-entries");
    static struct value items[ENTRIES], fields[ENTRIES][3];
    for (uint32_t i = 0; i < ENTRIES; i++) {
        fields[i][0] = value_unsigned(TYPE_U32, bench_entries[i].id);
        fields[i][1] = value_f64(bench_entries[i].weight);
        fields[i][2] = value_text(bench_entries[i].label, (uint32_t)strlen(bench_entries[i].label));
        items[i] = value_items(TYPE_RECORD, fields[i], 3);
    }
    const struct value list = value_items(TYPE_LIST, items, ENTRIES);
    for (uint32_t i = 0; i < calls; i++)
        call_value(func, &list);
}

void ours_give_bytes(uint32_t calls, uint32_t size) {
    const struct component_func *func = find("give-bytes");
    const struct value number = value_unsigned(TYPE_U32, size);
    for (uint32_t i = 0; i < calls; i++)
        call_value(func, &number);
}

void ours_guest(const char *function, uint32_t calls) {
    union engine_value v[16] = {{.u64 = calls}};
    call_flat(strncmp(function, "cross", 5) == 0 ? pair_instance : instance, find(function), v);
}

void ours_guest_sized(const char *function, uint32_t calls, uint32_t size) {
    union engine_value v[16] = {{.u64 = calls}, {.u64 = size}};
    call_flat(strncmp(function, "cross", 5) == 0 ? pair_instance : instance, find(function), v);
}

void ours_instantiate(uint32_t times) {
    for (uint32_t i = 0; i < times; i++)
        component_instance_free(make(four, traps));
}

void ours_load(uint32_t times) {
    for (uint32_t i = 0; i < times; i++)
        component_unref(load_four());
}
