/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Payloads in JSON, for eyes (ARCELLA_IPC=json): a message is an object of its fields by name.  Numbers that
 * JSON's reader cannot hold (over 2^63-1) are texts; bytes that are not UTF-8 are {"hex": "…"}.  Same rows,
 * same bounds.
 */
#include "wire/ipc_internal.h"

/* --- writing --- */

static json_t *hex_object(struct text text, bool *ok) {
    json_t *object = json_object();
    BUFFER_AUTO hex = BUFFER_INIT(2 * (text.length + 1));
    if (text_add_hex(&hex, text.data, text.length, NULL) < 0)
        *ok = false;
    else
        json_put(object, "hex", json_stringn(hex.data ? hex.data : "", hex.length), ok);
    return object;
}

static json_t *text_value(const struct ipc_field *field, struct text text, bool *ok) {
    if (text.length == 0)
        return json_string("");
    bool plain = field->kind == IPC_TEXT || field->kind == IPC_TEXTS ||
                 (text_is_utf8(text.data, text.length) && !memchr(text.data, '\0', text.length));
    return plain ? json_stringn(text.data, text.length) : hex_object(text, ok);
}

static json_t *number_value(uint64_t value) {
    if (value <= INT64_MAX)
        return json_integer((json_int_t)value);
    char digits[24];
    snprintf(digits, sizeof(digits), "%" PRIu64, value);
    return json_string(digits);
}

/* A record that does not fit leaves the name of the field in *ret_misfit. */
static json_t *record_value(const struct ipc_record *record, const void *at, const char **ret_misfit,
                            bool *ok);

static json_t *list_value(const struct ipc_field *field, const void *record, const char **ret_misfit,
                          bool *ok) {
    json_t *list = json_array();
    uint32_t count = ipc_count(record, field);
    if (count > field->count_max) {
        *ret_misfit = field->name;
        return list;
    }
    const char *items = *(const char *const *)ipc_at(record, field);
    for (uint32_t i = 0; i < count && *ok && !*ret_misfit; i++) {
        const void *item = items + i * ipc_element_size(field);
        json_t *value;
        if (field->item) {
            value = record_value(field->item, item, ret_misfit, ok);
        } else {
            struct text text = *(const struct text *)item;
            if (ipc_text_misfit(field, text))
                *ret_misfit = field->name;
            value = *ret_misfit ? json_null() : text_value(field, text, ok);
        }
        if (json_array_append_new(list, value) < 0)
            *ok = false;
    }
    return list;
}

static json_t *field_value(const struct ipc_field *field, const void *record, const char **ret_misfit,
                           bool *ok) {
    const void *at = ipc_at(record, field);
    switch (field->kind) {
    case IPC_U64:
        if (*(const uint64_t *)at > field->max)
            *ret_misfit = field->name;
        return number_value(*(const uint64_t *)at);
    case IPC_I64: return json_integer(*(const int64_t *)at);
    case IPC_BOOL: return json_boolean(*(const bool *)at);
    case IPC_TEXT:
    case IPC_WORD:
    case IPC_BYTES: {
        struct text text = *(const struct text *)at;
        if (!ipc_text_misfit(field, text))
            return text_value(field, text, ok);
        *ret_misfit = field->name;
        return json_null();
    }
    case IPC_TEXTS:
    case IPC_WORDS:
    case IPC_LIST: return list_value(field, record, ret_misfit, ok);
    }
    return NULL;
}

static json_t *record_value(const struct ipc_record *record, const void *at, const char **ret_misfit,
                            bool *ok) {
    json_t *object = json_object();
    for (const struct ipc_field *field = record->fields; field->name && *ok && !*ret_misfit; field++)
        json_put(object, field->name, field_value(field, at, ret_misfit, ok), ok);
    return object;
}

int ipc_json_encode(const struct ipc_row *row, const void *record, struct buffer *to,
                    arcella_error **reterr) {
    const char *misfit = NULL;
    bool ok = true;
    JSON_AUTO *object = record_value(&row->record, record, &misfit, &ok);
    if (misfit)
        return error_set(reterr, ARCELLA_E_INVALID, "field '%s': over its bound, or not the text it must be",
                         misfit);
    if (!object || !ok)
        return error_nomem(reterr);
    return json_add(to, object, reterr);
}

/* --- reading --- */

static int wrong(arcella_error **reterr, const struct ipc_field *field, const char *expected) {
    return error_set(reterr, ARCELLA_E_PROTOCOL, "field '%s': expected %s", field->name, expected);
}

static int decode_hex(const struct ipc_field *field, const json_t *value, struct text *ret,
                      struct ipc_memory **memory, arcella_error **reterr) {
    const json_t *hex = json_object_get(value, "hex");
    if (!json_is_string(hex) || json_string_length(hex) % 2)
        return wrong(reterr, field, "a text or {\"hex\": …}");
    const char *digits = json_string_value(hex);
    size_t length = json_string_length(hex) / 2;
    if (length > field->max)
        return wrong(reterr, field, "a shorter text");
    char *bytes = ipc_memory_add(memory, length + 1, 1);
    if (!bytes)
        return error_nomem(reterr);
    for (size_t i = 0; i < 2 * length; i++) {
        char c = digits[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return wrong(reterr, field, "hexadecimal digits");
        bytes[i / 2] = (char)((unsigned char)bytes[i / 2] << 4 | digit);
    }
    *ret = (struct text){bytes, length};
    return 0;
}

static int decode_text(const struct ipc_field *field, const json_t *value, struct text *ret,
                       struct ipc_memory **memory, arcella_error **reterr) {
    bool may_be_hex = field->kind != IPC_TEXT && field->kind != IPC_TEXTS;
    if (may_be_hex && json_is_object(value)) {
        int r = decode_hex(field, value, ret, memory, reterr);
        if (r < 0)
            return r;
    } else if (json_is_string(value)) {
        *ret = (struct text){json_string_value(value), json_string_length(value)};
    } else {
        return wrong(reterr, field, "a text");
    }
    const char *expected = ipc_text_misfit(field, *ret);
    return expected ? wrong(reterr, field, expected) : 0;
}

static int decode_number(const struct ipc_field *field, const json_t *value, uint64_t *ret,
                         arcella_error **reterr) {
    uint64_t number = 0;
    if (json_is_string(value)) {
        if (text_parse_u64(json_string_value(value), UINT64_MAX, &number, NULL) < 0)
            return wrong(reterr, field, "a number");
    } else if (json_is_integer(value) && json_integer_value(value) >= 0) {
        number = (uint64_t)json_integer_value(value);
    } else {
        return wrong(reterr, field, "a number from 0");
    }
    if (number > field->max)
        return wrong(reterr, field, "a smaller number");
    *ret = number;
    return 0;
}

static int decode_record(const struct ipc_record *record, const json_t *object, void *at,
                         struct ipc_memory **memory, arcella_error **reterr);

static int decode_list(const struct ipc_field *field, const json_t *value, void *record,
                       struct ipc_memory **memory, arcella_error **reterr) {
    if (!json_is_array(value))
        return wrong(reterr, field, "a list");
    size_t count = json_array_size(value);
    if (count > field->count_max)
        return wrong(reterr, field, "fewer elements");
    if (count == 0)
        return 0;
    size_t size = ipc_element_size(field);
    char *items = ipc_memory_add(memory, count, size);
    if (!items)
        return error_nomem(reterr);
    for (size_t i = 0; i < count; i++) {
        const json_t *element = json_array_get(value, i);
        void *item = items + i * size;
        int r = field->item ? decode_record(field->item, element, item, memory, reterr)
                            : decode_text(field, element, item, memory, reterr);
        if (r < 0)
            return r;
    }
    *(const void **)ipc_at_mut(record, field) = items;
    *ipc_count_at(record, field) = (uint32_t)count;
    return 0;
}

static int decode_field(const struct ipc_field *field, const json_t *value, void *record,
                        struct ipc_memory **memory, arcella_error **reterr) {
    void *at = ipc_at_mut(record, field);
    switch (field->kind) {
    case IPC_U64: return decode_number(field, value, at, reterr);
    case IPC_I64:
        if (!json_is_integer(value))
            return wrong(reterr, field, "a number");
        *(int64_t *)at = json_integer_value(value);
        return 0;
    case IPC_BOOL:
        if (!json_is_boolean(value))
            return wrong(reterr, field, "true or false");
        *(bool *)at = json_is_true(value);
        return 0;
    case IPC_TEXT:
    case IPC_WORD:
    case IPC_BYTES: return decode_text(field, value, at, memory, reterr);
    case IPC_TEXTS:
    case IPC_WORDS:
    case IPC_LIST: return decode_list(field, value, record, memory, reterr);
    }
    return wrong(reterr, field, "a known kind");
}

static int decode_record(const struct ipc_record *record, const json_t *object, void *at,
                         struct ipc_memory **memory, arcella_error **reterr) {
    if (!json_is_object(object))
        return error_set(reterr, ARCELLA_E_PROTOCOL, "'%s' is not an object", record->name);
    if (json_object_size(object) != ipc_record_fields(record))
        return error_set(reterr, ARCELLA_E_PROTOCOL, "'%s' does not have its %u members", record->name,
                         ipc_record_fields(record));
    for (const struct ipc_field *field = record->fields; field->name; field++) {
        int r = decode_field(field, json_object_get(object, field->name), at, memory, reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

int ipc_json_decode(const struct ipc_row *row, const char *payload, size_t length, void *record,
                    struct ipc_memory **memory, arcella_error **reterr) {
    json_t *value;
    int r = json_parse(payload, length, &value, reterr);
    if (r < 0)
        return r;
    if (!ipc_memory_keep(memory, value))
        return error_nomem(reterr);
    const json_t *protocol = json_object_get(value, "protocol");
    if ((row->number == IPC_SETUP || row->number == IPC_READY) && json_is_integer(protocol) &&
        json_integer_value(protocol) != IPC_PROTOCOL)
        return error_set(reterr, ARCELLA_E_VERSION, "the other side speaks protocol %lld, this one %d",
                         (long long)json_integer_value(protocol), IPC_PROTOCOL);
    return decode_record(&row->record, value, record, memory, reterr);
}
