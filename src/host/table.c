/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The descriptor numbers of one instance: an array that grows, and the lowest number that may be free.
 * Owned by the guest ABI's state; the loop's thread.
 */
#include "host/table.h"

#include "host/inside.h"

struct host_table {
    struct host *host;       /* borrowed */
    struct host_slot *slots; /* owned */
    uint32_t capacity;
    uint32_t lowest; /* no number below is free */
    uint32_t count;  /* in use */
};

int host_table_new(struct host *host, struct host_table **ret, arcella_error **reterr) {
    struct host_table *table = mem_new(struct host_table);
    if (!table)
        return error_nomem(reterr);
    table->host = host;
    *ret = table;
    return 0;
}

struct host_table *host_table_free(struct host_table *table) {
    if (!table)
        return NULL;
    for (uint32_t i = 0; i < table->capacity; i++)
        host_file_unref(table->slots[i].file);
    host_give(table->host, (uint64_t)table->capacity * sizeof(table->slots[0]));
    mem_free(table->slots);
    mem_free(table);
    return NULL;
}

static int grow(struct host_table *table) {
    uint32_t limit = table->host->open_files;
    uint32_t capacity = table->capacity ? table->capacity * 2 : 8;
    if (capacity > limit)
        capacity = limit;
    uint64_t more = (uint64_t)(capacity - table->capacity) * sizeof(table->slots[0]);
    if (!host_take(table->host, more))
        return HOST_E_NOMEM;
    struct host_slot *slots = mem_resize(table->slots, (size_t)capacity * sizeof(slots[0]));
    if (!slots) {
        host_give(table->host, more);
        return HOST_E_NOMEM;
    }
    memset(slots + table->capacity, 0, (size_t)(capacity - table->capacity) * sizeof(slots[0]));
    table->slots = slots;
    table->capacity = capacity;
    return 0;
}

int host_table_room(struct host_table *table) {
    struct host *host = table->host;
    if (table->count < host->open_files)
        return 0;
    if (!host->told_open_files)
        host_notice(host, "all %u descriptors of the instance are in use (open files limit)",
                    host->open_files);
    host->told_open_files = true;
    return HOST_E_MFILE;
}

int host_table_add(struct host_table *table, struct host_file *file, const uint64_t words[2], uint32_t *ret) {
    int r = host_table_room(table);
    if (r)
        return r;
    while (table->lowest < table->capacity && table->slots[table->lowest].file)
        table->lowest++;
    if (table->lowest == table->capacity) {
        r = grow(table);
        if (r)
            return r;
    }
    struct host_slot *slot = &table->slots[table->lowest];
    slot->file = file;
    slot->words[0] = words ? words[0] : 0;
    slot->words[1] = words ? words[1] : 0;
    table->count++;
    *ret = table->lowest++;
    return 0;
}

struct host_slot *host_table_get(struct host_table *table, uint32_t number) {
    if (number >= table->capacity || !table->slots[number].file)
        return NULL;
    return &table->slots[number];
}

int host_table_close(struct host_table *table, uint32_t number) {
    struct host_slot *slot = host_table_get(table, number);
    if (!slot)
        return HOST_E_BADF;
    struct host_file *file = slot->file;
    *slot = (struct host_slot){0};
    table->count--;
    if (number < table->lowest)
        table->lowest = number;
    host_file_unref(file);
    return 0;
}

int host_table_renumber(struct host_table *table, uint32_t from, uint32_t to) {
    struct host_slot *source = host_table_get(table, from);
    struct host_slot *target = host_table_get(table, to);
    if (!source || !target)
        return HOST_E_BADF;
    if (source == target)
        return 0;
    host_file_unref(target->file);
    *target = *source;
    *source = (struct host_slot){0};
    table->count--;
    if (from < table->lowest)
        table->lowest = from;
    return 0;
}

uint32_t host_table_count(const struct host_table *table) {
    return table->count;
}
