/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The record of a stored package: one line with a digest of all that follows, then MessagePack.  From the
 * records the database can be made again.  One thread.
 */
#include "base/mem.h"
#include "base/pack.h"
#include "catalog/store_internal.h"

#define HEAD          "arcella-record 1 "
#define FORM_ELEMENTS 5

struct store_record *store_record_free(struct store_record *record) {
    if (!record)
        return NULL;
    mem_free(record->source);
    description_free(record->description);
    mem_free(record);
    return NULL;
}

bool store_file_name_ok(const char *name) {
    size_t length = strlen(name);
    if (length == 0 || length >= sizeof(((struct store_file *)0)->name) || name[0] == '.')
        return false;
    for (size_t i = 0; i < length; i++)
        if (name[i] == '/' || (unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            return false;
    return text_is_utf8(name, length);
}

int store_record_write(const struct name_id *id, const struct store_file *files, size_t count,
                       const char *source, uint64_t installed_ms, const struct package_description *d,
                       struct buffer *to, arcella_error **reterr) {
    BUFFER_AUTO description = BUFFER_INIT(LIMIT_DESCRIPTION_BYTES);
    BUFFER_AUTO body = BUFFER_INIT(STORE_RECORD_BYTES);
    int r = description_encode(d, &description, reterr);
    if (r < 0)
        return r;
    struct pack_writer w;
    pack_begin(&w, &body);
    pack_array(&w, FORM_ELEMENTS);
    pack_text(&w, id->text);
    pack_array(&w, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        pack_array(&w, 3);
        pack_text(&w, files[i].name);
        pack_bytes(&w, files[i].digest.bytes, DIGEST_BYTES);
        pack_u64(&w, files[i].size);
    }
    pack_text(&w, source);
    pack_u64(&w, installed_ms);
    pack_bytes(&w, description.data, description.length);
    r = pack_end(&w, reterr);
    if (r < 0)
        return r;
    char hex[DIGEST_TEXT];
    struct digest digest = digest_of(body.data, body.length);
    digest_text(&digest, hex);
    r = buffer_format(to, reterr, "%s%s\n", HEAD, hex);
    return r < 0 ? r : buffer_add(to, body.data, body.length, reterr);
}

static int damaged(arcella_error **reterr, const char *what) {
    return error_set(reterr, ARCELLA_E_CORRUPT, "its record is damaged: %s", what);
}

static void read_files(struct pack_reader *r, struct store_record *record) {
    record->file_count = pack_get_array(r, STORE_FILES_MAX);
    for (size_t i = 0; i < record->file_count && !r->failed; i++) {
        struct store_file *file = &record->files[i];
        uint32_t parts = pack_get_array(r, 3);
        struct text name = pack_get_text(r, sizeof(file->name) - 1, false);
        struct text digest = pack_get_bytes(r, DIGEST_BYTES);
        file->size = pack_get_u64(r, LIMIT_WASM_BYTES);
        if (r->failed)
            return;
        memcpy(file->name, name.data, name.length);
        file->name[name.length] = '\0';
        if (parts != 3 || digest.length != DIGEST_BYTES || !store_file_name_ok(file->name))
            r->failed = true;
        else
            memcpy(file->digest.bytes, digest.data, DIGEST_BYTES);
    }
}

/* The part behind the head line, whose digest was right. */
static int read_body(const char *bytes, size_t length, struct store_record *record, arcella_error **reterr) {
    struct pack_reader r;
    pack_open(&r, bytes, length);
    uint32_t elements = pack_get_array(&r, FORM_ELEMENTS);
    struct text id = pack_get_text(&r, LIMIT_ID_BYTES, false);
    read_files(&r, record);
    struct text source = pack_get_text(&r, LIMIT_PATH_BYTES, false);
    record->installed_ms = pack_get_u64(&r, INT64_MAX);
    struct text description = pack_get_bytes(&r, LIMIT_DESCRIPTION_BYTES);
    MEM_AUTO char *id_text = pack_copy_text(&r, id);
    record->source = pack_copy_text(&r, source);
    int result = pack_close(&r, reterr);
    if (result == ARCELLA_E_NOMEM)
        return result;
    if (result < 0 || elements != FORM_ELEMENTS || record->file_count == 0 ||
        name_id_parse(id_text, &record->id, NULL) < 0)
        return damaged(reterr, "it is of another form");
    result = description_decode(description.data, description.length, &record->description, reterr);
    if (result == ARCELLA_E_NOMEM)
        return result;
    return result < 0 ? damaged(reterr, "its description cannot be read") : 0;
}

int store_record_read(const char *bytes, size_t length, struct store_record **ret, arcella_error **reterr) {
    const size_t head = sizeof(HEAD) - 1, line = head + DIGEST_TEXT; /* its NUL is the line's end here */
    char hex[DIGEST_TEXT];
    struct digest said;
    if (length < line || memcmp(bytes, HEAD, head) != 0 || bytes[line - 1] != '\n')
        return damaged(reterr, "its first line");
    memcpy(hex, bytes + head, DIGEST_TEXT - 1);
    hex[DIGEST_TEXT - 1] = '\0';
    struct digest found = digest_of(bytes + line, length - line);
    if (!digest_parse(hex, &said) || !digest_equal(&said, &found))
        return damaged(reterr, "its digest is another");
    CLEANUP(store_record_free_ptr) struct store_record *record = mem_new(struct store_record);
    if (!record)
        return error_nomem(reterr);
    int r = read_body(bytes + line, length - line, record, reterr);
    if (r < 0)
        return r;
    *ret = TAKE(record);
    return 0;
}
