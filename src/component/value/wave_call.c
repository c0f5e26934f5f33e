/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Calls as people write them: [INTERFACE.]FUNC(ARGS), and arguments one by one. */
#include <string.h>

#include "base/limits.h"
#include "component/names/name.h"
#include "component/value/wave_internal.h"

/* --- the name --- */

static const char *find(struct text text, char c) {
    return text.length ? memchr(text.data, c, text.length) : NULL;
}

static struct text until(struct text text, const char *end) {
    return (struct text){text.data, (size_t)(end - text.data)};
}

static struct text behind(struct text text, const char *at) {
    return (struct text){at + 1, (size_t)(text.data + text.length - at - 1)};
}

static const char *find_last(struct text text, char c) {
    for (size_t i = text.length; i > 0; i--)
        if (text.data[i - 1] == c)
            return text.data + i - 1;
    return NULL;
}

/* Take the name apart.  A label has no dot and no '@'; a version has both. */
static void split(struct text whole, struct wave_call *ret) {
    const char *bracket = find(whole, '[');
    const char *slash = find(whole, '/');
    const char *version = find(whole, '@');
    struct text rest = whole;
    /* Behind the slash, or from the beginning: the first dot in front of a version ends the interface. */
    struct text tail = slash ? behind(whole, slash) : whole;
    const char *dot = find(tail, '.');
    if (bracket) {
        /* "ns:pkg/iface@1.0.0.[method]r.f", "[method]r.f" */
        dot = bracket > whole.data && bracket[-1] == '.' ? bracket - 1 : NULL;
        version = find((struct text){bracket, (size_t)(whole.data + whole.length - bracket)}, '@');
    } else if (version && dot && version < dot) {
        dot = find_last(whole, '.'); /* "ns:pkg/iface@1.0.0.f" */
        version = NULL;
    }
    if (version) {
        ret->version = behind(whole, version);
        rest = until(whole, version);
    }
    ret->interface = dot ? until(rest, dot) : (struct text){whole.data, 0};
    ret->name = dot ? behind(rest, dot) : rest;
}

static bool is_function_name(struct text name) {
    struct extern_name parsed;
    const char *dot = name.length && name.data[0] != '[' ? find(name, '.') : NULL;
    if (dot) /* of a resource: "cart.rows" */
        return label_is(until(name, dot)) && label_is(behind(name, dot));
    return extern_name_parse(name, (struct text){0}, &parsed, NULL) == 0 &&
           (parsed.kind == EXTERN_NAME_LABEL || parsed.kind == EXTERN_NAME_CONSTRUCTOR ||
            parsed.kind == EXTERN_NAME_METHOD || parsed.kind == EXTERN_NAME_STATIC);
}

int wave_call_name(struct text text, bool bare, struct wave_call *ret, arcella_error **reterr) {
    *ret = (struct wave_call){0};
    struct value_reader r = {
        .syntax = &wave_syntax, .text = text.data, .length = text.length, .reterr = reterr};
    TRY(value_reader_check(&r));
    value_read_peek(&r);
    struct text name = {text.data + r.at, text.length - r.at};
    const char *open = find(name, '(');
    if (!open && !bare)
        return value_reader_fail(&r, text.length,
                                 "expected FUNC(ARGUMENTS) or INTERFACE.FUNC(ARGUMENTS), found no "
                                 "'('");
    if (open && bare)
        return value_reader_fail(&r, (size_t)(open - text.data),
                                 "expected the name of a function, found '('");
    ret->arguments = open ? (size_t)(open - text.data) : text.length;
    name.length = ret->arguments - r.at;
    while (name.length && (name.data[name.length - 1] == ' ' || name.data[name.length - 1] == '\t' ||
                           name.data[name.length - 1] == '\n' || name.data[name.length - 1] == '\r'))
        name.length--;
    split(name, ret);
    if (is_function_name(ret->name))
        return 0;
    return value_reader_fail(&r, r.at,
                             "expected FUNC or INTERFACE.FUNC, as in acme:shop/carts@1.0.0.add, found '%s'",
                             NAME_SHOWN(name));
}

/* --- arguments --- */

int wave_arguments_end(struct text name, const struct func_type *type, struct value *values, uint32_t given,
                       arcella_error **reterr) {
    for (uint32_t i = given; i < type->param_count; i++) {
        if (type->params[i].type->kind == TYPE_OPTION) {
            values[i] = value_case(TYPE_OPTION, 0, NULL);
            continue;
        }
        BUFFER_AUTO words = BUFFER_INIT(LIMIT_ERROR_BYTES);
        if (value_add_signature(&words, name, type, NULL) < 0)
            buffer_clear(&words);
        return error_set(reterr, ARCELLA_E_INVALID, "argument %u '%s' of %s is missing: %u given", i + 1,
                         NAME_SHOWN(type->params[i].name), words.data ? words.data : "the function", given);
    }
    return 0;
}

/* In parentheses, or bare: up to the end of the text. */
static int read_all(struct value_reader *r, bool bare, struct value **ret) {
    const struct value_purpose *purpose = &r->purpose;
    TRY(value_reader_check(r));
    int failed = 0;
    struct value *values = value_reader_take(r, purpose->func->param_count, sizeof(*values), &failed);
    if (!values)
        return failed;
    uint32_t given = 0;
    if (!bare)
        TRY(value_read_expect(r, '(', "'('"));
    TRY(value_read_arguments(r, bare ? VALUE_READ_END : ')', bare ? "',' or the end" : "',' or ')'", values,
                             &given));
    *ret = values;
    return wave_arguments_end(purpose->name, purpose->func, values, given, r->reterr);
}

int wave_call_arguments(struct text text, const struct wave_call *call, const struct func_type *type,
                        const struct value_handles *handles, struct arena *arena, struct value **ret,
                        arcella_error **reterr) {
    CLEANUP(value_reader_done)
    struct value_reader r = value_read_call(&wave_syntax, text, call->name, type, handles, arena, reterr);
    r.at = call->arguments;
    return read_all(&r, false, ret);
}

int wave_arguments(struct text text, struct text name, const struct func_type *type,
                   const struct value_handles *handles, struct arena *arena, struct value **ret,
                   arcella_error **reterr) {
    CLEANUP(value_reader_done)
    struct value_reader r = value_read_call(&wave_syntax, text, name, type, handles, arena, reterr);
    return read_all(&r, true, ret);
}

int wave_argument(struct text text, struct text name, const struct func_type *type, uint32_t index,
                  const struct value_handles *handles, struct arena *arena, struct value *ret,
                  arcella_error **reterr) {
    CLEANUP(value_reader_done)
    struct value_reader r = value_read_call(&wave_syntax, text, name, type, handles, arena, reterr);
    return value_read_argument(&r, index, ret);
}
