/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* ALME lines: reading requests and asking them for their arguments; writing requests and reading answers. */
#include "wire/alme.h"

#include <assert.h>

#include "wire/alme_internal.h"

/* --- reading a request --- */

/* The members a request may have; another one is a mistake that is better named than passed over. */
static int check_members(const json_t *object, bool jsonrpc, arcella_error **reterr) {
    static const char plain[] = "cmd args id";
    static const char rpc[] = "jsonrpc method params id";
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        if (alme_names_have(jsonrpc ? rpc : plain, " ", key))
            continue;
        BUFFER_AUTO shown = BUFFER_INIT(512);
        if (text_add_visible(&shown, key, strnlen(key, 64), false, NULL) < 0)
            buffer_clear(&shown);
        int r = error_set(reterr, ARCELLA_E_PROTOCOL, "a request has no member '%s'",
                          shown.data ? shown.data : "");
        return error_hint(
            reterr, r, "%s",
            jsonrpc ? "arguments stand inside \"params\""
                    : "arguments stand inside \"args\": {\"cmd\":\"status\",\"args\":{\"target\":\"web\"}}");
    }
    return 0;
}

/* Envelope: form and id. *ret_object keeps the parsed line. */
static int read_envelope(const char *line, size_t length, struct alme_request *request, json_t **ret_object,
                         arcella_error **reterr) {
    JSON_AUTO *object = NULL;
    int r = json_parse(line, length, &object, reterr);
    if (r < 0)
        return error_wrap(reterr, r, "the request is not JSON");
    if (!json_is_object(object))
        return error_set(reterr, ARCELLA_E_PROTOCOL, "a request is one JSON object on one line");
    const json_t *version = json_object_get(object, "jsonrpc");
    request->jsonrpc = version != NULL;
    json_t *id = json_object_get(object, "id");
    if (id && !json_is_string(id) && !json_is_number(id) && !json_is_null(id))
        return error_set(reterr, ARCELLA_E_PROTOCOL, "an id is a text or a number");
    request->id = json_incref(id);
    if (version && (!json_is_string(version) || strcmp(json_string_value(version), "2.0") != 0))
        return error_set(reterr, ARCELLA_E_PROTOCOL, "\"jsonrpc\" is \"2.0\" or absent");
    r = check_members(object, request->jsonrpc, reterr);
    if (r == 0)
        *ret_object = TAKE(object);
    return r;
}

static int unknown_command(const char *name, arcella_error **reterr) {
    BUFFER_AUTO shown = BUFFER_INIT(512);
    if (text_add_visible(&shown, name, strnlen(name, 64), false, NULL) < 0)
        buffer_clear(&shown);
    int r = error_set(reterr, ARCELLA_E_COMMAND, "there is no command '%s'", shown.data ? shown.data : "");
    const char *nearest = alme_command_nearest(name);
    return nearest ? error_hint(reterr, r, "did you mean '%s'? `arcella help` lists the commands", nearest)
                   : r;
}

static int read_command(const json_t *object, struct alme_request *request, arcella_error **reterr) {
    const char *member = request->jsonrpc ? "method" : "cmd";
    const char *name = json_string_value(json_object_get(object, member));
    if (!name)
        return error_set(reterr, ARCELLA_E_PROTOCOL, "a request names its command, a text, in \"%s\"",
                         member);
    const json_t *args = json_object_get(object, request->jsonrpc ? "params" : "args");
    if (args && !json_is_object(args) && !json_is_array(args) && !json_is_null(args))
        return error_set(reterr, ARCELLA_E_PROTOCOL, "\"%s\" is an object",
                         request->jsonrpc ? "params" : "args");
    /* From here on it is a well-formed request, and without an id one that wants no reply
     * (JSON-RPC 2.0, 4.1). */
    request->notification = request->jsonrpc && !request->id;
    const struct alme_command *command = alme_command_find(name);
    if (!command)
        return unknown_command(name, reterr);
    if (command->flags & ALME_LOCAL) {
        int r = error_set(reterr, ARCELLA_E_COMMAND,
                          "'%s' is a verb of the programs, not a command of the daemon", command->name);
        return error_hint(reterr, r, "run `arcella %s` in a terminal", command->name);
    }
    request->command = command;
    int r = alme_arguments_check(command, args, &request->args, reterr);
    if (r < 0)
        return r;
    if (request->notification && alme_request_streams(request))
        return error_set(reterr, ARCELLA_E_INVALID, "command '%s' answers with a stream, so it needs an id",
                         command->name);
    return 0;
}

int alme_request_parse(const char *line, size_t length, bool too_long, struct alme_request *ret,
                       arcella_error **reterr) {
    *ret = (struct alme_request){.command = NULL};
    if (too_long) {
        int r = error_set(reterr, ARCELLA_E_TOO_LARGE, "a request has more than %llu bytes",
                          LIMIT_ALME_LINE_BYTES);
        return error_hint(reterr, r, "give files by their path instead of their content");
    }
    JSON_AUTO *object = NULL;
    int r = read_envelope(line, length, ret, &object, reterr);
    return r < 0 ? r : read_command(object, ret, reterr);
}

void alme_request_done(struct alme_request *request) {
    json_decref(request->args);
    json_decref(request->id);
    *request = (struct alme_request){.command = NULL};
}

/* --- arguments of a request --- */

/* Asking for what the row does not have is a mistake of ours, found by the first test that passes. */
static const json_t *get(const struct alme_request *request, const char *name) {
    assert(alme_argument_find(request->command, name));
    return json_object_get(request->args, name);
}

bool alme_request_streams(const struct alme_request *request) {
    if (!request->command)
        return false;
    return (request->command->flags & ALME_STREAM) ||
           ((request->command->flags & ALME_FOLLOW) && alme_bool(request, "follow"));
}

bool alme_has(const struct alme_request *request, const char *name) {
    return get(request, name) != NULL;
}

const char *alme_text(const struct alme_request *request, const char *name) {
    return json_string_value(get(request, name));
}

uint64_t alme_number(const struct alme_request *request, const char *name, uint64_t fallback) {
    const json_t *value = get(request, name);
    return json_is_integer(value) ? (uint64_t)json_integer_value(value) : fallback;
}

bool alme_bool(const struct alme_request *request, const char *name) {
    return json_is_true(get(request, name));
}

size_t alme_count(const struct alme_request *request, const char *name) {
    return json_array_size(get(request, name));
}

const char *alme_item(const struct alme_request *request, const char *name, size_t index) {
    return json_string_value(json_array_get(get(request, name), index));
}

bool alme_has_flags(const struct alme_request *request) {
    for (const struct alme_argument *a = request->command->arguments; a->names; a++) {
        char name[64];
        alme_argument_name(a, name, sizeof(name));
        if (!(a->flags & ALME_PLACED) && !a->fallback && json_object_get(request->args, name))
            return true;
    }
    return false;
}

/* --- a client's side --- */

int alme_request_write(struct buffer *to, const struct alme_command *command, const json_t *args, uint64_t id,
                       arcella_error **reterr) {
    bool ok = true;
    JSON_AUTO *object = json_object();
    json_put_text(object, "cmd", command->name, &ok);
    if (args && (json_object_size(args) || json_array_size(args)))
        json_put(object, "args", json_deep_copy(args), &ok);
    json_put(object, "id", json_integer((json_int_t)id), &ok);
    if (!object || !ok)
        return error_nomem(reterr);
    BUFFER_AUTO line = BUFFER_INIT(LIMIT_ALME_LINE_BYTES);
    int r = json_add(&line, object, reterr);
    if (r < 0)
        return error_wrap(reterr, r, "the request");
    r = buffer_add(to, line.data, line.length, reterr);
    return r < 0 ? r : buffer_text(to, "\n", reterr);
}

static const char *member_text(const json_t *object, const char *key) {
    const char *s = json_string_value(json_object_get(object, key));
    return s ? s : "";
}

/* The form of JSON-RPC. @return false where this is none */
static bool read_rpc(const json_t *object, struct alme_answer *answer) {
    const json_t *result = json_object_get(object, "result");
    const json_t *error = json_object_get(object, "error");
    const char *method = member_text(object, "method");
    const json_t *params = json_object_get(object, "params");
    if (json_is_object(result)) {
        answer->kind = ALME_ANSWER_SUCCESS;
        answer->message = member_text(result, "message");
        answer->data = json_object_get(result, "data");
    } else if (json_is_object(error)) {
        const json_t *story = json_object_get(error, "data");
        answer->kind = ALME_ANSWER_FAILURE;
        answer->message = member_text(error, "message");
        answer->code = member_text(story, "code");
        answer->hint = member_text(story, "hint");
        answer->data = json_object_get(story, "data");
    } else if (json_is_object(params) && strcmp(method, "progress") == 0) {
        answer->kind = ALME_ANSWER_PROGRESS;
        answer->data = json_object_get(params, "progress");
    } else if (json_is_object(params) && strcmp(method, "item") == 0) {
        answer->kind = ALME_ANSWER_ITEM;
        answer->data = json_object_get(params, "item");
    } else {
        return false;
    }
    return true;
}

static bool read_plain(const json_t *object, struct alme_answer *answer) {
    const json_t *success = json_object_get(object, "success");
    const json_t *error = json_object_get(object, "error");
    const json_t *progress = json_object_get(object, "progress");
    const json_t *item = json_object_get(object, "item");
    if (json_is_boolean(success)) {
        answer->kind = json_is_true(success) ? ALME_ANSWER_SUCCESS : ALME_ANSWER_FAILURE;
        answer->message = member_text(object, "message");
        answer->data = json_object_get(object, "data");
        answer->code = member_text(error, "code");
        answer->hint = member_text(error, "hint");
    } else if (json_is_object(progress)) {
        answer->kind = ALME_ANSWER_PROGRESS;
        answer->message = member_text(progress, "message");
        answer->data = progress;
    } else if (item) {
        answer->kind = ALME_ANSWER_ITEM;
        answer->data = item;
    } else {
        return false;
    }
    return true;
}

int alme_answer_parse(const char *line, size_t length, struct alme_answer *ret, arcella_error **reterr) {
    JSON_AUTO *object = NULL;
    int r = json_parse(line, length, &object, reterr);
    if (r < 0)
        return error_wrap(reterr, r, "the daemon's reply is not JSON");
    struct alme_answer answer = {.message = "", .code = "", .hint = ""};
    bool rpc = json_object_get(object, "jsonrpc") != NULL;
    if (!(rpc ? read_rpc(object, &answer) : read_plain(object, &answer)))
        return error_set(reterr, ARCELLA_E_PROTOCOL, "the daemon's reply has no form this program knows");
    if (answer.kind == ALME_ANSWER_PROGRESS)
        answer.message = member_text(answer.data, "message");
    answer.whole = TAKE(object);
    *ret = answer;
    return 0;
}

void alme_answer_done(struct alme_answer *answer) {
    json_decref(answer->whole);
    *answer = (struct alme_answer){.message = "", .code = "", .hint = ""};
}
