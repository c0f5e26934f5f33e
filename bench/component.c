/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What components cost, against the engine's own component interface in C, in this process:
 * bench_component BENCH_COMPONENT.WASM BENCH_PAIR.WASM HELLO_COMPONENT.WASM [ROW]
 *
 * "in": the host calls a guest with it; "out": a guest calls the host with it.  A list is copied once from or
 * to a buffer of the host's in both; against memcpy of as many bytes it has a row of its own.
 */
#include "component.h"

#include <string.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "base/limits.h"

#include <fcntl.h>

enum { PAIRS = 15 };

struct bench_entry bench_entries[ENTRIES];
const char bench_text[TEXT_BYTES + 1] = "twenty bytes of text";
uint8_t bench_bytes[MOST_BYTES], bench_sink[MOST_BYTES];

static const char *only;

static double per_call(uint64_t began, uint32_t calls) {
    return (double)(bench_ns() - began) / calls;
}

/* One row: ours and the reference by turns. @param of  calls of ours, of the reference */
#define ROW(name, unit, divide, ours_calls, reference_calls, ours_code, reference_code)                      \
    do {                                                                                                     \
        static double a_[PAIRS], b_[PAIRS];                                                                  \
        if (only && !strstr(name, only))                                                                     \
            break;                                                                                           \
        for (int i_ = -1; i_ < PAIRS; i_++) {                                                                \
            uint64_t began_ = bench_ns();                                                                    \
            uint32_t n = (ours_calls);                                                                       \
            ours_code;                                                                                       \
            double x_ = per_call(began_, n) / (divide);                                                      \
            began_ = bench_ns();                                                                             \
            n = (reference_calls);                                                                           \
            reference_code;                                                                                  \
            double y_ = per_call(began_, n) / (divide);                                                      \
            if (i_ >= 0)                                                                                     \
                a_[i_] = x_, b_[i_] = y_;                                                                    \
        }                                                                                                    \
        bench_report(name, unit, a_, b_, PAIRS);                                                             \
    } while (0)

static void copy_times(uint32_t times, size_t size) {
    for (uint32_t i = 0; i < times; i++) {
        memcpy(bench_sink, bench_bytes, size);
        __asm__ volatile("" : : "r"(bench_sink) : "memory"); /* each copy counts */
    }
}

static void scalar_rows(void) {
    ROW("component: scalar call in", "ns", 1, 200000, 50000, ours_add(n), reference_add(n));
    ROW("component: scalar call out", "ns", 1, 500000, 50000, ours_guest("call-add", n),
        reference_guest("call-add", n));
    ROW("component: 20-byte string in", "ns", 1, 100000, 30000, ours_take_text(n), reference_take_text(n));
    ROW("component: 20-byte string out", "ns", 1, 200000, 30000, ours_guest("call-text", n),
        reference_guest("call-text", n));
}

static void list_rows(uint32_t size, const char *words, uint32_t calls, uint32_t slow) {
    char name[96];
    snprintf(name, sizeof(name), "component: list<u8> of %s in", words);
    ROW(name, "ns", 1, calls, slow, ours_take_bytes(n, size), reference_take_bytes(n, size));
    snprintf(name, sizeof(name), "component: list<u8> of %s out", words);
    ROW(name, "ns", 1, calls, slow, ours_guest_sized("call-bytes", n, size),
        reference_guest_sized("call-bytes", n, size));
    snprintf(name, sizeof(name), "component: list<u8> of %s as a call's result", words);
    ROW(name, "ns", 1, calls, slow, ours_give_bytes(n, size), reference_give_bytes(n, size));
    snprintf(name, sizeof(name), "component: list<u8> of %s from a host function", words);
    ROW(name, "ns", 1, calls, slow, ours_guest_sized("call-give", n, size),
        reference_guest_sized("call-give", n, size));
    if (size < 65536)
        return;
    snprintf(name, sizeof(name), "component: list<u8> of %s in, against memcpy", words);
    ROW(name, "ns", 1, calls, calls, ours_take_bytes(n, size), copy_times(n, size));
    snprintf(name, sizeof(name), "component: list<u8> of %s out, against memcpy", words);
    ROW(name, "ns", 1, calls, calls, ours_guest_sized("call-bytes", n, size), copy_times(n, size));
    snprintf(name, sizeof(name), "component: list<u8> of %s as a call's result, against memcpy", words);
    ROW(name, "ns", 1, calls, calls, ours_give_bytes(n, size), copy_times(n, size));
    snprintf(name, sizeof(name), "component: list<u8> of %s from a host function, against memcpy", words);
    ROW(name, "ns", 1, calls, calls, ours_guest_sized("call-give", n, size), copy_times(n, size));
}

static void cross_rows(void) {
    ROW("component: scalar call to a component beside it", "ns", 1, 500000, 500000,
        ours_guest("cross-add", n), reference_guest("cross-add", n));
    ROW("component: list<u8> of 64 KiB to a component beside it", "ns", 1, 2000, 2000,
        ours_guest_sized("cross-bytes", n, 65536), reference_guest_sized("cross-bytes", n, 65536));
    ROW("component: list<u8> of 64 KiB to a component beside it, against memcpy", "ns", 1, 2000, 2000,
        ours_guest_sized("cross-bytes", n, 65536), copy_times(n, 65536));
}

static void read_file(const char *path, struct buffer *buffer, struct bench_file *ret) {
    arcella_error *error = NULL;
    if (file_read(AT_FDCWD, path, LIMIT_WASM_BYTES, buffer, &error)) {
        fprintf(stderr, "bench_component: %s\n", arcella_error_message(error));
        exit(1);
    }
    *ret = (struct bench_file){(const uint8_t *)buffer->data, buffer->length};
}

int main(int argc, char **argv) {
    if (argc < 4)
        return 2;
    BUFFER_AUTO guest_bytes = BUFFER_INIT(LIMIT_WASM_BYTES), pair_bytes = BUFFER_INIT(LIMIT_WASM_BYTES),
                four_bytes = BUFFER_INIT(LIMIT_WASM_BYTES);
    struct bench_file guest, pair, four;
    only = argc > 4 ? argv[4] : NULL;
    read_file(argv[1], &guest_bytes, &guest);
    read_file(argv[2], &pair_bytes, &pair);
    read_file(argv[3], &four_bytes, &four);
    for (uint32_t i = 0; i < ENTRIES; i++)
        bench_entries[i] = (struct bench_entry){i, i / 2.0, "label-000001"};
    for (uint32_t i = 0; i < MOST_BYTES; i++)
        bench_bytes[i] = (uint8_t)(i * 7);
    ours_open(&guest, &pair, &four);
    reference_open(&guest, &pair, &four);
    scalar_rows();
    list_rows(1024, "1 KiB", 20000, 500);
    list_rows(65536, "64 KiB", 1000, 8);
    list_rows(1 << 20, "1 MiB", 60, 1);
    ROW("component: 1,000 records in", "us", 1e3, 200, 20, ours_take_entries(n), reference_take_entries(n));
    ROW("component: 1,000 records out", "us", 1e3, 500, 20, ours_guest("call-entries", n),
        reference_guest("call-entries", n));
    cross_rows();
    ROW("component: instantiate one of four modules", "us", 1e3, 2000, 2000, ours_instantiate(n),
        reference_instantiate(n));
    ROW("component: load one of four modules from the cache", "us", 1e3, 200, 200, ours_load(n),
        reference_load(n));
    ours_close();
    reference_close();
    return 0;
}
