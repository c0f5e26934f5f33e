/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Payloads in MessagePack: a message is an array of its fields in the order of the rows, a list an array, a
 * record an array of its fields; texts are str, words and bytes are bin.  What is sent is held to the bounds
 * that the reader holds it to, so a mistake shows at the sender.
 */
#include "base/pack.h"
#include "wire/ipc_internal.h"

static int misfit(arcella_error **reterr, const struct ipc_field *field, const char *expected) {
    return error_set(reterr, ARCELLA_E_INVALID, "field '%s': not %s", field->name, expected);
}

static int encode_text(struct pack_writer *w, const struct ipc_field *field, struct text text,
                       arcella_error **reterr) {
    const char *expected = ipc_text_misfit(field, text);
    if (expected)
        return misfit(reterr, field, expected);
    if (field->kind == IPC_TEXT || field->kind == IPC_TEXTS)
        pack_text_n(w, text);
    else
        pack_bytes(w, text.data, text.length);
    return 0;
}

static int encode_record(struct pack_writer *w, const struct ipc_record *record, const void *at,
                         arcella_error **reterr);

static int encode_list(struct pack_writer *w, const struct ipc_field *field, const void *record,
                       arcella_error **reterr) {
    uint32_t count = ipc_count(record, field);
    if (count > field->count_max)
        return misfit(reterr, field, "a list as short as it may be");
    const char *items = *(const char *const *)ipc_at(record, field);
    pack_array(w, count);
    int r = 0;
    for (uint32_t i = 0; r == 0 && i < count; i++) {
        const void *item = items + i * ipc_element_size(field);
        r = field->item ? encode_record(w, field->item, item, reterr)
                        : encode_text(w, field, *(const struct text *)item, reterr);
    }
    return r;
}

static int encode_field(struct pack_writer *w, const struct ipc_field *field, const void *record,
                        arcella_error **reterr) {
    const void *at = ipc_at(record, field);
    switch (field->kind) {
    case IPC_U64: {
        uint64_t value = *(const uint64_t *)at;
        if (value > field->max)
            return misfit(reterr, field, "a number within its bound");
        pack_u64(w, value);
        return 0;
    }
    case IPC_I64: pack_i64(w, *(const int64_t *)at); return 0;
    case IPC_BOOL: pack_bool(w, *(const bool *)at); return 0;
    case IPC_TEXT:
    case IPC_WORD:
    case IPC_BYTES: return encode_text(w, field, *(const struct text *)at, reterr);
    case IPC_TEXTS:
    case IPC_WORDS:
    case IPC_LIST: return encode_list(w, field, record, reterr);
    }
    return error_set(reterr, ARCELLA_E_INTERNAL, "field '%s' has no kind", field->name);
}

static int encode_record(struct pack_writer *w, const struct ipc_record *record, const void *at,
                         arcella_error **reterr) {
    pack_array(w, ipc_record_fields(record));
    int r = 0;
    for (const struct ipc_field *field = record->fields; r == 0 && field->name; field++)
        r = encode_field(w, field, at, reterr);
    return r;
}

int ipc_pack_encode(const struct ipc_row *row, const void *record, struct buffer *to,
                    arcella_error **reterr) {
    struct pack_writer w;
    pack_begin(&w, to);
    int r = encode_record(&w, &row->record, record, reterr);
    return r < 0 ? r : pack_end(&w, reterr);
}
