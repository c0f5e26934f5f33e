/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "echo.h"

#include "component/abi/plan.h"

#define TYPE_IDS 65536
#define NONE     UINT32_MAX

enum { I32_CONST = 0x41, LOCAL_GET = 0x20, LOCAL_SET = 0x21, CALL = 0x10, END = 0x0b };

/* --- types --- */

struct writer {
    struct emit *out;
    uint32_t types;     /* made so far */
    uint32_t thing;     /* the imported resource; NONE: not yet */
    uint32_t *index_of; /* by id of the type; NONE: not made */
};

static void write_value_type(struct emit *e, const struct writer *w, const struct type *type) {
    if (type->kind <= TYPE_STRING)
        emit_byte(e, 0x7fu - (unsigned)type->kind);
    else
        emit_signed(e, w->index_of[type->id]);
}

static void write_optional(struct emit *e, const struct writer *w, const struct type *type) {
    emit_byte(e, type != NULL);
    if (type)
        write_value_type(e, w, type);
}

static void write_fields(struct emit *e, const struct writer *w, const struct type *type, unsigned code) {
    emit_byte(e, code);
    emit_unsigned(e, type->count);
    for (uint32_t i = 0; i < type->count; i++) {
        const struct type_field *field = &type->fields[i];
        if (type->kind != TYPE_TUPLE)
            emit_text(e, field->name.data, field->name.length);
        if (type->kind == TYPE_RECORD || type->kind == TYPE_TUPLE)
            write_value_type(e, w, field->type);
        if (type->kind != TYPE_VARIANT)
            continue;
        write_optional(e, w, field->type);
        emit_byte(e, 0);
    }
}

/* Must a type of this kind have a name where an import or export mentions it? */
static bool is_nominal(enum type_kind kind) {
    return kind == TYPE_RECORD || kind == TYPE_VARIANT || kind == TYPE_ENUM || kind == TYPE_FLAGS;
}

static void write_definition(struct emit *e, const struct writer *w, const struct type *type) {
    switch (type->kind) {
    case TYPE_RECORD: write_fields(e, w, type, 0x72); return;
    case TYPE_VARIANT: write_fields(e, w, type, 0x71); return;
    case TYPE_TUPLE: write_fields(e, w, type, 0x6f); return;
    case TYPE_FLAGS: write_fields(e, w, type, 0x6e); return;
    case TYPE_ENUM: write_fields(e, w, type, 0x6d); return;
    case TYPE_LIST:
        emit_byte(e, 0x70);
        write_value_type(e, w, type->fields[0].type);
        return;
    case TYPE_OPTION:
        emit_byte(e, 0x6b);
        write_value_type(e, w, type->fields[1].type);
        return;
    case TYPE_RESULT:
        emit_byte(e, 0x6a);
        write_optional(e, w, type->fields[0].type);
        write_optional(e, w, type->fields[1].type);
        return;
    case TYPE_MAP:
        emit_byte(e, 0x63);
        write_value_type(e, w, type->fields[0].type);
        write_value_type(e, w, type->fields[1].type);
        return;
    case TYPE_OWN:
    case TYPE_BORROW:
        emit_byte(e, type->kind == TYPE_OWN ? 0x69 : 0x68);
        emit_unsigned(e, w->thing);
        return;
    default: fprintf(stderr, "echo: a type '%s'\n", type_kind_words(type->kind)); exit(2);
    }
}

static void make_thing(struct writer *w) {
    struct emit body = {0};
    if (w->thing != NONE)
        return;
    emit_byte(&body, 1);
    emit_extern_name(&body, "thing");
    emit_codes(&body, 3, 1); /* a type: any resource */
    emit_section(w->out, SECTION_IMPORT, &body);
    w->thing = w->types++;
}

static void make_type(struct writer *w, const struct type *type) {
    if (!type || type->kind <= TYPE_STRING || w->index_of[type->id] != NONE)
        return;
    for (uint32_t i = 0; i < type->count; i++)
        make_type(w, type->fields[i].type);
    if (type->kind == TYPE_OWN || type->kind == TYPE_BORROW)
        make_thing(w);
    struct emit body = {0};
    emit_byte(&body, 1);
    write_definition(&body, w, type);
    emit_section(w->out, SECTION_TYPE, &body);
    uint32_t index = w->types++;
    if (is_nominal(type->kind)) {
        char name[16];
        snprintf(name, sizeof(name), "t%u", type->id);
        emit_byte(&body, 1);
        emit_extern_name(&body, name);
        emit_codes(&body, 3, 0); /* a type: equal to */
        emit_unsigned(&body, index);
        emit_section(w->out, SECTION_IMPORT, &body);
        index = w->types++;
    }
    w->index_of[type->id] = index;
}

static uint32_t make_func_type(struct writer *w, const struct func_type *type) {
    for (uint32_t i = 0; i < type->param_count; i++)
        make_type(w, type->params[i].type);
    make_type(w, type->result);
    struct emit body = {0};
    emit_codes(&body, 1, 0x40);
    emit_unsigned(&body, type->param_count);
    for (uint32_t i = 0; i < type->param_count; i++) {
        emit_text(&body, type->params[i].name.data, type->params[i].name.length);
        write_value_type(&body, w, type->params[i].type);
    }
    if (type->result) {
        emit_byte(&body, 0);
        write_value_type(&body, w, type->result);
    } else
        emit_codes(&body, 1, 0);
    emit_section(w->out, SECTION_TYPE, &body);
    return w->types++;
}

/* --- the module with memory and realloc --- */

static void constant(struct emit *e, uint32_t value) {
    emit_byte(e, I32_CONST);
    emit_signed(e, (int32_t)value);
}
static void local_get(struct emit *e, uint32_t index) {
    emit_byte(e, LOCAL_GET);
    emit_unsigned(e, index);
}

/* The size on the stack, up to whole slots. */
static void round_up(struct emit *e) {
    constant(e, 1023);
    emit_byte(e, 0x6a); /* add */
    constant(e, (uint32_t)-1024);
    emit_byte(e, 0x71); /* and */
}

/* realloc(0 old, 1 old size, 2 align, 3 size) */
static void write_realloc(struct emit *e, const struct echo_edit *edit) {
    emit_codes(e, 1, 1, 0x7f);
    if (edit->kind == ECHO_REALLOC) {
        emit_codes(e, 0x23, 1, I32_CONST, 1, 0x6a, 0x24, 1, 0x23, 1); /* count calls in global 1 */
        constant(e, edit->at);
        emit_codes(e, 0x46, 0x04, 0x40); /* the same: if */
        constant(e, edit->value);
        emit_codes(e, 0x0f, END);
    }
    /* Nothing: an aligned pointer to nothing. */
    emit_codes(e, LOCAL_GET, 3, 0x45, 0x04, 0x40, LOCAL_GET, 2, 0x0f, END);
    /* It stays where it is if it fits the slots it has. */
    emit_codes(e, LOCAL_GET, 0, 0x45, 0x45, LOCAL_GET, 3, LOCAL_GET, 1);
    round_up(e);
    emit_codes(e, 0x4d, 0x71, 0x04, 0x40, LOCAL_GET, 0, 0x0f, END);
    emit_codes(e, LOCAL_GET, 3);
    constant(e, ECHO_MEMORY_BYTES / 2);
    emit_codes(e, 0x4b, 0x04, 0x40, 0x00, END); /* too much: unreachable */
    emit_codes(e, 0x23, 0, 0x22, 4, LOCAL_GET, 3);
    round_up(e);
    emit_codes(e, 0x6a, 0x24, 0, 0x23, 0);
    constant(e, ECHO_MEMORY_BYTES);
    emit_codes(e, 0x4b, 0x04, 0x40, 0x00, END);
    emit_codes(e, LOCAL_GET, 4, LOCAL_GET, 0, LOCAL_GET, 1, 0xfc, 10, 0, 0); /* memory.copy */
    emit_codes(e, LOCAL_GET, 4, END);
}

static void write_data(struct emit *body) {
    emit_codes(body, 1, 0);
    constant(body, ECHO_DATA_AT);
    emit_byte(body, END);
    emit_unsigned(body, ECHO_DATA_BYTES);
    for (uint32_t i = 0; i < ECHO_DATA_BYTES; i++) {
        /* Pairs of a small pointer into itself and a small length, and text. */
        uint32_t word = i % 64 < 32 ? (i / 4 % 2 ? i % 7 : ECHO_DATA_AT + i % 16 * 8) : 0x61626364 + i;
        emit_byte(body, word >> (i % 4 * 8) & 0xff);
    }
}

static void write_library(struct emit *out, const struct echo *echo) {
    struct emit module = {0}, body = {0}, code = {0};
    emit_module_head(&module);
    emit_codes(&body, 1, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f);
    emit_section(&module, CORE_TYPE, &body);
    emit_codes(&body, 1, 0);
    emit_section(&module, CORE_FUNC, &body);
    emit_codes(&body, 1, 0);
    emit_unsigned(&body, ECHO_MEMORY_BYTES / 65536);
    emit_section(&module, CORE_MEMORY, &body);
    emit_codes(&body, 2, 0x7f, 1);
    constant(&body, 65536);
    emit_codes(&body, END, 0x7f, 1, I32_CONST, 0, END);
    emit_section(&module, CORE_GLOBAL, &body);
    emit_byte(&body, 2);
    emit_name(&body, "memory");
    emit_codes(&body, 2, 0);
    emit_name(&body, "realloc");
    emit_codes(&body, 0, 0);
    emit_section(&module, CORE_EXPORT, &body);
    write_realloc(&code, &echo->edit);
    emit_byte(&body, 1);
    emit_sized(&body, &code);
    emit_section(&module, CORE_CODE, &body);
    write_data(&body);
    emit_section(&module, CORE_DATA, &body);
    emit_section(out, SECTION_CORE_MODULE, &module);
}

/* --- the module that echoes --- */

struct shape {
    char lowered[PLAN_SIGNATURE_BYTES], lifted[PLAN_SIGNATURE_BYTES];
    uint32_t params;     /* core parameters of run */
    bool params_spilled; /* run gets one pointer */
    bool result_spilled; /* echo gets a pointer, run returns one */
    bool has_result;
};

static struct shape shape_of(const struct func_type *type) {
    struct shape s = {.has_result = type->result != NULL};
    plan_signature(type, true, s.lowered);
    plan_signature(type, false, s.lifted);
    s.params = (uint32_t)(strchr(s.lifted, ':') - s.lifted);
    s.params_spilled = type->flat_params > TYPES_FLAT_PARAMS;
    s.result_spilled = type->result && type->result->flat_count > TYPES_FLAT_RESULTS;
    return s;
}

bool echo_edit_applies(const struct echo *echo, enum echo_edit_kind kind) {
    struct shape s = shape_of(echo->type);
    switch (kind) {
    case ECHO_NOTHING:
    case ECHO_REALLOC: return true;
    case ECHO_ARGUMENT: return s.params > 0;
    case ECHO_ARGUMENT_BYTE: return s.params_spilled;
    case ECHO_RESULT_PLACE:
    case ECHO_RESULT_BYTE: return s.result_spilled;
    case ECHO_RESULT: return s.has_result;
    }
    return false;
}

static unsigned core_code(char c) {
    return c == 'i' ? 0x7f : c == 'I' ? 0x7e : c == 'f' ? 0x7d : 0x7c;
}

static void write_signature(struct emit *e, const char *signature) {
    const char *colon = strchr(signature, ':');
    emit_byte(e, 0x60);
    emit_unsigned(e, (size_t)(colon - signature));
    for (const char *p = signature; p < colon; p++)
        emit_byte(e, core_code(*p));
    emit_unsigned(e, strlen(colon + 1));
    for (const char *p = colon + 1; *p; p++)
        emit_byte(e, core_code(*p));
}

static void typed_constant(struct emit *e, char type, uint32_t value) {
    static const uint8_t zeroes[8];
    switch (type) {
    case 'i': constant(e, value); return;
    case 'I':
        emit_byte(e, 0x42);
        emit_signed(e, (int64_t)((uint64_t)value << 32 | value));
        return;
    default:
        emit_byte(e, type == 'f' ? 0x43 : 0x44);
        emit_bytes(e, &value, 4);
        emit_bytes(e, zeroes, type == 'f' ? 0 : 4);
    }
}

/* Address on the stack: store the edit's value there. */
static void store(struct emit *e, const struct echo_edit *edit, uint32_t offset) {
    constant(e, edit->value);
    emit_codes(e, edit->width == 1 ? 0x3a : edit->width == 2 ? 0x3b : 0x36, 0);
    emit_unsigned(e, offset);
}

/* Drop what is borrowed: parameters of their own. */
static void write_drops(struct emit *e, const struct echo *echo, const struct shape *s) {
    uint32_t flat = 0;
    for (uint32_t i = 0; i < echo->type->param_count; i++) {
        const struct type_field *param = &echo->type->params[i];
        if (param->type->kind == TYPE_BORROW) {
            local_get(e, s->params_spilled ? 0 : flat);
            if (s->params_spilled) {
                emit_codes(e, 0x28, 2); /* load */
                emit_unsigned(e, param->offset);
            }
            emit_codes(e, CALL, 1);
        }
        flat += param->type->flat_count;
    }
}

static void write_run(struct emit *e, const struct echo *echo, const struct shape *s) {
    const struct echo_edit *edit = &echo->edit;
    const char *result = strchr(s->lifted, ':') + 1;
    bool forged = edit->kind == ECHO_RESULT && *result;
    emit_byte(e, 0);
    if (edit->kind == ECHO_ARGUMENT && s->params) {
        typed_constant(e, s->lifted[edit->at % s->params], edit->value);
        emit_byte(e, LOCAL_SET);
        emit_unsigned(e, edit->at % s->params);
    }
    if (edit->kind == ECHO_ARGUMENT_BYTE && s->params_spilled) {
        local_get(e, 0);
        store(e, edit, edit->at);
    }
    for (uint32_t i = 0; i < s->params; i++)
        local_get(e, i);
    if (s->result_spilled)
        constant(e, edit->kind == ECHO_RESULT_PLACE ? edit->value : ECHO_RESULT_AT);
    emit_codes(e, CALL, 0);
    if (echo->drops)
        write_drops(e, echo, s);
    if (edit->kind == ECHO_RESULT_BYTE && s->result_spilled) {
        constant(e, ECHO_RESULT_AT);
        store(e, edit, edit->at);
    }
    if (s->result_spilled && !forged)
        constant(e, ECHO_RESULT_AT);
    else if (forged && !s->result_spilled)
        emit_byte(e, 0x1a); /* drop */
    if (forged)
        typed_constant(e, *result, edit->value);
    emit_byte(e, END);
}

static bool borrows(const struct func_type *type) {
    for (uint32_t i = 0; i < type->param_count; i++)
        if (type->params[i].type->has_borrow)
            return true;
    return false;
}

static void write_import(struct emit *e, const char *module, const char *name) {
    emit_name(e, module);
    emit_name(e, name);
}

static void write_main(struct emit *out, const struct echo *echo) {
    struct shape s = shape_of(echo->type);
    bool drop = borrows(echo->type);
    struct emit module = {0}, body = {0}, code = {0};
    emit_module_head(&module);
    emit_byte(&body, 3);
    write_signature(&body, s.lowered);
    write_signature(&body, s.lifted);
    write_signature(&body, "i:");
    emit_section(&module, CORE_TYPE, &body);
    emit_byte(&body, drop ? 3 : 2);
    write_import(&body, "library", "memory");
    emit_codes(&body, 2, 0, 1);
    write_import(&body, "host", "echo");
    emit_codes(&body, 0, 0);
    if (drop) {
        write_import(&body, "host", "drop");
        emit_codes(&body, 0, 2);
    }
    emit_section(&module, CORE_IMPORT, &body);
    emit_codes(&body, 1, 1);
    emit_section(&module, CORE_FUNC, &body);
    emit_byte(&body, 1);
    emit_name(&body, "run");
    emit_codes(&body, 0, drop ? 2 : 1);
    emit_section(&module, CORE_EXPORT, &body);
    write_run(&code, echo, &s);
    emit_byte(&body, 1);
    emit_sized(&body, &code);
    emit_section(&module, CORE_CODE, &body);
    emit_section(out, SECTION_CORE_MODULE, &module);
}

/* --- the component --- */

static void write_options(struct emit *e, const struct echo *echo) {
    emit_byte(e, 3);
    emit_byte(e, echo->encoding == ENCODING_UTF8 ? 0 : echo->encoding == ENCODING_UTF16 ? 1 : 2);
    emit_codes(e, 3, 0, 4, 0); /* memory 0, realloc: core function 0 */
}

static void alias_core(struct emit *out, unsigned sort, uint32_t instance, const char *name) {
    struct emit body = {0};
    emit_codes(&body, 1, 0, (uint8_t)sort, 1);
    emit_unsigned(&body, instance);
    emit_name(&body, name);
    emit_section(out, SECTION_ALIAS, &body);
}

/* Core instances: 0 the library, 1 what the host gives, 2 the module that echoes. */
static void write_instances(struct emit *out, const struct echo *echo, uint32_t thing) {
    struct emit body = {0};
    bool drop = borrows(echo->type);
    emit_codes(&body, 1, 0, 0, 0);
    emit_section(out, SECTION_CORE_INSTANCE, &body);
    alias_core(out, 2, 0, "memory");
    alias_core(out, 0, 0, "realloc");
    emit_codes(&body, drop ? 2 : 1, 1, 0, 0); /* lower: core function 1 */
    write_options(&body, echo);
    if (drop) {
        emit_byte(&body, 3); /* resource.drop: core function 2 */
        emit_unsigned(&body, thing);
    }
    emit_section(out, SECTION_CANON, &body);
    emit_codes(&body, 1, 1, drop ? 2 : 1);
    emit_name(&body, "echo");
    emit_codes(&body, 0, 1);
    if (drop) {
        emit_name(&body, "drop");
        emit_codes(&body, 0, 2);
    }
    emit_section(out, SECTION_CORE_INSTANCE, &body);
    emit_codes(&body, 1, 0, 1, 2);
    emit_name(&body, "library");
    emit_codes(&body, 0x12, 0);
    emit_name(&body, "host");
    emit_codes(&body, 0x12, 1);
    emit_section(out, SECTION_CORE_INSTANCE, &body);
    alias_core(out, 0, 2, "run");
}

void echo_emit(const struct echo *echo, struct emit *to) {
    struct emit body = {0};
    struct writer w = {.out = to, .thing = NONE, .index_of = mem_array(TYPE_IDS, sizeof(uint32_t))};
    if (!w.index_of)
        exit(2);
    memset(w.index_of, 0xff, TYPE_IDS * sizeof(uint32_t));
    emit_component_head(to);
    uint32_t type = make_func_type(&w, echo->type);
    emit_byte(&body, 1);
    emit_extern_name(&body, "echo");
    emit_byte(&body, 1);
    emit_unsigned(&body, type);
    emit_section(to, SECTION_IMPORT, &body);
    write_library(to, echo);
    write_main(to, echo);
    write_instances(to, echo, w.thing);
    emit_codes(&body, 1, 0, 0, borrows(echo->type) ? 3 : 2);
    write_options(&body, echo);
    emit_unsigned(&body, type);
    emit_section(to, SECTION_CANON, &body);
    emit_byte(&body, 1);
    emit_extern_name(&body, "run");
    emit_codes(&body, 1, 1, 0);
    emit_section(to, SECTION_EXPORT, &body);
    mem_free(w.index_of);
}
