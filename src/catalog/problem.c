/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Problems found on disk, for people; a bounded list owned by the catalogue, one thread. */
#include "catalog/problem.h"

#include <stdarg.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

void problems_done(struct problems *p) {
    for (size_t i = 0; i < p->count; i++) {
        mem_free(p->list[i].subject);
        mem_free(p->list[i].text);
    }
    mem_free(p->list);
    *p = (struct problems){0};
}

static struct problem *find(struct problems *p, const char *subject) {
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->list[i].subject, subject) == 0)
            return &p->list[i];
    return NULL;
}

static struct problem *add(struct problems *p, const char *subject) {
    if (p->count >= PROBLEMS_MAX)
        return NULL;
    MEM_AUTO char *copy = mem_text(subject);
    struct problem *list = mem_resize(p->list, (p->count + 1) * sizeof(*list));
    if (list)
        p->list = list;
    if (!list || !copy)
        return NULL;
    list[p->count] = (struct problem){.subject = TAKE(copy)};
    return &list[p->count++];
}

void problem_add(struct problems *p, int code, const char *subject, const char *format, ...) {
    char text[1024];
    if (!p)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    char *copy = mem_text(text);
    struct problem *slot = find(p, subject);
    if (!slot && copy)
        slot = add(p, subject);
    if (!slot || !copy) {
        mem_free(copy);
        p->dropped++;
        return;
    }
    mem_free(slot->text);
    slot->text = copy;
    slot->code = code;
    slot->wall_ms = clock_wall_ns() / 1000000;
}

void problem_clear(struct problems *p, const char *subject) {
    struct problem *slot = find(p, subject);
    if (!slot)
        return;
    mem_free(slot->subject);
    mem_free(slot->text);
    size_t at = (size_t)(slot - p->list);
    memmove(slot, slot + 1, (p->count - at - 1) * sizeof(*slot));
    p->count--;
}

json_t *problems_json(const struct problems *p) {
    JSON_AUTO *array = json_array();
    for (size_t i = 0; array && i < p->count; i++) {
        json_t *object = json_object();
        bool ok = object != NULL;
        json_put_text(object, "code", arcella_error_name(p->list[i].code), &ok);
        json_put_text(object, "subject", p->list[i].subject, &ok);
        json_put_text(object, "message", p->list[i].text, &ok);
        if (json_array_append_new(array, object) < 0 || !ok)
            return NULL;
    }
    return TAKE(array);
}
