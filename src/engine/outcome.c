/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * How a run ended, told in plain data: the kind of end, a sentence that names what was hit, the guest's
 * frames, what was used.  The engine's traps are rows here, with a text code that never changes.
 */
#include <assert.h>

#include "base/text.h"
#include "engine/inner.h"

const char *engine_end_name(enum engine_end end) {
    static const char *const names[] = {
#define XX(name, text, words) [ENGINE_END_##name] = text,
        ENGINE_END_MAP(XX)
#undef XX
    };
    return end < ENGINE_ENDS ? names[end] : "unknown";
}

const char *engine_end_words(enum engine_end end) {
    static const char *const words_of[] = {
#define XX(name, text, words) [ENGINE_END_##name] = words,
        ENGINE_END_MAP(XX)
#undef XX
    };
    return end < ENGINE_ENDS ? words_of[end] : "ended in an unknown way";
}

/* The engine's trap codes that code of ours can meet: text code, sentence. */
struct trap_kind {
    const char *text;
    const char *sentence;
};
static const struct trap_kind trap_kinds[] = {
    [WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS] = {"out-of-bounds-memory-access",
                                                 "read or wrote outside its memory (out of bounds)"},
    [WASMTIME_TRAP_CODE_HEAP_MISALIGNED] = {"misaligned-atomic-access",
                                            "used an atomic operation on a misaligned address"},
    [WASMTIME_TRAP_CODE_TABLE_OUT_OF_BOUNDS] = {"out-of-bounds-table-access",
                                                "used a table element that does not exist"},
    [WASMTIME_TRAP_CODE_INDIRECT_CALL_TO_NULL] = {"call-of-null-function",
                                                  "called through a table element that is empty"},
    [WASMTIME_TRAP_CODE_BAD_SIGNATURE] =
        {"call-with-wrong-signature", "called a function through a table with a signature it does not have"},
    [WASMTIME_TRAP_CODE_INTEGER_OVERFLOW] = {"integer-overflow", "an integer operation overflowed"},
    [WASMTIME_TRAP_CODE_INTEGER_DIVISION_BY_ZERO] = {"integer-divide-by-zero", "divided an integer by zero"},
    [WASMTIME_TRAP_CODE_BAD_CONVERSION_TO_INTEGER] = {"invalid-conversion-to-integer",
                                                      "converted a number to an integer that cannot hold it"},
    [WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED] =
        {"unreachable", "reached code that it marks as unreachable (an abort or a "
                        "panic in most languages)"},
    [WASMTIME_TRAP_CODE_INTERRUPT] = {"interrupted", "was interrupted"},
    [WASMTIME_TRAP_CODE_ATOMIC_WAIT_NON_SHARED_MEMORY] = {"atomic-wait-on-unshared-memory",
                                                          "waited on memory that is not shared"},
    [WASMTIME_TRAP_CODE_NULL_REFERENCE] = {"null-reference", "used a null reference"},
    [WASMTIME_TRAP_CODE_ARRAY_OUT_OF_BOUNDS] = {"out-of-bounds-array-access",
                                                "used an array element that does not exist"},
    [WASMTIME_TRAP_CODE_ALLOCATION_TOO_LARGE] = {"allocation-too-large", "asked for too large an object"},
    [WASMTIME_TRAP_CODE_CAST_FAILURE] = {"cast-failure", "cast a reference to a type it does not have"},
};

/* Copy UTF-8 of a guest, cut where a character begins. */
static void copy_name(char *to, size_t size, const wasm_name_t *name) {
    size_t length = name && name->size ? name->size : 0;
    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)name->data[length] & 0xc0) == 0x80)
            length--;
    }
    if (length)
        memcpy(to, name->data, length);
    to[length] = '\0';
}

static void copy_frames(struct engine_outcome *ret, const wasm_trap_t *trap, const wasmtime_error_t *error) {
    wasm_frame_vec_t frames = {0, NULL};
    if (trap)
        wasm_trap_trace(trap, &frames);
    else if (error)
        wasmtime_error_wasm_trace(error, &frames);
    for (size_t i = 0; i < frames.size && i < ENGINE_FRAMES_MAX; i++) {
        struct engine_frame *to = &ret->frames[i];
        size_t offset = wasm_frame_module_offset(frames.data[i]);
        to->function = wasm_frame_func_index(frames.data[i]);
        to->offset = offset == SIZE_MAX ? UINT64_MAX : offset;
        copy_name(to->name, sizeof(to->name), wasmtime_frame_func_name(frames.data[i]));
        copy_name(to->module, sizeof(to->module), wasmtime_frame_module_name(frames.data[i]));
        ret->frame_count++;
    }
    if (frames.data)
        wasm_frame_vec_delete(&frames);
}

/* An exception that leaves the guest is a trap without a code; only the engine's sentence tells it. */
static bool was_thrown(const wasm_trap_t *trap) {
    wasm_message_t message;
    wasm_trap_message(trap, &message);
    const bool thrown = message.size && memmem(message.data, message.size, "thrown Wasm exception",
                                               strlen("thrown Wasm exception"));
    wasm_byte_vec_delete(&message);
    return thrown;
}

static void tell_trap(struct engine_instance *instance, const wasm_trap_t *trap, struct engine_outcome *ret) {
    wasmtime_trap_code_t code;
    char amount[32];
    ret->end = ENGINE_END_TRAPPED;
    if (!wasmtime_trap_code(trap, &code)) {
        const bool thrown = was_thrown(trap);
        text_copy(ret->trap, sizeof(ret->trap), thrown ? "uncaught-exception" : "unknown");
        text_copy(ret->message, sizeof(ret->message),
                  thrown ? "threw an exception that nobody caught" : engine_end_words(ret->end));
    } else if (code == WASMTIME_TRAP_CODE_STACK_OVERFLOW) {
        ret->end = ENGINE_END_STACK;
        text_format_size(instance->engine->config.stack_bytes, amount, sizeof(amount));
        snprintf(ret->message, sizeof(ret->message), "used up its stack of %s", amount);
    } else if (code == WASMTIME_TRAP_CODE_OUT_OF_FUEL) {
        ret->end = ENGINE_END_FUEL;
        snprintf(ret->message, sizeof(ret->message), "used up its limit of %" PRIu64 " fuel",
                 instance->run.fuel);
    } else if (code < ARRAY_LENGTH(trap_kinds) && trap_kinds[code].text) {
        text_copy(ret->trap, sizeof(ret->trap), trap_kinds[code].text);
        text_copy(ret->message, sizeof(ret->message), trap_kinds[code].sentence);
    } else {
        snprintf(ret->trap, sizeof(ret->trap), "trap-%u", (unsigned)code);
        snprintf(ret->message, sizeof(ret->message), "trapped with the engine's code %u", (unsigned)code);
    }
}

/* A memory or table that the module does not export shows its size only in the engine's refusal. */
static bool tell_minimum(const struct engine_limits *limits, const char *text, struct engine_outcome *ret) {
    uint64_t wants;
    char size[32], limit[32];
    const char *memory = strstr(text, "memory minimum size of ");
    const char *table = strstr(text, "table minimum size of ");
    const char *resource = strstr(text, "resource limit exceeded: ");
    if (memory && sscanf(memory, "memory minimum size of %" SCNu64 " pages exceeds", &wants) == 1) {
        uint64_t bytes = wants > UINT64_MAX / (64 * KIB) ? UINT64_MAX : wants * (64 * KIB);
        text_format_size(bytes, size, sizeof(size));
        text_format_size(limits->memory_bytes, limit, sizeof(limit));
        snprintf(ret->message, sizeof(ret->message),
                 "its memory begins with %" PRIu64 " bytes (%s), its memory limit is %" PRIu64 " bytes (%s)",
                 bytes, size, limits->memory_bytes, limit);
        ret->memory_limit_hit = true;
    } else if (table && sscanf(table, "table minimum size of %" SCNu64 " elements exceeds", &wants) == 1) {
        snprintf(ret->message, sizeof(ret->message),
                 "its table begins with %" PRIu64 " elements, its table limit is %" PRIu64, wants,
                 limits->table_elements);
        ret->table_limit_hit = true;
    } else if (resource) {
        snprintf(ret->message, sizeof(ret->message),
                 "has more tables or memories than an instance may have (%s)",
                 resource + strlen("resource limit exceeded: "));
    } else
        return false;
    ret->end = ENGINE_END_LIMIT;
    return true;
}

static void tell_error(struct engine_instance *instance, const wasmtime_error_t *error,
                       struct engine_outcome *ret) {
    char text[sizeof(ret->message)];
    engine_error_text(error, text, sizeof(text));
    if ((instance->run.starting || !instance->program) && tell_minimum(&instance->limits, text, ret))
        return;
    if (strstr(text, "GC heap out of memory")) {
        char limit[32];
        ret->end = ENGINE_END_LIMIT;
        ret->memory_limit_hit = true;
        text_format_size(instance->limits.memory_bytes, limit, sizeof(limit));
        snprintf(ret->message, sizeof(ret->message), "its exceptions take more than its memory limit of %s",
                 limit);
        return;
    }
    ret->end = ENGINE_END_FAILED;
    text_copy(ret->message, sizeof(ret->message), text);
}

/* The same for what several parts have together. */
static void tell_sums(struct engine_instance *instance, struct engine_outcome *ret) {
    const struct engine_limits *limits = &instance->limits;
    ret->memory_bytes = engine_areas_memory(instance);
    if (instance->memories.number && ret->memory_bytes + 64 * KIB > limits->memory_bytes)
        ret->memory_limit_hit = true;
    if (instance->tables.number && engine_areas_table(instance) + 1 > limits->table_elements)
        ret->table_limit_hit = true;
}

/* How the memory stands; a guest that was refused growth usually ends soon after, in words of its own. */
static void tell_sizes(struct engine_instance *instance, struct engine_outcome *ret) {
    const struct engine_limits *limits = &instance->limits;
    if (instance->has_memory) {
        ret->memory_bytes = wasmtime_memory_data_size(instance->context, &instance->memory);
        bool bad = ret->end != ENGINE_END_RETURNED && !(ret->end == ENGINE_END_EXITED && ret->exit_code == 0);
        uint64_t near_bytes = bad ? MIB : 64 * KIB;
        if (ret->memory_bytes + near_bytes > limits->memory_bytes)
            ret->memory_limit_hit = true;
        if (ret->end == ENGINE_END_TRAPPED && ret->memory_limit_hit) {
            char limit[32];
            size_t used = strlen(ret->message);
            text_format_size(limits->memory_bytes, limit, sizeof(limit));
            snprintf(ret->message + used, sizeof(ret->message) - used,
                     "; its memory stands at its limit of %s", limit);
        }
    }
    if (!instance->program) {
        tell_sums(instance, ret);
        return;
    }
    for (size_t i = 0; instance->made && i < instance->program->table_count; i++) {
        const struct program_area *area = &instance->program->tables[i];
        wasmtime_extern_t item;
        if (wasmtime_instance_export_get(instance->context, &instance->handle, area->name, area->length,
                                         &item) &&
            item.kind == WASMTIME_EXTERN_TABLE &&
            wasmtime_table_size(instance->context, &item.of.table) + 1 > limits->table_elements)
            ret->table_limit_hit = true;
    }
}

void engine_outcome_make(struct engine_instance *instance, struct engine_outcome *ret) {
    struct run *run = &instance->run;
    memset(ret, 0, sizeof(*ret));
    ret->cpu_ns = run->cpu_ns;
    uint64_t left;
    if (run->fuel && !wasmtime_context_get_fuel(instance->context, &left))
        ret->fuel_used = run->fuel - left;
    if (run->has_cause) {
        ret->end = run->end;
        ret->exit_code = run->exit_code;
        text_copy(ret->message, sizeof(ret->message), run->message);
        if (run->end == ENGINE_END_TRAPPED)
            text_copy(ret->trap, sizeof(ret->trap), run->trap_kind ? run->trap_kind : "host");
    } else if (run->trap)
        tell_trap(instance, run->trap, ret);
    else if (run->error)
        tell_error(instance, run->error, ret);
    else {
        ret->end = ENGINE_END_RETURNED;
        text_copy(ret->message, sizeof(ret->message), engine_end_words(ret->end));
    }
    if (ret->end != ENGINE_END_EXITED)
        copy_frames(ret, run->trap, run->error);
    tell_sizes(instance, ret);
}
