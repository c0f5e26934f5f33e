/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Descriptions: bounds of what a binary says, declared against found, MessagePack of a hostile sender, JSON.
 */
#include "torture.h"

#include "base/fd.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pack.h"
#include "catalog/manifest.h"

#define DESCRIPTION_AUTO CLEANUP(description_free_ptr) struct package_description

static struct package_description *make_full(arcella_error **reterr) {
    DESCRIPTION_AUTO *d = description_new();
    if (!d) {
        error_nomem(reterr);
        return NULL;
    }
    const struct text texts[MANIFEST_FILES] = {
        [MANIFEST_COMPONENT] = TEXT("[component]\nname = \"web\"\nversion = \"1.2.3\"\n"
                                    "description = \"two\\nlines\"\nauthors = [\"A\"]\n"
                                    "exports = [\"logger:log@1.0\"]\nimports = [\"wasi:io/streams\"]\n"),
        [MANIFEST_TEMPLATE] = TEXT("[deployment]\nisolation = \"main\"\nasync = true\n"
                                   "[startup]\nentrypoint = \"go\"\n"),
    };
    if (manifest_read(texts, d, reterr) < 0)
        return NULL;
    d->kind = KIND_WASI_P1;
    d->has_start = true;
    d->functions = 7;
    d->code_bytes = 100;
    d->memory_bytes = 65536;
    if (description_add_import(d, TEXT("wasi_snapshot_preview1"), TEXT("fd_write"), "func iiii:i", reterr) <
            0 ||
        description_add_export(d, TEXT("_start"), "func :", reterr) < 0 ||
        description_add_export(d, TEXT("memory"), "memory", reterr) < 0 ||
        description_warn(d, reterr, "a %s", "warning") < 0)
        return NULL;
    return TAKE(d);
}

static char *json_text(const struct package_description *d) {
    BUFFER_AUTO b = BUFFER_INIT(4 * MIB);
    JSON_AUTO *json = description_json(d, false);
    assert_int_equal(json_add(&b, json, NULL), 0);
    return buffer_take(&b);
}

static void packed_and_back(void **state) {
    (void)state;
    DESCRIPTION_AUTO *d = make_full(NULL);
    DESCRIPTION_AUTO *again = NULL;
    BUFFER_AUTO bytes = BUFFER_INIT(LIMIT_DESCRIPTION_BYTES);
    ERROR_AUTO *error = NULL;
    assert_int_equal(description_encode(d, &bytes, NULL), 0);
    if (description_decode(bytes.data, bytes.length, &again, &error) < 0)
        fail_msg("%s", arcella_error_message(error));
    MEM_AUTO char *before = json_text(d);
    MEM_AUTO char *after = json_text(again);
    assert_string_equal(before, after);
    assert_non_null(strstr(after, "\"id\":\"web@1.2.3\""));
    assert_non_null(strstr(after, "\"kind\":\"wasi-p1\""));
    assert_non_null(strstr(after, "\"module\":\"wasi_snapshot_preview1\",\"name\":\"fd_write\""));
    assert_non_null(
        strstr(after, "\"isolation\":{\"value\":\"main\",\"text\":\"main\",\"origin\":\"template\"}"));
    assert_true(again->has_start && again->functions == 7 && again->memory_bytes == 65536);
}

static struct package_description *make_component(void) {
    DESCRIPTION_AUTO *d = description_new();
    d->kind = KIND_COMPONENT;
    d->run = mem_text("wasi:cli/run@0.2.0");
    d->wit = mem_text("world root {}");
    d->wit_json = mem_text("{\"world\":\"root\"}");
    if (description_add_import(d, TEXT("wasi:io/poll@0.2.0"), TEXT("poll"), "func()", NULL) < 0 ||
        description_import_provided(d, PROVIDED_NO_VERSION, "wasi:io/poll@0.3.0", NULL) < 0 ||
        description_add_component_export(d, TEXT("a:b/c@1.0.0"), TEXT("f"), "func()", NULL) < 0 ||
        description_add_component_export(d, TEXT(""), TEXT("g"), "func()", NULL) < 0 ||
        description_add_module(d, 2, 3, NULL) < 0 || description_add_module(d, 0, 8, NULL) < 0)
        return NULL;
    return TAKE(d);
}

static void a_component_packed_and_back(void **state) {
    (void)state;
    DESCRIPTION_AUTO *d = make_component();
    DESCRIPTION_AUTO *again = NULL;
    BUFFER_AUTO bytes = BUFFER_INIT(LIMIT_DESCRIPTION_BYTES);
    FD_AUTO fd = -1;
    assert_int_equal(memfd_make("component", "01234567", 8, false, &fd, NULL), 0);
    assert_int_equal(description_settle_modules(d, fd, NULL), 0);
    struct digest digest = digest_of("234", 3);
    assert_true(digest_equal(&d->modules[0].digest, &digest));
    assert_int_equal(description_encode(d, &bytes, NULL), 0);
    assert_int_equal(description_decode(bytes.data, bytes.length, &again, NULL), 0);
    MEM_AUTO char *before = json_text(d);
    MEM_AUTO char *after = json_text(again);
    assert_string_equal(before, after);
    assert_non_null(strstr(after, "\"host\":\"other version\",\"nearest\":\"wasi:io/poll@0.3.0\""));
    assert_non_null(strstr(after, "{\"module\":\"a:b/c@1.0.0\",\"name\":\"f\",\"type\":\"func()\"}"));
    assert_non_null(strstr(after, "\"world\":{\"world\":\"root\"}"));
    assert_int_equal(again->modules_count, 2);
    assert_true(again->modules[0].has_digest && digest_equal(&again->modules[0].digest, &digest));
    /* A place that the file does not have, as an intake process that was taken over may say. */
    assert_int_equal(description_add_module(again, 6, 3, NULL), 0);
    assert_int_equal(description_settle_modules(again, fd, NULL), ARCELLA_E_PROTOCOL);
    again->modules[2].offset = UINT64_MAX - 1;
    assert_int_equal(description_settle_modules(again, fd, NULL), ARCELLA_E_PROTOCOL);
    /* No core module has parts of a component. */
    d->kind = KIND_CORE;
    buffer_clear(&bytes);
    assert_int_equal(description_encode(d, &bytes, NULL), 0);
    DESCRIPTION_AUTO *out = NULL;
    assert_int_equal(description_decode(bytes.data, bytes.length, &out, NULL), ARCELLA_E_PROTOCOL);
}

/* Without core modules, and with modules that an earlier release did not record: told apart, also after they
 * were recorded again. */
static void no_modules_and_unknown_ones(void **state) {
    (void)state;
    for (int unknown = 0; unknown < 2; unknown++) {
        DESCRIPTION_AUTO *d = description_new();
        DESCRIPTION_AUTO *again = NULL;
        DESCRIPTION_AUTO *core = NULL;
        BUFFER_AUTO bytes = BUFFER_INIT(LIMIT_DESCRIPTION_BYTES);
        d->kind = KIND_COMPONENT;
        d->modules_unknown = unknown;
        assert_int_equal(description_encode(d, &bytes, NULL), 0);
        assert_int_equal(description_decode(bytes.data, bytes.length, &again, NULL), 0);
        assert_int_equal(again->modules_count, 0);
        assert_int_equal(again->modules_unknown, unknown);
        d->kind = KIND_CORE;
        buffer_clear(&bytes);
        assert_int_equal(description_encode(d, &bytes, NULL), 0);
        assert_int_equal(description_decode(bytes.data, bytes.length, &core, NULL),
                         unknown ? ARCELLA_E_PROTOCOL : 0);
    }
}

/* Nothing that is cut short, or has one byte changed, may do more than fail; what passes is as well-formed as
 * any. */
static void broken_bytes_are_refused(void **state) {
    (void)state;
    DESCRIPTION_AUTO *d = make_full(NULL);
    BUFFER_AUTO bytes = BUFFER_INIT(LIMIT_DESCRIPTION_BYTES);
    assert_int_equal(description_encode(d, &bytes, NULL), 0);
    for (size_t length = 0; length < bytes.length; length++) {
        DESCRIPTION_AUTO *out = NULL;
        ERROR_AUTO *error = NULL;
        /* In fresh memory, so that reading behind the end is seen. */
        MEM_AUTO char *cut = mem_copy(bytes.data, length + (length == 0));
        assert_int_equal(description_decode(cut, length, &out, &error), ARCELLA_E_PROTOCOL);
        assert_null(out);
    }
    MEM_AUTO char *copy = mem_copy(bytes.data, bytes.length);
    for (size_t at = 0; at < bytes.length; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            DESCRIPTION_AUTO *out = NULL;
            ERROR_AUTO *error = NULL;
            copy[at] = (char)(copy[at] ^ (1 << bit));
            int r = description_decode(copy, bytes.length, &out, &error);
            copy[at] = bytes.data[at];
            assert_true(r == 0 || r == ARCELLA_E_PROTOCOL);
            if (r == 0) {
                BUFFER_AUTO again = BUFFER_INIT(LIMIT_DESCRIPTION_BYTES);
                assert_int_equal(description_encode(out, &again, NULL), 0);
            }
        }
}

/* Values a decent sender could not have: each must be caught by the checks of a manifest. */
static void lies_are_refused(void **state) {
    (void)state;
    enum {
        COMPONENT = -2,
        NONE,
        ID,
        EXPORT,
        TEMPLATE_KEY,
        TEMPLATE_VALUE,
        GROUP,
        KIND,
        TOTAL,
        MODULE,
        FORM,
        LIES
    };
    for (int lie = COMPONENT; lie < LIES; lie++) {
        BUFFER_AUTO b = BUFFER_INIT(64 * KIB);
        struct pack_writer w;
        pack_begin(&w, &b);
        pack_array(&w, 22);
        pack_u64(&w, lie == FORM ? 2 : 1);
        pack_text(&w, lie == ID ? "a/../../b@1.0.0" : "a@1.0.0");
        pack_bool(&w, true);
        pack_nil(&w);
        pack_nil(&w);
        pack_nil(&w);
        pack_array(&w, 0);
        pack_array(&w, 1);
        pack_text(&w, lie == EXPORT ? "not an interface" : "a:b");
        pack_array(&w, 0);
        pack_bool(&w, true);
        pack_map(&w, 1);
        pack_text(&w, lie == TEMPLATE_KEY ? "memory" : "trusted");
        pack_text(&w, lie == TEMPLATE_VALUE ? "perhaps" : "true");
        pack_text(&w, lie == GROUP ? "main" : "web");
        pack_text(&w, lie == KIND ? "elf" : lie == COMPONENT ? "component" : "core");
        pack_array(&w, 2);
        pack_u64(&w, lie == TOTAL ? 0 : 1);
        pack_array(&w, 3);
        pack_text(&w, "env");
        pack_text(&w, "f");
        pack_text(&w, "func");
        pack_array(&w, 2);
        pack_u64(&w, 1);
        pack_array(&w, 3);
        pack_text(&w, lie == MODULE ? "env" : NULL);
        pack_text(&w, "g");
        pack_text(&w, "func");
        pack_bool(&w, false);
        for (int i = 0; i < 5; i++)
            pack_u64(&w, 0);
        pack_array(&w, 0);
        assert_int_equal(pack_end(&w, NULL), 0);
        DESCRIPTION_AUTO *out = NULL;
        ERROR_AUTO *error = NULL;
        int r = description_decode(b.data, b.length, &out, &error);
        if (r != (lie < 0 ? 0 : ARCELLA_E_PROTOCOL))
            fail_msg("lie %d: %d %s", lie, r, arcella_error_message(error));
        if (r == 0) /* the form of a release that did not look into components */
            assert_int_equal(out->modules_unknown, lie == COMPONENT);
    }
}

static void items_are_bounded(void **state) {
    (void)state;
    DESCRIPTION_AUTO *d = description_new();
    DESCRIPTION_AUTO *again = NULL;
    char name[2000];
    memset(name, 'n', sizeof(name));
    assert_int_equal(description_add_export(d, (struct text){name, sizeof(name)}, "func", NULL), 0);
    assert_int_equal(strlen(d->binary_exports.items[0].name), DESCRIPTION_NAME_BYTES + strlen("…"));
    /* Cut in the middle of a character: the whole character goes. */
    memset(name, 'n', sizeof(name));
    memcpy(name + DESCRIPTION_NAME_BYTES - 1, "\xc3\xbc", 2);
    assert_int_equal(description_add_export(d, (struct text){name, sizeof(name)}, "func", NULL), 0);
    assert_int_equal(strlen(d->binary_exports.items[1].name), DESCRIPTION_NAME_BYTES - 1 + strlen("…"));
    assert_int_equal(description_add_export(d, (struct text){"a\0\x1b[b", 5}, "func", NULL), 0);
    assert_string_equal(d->binary_exports.items[2].name, "a\\x00\\x1b[b");
    for (size_t i = 0; i < 65536; i++) {
        snprintf(name, sizeof(name), "export-number-%zu", i);
        assert_int_equal(description_add_export(d, text_of(name), "func iiiiiiii:i", NULL), 0);
    }
    assert_int_equal(d->binary_exports.count, DESCRIPTION_ITEMS_MAX);
    assert_int_equal(d->binary_exports.total, 65536 + 3);
    memset(name, '\x01', DESCRIPTION_NAME_BYTES);
    for (size_t i = 0; i < 4096; i++)
        assert_int_equal(description_add_import(d, (struct text){name, DESCRIPTION_NAME_BYTES},
                                                (struct text){name, DESCRIPTION_NAME_BYTES}, "func", NULL),
                         0);
    assert_true(d->binary_imports.bytes < DESCRIPTION_ITEMS_BYTES + 4096);
    for (int i = 0; i < 200; i++)
        assert_int_equal(description_warn(d, NULL, "warning %d", i), 0);
    assert_int_equal(d->warnings.count, DESCRIPTION_WARNINGS_MAX);
    /* The largest still travels. */
    BUFFER_AUTO bytes = BUFFER_INIT(LIMIT_DESCRIPTION_BYTES);
    assert_int_equal(description_encode(d, &bytes, NULL), 0);
    assert_int_equal(description_decode(bytes.data, bytes.length, &again, NULL), 0);
    assert_int_equal(again->binary_exports.total, d->binary_exports.total);
}

static void declared_is_compared_with_found(void **state) {
    (void)state;
    const struct text texts[MANIFEST_FILES] = {
        [MANIFEST_COMPONENT] = TEXT("[component]\nname = \"a\"\nversion = \"1.0.0\"\n"
                                    "exports = [\"logger:log@1.0\", \"logger:missing\", \"my:api\"]\n"
                                    "imports = [\"wasi:io/streams@0.2.0\", \"wasi:http/types\"]\n"),
    };
    DESCRIPTION_AUTO *d = description_new();
    assert_int_equal(manifest_read(texts, d, NULL), 0);
    /* As components name them, and as core modules do. */
    assert_int_equal(description_add_export(d, TEXT("logger:log/api@1.4.0#write"), "func", NULL), 0);
    assert_int_equal(description_add_export(d, TEXT("my:api/x@2.0.0"), "instance", NULL), 0);
    assert_int_equal(description_add_import(d, TEXT("wasi:io/streams@0.2.3"), TEXT("drop"), "func", NULL), 0);
    assert_int_equal(description_compare(d, NULL), 0);
    assert_int_equal(d->warnings.count, 2);
    assert_non_null(strstr(d->warnings.items[0], "the export 'logger:missing'"));
    assert_non_null(strstr(d->warnings.items[1], "the import 'wasi:http/types'"));
}

static void ids_are_settled(void **state) {
    (void)state;
    static const struct {
        bool manifest;
        enum component_kind kind;
        const char *wanted, *file;
        int code;
        const char *result;
    } rows[] = {
        {true, KIND_CORE, NULL, "x.wasm", 0, "a@1.0.0"},
        {true, KIND_CORE, "a@1.0.0", "x.wasm", 0, "a@1.0.0"},
        {true, KIND_CORE, "b@1.0.0", "x.wasm", ARCELLA_E_INVALID,
         "the manifest says 'a@1.0.0', not 'b@1.0.0'"},
        {false, KIND_CORE, "b@1.0.0", "x.wasm", 0, "b@1.0.0"},
        {false, KIND_CORE, "b", "x.wasm", ARCELLA_E_INVALID, "'@' is missing"},
        {false, KIND_WASI_P1, NULL, "web@1.2.3.wasm", ARCELLA_E_NO_MANIFEST, "`--id NAME@VERSION`"},
        {false, KIND_COMPONENT, NULL, "web@1.2.3.wasm", 0, "web@1.2.3"},
        {false, KIND_COMPONENT, NULL, "web.wasm", ARCELLA_E_NO_MANIFEST, "NAME@VERSION.wasm"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        DESCRIPTION_AUTO *d = description_new();
        ERROR_AUTO *error = NULL;
        const struct text texts[MANIFEST_FILES] = {
            [MANIFEST_COMPONENT] = TEXT("[component]\nname = \"a\"\nversion = \"1.0.0\"\n"),
        };
        if (rows[i].manifest)
            assert_int_equal(manifest_read(texts, d, NULL), 0);
        d->kind = rows[i].kind;
        int r = description_set_id(d, rows[i].wanted, rows[i].file, &error);
        assert_int_equal(r, rows[i].code);
        if (r == 0)
            assert_string_equal(d->id.text, rows[i].result);
        else if (!strstr(arcella_error_message(error), rows[i].result) &&
                 !strstr(arcella_error_hint(error), rows[i].result))
            fail_msg("%s; hint: %s", arcella_error_message(error), arcella_error_hint(error));
    }
}

static int there_and_back(void *user, arcella_error **reterr) {
    (void)user;
    DESCRIPTION_AUTO *d = make_full(reterr);
    DESCRIPTION_AUTO *again = NULL;
    BUFFER_AUTO bytes = BUFFER_INIT(LIMIT_DESCRIPTION_BYTES);
    if (!d)
        return ARCELLA_E_NOMEM;
    int r = description_encode(d, &bytes, reterr);
    if (r == 0)
        r = description_decode(bytes.data, bytes.length, &again, reterr);
    if (r == 0)
        r = description_compare(again, reterr);
    if (r < 0)
        return r;
    JSON_AUTO *json = description_json(again, false);
    return json ? 0 : error_nomem(reterr);
}

static void short_of_memory(void **state) {
    (void)state;
    torture_alloc(there_and_back, NULL);
}

static int set_up(void **state) {
    (void)state;
    json_setup();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_and_back),
        cmocka_unit_test(a_component_packed_and_back),
        cmocka_unit_test(no_modules_and_unknown_ones),
        cmocka_unit_test(broken_bytes_are_refused),
        cmocka_unit_test(lies_are_refused),
        cmocka_unit_test(items_are_bounded),
        cmocka_unit_test(declared_is_compared_with_found),
        cmocka_unit_test(ids_are_settled),
        cmocka_unit_test(short_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
