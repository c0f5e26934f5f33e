/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * ALME, the Arcella Local Management Extensions: one JSON object per line, commands from a table
 * (commands.def).
 *
 *     {"cmd":"start","args":{"target":"hello","memory":"32m"},"id":1}
 *     {"id":1,"success":true,"message":"hello has started","data":{…}}
 *
 * or JSON-RPC 2.0 with "method" and "params"; such a request gets JSON-RPC replies, a notification gets none.
 *
 * The daemon: alme_request_parse() a line, act by request.command->id, answer with alme_reply_…().
 * A client: alme_request_write(), then alme_answer_parse() each line that comes.
 *
 * Thread: any; nothing here is shared.
 */
#ifndef WIRE_ALME_H
#define WIRE_ALME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/limits.h"

/* --- the table --- */

enum alme_id {
#define COMMAND(ID, ...) ALME_##ID,
#include "wire/commands.def"
#undef COMMAND
    ALME_COMMANDS
};

enum alme_type {
    ALME_TEXT,
    ALME_PATH,
    ALME_TARGET, /* ID in the rows */
    ALME_NAME,
    ALME_BOOL,
    ALME_U64,
    ALME_SIZE,
    ALME_TIME,
    ALME_CHOICE,
    ALME_TEXTS,
    ALME_PAIRS,
    ALME_DIRS,
    ALME_FILES,
    ALME_ADDRESSES,
    ALME_LEVELS,
};

enum alme_argument_flags { ALME_REQUIRED = 1, ALME_PLACED = 2, ALME_REST = 4 };
enum alme_command_flags { ALME_LOCAL = 1, ALME_STREAM = 2, ALME_FOLLOW = 4, ALME_PROGRESS = 8 };
enum alme_who { ALME_OWNER };

struct alme_argument {
    enum alme_type type;
    const char *names; /* the name, then synonyms, separated by spaces; NULL ends a row of arguments */
    char letter;       /* one-letter option; 0 none */
    unsigned flags;
    uint64_t max;
    const char *fallback; /* NULL none */
    const char *form;     /* NULL for BOOL */
    const char *help;
};

struct alme_command {
    enum alme_id id;
    const char *name;
    const char *aliases; /* separated by spaces */
    enum alme_who who;
    unsigned flags;
    const char *help;
    const char *reply;
    const char *example;
    const struct alme_argument *arguments;
};

/** The row of a command; static. */
const struct alme_command *alme_command_of(enum alme_id id);
/** Find a command by name or alias, '_' and '-' being the same. @return NULL where there is none */
const struct alme_command *alme_command_find(const char *name);
/** The name most like this one, for "did you mean". @return a static name; NULL where nothing is like it */
const char *alme_command_nearest(const char *name);
/** Find an argument by any of its names, '_' and '-' being the same. @return NULL where there is none */
const struct alme_argument *alme_argument_find(const struct alme_command *command, const char *name);
/** The argument most like this name, for "did you mean". @return NULL where nothing is like it */
const struct alme_argument *alme_argument_nearest(const struct alme_command *command, const char *name);
/** Copy the (first) name of an argument. */
void alme_argument_name(const struct alme_argument *argument, char *to, size_t size);
/** Append the choices of a CHOICE, by their first names: "a, b or c" with between ", " and before_last " or
 * ". */
int alme_choices_add(struct buffer *to, const char *form, const char *between, const char *before_last,
                     arcella_error **reterr) MUST_CHECK;
/** Is it a list (may be given several times)? */
bool alme_argument_is_list(const struct alme_argument *argument);

/**
 * Check arguments against a command's rows: names known, all required there, types and bounds kept; fallbacks
 * filled in; every value in its final form under the argument's first name (sizes in bytes, times in
 * milliseconds, choices by their first name, pairs as a list of "K=V", lists as lists).
 *
 * @param args  an object, or an array of the PLACED arguments in order, or NULL for none; borrowed
 * @return 0, INVALID (names argument and expected form), NOMEM
 */
int alme_arguments_check(const struct alme_command *command, const json_t *args, json_t **ret,
                         arcella_error **reterr) MUST_CHECK;

/* --- the daemon's side --- */

struct alme_request {
    const struct alme_command *command; /* NULL where there was none to find */
    json_t *args;                       /* owned; as alme_arguments_check() leaves them */
    json_t *id;                         /* owned; NULL where none was given */
    bool jsonrpc;                       /* asked in JSON-RPC, to be answered so */
    bool notification;                  /* JSON-RPC without id: no reply at all */
};

/**
 * Read one request line.
 *
 * @param too_long  the line was cut (wire/lines.h)
 * @param ret       set on failure too, as far as it was understood, so that alme_reply_failure() fits; end it
 * with alme_request_done()
 * @return 0, PROTOCOL (not one JSON object, wrong members), TOO_LARGE, COMMAND (unknown, or local), INVALID
 * (an argument), NOMEM
 */
int alme_request_parse(const char *line, size_t length, bool too_long, struct alme_request *ret,
                       arcella_error **reterr) MUST_CHECK;
void alme_request_done(struct alme_request *request);
/** Is the answer a stream of items? */
bool alme_request_streams(const struct alme_request *request);

/* Arguments of a parsed request, by first name; asking for a name the row does not have is a bug (asserted).
 */

/** Was it given (or does it have a fallback)? */
bool alme_has(const struct alme_request *request, const char *name);
/** A text; borrowed from the request. @return NULL where it was not given */
const char *alme_text(const struct alme_request *request, const char *name);
/** A number, a size in bytes, a time in milliseconds. @return fallback where it was not given */
uint64_t alme_number(const struct alme_request *request, const char *name, uint64_t fallback);
bool alme_bool(const struct alme_request *request, const char *name);
/** How many elements a list has; 0 where it was not given. */
size_t alme_count(const struct alme_request *request, const char *name);
/** Element of a list; borrowed. @return NULL past its end */
const char *alme_item(const struct alme_request *request, const char *name, size_t index);
/** Were any arguments given besides the PLACED ones? */
bool alme_has_flags(const struct alme_request *request);

/*
 * Each appends one line with its LF, in the form the request asked for, or nothing for a notification.
 * data and the like are taken (freed on failure too); NULL leaves the member out.
 * Return 0, TOO_LARGE (over LIMIT_ALME_REPLY_BYTES in the buffer; send a failure instead), NOMEM.
 */

/** The final reply of a command that was carried out. */
int alme_reply_success(struct buffer *to, const struct alme_request *request, const char *message,
                       json_t *data, arcella_error **reterr) MUST_CHECK;
/** The final reply of one that was not: code, sentence and hint of the error. */
int alme_reply_failure(struct buffer *to, const struct alme_request *request, const arcella_error *error,
                       json_t *data, arcella_error **reterr) MUST_CHECK;
/** How far a long operation is: stage ("compile"), sentence, and done of total where total is not 0. */
int alme_reply_progress(struct buffer *to, const struct alme_request *request, const char *stage,
                        const char *message, uint64_t done, uint64_t total, arcella_error **reterr)
    MUST_CHECK;
/** That deployments are about to start again for it: as progress, with their names; takes them. */
int alme_reply_announce(struct buffer *to, const struct alme_request *request, const char *stage,
                        const char *message, json_t *restarting, arcella_error **reterr) MUST_CHECK;
/** One item of a stream. */
int alme_reply_item(struct buffer *to, const struct alme_request *request, json_t *item,
                    arcella_error **reterr) MUST_CHECK;
/** The JSON-RPC number of an error code (-32601 …; ours are -32000 less the code's number). */
int alme_rpc_number(int code);

/* --- a client's side --- */

/** Append a request line. @param args borrowed, may be NULL  @return 0, TOO_LARGE (over
 * LIMIT_ALME_LINE_BYTES), NOMEM */
int alme_request_write(struct buffer *to, const struct alme_command *command, const json_t *args, uint64_t id,
                       arcella_error **reterr) MUST_CHECK;

enum alme_answer_kind { ALME_ANSWER_SUCCESS, ALME_ANSWER_FAILURE, ALME_ANSWER_PROGRESS, ALME_ANSWER_ITEM };

struct alme_answer {
    enum alme_answer_kind kind;
    json_t *whole;       /* owned; what the rest borrows from */
    const char *message; /* "" where there is none */
    const json_t *data;  /* data, progress or item; may be NULL */
    const char *code;    /* of a failure, else "" */
    const char *hint;    /* of a failure, else "" */
};

/** Read one line from the daemon, of either form. @return 0, PROTOCOL, NOMEM */
int alme_answer_parse(const char *line, size_t length, struct alme_answer *ret, arcella_error **reterr)
    MUST_CHECK;
/** Free what an answer owns. */
void alme_answer_done(struct alme_answer *answer);

/* --- docs --- */

/** Append the reference page of the commands, as Markdown. */
int alme_markdown(struct buffer *to, arcella_error **reterr) MUST_CHECK;
/** Append the reference page of the error codes, as Markdown. */
int alme_markdown_errors(struct buffer *to, arcella_error **reterr) MUST_CHECK;

#endif
