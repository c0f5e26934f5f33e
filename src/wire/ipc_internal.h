/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of the IPC encoding share: access to fields by row, and the memory of a decoded message. */
#ifndef WIRE_IPC_INTERNAL_H
#define WIRE_IPC_INTERNAL_H

#include "base/json.h"
#include "wire/ipc.h"

/* A block that a decoded message owns: list elements, or the JSON values its texts stand in. */
struct ipc_memory {
    struct ipc_memory *next;
    json_t *json; /* owned; NULL where the block holds bytes */
    _Alignas(max_align_t) char bytes[];
};

/** A zeroed block of count * size bytes that goes with the message. @return NULL where there is no memory */
void *ipc_memory_add(struct ipc_memory **memory, size_t count, size_t size) MUST_CHECK;
/** Keep a JSON value (taken) as long as the message. @return false where there is no memory; it is freed */
bool ipc_memory_keep(struct ipc_memory **memory, json_t *json) MUST_CHECK;

/** How many fields a record has. */
uint32_t ipc_record_fields(const struct ipc_record *record);
/** Bytes of one element of a list. */
size_t ipc_element_size(const struct ipc_field *field);
/** Why a text does not fit its row. @return NULL where it fits; else what was expected, static text */
const char *ipc_text_misfit(const struct ipc_field *field, struct text text);

static inline const void *ipc_at(const void *record, const struct ipc_field *field) {
    return (const char *)record + field->offset;
}
static inline void *ipc_at_mut(void *record, const struct ipc_field *field) {
    return (char *)record + field->offset;
}
static inline uint32_t *ipc_count_at(void *record, const struct ipc_field *field) {
    return (uint32_t *)(void *)((char *)record + field->count_offset);
}
static inline uint32_t ipc_count(const void *record, const struct ipc_field *field) {
    return *(const uint32_t *)(const void *)((const char *)record + field->count_offset);
}

/** Append a message in MessagePack. @return as ipc_encode() */
int ipc_pack_encode(const struct ipc_row *row, const void *record, struct buffer *to, arcella_error **reterr)
    MUST_CHECK;
/** Append a message in JSON. @return as ipc_encode() */
int ipc_json_encode(const struct ipc_row *row, const void *record, struct buffer *to, arcella_error **reterr)
    MUST_CHECK;
/** Read MessagePack into a zeroed struct. @return as ipc_decode() */
int ipc_pack_decode(const struct ipc_row *row, char *payload, size_t length, void *record,
                    struct ipc_memory **memory, arcella_error **reterr) MUST_CHECK;
/** Read JSON into a zeroed struct. @return as ipc_decode() */
int ipc_json_decode(const struct ipc_row *row, const char *payload, size_t length, void *record,
                    struct ipc_memory **memory, arcella_error **reterr) MUST_CHECK;

#endif
