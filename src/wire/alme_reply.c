/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Writing what a daemon answers, in the form it was asked in.
 *
 *     {"id":1,"success":true,"message":"…","data":{…}}
 *     {"id":1,"success":false,"message":"…","error":{"code":"not-found","message":"…","hint":"…"}}
 *     {"id":1,"progress":{"stage":"compile","message":"…","done":1,"total":3}}
 *     {"id":1,"item":{…}}
 *
 *     {"jsonrpc":"2.0","id":1,"result":{"success":true,"message":"…","data":{…}}}
 *     {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"…","data":{"code":"invalid-argument","hint":"…"}}}
 *     {"jsonrpc":"2.0","method":"progress","params":{"id":1,"progress":{…}}}     and "item" likewise
 */
#include "wire/alme_internal.h"

int alme_rpc_number(int code) {
    switch (code) {
    case ARCELLA_E_PROTOCOL: return -32600;
    case ARCELLA_E_COMMAND: return -32601;
    case ARCELLA_E_INVALID: return -32602;
    case ARCELLA_E_INTERNAL: return -32603;
    default: return -32000 + code;
    }
}

/* Where JSON-RPC knows no id, it says null (5). */
static void put_id(json_t *object, const struct alme_request *request, bool *ok) {
    if (request->id)
        json_put(object, "id", json_incref(request->id), ok);
    else if (request->jsonrpc)
        json_put(object, "id", json_null(), ok);
}

/* Take the object and append it as a line, or nothing for a notification; a failure leaves `to` as it was. */
static int add_line(struct buffer *to, const struct alme_request *request, json_t *object, bool ok,
                    arcella_error **reterr) {
    JSON_AUTO *owned = object;
    if (!owned || !ok)
        return error_nomem(reterr);
    if (request->notification)
        return 0;
    size_t before = to->length;
    int r = json_add(to, owned, reterr);
    if (r == 0 && to->length - before >= LIMIT_ALME_REPLY_BYTES)
        r = error_set(reterr, ARCELLA_E_TOO_LARGE, "the reply has more than %llu bytes",
                      LIMIT_ALME_REPLY_BYTES);
    if (r == 0)
        r = buffer_text(to, "\n", reterr);
    if (r < 0 && to->data) {
        to->length = before;
        to->data[before] = '\0';
    }
    return r;
}

static json_t *new_line(const struct alme_request *request, bool *ok) {
    json_t *object = json_object();
    if (request->jsonrpc)
        json_put_text(object, "jsonrpc", "2.0", ok);
    return object;
}

int alme_reply_success(struct buffer *to, const struct alme_request *request, const char *message,
                       json_t *data, arcella_error **reterr) {
    bool ok = true;
    json_t *object = new_line(request, &ok);
    put_id(object, request, &ok);
    json_t *body = request->jsonrpc ? json_object() : object;
    json_put(body, "success", json_true(), &ok);
    json_put_text(body, "message", message, &ok);
    if (data)
        json_put(body, "data", data, &ok);
    if (request->jsonrpc)
        json_put(object, "result", body, &ok);
    return add_line(to, request, object, ok, reterr);
}

int alme_reply_failure(struct buffer *to, const struct alme_request *request, const arcella_error *error,
                       json_t *data, arcella_error **reterr) {
    bool ok = true;
    int code = arcella_error_code(error);
    const char *message = arcella_error_message(error);
    const char *hint = arcella_error_hint(error);
    json_t *object = new_line(request, &ok);
    put_id(object, request, &ok);
    json_t *story = json_object();
    if (request->jsonrpc) {
        json_t *body = json_object();
        json_put(body, "code", json_integer(alme_rpc_number(code)), &ok);
        json_put_text(body, "message", message, &ok);
        json_put_text(story, "code", arcella_error_name(code), &ok);
        if (*hint)
            json_put_text(story, "hint", hint, &ok);
        if (data)
            json_put(story, "data", data, &ok);
        json_put(body, "data", story, &ok);
        json_put(object, "error", body, &ok);
    } else {
        json_put(object, "success", json_false(), &ok);
        json_put_text(object, "message", message, &ok);
        if (data)
            json_put(object, "data", data, &ok);
        json_put_text(story, "code", arcella_error_name(code), &ok);
        json_put_text(story, "message", message, &ok);
        if (*hint)
            json_put_text(story, "hint", hint, &ok);
        json_put(object, "error", story, &ok);
    }
    return add_line(to, request, object, ok, reterr);
}

/* Lines before the final reply: a member of ours, or a notification of JSON-RPC that names the request. */
static int add_event(struct buffer *to, const struct alme_request *request, const char *kind, json_t *value,
                     bool ok, arcella_error **reterr) {
    json_t *object = new_line(request, &ok);
    if (request->jsonrpc) {
        json_t *params = json_object();
        put_id(params, request, &ok);
        json_put(params, kind, value, &ok);
        json_put_text(object, "method", kind, &ok);
        json_put(object, "params", params, &ok);
    } else {
        put_id(object, request, &ok);
        json_put(object, kind, value, &ok);
    }
    return add_line(to, request, object, ok, reterr);
}

int alme_reply_progress(struct buffer *to, const struct alme_request *request, const char *stage,
                        const char *message, uint64_t done, uint64_t total, arcella_error **reterr) {
    bool ok = true;
    json_t *progress = json_object();
    json_put_text(progress, "stage", stage, &ok);
    json_put_text(progress, "message", message, &ok);
    if (total) {
        json_put(progress, "done", json_integer((json_int_t)done), &ok);
        json_put(progress, "total", json_integer((json_int_t)total), &ok);
    }
    return add_event(to, request, "progress", progress, ok, reterr);
}

int alme_reply_announce(struct buffer *to, const struct alme_request *request, const char *stage,
                        const char *message, json_t *restarting, arcella_error **reterr) {
    bool ok = true;
    json_t *progress = json_object();
    json_put_text(progress, "stage", stage, &ok);
    json_put_text(progress, "message", message, &ok);
    json_put(progress, "restarting", restarting, &ok);
    return add_event(to, request, "progress", progress, ok, reterr);
}

int alme_reply_item(struct buffer *to, const struct alme_request *request, json_t *item,
                    arcella_error **reterr) {
    return add_event(to, request, "item", item, true, reterr);
}
