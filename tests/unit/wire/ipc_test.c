/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Every message both ways in both encodings; bounds; everything that is not a message. */
#include "torture.h"

#include "base/json.h"
#include "base/limits.h"
#include "messages.h"

/* A payload with room for the NUL that decoding writes; freed by the caller. */
static char *copy_payload(const struct buffer *b, size_t length) {
    char *copy = mem_alloc(length + 1);
    assert_non_null(copy);
    if (length)
        memcpy(copy, b->data, length);
    copy[length] = '\x55';
    return copy;
}

static const enum ipc_encoding encodings[] = {IPC_PACK, IPC_JSON};

static void check_round_trip(const struct ipc_row *row, enum example_kind kind, enum ipc_encoding encoding) {
    struct example e;
    example_make(&e, row, kind);
    BUFFER_AUTO b = BUFFER_INIT(2 * LIMIT_FRAME_BYTES);
    arcella_error *error = NULL;
    if (ipc_encode(e.message.type, &e.message.setup, encoding, &b, &error) < 0)
        fail_msg("%s: %s", row->name, arcella_error_message(error));
    char *payload = copy_payload(&b, b.length);
    struct ipc_message back;
    if (ipc_decode(row->number, row->sender, encoding, payload, b.length, &back, &error) < 0)
        fail_msg("%s: %s", row->name, arcella_error_message(error));
    assert_int_equal(back.type, row->number);
    const char *differs = example_differs(&row->record, &e.message.setup, &back.setup);
    if (differs)
        fail_msg("%s: field '%s' came back otherwise (example %d, encoding %d)", row->name, differs, kind,
                 encoding);
    ipc_message_done(&back);
    assert_null(back.memory);
    mem_free(payload);
    example_done(&e);
}

static void every_message_round_trips(void **state) {
    (void)state;
    size_t count;
    const struct ipc_row *rows = ipc_rows(&count);
    assert_true(count >= 19);
    for (size_t i = 0; i < count; i++)
        for (enum example_kind kind = 0; kind < EXAMPLES; kind++)
            for (size_t j = 0; j < ARRAY_LENGTH(encodings); j++)
                check_round_trip(&rows[i], kind, encodings[j]);
}

static void every_message_has_one_sender(void **state) {
    (void)state;
    size_t count;
    const struct ipc_row *rows = ipc_rows(&count);
    for (size_t i = 0; i < count; i++) {
        struct example e;
        example_make(&e, &rows[i], EXAMPLE_PLAIN);
        BUFFER_AUTO b = BUFFER_INIT(LIMIT_FRAME_BYTES);
        assert_int_equal(ipc_encode(e.message.type, &e.message.setup, IPC_PACK, &b, NULL), 0);
        enum ipc_side wrong = rows[i].sender == IPC_PARENT ? IPC_CHILD : IPC_PARENT;
        struct ipc_message back;
        ERROR_AUTO *error = NULL;
        assert_int_equal(ipc_decode(rows[i].number, wrong, IPC_PACK, b.data, b.length, &back, &error),
                         ARCELLA_E_PROTOCOL);
        assert_non_null(strstr(arcella_error_message(error), "wrong side"));
        example_done(&e);
    }
}

/* Both sides carry these numbers; a change here is a change of the protocol. */
static void the_checksum_guards_the_version(void **state) {
    (void)state;
    static const struct {
        unsigned protocol;
        uint64_t checksum;
    } known = {6, 0x8c299c2a5672a78aull};
    assert_int_equal(IPC_PROTOCOL, known.protocol);
    if (ipc_checksum() != known.checksum)
        fail_msg("messages.def has changed (checksum 0x%016" PRIx64
                 "): raise IPC_PROTOCOL and note both here",
                 ipc_checksum());
}

static void names_and_roles(void **state) {
    (void)state;
    assert_string_equal(ipc_type_name(IPC_START_FAILED), "start_failed");
    assert_string_equal(ipc_type_name(9999), "?");
    assert_string_equal(ipc_role_name(IPC_ROLE_COMPILE), "compile");
    assert_string_equal(ipc_role_name(99), "?");
    assert_true(ipc_type_has_role(IPC_START, IPC_ROLE_GUEST));
    assert_false(ipc_type_has_role(IPC_START, IPC_ROLE_INTAKE));
    assert_true(ipc_type_has_role(IPC_READY, IPC_ROLE_GATEWAY));
    assert_false(ipc_type_has_role(9999, IPC_ROLE_GUEST));
    size_t count;
    const struct ipc_row *rows = ipc_rows(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            assert_int_not_equal(rows[i].number, rows[j].number);
}

/* What must not leave: the message names the field. */
static void bounds_hold_at_the_sender(void **state) {
    (void)state;
    char long_text[LIMIT_NAME_BYTES + 2];
    memset(long_text, 'x', sizeof(long_text));
    struct text many[33] = {{NULL, 0}};
    struct ipc_setup number = {.protocol = IPC_PROTOCOL, .role = IPC_ROLES};
    struct ipc_setup text = {.protocol = IPC_PROTOCOL, .group = {long_text, LIMIT_NAME_BYTES + 1}};
    struct ipc_setup bytes = {.protocol = IPC_PROTOCOL, .group = {"\xff", 1}};
    struct ipc_setup nul = {.protocol = IPC_PROTOCOL, .code_path = {"a\0b", 3}};
    struct ipc_ready list = {.protocol = IPC_PROTOCOL, .missing = many, .missing_count = 33};
    const struct {
        const char *what;
        enum ipc_type type;
        const void *record;
        const char *field;
    } cases[] = {
        {"a number over its bound", IPC_SETUP, &number, "'role'"},
        {"a text over its bound", IPC_SETUP, &text, "'group'"},
        {"bytes in a text", IPC_SETUP, &bytes, "'group'"},
        {"a NUL in a word", IPC_SETUP, &nul, "'code_path'"},
        {"a list over its bound", IPC_READY, &list, "'missing'"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        for (size_t j = 0; j < ARRAY_LENGTH(encodings); j++) {
            BUFFER_AUTO b = BUFFER_INIT(LIMIT_FRAME_BYTES);
            ERROR_AUTO *error = NULL;
            int r = ipc_encode(cases[i].type, cases[i].record, encodings[j], &b, &error);
            if (r != ARCELLA_E_INVALID || !strstr(arcella_error_message(error), cases[i].field))
                fail_msg("%s: %d '%s'", cases[i].what, r, arcella_error_message(error));
            assert_int_equal(b.length, 0);
        }
    }
    BUFFER_AUTO b = BUFFER_INIT(16);
    assert_int_equal(ipc_encode((enum ipc_type)999, &number, IPC_PACK, &b, NULL), ARCELLA_E_INVALID);
    struct ipc_levels levels = {.spec = text_of("a text that is longer than the buffer")};
    assert_int_equal(ipc_encode(IPC_LEVELS, &levels, IPC_PACK, &b, NULL), ARCELLA_E_TOO_LARGE);
    assert_int_equal(b.length, 0);
}

static void no_prefix_is_a_message(void **state) {
    (void)state;
    size_t count;
    const struct ipc_row *rows = ipc_rows(&count);
    for (size_t i = 0; i < count; i++) {
        struct example e;
        example_make(&e, &rows[i], EXAMPLE_PLAIN);
        for (size_t j = 0; j < ARRAY_LENGTH(encodings); j++) {
            BUFFER_AUTO b = BUFFER_INIT(LIMIT_FRAME_BYTES);
            assert_int_equal(ipc_encode(e.message.type, &e.message.setup, encodings[j], &b, NULL), 0);
            for (size_t length = 0; length < b.length; length++) {
                char *payload = copy_payload(&b, length);
                struct ipc_message back;
                ERROR_AUTO *error = NULL;
                int r =
                    ipc_decode(rows[i].number, rows[i].sender, encodings[j], payload, length, &back, &error);
                if (r != ARCELLA_E_PROTOCOL)
                    fail_msg("%s cut to %zu of %zu bytes: %d", rows[i].name, length, b.length, r);
                mem_free(payload);
            }
            /* And nothing may stand behind it. */
            char *payload = mem_alloc(b.length + 2);
            memcpy(payload, b.data, b.length);
            payload[b.length] = '\x01';
            struct ipc_message back;
            assert_int_equal(
                ipc_decode(rows[i].number, rows[i].sender, encodings[j], payload, b.length + 1, &back, NULL),
                ARCELLA_E_PROTOCOL);
            mem_free(payload);
        }
        example_done(&e);
    }
}

/* Any bytes at all: an answer, no crash, no memory by the count they claim; the sanitizers watch. */
static void garbage_is_refused_or_harmless(void **state) {
    (void)state;
    size_t count;
    const struct ipc_row *rows = ipc_rows(&count);
    uint64_t seed = 20261121;
    size_t refused = 0;
    size_t runs = 0;
    for (size_t round = 0; round < 400; round++) {
        for (size_t i = 0; i < count; i++) {
            struct example e;
            example_make(&e, &rows[i], EXAMPLE_PLAIN);
            BUFFER_AUTO b = BUFFER_INIT(LIMIT_FRAME_BYTES);
            enum ipc_encoding encoding = encodings[round % 2];
            assert_int_equal(ipc_encode(e.message.type, &e.message.setup, encoding, &b, NULL), 0);
            char *payload = copy_payload(&b, b.length);
            for (unsigned n = 0; n <= round % 4 && b.length; n++) {
                seed = seed * 6364136223846793005ull + 1442695040888963407ull;
                payload[(seed >> 33) % b.length] = (char)(seed >> 20);
            }
            struct ipc_message back;
            ERROR_AUTO *error = NULL;
            int r = ipc_decode(rows[i].number, rows[i].sender, encoding, payload, b.length, &back, &error);
            assert_true(r == 0 || r == ARCELLA_E_PROTOCOL || r == ARCELLA_E_VERSION);
            runs++;
            if (r == 0)
                ipc_message_done(&back);
            else
                refused++;
            mem_free(payload);
            example_done(&e);
        }
    }
    assert_true(refused > runs / 10);
}

static void claims_allocate_nothing(void **state) {
    (void)state;
    /* figures_are: an array of 7 whose list claims 65,535 rows; 65,535 bytes follow, too few for rows of 6.
     */
    static char claim[4 + 65535 + 1];
    memcpy(claim, "\x97\xdc\xff\xff", 4);
    struct ipc_message back;
    ERROR_AUTO *error = NULL;
    assert_int_equal(
        ipc_decode(IPC_FIGURES_ARE, IPC_CHILD, IPC_PACK, claim, sizeof(claim) - 1, &back, &error),
        ARCELLA_E_PROTOCOL);
    /* Refused by its count, before memory for the rows was asked for. */
    assert_non_null(strstr(arcella_error_message(error), "'instances'"));
    assert_non_null(strstr(arcella_error_message(error), "as many elements as announced"));
}

static void another_protocol_is_named(void **state) {
    (void)state;
    /* A later release: protocol 7, and fields we know nothing of. */
    char pack[] = "\x93\x07\xa1x\xc0";
    char json[] = "{\"protocol\":7,\"new\":1}";
    struct ipc_message back;
    ERROR_AUTO *error = NULL;
    assert_int_equal(ipc_decode(IPC_SETUP, IPC_PARENT, IPC_PACK, pack, sizeof(pack) - 1, &back, &error),
                     ARCELLA_E_VERSION);
    assert_non_null(strstr(arcella_error_message(error), "protocol 7"));
    assert_int_equal(ipc_decode(IPC_READY, IPC_CHILD, IPC_JSON, json, sizeof(json) - 1, &back, NULL),
                     ARCELLA_E_VERSION);
}

static void json_is_readable(void **state) {
    (void)state;
    struct ipc_stop stop = {.instance = UINT64_MAX, .timeout_ms = 5000};
    BUFFER_AUTO b = BUFFER_INIT(1024);
    assert_int_equal(ipc_encode(IPC_STOP, &stop, IPC_JSON, &b, NULL), 0);
    assert_string_equal(b.data, "{\"instance\":\"18446744073709551615\",\"timeout_ms\":5000}");
    buffer_clear(&b);
    struct ipc_output output = {.instance = 1, .stream = 2, .text = {"\xff\x00", 2}};
    assert_int_equal(ipc_encode(IPC_OUTPUT, &output, IPC_JSON, &b, NULL), 0);
    assert_string_equal(
        b.data, "{\"instance\":1,\"stream\":2,\"text\":{\"hex\":\"ff00\"},\"cut\":false,\"dropped\":0}");
}

static void wrong_json_is_named(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"{\"instance\":-1,\"timeout_ms\":1}", "'instance'"},
        {"{\"instance\":\"x\",\"timeout_ms\":1}", "'instance'"},
        {"{\"instance\":1.5,\"timeout_ms\":1}", "'instance'"},
        {"{\"instance\":1}", "members"},
        {"{\"instance\":1,\"timeout\":1}", "'timeout_ms'"},
        {"{\"instance\":1,\"timeout_ms\":99999999999999}", "smaller"},
        {"[1,2]", "object"},
        {"", "line"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char payload[128];
        text_copy(payload, sizeof(payload), cases[i].text);
        struct ipc_message back;
        ERROR_AUTO *error = NULL;
        assert_int_equal(
            ipc_decode(IPC_STOP, IPC_PARENT, IPC_JSON, payload, strlen(cases[i].text), &back, &error),
            ARCELLA_E_PROTOCOL);
        if (!strstr(arcella_error_message(error), cases[i].says))
            fail_msg("%s: '%s'", cases[i].text, arcella_error_message(error));
    }
}

struct one {
    enum ipc_encoding encoding;
    unsigned type;
};

static int encode_and_decode(void *user, arcella_error **reterr) {
    const struct one *one = user;
    const struct ipc_row *row = ipc_row_of(one->type);
    struct example e;
#ifdef ARCELLA_FAULTS
    /* The example itself is not what is tested. */
    static _Thread_local struct example kept;
    static _Thread_local unsigned kept_type;
    if (kept_type != one->type) {
        example_done(&kept);
        example_make(&kept, row, EXAMPLE_PLAIN);
        kept_type = one->type;
        fault_set(FAULT_ALLOC, 0, 0);
    }
    e = kept;
#else
    example_make(&e, row, EXAMPLE_PLAIN);
#endif
    BUFFER_AUTO b = BUFFER_INIT(LIMIT_FRAME_BYTES);
    int r = ipc_encode(e.message.type, &e.message.setup, one->encoding, &b, reterr);
    struct ipc_message back = {.memory = NULL};
    if (r == 0)
        r = ipc_decode(one->type, row->sender, one->encoding, b.data, b.length, &back, reterr);
    ipc_message_done(&back);
#ifndef ARCELLA_FAULTS
    example_done(&e);
#endif
    return r;
}

static void no_memory_is_an_answer(void **state) {
    (void)state;
    static const unsigned types[] = {IPC_SETUP, IPC_START, IPC_ENDED, IPC_OUTPUT, IPC_SETUP};
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        for (size_t j = 0; j < ARRAY_LENGTH(encodings); j++)
            torture_alloc(encode_and_decode, &(struct one){encodings[j], types[i]});
}

static void the_page_names_everything(void **state) {
    (void)state;
    BUFFER_AUTO page = BUFFER_INIT(1 * MIB);
    assert_int_equal(ipc_markdown(&page, NULL), 0);
    size_t count;
    const struct ipc_row *rows = ipc_rows(&count);
    for (size_t i = 0; i < count; i++) {
        char heading[80];
        snprintf(heading, sizeof(heading), "\n## %u `%s`\n", rows[i].number, rows[i].name);
        if (!strstr(page.data, heading))
            fail_msg("no%s", heading);
    }
}

int main(void) {
    json_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_round_trips),
        cmocka_unit_test(every_message_has_one_sender),
        cmocka_unit_test(the_checksum_guards_the_version),
        cmocka_unit_test(names_and_roles),
        cmocka_unit_test(bounds_hold_at_the_sender),
        cmocka_unit_test(no_prefix_is_a_message),
        cmocka_unit_test(garbage_is_refused_or_harmless),
        cmocka_unit_test(claims_allocate_nothing),
        cmocka_unit_test(another_protocol_is_named),
        cmocka_unit_test(json_is_readable),
        cmocka_unit_test(wrong_json_is_named),
        cmocka_unit_test(no_memory_is_an_answer),
        cmocka_unit_test(the_page_names_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
