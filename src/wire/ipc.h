/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Messages between a parent and its arcella-worker: structs, encoding, decoding; all made from messages.def.
 *
 *     struct ipc_stop stop = { .instance = 7, .timeout_ms = 5000 };
 *     r = channel_send(channel, IPC_STOP, &stop, reterr);                     // wire/channel.h
 *
 * A struct to be sent borrows everything it points to; a text left { NULL, 0 } is sent empty.  A decoded
 * message's texts are slices of the frame, each with a NUL behind its last byte (so .data is a C string for
 * texts and words); its lists belong to the message and go with ipc_message_done().  No decoded .data is
 * NULL.
 *
 * Thread: any; nothing here is shared.
 */
#ifndef WIRE_IPC_H
#define WIRE_IPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"

/* The version of messages.def; both sides say theirs and refuse another. */
#define IPC_PROTOCOL 6

/* What a process is for. */
#define IPC_ROLE_MAP(XX)                                                                                     \
    XX(GUEST, "guest")                                                                                       \
    XX(INTAKE, "intake")                                                                                     \
    XX(COMPILE, "compile")                                                                                   \
    XX(GATEWAY, "gateway")
enum ipc_role {
#define XX(name, text) IPC_ROLE_##name,
    IPC_ROLE_MAP(XX)
#undef XX
        IPC_ROLES
};
/** The name of a role; static, "?" for a number that is none. */
const char *ipc_role_name(unsigned role);

/* Where a guest's 0, 1, 2 go: lines of the log, or descriptors that came with start. */
enum ipc_stdio { IPC_STDIO_LOG, IPC_STDIO_FDS, IPC_STDIOS };

/* How the arguments of a call come: text behind the name, `add(1, 2)`; words of a command line; one text in
 * the descriptor that came along. */
enum ipc_call_form { IPC_CALL_EXPRESSION, IPC_CALL_WORDS, IPC_CALL_INPUT, IPC_CALL_FORMS };
/* What is only checked: nothing (it is called), the function's name, its arguments too. */
enum ipc_call_check { IPC_CALL_CHECK_NOT, IPC_CALL_CHECK_NAME, IPC_CALL_CHECK_ALL, IPC_CALL_CHECKS };

/* What became of a lookup. */
#define IPC_LOOKUP_RESULT_MAP(XX)                                                                            \
    XX(OK, "ok")                                                                                             \
    XX(NO_NAME, "no-name")     /* it does not exist, or has no address */                                    \
    XX(TEMPORARY, "temporary") /* ask again later: the name server's trouble, or too many wait */            \
    XX(PERMANENT, "permanent")                                                                               \
    XX(DENIED, "denied") /* by the grants of the instance */                                                 \
    XX(TIMED_OUT, "timed-out")
enum ipc_lookup_result {
#define XX(name, text) IPC_LOOKUP_##name,
    IPC_LOOKUP_RESULT_MAP(XX)
#undef XX
        IPC_LOOKUP_RESULTS
};
/* Addresses of one answer at most; more are cut. */
enum { IPC_LOOKUP_ADDRESSES = 32 };

/* Why something is audited; as enum host_reason. */
enum ipc_audit_reason {
    IPC_AUDIT_NO_GRANT,
    IPC_AUDIT_DENIED_BY_ROW,
    IPC_AUDIT_DENIED_BY_POLICY,
    IPC_AUDIT_ONLY_TOLD,
    IPC_AUDIT_REASONS
};

/*
 * The page that came with setup, shared with the parent, who reads it when the process is gone: what it holds
 * is told even of a process that was killed without a word.  Written by the child with relaxed stores.
 */
struct ipc_page {
    _Atomic uint64_t running; /* handle of the instance that has the processor; 0: nobody */
};
enum { IPC_PAGE_BYTES = 4096 };

/* Who sends a message. */
enum ipc_side { IPC_PARENT, IPC_CHILD };

/* How a payload is written: MessagePack, or JSON for eyes (ARCELLA_IPC=json). */
enum ipc_encoding { IPC_PACK = 1, IPC_JSON = 2 };

/* --- struct ipc_dir …, struct ipc_setup, struct ipc_start … --- */
#define RECORD(record, help)                             struct record {
#define MESSAGE(number, NAME, name, sender, roles, help) struct ipc_##name {
#define END(record)                                                                                          \
    }                                                                                                        \
    ;
#define F_U64(record, name, max, help)   uint64_t name;
#define F_I64(record, name, help)        int64_t name;
#define F_BOOL(record, name, help)       bool name;
#define F_TEXT(record, name, max, help)  struct text name;
#define F_WORD(record, name, max, help)  struct text name;
#define F_BYTES(record, name, max, help) struct text name;
#define F_TEXTS(record, name, count, max, help)                                                              \
    const struct text *name;                                                                                 \
    uint32_t name##_count;
#define F_WORDS(record, name, count, max, help)                                                              \
    const struct text *name;                                                                                 \
    uint32_t name##_count;
#define F_LIST(record, name, item, count, help)                                                              \
    const struct item *name;                                                                                 \
    uint32_t name##_count;
#include "wire/messages.def"

/* --- enum ipc_type: IPC_SETUP = 1 … --- */
#define MESSAGE(number, NAME, name, sender, roles, help) IPC_##NAME = (number),
enum ipc_type {
#include "wire/messages.def"
    IPC_TYPE_LAST_ = UINT16_MAX
};

/* A decoded message: message.type says which member of the union is set (message.start …). */
struct ipc_message {
    enum ipc_type type;
    union {
#define MESSAGE(number, NAME, name, sender, roles, help) struct ipc_##name name;
#include "wire/messages.def"
    };
    struct ipc_memory *memory; /* owned: what lists stand in */
};

/** The name of a message ("start_failed"); static, "?" for a number that is none. */
const char *ipc_type_name(unsigned type);

/**
 * Append the payload of a message.
 *
 * @param type    IPC_…
 * @param record  the struct of that type, borrowed; its bounds are checked
 * @return 0, INVALID (a value over its bound, a text that is not UTF-8 or holds a NUL; names the field),
 * TOO_LARGE, NOMEM
 */
int ipc_encode(enum ipc_type type, const void *record, enum ipc_encoding encoding, struct buffer *to,
               arcella_error **reterr) MUST_CHECK;

/**
 * Read a payload.
 *
 * @param sender   whose message it is; one that this side may not send is refused
 * @param payload  length bytes and one more that may be written; NULs are put behind the texts in place, so
 * the bytes cannot be decoded twice; must outlive the message
 * @param ret      set on success only; end it with ipc_message_done()
 * @return 0, PROTOCOL (unknown type, wrong sender, wrong form, over a bound, bytes left over; names the
 * field), NOMEM
 */
int ipc_decode(unsigned type, enum ipc_side sender, enum ipc_encoding encoding, char *payload, size_t length,
               struct ipc_message *ret, arcella_error **reterr) MUST_CHECK;

/** Free the lists of a decoded message; it is empty afterwards. */
void ipc_message_done(struct ipc_message *message);

/** May a process of this role get or send this message? */
bool ipc_type_has_role(unsigned type, enum ipc_role role);

/* --- the rows, for tests, docs and traces --- */

enum ipc_kind { IPC_U64, IPC_I64, IPC_BOOL, IPC_TEXT, IPC_WORD, IPC_BYTES, IPC_TEXTS, IPC_WORDS, IPC_LIST };

struct ipc_field {
    const char *name; /* NULL ends a row of fields */
    enum ipc_kind kind;
    size_t offset;                 /* in the struct */
    size_t count_offset;           /* of the …_count beside a list */
    uint64_t max;                  /* of the value, or bytes of the text */
    uint32_t count_max;            /* elements of a list */
    const struct ipc_record *item; /* IPC_LIST */
    const char *help;
};

struct ipc_record {
    const char *name;
    size_t size;
    const struct ipc_field *fields;
    const char *help;
};

struct ipc_row {
    unsigned number;
    const char *name;
    enum ipc_side sender;
    unsigned roles; /* 1 << enum ipc_role */
    struct ipc_record record;
};

/** All messages. @return the table and its length; static */
const struct ipc_row *ipc_rows(size_t *ret_count);
/** The row of a message. @return NULL for a number that is none */
const struct ipc_row *ipc_row_of(unsigned type);
/** A checksum over all that both sides must agree on: numbers, order, kinds, bounds. */
uint64_t ipc_checksum(void);
/** Append the reference page of the messages, as Markdown. */
int ipc_markdown(struct buffer *to, arcella_error **reterr) MUST_CHECK;

#endif
