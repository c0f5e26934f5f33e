/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The rows of messages.def as tables, and what is told from them: names, roles, checksum, the reference page.
 * Encoding and decoding walk these tables (ipc_encode.c, ipc_decode.c, ipc_json.c).  All static and constant.
 */
#include "wire/ipc.h"

#include "base/mem.h"
#include "wire/ipc_internal.h"

/* --- the tables --- */

#define FIELD(record, name_, kind_, max_, help_)                                                             \
    {.name = #name_,                                                                                         \
     .kind = (kind_),                                                                                        \
     .offset = offsetof(struct record, name_),                                                               \
     .max = (max_),                                                                                          \
     .help = (help_)},
#define FIELDS(record, name_, kind_, count_, max_, item_, help_)                                             \
    {.name = #name_,                                                                                         \
     .kind = (kind_),                                                                                        \
     .offset = offsetof(struct record, name_),                                                               \
     .count_offset = offsetof(struct record, name_##_count),                                                 \
     .max = (max_),                                                                                          \
     .count_max = (count_),                                                                                  \
     .item = (item_),                                                                                        \
     .help = (help_)},

/* First every row of fields; records come before the messages that have lists of them. */
#define RECORD(record, help)                                                                                 \
    static const struct ipc_field record##_fields[];                                                         \
    static const struct ipc_record record##_record = {#record, sizeof(struct record), record##_fields,       \
                                                      help};                                                 \
    static const struct ipc_field record##_fields[] = {
#define MESSAGE(number, NAME, name, sender, roles, help)                                                     \
    static const struct ipc_field ipc_##name##_fields[] = {
#define END(record)                                                                                          \
    { .name = NULL }                                                                                         \
    }                                                                                                        \
    ;
#define F_U64(record, name, max, help)          FIELD(record, name, IPC_U64, max, help)
#define F_I64(record, name, help)               FIELD(record, name, IPC_I64, 0, help)
#define F_BOOL(record, name, help)              FIELD(record, name, IPC_BOOL, 0, help)
#define F_TEXT(record, name, max, help)         FIELD(record, name, IPC_TEXT, max, help)
#define F_WORD(record, name, max, help)         FIELD(record, name, IPC_WORD, max, help)
#define F_BYTES(record, name, max, help)        FIELD(record, name, IPC_BYTES, max, help)
#define F_TEXTS(record, name, count, max, help) FIELDS(record, name, IPC_TEXTS, count, max, NULL, help)
#define F_WORDS(record, name, count, max, help) FIELDS(record, name, IPC_WORDS, count, max, NULL, help)
#define F_LIST(record, name, item, count, help) FIELDS(record, name, IPC_LIST, count, 0, &item##_record, help)
#include "wire/messages.def"

#define ROLE(name) (1u << IPC_ROLE_##name)
enum {
    GUEST = ROLE(GUEST),
    INTAKE = ROLE(INTAKE),
    COMPILE = ROLE(COMPILE),
    GATEWAY = ROLE(GATEWAY),
    ANY_ROLE = (1u << IPC_ROLES) - 1,
};

static const struct ipc_row rows[] = {
#define MESSAGE(number_, NAME, name_, sender_, roles_, help_)                                                \
    {.number = (number_),                                                                                    \
     .name = #name_,                                                                                         \
     .sender = IPC_##sender_,                                                                                \
     .roles = (roles_),                                                                                      \
     .record = {#name_, sizeof(struct ipc_##name_), ipc_##name_##_fields, help_}},
#include "wire/messages.def"
};

const struct ipc_row *ipc_rows(size_t *ret_count) {
    *ret_count = ARRAY_LENGTH(rows);
    return rows;
}

const struct ipc_row *ipc_row_of(unsigned type) {
    /* Some twenty rows; numbers have gaps. */
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (rows[i].number == type)
            return &rows[i];
    return NULL;
}

const char *ipc_type_name(unsigned type) {
    const struct ipc_row *row = ipc_row_of(type);
    return row ? row->name : "?";
}

const char *ipc_role_name(unsigned role) {
    static const char *const names[] = {
#define XX(name, text) text,
        IPC_ROLE_MAP(XX)
#undef XX
    };
    return role < ARRAY_LENGTH(names) ? names[role] : "?";
}

bool ipc_type_has_role(unsigned type, enum ipc_role role) {
    const struct ipc_row *row = ipc_row_of(type);
    return row && (row->roles & 1u << role);
}

uint32_t ipc_record_fields(const struct ipc_record *record) {
    uint32_t count = 0;
    while (record->fields[count].name)
        count++;
    return count;
}

size_t ipc_element_size(const struct ipc_field *field) {
    return field->kind == IPC_LIST ? field->item->size : sizeof(struct text);
}

const char *ipc_text_misfit(const struct ipc_field *field, struct text text) {
    if (text.length > field->max)
        return "a shorter text";
    bool any_bytes = field->kind == IPC_BYTES;
    if (!any_bytes && text.length && memchr(text.data, '\0', text.length))
        return "a text without NUL";
    bool utf8 = field->kind == IPC_TEXT || field->kind == IPC_TEXTS;
    if (utf8 && !text_is_utf8(text.data, text.length))
        return "UTF-8";
    return NULL;
}

/* --- memory of a decoded message --- */

void *ipc_memory_add(struct ipc_memory **memory, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) ||
        __builtin_add_overflow(bytes, sizeof(struct ipc_memory), &bytes))
        return NULL;
    struct ipc_memory *block = mem_alloc(bytes);
    if (!block)
        return NULL;
    block->next = *memory;
    *memory = block;
    return block->bytes;
}

bool ipc_memory_keep(struct ipc_memory **memory, json_t *json) {
    if (!ipc_memory_add(memory, 0, 0)) {
        json_decref(json);
        return false;
    }
    (*memory)->json = json;
    return true;
}

static void free_memory(struct ipc_memory *memory) {
    while (memory) {
        struct ipc_memory *next = memory->next;
        json_decref(memory->json);
        mem_free(memory);
        memory = next;
    }
}

void ipc_message_done(struct ipc_message *message) {
    free_memory(message->memory);
    *message = (struct ipc_message){.memory = NULL};
}

/* --- encode and decode --- */

int ipc_encode(enum ipc_type type, const void *record, enum ipc_encoding encoding, struct buffer *to,
               arcella_error **reterr) {
    const struct ipc_row *row = ipc_row_of(type);
    if (!row)
        return error_set(reterr, ARCELLA_E_INVALID, "no message has number %u", (unsigned)type);
    size_t before = to->length;
    int r = encoding == IPC_JSON ? ipc_json_encode(row, record, to, reterr)
                                 : ipc_pack_encode(row, record, to, reterr);
    if (r < 0) {
        to->length = before;
        return error_wrap(reterr, r, "message '%s'", row->name);
    }
    return 0;
}

int ipc_decode(unsigned type, enum ipc_side sender, enum ipc_encoding encoding, char *payload, size_t length,
               struct ipc_message *ret, arcella_error **reterr) {
    const struct ipc_row *row = ipc_row_of(type);
    if (!row)
        return error_set(reterr, ARCELLA_E_PROTOCOL, "no message has number %u", type);
    if (row->sender != sender)
        return error_set(reterr, ARCELLA_E_PROTOCOL, "message '%s' came from the wrong side", row->name);
    struct ipc_message message = {.type = (enum ipc_type)type};
    /* All members of the union begin where it begins. */
    void *record = &message.setup;
    int r = encoding == IPC_JSON ? ipc_json_decode(row, payload, length, record, &message.memory, reterr)
                                 : ipc_pack_decode(row, payload, length, record, &message.memory, reterr);
    if (r < 0) {
        free_memory(message.memory);
        return error_wrap(reterr, r, "message '%s'", row->name);
    }
    *ret = message;
    return 0;
}

/* --- checksum --- */

/* FNV-1a: only meant to notice a change. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t count) {
    const uint8_t *at = bytes;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ at[i]) * 0x100000001b3ull;
    return hash;
}

static uint64_t mix_number(uint64_t hash, uint64_t value) {
    uint8_t bytes[8];
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    return mix(hash, bytes, sizeof(bytes));
}

static uint64_t mix_record(uint64_t hash, const struct ipc_record *record) {
    for (const struct ipc_field *f = record->fields; f->name; f++) {
        hash = mix(hash, f->name, strlen(f->name) + 1);
        hash = mix_number(hash, f->kind);
        hash = mix_number(hash, f->max);
        hash = mix_number(hash, f->count_max);
        if (f->item)
            hash = mix_record(hash, f->item);
    }
    return hash;
}

uint64_t ipc_checksum(void) {
    uint64_t hash = 0xcbf29ce484222325ull;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        hash = mix(hash, rows[i].name, strlen(rows[i].name) + 1);
        hash = mix_number(hash, rows[i].number);
        hash = mix_number(hash, rows[i].sender);
        hash = mix_number(hash, rows[i].roles);
        hash = mix_record(hash, &rows[i].record);
    }
    return hash;
}

/* --- the reference page --- */

static const char *kind_name(enum ipc_kind kind) {
    static const char *const names[] = {
        [IPC_U64] = "number",  [IPC_I64] = "signed number",           [IPC_BOOL] = "true or false",
        [IPC_TEXT] = "text",   [IPC_WORD] = "bytes, no NUL",          [IPC_BYTES] = "bytes",
        [IPC_TEXTS] = "texts", [IPC_WORDS] = "list of bytes, no NUL", [IPC_LIST] = "list",
    };
    return names[kind];
}

static int markdown_record(struct buffer *to, const struct ipc_record *record, const char *prefix,
                           arcella_error **reterr) {
    int r = 0;
    for (const struct ipc_field *f = record->fields; r == 0 && f->name; f++) {
        r = buffer_format(to, reterr, "| %s`%s` | %s |", prefix, f->name, kind_name(f->kind));
        bool list = f->kind == IPC_TEXTS || f->kind == IPC_WORDS || f->kind == IPC_LIST;
        bool plain = f->kind == IPC_I64 || f->kind == IPC_BOOL;
        if (r == 0 && list)
            r = buffer_format(to, reterr, " %u elements", f->count_max);
        if (r == 0 && f->kind != IPC_LIST && !plain)
            r = buffer_format(to, reterr, "%s %" PRIu64 "%s", list ? " of" : "", f->max,
                              f->kind == IPC_U64 ? "" : " bytes");
        if (r == 0)
            r = buffer_format(to, reterr, " | %s |\n", f->help);
        if (r == 0 && f->item) {
            char deeper[64];
            snprintf(deeper, sizeof(deeper), "%s`%s[]`.", prefix, f->name);
            r = markdown_record(to, f->item, deeper, reterr);
        }
    }
    return r;
}

int ipc_markdown(struct buffer *to, arcella_error **reterr) {
    int r = buffer_format(to, reterr,
                          "# Messages between the daemon and its workers\n\n"
                          "Made from src/wire/messages.def by tools/generate; do not edit. "
                          "Protocol version %d.\n",
                          IPC_PROTOCOL);
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(rows); i++) {
        const struct ipc_row *row = &rows[i];
        r = buffer_format(to, reterr, "\n## %u `%s`\n\nSent by the %s; roles:", row->number, row->name,
                          row->sender == IPC_PARENT ? "parent" : "child");
        for (unsigned role = 0; r == 0 && role < IPC_ROLES; role++)
            if (row->roles & 1u << role)
                r = buffer_format(to, reterr, " %s", ipc_role_name(role));
        if (r == 0)
            r = buffer_format(to, reterr, ". %c%s.\n", toupper((unsigned char)row->record.help[0]),
                              row->record.help + 1);
        if (r == 0 && row->record.fields[0].name)
            r = buffer_text(to, "\n| field | type | at most | what it is |\n|---|---|---|---|\n", reterr);
        if (r == 0)
            r = markdown_record(to, &row->record, "", reterr);
    }
    return r;
}
