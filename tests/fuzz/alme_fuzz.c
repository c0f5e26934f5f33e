/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Fuzz target: the bytes are what a client sends on the ALME socket, cut into lines as the server cuts them.
 * Each line is read as a request, and gets the reply it would get; then it is read as an answer, as a client
 * would. Every reply must be one whole line of JSON that our own client understands.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/mem.h"
#include "wire/alme.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds)
        __builtin_trap();
}

static void answer(struct alme_request *request, int r, const arcella_error *error) {
    BUFFER_AUTO reply = BUFFER_INIT(LIMIT_ALME_REPLY_BYTES);
    check(r == 0 || arcella_error_code(error) == r);
    int written = r == 0 ? alme_reply_success(&reply, request, "done", json_object(), NULL)
                         : alme_reply_failure(&reply, request, error, NULL, NULL);
    check(written == 0);
    if (request->notification) {
        check(reply.length == 0);
        return;
    }
    check(reply.length && reply.data[reply.length - 1] == '\n');
    check(!memchr(reply.data, '\n', reply.length - 1));
    struct alme_answer back;
    check(alme_answer_parse(reply.data, reply.length - 1, &back, NULL) == 0);
    check(back.kind == (r == 0 ? ALME_ANSWER_SUCCESS : ALME_ANSWER_FAILURE));
    alme_answer_done(&back);
}

static void take_line(const char *line, size_t length) {
    struct alme_request request;
    ERROR_AUTO *error = NULL;
    bool too_long = length > LIMIT_ALME_LINE_BYTES;
    if (too_long)
        length = LIMIT_ALME_LINE_BYTES;
    int r = alme_request_parse(line, length, too_long, &request, &error);
    if (r == 0) {
        check(request.command && !(request.command->flags & ALME_LOCAL));
        /* What was checked once is as it should be: checking it again changes nothing. */
        JSON_AUTO *again = NULL;
        check(alme_arguments_check(request.command, request.args, &again, NULL) == 0);
        check(json_equal(again, request.args));
        alme_request_streams(&request);
        alme_has_flags(&request);
    }
    answer(&request, r, error);
    alme_request_done(&request);
    struct alme_answer back;
    if (alme_answer_parse(line, length, &back, NULL) == 0)
        alme_answer_done(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *at = (const char *)data;
    const char *end = at + size;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((stop ? stop : end) - at);
        if (length)
            take_line(at, length);
        at += length + 1;
    }
    return 0;
}
