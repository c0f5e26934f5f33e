/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The two sides of the component benches: ours (component_ours.c) and the engine's own component interface
 * (component_reference.c), in one process.  Each call names a function of tests/guests/bench_component.wat.
 */
#ifndef BENCH_COMPONENT_H
#define BENCH_COMPONENT_H

#include <stddef.h>
#include <stdint.h>

#include "bench.h"

enum { ENTRIES = 1000, TEXT_BYTES = 20, MOST_BYTES = 1 << 20 };

/* What is passed: made once. */
struct bench_entry {
    uint32_t id;
    double weight;
    const char *label;
};
extern struct bench_entry bench_entries[ENTRIES];
extern const char bench_text[TEXT_BYTES + 1];
extern uint8_t bench_bytes[MOST_BYTES], bench_sink[MOST_BYTES];

struct bench_file {
    const uint8_t *data;
    size_t length;
};

/* --- ours --- */
void ours_open(const struct bench_file *guest, const struct bench_file *pair, const struct bench_file *four);
void ours_close(void);
void ours_add(uint32_t calls); /* numbers: the host calls the guest */
void ours_take_text(uint32_t calls);
void ours_take_bytes(uint32_t calls, uint32_t size);
void ours_take_entries(uint32_t calls);
void ours_give_bytes(uint32_t calls, uint32_t size); /* the result of a call */
/* The guest calls `calls` times: "call-add", "call-text", "cross-add" … */
void ours_guest(const char *function, uint32_t calls);
void ours_guest_sized(const char *function, uint32_t calls, uint32_t size);
void ours_instantiate(uint32_t times);
void ours_load(uint32_t times);

/* --- the reference --- */
void reference_open(const struct bench_file *guest, const struct bench_file *pair,
                    const struct bench_file *four);
void reference_close(void);
void reference_add(uint32_t calls);
void reference_take_text(uint32_t calls);
void reference_take_bytes(uint32_t calls, uint32_t size);
void reference_take_entries(uint32_t calls);
void reference_give_bytes(uint32_t calls, uint32_t size);
void reference_guest(const char *function, uint32_t calls);
void reference_guest_sized(const char *function, uint32_t calls, uint32_t size);
void reference_instantiate(uint32_t times);
void reference_load(uint32_t times);

#endif
