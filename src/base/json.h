/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* JSON by jansson: strict parsing with bounds, our errors, our allocator. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buffer.h"

/** Make jansson use base/mem.h; called once by main() before the first json call. */
void json_setup(void);
/**
 * Parse one JSON value, the whole text, duplicates refused, nesting bounded.
 *
 * @return 0, PROTOCOL (line, column, reason), NOMEM
 */
int json_parse(const char *text, size_t length, json_t **ret, arcella_error **reterr) MUST_CHECK;
/** Append a value in its compact form, keys in the order they were set. @return 0, TOO_LARGE, NOMEM */
int json_add(struct buffer *to, const json_t *value, arcella_error **reterr) MUST_CHECK;

/* Set a member; takes value.  No memory is remembered in *ok (false), so that a row of these needs one check.
 */
void json_put(json_t *object, const char *key, json_t *value, bool *ok);
/* Set a text member, invalid UTF-8 replaced by U+FFFD. NULL text gives null. */
void json_put_text(json_t *object, const char *key, const char *text, bool *ok);
/* A JSON string of any bytes, invalid UTF-8 and NUL replaced by U+FFFD. NULL on no memory. */
json_t *json_bytes(const char *bytes, size_t length);

#define JSON_AUTO CLEANUP(json_decrefp) json_t

#endif
