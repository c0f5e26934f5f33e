/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Names: which are some and how they are asked for, grants, answers and their errors, limits, waiting. */
#include "net_rig.h"

#include "base/limits.h"
#include "host/hostname.h"
#include "host/lookup.h"

/* --- names --- */

#define A63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

static void test_names(void **state) {
    (void)state;
    static const struct {
        const char *name;
        const char *ascii; /* NULL: it is none */
    } rows[] = {
        {"example.com", "example.com"},
        {"EXAMPLE.Com", "example.com"},
        {"example.com.", "example.com"},
        {"localhost", "localhost"},
        {"a", "a"},
        {"_dmarc.example.com", "_dmarc.example.com"},
        {"3com.com", "3com.com"},
        {"1.2.3.4.in-addr.arpa", "1.2.3.4.in-addr.arpa"},
        {"xn--bcher-kva.example", "xn--bcher-kva.example"},
        {A63 ".com", A63 ".com"},
        {A63 "." A63 "." A63 ".abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi",
         A63 "." A63 "." A63 ".abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi"},
        /* no names */
        {"", NULL},
        {".", NULL},
        {"..", NULL},
        {" ", NULL},
        {"a..b", NULL},
        {".a", NULL},
        {"a b", NULL},
        {"a.b<&>", NULL},
        {"a/b", NULL},
        {"a\tb", NULL},
        {"user@example.com", NULL},
        {"example.com:80", NULL},
        {"127.0.0.1:80", NULL},
        {"[::]:80", NULL},
        {"[::1", NULL},
        {"fe80::1%eth0", NULL},
        {"http://example.com/", NULL},
        {"*.example.com", NULL},
        {"l" A63 ".com", NULL},
        {A63 "." A63 "." A63 ".abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghij", NULL},
        /* addresses in other writings */
        {"127.1", NULL},
        {"2130706433", NULL},
        {"0x7f000001", NULL},
        {"0x7F.1", NULL},
        {"1.2.3.0x4", NULL},
        {"256.256.256.256", NULL},
        {"1.2.3.4.5", NULL},
        {"127.0.0.1.", NULL},
        {"017700000001", NULL},
        {"a.1", NULL},
        /* not ASCII: the examples of RFC 3492 and of the registries */
        {"b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example"},
        {"M\xc3\xbcnchen.de", "xn--mnchen-3ya.de"},
        {"\xc3\xbc", "xn--tda"},
        {"fa\xc3\x9f.de", "xn--fa-hia.de"},
        {"\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88", "xn--r8jz45g.xn--zckzah"},
        {"\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80."
         "\xd0\xb8\xd1\x81\xd0\xbf\xd1\x8b\xd1\x82\xd0\xb0\xd0\xbd\xd0\xb8\xd0\xb5",
         "xn--e1afmkfd.xn--80akhbyknj4f"},
        {"\xcf\x80\xce\xb1\xcf\x81\xce\xac\xce\xb4\xce\xb5\xce\xb9\xce\xb3\xce\xbc\xce\xb1.gr",
         "xn--hxajbheg2az3al.gr"},
        {"\xf0\x9f\x92\xa9.la", "xn--ls8h.la"},
        {"\xf4\x8f\xbf\xbf.la", "xn--dn32g.la"}, /* the last character there is */
        {"a\xff", NULL},
        {"a\xc3", NULL},
        {"a\xed\xa0\x80", NULL}, /* a surrogate */
        {"a\xc2\xa0"
         "b",
         NULL}, /* a space */
        {"a\xe3\x80\x82"
         "b",
         NULL}, /* looks like a dot */
        {"a\xef\xbc\x8e"
         "b",
         NULL},
        {"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc" A63, NULL}, /* too long once it is written */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char ascii[LIMIT_HOSTNAME_BYTES + 1] = "?";
        bool is = host_name_to_ascii(text_of(rows[i].name), ascii);
        if (is != (rows[i].ascii != NULL))
            fail_msg("'%s' is taken for %s", rows[i].name, is ? ascii : "no name");
        if (is && strcmp(ascii, rows[i].ascii) != 0)
            fail_msg("'%s' is asked for as '%s', not '%s'", rows[i].name, ascii, rows[i].ascii);
    }
    char ascii[LIMIT_HOSTNAME_BYTES + 1];
    assert_false(host_name_to_ascii((struct text){"a\0b", 3}, ascii));
    assert_false(host_name_to_ascii((struct text){NULL, 0}, ascii));
    static char large[1 << 20];
    memset(large, 'a', sizeof(large));
    assert_false(host_name_to_ascii((struct text){large, sizeof(large)}, ascii));
    /* each length of a label that must be written: the bound holds to the byte */
    for (size_t n = 1; n <= 70; n++) {
        char label[200] = "";
        for (size_t i = 0; i + 1 < n; i++)
            strncat(label, "a", 2);
        strncat(label, "\xc3\xbc", 3);
        bool is = host_name_to_ascii(text_of(label), ascii);
        assert_true(!is || (strlen(ascii) <= 63 && memcmp(ascii, "xn--", 4) == 0));
        assert_true(is || n > 50);
    }
}

/* Whatever bytes: what comes out is a name, and is the same name when it goes in again. */
static void test_any_bytes(void **state) {
    (void)state;
    uint64_t seed = 4711;
    unsigned names = 0;
    for (int turn = 0; turn < 200000; turn++) {
        char bytes[64], ascii[LIMIT_HOSTNAME_BYTES + 1], again[LIMIT_HOSTNAME_BYTES + 1];
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        size_t length = (seed >> 33) % sizeof(bytes);
        for (size_t i = 0; i < length; i++) {
            static const char likely[] = "abcxyz019-_..AZ\xc3\xbc\xc3\xbc\xe4\xbe\x8b\xf0\x9f\x92\xa9";
            seed = seed * 6364136223846793005ull + 1442695040888963407ull;
            uint32_t r = (uint32_t)(seed >> 33);
            bytes[i] = turn % 4 ? likely[r % (sizeof(likely) - 1)] : (char)r;
        }
        if (!host_name_to_ascii((struct text){bytes, length}, ascii))
            continue;
        names++;
        size_t label = 0, written = strlen(ascii);
        assert_true(written > 0 && written <= LIMIT_HOSTNAME_BYTES);
        for (size_t i = 0; i < written; i++) {
            label = ascii[i] == '.' ? 0 : label + 1;
            assert_true(label <= LIMIT_LABEL_BYTES && (label > 0 || (i > 0 && ascii[i - 1] != '.')));
            assert_non_null(strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.", ascii[i]));
        }
        assert_true(host_name_to_ascii(text_of(ascii), again));
        assert_string_equal(again, ascii);
    }
    assert_true(names > 1000);
}

static void test_literals(void **state) {
    (void)state;
    static const struct {
        const char *text, *address;
    } rows[] = {
        {"127.0.0.1", "127.0.0.1:0"},
        {"0.0.0.0", "0.0.0.0:0"},
        {"255.255.255.255", "255.255.255.255:0"},
        {"::", "[::]:0"},
        {"::1", "[::1]:0"},
        {"[::1]", "[::1]:0"},
        {"DEAD:beef::", "[dead:beef::]:0"},
        {"::ffff:192.0.2.1", "192.0.2.1:0"},
    };
    struct rig rig;
    rig_init(&rig, 0); /* no grant, nobody to ask */
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct host_lookup *lookup = NULL;
        union host_address address;
        char text[64];
        assert_host(host_lookup_new(rig.host, text_of(rows[i].text), &lookup), 0);
        assert_int_equal(host_event_ready(&lookup->event, HOST_READ), HOST_READ);
        assert_host(host_lookup_next(lookup, &address), 0);
        host_address_text(&address, text, sizeof(text));
        assert_string_equal(text, rows[i].address);
        assert_host(host_lookup_next(lookup, &address), 0);
        assert_int_equal(address.any.sa_family, AF_UNSPEC);
        host_lookup_free(lookup);
    }
    struct host_lookup *lookup = NULL;
    static const char *const bad[] = {"[127.0.0.1]", "[]", "1.2.3", "01.2.3.4", "::1%lo", "[::1]:80", "1:2"};
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_host(host_lookup_new(rig.host, text_of(bad[i]), &lookup), HOST_E_INVAL);
    assert_int_equal(rig.audits, 0);
    assert_int_equal(host_figures(rig.host).lookups, 0);
    rig_done(&rig);
}

/* --- asking --- */

static struct {
    unsigned count;
    uint64_t number;
    char name[LIMIT_HOSTNAME_BYTES + 1];
    int answer;
} asked;

static int on_lookup(void *user, uint64_t number, struct text name) {
    (void)user;
    asked.count++;
    asked.number = number;
    snprintf(asked.name, sizeof(asked.name), "%.*s", (int)name.length, name.data);
    return asked.answer;
}

static void begin(struct rig *rig) {
    memset(&asked, 0, sizeof(asked));
    rig_init(rig, 0);
    rig->lookup = on_lookup;
}

static struct in6_addr address_of(const char *text) {
    struct in6_addr address;
    assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
    return address;
}

static struct host_lookup *look_up(struct rig *rig, const char *name) {
    struct host_lookup *lookup = NULL;
    assert_host(host_lookup_new(rig->host, text_of(name), &lookup), 0);
    return lookup;
}

static void test_answers(void **state) {
    (void)state;
    struct rig rig;
    begin(&rig);
    allow(&rig, GRANT_RESOLVE, "*.example.com");
    struct host_lookup *lookup = look_up(&rig, "WWW.Example.com.");
    assert_int_equal(asked.count, 1);
    assert_string_equal(asked.name, "www.example.com");
    union host_address address;
    assert_int_equal(host_event_ready(&lookup->event, HOST_READ), 0);
    assert_host(host_lookup_next(lookup, &address), HOST_E_INPROGRESS);
    assert_host(host_lookup_next(lookup, &address), HOST_E_INPROGRESS);
    /* an answer to nobody changes nothing */
    const struct in6_addr list[] = {address_of("2606:4700::1"), address_of("::ffff:9.9.9.9")};
    host_lookup_answer(rig.host, asked.number + 1, 0, list, 2);
    assert_host(host_lookup_next(lookup, &address), HOST_E_INPROGRESS);
    host_lookup_answer(rig.host, asked.number, 0, list, 2);
    assert_int_equal(host_event_ready(&lookup->event, HOST_READ), HOST_READ);
    static const char *const wanted[] = {"[2606:4700::1]:0", "9.9.9.9:0"};
    for (size_t i = 0; i < 2; i++) {
        char text[64];
        assert_host(host_lookup_next(lookup, &address), 0);
        host_address_text(&address, text, sizeof(text));
        assert_string_equal(text, wanted[i]);
    }
    for (int i = 0; i < 2; i++) {
        assert_host(host_lookup_next(lookup, &address), 0);
        assert_int_equal(address.any.sa_family, AF_UNSPEC);
    }
    /* a second answer to the same number is one to nobody */
    host_lookup_answer(rig.host, asked.number, HOST_LOOKUP_NO_NAME, NULL, 0);
    assert_host(host_lookup_next(lookup, &address), 0);
    host_lookup_free(lookup);
    /* given up before the answer */
    lookup = look_up(&rig, "b.example.com");
    host_lookup_free(lookup);
    host_lookup_answer(rig.host, asked.number, 0, list, 2);
    assert_int_equal(host_figures(rig.host).lookups, 2);
    assert_null(host_lookup_free(NULL));
    rig_done(&rig);
}

static void test_errors(void **state) {
    (void)state;
    static const int errors[] = {HOST_LOOKUP_NO_NAME, HOST_LOOKUP_TEMPORARY, HOST_LOOKUP_PERMANENT,
                                 HOST_E_NOTCAPABLE, HOST_E_TIMEDOUT};
    struct rig rig;
    begin(&rig);
    allow(&rig, GRANT_RESOLVE, "*");
    union host_address address;
    for (size_t i = 0; i < ARRAY_LENGTH(errors); i++) {
        struct host_lookup *lookup = look_up(&rig, "example.com");
        host_lookup_answer(rig.host, asked.number, errors[i], NULL, 0);
        assert_host(host_lookup_next(lookup, &address), errors[i]);
        assert_host(host_lookup_next(lookup, &address), errors[i]);
        assert_int_equal(host_event_ready(&lookup->event, HOST_READ), HOST_READ);
        host_lookup_free(lookup);
    }
    /* no address is no name */
    struct host_lookup *lookup = look_up(&rig, "example.com");
    host_lookup_answer(rig.host, asked.number, 0, NULL, 0);
    assert_host(host_lookup_next(lookup, &address), HOST_LOOKUP_NO_NAME);
    host_lookup_free(lookup);
    /* too many addresses are cut */
    static struct in6_addr many[HOST_LOOKUP_ADDRESSES + 8];
    for (size_t i = 0; i < ARRAY_LENGTH(many); i++) {
        many[i] = address_of("2606:4700::");
        many[i].s6_addr[15] = (uint8_t)(i + 1);
    }
    lookup = look_up(&rig, "example.com");
    host_lookup_answer(rig.host, asked.number, 0, many, ARRAY_LENGTH(many));
    unsigned count = 0;
    while (host_lookup_next(lookup, &address) == 0 && address.any.sa_family != AF_UNSPEC)
        count++;
    assert_int_equal(count, HOST_LOOKUP_ADDRESSES);
    host_lookup_free(lookup);
    /* the parent cannot be asked */
    asked.answer = HOST_LOOKUP_TEMPORARY;
    lookup = look_up(&rig, "example.com");
    assert_host(host_lookup_next(lookup, &address), HOST_LOOKUP_TEMPORARY);
    host_lookup_free(lookup);
    rig.lookup = NULL;
    lookup = look_up(&rig, "example.com");
    assert_host(host_lookup_next(lookup, &address), HOST_LOOKUP_TEMPORARY);
    host_lookup_free(lookup);
    rig_done(&rig);
}

/* --- grants --- */

static void test_grants(void **state) {
    (void)state;
    struct rig rig;
    begin(&rig);
    struct host_lookup *lookup = NULL;
    assert_host(host_lookup_new(rig.host, TEXT("example.com"), &lookup), HOST_E_NOTCAPABLE);
    assert_int_equal(rig.audits, 1);
    assert_int_equal(rig.audit.action, GRANT_RESOLVE);
    assert_string_equal(rig.resource, "example.com");
    assert_non_null(strstr(rig.needed, "example.com"));
    allow(&rig, GRANT_RESOLVE, "example.com");
    allow(&rig, GRANT_CONNECT, "api.example.net:443");
    allow(&rig, GRANT_UDP, "ntp.example.org:123");
    allow(&rig, GRANT_LISTEN, "127.0.0.1:80");
    allow(&rig, GRANT_RESOLVE, "xn--bcher-kva.example");
    static const char *const good[] = {"example.com", "EXAMPLE.COM.", "api.example.net", "ntp.example.org",
                                       ("b\xc3\xbc"
                                        "cher.example")};
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++)
        host_lookup_free(look_up(&rig, good[i]));
    static const char *const bad[] = {"www.example.com", "example.net", "example.org", "localhost", "com"};
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_host(host_lookup_new(rig.host, text_of(bad[i]), &lookup), HOST_E_NOTCAPABLE);
    deny(&rig, GRANT_RESOLVE, "example.com");
    assert_host(host_lookup_new(rig.host, TEXT("example.com"), &lookup), HOST_E_NOTCAPABLE);
    assert_int_equal(asked.count, ARRAY_LENGTH(good)); /* nobody was asked for what is not granted */
    rig_done(&rig);
}

/* A row that only tells lets it pass, and tells. */
static void test_audit_only(void **state) {
    (void)state;
    struct rig rig;
    begin(&rig);
    grant_net(&rig, GRANT_RESOLVE, "*", GRANT_AUDIT);
    grant_net(&rig, GRANT_CONNECT, "*:*", GRANT_AUDIT);
    host_lookup_free(look_up(&rig, "example.com"));
    assert_int_equal(rig.audits, 1);
    assert_true(rig.audit.allowed);
    assert_string_equal(rig.resource, "example.com");
    union host_address to = at("127.0.0.1:80");
    assert_host(host_net_check(rig.host, GRANT_CONNECT, &to), 0);
    assert_int_equal(rig.audits, 2);
    assert_true(rig.audit.allowed);
    assert_string_equal(rig.resource, "127.0.0.1:80");
    assert_int_equal(host_figures(rig.host).denied, 0);
    assert_int_equal(host_figures(rig.host).passed, 2);
    /* what another row allows is not told */
    allow(&rig, GRANT_CONNECT, "127.0.0.1:80");
    assert_host(host_net_check(rig.host, GRANT_CONNECT, &to), 0);
    assert_int_equal(host_figures(rig.host).passed, 2);
    rig_done(&rig);
}

/* From the answer to the connection: what was answered, and nothing else. */
static void test_from_name_to_address(void **state) {
    (void)state;
    struct rig rig;
    begin(&rig);
    allow(&rig, GRANT_CONNECT, "api.example.com:443");
    union host_address to = at("9.9.9.9:443"), inside = at("127.0.0.1:443");
    assert_host(host_net_check(rig.host, GRANT_CONNECT, &to), HOST_E_NOTCAPABLE);
    struct host_lookup *lookup = look_up(&rig, "API.example.com");
    const struct in6_addr list[] = {address_of("::ffff:9.9.9.9"), address_of("::ffff:127.0.0.1")};
    host_lookup_answer(rig.host, asked.number, 0, list, 2);
    host_lookup_free(lookup); /* the answer stays */
    assert_host(host_net_check(rig.host, GRANT_CONNECT, &to), 0);
    assert_host(host_net_check(rig.host, GRANT_CONNECT, &inside), HOST_E_NOTCAPABLE);
    /* an error forgets nothing */
    lookup = look_up(&rig, "api.example.com");
    host_lookup_answer(rig.host, asked.number, HOST_LOOKUP_TEMPORARY, NULL, 0);
    host_lookup_free(lookup);
    assert_host(host_net_check(rig.host, GRANT_CONNECT, &to), 0);
    rig_done(&rig);
}

/* --- limits, waiting --- */

static void test_limit(void **state) {
    (void)state;
    struct rig rig;
    begin(&rig);
    allow(&rig, GRANT_RESOLVE, "*");
    struct host_lookup *all[LIMIT_LOOKUPS], *more = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++)
        all[i] = look_up(&rig, "example.com");
    assert_host(host_lookup_new(rig.host, TEXT("example.com"), &more), HOST_E_MFILE);
    assert_host(host_lookup_new(rig.host, TEXT("example.com"), &more), HOST_E_MFILE);
    assert_int_equal(host_figures(rig.host).lookups_refused, 2);
    assert_int_equal(rig.notices, 1);
    assert_host(host_lookup_new(rig.host, TEXT("127.0.0.1"), &more), 0); /* nobody is asked */
    host_lookup_free(more);
    /* one answered makes room for one, although nobody has looked at it yet */
    host_lookup_answer(rig.host, asked.number, HOST_LOOKUP_NO_NAME, NULL, 0);
    more = look_up(&rig, "example.com");
    host_lookup_free(more);
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++)
        host_lookup_free(all[i]);
    rig.budget.limit_bytes = rig.budget.used_bytes;
    assert_host(host_lookup_new(rig.host, TEXT("example.com"), &more), HOST_E_NOMEM);
    rig_done(&rig);
}

static void later_answer(struct rig *rig) {
    const struct in6_addr one = address_of("::ffff:9.9.9.9");
    host_lookup_answer(rig->host, asked.number, 0, &one, 1);
}

static void test_wait(void **state) {
    (void)state;
    struct rig rig;
    begin(&rig);
    allow(&rig, GRANT_RESOLVE, "*");
    struct host_lookup *lookup = look_up(&rig, "example.com");
    rig_later(&rig, 20, later_answer);
    assert_host(host_wait_event(&lookup->event, HOST_READ), 0);
    union host_address address;
    assert_host(host_lookup_next(lookup, &address), 0);
    assert_int_equal(address.any.sa_family, AF_INET);
    assert_host(host_wait_event(&lookup->event, HOST_READ), 0); /* and it stays ready */
    host_lookup_free(lookup);
    lookup = look_up(&rig, "example.com");
    rig_later(&rig, 20, rig_stop);
    assert_host(host_wait_event(&lookup->event, HOST_READ), HOST_STOP);
    host_lookup_free(lookup);
    later_answer(&rig);
    rig_done(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),      cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_literals),   cmocka_unit_test(test_answers),
        cmocka_unit_test(test_errors),     cmocka_unit_test(test_grants),
        cmocka_unit_test(test_audit_only), cmocka_unit_test(test_from_name_to_address),
        cmocka_unit_test(test_limit),      cmocka_unit_test(test_wait),
    };
    return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
