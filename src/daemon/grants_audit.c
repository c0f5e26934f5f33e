/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Lines of the audit about who granted what. */
#include "base/clock.h"
#include "base/json.h"
#include "daemon/commands.h"
#include "daemon/grants_apply.h"

/* The client's number of its request, as a field; "" where it has none. */
static void request_id(const struct call *call, char *to, size_t size) {
    BUFFER_AUTO id = BUFFER_INIT(256), quoted = BUFFER_INIT(512);
    to[0] = '\0';
    if (call->request.id && json_add(&id, call->request.id, NULL) == 0 &&
        text_add_logfmt(&quoted, id.data, id.length, 200, NULL) == 0)
        snprintf(to, size, " request=%s", quoted.data);
}

static const char *word_of(enum grants_audit what, const struct grant *row) {
    switch (what) {
    case GRANTS_REVOKED: return "revoked";
    case GRANTS_NOT_RECORDED: return "not recorded";
    default: return row->effect == GRANT_DENY ? "denied by command" : "granted";
    }
}

void grants_audit(const struct call *call, const char *deployment, const struct grant_set *rows,
                  enum grants_audit what) {
    struct log_about about = {.unit = LOG_AUDIT, .deployment = deployment};
    char id[520];
    request_id(call, id, sizeof(id));
    for (size_t i = 0; i < rows->count; i++) {
        const struct grant *row = &rows->rows[i];
        char flag[2048], expires[48] = "", time[32];
        BUFFER_AUTO quoted = BUFFER_INIT(4096);
        if (row->class == GRANT_ARGS)
            continue; /* they say what it is to do, not what it may reach */
        grant_flag(row, flag, sizeof(flag));
        if (text_add_logfmt(&quoted, flag, strlen(flag), 2048, NULL) < 0)
            buffer_clear(&quoted);
        if (row->expires_ms) {
            clock_format(row->expires_ms * 1000000, time, sizeof(time));
            snprintf(expires, sizeof(expires), " expires=%s", time);
        }
        log_event(LOG_INFO, &about, word_of(what, row), "command=%s uid=%u grant=%s effect=%s source=%s%s%s",
                  call->request.command->name, (unsigned)call->uid, quoted.data ? quoted.data : "\"\"",
                  grant_effect_name(row->effect), grant_source_name(row->source), expires, id);
    }
}
