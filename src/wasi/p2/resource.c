/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The table of an instance's resources: see the header. */
#include "wasi/p2/resource.h"

#include <stdarg.h>

#include "base/mem.h"
#include "engine/core.h"
#include "host/listing.h"
#include "host/tcp.h"
#include "wasi/p2/state.h"

static const char *const kind_names[P2_KINDS] = {[P2_FREE] = "nothing",
#define XX(name, text, interface) [P2_##name] = text,
                                                 P2_RESOURCE_MAP(XX)
#undef XX
};

const char *p2_kind_name(enum p2_kind kind) {
    return (unsigned)kind < P2_KINDS ? kind_names[kind] : "?";
}

/* --- memory --- */

static bool charge(struct wasi_p2 *wasi, uint64_t bytes) {
    if (wasi->budget && !memory_budget_take(wasi->budget, bytes))
        return false;
    wasi->resources.bytes += bytes;
    return true;
}

static void *take(struct wasi_p2 *wasi, uint64_t bytes) {
    if (!charge(wasi, bytes))
        return NULL;
    void *p = mem_alloc(bytes);
    if (!p) {
        wasi->resources.bytes -= bytes;
        if (wasi->budget)
            memory_budget_give(wasi->budget, bytes);
    }
    return p;
}

union p2_object *p2_object_new(struct wasi_p2 *wasi) {
    union p2_object *object = wasi->resources.objects;
    if (!object)
        return take(wasi, sizeof(*object));
    wasi->resources.objects = object->next;
    memset(object, 0, sizeof(*object));
    return object;
}

void p2_object_free(struct wasi_p2 *wasi, void *object) {
    union p2_object *o = object;
    o->next = wasi->resources.objects;
    wasi->resources.objects = o;
}

/* --- objects --- */

struct p2_input *p2_input_new(struct wasi_p2 *wasi, struct host_file *file, uint64_t offset) {
    union p2_object *object = p2_object_new(wasi);
    if (!object)
        return NULL;
    object->input.refs = 1;
    host_input_init(&object->input.stream, file, offset);
    return &object->input;
}

struct p2_output *p2_output_new(struct wasi_p2 *wasi, struct host_file *file, enum host_output_how how,
                                uint64_t offset) {
    union p2_object *object = p2_object_new(wasi);
    if (!object)
        return NULL;
    object->output.refs = 1;
    host_output_init(&object->output.stream, file, how, offset);
    return &object->output;
}

void p2_input_unref(struct wasi_p2 *wasi, struct p2_input *input) {
    if (!input || --input->refs)
        return;
    host_input_done(&input->stream);
    p2_object_free(wasi, input);
}

void p2_output_unref(struct wasi_p2 *wasi, struct p2_output *output) {
    if (!output || --output->refs)
        return;
    host_output_done(&output->stream);
    p2_object_free(wasi, output);
}

void p2_udp_unref(struct wasi_p2 *wasi, struct p2_udp *udp) {
    if (!udp || --udp->refs)
        return;
    host_udp_free(udp->socket);
    p2_object_free(wasi, udp);
}

/* --- entries --- */

void p2_resources_init(struct p2_resources *resources) {
    *resources = (struct p2_resources){.free = P2_NO_PARENT};
}

static struct p2_entry *at(const struct p2_resources *resources, uint32_t rep) {
    return &resources->chunks[rep / P2_CHUNK_ENTRIES][rep % P2_CHUNK_ENTRIES];
}

/* Everything behind an entry. */
static void release(struct wasi_p2 *wasi, struct p2_entry *entry) {
    switch ((enum p2_kind)entry->kind) {
    case P2_INPUT_STREAM: p2_input_unref(wasi, entry->input); break;
    case P2_OUTPUT_STREAM: p2_output_unref(wasi, entry->output); break;
    case P2_DESCRIPTOR: host_file_unref(entry->file); break;
    case P2_DIRECTORY_ENTRY_STREAM: host_listing_free(entry->listing); break;
    case P2_TCP_SOCKET: host_tcp_free(entry->tcp); break;
    case P2_UDP_SOCKET: p2_udp_unref(wasi, entry->udp); break;
    case P2_INCOMING_DATAGRAM_STREAM:
    case P2_OUTGOING_DATAGRAM_STREAM:
        p2_udp_unref(wasi, entry->datagrams->udp);
        p2_object_free(wasi, entry->datagrams);
        break;
    case P2_RESOLVE_ADDRESS_STREAM: host_lookup_free(entry->lookup); break;
    default: break; /* nothing behind it that is its own */
    }
}

static int grow(struct wasi_p2 *wasi) {
    struct p2_resources *r = &wasi->resources;
    if (r->chunks_count == r->chunks_capacity) {
        uint32_t capacity = r->chunks_capacity ? 2 * r->chunks_capacity : 4;
        uint64_t more = (capacity - r->chunks_capacity) * sizeof(*r->chunks);
        if (!charge(wasi, more))
            return HOST_E_NOMEM;
        struct p2_entry **chunks = mem_resize(r->chunks, capacity * sizeof(*chunks));
        if (!chunks)
            return HOST_E_NOMEM; /* the charge goes with the table */
        r->chunks = chunks;
        r->chunks_capacity = capacity;
    }
    struct p2_entry *chunk = take(wasi, P2_CHUNK_ENTRIES * sizeof(*chunk));
    if (!chunk)
        return HOST_E_NOMEM;
    uint32_t first = r->chunks_count * P2_CHUNK_ENTRIES;
    for (uint32_t i = 0; i < P2_CHUNK_ENTRIES; i++)
        chunk[i].next = i + 1 < P2_CHUNK_ENTRIES ? first + i + 1 : r->free;
    r->free = first;
    r->chunks[r->chunks_count++] = chunk;
    return 0;
}

int p2_add(struct wasi_p2 *wasi, const struct p2_entry *made, uint32_t *ret_rep) {
    struct p2_resources *r = &wasi->resources;
    if (r->count >= LIMIT_P2_RESOURCES || (made->kind == P2_POLLABLE && r->pollables >= LIMIT_P2_POLLABLES))
        return HOST_E_MFILE;
    if (r->free == P2_NO_PARENT) {
        int error = grow(wasi);
        if (error)
            return error;
    }
    uint32_t rep = r->free;
    struct p2_entry *entry = at(r, rep);
    r->free = entry->next;
    *entry = *made;
    entry->children = 0;
    if (entry->parent != P2_NO_PARENT)
        at(r, entry->parent)->children++;
    r->count++;
    r->pollables += made->kind == P2_POLLABLE;
    *ret_rep = rep;
    return 0;
}

struct p2_entry *p2_find(struct wasi_p2 *wasi, uint32_t rep, enum p2_kind kind) {
    const struct p2_resources *r = &wasi->resources;
    if (UNLIKELY(rep / P2_CHUNK_ENTRIES >= r->chunks_count))
        return NULL;
    struct p2_entry *entry = at(r, rep);
    return LIKELY(entry->kind == kind) ? entry : NULL;
}

void p2_resources_done(struct wasi_p2 *wasi) {
    struct p2_resources *r = &wasi->resources;
    for (uint32_t i = 0; i < r->chunks_count; i++) {
        for (uint32_t n = 0; n < P2_CHUNK_ENTRIES; n++)
            release(wasi, &r->chunks[i][n]);
        mem_free(r->chunks[i]);
    }
    mem_free(r->chunks);
    while (r->objects) {
        union p2_object *object = r->objects;
        r->objects = object->next;
        mem_free(object);
    }
    if (wasi->budget)
        memory_budget_give(wasi->budget, r->bytes);
    p2_resources_init(r);
}

/* --- for calls --- */

int p2_limit(struct call *call, const char *format, ...) {
    char message[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    (void)engine_stop(call->engine, ENGINE_END_LIMIT, 0, message);
    return ABI_STOP;
}

static int cannot_add(struct call *call, const struct wasi_p2 *wasi, int error) {
    if (error == HOST_E_NOMEM)
        return p2_limit(call, "its resources of WASI take more memory than it may make the host hold");
    if (wasi->resources.count >= LIMIT_P2_RESOURCES)
        return p2_limit(call, "it holds %u resources of WASI, at most %u are allowed", wasi->resources.count,
                        LIMIT_P2_RESOURCES);
    return p2_limit(call, "it holds %u pollables, at most %u are allowed", wasi->resources.pollables,
                    LIMIT_P2_POLLABLES);
}

int p2_give(struct call *call, struct wasi_p2 *wasi, struct p2_entry made, struct slot to) {
    uint32_t rep;
    int error = p2_add(wasi, &made, &rep);
    if (UNLIKELY(error)) {
        release(wasi, &made);
        return cannot_add(call, wasi, error);
    }
    /* Where no handle can be given the run is over, and the table has it until the end. */
    return slot_own(to, rep);
}

int p2_arg(struct call *call, struct wasi_p2 *wasi, uint32_t index, enum p2_kind kind, struct p2_entry **ret,
           uint32_t *ret_rep) {
    uint32_t rep;
    int r = view_borrow(call_arg(call, index), &rep);
    if (UNLIKELY(r))
        return r;
    *ret = p2_find(wasi, rep, kind);
    if (UNLIKELY(!*ret))
        return p2_trap(call, "wrong-resource", "the %s is none of the host's", p2_kind_name(kind));
    if (ret_rep)
        *ret_rep = rep;
    return 0;
}

int p2_give_pollable(struct call *call, struct wasi_p2 *wasi, enum p2_wait how, uint32_t parent) {
    struct slot result;
    int r = call_result(call, &result);
    if (r)
        return r;
    struct p2_entry made = {.kind = P2_POLLABLE,
                            .how = (uint8_t)how,
                            .parent = parent,
                            .object = at(&wasi->resources, parent)->object};
    return p2_give(call, wasi, made, result);
}

/* --- dropping --- */

static const struct p2_entry *child_of(const struct p2_resources *r, uint32_t rep) {
    for (uint32_t i = 0; i < r->chunks_count * P2_CHUNK_ENTRIES; i++) {
        const struct p2_entry *entry = at(r, i);
        if (entry->kind != P2_FREE && entry->parent == rep)
            return entry;
    }
    return NULL;
}

int p2_drop(struct component_instance *instance, uint32_t rep, void *user) {
    enum p2_kind kind = (enum p2_kind)(uintptr_t)user;
    struct engine_instance *engine = component_engine(instance);
    /* The instance is being freed, in no order that children would know; so is its state, with everything. */
    if (!engine)
        return 0;
    struct wasi_p2 *wasi = *(struct wasi_p2 **)component_user(instance);
    struct p2_resources *r = &wasi->resources;
    struct p2_entry *entry = p2_find(wasi, rep, kind);
    if (UNLIKELY(!entry))
        return engine_trap(engine, "wrong-resource", "the %s is none of the host's", p2_kind_name(kind));
    if (UNLIKELY(entry->children)) {
        const struct p2_entry *child = child_of(r, rep);
        return engine_trap(engine, "resource-has-children",
                           "the %s was dropped before the %s that was made from it", p2_kind_name(kind),
                           p2_kind_name(child ? child->kind : P2_FREE));
    }
    release(wasi, entry);
    if (entry->parent != P2_NO_PARENT)
        at(r, entry->parent)->children--;
    r->count--;
    r->pollables -= entry->kind == P2_POLLABLE;
    *entry = (struct p2_entry){.kind = P2_FREE, .next = r->free};
    r->free = rep;
    return 0;
}
