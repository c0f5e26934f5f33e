/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Arguments of a call as JSON: an array, or an object by the names of the parameters. */
#include "base/limits.h"
#include "component/name.h"
#include "component/value_json_internal.h"
#include "component/wave.h"

static int read_array(struct value_reader *r, const struct func_type *type, char end, struct value *values,
                      uint32_t *ret_given) {
    uint32_t given = 0;
    for (bool more = !value_json_take(r, end); more;) {
        value_json_peek(r);
        if (given == type->param_count)
            return value_reader_fail(r, r->at, "expected no argument behind %u, found %s", given,
                                     VALUE_FOUND(r, r->at));
        r->purpose.argument = given;
        TRY(value_json_value(r, type->params[given].type, &values[given]));
        given++;
        r->purpose.argument = type->param_count;
        TRY(value_json_more(r, end, end == ']' ? "',' or ']'" : "',' or ')'", &more));
    }
    *ret_given = given;
    return value_json_end(r);
}

static uint32_t find_parameter(const struct func_type *type, struct text name) {
    uint32_t i = 0;
    while (i < type->param_count && !text_equal(type->params[i].name, name))
        i++;
    return i;
}

/* By name; there are at most TYPES_PARAMS of them, so they are looked through. */
static int read_object(struct value_reader *r, const struct func_type *type, struct value *values) {
    for (bool more = !value_json_take(r, '}'); more;) {
        value_json_peek(r);
        size_t at = r->at;
        struct text key = {0};
        TRY(value_json_key(r, &key));
        uint32_t i = find_parameter(type, key);
        if (i == type->param_count)
            return value_reader_fail(r, at, "there is no parameter '%s'", NAME_SHOWN(key));
        if (values[i].kind != TYPE_KINDS)
            return value_reader_fail(r, at, "parameter '%s' stands here twice", NAME_SHOWN(key));
        r->purpose.argument = i;
        TRY(value_json_value(r, type->params[i].type, &values[i]));
        r->purpose.argument = type->param_count;
        TRY(value_json_more(r, '}', "',' or '}'", &more));
    }
    TRY(value_json_end(r));
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
    if (!call && value_json_take(r, '{'))
        return read_object(r, type, values);
    TRY(call ? value_json_expect(r, '(', "'('") : value_json_expect(r, '[', "'[' or '{' with the arguments"));
    uint32_t given = 0;
    TRY(read_array(r, type, call ? ')' : ']', values, &given));
    return wave_arguments_end(r->purpose.name, type, values, given, r->reterr);
}

int value_json_arguments(struct text text, struct text name, const struct func_type *type,
                         const struct value_handles *handles, struct arena *arena, struct value **ret,
                         arcella_error **reterr) {
    CLEANUP(value_reader_done)
    struct value_reader r = {.text = text.data,
                             .length = text.length,
                             .arena = arena,
                             .handles = handles,
                             .purpose = {.name = name, .func = type, .argument = type->param_count},
                             .reterr = reterr};
    return read_all(&r, false, ret);
}

int value_json_call_arguments(struct text text, size_t at, struct text name, const struct func_type *type,
                              const struct value_handles *handles, struct arena *arena, struct value **ret,
                              arcella_error **reterr) {
    CLEANUP(value_reader_done)
    struct value_reader r = {.text = text.data,
                             .length = text.length,
                             .at = at,
                             .arena = arena,
                             .handles = handles,
                             .purpose = {.name = name, .func = type, .argument = type->param_count},
                             .reterr = reterr};
    return read_all(&r, true, ret);
}

int value_json_argument(struct text text, struct text name, const struct func_type *type, uint32_t index,
                        const struct value_handles *handles, struct arena *arena, struct value *ret,
                        arcella_error **reterr) {
    CLEANUP(value_reader_done)
    struct value_reader r = {.text = text.data,
                             .length = text.length,
                             .arena = arena,
                             .handles = handles,
                             .purpose = {.name = name, .func = type, .argument = index},
                             .reterr = reterr};
    if (index >= type->param_count) {
        BUFFER_AUTO words = BUFFER_INIT(LIMIT_ERROR_BYTES);
        if (value_add_signature(&words, name, type, NULL) < 0)
            buffer_clear(&words);
        return error_set(reterr, ARCELLA_E_INVALID, "argument %u is one too many for %s", index + 1,
                         words.data ? words.data : "the function");
    }
    TRY(value_reader_check(&r));
    TRY(value_json_value(&r, type->params[index].type, ret));
    return value_json_end(&r);
}
