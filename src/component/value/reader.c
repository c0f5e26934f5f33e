/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Reading values: places, errors, labels, lists. */
#include "component/value/reader.h"

#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "component/names/name.h"
#include "component/value/utf.h"

/* --- errors --- */

static void add_at(struct buffer *b, const struct value_at *at) {
    int r = 0;
    switch (at->kind) {
    case VALUE_AT_FIELD:
        r = at->name.length ? buffer_format(b, NULL, ", field '%s'", NAME_SHOWN(at->name))
                            : buffer_format(b, NULL, ", element %u", at->index + 1);
        break;
    case VALUE_AT_ITEM: r = buffer_format(b, NULL, ", element %u", at->index + 1); break;
    case VALUE_AT_CASE: r = buffer_format(b, NULL, ", case '%s'", NAME_SHOWN(at->name)); break;
    case VALUE_AT_KEY: r = buffer_format(b, NULL, ", key of pair %u", at->index + 1); break;
    case VALUE_AT_ENTRY: r = buffer_format(b, NULL, ", value of pair %u", at->index + 1); break;
    }
    (void)r; /* a sentence that is cut is still one */
}

/* Of a deep place, its beginning and its end. */
#define PLACES_FIRST 4u
#define PLACES_LAST  5u

static void add_path(struct buffer *b, const struct value_at *where) {
    const struct value_at *places[2 * TYPES_DEPTH];
    uint32_t count = 0;
    for (const struct value_at *at = where; at && count < 2 * TYPES_DEPTH; at = at->up)
        places[count++] = at;
    for (uint32_t i = 0; i < count; i++) {
        if (i >= PLACES_FIRST && i + PLACES_LAST < count) {
            if (i == PLACES_FIRST && buffer_text(b, ", …", NULL))
                return;
            continue;
        }
        add_at(b, places[count - 1 - i]);
    }
}

/* "argument 2 'qty' of add(sku: string, qty: u32), field 'x', column 9" */
static void add_place(struct buffer *b, const struct value_reader *r, size_t at) {
    const struct value_purpose *p = &r->purpose;
    int failed = 0;
    if (p->func && p->argument < p->func->param_count)
        failed = buffer_format(b, NULL, "argument %u '%s' of ", p->argument + 1,
                               NAME_SHOWN(p->func->params[p->argument].name));
    if (!failed && p->func)
        failed = value_add_signature(b, p->name, p->func, NULL);
    if (failed)
        buffer_clear(b);
    add_path(b, r->where);
    size_t line = 1, start = 0;
    for (size_t i = 0; i < at && i < r->length; i++)
        if (r->text[i] == '\n') {
            line++;
            start = i + 1;
        }
    failed = line > 1 ? buffer_format(b, NULL, ", line %zu, column %zu", line, at - start + 1)
                      : buffer_format(b, NULL, ", column %zu", at + 1);
    (void)failed;
}

/* Without the comma, where nothing stands in front of it. */
static const char *place_words(const struct buffer *b) {
    if (!b->data)
        return "?";
    return text_starts(b->data, ", ") ? b->data + 2 : b->data;
}

int value_reader_fail(struct value_reader *r, size_t at, const char *format, ...) {
    if (!r->reterr)
        return ARCELLA_E_INVALID;
    BUFFER_AUTO place = BUFFER_INIT(LIMIT_ERROR_BYTES);
    add_place(&place, r, at);
    va_list arguments;
    va_start(arguments, format);
    int code = error_set_va(r->reterr, ARCELLA_E_INVALID, format, arguments);
    va_end(arguments);
    return error_wrap(r->reterr, code, "%s", place_words(&place));
}

int value_reader_wrap(struct value_reader *r, size_t at, int code) {
    if (!r->reterr)
        return code;
    BUFFER_AUTO place = BUFFER_INIT(LIMIT_ERROR_BYTES);
    add_place(&place, r, at);
    return error_wrap(r->reterr, code, "%s", place_words(&place));
}

static const char *wanted_words(enum type_kind kind) {
    switch (kind) {
    case TYPE_BOOL: return "true or false";
    case TYPE_CHAR: return "a character in quotes";
    case TYPE_STRING: return "a text in quotes";
    case TYPE_RECORD: return "a record";
    case TYPE_TUPLE: return "a tuple";
    case TYPE_LIST: return "a list";
    case TYPE_MAP: return "a list of pairs";
    case TYPE_VARIANT:
    case TYPE_ENUM: return "a case";
    case TYPE_OPTION: return "an option";
    case TYPE_RESULT: return "a result";
    case TYPE_FLAGS: return "a set of flags";
    case TYPE_OWN:
    case TYPE_BORROW: return "a handle";
    default: return kind <= TYPE_F64 ? "a number" : "a value";
    }
}

int value_reader_unexpected(struct value_reader *r, size_t at, const struct type *type) {
    if (!r->reterr)
        return ARCELLA_E_INVALID;
    BUFFER_AUTO words = BUFFER_INIT(LIMIT_ERROR_BYTES);
    if (value_add_type(&words, type, NULL) < 0)
        buffer_clear(&words);
    return value_reader_fail(r, at, "expected %s (%s), found %s", wanted_words(type->kind),
                             words.data ? words.data : type_kind_words(type->kind), VALUE_FOUND(r, at));
}

static bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '%' || c == '.' || (unsigned char)c >= 0x80;
}

#define FOUND_TOKEN 40u

const char *value_reader_found(const struct value_reader *r, size_t at, char *to, size_t size) {
    if (at >= r->length) {
        text_copy(to, size, "the end");
        return to;
    }
    size_t end = at;
    if (r->text[at] == '"' || r->text[at] == '\'')
        for (end++; end < r->length && end - at < FOUND_TOKEN && r->text[end] != r->text[at] &&
                    r->text[end] != '\n';)
            end++;
    if (end > at && end < r->length && r->text[end] == r->text[at])
        end++;
    while (end == at ||
           (end < r->length && end - at < FOUND_TOKEN && is_word(r->text[at]) && is_word(r->text[end])))
        end++;
    bool cut = end - at >= FOUND_TOKEN && end < r->length;
    while (end < r->length && ((unsigned char)r->text[end] & 0xc0) == 0x80)
        end++; /* to the end of a character */
    char shown[VALUE_FOUND_BYTES - 8];
    name_shown((struct text){r->text + at, end - at}, shown, sizeof(shown));
    bool quoted = shown[0] == '"' || shown[0] == '\'';
    const char *quote = quoted ? "" : "'";
    snprintf(to, size, "%s%s%s%s", quote, shown, cut ? "…" : "", quote);
    return to;
}

/* --- the reader --- */

struct value_labels {
    uint32_t type; /* its id */
    struct entity_names names;
    UT_hash_handle hh;
};

void value_reader_done(struct value_reader *r) {
    HASH_CLEAR(hh, r->labels);
    arena_done(&r->scratch);
}

int value_reader_check(struct value_reader *r) {
    if (r->length > LIMIT_CALL_VALUE_BYTES)
        return error_set(r->reterr, ARCELLA_E_LIMIT, "a value of %zu bytes, at most %llu are read", r->length,
                         LIMIT_CALL_VALUE_BYTES);
    if (utf8_valid((const uint8_t *)r->text, r->length))
        return 0;
    size_t at = 0;
    uint32_t character;
    for (size_t step;
         at < r->length && (step = text_utf8_next(r->text + at, r->length - at, &character)) > 0;)
        at += step;
    return value_reader_fail(r, at, "not UTF-8");
}

static int too_much(struct value_reader *r, uint64_t bytes) {
    const struct arena *a = r->arena;
    if (a->limit_bytes && bytes > a->limit_bytes - a->total_bytes)
        return error_set(r->reterr, ARCELLA_E_LIMIT, "a value takes more than the %llu bytes allowed",
                         (unsigned long long)a->limit_bytes);
    return error_nomem(r->reterr);
}

void *value_reader_take(struct value_reader *r, uint64_t count, size_t size, int *ret_error) {
    void *p = arena_array(r->arena, count, size);
    if (!p)
        *ret_error = too_much(r, count * size);
    return p;
}

#define LABELS_FEW 16u /* compared one by one */

static int labels_of(struct value_reader *r, const struct type *type, struct value_labels **ret) {
    HASH_FIND(hh, r->labels, &type->id, sizeof(type->id), *ret);
    if (*ret)
        return 0;
    struct value_labels *labels = arena_new(&r->scratch, struct value_labels);
    if (!labels)
        return error_nomem(r->reterr);
    labels->type = type->id;
    for (uint32_t i = 0; i < type->count; i++) {
        uint32_t there;
        if (entity_names_add(&labels->names, &r->scratch, type->fields[i].name, (struct text){0}, &there) ==
                ENTITY_NONE &&
            there == ENTITY_NONE)
            return error_nomem(r->reterr);
    }
    bool ok;
    MAP_ADD(hh, r->labels, type, labels, &ok);
    *ret = labels;
    return ok ? 0 : error_nomem(r->reterr);
}

int value_reader_label(struct value_reader *r, const struct type *type, struct text label, uint32_t *ret) {
    *ret = ENTITY_NONE;
    if (type->count > LABELS_FEW) {
        struct value_labels *labels;
        int failed = labels_of(r, type, &labels);
        if (!failed)
            *ret = entity_names_find(&labels->names, label, (struct text){0});
        return failed;
    }
    for (uint32_t i = 0; i < type->count && *ret == ENTITY_NONE; i++)
        if (text_equal(type->fields[i].name, label))
            *ret = i;
    return 0;
}

/* --- lists --- */

void value_list_init(struct value_list *list, const struct type *element) {
    bool packs = element && value_packs(element);
    *list = (struct value_list){.element = packs ? element : NULL,
                                .size = packs ? element->size : sizeof(struct value)};
}

void value_list_done(struct value_list *list) {
    mem_free(list->bytes);
    list->bytes = NULL;
}

static int list_grow(struct value_list *list, struct value_reader *r) {
    uint64_t capacity = list->capacity ? 2 * list->capacity : 16;
    uint64_t bytes = capacity * list->size;
    /* What will not fit in the arena need not be gathered first. */
    const struct arena *a = r->arena;
    if (list->count >= UINT32_MAX / 2 ||
        (a->limit_bytes && list->count * list->size > a->limit_bytes - a->total_bytes))
        return too_much(r, UINT64_MAX);
    void *more = mem_resize(list->bytes, bytes);
    if (!more)
        return error_nomem(r->reterr);
    list->bytes = more;
    list->capacity = capacity;
    return 0;
}

int value_list_add(struct value_list *list, struct value_reader *r, const struct value *item) {
    int failed = list->count == list->capacity ? list_grow(list, r) : 0;
    if (failed)
        return failed;
    uint8_t *to = (uint8_t *)list->bytes + list->count * list->size;
    if (!list->element)
        memcpy(to, item, sizeof(*item));
    else if (!value_pack(list->element, item, to))
        return error_set(r->reterr, ARCELLA_E_INTERNAL, "a value was made that does not fit its type");
    list->count++;
    return 0;
}

int value_list_end(struct value_list *list, struct value_reader *r, enum type_kind kind, struct value *ret) {
    int failed = 0;
    void *bytes = value_reader_take(r, list->count, list->size, &failed);
    if (!bytes)
        return failed;
    if (list->count)
        memcpy(bytes, list->bytes, list->count * list->size);
    uint32_t count = (uint32_t)list->count;
    *ret = list->element ? value_packed(bytes, count)
                         : value_items(kind, bytes, kind == TYPE_MAP ? count / 2 : count);
    return 0;
}
