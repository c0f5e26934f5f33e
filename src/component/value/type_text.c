/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Value types and signatures in a sentence: as WIT has them, cut where they are deep or long. */
#include "base/limits.h"
#include "component/names/name.h"
#include "component/value_text.h"

#define SHOWN_BYTES     400u /* a type, a signature */
#define SHOWN_PARAMETER 120u
#define SHOWN_DEPTH     3u
#define SHOWN_FIELDS    8u

static int add_type(struct buffer *b, const struct type *type, unsigned depth);

static int add_name(struct buffer *b, struct text name) {
    return buffer_text(b, NAME_SHOWN(name), NULL);
}

/* record {a: u32, b}, variant {a(u32), b}, flags {a, b} */
static int add_labels(struct buffer *b, const struct type *type, unsigned depth) {
    int r = buffer_format(b, NULL, "%s {", type_kind_words(type->kind));
    for (uint32_t i = 0; !r && i < type->count; i++) {
        const struct type_field *field = &type->fields[i];
        if (i)
            r = buffer_text(b, ", ", NULL);
        if (i == SHOWN_FIELDS) {
            r = r ? r : buffer_text(b, "…", NULL);
            break;
        }
        r = r ? r : add_name(b, field->name);
        if (r || !field->type)
            continue;
        bool record = type->kind == TYPE_RECORD;
        r = buffer_text(b, record ? ": " : "(", NULL);
        r = r ? r : add_type(b, field->type, depth + 1);
        if (!r && !record)
            r = buffer_text(b, ")", NULL);
    }
    return r ? r : buffer_text(b, "}", NULL);
}

/* tuple<u8, string>, result<_, string> */
static int add_parts(struct buffer *b, const struct type *type, unsigned depth) {
    const struct type_field *fields = type->fields;
    uint32_t count = type->count;
    const char *name = type_kind_words(type->kind);
    if (type->kind == TYPE_OPTION) {
        fields++; /* the first is none */
        count = 1;
    }
    if (type->kind == TYPE_RESULT)
        count = fields[1].type ? 2 : fields[0].type ? 1 : 0;
    if (type->kind == TYPE_FIXED_LIST)
        name = "list";
    if ((type->kind == TYPE_STREAM || type->kind == TYPE_FUTURE) && !fields[0].type)
        count = 0;
    int r = buffer_text(b, name, NULL);
    for (uint32_t i = 0; !r && i < count; i++) {
        r = buffer_text(b, i ? ", " : "<", NULL);
        if (!r && i == SHOWN_FIELDS) {
            r = buffer_text(b, "…", NULL);
            break;
        }
        if (!r)
            r = fields[i].type ? add_type(b, fields[i].type, depth + 1) : buffer_text(b, "_", NULL);
    }
    if (!r && type->kind == TYPE_FIXED_LIST)
        r = buffer_format(b, NULL, ", %u", type->length);
    return r || !count ? r : buffer_text(b, ">", NULL);
}

static int add_type(struct buffer *b, const struct type *type, unsigned depth) {
    switch (type->kind) {
    case TYPE_RECORD:
    case TYPE_VARIANT:
    case TYPE_ENUM:
    case TYPE_FLAGS:
        return depth < SHOWN_DEPTH ? add_labels(b, type, depth)
                                   : buffer_format(b, NULL, "%s {…}", type_kind_words(type->kind));
    case TYPE_TUPLE:
    case TYPE_LIST:
    case TYPE_MAP:
    case TYPE_OPTION:
    case TYPE_RESULT:
    case TYPE_STREAM:
    case TYPE_FUTURE:
    case TYPE_FIXED_LIST:
        return depth < SHOWN_DEPTH ? add_parts(b, type, depth)
                                   : buffer_format(b, NULL, "%s<…>", type_kind_words(type->kind));
    case TYPE_OWN:
    case TYPE_BORROW:
        return buffer_format(b, NULL, "%s<%s>", type_kind_words(type->kind),
                             type->resource_name.length ? NAME_SHOWN(type->resource_name) : "resource");
    default: return buffer_text(b, type_kind_words(type->kind), NULL);
    }
}

static int add_cut(struct buffer *to, const struct type *type, size_t limit, arcella_error **reterr) {
    BUFFER_AUTO b = BUFFER_INIT(limit);
    int r = add_type(&b, type, 0);
    if (r && r != ARCELLA_E_TOO_LARGE)
        return error_nomem(reterr);
    int failed = b.length ? buffer_add(to, b.data, b.length, reterr) : 0;
    return failed || !r ? failed : buffer_text(to, "…", reterr);
}

int value_add_type(struct buffer *to, const struct type *type, arcella_error **reterr) {
    return add_cut(to, type, SHOWN_BYTES, reterr);
}

int value_add_signature(struct buffer *to, struct text name, const struct func_type *type,
                        arcella_error **reterr) {
    size_t start = to->length;
    int r = buffer_format(to, reterr, "%s(", NAME_SHOWN(name));
    for (uint32_t i = 0; !r && i < type->param_count; i++) {
        if (to->length - start > SHOWN_BYTES) {
            r = buffer_text(to, ", …", reterr);
            break;
        }
        r = buffer_format(to, reterr, "%s%s: ", i ? ", " : "", NAME_SHOWN(type->params[i].name));
        r = r ? r : add_cut(to, type->params[i].type, SHOWN_PARAMETER, reterr);
    }
    r = r ? r : buffer_text(to, ")", reterr);
    if (r || !type->result)
        return r;
    r = buffer_text(to, " -> ", reterr);
    return r ? r : add_cut(to, type->result, SHOWN_PARAMETER, reterr);
}
