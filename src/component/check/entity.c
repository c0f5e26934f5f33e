/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Names of entities: a list in order and a hash over it, open addressing, in the arena of its owner.  The
 * hash is keyed by the process (base/map.h), so a file cannot choose collisions.
 */
#include "component/check/entity.h"

#include <string.h>

#include "base/map.h"

const char *entity_type_words(enum entity_type_kind kind) {
    switch (kind) {
    case ENTITY_TYPE_RESOURCE: return "a resource type";
    case ENTITY_TYPE_VALUE: return "a value type";
    case ENTITY_TYPE_FUNC: return "a function type";
    case ENTITY_TYPE_INSTANCE: return "an instance type";
    case ENTITY_TYPE_COMPONENT: return "a component type";
    }
    return "a type";
}

static uint32_t name_hash(struct text first, struct text second) {
    /* Both parts; the lengths keep ("a", "bc") and ("ab", "c") apart well enough, equality decides. */
    uint32_t hash = first.length ? map_hash(first.data, first.length) : 0;
    if (second.length)
        hash = hash * 31 + map_hash(second.data, second.length);
    return hash;
}

/* The slot of a name, or the empty one where it would be.  There is always an empty one. */
static uint32_t *find_slot(const struct entity_names *names, struct text first, struct text second) {
    uint32_t mask = names->slot_count - 1;
    for (uint32_t i = name_hash(first, second) & mask;; i = (i + 1) & mask) {
        uint32_t *slot = &names->slots[i];
        if (!*slot)
            return slot;
        const struct entity_name *there = &names->names[*slot - 1];
        if (text_equal(there->first, first) && text_equal(there->second, second))
            return slot;
    }
}

uint32_t entity_names_find(const struct entity_names *names, struct text first, struct text second) {
    if (!names || !names->slot_count)
        return ENTITY_NONE;
    return *find_slot(names, first, second) - 1; /* 0 - 1 is NONE */
}

/* Room for one name more; at most half of the slots are taken. */
static bool make_room(struct entity_names *names, struct arena *arena) {
    if (names->count < names->capacity)
        return true;
    uint32_t capacity = names->capacity ? names->capacity * 2 : 8;
    if (capacity > (1u << 28))
        return false;
    struct entity_name *more = arena_array(arena, capacity, sizeof(*more));
    uint32_t *slots = arena_array(arena, 2 * (size_t)capacity, sizeof(*slots));
    if (!more || !slots)
        return false;
    if (names->count)
        memcpy(more, names->names, names->count * sizeof(*more));
    names->names = more;
    names->capacity = capacity;
    names->slots = slots;
    names->slot_count = 2 * capacity;
    for (uint32_t i = 0; i < names->count; i++)
        *find_slot(names, more[i].first, more[i].second) = i + 1;
    return true;
}

uint32_t entity_names_add(struct entity_names *names, struct arena *arena, struct text first,
                          struct text second, uint32_t *ret_there) {
    *ret_there = ENTITY_NONE;
    if (!make_room(names, arena))
        return ENTITY_NONE;
    uint32_t *slot = find_slot(names, first, second);
    if (*slot) {
        *ret_there = *slot - 1;
        return ENTITY_NONE;
    }
    names->names[names->count] = (struct entity_name){first, second};
    *slot = ++names->count;
    return names->count - 1;
}

const struct entity *entity_find(const struct entity_list *list, struct text name) {
    uint32_t i = entity_names_find(list->names, name, (struct text){0});
    return i < list->count ? &list->entities[i] : NULL;
}

const struct core_entity *core_find(const struct core_list *list, struct text first, struct text second) {
    uint32_t i = entity_names_find(list->names, first, second);
    return i < list->count ? &list->entities[i] : NULL;
}
