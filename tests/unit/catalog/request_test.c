/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What packages ask for: read, kept, checked again, compared with what is granted. */
#include "torture.h"

#include "base/json.h"
#include "base/mem.h"
#include "catalog/manifest.h"

#define DESCRIPTION_AUTO CLEANUP(description_free_ptr) struct package_description
#define GRANTS_AUTO      CLEANUP(grant_set_done) struct grant_set

static const char manifest[] =
    "[component]\nname = \"web\"\nversion = \"1.0.0\"\n"
    "[[grants]]\nclass = \"net\"\naction = [\"connect\", \"resolve\"]\n"
    "pattern = \"API.Example.com:443\"\nreason = \"fetches the rates\"\n"
    "[[grants]]\nclass = \"fs\"\naction = [\"read\", \"write\"]\npattern = \"/data/\"\n"
    "reason = \"keeps notes\"\n"
    "[[grants]]\nclass = \"env\"\naction = \"secret\"\npattern = \"TOKEN\"\nreason = \"of the API\"\n"
    "[[grants]]\nclass = \"host:kv\"\naction = [\"get\", \"put\"]\npattern = \"**\"\nreason = \"state\"\n";

static int read_text(const char *text, struct package_description *d, arcella_error **reterr) {
    struct text texts[MANIFEST_FILES] = {[MANIFEST_COMPONENT] = text_of(text)};
    return manifest_read(texts, d, reterr);
}

static void check_requests(const struct request_list *list) {
    static const struct {
        const char *class, *actions, *pattern, *reason;
    } rows[] = {{"net", "connect+resolve", "api.example.com:443", "fetches the rates"},
                {"fs", "read+write", "/data", "keeps notes"},
                {"env", "secret", "TOKEN", "of the API"},
                {"host:kv", "get+put", "**", "state"}};
    static const char *const flags[] = {"--net connect+resolve=api.example.com:443",
                                        "--dir HOSTDIR::/data:rw", "--secret TOKEN=FILE",
                                        "--allow 'host:kv:get+put:**'"};
    assert_int_equal(list->count, ARRAY_LENGTH(rows));
    for (size_t i = 0; i < list->count; i++) {
        char flag[200];
        /* The pattern of one action that is only to resolve has no port; of two it has. */
        assert_string_equal(list->items[i].class, rows[i].class);
        assert_string_equal(list->items[i].pattern, rows[i].pattern);
        assert_string_equal(list->items[i].reason, rows[i].reason);
        assert_string_equal(list->items[i].actions, rows[i].actions);
        request_flag(&list->items[i], flag, sizeof(flag));
        assert_string_equal(flag, flags[i]);
        assert_int_equal(request_is_whole(&list->items[i]), i == 0 || i == 3);
    }
}

static void read_packed_and_read_again(void **state) {
    (void)state;
    DESCRIPTION_AUTO *d = description_new();
    DESCRIPTION_AUTO *back = NULL;
    ERROR_AUTO *error = NULL;
    BUFFER_AUTO bytes = BUFFER_INIT(LIMIT_DESCRIPTION_BYTES);
    if (read_text(manifest, d, &error) < 0)
        fail_msg("%s", arcella_error_message(error));
    check_requests(&d->requests);
    assert_int_equal(description_encode(d, &bytes, NULL), 0);
    assert_int_equal(description_decode(bytes.data, bytes.length, &back, NULL), 0);
    check_requests(&back->requests);
    JSON_AUTO *json = description_json(back, true);
    assert_int_equal(json_array_size(json_object_get(json, "requests")), 4);
    /* A stranger's bytes pass the same checks: here another class. */
    char *at = memmem(bytes.data, bytes.length, "host:kv", 7);
    assert_non_null(at);
    memcpy(at, "nest:kv", 7);
    back = description_free(back);
    assert_int_equal(description_decode(bytes.data, bytes.length, &back, &error), ARCELLA_E_PROTOCOL);
    assert_non_null(strstr(arcella_error_message(error), "a request"));
}

/* What the release before recorded had no requests: one element less, another number in front. */
static void a_description_of_the_release_before(void **state) {
    (void)state;
    DESCRIPTION_AUTO *d = description_new();
    DESCRIPTION_AUTO *back = NULL;
    BUFFER_AUTO bytes = BUFFER_INIT(LIMIT_DESCRIPTION_BYTES);
    assert_int_equal(read_text("[component]\nname = \"web\"\nversion = \"1.0.0\"\n", d, NULL), 0);
    assert_int_equal(description_encode(d, &bytes, NULL), 0);
    static const unsigned char head[] = {0xdc, 0, 27, 3};
    assert_memory_equal(bytes.data, head, sizeof(head));
    assert_int_equal((unsigned char)bytes.data[bytes.length - 1], 0x90);
    bytes.data[2] = 26;
    assert_int_equal(description_decode(bytes.data, bytes.length - 1, &back, NULL), ARCELLA_E_PROTOCOL);
    bytes.data[3] = 2;
    assert_int_equal(description_decode(bytes.data, bytes.length - 1, &back, NULL), 0);
    assert_string_equal(back->id.text, "web@1.0.0");
    assert_int_equal(back->requests.count, 0);
}

static void wrong_ones_say_where(void **state) {
    (void)state;
    static const struct {
        const char *grants, *says;
    } rows[] = {
        {"[[grants]]\naction = \"read\"\npattern = \"/a\"\nreason = \"x\"\n",
         "component.toml:4:1: grants: class is missing"},
        {"[[grants]]\nclass = \"fs\"\npattern = \"/a\"\nreason = \"x\"\n", "grants.action"},
        {"[[grants]]\nclass = \"fs\"\naction = []\npattern = \"/a\"\nreason = \"x\"\n",
         "component.toml:6:10: grants.action"},
        {"[[grants]]\nclass = \"fs\"\naction = [7]\npattern = \"/a\"\nreason = \"x\"\n", "a text in quotes"},
        {"[[grants]]\nclass = \"fs\"\naction = \"read\"\nreason = \"x\"\n", "pattern is missing"},
        {"[[grants]]\nclass = \"fs\"\naction = \"read\"\npattern = \"/a\"\nreason = \"\"\n",
         "needs a reason"},
        {"[[grants]]\nclass = \"fs\"\naction = \"read\"\npattern = \"/a/*\"\nreason = \"x\"\n",
         "as the guest sees it"},
        {"[[grants]]\nclass = \"env\"\naction = \"read\"\npattern = \"A=b\"\nreason = \"x\"\n", "NAME"},
        {"[[grants]]\nclass = \"stdio\"\naction = \"read\"\npattern = \"stdin\"\nreason = \"x\"\n",
         "whoever starts it"},
        {"[grants]\nclass = \"fs\"\n", "written [[grants]]"},
        {"grants = [1]\n", "written [[grants]]"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        DESCRIPTION_AUTO *d = description_new();
        ERROR_AUTO *error = NULL;
        MEM_AUTO char *text =
            strncmp(rows[i].grants, "grants", 6) == 0
                ? mem_format("%s[component]\nname = \"web\"\nversion = \"1.0.0\"\n", rows[i].grants)
                : mem_format("[component]\nname = \"web\"\nversion = \"1.0.0\"\n%s", rows[i].grants);
        if (read_text(text, d, &error) != ARCELLA_E_MANIFEST ||
            !strstr(arcella_error_message(error), rows[i].says))
            fail_msg("%s: %s", rows[i].grants, error ? arcella_error_message(error) : "fine");
    }
    DESCRIPTION_AUTO *d = description_new();
    assert_int_equal(read_text("[component]\nname = \"web\"\nversion = \"1.0.0\"\n[[grants]]\nclass = "
                               "\"fs\"\naction = \"read\"\n"
                               "pattern = \"/a\"\nreason = \"x\"\noptional = true\n",
                               d, NULL),
                     0);
    assert_int_equal(d->warnings.count, 1);
    struct request_list list = {0};
    for (int i = 0; i < LIMIT_REQUESTS; i++)
        assert_int_equal(request_add(&list, "fs", "read", "/a", "x", NULL), 0);
    assert_int_equal(request_add(&list, "fs", "read", "/a", "x", NULL), ARCELLA_E_LIMIT);
    request_list_done(&list);
}

static void what_is_granted_is_known(void **state) {
    (void)state;
    static const struct {
        const char *class, *actions, *pattern; /* asked for */
        const char *row;                       /* held; "!" in front: denied besides */
        bool granted;
    } rows[] = {
        {"fs", "read", "/data", "fs:read:/h::/data", true},
        {"fs", "read", "/data/in", "fs:read:/h::/data", true},
        {"fs", "read+write", "/data", "fs:read:/h::/data", false},
        {"fs", "read", "/data", "fs:read:/h::/data/in", false},
        {"fs", "read", "/data", "!fs:read:/data", false},
        {"fs", "read", "/data", "!fs:read:/other", true},
        {"env", "read", "A", "env:read:A=b", true},
        {"env", "read", "A", "env:secret:A=/f", true},
        {"env", "secret", "A", "env:read:A=b", true},
        {"env", "read", "A", "env:read:AB=b", false},
        {"env", "read", "A", "!env:read:*", false},
        {"net", "connect", "a.example.com:443", "net:connect:a.example.com:443", true},
        {"net", "connect", "a.example.com:443", "net:connect:a.example.com:*", false},
        {"net", "connect", "a.example.com:443", "net:connect:*:443", true},
        {"net", "connect", "a.example.com:443", "net:udp:*:443", false},
        {"net", "connect", "10.0.0.1:443", "net:connect:*:443", false},
        {"store", "read", "a/*", "store:read+write:a/*", true},
        {"host:kv", "get", "**", "host:kv:call:**", true},
        {"host:kv", "get", "**", "host:kw:call:**", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        GRANTS_AUTO set = {0};
        struct request_list list = {0};
        bool deny = *rows[i].row == '!';
        assert_int_equal(request_add(&list, rows[i].class, rows[i].actions, rows[i].pattern, "x", NULL), 0);
        assert_false(request_is_granted(&list.items[0], &set));
        if (deny) {
            assert_int_equal(grant_add_dir(&set, "/h::/data", GRANT_BY_OPTION, NULL), 0);
            assert_int_equal(grant_add_env(&set, "A=b", GRANT_BY_OPTION, NULL), 0);
        }
        assert_int_equal(
            grant_add_rule(&set, rows[i].row + deny, deny ? GRANT_DENY : GRANT_ALLOW, GRANT_BY_OPTION, NULL),
            0);
        if (request_is_granted(&list.items[0], &set) != rows[i].granted)
            fail_msg("%s %s by %s", rows[i].actions, rows[i].pattern, rows[i].row);
        GRANTS_AUTO own = {0};
        int r = request_grant(&list.items[0], &own, GRANT_BY_TEMPLATE, NULL);
        assert_int_equal(r, request_is_whole(&list.items[0]) ? 0 : ARCELLA_E_INVALID);
        assert_int_equal(request_is_granted(&list.items[0], &own), r == 0);
        request_list_done(&list);
    }
}

static int build(void *user, arcella_error **reterr) {
    (void)user;
    DESCRIPTION_AUTO *d = description_new();
    int r = d ? read_text(manifest, d, reterr) : error_nomem(reterr);
    if (r < 0)
        return r;
    JSON_AUTO *json = description_json(d, true);
    return json ? 0 : error_nomem(reterr);
}

static void short_of_memory(void **state) {
    (void)state;
    torture_alloc(build, NULL);
}

static int set_up(void **state) {
    (void)state;
    json_setup();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_packed_and_read_again),
        cmocka_unit_test(a_description_of_the_release_before),
        cmocka_unit_test(wrong_ones_say_where),
        cmocka_unit_test(what_is_granted_is_known),
        cmocka_unit_test(short_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
