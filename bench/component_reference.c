/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The engine's own component interface, as its C header offers it. */
#include "component.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <wasmtime.h>
#include <wasmtime/component.h>

static wasm_engine_t *engine;
static wasmtime_component_t *guest, *pair, *four;
static wasmtime_component_linker_t *linker, *traps;
static wasmtime_store_t *store;
static wasmtime_context_t *context;
static wasmtime_component_instance_t instance, pair_instance;
static char four_path[64];

static void check(wasmtime_error_t *error) {
    if (!error)
        return;
    wasm_name_t text;
    wasmtime_error_message(error, &text);
    fprintf(stderr, "bench_component: the reference: %.*s\n", (int)text.size, text.data);
    exit(1);
}

#define CALLBACK(name)                                                                                       \
    static wasmtime_error_t *name(void *user, wasmtime_context_t *of,                                        \
                                  const wasmtime_component_func_type_t *type,                                \
                                  wasmtime_component_val_t *args, size_t count,                              \
                                  wasmtime_component_val_t *results, size_t result_count)
#define UNUSED_HERE() (void)user, (void)of, (void)type, (void)count, (void)results, (void)result_count

CALLBACK(host_add) {
    UNUSED_HERE();
    results[0].kind = WASMTIME_COMPONENT_U32;
    results[0].of.u32 = args[0].of.u32 + args[1].of.u32;
    return NULL;
}
CALLBACK(host_text) {
    UNUSED_HERE();
    memcpy(bench_sink, args[0].of.string.data, args[0].of.string.size);
    return NULL;
}
CALLBACK(host_bytes) {
    UNUSED_HERE();
    for (size_t i = 0; i < args[0].of.list.size && i < MOST_BYTES; i++)
        bench_sink[i] = args[0].of.list.data[i].of.u8;
    return NULL;
}
CALLBACK(host_entries) {
    UNUSED_HERE();
    const wasmtime_component_vallist_t *list = &args[0].of.list;
    for (size_t i = 0; i < list->size && i < ENTRIES; i++) {
        const wasmtime_component_valrecord_entry_t *fields = list->data[i].of.record.data;
        bench_entries[i].id = fields[0].val.of.u32;
        bench_entries[i].weight = fields[1].val.of.f64;
        memcpy(bench_sink + 16 * i, fields[2].val.of.string.data, fields[2].val.of.string.size);
    }
    return NULL;
}
static void make_bytes(wasmtime_component_val_t *ret, uint32_t size) {
    ret->kind = WASMTIME_COMPONENT_LIST;
    wasmtime_component_vallist_new_uninit(&ret->of.list, size);
    for (uint32_t i = 0; i < size; i++) {
        ret->of.list.data[i].kind = WASMTIME_COMPONENT_U8;
        ret->of.list.data[i].of.u8 = bench_bytes[i];
    }
}
CALLBACK(host_give) {
    UNUSED_HERE();
    make_bytes(&results[0], args[0].of.u32);
    return NULL;
}

/* --- loading --- */

static void define(wasmtime_component_linker_instance_t *root, const char *name,
                   wasmtime_component_func_callback_t callback) {
    check(wasmtime_component_linker_instance_add_func(root, name, strlen(name), callback, NULL, NULL));
}

static wasmtime_store_t *new_store(void) {
    wasmtime_store_t *made = wasmtime_store_new(engine, NULL, NULL);
    wasmtime_context_set_epoch_deadline(wasmtime_store_context(made), UINT64_MAX / 2);
    return made;
}

static void keep_four(void) {
    wasm_byte_vec_t code;
    check(wasmtime_component_serialize(four, &code));
    int fd = memfd_create("reference", MFD_CLOEXEC);
    if (write(fd, code.data, code.size) != (ssize_t)code.size)
        exit(1);
    snprintf(four_path, sizeof(four_path), "/proc/self/fd/%d", fd);
    wasm_byte_vec_delete(&code);
}

void reference_open(const struct bench_file *guest_file, const struct bench_file *pair_file,
                    const struct bench_file *four_file) {
    wasm_config_t *config = wasm_config_new();
    wasmtime_config_epoch_interruption_set(config, true);
    wasmtime_config_concurrency_support_set(config, false);
    engine = wasm_engine_new_with_config(config);
    check(wasmtime_component_new(engine, guest_file->data, guest_file->length, &guest));
    check(wasmtime_component_new(engine, pair_file->data, pair_file->length, &pair));
    check(wasmtime_component_new(engine, four_file->data, four_file->length, &four));
    linker = wasmtime_component_linker_new(engine);
    wasmtime_component_linker_instance_t *root = wasmtime_component_linker_root(linker);
    define(root, "host-add", host_add);
    define(root, "host-text", host_text);
    define(root, "host-bytes", host_bytes);
    define(root, "host-entries", host_entries);
    define(root, "host-give", host_give);
    wasmtime_component_linker_instance_delete(root);
    traps = wasmtime_component_linker_new(engine);
    check(wasmtime_component_linker_define_unknown_imports_as_traps(traps, four));
    store = new_store();
    context = wasmtime_store_context(store);
    check(wasmtime_component_linker_instantiate(linker, context, guest, &instance));
    check(wasmtime_component_linker_instantiate(linker, context, pair, &pair_instance));
    keep_four();
}

void reference_close(void) {
    wasmtime_store_delete(store);
    wasmtime_component_linker_delete(linker);
    wasmtime_component_linker_delete(traps);
    wasmtime_component_delete(guest);
    wasmtime_component_delete(pair);
    wasmtime_component_delete(four);
    wasm_engine_delete(engine);
}

/* --- calls --- */

static wasmtime_component_func_t find(const char *name) {
    wasmtime_component_func_t func;
    const wasmtime_component_instance_t *of = strncmp(name, "cross", 5) == 0 ? &pair_instance : &instance;
    wasmtime_component_export_index_t *index =
        wasmtime_component_instance_get_export_index(of, context, NULL, name, strlen(name));
    if (!index || !wasmtime_component_instance_get_func(of, context, index, &func))
        exit(1);
    wasmtime_component_export_index_delete(index);
    return func;
}

static void call_numbers(const char *name, const uint32_t *numbers, size_t count, size_t results) {
    wasmtime_component_func_t func = find(name);
    wasmtime_component_val_t args[2] = {{0}}, result = {0};
    for (size_t i = 0; i < count; i++) {
        args[i].kind = WASMTIME_COMPONENT_U32;
        args[i].of.u32 = numbers[i];
    }
    check(wasmtime_component_func_call(&func, context, args, count, &result, results));
}

void reference_add(uint32_t calls) {
    wasmtime_component_func_t func = find("add");
    wasmtime_component_val_t args[2] = {{0}}, result = {0};
    for (uint32_t i = 0; i < calls; i++) {
        args[0].kind = args[1].kind = WASMTIME_COMPONENT_U32;
        args[0].of.u32 = i;
        args[1].of.u32 = 7;
        check(wasmtime_component_func_call(&func, context, args, 2, &result, 1));
        if (result.of.u32 != i + 7)
            exit(1);
    }
}

/* The value is made for each call, as it is made of what the caller has. */
void reference_take_text(uint32_t calls) {
    wasmtime_component_func_t func = find("take-text");
    for (uint32_t i = 0; i < calls; i++) {
        wasmtime_component_val_t arg = {.kind = WASMTIME_COMPONENT_STRING};
        wasm_byte_vec_new(&arg.of.string, TEXT_BYTES, bench_text);
        check(wasmtime_component_func_call(&func, context, &arg, 1, NULL, 0));
        wasmtime_component_val_delete(&arg);
    }
}

void reference_take_bytes(uint32_t calls, uint32_t size) {
    wasmtime_component_func_t func = find("take-bytes");
    for (uint32_t i = 0; i < calls; i++) {
        wasmtime_component_val_t arg;
        make_bytes(&arg, size);
        check(wasmtime_component_func_call(&func, context, &arg, 1, NULL, 0));
        wasmtime_component_val_delete(&arg);
    }
}

static void make_entry(const struct bench_entry *entry, wasmtime_component_val_t *ret) {
    static const char *const names[] = {"id", "weight", "label"};
    ret->kind = WASMTIME_COMPONENT_RECORD;
    wasmtime_component_valrecord_new_uninit(&ret->of.record, 3);
    for (int i = 0; i < 3; i++)
        wasm_byte_vec_new(&ret->of.record.data[i].name, strlen(names[i]), names[i]);
    ret->of.record.data[0].val = (wasmtime_component_val_t){WASMTIME_COMPONENT_U32, {.u32 = entry->id}};
    ret->of.record.data[1].val = (wasmtime_component_val_t){WASMTIME_COMPONENT_F64, {.f64 = entry->weight}};
    ret->of.record.data[2].val.kind = WASMTIME_COMPONENT_STRING;
    wasm_byte_vec_new(&ret->of.record.data[2].val.of.string, strlen(entry->label), entry->label);
}

void reference_take_entries(uint32_t calls) {
    wasmtime_component_func_t func = find("take-entries");
    for (uint32_t i = 0; i < calls; i++) {
        wasmtime_component_val_t arg = {.kind = WASMTIME_COMPONENT_LIST};
        wasmtime_component_vallist_new_uninit(&arg.of.list, ENTRIES);
        for (uint32_t k = 0; k < ENTRIES; k++)
            make_entry(&bench_entries[k], &arg.of.list.data[k]);
        check(wasmtime_component_func_call(&func, context, &arg, 1, NULL, 0));
        wasmtime_component_val_delete(&arg);
    }
}

void reference_give_bytes(uint32_t calls, uint32_t size) {
    wasmtime_component_func_t func = find("give-bytes");
    for (uint32_t i = 0; i < calls; i++) {
        wasmtime_component_val_t arg = {.kind = WASMTIME_COMPONENT_U32, .of.u32 = size}, result = {0};
        check(wasmtime_component_func_call(&func, context, &arg, 1, &result, 1));
        wasmtime_component_val_delete(&result);
    }
}

void reference_guest(const char *function, uint32_t calls) {
    size_t results = strstr(function, "-add") != NULL;
    call_numbers(function, &calls, 1, results);
}

void reference_guest_sized(const char *function, uint32_t calls, uint32_t size) {
    call_numbers(function, (const uint32_t[]){calls, size}, 2, 0);
}

void reference_instantiate(uint32_t times) {
    for (uint32_t i = 0; i < times; i++) {
        wasmtime_component_instance_t made;
        wasmtime_store_t *of = new_store();
        check(wasmtime_component_linker_instantiate(traps, wasmtime_store_context(of), four, &made));
        wasmtime_store_delete(of);
    }
}

void reference_load(uint32_t times) {
    for (uint32_t i = 0; i < times; i++) {
        wasmtime_component_t *loaded = NULL;
        check(wasmtime_component_deserialize_file(engine, four_path, &loaded));
        wasmtime_component_delete(loaded);
    }
}
