/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A store of texts by key, with transactions as a resource.
 *
 * All entries are one list, newest first, that is only ever added to at its front: a transaction remembers
 * where the front was, and puts its own entries before that.  So it sees the store as it was when it began,
 * and nobody sees its entries until the store's front becomes its own.  If the store has got another front
 * meanwhile, it conflicts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hosts.h"

#define KV      "example:hosts/kv@0.1.0"
#define PROBLEM "enum{busy, conflict, full}"

enum { OK, ERR };                    /* cases of a result */
enum { NONE, SOME };                 /* of an option */
enum { BUSY, CONFLICT, FULL, DONE }; /* of problem; DONE is none of them */

struct kv_entry {
    struct kv_entry *older;
    size_t key_length, value_length;
    char text[]; /* the key, then the value */
};

static size_t size_of(const struct kv_entry *entry) {
    return sizeof(*entry) + entry->key_length + entry->value_length;
}

static const struct kv_entry *find(const struct kv_entry *from, const char *key, size_t length) {
    while (from && (from->key_length != length || memcmp(from->text, key, length) != 0))
        from = from->older;
    return from;
}

/* Free the entries of a list as far as one that stays. */
static void drop_entries(struct kv *kv, struct kv_entry *from, const struct kv_entry *stays) {
    while (from != stays) {
        struct kv_entry *older = from->older;
        kv->bytes -= size_of(from);
        free(from);
        from = older;
    }
}

/* --- what a guest calls --- */

/* A handle is the number of its transaction: the library lets no other through. */
static int transaction_of(arcella_call *call, struct kv *kv, struct kv_transaction **ret) {
    uint32_t number;
    int r = arcella_view_borrow(arcella_call_arg(call, 0), &number);
    *ret = r ? NULL : &kv->transactions[number];
    return r;
}

/* The result is result<_, problem>. */
static int answer(arcella_call *call, uint32_t problem) {
    struct arcella_slot result, payload;
    int r = arcella_call_result(call, &result);
    if (r || problem == DONE)
        return r ? r : arcella_slot_case(result, OK, NULL);
    r = arcella_slot_case(result, ERR, &payload);
    return r ? r : arcella_slot_case(payload, problem, NULL);
}

static int begin(arcella_call *call, void *user) {
    struct kv *kv = user;
    struct arcella_slot result, own;
    uint32_t number = 0;
    while (number < KV_TRANSACTIONS && kv->transactions[number].open)
        number++;
    if (number == KV_TRANSACTIONS)
        return answer(call, BUSY);
    int r = arcella_call_result(call, &result);
    r = r ? r : arcella_slot_case(result, OK, &own);
    r = r ? r : arcella_slot_own(own, number);
    if (!r) /* else the guest is being ended, and has no handle */
        kv->transactions[number] = (struct kv_transaction){true, kv->newest, kv->newest};
    return r;
}

static int get(arcella_call *call, void *user) {
    struct kv_transaction *transaction;
    struct arcella_slot result, text;
    const char *key;
    size_t length;
    int r = transaction_of(call, user, &transaction);
    r = r ? r : arcella_view_string(arcella_call_arg(call, 1), &key, &length);
    r = r ? r : arcella_call_result(call, &result);
    if (r)
        return r;
    const struct kv_entry *entry = find(transaction->newest, key, length);
    if (!entry)
        return arcella_slot_case(result, NONE, NULL);
    r = arcella_slot_case(result, SOME, &text);
    return r ? r : arcella_slot_string(text, entry->text + entry->key_length, entry->value_length);
}

static int put(arcella_call *call, void *user) {
    struct kv *kv = user;
    struct kv_transaction *transaction;
    const char *key, *value;
    size_t key_length, value_length;
    int r = transaction_of(call, kv, &transaction);
    r = r ? r : arcella_view_string(arcella_call_arg(call, 1), &key, &key_length);
    r = r ? r : arcella_view_string(arcella_call_arg(call, 2), &value, &value_length);
    if (r)
        return r;
    size_t room = KV_BYTES - kv->bytes, head = sizeof(struct kv_entry);
    if (room < head || room - head < key_length || room - head - key_length < value_length)
        return answer(call, FULL);
    struct kv_entry *entry = malloc(head + key_length + value_length);
    if (!entry)
        return answer(call, FULL);
    *entry = (struct kv_entry){transaction->newest, key_length, value_length};
    memcpy(entry->text, key, key_length);
    memcpy(entry->text + key_length, value, value_length);
    kv->bytes += size_of(entry);
    transaction->newest = entry;
    return answer(call, DONE);
}

/* Without commit: the end of a transaction however it came to it, by the guest or with its instance. */
static void dropped(uint32_t number, void *user) {
    struct kv *kv = user;
    struct kv_transaction *transaction = &kv->transactions[number];
    drop_entries(kv, transaction->newest, transaction->base);
    transaction->open = false;
}

static int commit(arcella_call *call, void *user) {
    struct kv *kv = user;
    uint32_t number;
    int r = arcella_view_own(arcella_call_arg(call, 0), &number); /* the handle is gone, the number is ours */
    if (r)
        return r;
    struct kv_transaction *transaction = &kv->transactions[number];
    if (kv->newest != transaction->base) {
        dropped(number, kv);
        return answer(call, CONFLICT);
    }
    kv->newest = transaction->newest;
    transaction->open = false;
    return answer(call, DONE);
}

static int rollback(arcella_call *call, void *user) {
    uint32_t number;
    int r = arcella_view_own(arcella_call_arg(call, 0), &number);
    if (!r)
        dropped(number, user);
    return r;
}

/* --- the embedder's side --- */

int kv_offer(struct kv *kv, arcella_runtime *runtime, arcella_error **reterr) {
    static const struct {
        const char *name, *type;
        arcella_host_fn *fn;
    } functions[] = {
        {"begin", "() -> result<own<transaction>, " PROBLEM ">", begin},
        {"[method]transaction.get", "(borrow<transaction>, string) -> option<string>", get},
        {"[method]transaction.put", "(borrow<transaction>, string, string) -> result<_, " PROBLEM ">", put},
        {"[static]transaction.commit", "(own<transaction>) -> result<_, " PROBLEM ">", commit},
        {"[static]transaction.rollback", "(own<transaction>)", rollback},
    };
    int r = arcella_host_resource(runtime, KV, "transaction", dropped, kv, reterr);
    for (size_t i = 0; !r && i < sizeof(functions) / sizeof(functions[0]); i++)
        r = arcella_host_func(runtime, KV, functions[i].name, functions[i].type, functions[i].fn, kv, reterr);
    return r;
}

void kv_print(const struct kv *kv) {
    for (const struct kv_entry *e = kv->newest; e; e = e->older)
        if (find(kv->newest, e->text, e->key_length) == e)
            printf("%.*s = %.*s\n", (int)e->key_length, e->text, (int)e->value_length,
                   e->text + e->key_length);
}

void kv_done(struct kv *kv) {
    drop_entries(kv, kv->newest, NULL);
    kv->newest = NULL;
}
