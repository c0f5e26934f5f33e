/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Canonical functions: each a row with the operands that follow its opcode.  Those that this room does not
 * run are read as well, so that who refuses them can name them.  Source: Binary.md (Canonical Definitions).
 */
#include "component/decode/internal.h"
#include "engine/module_type.h"

static const uint8_t codes[CANONS] = {
#define XX(name, code, run, words) code,
    COMPONENT_CANON_MAP(XX)
#undef XX
};

/*
 * What follows an opcode, in order: '0' a zero byte; 'f' the function or resource; 't' a type; 'o' options;
 * 'r' results, 'b' a byte of 0 or 1, 'i' an index, 'v' a core value type, which are not kept.
 * NULL: producers and Binary.md disagree on what follows.
 */
static const char *const operands[CANONS] = {
    [CANON_LIFT] = "0fot",
    [CANON_LOWER] = "0fo",
    [CANON_RESOURCE_NEW] = "f",
    [CANON_RESOURCE_DROP] = "f",
    [CANON_RESOURCE_REP] = "f",
    [CANON_TASK_CANCEL] = "",
    [CANON_SUBTASK_CANCEL] = "b",
    [CANON_RESOURCE_DROP_ASYNC] = "f",
    [CANON_TASK_RETURN] = "ro",
    [CANON_CONTEXT_GET] = "vi",
    [CANON_CONTEXT_SET] = "vi",
    [CANON_THREAD_YIELD] = "b",
    [CANON_SUBTASK_DROP] = "",
    [CANON_STREAM_NEW] = "t",
    [CANON_STREAM_READ] = "to",
    [CANON_STREAM_WRITE] = "to",
    [CANON_STREAM_CANCEL_READ] = "tb",
    [CANON_STREAM_CANCEL_WRITE] = "tb",
    [CANON_STREAM_DROP_READABLE] = "t",
    [CANON_STREAM_DROP_WRITABLE] = "t",
    [CANON_FUTURE_NEW] = "t",
    [CANON_FUTURE_READ] = "to",
    [CANON_FUTURE_WRITE] = "to",
    [CANON_FUTURE_CANCEL_READ] = "tb",
    [CANON_FUTURE_CANCEL_WRITE] = "tb",
    [CANON_FUTURE_DROP_READABLE] = "t",
    [CANON_FUTURE_DROP_WRITABLE] = "t",
    [CANON_ERROR_CONTEXT_NEW] = "o",
    [CANON_ERROR_CONTEXT_DEBUG_MESSAGE] = "o",
    [CANON_ERROR_CONTEXT_DROP] = "",
    [CANON_WAITABLE_SET_NEW] = "",
    [CANON_WAITABLE_SET_WAIT] = "bi",
    [CANON_WAITABLE_SET_POLL] = "bi",
    [CANON_WAITABLE_SET_DROP] = "",
    [CANON_WAITABLE_JOIN] = "",
    [CANON_BACKPRESSURE_INC] = "",
    [CANON_BACKPRESSURE_DEC] = "",
    [CANON_THREAD_INDEX] = "",
    [CANON_THREAD_NEW_INDIRECT] = "ti",
    [CANON_THREAD_RESUME_LATER] = "",
    [CANON_THREAD_SUSPEND] = "b",
    [CANON_THREAD_SUSPEND_THEN_RESUME] = "b",
    [CANON_THREAD_YIELD_THEN_RESUME] = "b",
    [CANON_THREAD_SUSPEND_THEN_PROMOTE] = "b",
    [CANON_THREAD_YIELD_THEN_PROMOTE] = "b",
};

/* --- options --- */

enum {
    OPTION_UTF8,
    OPTION_UTF16,
    OPTION_LATIN1_UTF16,
    OPTION_MEMORY,
    OPTION_REALLOC,
    OPTION_POST_RETURN,
    OPTION_ASYNC,
    OPTION_CALLBACK,
    OPTION_CORE_TYPE, /* of the GC ABI, as the next */
    OPTION_GC
};

static int set_once(struct decoder *d, bool *has, const char *what) {
    if (*has)
        return reader_refuse(&d->in, "a canonical function has %s twice,", what);
    *has = true;
    return 0;
}

static int decode_encoding(struct decoder *d, struct ast_options *options, uint8_t option) {
    static const enum ast_encoding encodings[] = {
        [OPTION_UTF8] = ENCODING_UTF8,
        [OPTION_UTF16] = ENCODING_UTF16,
        [OPTION_LATIN1_UTF16] = ENCODING_LATIN1_UTF16,
    };
    options->encoding = encodings[option];
    return set_once(d, &options->has_encoding, "a string encoding");
}

static int decode_option(struct decoder *d, struct ast_options *options) {
    uint8_t option;
    TRY(reader_byte(&d->in, &option, "an option of a canonical function"));
    switch (option) {
    case OPTION_UTF8:
    case OPTION_UTF16:
    case OPTION_LATIN1_UTF16: return decode_encoding(d, options, option);
    case OPTION_MEMORY:
        TRY(set_once(d, &options->has_memory, "a memory"));
        return reader_u32(&d->in, &options->memory, "the index of a core memory");
    case OPTION_REALLOC:
        TRY(set_once(d, &options->has_realloc, "realloc"));
        return reader_u32(&d->in, &options->realloc_func, "the index of a core function");
    case OPTION_POST_RETURN:
        TRY(set_once(d, &options->has_post_return, "post-return"));
        return reader_u32(&d->in, &options->post_return, "the index of a core function");
    case OPTION_ASYNC: return set_once(d, &options->async, "async");
    case OPTION_CALLBACK:
        TRY(set_once(d, &options->has_callback, "a callback"));
        return reader_u32(&d->in, &options->callback, "the index of a core function");
    case OPTION_CORE_TYPE:
    case OPTION_GC:
        return decoder_unsupported(d, decoder_offset(d) - 1, "the garbage-collected canonical ABI");
    default: return decoder_fail_back(d, "an option of a canonical function (0 to 7)");
    }
}

static int decode_options(struct decoder *d, struct ast_options *options) {
    uint32_t count;
    TRY(reader_count(&d->in, &count, LIMIT_COMPONENT_OPTIONS, 1, "options of a canonical function"));
    for (uint32_t i = 0; i < count; i++)
        TRY(decode_option(d, options));
    return 0;
}

/* --- the whole --- */

static int decode_zero(struct decoder *d) {
    uint8_t zero;
    TRY(reader_byte(&d->in, &zero, "the sort of a function (0)"));
    return zero == 0 ? 0 : decoder_fail_back(d, "the sort of a function (0)");
}

static int decode_operand(struct decoder *d, char operand, struct ast_canon *ret) {
    uint32_t index;
    bool flag;
    struct ast_valtype type;
    struct module_value value;
    switch (operand) {
    case '0': return decode_zero(d);
    case 'f': return reader_u32(&d->in, &ret->func, "the index of a function or resource");
    case 't': return reader_u32(&d->in, &ret->type, "the index of a type");
    case 'o': return decode_options(d, &ret->options);
    case 'r': return decode_result(d, &flag, &type);
    case 'b': return decode_flag(d, &flag, "a flag of a canonical function (0 or 1)");
    case 'v': return module_type_value(&d->in, &value);
    default: return reader_u32(&d->in, &index, "an index");
    }
}

int decode_canon(struct decoder *d, struct ast_canon *ret) {
    uint8_t code;
    uint32_t offset = decoder_offset(d);
    TRY(reader_byte(&d->in, &code, "a canonical function"));
    unsigned kind = 0;
    while (kind < CANONS && codes[kind] != code)
        kind++;
    if (kind == CANONS)
        return decoder_fail_back(d, "a canonical function");
    ret->kind = (enum ast_canon_kind)kind;
    if (!operands[kind])
        return decoder_unsupported(d, offset, ast_canon_words(ret->kind));
    for (const char *operand = operands[kind]; *operand; operand++)
        TRY(decode_operand(d, *operand, ret));
    return 0;
}
