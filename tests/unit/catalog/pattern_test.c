/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Patterns of grants: one row against one resource, what special addresses are, and what ends. */
#include "torture.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "catalog/grant.h"

#define GRANTS_AUTO CLEANUP(grant_set_done) struct grant_set

/* A row alone: which resources it matches.  Deny rows stand behind one that allows everything. */
static const struct row_case {
    const char *row; /* CLASS:ACTIONS:PATTERN as after --allow; "!" in front: after --deny */
    const char *action;
    const char *resource;
    bool allowed;
} cases[] = {
    /* segments of keys: whole ones, never letters */
    {"store:read:a/*", "read", "a/x", true},
    {"store:read:a/*", "read", "a", false},
    {"store:read:a/*", "read", "a/x/y", false},
    {"store:read:a/*", "read", "ab/x", false},
    {"store:read:a/*", "read", "b/a/x", false},
    {"store:read:a", "read", "a", true},
    {"store:read:a", "read", "a/b", false},
    {"store:read:a", "read", "ab", false},
    {"store:read:a", "write", "a", false},
    {"store:read+write:a", "write", "a", true},
    {"store:read:*", "read", "a", true},
    {"store:read:*", "read", "a/b", false},
    {"store:read:**", "read", "a", true},
    {"store:read:**", "read", "a/b/c", true},
    {"store:read:a/**", "read", "a", true},
    {"store:read:a/**", "read", "a/b/c", true},
    {"store:read:a/**", "read", "ab", false},
    {"store:read:**/z", "read", "z", true},
    {"store:read:**/z", "read", "a/b/z", true},
    {"store:read:**/z", "read", "a/z/b", false},
    {"store:read:a/**/z", "read", "a/z", true},
    {"store:read:a/**/z", "read", "a/b/c/z", true},
    {"store:read:a/**/z", "read", "a/b/c", false},
    {"store:read:a/**/m/**/z", "read", "a/1/m/2/z", true},
    {"store:read:a/**/m/**/z", "read", "a/m/m/z", true},
    {"store:read:a/**/m/**/z", "read", "a/1/2/z", false},
    {"store:read:**/*/z", "read", "z", false},
    {"store:read:**/*/z", "read", "y/z", true},
    {"store:read:*/b/*", "read", "a/b/c", true},
    {"store:read:*/b/*", "read", "a/c/c", false},
    {"store:read:a//b/", "read", "a/b", true},
    {"store:read:a/b", "read", "a//b", false}, /* a key that is not in its normal form is another key */
    {"store:read:b", "read", "a/../b", false},
    {"store:read:a", "read", "./a", false},
    {"store:read:**", "read", "", false},
    {"store:read:/a", "read", "/a", true},
    {"store:read:/a", "read", "a", false},
    {"!store:read:a/*", "read", "a/x", false},
    {"!store:read:a/*", "read", "ab/x", true},
    {"!store:read:a/*", "write", "a/x", true},
    /* directories: all beneath, whole segments */
    {"fs:read:/h::/data", "read", "/data", true},
    {"fs:read:/h::/data", "read", "/data/a/b", true},
    {"fs:read:/h::/data", "read", "/database", false},
    {"fs:read:/h::/data", "read", "/dat", false},
    {"fs:read:/h::/data", "read", "/", false},
    {"fs:read:/h::/data", "read", "/data/../etc", false},
    {"fs:read:/h::/data", "read", "/etc/../data/x", true},
    {"fs:read:/h::/data", "read", "data", false},
    {"fs:read:/h::/data", "write", "/data/a", false},
    {"fs:read+write:/h::/data", "write", "/data/a", true},
    {"fs:read:/h::/", "read", "/any/thing", true},
    {"fs:read:/h::/", "read", "any", false},
    {"fs:read:/h::.", "read", "any/thing", true},
    {"fs:read:/h::.", "read", "/any", false},
    {"fs:read:/h::.", "read", "../any", false},
    {"fs:read:/h::/a*", "read", "/a*", true}, /* directories are no patterns where they are allowed */
    {"fs:read:/h::/a*", "read", "/ab", false},
    {"!fs:read:/x/data", "read", "/x/data", false},
    {"!fs:read:/x/data", "read", "/x/data/deep/er", false},
    {"!fs:read:/x/data", "read", "/x/database", true},
    {"!fs:read:/x/*", "read", "/x/a", false},
    {"!fs:read:/x/*", "read", "/x/a/b", false},
    {"!fs:read:/x/*", "read", "/x", true},
    {"!fs:read:/x/*/keys", "read", "/x/a/keys/k", false},
    {"!fs:read:/x/*/keys", "read", "/x/a/b/keys", true},
    {"!fs:read:/x/**/keys", "read", "/x/a/b/keys", false},
    {"!fs:read:/x/**/keys", "read", "/x/keys", false},
    {"!fs:read:/**/.ssh", "read", "/x/home/me/.ssh/id", false},
    {"!fs:read:/**/.ssh", "read", "/x/home/me/ssh", true},
    {"!fs:read:/h::/x/a", "read", "/x/a/b", false},
    {"!fs:write:/x/a", "read", "/x/a", true},
    {"!fs:read:/**", "read", "/x", false},
    /* addresses */
    {"net:connect:192.0.0.9:80", "connect", "192.0.0.9:80", true},
    {"net:connect:8.8.8.8:53", "connect", "8.8.8.8:53", true},
    {"net:connect:8.8.8.8:53", "udp", "8.8.8.8:53", false},
    {"net:connect+udp:8.8.8.8:53", "udp", "8.8.8.8:53", true},
    {"net:connect:8.8.8.8:53", "connect", "8.8.8.8:54", false},
    {"net:connect:8.8.8.8:53", "connect", "8.8.4.4:53", false},
    {"net:connect:8.8.0.0/16:*", "connect", "8.8.255.255:65535", true},
    {"net:connect:8.8.0.0/16:*", "connect", "8.9.0.0:1", false},
    {"net:connect:8.8.77.3/16:*", "connect", "8.8.1.1:1", true}, /* bits behind the prefix do not count */
    {"net:connect:8.8.0.0/15:80-90", "connect", "8.9.1.1:85", true},
    {"net:connect:8.8.0.0/15:80-90", "connect", "8.9.1.1:79", false},
    {"net:connect:8.8.0.0/15:80-90", "connect", "8.9.1.1:91", false},
    {"net:connect:8.8.0.0/15:80-90", "connect", "8.10.1.1:85", false},
    {"net:connect:[2600::]/12:443", "connect", "[260f::1]:443", true},
    {"net:connect:[2600::]/12:443", "connect", "[2610::1]:443", false},
    {"net:connect:0.0.0.0/0:*", "connect", "1.1.1.1:1", true},
    {"net:connect:0.0.0.0/0:*", "connect", "[2600::1]:1", false},
    {"net:connect:[::]/0:*", "connect", "[2600::1]:1", true},
    {"net:connect:[::]/0:*", "connect", "1.1.1.1:1", false},
    {"net:connect:*:443", "connect", "1.1.1.1:443", true},
    {"net:connect:*:443", "connect", "[2600::1]:443", true},
    {"net:connect:*:443", "connect", "1.1.1.1:80", false},
    /* special ones only by a range within their block */
    {"net:connect:*:*", "connect", "127.0.0.1:80", false},
    {"net:connect:*:*", "connect", "10.0.0.1:80", false},
    {"net:connect:*:*", "connect", "169.254.169.254:80", false},
    {"net:connect:*:*", "connect", "[::1]:80", false},
    {"net:connect:*:*", "connect", "[fe80::1]:80", false},
    {"net:connect:*:*", "connect", "[fd00::1]:80", false},
    {"net:connect:*:*", "connect", "224.0.0.1:80", false},
    {"net:connect:*:*", "connect", "[::ffff:8.8.8.8]:80", false},
    {"net:connect:0.0.0.0/0:*", "connect", "127.0.0.1:80", false},
    {"net:connect:0.0.0.0/0:*", "connect", "192.168.1.1:80", false},
    {"net:connect:8.0.0.0/5:*", "connect", "10.1.1.1:80", false}, /* contains 10/8, does not mean it */
    {"net:connect:10.0.0.0/8:*", "connect", "10.1.1.1:80", true},
    {"net:connect:10.1.0.0/16:*", "connect", "10.1.1.1:80", true},
    {"net:connect:10.1.0.0/16:*", "connect", "10.2.1.1:80", false},
    {"net:connect:127.0.0.1:80", "connect", "127.0.0.1:80", true},
    {"net:connect:127.0.0.0/8:80", "connect", "127.9.9.9:80", true},
    {"net:connect:126.0.0.0/7:80", "connect", "127.9.9.9:80", false},
    {"net:connect:172.16.0.0/12:80", "connect", "172.31.0.1:80", true},
    {"net:connect:172.16.0.0/11:80", "connect", "172.31.0.1:80", false},
    {"net:connect:[::1]:80", "connect", "[::1]:80", true},
    {"net:connect:[::]/96:80", "connect", "[::1]:80", false},
    {"net:connect:[fe80::]/10:80", "connect", "[fe80::1]:80", true},
    {"net:connect:[fe80::]/9:80", "connect", "[fe80::1]:80", false},
    {"net:connect:[fd00::]/8:*", "connect", "[fd12::1]:80", true},
    {"net:listen:0.0.0.0:8080", "listen", "0.0.0.0:8080", true},
    {"net:listen:*:8080", "listen", "0.0.0.0:8080", false},
    {"net:listen:127.0.0.1:0", "listen", "127.0.0.1:0", true},
    {"net:listen:127.0.0.1:0", "listen", "127.0.0.1:1", false},
    /* what denies means what it says, special or not */
    {"!net:connect:0.0.0.0/0:*", "connect", "127.0.0.1:80", false},
    {"!net:connect:*:*", "connect", "8.8.8.8:80", false},
    {"!net:connect:*:25", "connect", "8.8.8.8:80", true},
    {"!net:connect:8.8.0.0/16:*", "connect", "8.8.1.1:80", false},
    {"!net:connect:8.8.0.0/16:*", "connect", "8.9.1.1:80", true},
    {"!net:udp:8.8.0.0/16:*", "connect", "8.8.1.1:80", true},
    /* no addresses */
    {"net:connect:*:*", "connect", "example.com:80", false},
    {"net:connect:*:*", "connect", "8.8.8.8", false},
    {"net:connect:*:*", "connect", "8.8.8.8:99999", false},
    {"net:connect:*:*", "connect", "8.8.8.8:", false},
    {"net:connect:*:*", "connect", "8.8.8:80", false},
    {"net:connect:*:*", "connect", "2600::1:80", false},
    /* names: label by label, whatever their case */
    {"net:resolve:api.example.com", "resolve", "api.example.com", true},
    {"net:resolve:API.Example.com", "resolve", "api.EXAMPLE.com", true},
    {"net:resolve:api.example.com", "resolve", "api.example.com.", true},
    {"net:resolve:api.example.com", "resolve", "example.com", false},
    {"net:resolve:api.example.com", "resolve", "xapi.example.com", false},
    {"net:resolve:*.example.com", "resolve", "a.example.com", true},
    {"net:resolve:*.example.com", "resolve", "a.b.example.com", true},
    {"net:resolve:*.example.com", "resolve", "example.com", false},
    {"net:resolve:*.example.com", "resolve", "badexample.com", false},
    {"net:resolve:*.example.com", "resolve", "a.example.com.evil.net", false},
    {"net:resolve:*.example.com", "resolve", ".example.com", false},
    {"net:resolve:*", "resolve", "anything.at.all", true},
    {"net:resolve:*", "resolve", "127.0.0.1", false},
    {"net:resolve:*", "resolve", "127.1", false},
    {"net:resolve:*", "resolve", "2130706433", false},
    {"net:resolve:*", "resolve", "0x7f000001", false},
    {"net:resolve:*", "resolve", "a.0x7f", false},
    {"net:resolve:*", "resolve", "::1", false},
    {"net:resolve:*", "resolve", "", false},
    {"net:resolve:*", "resolve", ".", false},
    {"net:resolve:*", "resolve", "a..b", false},
    {"net:resolve:*", "resolve", "a b", false},
    {"net:resolve:*", "resolve", "a/b", false},
    {"net:connect:api.example.com:443", "resolve", "api.example.com", true},
    {"net:udp:api.example.com:53", "resolve", "api.example.com", true},
    {"net:connect:*:443", "resolve", "api.example.com", true},
    {"net:connect:8.8.8.8:443", "resolve", "api.example.com", false},
    {"net:connect:api.example.com:443", "connect", "8.8.8.8:443", false}, /* answered for no name */
    {"!net:resolve:*.example.com", "resolve", "a.example.com", false},
    {"!net:resolve:*.example.com", "resolve", "a.example.org", true},
    {"!net:connect:a.example.com:25", "resolve", "a.example.com", true}, /* other ports are another matter */
    /* variables, arguments, streams */
    {"env:read:LANG=C", "read", "LANG", true},
    {"env:read:LANG=C", "read", "LANGUAGE", false},
    {"env:secret:PW=/f", "secret", "PW", true},
    {"env:secret:PW=/f", "read", "PW", false},
    {"!env:read:LD_*", "read", "LD_PRELOAD", false},
    {"!env:read:LD_*", "read", "LD", true},
    {"!env:read:*", "read", "LD", false},
    {"args:read:x", "read", "", true},
    {"!args:read:x", "read", "x", false},
    {"!args:read:x", "read", "y", true},
    {"!args:read:*", "read", "y", false},
    {"stdio:read:stdin", "read", "stdin", true},
    {"stdio:write:*", "write", "stderr", true},
    {"stdio:write:*", "read", "stdin", false},
    {"!stdio:write:stderr", "write", "stderr", false},
    /* host modules */
    {"host:kv:call:**", "call", "kv:get:a/b", true},
    {"host:kv:call:**", "call", "kv:get:", true},
    {"host:kv:call:*", "call", "kv:get:", false},
    {"host:kv:call:*", "call", "kv:get:a", true},
    {"host:kv:call:a/*", "call", "kv:put:a/b", true},
    {"host:kv:call:a/*", "call", "kv:put:ab/b", false},
    {"host:kv:call:**", "call", "kvs:get:a", false},
    {"host:kv:get:**", "call", "kv:get:a", true},
    {"host:kv:get:**", "call", "kv:put:a", false},
    {"host:kv:get+put:**", "call", "kv:put:a", true},
    {"host:kv:get+put:**", "call", "kv:pu:a", false},
    {"host:kv:get+put:**", "call", "kv:get+put:a", false},
    {"host:kv:call:**", "call", "kv", false},
    {"host:kv:call:**", "call", "kv:get:a//b", false},
    {"host:wasi-nn/graph@1.0:load:models/**", "call", "wasi-nn/graph@1.0:load:models/x/y", true},
    {"!host:kv:put:**", "call", "kv:put:a", false},
    {"!host:kv:put:**", "call", "kv:get:a", true},
};

/* What is allowed where a row denies something of it. */
static const char *const everything[] = {"fs:read+write:/::/x", "net:connect+listen+udp:*:*",
                                         "net:resolve:*",       "net:connect:127.0.0.0/8:*",
                                         "env:read:LD=",        "env:read:LD_PRELOAD=",
                                         "args:read:any",       "stdio:read+write:*",
                                         "store:read+write:**", "host:kv:call:**"};

static bool check(const struct grant_set *set, const struct row_case *c) {
    char class[32];
    enum grant_class class_number = GRANT_FS;
    enum grant_action action = GRANT_READ;
    const char *row = c->row + (*c->row == '!');
    snprintf(class, sizeof(class), "%.*s", (int)strcspn(row, ":"), row);
    assert_true(grant_class_find(class, &class_number) && grant_action_find(c->action, &action));
#ifdef ARCELLA_FAULTS
    fault_set(FAULT_ALLOC, 0, 0);
#endif
    bool allowed = grant_check(set, class_number, action, text_of(c->resource), NULL);
#ifdef ARCELLA_FAULTS
    assert_int_equal(fault_count(FAULT_ALLOC), 0);
#endif
    return allowed;
}

static void one_row_and_one_resource(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        GRANTS_AUTO set = {0};
        ERROR_AUTO *error = NULL;
        bool deny = *cases[i].row == '!';
        for (size_t n = 0; deny && n < ARRAY_LENGTH(everything); n++)
            assert_int_equal(grant_add_rule(&set, everything[n], GRANT_ALLOW, GRANT_BY_OPTION, NULL), 0);
        if (grant_add_rule(&set, cases[i].row + deny, deny ? GRANT_DENY : GRANT_ALLOW, GRANT_BY_ADMIN,
                           &error) < 0)
            fail_msg("%s: %s", cases[i].row, arcella_error_message(error));
        if (check(&set, &cases[i]) != cases[i].allowed)
            fail_msg("%s %s '%s': not %d", cases[i].row, cases[i].action, cases[i].resource,
                     cases[i].allowed);
        /* A row written as a flag and read again is the same row. */
        char flag[600];
        const struct grant *last = &set.rows[set.count - 1];
        grant_flag(last, flag, sizeof(flag));
        assert_non_null(strstr(flag, deny ? "--deny " : last->class == GRANT_NET ? "--net " : "--allow "));
        /* By way of texts, as the database and the wire have it, too. */
        GRANTS_AUTO copy = {0};
        assert_int_equal(grant_set_copy(&copy, &set, NULL), 0);
        assert_int_equal(check(&copy, &cases[i]), cases[i].allowed);
    }
    assert_true(ARRAY_LENGTH(cases) >= 150);
}

static void patterns_that_are_none(void **state) {
    (void)state;
    static const struct {
        const char *row, *says;
    } rows[] = {
        {"", "CLASS:ACTION:PATTERN"},
        {"fs", "CLASS:ACTION:PATTERN"},
        {"fs:read", "CLASS:ACTION:PATTERN"},
        {"host:kv:call", "CLASS:ACTION:PATTERN"},
        {"fs:fly:/a::/a", "class fs has no action 'fly'; it has read+write"},
        {"fs:connect:/a::/a", "class fs has no action 'connect'; it has read+write"},
        {"fs:read+fly:/a::/a", "class fs has no action 'fly'"},
        {"fs::/a::/a", "class fs has no action ''"},
        {"foo:read:x", "there is no class 'foo'; classes are fs, net, env, args, stdio, store, host:NAME"},
        {"foo:fly:x", "there is no class 'foo'"},
        {"net:foo:1.2.3.4:80", "class net has no action 'foo'; it has listen+connect+udp+resolve"},
        {"fs:read:/a", "HOST::GUEST"},
        {"fs:read:a::/a", "not absolute"},
        {"net:connect:1.2.3.4", "its port is missing"},
        {"net:connect:example.com", "its port is missing"},
        {"net:connect:[::1]", "its port is missing"},
        {"net:connect:1.2.3.4:", "its port is missing"},
        {"net:connect:", "write HOST:PORT"},
        {"net:connect::80", "its host is missing"},
        {"net:connect:1.2.3:80", "no whole address"},
        {"net:connect:127.1:80", "no whole address"},
        {"net:connect:1.2.3.4/33:80", "an IPv4 address has 32 bits"},
        {"net:connect:1.2.3.4/x:80", "no number of bits"},
        {"net:connect:1.2.3/8:80", "in front of the / is no whole address"},
        {"net:connect:example.com/8:80", "in front of the / is no whole address"},
        {"net:connect:[::1]/129:80", "an IPv6 address has 128 bits"},
        {"net:connect:[::1:80", "it is no address"},
        {"net:connect:[::g]:80", "it is no address"},
        {"net:connect:1.2.3.4:80-70", "ends before it begins"},
        {"net:connect:1.2.3.4:80-", "its port is missing"},
        {"net:connect:1.2.3.4:65536", "larger than 65535"},
        {"net:connect:1.2.3.4:1-65536", "larger than 65535"},
        {"net:connect:1.2.3.4:http", "its port is no number"},
        {"net:connect:::1:80", "in brackets"},
        {"net:connect:a.*.com:80", "a * stands alone"},
        {"net:connect:*a.com:80", "a * stands alone"},
        {"net:connect:0x7f.1:80", "no whole address"},
        {"net:connect:exa mple.com:80", "its host is no name"},
        {"net:connect:example..com:80", "its host is no name"},
        {"net:resolve:a.example.com:80", "a name is looked up, which has no port"},
        {"net:resolve:*:80", "a name is looked up, which has no port"},
        {"net:resolve:[::1]:80", "it is no address"},
        {"net:resolve:", "its host is missing"},
        {"net:resolve:1.2.3.4", "only names are looked up"},
        {"net:resolve:-", NULL},
        {"net:listen:example.com:80", "to listen at needs an address"},
        {"net:connect+resolve:1.2.3.4:80", "only names are looked up"},
        {"env:read:A", "NAME=VALUE"},
        {"env:secret:A=relative", "absolute path"},
        {"env:read+secret:A=/b", "not both"},
        {"stdio:read:stdlog", "none of stdin"},
        {"store:read:a*", "whole segment"},
        {"store:read:a/***", "whole segment"},
        {"store:read:../a", "leads above"},
        {"store:read:", "empty"},
        {"host::call:**", "no name of a host module"},
        {"host:k v:call:**", "no name of a host module"},
        {"host:kv:ge t:**", "no names of functions"},
        {"host:kv:get+:**", "no names of functions"},
        {"host:kv::**", "of the module 'kv' may be called is missing"},
        {"hosts:kv:call:**", "there is no class 'hosts'"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        GRANTS_AUTO set = {0};
        ERROR_AUTO *error = NULL;
        int r = grant_add_rule(&set, rows[i].row, GRANT_ALLOW, GRANT_BY_OPTION, &error);
        if (!rows[i].says ? r != 0
                          : r != ARCELLA_E_INVALID || !strstr(arcella_error_message(error), rows[i].says))
            fail_msg("'%s': %d '%s'", rows[i].row, r, arcella_error_message(error));
        if (rows[i].says)
            assert_non_null(strstr(arcella_error_hint(error), "arcella help grant"));
    }
    GRANTS_AUTO set = {0};
    assert_int_equal(grant_add_rule(&set, "fs:read:/a/b*", GRANT_DENY, GRANT_BY_OPTION, NULL),
                     ARCELLA_E_INVALID);
    assert_int_equal(grant_add_rule(&set, "env:read:A=b", GRANT_DENY, GRANT_BY_OPTION, NULL),
                     ARCELLA_E_INVALID);
    assert_int_equal(grant_add_rule(&set, "env:read:A*B", GRANT_DENY, GRANT_BY_OPTION, NULL),
                     ARCELLA_E_INVALID);
    assert_int_equal(set.count, 0);
}

/* By name: the addresses that were answered for it, and never one that is not public. */
static void names_reach_what_was_answered(void **state) {
    (void)state;
    GRANTS_AUTO set = {0};
    assert_int_equal(grant_add_net(&set, "connect=*.example.com:443", GRANT_BY_OPTION, NULL), 0);
    assert_int_equal(grant_add_rule(&set, "net:connect:bad.example.com:*", GRANT_DENY, GRANT_BY_OPTION, NULL),
                     0);
    static const struct {
        const char *address, *name;
        bool allowed;
    } rows[] = {
        {"8.8.8.8:443", "api.example.com", true},
        {"8.8.8.8:443", "API.EXAMPLE.COM.", true},
        {"8.8.8.8:443", "", false},
        {"8.8.8.8:80", "api.example.com", false},
        {"8.8.8.8:443", "api.example.org", false},
        {"127.0.0.1:443", "api.example.com", false},
        {"10.0.0.1:443", "api.example.com", false},
        {"[fd00::1]:443", "api.example.com", false},
        {"8.8.8.8:443", "bad.example.com", false},
        {"[2600::1]:443", "api.example.com", true},
        {"[64:ff9b::808:808]:443", "a.example.com", true},
        {"[64:ff9b::a00:1]:443", "a.example.com", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct net_address address;
        assert_true(net_address_read(text_of(rows[i].address), &address));
        if (grant_check_address(&set, GRANT_CONNECT, &address, text_of(rows[i].name), NULL) !=
            rows[i].allowed)
            fail_msg("%s %s", rows[i].address, rows[i].name);
        assert_false(grant_check_address(&set, GRANT_UDP, &address, text_of(rows[i].name), NULL));
    }
}

static void special_blocks(void **state) {
    (void)state;
    static const struct {
        const char *address, *name; /* NULL: public */
        unsigned prefix;
    } rows[] = {
        {"0.0.0.0:1", "this-network", 104},
        {"0.255.255.255:1", "this-network", 104},
        {"1.0.0.0:1", NULL, 0},
        {"9.255.255.255:1", NULL, 0},
        {"10.0.0.0:1", "private", 104},
        {"10.255.255.255:1", "private", 104},
        {"11.0.0.0:1", NULL, 0},
        {"100.63.255.255:1", NULL, 0},
        {"100.64.0.0:1", "shared", 106},
        {"100.127.255.255:1", "shared", 106},
        {"100.128.0.0:1", NULL, 0},
        {"126.255.255.255:1", NULL, 0},
        {"127.0.0.1:1", "loopback", 104},
        {"128.0.0.0:1", NULL, 0},
        {"169.253.255.255:1", NULL, 0},
        {"169.254.169.254:1", "link-local", 112},
        {"169.255.0.0:1", NULL, 0},
        {"172.15.255.255:1", NULL, 0},
        {"172.16.0.0:1", "private", 108},
        {"172.31.255.255:1", "private", 108},
        {"172.32.0.0:1", NULL, 0},
        {"192.0.0.1:1", "protocol-assignments", 120},
        {"192.0.1.0:1", NULL, 0},
        {"192.0.2.1:1", "documentation", 120},
        {"192.88.99.1:1", "6to4-relay", 120},
        {"192.167.255.255:1", NULL, 0},
        {"192.168.0.0:1", "private", 112},
        {"192.169.0.0:1", NULL, 0},
        {"198.17.255.255:1", NULL, 0},
        {"198.18.0.0:1", "benchmarking", 111},
        {"198.19.255.255:1", "benchmarking", 111},
        {"198.51.100.1:1", "documentation", 120},
        {"203.0.113.1:1", "documentation", 120},
        {"223.255.255.255:1", NULL, 0},
        {"224.0.0.1:1", "multicast", 100},
        {"239.255.255.255:1", "multicast", 100},
        {"240.0.0.1:1", "reserved", 100},
        {"255.255.255.255:1", "broadcast", 128},
        {"[::]:1", "unspecified", 128},
        {"[::1]:1", "loopback", 128},
        {"[::2]:1", "ipv4-compatible", 96},
        {"[::ffff:8.8.8.8]:1", "mapped", 96},
        {"[64:ff9b::8.8.8.8]:1", NULL, 0},
        {"[64:ff9b::127.0.0.1]:1", "loopback", 104},
        {"[64:ff9b:1::1]:1", "translation", 48},
        {"[100::1]:1", "discard", 64},
        {"[100:0:0:1::1]:1", NULL, 0},
        {"[2001::1]:1", "teredo", 32},
        {"[2001:1ff::1]:1", "protocol-assignments", 23},
        {"[2001:200::1]:1", NULL, 0},
        {"[2001:db8::1]:1", "documentation", 32},
        {"[2002::1]:1", "6to4", 16},
        {"[2600::1]:1", NULL, 0},
        {"[3fff::1]:1", "documentation", 20},
        {"[3fff:1000::1]:1", NULL, 0},
        {"[5f00::1]:1", "segment-routing", 16},
        {"[fc00::1]:1", "unique-local", 7},
        {"[fdff::1]:1", "unique-local", 7},
        {"[fe7f::1]:1", NULL, 0},
        {"[fe80::1]:1", "link-local", 10},
        {"[febf::1]:1", "link-local", 10},
        {"[fec0::1]:1", "site-local", 10},
        {"[ff02::1]:1", "multicast", 8},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct net_address address;
        uint8_t prefix = 0;
        assert_true(net_address_read(text_of(rows[i].address), &address));
        const char *name = net_address_special(&address, &prefix);
        if (!name != !rows[i].name || (name && strcmp(name, rows[i].name) != 0) || prefix != rows[i].prefix)
            fail_msg("%s: %s /%u", rows[i].address, name ? name : "public", prefix);
        assert_true(net_address_special(&address, NULL) == name);
    }
}

static void addresses_are_read_and_written(void **state) {
    (void)state;
    static const char *const rows[] = {"192.0.2.1:80",     "0.0.0.0:0", "255.255.255.255:65535",
                                       "[2001:db8::1]:80", "[::]:0",    "[::ffff:192.0.2.1]:1"};
    static const char *const none[] = {"",
                                       ":",
                                       ":80",
                                       "1.2.3.4",
                                       "1.2.3.4:",
                                       "1.2.3.4:+1",
                                       "1.2.3.4:080000",
                                       "1.2.3.4 :80",
                                       "01.2.3.4.5:80",
                                       "::1:80",
                                       "[::1:80",
                                       "[]:80",
                                       "[1.2.3.4]:80",
                                       "[::1%lo]:80",
                                       "localhost:80"};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct net_address address;
        char text[64];
        assert_true(net_address_read(text_of(rows[i]), &address));
        net_address_write(&address, text, sizeof(text));
        assert_string_equal(text, rows[i]);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(none); i++) {
        struct net_address address;
        if (net_address_read(text_of(none[i]), &address))
            fail_msg("'%s' is an address", none[i]);
    }
}

static void what_is_over_is_no_row(void **state) {
    (void)state;
    uint64_t now_ms = clock_wall_ns() / 1000000;
    GRANTS_AUTO set = {0};
    const struct {
        const char *pattern;
        enum grant_effect effect;
        uint64_t expires_ms;
    } rows[] = {{"8.8.8.8:1", GRANT_ALLOW, now_ms - 1},
                {"8.8.8.8:2", GRANT_ALLOW, now_ms + 100000},
                {"8.8.8.0/24:3", GRANT_ALLOW, 0},
                {"8.8.8.8:3", GRANT_DENY, now_ms - 1},
                {"8.8.8.9:3", GRANT_DENY, now_ms + 100000}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        assert_int_equal(grant_add_until(&set, GRANT_NET, GRANT_CONNECT, rows[i].pattern, rows[i].effect,
                                         GRANT_BY_ADMIN, rows[i].expires_ms, NULL),
                         0);
    assert_false(grant_check(&set, GRANT_NET, GRANT_CONNECT, TEXT("8.8.8.8:1"), NULL));
    assert_true(grant_check(&set, GRANT_NET, GRANT_CONNECT, TEXT("8.8.8.8:2"), NULL));
    assert_true(grant_check(&set, GRANT_NET, GRANT_CONNECT, TEXT("8.8.8.8:3"), NULL));
    assert_false(grant_check(&set, GRANT_NET, GRANT_CONNECT, TEXT("8.8.8.9:3"), NULL));
    assert_false(grant_check_row(&set, 0, GRANT_CONNECT));
    assert_true(grant_check_row(&set, 1, GRANT_CONNECT));
    assert_int_equal(grant_next_end(&set, GRANT_NET), now_ms + 100000);
    assert_int_equal(grant_next_end(&set, GRANT_FS), 0);
    GRANTS_AUTO copy = {0};
    assert_int_equal(grant_set_copy(&copy, &set, NULL), 0);
    assert_int_equal(copy.rows[1].expires_ms, now_ms + 100000);
    assert_int_equal(grant_drop_expired(&copy), 2);
    assert_int_equal(copy.count, 3);
    JSON_AUTO *json = grant_row_json(&copy.rows[0], true);
    assert_int_equal(json_integer_value(json_object_get(json, "expires")), now_ms + 100000);
    /* A directory whose time is over makes room for another under its name. */
    assert_int_equal(
        grant_add_until(&copy, GRANT_FS, GRANT_READ, "/a::/d", GRANT_ALLOW, GRANT_BY_ADMIN, 1, NULL), 0);
    assert_int_equal(grant_add_dir(&copy, "/b::/d", GRANT_BY_ADMIN, NULL), 0);
    assert_int_equal(grant_add_dir(&copy, "/c::/d", GRANT_BY_ADMIN, NULL), ARCELLA_E_EXISTS);
}

/* A row that tells lets pass where nothing else does, and a plain one goes before it. */
static void rows_that_tell(void **state) {
    (void)state;
    GRANTS_AUTO set = {0};
    const struct grant *row = NULL;
    assert_int_equal(grant_add_audit(&set, GRANT_BY_OPTION, NULL), 0);
    assert_int_equal(grant_add_net(&set, "connect=8.8.8.8:53", GRANT_BY_OPTION, NULL), 0);
    assert_int_equal(grant_add_dir(&set, "/srv::/srv", GRANT_BY_OPTION, NULL), 0);
    assert_int_equal(grant_add_rule(&set, "net:connect:10.0.0.0/8:*", GRANT_DENY, GRANT_BY_POLICY, NULL), 0);
    static const struct {
        enum grant_class class;
        enum grant_action action;
        const char *resource;
        bool allowed;
        enum grant_effect by;
    } rows[] = {
        {GRANT_NET, GRANT_CONNECT, "8.8.8.8:53", true, GRANT_ALLOW},
        {GRANT_NET, GRANT_CONNECT, "8.8.8.8:54", true, GRANT_AUDIT},
        {GRANT_NET, GRANT_CONNECT, "127.0.0.1:80", true, GRANT_AUDIT}, /* special ones too */
        {GRANT_NET, GRANT_CONNECT, "10.0.0.1:80", false, GRANT_DENY},
        {GRANT_NET, GRANT_LISTEN, "0.0.0.0:80", true, GRANT_AUDIT},
        {GRANT_NET, GRANT_RESOLVE, "a.example.com", true, GRANT_AUDIT},
        {GRANT_FS, GRANT_READ, "/srv/x", true, GRANT_ALLOW},
        {GRANT_FS, GRANT_WRITE, "/srv/x", true, GRANT_AUDIT},
        {GRANT_FS, GRANT_READ, "/etc/passwd", true, GRANT_AUDIT},
        {GRANT_STORE, GRANT_WRITE, "a/b", true, GRANT_AUDIT},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        bool allowed = grant_check(&set, rows[i].class, rows[i].action, text_of(rows[i].resource), &row);
        if (allowed != rows[i].allowed || !row || row->effect != rows[i].by)
            fail_msg("%s: %d", rows[i].resource, allowed);
    }
    assert_true(grant_set_beyond_default(&set));
    char needed[200];
    grant_needed(&set, GRANT_FS, GRANT_READ, TEXT("/etc"), needed, sizeof(needed));
    assert_string_equal(needed, "--dir /etc::/etc");
    grant_needed(&set, GRANT_FS, GRANT_WRITE, TEXT("/srv/x"), needed, sizeof(needed));
    assert_string_equal(needed, "--dir /srv::/srv:rw");
}

/* What a refusal names, given as a flag, does allow it: for every class. */
static void what_is_needed_helps(void **state) {
    (void)state;
    static const struct {
        enum grant_class class;
        enum grant_action action;
        const char *resource, *needed;
    } rows[] = {
        {GRANT_NET, GRANT_CONNECT, "8.8.8.8:53", "--net connect=8.8.8.8:53"},
        {GRANT_NET, GRANT_CONNECT, "[::1]:53", "--net connect=[::1]:53"},
        {GRANT_NET, GRANT_UDP, "10.0.0.1:53", "--net udp=10.0.0.1:53"},
        {GRANT_NET, GRANT_LISTEN, "127.0.0.1:0", "--listen 127.0.0.1:0"},
        {GRANT_NET, GRANT_RESOLVE, "a.example.com", "--net resolve=a.example.com"},
        {GRANT_ENV, GRANT_READ, "HOME", "--env HOME=VALUE"},
        {GRANT_STORE, GRANT_READ, "a/b", "--allow store:read:a/b"},
        {GRANT_STORE, GRANT_WRITE, "it's", "--allow 'store:write:it'\\''s'"},
        {GRANT_HOST, GRANT_CALL, "kv:get:a/b", "--allow host:kv:get:a/b"},
        {GRANT_HOST, GRANT_CALL, "kv:get:", "--allow 'host:kv:get:**'"},
        {GRANT_FS, GRANT_READ, "/my data", "--dir 'HOSTDIR::/my data'"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char needed[200], flag[32], value[200];
        grant_needed(NULL, rows[i].class, rows[i].action, text_of(rows[i].resource), needed, sizeof(needed));
        assert_string_equal(needed, rows[i].needed);
        if (strchr(needed, '\'') || rows[i].class == GRANT_FS)
            continue;
        GRANTS_AUTO set = {0};
        assert_int_equal(sscanf(needed, "%31s %199s", flag, value), 2);
        int r = strcmp(flag, "--net") == 0      ? grant_add_net(&set, value, GRANT_BY_ADMIN, NULL)
                : strcmp(flag, "--listen") == 0 ? grant_add_listen(&set, value, GRANT_BY_ADMIN, NULL)
                : strcmp(flag, "--env") == 0    ? grant_add_env(&set, value, GRANT_BY_ADMIN, NULL)
                                             : grant_add_rule(&set, value, GRANT_ALLOW, GRANT_BY_ADMIN, NULL);
        assert_int_equal(r, 0);
        assert_false(grant_check(&(struct grant_set){0}, rows[i].class, rows[i].action,
                                 text_of(rows[i].resource), NULL));
        if (!grant_check(&set, rows[i].class, rows[i].action, text_of(rows[i].resource), NULL))
            fail_msg("%s does not help", needed);
    }
}

/* What people paste is one flag and one word, whoever wrote it. */
static void flags_are_no_programs(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool is;
    } rows[] = {
        {"--dir /a::/b:rw", true},
        {"--dir 'HOSTDIR::/my data'", true},
        {"--allow 'store:write:it'\\''s'", true},
        {"--net connect=[::1]:53", true},
        {"--deny 'net:connect:*:*'", true},
        {"--dir /a\\x1b::/b", true},
        {"", false},
        {"--dir", false},
        {"--dir ", false},
        {"--rm -rf", false},
        {"dir /a", false},
        {" --dir /a", false},
        {"--dir /a; reboot", false},
        {"--dir /a --allow-requested", false},
        {"--dir /a\n--x", false},
        {"--dir $(reboot)", false},
        {"--dir `reboot`", false},
        {"--dir /a*", false},
        {"--dir ~/x", false},
        {"--dir 'a' 'b'", false},
        {"--dir 'a';x", false},
        {"--dir 'a'b", false},
        {"--dir 'a'\\''", false},
        {"--dir 'a\nb'", false},
        {"--dir '", false},
        {"--dir a'b'", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (grant_is_flag(text_of(rows[i].text)) != rows[i].is)
            fail_msg("'%s'", rows[i].text);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        GRANTS_AUTO set = {0};
        char flag[600];
        bool deny = *cases[i].row == '!';
        assert_int_equal(
            grant_add_rule(&set, cases[i].row + deny, deny ? GRANT_DENY : GRANT_ALLOW, GRANT_BY_ADMIN, NULL),
            0);
        grant_flag(&set.rows[0], flag, sizeof(flag));
        if (!grant_is_flag(text_of(flag)))
            fail_msg("%s", flag);
    }
}

static void rows_come_and_go(void **state) {
    (void)state;
    GRANTS_AUTO set = {0};
    GRANTS_AUTO other = {0};
    for (int i = 0; i < 40; i++) {
        char option[64];
        snprintf(option, sizeof(option), "connect+udp=8.8.8.8:%d", i + 1);
        assert_int_equal(grant_add_net(&set, option, GRANT_BY_OPTION, NULL), 0);
    }
    assert_int_equal(grant_add_net(&set, "connect+udp=8.8.8.8:7", GRANT_BY_ADMIN, NULL), 0);
    assert_int_equal(set.count, 40); /* an equal row takes the place of the first */
    assert_int_equal(set.rows[6].source, GRANT_BY_ADMIN);
    uint32_t revision = set.revision;
    assert_false(grant_narrow(&set, 6, GRANT_UDP));
    assert_true(set.revision != revision);
    assert_false(grant_check(&set, GRANT_NET, GRANT_UDP, TEXT("8.8.8.8:7"), NULL));
    assert_true(grant_check(&set, GRANT_NET, GRANT_CONNECT, TEXT("8.8.8.8:7"), NULL));
    assert_true(grant_narrow(&set, 6, GRANT_CONNECT));
    assert_int_equal(set.count, 39);
    while (set.count)
        grant_remove(&set, set.count / 2);
    assert_int_equal(set.allowed[GRANT_NET], 0);
    assert_int_equal(set.bytes[GRANT_NET], 0);
    assert_int_equal(grant_add_net(&set, "connect=8.8.8.8:1", GRANT_BY_OPTION, NULL), 0);
    assert_int_equal(grant_add_net(&other, "udp=8.8.8.8:1", GRANT_BY_OPTION, NULL), 0);
    revision = set.revision;
    grant_set_replace(&set, &other);
    assert_int_equal(other.count, 0);
    assert_true(set.revision != revision && set.allowed[GRANT_NET] == GRANT_UDP);
    /* Parts of directories that are denied. */
    assert_int_equal(grant_add_rule(&set, "fs:read:/data/*/keys", GRANT_DENY, GRANT_BY_OPTION, NULL), 0);
    assert_non_null(grant_denied_beneath(&set, GRANT_READ, TEXT("/data")));
    assert_non_null(grant_denied_beneath(&set, GRANT_READ, TEXT("/")));
    assert_non_null(grant_denied_beneath(&set, GRANT_READ, TEXT("/data/a")));
    assert_null(grant_denied_beneath(&set, GRANT_WRITE, TEXT("/data")));
    assert_null(grant_denied_beneath(&set, GRANT_READ, TEXT("/other")));
    assert_null(grant_denied_beneath(&set, GRANT_READ, TEXT("/data/a/b")));
}

static int set_up(void **state) {
    (void)state;
    json_setup();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_row_and_one_resource),
        cmocka_unit_test(patterns_that_are_none),
        cmocka_unit_test(names_reach_what_was_answered),
        cmocka_unit_test(special_blocks),
        cmocka_unit_test(addresses_are_read_and_written),
        cmocka_unit_test(what_is_over_is_no_row),
        cmocka_unit_test(rows_that_tell),
        cmocka_unit_test(what_is_needed_helps),
        cmocka_unit_test(rows_come_and_go),
        cmocka_unit_test(flags_are_no_programs),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
