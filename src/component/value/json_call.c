/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Arguments of a call as JSON: an array, or an object by the names of the parameters. */
#include "base/limits.h"
#include "component/names/name.h"
#include "component/value/json_internal.h"
#include "component/wave.h"

static uint32_t find_parameter(const struct func_type *type, struct text name) {
    uint32_t i = 0;
    while (i < type->param_count && !text_equal(type->params[i].name, name))
        i++;
    return i;
}

/* By name; there are at most TYPES_PARAMS of them, so they are looked through. */
static int read_object(struct value_reader *r, const struct func_type *type, struct value *values) {
    for (bool more = !value_read_take(r, '}'); more;) {
        value_read_peek(r);
        size_t at = r->at;
        struct text key = {0};
        TRY(value_json_key(r, &key));
        uint32_t i = find_parameter(type, key);
        if (i == type->param_count)
            return value_reader_fail(r, at, "there is no parameter '%s'", NAME_SHOWN(key));
        if (values[i].kind != TYPE_KINDS)
            return value_reader_fail(r, at, "parameter '%s' stands here twice", NAME_SHOWN(key));
        r->purpose.argument = i;
        TRY(r->syntax->value(r, type->params[i].type, &values[i]));
        r->purpose.argument = type->param_count;
        TRY(value_read_more(r, '}', "',' or '}'", &more));
    }
    TRY(value_read_end(r));
    for (uint32_t i = 0; i < type->param_count; i++) {
        if (values[i].kind != TYPE_KINDS)
            continue;
        if (type->params[i].type->kind != TYPE_OPTION)
            return value_reader_fail(r, 0, "parameter '%s' is missing", NAME_SHOWN(type->params[i].name));
        values[i] = value_case(TYPE_OPTION, 0, NULL);
    }
    return 0;
}

/* An array, an object, or what stands between parentheses. */
static int read_all(struct value_reader *r, bool call, struct value **ret) {
    const struct func_type *type = r->purpose.func;
    TRY(value_reader_check(r));
    int failed = 0;
    struct value *values = value_reader_take(r, type->param_count, sizeof(*values), &failed);
    if (!values)
        return failed;
    for (uint32_t i = 0; i < type->param_count; i++)
        values[i].kind = TYPE_KINDS;
    *ret = values;
    if (!call && value_read_take(r, '{'))
        return read_object(r, type, values);
    TRY(value_read_expect(r, call ? '(' : '[', call ? "'('" : "'[' or '{' with the arguments"));
    uint32_t given = 0;
    TRY(value_read_arguments(r, call ? ')' : ']', call ? "',' or ')'" : "',' or ']'", values, &given));
    return wave_arguments_end(r->purpose.name, type, values, given, r->reterr);
}

int value_json_arguments(struct text text, struct text name, const struct func_type *type,
                         const struct value_handles *handles, struct arena *arena, struct value **ret,
                         arcella_error **reterr) {
    CLEANUP(value_reader_done)
    struct value_reader r = value_read_call(&value_json_syntax, text, name, type, handles, arena, reterr);
    return read_all(&r, false, ret);
}

int value_json_call_arguments(struct text text, size_t at, struct text name, const struct func_type *type,
                              const struct value_handles *handles, struct arena *arena, struct value **ret,
                              arcella_error **reterr) {
    CLEANUP(value_reader_done)
    struct value_reader r = value_read_call(&value_json_syntax, text, name, type, handles, arena, reterr);
    r.at = at;
    return read_all(&r, true, ret);
}

int value_json_argument(struct text text, struct text name, const struct func_type *type, uint32_t index,
                        const struct value_handles *handles, struct arena *arena, struct value *ret,
                        arcella_error **reterr) {
    CLEANUP(value_reader_done)
    struct value_reader r = value_read_call(&value_json_syntax, text, name, type, handles, arena, reterr);
    return value_read_argument(&r, index, ret);
}
