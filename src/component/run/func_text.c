/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Is a function type what a host function was written for?  The type is walked and compared with the text as
 * it would be written, so that a type of any size costs no more than the text is long.
 */
#include <string.h>

#include "component/names/name.h"
#include "component/run/instance.h"

struct reading {
    const char *at;
    const struct program *program;
    struct text track; /* of the function's interface */
    bool ok;
};

static void expect_text(struct reading *in, struct text text) {
    for (size_t i = 0; in->ok && i < text.length; i++) {
        if (text.data[i] == ' ')
            continue;
        while (*in->at == ' ')
            in->at++;
        in->ok = *in->at == text.data[i];
        if (in->ok)
            in->at++;
    }
}

static void expect(struct reading *in, const char *text) {
    expect_text(in, text_of(text));
}

static void expect_type(struct reading *in, const struct type *type);

/* Names and types in brackets: record{a: u8, b: u8}, variant{a, b(u8)}, tuple<u8, u8>. */
static void expect_fields(struct reading *in, const struct type *type, const char *open, const char *close) {
    expect(in, type_kind_words(type->kind));
    expect(in, open);
    for (uint32_t i = 0; in->ok && i < type->count; i++) {
        const struct type_field *field = &type->fields[i];
        if (i)
            expect(in, ",");
        if (type->kind != TYPE_TUPLE)
            expect_text(in, field->name);
        if (!field->type)
            continue;
        if (type->kind == TYPE_RECORD)
            expect(in, ":");
        if (type->kind == TYPE_VARIANT)
            expect(in, "(");
        expect_type(in, field->type);
        if (type->kind == TYPE_VARIANT)
            expect(in, ")");
    }
    expect(in, close);
}

static void expect_or_none(struct reading *in, const struct type *type) {
    if (type)
        expect_type(in, type);
    else
        expect(in, "_");
}

/* result, result<u8>, result<_, u8>, result<u8, u8>. */
static void expect_result(struct reading *in, const struct type *type) {
    expect(in, "result");
    if (!type->fields[0].type && !type->fields[1].type)
        return;
    expect(in, "<");
    expect_or_none(in, type->fields[0].type);
    if (type->fields[1].type) {
        expect(in, ",");
        expect_type(in, type->fields[1].type);
    }
    expect(in, ">");
}

/* A resource of another interface is another resource, whatever its name: what the host keeps under its
 * numbers is not the same. */
static void expect_handle(struct reading *in, const struct type *type) {
    expect(in, type->kind == TYPE_OWN ? "own<" : "borrow<");
    if (type->resource >= in->program->resource_count || !in->program->resources[type->resource].imported) {
        in->ok = false;
        return;
    }
    const struct resolved_resource *resource = &in->program->resources[type->resource];
    struct text track = extern_text_track(resource->interface);
    if (!text_equal(track, in->track)) {
        expect_text(in, track);
        expect(in, "/");
    }
    expect_text(in, resource->name);
    expect(in, ">");
}

static void expect_type(struct reading *in, const struct type *type) {
    if (!in->ok)
        return;
    switch (type->kind) {
    case TYPE_RECORD:
    case TYPE_VARIANT:
    case TYPE_ENUM:
    case TYPE_FLAGS: expect_fields(in, type, "{", "}"); return;
    case TYPE_TUPLE: expect_fields(in, type, "<", ">"); return;
    case TYPE_RESULT: expect_result(in, type); return;
    case TYPE_OWN:
    case TYPE_BORROW: expect_handle(in, type); return;
    case TYPE_OPTION:
        expect(in, "option<");
        expect_type(in, type->fields[1].type);
        expect(in, ">");
        return;
    case TYPE_LIST:
        expect(in, "list<");
        expect_type(in, type->fields[0].type);
        expect(in, ">");
        return;
    case TYPE_MAP:
        expect(in, "map<");
        expect_type(in, type->fields[0].type);
        expect(in, ",");
        expect_type(in, type->fields[1].type);
        expect(in, ">");
        return;
    default: expect(in, type_kind_words(type->kind));
    }
}

bool func_text_matches(const struct component_import *import, const struct program *program,
                       const char *text) {
    const struct func_type *type = import->type;
    struct reading in = {
        .at = text, .program = program, .track = extern_text_track(import->interface), .ok = true};
    expect(&in, "(");
    for (uint32_t i = 0; in.ok && i < type->param_count; i++) {
        if (i)
            expect(&in, ",");
        expect_type(&in, type->params[i].type);
    }
    expect(&in, ")");
    if (type->result) {
        expect(&in, "->");
        expect_type(&in, type->result);
    }
    while (*in.at == ' ')
        in.at++;
    return in.ok && !*in.at;
}
