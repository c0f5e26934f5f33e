/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the parts of an instance have together: all its memories, all its tables, and one limit on the sum of
 * each.  The engine only knows a limit per memory, so that one is set, between runs, to what the largest may
 * have while the others stay as they are.  Where one alone can grow, that is exact.  Where several can, they
 * are looked at in each tick and at the end of each run as well.
 */
#include <assert.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/inner.h"

static uint64_t size_of(struct engine_instance *instance, const struct core_area *area, bool is_table) {
    return is_table ? wasmtime_table_size(instance->context, &area->table)
                    : wasmtime_memory_data_size(instance->context, &area->memory);
}

/* All together, as far as can be seen; those hidden count with what they began with. */
static uint64_t sum_of(struct engine_instance *instance, bool is_table, uint64_t *ret_largest) {
    const struct core_areas *areas = is_table ? &instance->tables : &instance->memories;
    uint64_t sum = areas->hidden_minimum + areas->hidden_fixed, largest = 0;
    for (uint32_t i = 0; i < areas->seen_count; i++) {
        uint64_t size = size_of(instance, &areas->seen[i], is_table);
        sum += size;
        if (areas->seen[i].grows && size > largest)
            largest = size;
    }
    *ret_largest = largest;
    return sum;
}

uint64_t engine_areas_memory(struct engine_instance *instance) {
    uint64_t largest;
    return sum_of(instance, false, &largest);
}

uint64_t engine_areas_table(struct engine_instance *instance) {
    uint64_t largest;
    return sum_of(instance, true, &largest);
}

static uint64_t limit_of(const struct engine_instance *instance, bool is_table) {
    return is_table ? instance->limits.table_elements : instance->limits.memory_bytes;
}

/* What each may grow to.  Those that cannot be seen share evenly with the largest that can. */
static uint64_t cap_of(struct engine_instance *instance, bool is_table) {
    const struct core_areas *areas = is_table ? &instance->tables : &instance->memories;
    uint64_t limit = limit_of(instance, is_table), largest;
    uint64_t others = sum_of(instance, is_table, &largest) - largest - areas->hidden_minimum;
    uint64_t sharing = areas->hidden_growing + (areas->growing > 0);
    return others >= limit ? 0 : (limit - others) / (sharing ? sharing : 1);
}

static void set_caps(struct engine_instance *instance, uint64_t memory, uint64_t table) {
    if (memory == instance->memories.cap && table == instance->tables.cap)
        return;
    instance->memories.cap = memory;
    instance->tables.cap = table;
    wasmtime_store_limiter(instance->store, memory > INT64_MAX ? INT64_MAX : (int64_t)memory,
                           table > INT64_MAX ? INT64_MAX : (int64_t)table, LIMIT_CORE_INSTANCES,
                           LIMIT_CORE_TABLES, LIMIT_CORE_MEMORIES);
}

void engine_areas_cap(struct engine_instance *instance) {
    set_caps(instance, cap_of(instance, false), cap_of(instance, true));
}

static void check(struct engine_instance *instance, bool is_table) {
    const struct core_areas *areas = is_table ? &instance->tables : &instance->memories;
    uint64_t largest, limit = limit_of(instance, is_table);
    if (areas->growing + areas->hidden_growing < 2)
        return;
    uint64_t sum = sum_of(instance, is_table, &largest);
    if (sum <= limit)
        return;
    char message[192];
    snprintf(message, sizeof(message), "its %s have %" PRIu64 " %s together, the limit is %" PRIu64,
             is_table ? "tables" : "memories", sum, is_table ? "elements" : "bytes", limit);
    engine_run_cause(instance, ENGINE_END_LIMIT, 0, message);
}

void engine_areas_check(struct engine_instance *instance) {
    check(instance, false);
    check(instance, true);
}

/* --- a new core --- */

static int reserve(struct core_areas *areas, uint32_t more, arcella_error **reterr) {
    if (areas->capacity - areas->seen_count >= more)
        return 0;
    uint32_t capacity = 2 * areas->capacity + more;
    struct core_area *seen = mem_resize(areas->seen, capacity * sizeof(*seen));
    if (!seen)
        return error_nomem(reterr);
    areas->seen = seen;
    areas->capacity = capacity;
    return 0;
}

static int over(bool is_table, uint64_t wanted, uint64_t limit, arcella_error **reterr) {
    char wants[32], has[32];
    text_format_size(wanted, wants, sizeof(wants));
    text_format_size(limit, has, sizeof(has));
    if (is_table)
        error_set(reterr, ARCELLA_E_LIMIT,
                  "its tables would begin with %" PRIu64 " elements together, its table limit is %" PRIu64,
                  wanted, limit);
    else
        error_set(reterr, ARCELLA_E_LIMIT,
                  "its memories would begin with %" PRIu64
                  " bytes (%s) together, its memory limit is %" PRIu64 " bytes (%s)",
                  wanted, wants, limit, has);
    return engine_hint_limit(is_table, reterr);
}

/* Is there room for those a part has?  What is left is the cap while it is made. */
static int check_room(struct engine_instance *instance, const struct engine_part *part, bool is_table,
                      uint64_t *cap, arcella_error **reterr) {
    struct core_areas *areas = is_table ? &instance->tables : &instance->memories;
    uint32_t most = is_table ? LIMIT_CORE_TABLES : LIMIT_CORE_MEMORIES, count = 0;
    uint64_t minimum = 0, largest, limit = limit_of(instance, is_table);
    for (uint32_t i = 0; i < part->area_count; i++)
        if (part->areas[i].is_table == is_table) {
            count++;
            minimum += part->areas[i].minimum; /* at most 32 bits, and a hundred of them */
        }
    if (!count)
        return 0;
    const char *what = is_table ? "tables" : "memories";
    if (count > most - areas->number)
        return error_set(reterr, ARCELLA_E_LIMIT, "more than %u %s in one instance", most, what);
    uint64_t sum = sum_of(instance, is_table, &largest);
    if (sum > limit || minimum > limit - sum)
        return over(is_table, sum + minimum, limit, reterr);
    *cap = limit - sum;
    return reserve(areas, count, reterr);
}

int engine_areas_room(struct engine_instance *instance, const struct engine_part *part,
                      arcella_error **reterr) {
    if (instance->core_count >= LIMIT_CORE_INSTANCES)
        return error_set(reterr, ARCELLA_E_LIMIT, "more than %d core instances in one instance",
                         LIMIT_CORE_INSTANCES);
    uint64_t memory = instance->memories.cap, table = instance->tables.cap;
    int r = check_room(instance, part, false, &memory, reterr);
    if (!r)
        r = check_room(instance, part, true, &table, reterr);
    if (!r)
        set_caps(instance, memory, table);
    return r;
}

static void note(struct engine_instance *instance, const struct part_area *area,
                 const wasmtime_instance_t *core) {
    struct core_areas *areas = area->is_table ? &instance->tables : &instance->memories;
    bool grows = area->maximum > area->minimum;
    areas->number++;
    if (!area->name) {
        areas->hidden_growing += grows;
        *(grows ? &areas->hidden_minimum : &areas->hidden_fixed) += area->minimum;
        return;
    }
    wasmtime_extern_t item;
    bool found = wasmtime_instance_export_get(instance->context, core, area->name, area->length, &item);
    assert(found && item.kind == (area->is_table ? WASMTIME_EXTERN_TABLE : WASMTIME_EXTERN_MEMORY) &&
           "the part was compared with its code");
    (void)found;
    assert(areas->seen_count < areas->capacity && "room was made before");
    struct core_area *seen = &areas->seen[areas->seen_count++];
    seen->grows = grows;
    if (area->is_table)
        seen->table = item.of.table;
    else
        seen->memory = item.of.memory;
    areas->growing += grows;
}

void engine_areas_note(struct engine_instance *instance, const struct engine_part *part,
                       const wasmtime_instance_t *core) {
    if (!part->area_count)
        return;
    for (uint32_t i = 0; i < part->area_count; i++)
        note(instance, &part->areas[i], core);
    engine_areas_cap(instance);
}

void engine_areas_done(struct engine_instance *instance) {
    mem_free(instance->memories.seen);
    mem_free(instance->tables.seen);
}
