/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Two host modules for components: each offers the functions and the resource of an interface in
 * wit/hosts.wit, and keeps its state in a struct of the embedder's. */
#ifndef HOSTS_H
#define HOSTS_H

#include <arcella/arcella.h>
#include <stdbool.h>

/* --- kv: a store with transactions (kv.c) --- */

#define KV_TRANSACTIONS 8           /* open at a time */
#define KV_BYTES        (64 * 1024) /* of keys and values: what a guest can make us hold */

struct kv_entry;

struct kv_transaction {
    bool open;
    struct kv_entry *base;   /* the newest when it began */
    struct kv_entry *newest; /* of its own, before the base */
};

/* Begin with all zero; outlives the runtime. */
struct kv {
    struct kv_entry *newest; /* owned; what was committed, newest first */
    struct kv_transaction transactions[KV_TRANSACTIONS];
    size_t bytes; /* of all entries */
};

/** Offer the interface kv. @return as arcella_host_func() */
int kv_offer(struct kv *kv, arcella_runtime *runtime, arcella_error **reterr);
/** Tell what is committed, each key once, newest first. */
void kv_print(const struct kv *kv);
/** Free all entries; the runtime must be gone. */
void kv_done(struct kv *kv);

/* --- inference: models by handles (model.c) --- */

#define MODELS       4   /* loaded at a time */
#define MODEL_INPUTS 256 /* numbers it takes at most */

struct model {
    bool loaded;
    float ratio; /* of each weight to the one before it */
};

/* Begin with all zero; outlives the runtime. */
struct models {
    struct model loaded[MODELS];
};

/** Offer the interface inference. @return as arcella_host_func() */
int models_offer(struct models *models, arcella_runtime *runtime, arcella_error **reterr);

#endif
