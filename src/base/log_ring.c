/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The last lines, for `logs`.  A ring of entries, each one allocation that holds the line and its texts (and
 * a copy of its error); the oldest go when lines or bytes pass their bound.  Owned by whoever made it; the
 * loop's thread.
 */
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"

struct log_ring {
    size_t lines_max;
    size_t first; /* index of the oldest */
    size_t count;
    uint64_t bytes;
    struct log_entry *entries[]; /* owned */
};

/* The texts of a line that are kept, each where it is in the struct. */
static const size_t text_offsets[] = {
    offsetof(struct log_line, about.component), offsetof(struct log_line, about.deployment),
    offsetof(struct log_line, about.instance),  offsetof(struct log_line, about.group),
    offsetof(struct log_line, about.stream),    offsetof(struct log_line, fields),
};

static const char **text_at(struct log_line *line, size_t offset) {
    return (const char **)(void *)((char *)line + offset);
}

static size_t message_size(const struct log_line *line) {
    return line->message_length < LIMIT_LOG_LINE_BYTES ? line->message_length : LIMIT_LOG_LINE_BYTES;
}

static size_t entry_size(const struct log_entry *entry) {
    struct log_line line = entry->line;
    size_t size = sizeof(*entry) + message_size(&line) + 1;
    for (size_t i = 0; i < ARRAY_LENGTH(text_offsets); i++) {
        const char *text = *text_at(&line, text_offsets[i]);
        size += text ? strlen(text) + 1 : 0;
    }
    return size + (line.about.error ? strlen(arcella_error_message(line.about.error)) : 0);
}

static struct log_entry *copy_line(const struct log_line *line) {
    const struct log_entry borrowed = {*line};
    struct log_entry *entry = mem_alloc(entry_size(&borrowed));
    if (!entry)
        return NULL;
    entry->line = *line;
    char *at = (char *)(entry + 1);
    for (size_t i = 0; i < ARRAY_LENGTH(text_offsets); i++) {
        const char **text = text_at(&entry->line, text_offsets[i]);
        if (!*text)
            continue;
        size_t size = strlen(*text) + 1;
        *text = memcpy(at, *text, size);
        at += size;
    }
    entry->line.message_length = message_size(line);
    entry->line.message =
        memcpy(at, line->message, entry->line.message_length); /* the NUL is there: zeroed */
    entry->line.about.error = error_copy(line->about.error);
    return entry;
}

static void drop_oldest(struct log_ring *ring) {
    struct log_entry *entry = ring->entries[ring->first];
    ring->bytes -= entry_size(entry);
    arcella_error_free((arcella_error *)(uintptr_t)entry->line.about.error);
    mem_free(entry);
    ring->entries[ring->first] = NULL;
    ring->first = (ring->first + 1) % ring->lines_max;
    ring->count--;
}

struct log_ring *log_ring_new(size_t lines_max) {
    if (lines_max == 0 || lines_max > SIZE_MAX / sizeof(struct log_entry *) / 2)
        return NULL;
    struct log_ring *ring = mem_alloc(sizeof(*ring) + lines_max * sizeof(ring->entries[0]));
    if (ring)
        ring->lines_max = lines_max;
    return ring;
}

struct log_ring *log_ring_free(struct log_ring *ring) {
    if (!ring)
        return NULL;
    while (ring->count)
        drop_oldest(ring);
    mem_free(ring);
    return NULL;
}

void log_sink_ring(const struct log_line *line, void *user) {
    struct log_ring *ring = user;
    struct log_entry *entry = copy_line(line);
    if (!entry)
        return; /* the numbers of the lines show the gap */
    if (ring->count == ring->lines_max)
        drop_oldest(ring);
    ring->entries[(ring->first + ring->count) % ring->lines_max] = entry;
    ring->count++;
    ring->bytes += entry_size(entry);
    while (ring->bytes > LIMIT_LOG_RING_BYTES && ring->count > 1)
        drop_oldest(ring);
}

void log_ring_walk(const struct log_ring *ring, bool (*fn)(const struct log_line *line, void *user),
                   void *user) {
    for (size_t i = 0; i < ring->count; i++)
        if (!fn(&ring->entries[(ring->first + i) % ring->lines_max]->line, user))
            return;
}
