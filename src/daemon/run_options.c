/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The options of `arcella run` as policy and grants: the same that `start` would record. */
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "daemon/run.h"

void run_say_error(const arcella_error *error) {
    BUFFER_AUTO text = BUFFER_INIT(4 * LIMIT_ERROR_BYTES);
    const char *message = arcella_error_message(error);
    const char *hint = arcella_error_hint(error);
    if (text_add_visible(&text, message, strlen(message), true, NULL) < 0)
        buffer_clear(&text);
    fprintf(stderr, "error: %s [%s]\n", text.data ? text.data : "",
            arcella_error_name(arcella_error_code(error)));
    /* The hint may be a worker's as well. */
    buffer_clear(&text);
    if (*hint && text_add_visible(&text, hint, strlen(hint), true, NULL) == 0)
        fprintf(stderr, "hint: %s\n", text.data);
}

bool run_is_name(const char *invoke) {
    return !strchr(invoke, '(');
}

void run_options_done(struct run_options *options) {
    policy_done(&options->policy);
    grant_set_done(&options->grants);
}

/* A directory option with its host part absolute; without "::" the guest sees it as it was written. */
static char *absolute_dir(const char *option) {
    char folder[LIMIT_PATH_BYTES];
    const char *colons = strstr(option, "::");
    if (*option == '/' || !getcwd(folder, sizeof(folder)))
        return mem_text(option);
    while (option[0] == '.' && option[1] == '/')
        option += 2 + strspn(option + 2, "/");
    size_t length = colons && colons > option ? (size_t)(colons - option) : strlen(option);
    bool here = length == 0 || (length == 1 && *option == '.');
    const char *slash = here || strcmp(folder, "/") == 0 ? "" : "/";
    return mem_format("%s%s%.*s%s%s", folder, slash, here ? 0 : (int)length, option, colons ? "" : "::",
                      colons    ? option + length
                      : *option ? option
                                : ".");
}

/* NAME=FILE with FILE absolute. */
static char *absolute_secret(const char *option) {
    char folder[LIMIT_PATH_BYTES];
    const char *equals = strchr(option, '=');
    if (!equals || equals[1] == '/' || !equals[1] || !getcwd(folder, sizeof(folder)))
        return mem_text(option);
    return mem_format("%.*s=%s/%s", (int)(equals - option), option, strcmp(folder, "/") == 0 ? "" : folder,
                      equals + 1);
}

static int add_allow(struct grant_set *set, const char *option, enum grant_source source,
                     arcella_error **reterr) {
    return grant_add_rule(set, option, GRANT_ALLOW, source, reterr);
}

static int add_deny(struct grant_set *set, const char *option, enum grant_source source,
                    arcella_error **reterr) {
    return grant_add_rule(set, option, GRANT_DENY, source, reterr);
}

static int add_all(const json_t *list, struct grant_set *grants,
                   int (*add)(struct grant_set *, const char *, enum grant_source, arcella_error **),
                   char *(*absolute)(const char *option), arcella_error **reterr) {
    size_t index;
    json_t *item;
    json_array_foreach(list, index, item) {
        const char *text = json_string_value(item);
        MEM_AUTO char *whole = absolute && text ? absolute(text) : NULL;
        if (!text || (absolute && !whole))
            return error_nomem(reterr);
        int r = add(grants, whole ? whole : text, GRANT_BY_OPTION, reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_policy(const json_t *args, struct policy *policy, arcella_error **reterr) {
    static const struct {
        const char *argument;
        enum policy_key key;
    } options[] = {
        {"memory", POLICY_MEMORY_KEY},        {"stack", POLICY_STACK_KEY},
        {"table-elements", POLICY_TABLE_KEY}, {"timeout", POLICY_TIMEOUT_KEY},
        {"cpu-time", POLICY_CPU_TIME_KEY},    {"fuel", POLICY_FUEL_KEY},
    };
    policy_defaults(policy);
    /* A program, and nothing else, can be run in the foreground. */
    int r = policy_set_text(policy, POLICY_ENTRYPOINT_KEY, "_start", ORIGIN_RULE, reterr);
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(options); i++) {
        const json_t *value = json_object_get(args, options[i].argument);
        uint64_t number = (uint64_t)json_integer_value(value);
        if (!value)
            continue;
        if (number == 0 && (options[i].key == POLICY_TIMEOUT_KEY || options[i].key == POLICY_CPU_TIME_KEY))
            continue; /* no bound, as by default */
        r = policy_set_number(policy, options[i].key, number, ORIGIN_OPTION, reterr);
    }
    return r;
}

/* Of the calls one takes the file, if there is one. */
static int check_calls(const struct run_options *options, arcella_error **reterr) {
    size_t names = 0, index;
    json_t *item;
    json_array_foreach((json_t *)(uintptr_t)options->invokes, index, item) names +=
        run_is_name(json_string_value(item));
    if (options->base64 && !options->json)
        return error_set(reterr, ARCELLA_E_INVALID, "--base64 is about JSON: it goes with --json");
    if (!options->input || names == 1)
        return 0;
    error_set(reterr, ARCELLA_E_INVALID, "the arguments in '%s' are for none of the calls, or for several",
              options->input);
    return error_hint(reterr, ARCELLA_E_INVALID,
                      "one --invoke is the name of a function only, its arguments come "
                      "from --input: --invoke add --input FILE");
}

int run_options_read(const struct cli_call *call, struct run_options *ret, arcella_error **reterr) {
    const json_t *args = call->args;
    memset(ret, 0, sizeof(*ret));
    ret->file = json_string_value(json_object_get(args, "file"));
    if (!ret->file)
        return error_set(reterr, ARCELLA_E_INVALID, "'run' needs a FILE");
    ret->invokes = json_object_get(args, "invoke");
    ret->invokes_count = json_array_size(ret->invokes);
    ret->json = call->json;
    ret->base64 = json_is_true(json_object_get(args, "base64"));
    ret->input = json_string_value(json_object_get(args, "input"));
    int r = check_calls(ret, reterr);
    if (r == 0)
        r = read_policy(args, &ret->policy, reterr);
    if (r == 0)
        r = grant_add_stdio(&ret->grants, GRANT_BY_OPTION, reterr);
    static const struct {
        const char *argument;
        int (*add)(struct grant_set *, const char *, enum grant_source, arcella_error **);
        char *(*absolute)(const char *option);
    } options[] = {
        {"dir", grant_add_dir, absolute_dir},
        {"env", grant_add_env, NULL},
        {"listen", grant_add_listen, NULL},
        {"net", grant_add_net, NULL},
        {"allow", add_allow, NULL},
        {"deny", add_deny, NULL},
        {"secret", grant_add_secret, absolute_secret},
    };
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(options); i++)
        r = add_all(json_object_get(args, options[i].argument), &ret->grants, options[i].add,
                    options[i].absolute, reterr);
    if (r == 0 && json_is_true(json_object_get(args, "audit-only")))
        r = grant_add_audit(&ret->grants, GRANT_BY_OPTION, reterr);
    for (int i = call->rest; r == 0 && i < call->argc; i++)
        r = grant_add_arg(&ret->grants, call->argv[i], GRANT_BY_OPTION, reterr);
    return r;
}
