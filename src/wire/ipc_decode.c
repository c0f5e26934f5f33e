/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Reading payloads in MessagePack, in place.  What comes is a stranger's: every count and length is held to
 * the row's bound and to the bytes that are there, before anything is allocated by it.
 *
 * A text is left where it stands and gets a NUL behind it.  That byte is the first of the next value's head,
 * so it is written only when that head has been read.
 */
#include "base/pack.h"
#include "wire/ipc_internal.h"

struct decoder {
    struct pack_reader r;
    char *bytes; /* the payload, to write NULs into */
    const char *start;
    char *open_end; /* where a NUL is still to be written; NULL none */
    struct ipc_memory **memory;
    bool out_of_memory;
};

/* A value has been read; close the text before it. */
static void settle(struct decoder *d) {
    if (d->open_end)
        *d->open_end = '\0';
    d->open_end = NULL;
}

static void fail(struct decoder *d, const char *expected) {
    if (d->r.failed)
        return;
    d->r.failed = true;
    d->r.expected = expected;
}

static struct text decode_text(struct decoder *d, const struct ipc_field *field) {
    bool utf8 = field->kind == IPC_TEXT || field->kind == IPC_TEXTS;
    struct text text = utf8 ? pack_get_text(&d->r, field->max, false) : pack_get_bytes(&d->r, field->max);
    if (d->r.failed)
        return (struct text){"", 0};
    settle(d);
    const char *expected = ipc_text_misfit(field, text);
    if (expected)
        fail(d, expected);
    if (!text.data)
        return (struct text){"", 0};
    d->open_end = d->bytes + (text.data - d->start) + text.length;
    return text;
}

static void decode_record(struct decoder *d, const struct ipc_record *record, void *at,
                          const char **ret_field);

static void decode_list(struct decoder *d, const struct ipc_field *field, void *record,
                        const char **ret_field) {
    uint32_t count = pack_get_array(&d->r, field->count_max);
    settle(d);
    /* An element takes a byte for its own head and one for each of its fields, so a count the rest of the
     * payload cannot hold allocates nothing. */
    uint64_t least = field->item ? 1 + (uint64_t)ipc_record_fields(field->item) : 1;
    if (!d->r.failed && count * least > (uint64_t)(d->r.end - d->r.at))
        fail(d, "as many elements as announced");
    if (d->r.failed || count == 0)
        return;
    size_t size = ipc_element_size(field);
    char *items = ipc_memory_add(d->memory, count, size);
    if (!items) {
        d->out_of_memory = true;
        fail(d, "memory");
        return;
    }
    for (uint32_t i = 0; i < count && !d->r.failed; i++) {
        if (field->item)
            decode_record(d, field->item, items + i * size, ret_field);
        else
            *(struct text *)(void *)(items + i * size) = decode_text(d, field);
    }
    *(const void **)ipc_at_mut(record, field) = items;
    *ipc_count_at(record, field) = count;
}

static void decode_field(struct decoder *d, const struct ipc_field *field, void *record,
                         const char **ret_field) {
    void *at = ipc_at_mut(record, field);
    switch (field->kind) {
    case IPC_U64: *(uint64_t *)at = pack_get_u64(&d->r, field->max); break;
    case IPC_I64: *(int64_t *)at = pack_get_i64(&d->r); break;
    case IPC_BOOL: *(bool *)at = pack_get_bool(&d->r); break;
    case IPC_TEXT:
    case IPC_WORD:
    case IPC_BYTES: *(struct text *)at = decode_text(d, field); return;
    case IPC_TEXTS:
    case IPC_WORDS:
    case IPC_LIST: decode_list(d, field, record, ret_field); return;
    }
    settle(d);
}

static void decode_record(struct decoder *d, const struct ipc_record *record, void *at,
                          const char **ret_field) {
    uint32_t fields = ipc_record_fields(record);
    uint32_t count = pack_get_array(&d->r, fields);
    settle(d);
    if (!d->r.failed && count != fields)
        fail(d, "all fields");
    for (const struct ipc_field *field = record->fields; field->name && !d->r.failed; field++) {
        decode_field(d, field, at, ret_field);
        if (d->r.failed && !*ret_field)
            *ret_field = field->name;
    }
}

/*
 * Sides of different releases must still understand that they are: setup and ready begin with the protocol
 * number, in every version.
 */
static int check_protocol(const struct ipc_row *row, const char *payload, size_t length,
                          arcella_error **reterr) {
    if (row->number != IPC_SETUP && row->number != IPC_READY)
        return 0;
    struct pack_reader r;
    pack_open(&r, payload, length);
    pack_get_array(&r, UINT32_MAX);
    uint64_t protocol = pack_get_u64(&r, UINT32_MAX);
    if (!r.failed && protocol != IPC_PROTOCOL)
        return error_set(reterr, ARCELLA_E_VERSION, "the other side speaks protocol %" PRIu64 ", this one %d",
                         protocol, IPC_PROTOCOL);
    return 0;
}

int ipc_pack_decode(const struct ipc_row *row, char *payload, size_t length, void *record,
                    struct ipc_memory **memory, arcella_error **reterr) {
    int r = check_protocol(row, payload, length, reterr);
    if (r < 0)
        return r;
    struct decoder d = {.bytes = payload, .start = payload, .memory = memory};
    pack_open(&d.r, payload, length);
    const char *field = NULL;
    decode_record(&d, &row->record, record, &field);
    if (d.out_of_memory)
        return error_nomem(reterr);
    r = pack_close(&d.r, reterr);
    if (r < 0)
        return field ? error_wrap(reterr, r, "field '%s'", field) : r;
    settle(&d);
    return 0;
}
