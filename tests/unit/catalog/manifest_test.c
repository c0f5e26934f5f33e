/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Manifests: what they say, each kind of mistake with its place, keys at the wrong level, the older form. */
#include "torture.h"

#include "base/buffer.h"
#include "base/json.h"
#include "catalog/manifest.h"

#define DESCRIPTION_AUTO CLEANUP(description_free_ptr) struct package_description

/* Read one file, or all three; NULL where there is none. */
static int read_files(const char *component, const char *template, const char *legacy,
                      struct package_description *d, arcella_error **reterr) {
    struct text texts[MANIFEST_FILES] = {
        [MANIFEST_COMPONENT] = component ? text_of(component) : (struct text){0},
        [MANIFEST_TEMPLATE] = template ? text_of(template) : (struct text){0},
        [MANIFEST_LEGACY] = legacy ? text_of(legacy) : (struct text){0},
    };
    return manifest_read(texts, d, reterr);
}

static struct package_description *read_well(const char *component, const char *template,
                                             const char *legacy) {
    ERROR_AUTO *error = NULL;
    struct package_description *d = description_new();
    if (read_files(component, template, legacy, d, &error) < 0)
        fail_msg("%s", arcella_error_message(error));
    return d;
}

static bool warned(const struct package_description *d, const char *words) {
    for (size_t i = 0; i < d->warnings.count; i++)
        if (strstr(d->warnings.items[i], words))
            return true;
    return false;
}

static const char full_component[] = "[component]\n"
                                     "name = \"http-logger\"\n"
                                     "version = \"0.1.0\"\n"
                                     "description = \"Logs HTTP requests\"\n"
                                     "authors = [\"A\", \"B\"]\n"
                                     "licence = \"MIT\"\n"
                                     "language = \"c\"\n"
                                     "exports = [\"logger:log@1.0\"]\n"
                                     "imports = [\"wasi:http/incoming-handler@0.2.0\"]\n";

static void component_is_read(void **state) {
    (void)state;
    DESCRIPTION_AUTO *d = read_well(full_component, NULL, NULL);
    assert_true(d->has_id && d->has_manifest);
    assert_false(d->has_template);
    assert_string_equal(d->id.text, "http-logger@0.1.0");
    assert_string_equal(d->description, "Logs HTTP requests");
    assert_string_equal(d->licence, "MIT");
    assert_string_equal(d->language, "c");
    assert_int_equal(d->authors.count, 2);
    assert_string_equal(d->exports.items[0], "logger:log@1.0.0");
    assert_string_equal(d->imports.items[0], "wasi:http/incoming-handler@0.2.0");
    assert_int_equal(d->warnings.count, 0);
}

static void template_is_read(void **state) {
    (void)state;
    static const char *const both[] = {
        "[deployment]\nisolation = \"worker\"\ntrusted = false\nasync = true\n"
        "[startup]\nentrypoint = \"start\"\nshutdown = \"stop\"\n",
        "[deployment]\nisolation = \"worker\"\ntrusted = false\nasync = true\n"
        "[deployment.startup]\nentrypoint = \"start\"\nshutdown = \"stop\"\n",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(both); i++) {
        DESCRIPTION_AUTO *d = read_well(full_component, both[i], NULL);
        assert_true(d->has_template);
        assert_true(d->template.values[POLICY_TRUSTED_KEY].set);
        assert_int_equal(policy_number(&d->template, POLICY_ASYNC_KEY), 1);
        assert_int_equal(d->template.values[POLICY_ASYNC_KEY].origin, ORIGIN_TEMPLATE);
        assert_string_equal(policy_text(&d->template, POLICY_ENTRYPOINT_KEY), "start");
        assert_string_equal(policy_text(&d->template, POLICY_SHUTDOWN_KEY), "stop");
        assert_false(d->template.values[POLICY_MEMORY_KEY].set);
        assert_int_equal(d->warnings.count, 0);
    }
    DESCRIPTION_AUTO *d = read_well(full_component, "", NULL);
    assert_true(d->has_template);
}

static void older_manifest_is_split(void **state) {
    (void)state;
    DESCRIPTION_AUTO *d = read_well(NULL, NULL,
                                    "[module]\nname = \"http-logger\"\nversion = \"0.1.0\"\n"
                                    "isolation = \"main\"     # or \"worker\"\ntrusted = true\nasync = true\n"
                                    "group = \"web\"\n"
                                    "exports = [\"logger:log\"]\n"
                                    "imports = [\"wasi:http/incoming-handler@0.2.0\"]\n");
    assert_string_equal(d->id.text, "http-logger@0.1.0");
    assert_true(d->has_template);
    assert_int_equal(policy_number(&d->template, POLICY_ISOLATION_KEY), ISOLATION_MAIN);
    assert_int_equal(policy_number(&d->template, POLICY_TRUSTED_KEY), 1);
    assert_string_equal(d->suggested_group, "web");
    assert_string_equal(d->exports.items[0], "logger:log");
    assert_int_equal(d->warnings.count, 1);
    assert_true(warned(d, "older form"));
}

static void newer_manifests_win(void **state) {
    (void)state;
    DESCRIPTION_AUTO *d = read_well(full_component, NULL, "[module]\nthis = \"is not even right\"\n");
    assert_string_equal(d->id.text, "http-logger@0.1.0");
    assert_true(warned(d, "arcella.toml is not read"));
    DESCRIPTION_AUTO *e = read_well(NULL, "[deployment]\nasync = false\n",
                                    "[module]\nname = \"a\"\nversion = \"1.0.0\"\nasync = true\n");
    assert_int_equal(policy_number(&e->template, POLICY_ASYNC_KEY), 0);
    DESCRIPTION_AUTO *none = read_well(NULL, NULL, NULL);
    assert_false(none->has_id || none->has_manifest || none->has_template);
}

enum { COMPONENT, TEMPLATE, LEGACY };
#define NAMED  "[component]\nname = \"a\"\nversion = \"1.0.0\"\n"
#define MODULE "[module]\nname = \"a\"\nversion = \"1.0.0\"\n"

/* Each kind of mistake; the words begin with file:line:column: key. */
static void mistakes_have_places(void **state) {
    (void)state;
    static const struct {
        int file;
        const char *text;
        const char *words[3];
    } rows[] = {
        {COMPONENT, "", {"component.toml:1:1: component: is missing; allowed: a table [component]"}},
        {COMPONENT, "[component\n", {"component.toml:1:"}},
        {COMPONENT, "[component]\nname = \n", {"component.toml:2:"}},
        {COMPONENT, "[component]\nname = \"a\"\nname = \"b\"\n", {"component.toml:3:"}},
        {COMPONENT, "[component]\nname = \"\xff\"\n", {"component.toml:2:"}},
        {COMPONENT, "component = 3\n", {"component.toml:1:13: component: a number is not allowed here"}},
        {COMPONENT, "[component]\nversion = \"1.0.0\"\n", {"component.toml:1:2: component.name: is missing"}},
        {COMPONENT, "[component]\nname = \"a\"\n", {"component.toml:1:2: component.version: is missing"}},
        {COMPONENT,
         "[component]\nname = 5\nversion = \"1.0.0\"\n",
         {"component.toml:2:8: component.name: a number is not allowed here; allowed: a text in quotes"}},
        {COMPONENT,
         "[component]\nname = \"a b\"\nversion = \"1.0.0\"\n",
         {"component.toml:2:8: component.name: component name 'a b'", "position 2"}},
        {COMPONENT,
         "[component]\nname = \"main\"\nversion = \"1.0.0\"\n",
         {"component.toml:2:8: ", "reserved"}},
        {COMPONENT,
         "[component]\nname = \"a\"\nversion = \"1.0\"\n",
         {"component.toml:3:11: component.version: ", "write '1.0.0'"}},
        {COMPONENT,
         "[component]\nname = \"a\"\nversion = 1.0\n",
         {"component.toml:3:11: component.version: ", "allowed: a text in quotes"}},
        {COMPONENT,
         NAMED "description = true\n",
         {"component.toml:4:15: component.description: true or false"}},
        {COMPONENT,
         NAMED "authors = 1\n",
         {"component.toml:4:11: component.authors: a number", "an array of texts"}},
        {COMPONENT, NAMED "authors = [\"a\", 2]\n", {"component.toml:4:17: component.authors: a number"}},
        {COMPONENT,
         NAMED "exports = \"logger:log\"\n",
         {"component.toml:4:11: component.exports: a string", "an array of texts"}},
        {COMPONENT,
         NAMED "exports = [\n  \"logger:log\",\n  \"logger\",\n]\n",
         {"component.toml:6:3: component.exports: 'logger' is not an interface name", "':' is missing"}},
        {COMPONENT, NAMED "imports = [\"a:b@x\"]\n", {"component.toml:4:12: component.imports: "}},
        {TEMPLATE,
         "[deployment]\nisolation = \"process\"\n",
         {"deployment-template.toml:2:13: deployment.isolation: 'process' is not allowed; "
          "allowed: \"worker\", \"main\""}},
        {TEMPLATE,
         "[deployment]\ntrusted = \"true\"\n",
         {"deployment-template.toml:2:11: deployment.trusted: a string is not allowed here; allowed: true, "
          "false"}},
        {TEMPLATE, "[deployment]\nasync = 1\n", {"deployment-template.toml:2:9: deployment.async: a number"}},
        {TEMPLATE, "deployment = []\n", {"deployment-template.toml:1:14: deployment: an array"}},
        {TEMPLATE,
         "[startup]\nentrypoint = 5\n",
         {"deployment-template.toml:2:14: startup.entrypoint: a number"}},
        {TEMPLATE,
         "[startup]\nentrypoint = \"\"\n",
         {"deployment-template.toml:2:14: startup.entrypoint: ''"}},
        {TEMPLATE,
         "[deployment]\nstartup = \"x\"\n",
         {"deployment-template.toml:2:11: deployment.startup: a string"}},
        /* A template that says what the component is would make it another. */
        {TEMPLATE,
         "[deployment]\nexports = [\"a:b\"]\n",
         {"deployment-template.toml:2:1: deployment.exports: says what a component is", "component.toml"}},
        {TEMPLATE,
         "[component]\nname = \"a\"\n",
         {"deployment-template.toml:1:2: component: says what a component is"}},
        {TEMPLATE,
         "[deployment]\nmodule_id = \"a@1.0.0\"\n",
         {"deployment-template.toml:2:1: deployment.module_id: belongs to one deployment"}},
        {LEGACY,
         "[log]\nlevel = \"info\"\n",
         {"arcella.toml:1:1: module: is missing", "no package manifest"}},
        {LEGACY, MODULE "isolation = \"x\"\n", {"arcella.toml:4:13: module.isolation: 'x'"}},
        {LEGACY, MODULE "group = \"a b\"\n", {"arcella.toml:4:9: module.group: group name 'a b'"}},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        DESCRIPTION_AUTO *d = description_new();
        ERROR_AUTO *error = NULL;
        const char *text = rows[i].text;
        int r = read_files(rows[i].file == COMPONENT ? text : NULL, rows[i].file == TEMPLATE ? text : NULL,
                           rows[i].file == LEGACY ? text : NULL, d, &error);
        if (r != ARCELLA_E_MANIFEST)
            fail_msg("'%s': %s %s", text, arcella_error_name(r), arcella_error_message(error));
        const char *message = arcella_error_message(error);
        if (strncmp(message, rows[i].words[0], strlen(rows[i].words[0])) != 0)
            fail_msg("'%s' does not begin with '%s'", message, rows[i].words[0]);
        for (size_t j = 1; j < 3 && rows[i].words[j]; j++)
            if (!strstr(message, rows[i].words[j]))
                fail_msg("'%s' does not say '%s'", message, rows[i].words[j]);
    }
}

static void all_mistakes_are_told_at_once(void **state) {
    (void)state;
    DESCRIPTION_AUTO *d = description_new();
    ERROR_AUTO *error = NULL;
    int r = read_files("[component]\nname = \"a b\"\nversion = \"1\"\nexports = [\"x\"]\n",
                       "[deployment]\ntrusted = 5\n", NULL, d, &error);
    assert_int_equal(r, ARCELLA_E_MANIFEST);
    const char *message = arcella_error_message(error);
    assert_non_null(strstr(message, "component.toml:2:8:"));
    assert_non_null(strstr(message, "; component.toml:3:11:"));
    assert_non_null(strstr(message, "; component.toml:4:12:"));
    assert_non_null(strstr(message, "; deployment-template.toml:2:11:"));
    BUFFER_AUTO many = BUFFER_INIT(64 * KIB);
    assert_int_equal(buffer_text(&many, NAMED "exports = [", NULL), 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(buffer_text(&many, "\"x\",", NULL), 0);
    assert_int_equal(buffer_text(&many, "]\n", NULL), 0);
    DESCRIPTION_AUTO *e = description_new();
    arcella_error_free(TAKE(error));
    assert_int_equal(read_files(many.data, NULL, NULL, e, &error), ARCELLA_E_MANIFEST);
    assert_non_null(strstr(arcella_error_message(error), "and 10 more"));
}

/* Keys that do no harm are told and not used. */
static void warnings_name_file_and_line(void **state) {
    (void)state;
    static const struct {
        int file;
        const char *text;
        const char *words;
    } rows[] = {
        {COMPONENT, NAMED "colour = \"red\"\n", "component.toml:4: unknown key 'component.colour', not used"},
        {COMPONENT, NAMED "replicas = 5\n", "component.toml:4: 'component.replicas' is for whoever starts"},
        {COMPONENT, NAMED "group = \"web\"\n", "component.toml:4: 'component.group' is for whoever starts"},
        {COMPONENT, NAMED "memory = \"1g\"\n", "component.toml:4: 'component.memory' is for whoever starts"},
        {COMPONENT, NAMED "isolation = \"main\"\n",
         "component.toml:4: 'component.isolation' belongs in deployment-template.toml"},
        {COMPONENT, NAMED "[startup]\nentrypoint = \"x\"\n", "component.toml:4: 'startup' belongs in"},
        {COMPONENT, NAMED "[extra]\na = 1\n", "component.toml:4: unknown key 'extra'"},
        {COMPONENT, NAMED "exports = [\"a:b@1.0\", \"a:b@1.0.0\"]\n", "names 'a:b@1.0.0' twice"},
        {TEMPLATE, "[deployment]\ngroup = \"web\"\n",
         "deployment-template.toml:2: 'deployment.group' is for whoever"},
        {TEMPLATE, "[deployment]\nreplicas = 3\n",
         "deployment-template.toml:2: 'deployment.replicas' is for whoever"},
        {TEMPLATE, "[deployment]\nrestart = \"permanent\"\n", "'deployment.restart' is for whoever starts"},
        {TEMPLATE, "[deployment.startup]\nentrypoint = \"a\"\n[startup]\nentrypoint = \"b\"\n",
         "replaces what was"},
        {TEMPLATE, "[startup]\nfoo = 1\n", "deployment-template.toml:2: unknown key 'startup.foo'"},
        {LEGACY, MODULE "group = \"main\"\n", "main is no worker group"},
        {LEGACY, MODULE "replicas = 4\n", "arcella.toml:4: 'module.replicas' is for whoever starts"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const char *text = rows[i].text;
        DESCRIPTION_AUTO *d =
            read_well(rows[i].file == COMPONENT ? text : NULL, rows[i].file == TEMPLATE ? text : NULL,
                      rows[i].file == LEGACY ? text : NULL);
        if (!warned(d, rows[i].words))
            fail_msg("'%s': %zu warnings, the first: %s", text, d->warnings.count,
                     d->warnings.count ? d->warnings.items[0] : "none");
        assert_false(d->template.values[POLICY_GROUP_KEY].set || d->template.values[POLICY_MEMORY_KEY].set);
    }
}

static void large_manifests_are_refused(void **state) {
    (void)state;
    BUFFER_AUTO b = BUFFER_INIT(2 * LIMIT_MANIFEST_BYTES);
    assert_int_equal(buffer_text(&b, NAMED, NULL), 0);
    while (b.length <= LIMIT_MANIFEST_BYTES)
        assert_int_equal(buffer_text(&b, "# padding\n", NULL), 0);
    DESCRIPTION_AUTO *d = description_new();
    ERROR_AUTO *error = NULL;
    assert_int_equal(read_files(b.data, NULL, NULL, d, &error), ARCELLA_E_MANIFEST);
    buffer_clear(&b);
    assert_int_equal(buffer_text(&b, NAMED "exports = [", NULL), 0);
    for (int i = 0; i <= LIMIT_MANIFEST_LIST; i++)
        assert_int_equal(buffer_format(&b, NULL, "\"a:b%d\",", i), 0);
    assert_int_equal(buffer_text(&b, "]\n", NULL), 0);
    DESCRIPTION_AUTO *e = description_new();
    arcella_error_free(TAKE(error));
    assert_int_equal(read_files(b.data, NULL, NULL, e, &error), ARCELLA_E_MANIFEST);
    assert_non_null(strstr(arcella_error_message(error), "more than 256"));
}

static int read_all(void *user, arcella_error **reterr) {
    (void)user;
    DESCRIPTION_AUTO *d = description_new();
    if (!d)
        return error_nomem(reterr);
    return read_files(full_component, "[deployment]\nreplicas = 1\n[startup]\nentrypoint = \"a\"\n",
                      "[module]\nname = \"a\"\n", d, reterr);
}

static int read_wrong(void *user, arcella_error **reterr) {
    (void)user;
    ERROR_AUTO *error = NULL;
    DESCRIPTION_AUTO *d = description_new();
    if (!d)
        return error_nomem(reterr);
    int r =
        read_files(NULL, NULL, "[module]\nname = \"a b\"\ngroup = \"c d\"\nexports = [\"x\"]\n", d, &error);
    return r == ARCELLA_E_MANIFEST ? 0 : error_move(reterr, TAKE(error));
}

static void short_of_memory(void **state) {
    (void)state;
    torture_alloc(read_all, NULL);
    torture_alloc(read_wrong, NULL);
}

static int set_up(void **state) {
    (void)state;
    json_setup();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(component_is_read),
        cmocka_unit_test(template_is_read),
        cmocka_unit_test(older_manifest_is_split),
        cmocka_unit_test(newer_manifests_win),
        cmocka_unit_test(mistakes_have_places),
        cmocka_unit_test(all_mistakes_are_told_at_once),
        cmocka_unit_test(warnings_name_file_and_line),
        cmocka_unit_test(large_manifests_are_refused),
        cmocka_unit_test(short_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
