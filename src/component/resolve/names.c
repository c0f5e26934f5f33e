/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Names with numbers: a hash table in an arena that only grows.  Texts are borrowed; hashed with the key of
 * the process (base/map.h), as guests choose them.
 */
#include "base/map.h"
#include "component/resolve/resolve.h"

struct name_entry {
    struct text text;
    uint32_t value;
};
struct names {
    struct arena *arena;
    struct name_entry *entries;
    uint32_t *slots; /* number + 1 */
    uint32_t count, capacity, slot_count;
};

struct names *names_new(struct arena *arena) {
    struct names *names = arena_new(arena, struct names);
    if (names)
        names->arena = arena;
    return names;
}

static uint32_t *find_slot(const struct names *names, struct text text) {
    uint32_t mask = names->slot_count - 1;
    uint32_t at = map_hash(text.data, text.length) & mask;
    while (names->slots[at] && !text_equal(names->entries[names->slots[at] - 1].text, text))
        at = (at + 1) & mask;
    return &names->slots[at];
}

/* Twice the room; what was given up stays in the arena, which is at most as much again. */
static bool grow(struct names *names) {
    uint32_t capacity = names->capacity ? names->capacity * 2 : 8;
    if (capacity > UINT32_MAX / 8)
        return false;
    struct name_entry *entries = arena_array(names->arena, capacity, sizeof(*entries));
    uint32_t *slots = arena_array(names->arena, (size_t)capacity * 2, sizeof(*slots));
    if (!entries || !slots)
        return false;
    if (names->count)
        memcpy(entries, names->entries, names->count * sizeof(*entries));
    names->entries = entries;
    names->slots = slots;
    names->capacity = capacity;
    names->slot_count = capacity * 2;
    for (uint32_t i = 0; i < names->count; i++)
        *find_slot(names, entries[i].text) = i + 1;
    return true;
}

uint32_t names_add(struct names *names, struct text name, bool *ret_new) {
    *ret_new = false;
    if (names->count == names->capacity && !grow(names))
        return RESOLVE_NONE;
    uint32_t *slot = find_slot(names, name);
    if (!*slot) {
        names->entries[names->count] = (struct name_entry){.text = name};
        *slot = ++names->count;
        *ret_new = true;
    }
    return *slot - 1;
}

uint32_t names_find(const struct names *names, struct text name) {
    return names->count ? *find_slot(names, name) - 1 : RESOLVE_NONE;
}

uint32_t names_value(const struct names *names, uint32_t number) {
    return names->entries[number].value;
}

void names_set(struct names *names, uint32_t number, uint32_t value) {
    names->entries[number].value = value;
}

struct text names_text(const struct names *names, uint32_t number) {
    return names->entries[number].text;
}
