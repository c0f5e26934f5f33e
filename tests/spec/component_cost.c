/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What it costs to read a component (decode, check, resolve; not to compile): component_cost
 *
 * Prints a table, in docs/component-model.md, of components of 1 to 1,000 functions and of components nested
 * to the limit, and fails where ten times as much takes far more than ten times as long or as large, or where
 * a nesting bomb is not refused at once.  Bounds are loose, since machines are busy.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "component/component.h"
#include "emit.h"

enum { REPEATS = 9, BOMB_BYTES = 190000 };

struct cost {
    const char *what;
    uint32_t count;
    size_t bytes;
    double us;
    uint64_t memory; /* of ast, types and program; the bytes themselves not counted */
};

/* --- components --- */

/* memory, realloc, and one function of (i32 i32) -> i32 under n names */
static void write_module(struct emit *to, uint32_t functions) {
    struct emit module = {0}, body = {0};
    char name[16];
    emit_module_head(&module);
    emit_codes(&body, 2, 0x60, 2, 0x7f, 0x7f, 1, 0x7f, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f);
    emit_section(&module, CORE_TYPE, &body);
    emit_codes(&body, 2, 0, 1);
    emit_section(&module, CORE_FUNC, &body);
    emit_codes(&body, 1, 0, 1);
    emit_section(&module, CORE_MEMORY, &body);
    emit_unsigned(&body, functions + 2);
    emit_name(&body, "memory");
    emit_codes(&body, 2, 0);
    emit_name(&body, "realloc");
    emit_codes(&body, 0, 1);
    for (uint32_t i = 0; i < functions; i++) {
        snprintf(name, sizeof(name), "f%u", i);
        emit_name(&body, name);
        emit_codes(&body, 0, 0);
    }
    emit_section(&module, CORE_EXPORT, &body);
    emit_codes(&body, 2, 4, 0, 0x20, 0, 0x0b, 4, 0, 0x20, 0, 0x0b);
    emit_section(&module, CORE_CODE, &body);
    emit_section(to, SECTION_CORE_MODULE, &module);
}

static void alias_core(struct emit *to, unsigned sort, const char *name) {
    struct emit body = {0};
    emit_codes(&body, 1, 0, (uint8_t)sort, 1, 0);
    emit_name(&body, name);
    emit_section(to, SECTION_ALIAS, &body);
}

/* Each function has a type of its own: (n: list<u8>) -> string, with another name n. */
static void write_function(struct emit *to, uint32_t index) {
    struct emit body = {0};
    char name[16];
    snprintf(name, sizeof(name), "p%u", index);
    emit_codes(&body, 1, 0x40, 1);
    emit_name(&body, name);
    emit_codes(&body, 0, 0, 0x73);
    emit_section(to, SECTION_TYPE, &body);
    name[0] = 'f';
    alias_core(to, 0, name);
    emit_codes(&body, 1, 0, 0);
    emit_unsigned(&body, index + 1);
    emit_codes(&body, 2, 3, 0, 4, 0);
    emit_unsigned(&body, index + 1);
    emit_section(to, SECTION_CANON, &body);
    emit_byte(&body, 1);
    emit_extern_name(&body, name);
    emit_byte(&body, 1);
    emit_unsigned(&body, 2 * (uint64_t)index); /* an export is a function of its own */
    emit_byte(&body, 0);
    emit_section(to, SECTION_EXPORT, &body);
}

static void write_functions(struct emit *to, uint32_t count) {
    struct emit body = {0};
    emit_component_head(to);
    write_module(to, count);
    emit_codes(&body, 1, 0, 0, 0);
    emit_section(to, SECTION_CORE_INSTANCE, &body);
    alias_core(to, 2, "memory");
    alias_core(to, 0, "realloc");
    emit_codes(&body, 1, 0x70, 0x7d); /* list<u8> */
    emit_section(to, SECTION_TYPE, &body);
    for (uint32_t i = 0; i < count; i++)
        write_function(to, i);
}

/* A function handed up through `depth` components, each of which instantiates the one in it. */
static void write_nested(struct emit *to, uint32_t depth) {
    struct emit inner = {0}, outer = {0}, body = {0};
    write_functions(&inner, 1);
    for (uint32_t i = 1; i < depth; i++) {
        emit_component_head(&outer);
        emit_section(&outer, SECTION_COMPONENT, &inner);
        emit_codes(&body, 1, 0, 0, 0);
        emit_section(&outer, SECTION_INSTANCE, &body);
        emit_codes(&body, 1, 1, 0, 0);
        emit_name(&body, "f0");
        emit_section(&outer, SECTION_ALIAS, &body);
        emit_byte(&body, 1);
        emit_extern_name(&body, "f0");
        emit_codes(&body, 1, 0, 0);
        emit_section(&outer, SECTION_EXPORT, &body);
        inner = outer;
        outer = (struct emit){.data = NULL};
    }
    *to = inner;
}

/* Nothing but components in components. */
static void write_bomb(struct emit *to) {
    uint32_t depth = 0;
    size_t left = BOMB_BYTES;
    for (; left > 12; depth++) {
        emit_component_head(to);
        left -= 12;
        uint32_t length = (uint32_t)left;
        emit_codes(to, SECTION_COMPONENT, (uint8_t)(length | 0x80), (uint8_t)(length >> 7 | 0x80),
                   (uint8_t)(length >> 14 & 0x7f));
    }
    while (to->length < BOMB_BYTES)
        emit_byte(to, 0);
}

/* --- measuring --- */

/* In time of the processor: others who want it do not count. */
static void measure(struct cost *cost, const struct emit *bytes) {
    cost->bytes = bytes->length;
    cost->us = 1e12;
    for (int i = 0; i < REPEATS; i++) {
        struct component *component = NULL;
        ERROR_AUTO *error = NULL;
        uint64_t began = clock_thread_cpu_ns();
        int r = component_read(bytes->data, bytes->length, NULL, NULL, &component, &error);
        double us = (double)(clock_thread_cpu_ns() - began) / 1e3;
        if (r) {
            printf("%s %u: %s\n", cost->what, cost->count, arcella_error_message(error));
            exit(1);
        }
        struct component_figures figures;
        component_figures(component, &figures);
        cost->memory = figures.memory_bytes;
        cost->us = us < cost->us ? us : cost->us;
        component_unref(component);
    }
}

static double bomb(size_t *ret_bytes) {
    struct emit bytes = {0};
    double least = 1e12;
    write_bomb(&bytes);
    *ret_bytes = bytes.length;
    for (int i = 0; i < REPEATS; i++) {
        struct component *component = NULL;
        ERROR_AUTO *error = NULL;
        uint64_t began = clock_thread_cpu_ns();
        int r = component_read(bytes.data, bytes.length, NULL, NULL, &component, &error);
        double us = (double)(clock_thread_cpu_ns() - began) / 1e3;
        if (r != ARCELLA_E_LIMIT) {
            printf("the bomb: %d, %s\n", r, arcella_error_message(error));
            exit(1);
        }
        least = us < least ? us : least;
    }
    emit_done(&bytes);
    return least;
}

/* From one row to the next, against how much more there is to read. */
static bool is_even(const struct cost *a, const struct cost *b) {
    double more = (double)b->bytes / (double)a->bytes;
    return b->us <= 3 * more * a->us + 100 && (double)b->memory <= 2 * more * (double)a->memory;
}

static bool grows_evenly(const struct cost *a, const struct cost *b) {
    bool even = is_even(a, b);
    double more = (double)b->bytes / (double)a->bytes;
    if (!even)
        printf("from %u to %u: %.1f times the bytes take %.1f times as long and %.1f times the memory\n",
               a->count, b->count, more, b->us / a->us, (double)b->memory / (double)a->memory);
    return even;
}

static void measure_row(struct cost *cost) {
    struct emit bytes = {0};
    if (strcmp(cost->what, "functions") == 0)
        write_functions(&bytes, cost->count);
    else
        write_nested(&bytes, cost->count);
    measure(cost, &bytes);
    emit_done(&bytes);
}

int main(void) {
    struct cost costs[] = {{.what = "functions", .count = 1},
                           {.what = "functions", .count = 10},
                           {.what = "functions", .count = 100},
                           {.what = "functions", .count = 1000},
                           {.what = "components, nested", .count = 1},
                           {.what = "components, nested", .count = 10},
                           {.what = "components, nested", .count = 30},
                           {.what = "components, nested", .count = LIMIT_COMPONENT_DEPTH}};
    enum { COUNT = sizeof(costs) / sizeof(*costs) };
    bool good = true;
    printf("| component | bytes | read in us | memory in KiB |\n|---|---|---|---|\n");
    for (int i = 0; i < COUNT; i++) {
        bool follows = i && strcmp(costs[i].what, costs[i - 1].what) == 0;
        measure_row(&costs[i]);
        /* Whoever shares caches and memory with us may have come in between: what grows too fast does so
         * again. */
        for (int again = 0; again < 5 && follows && !is_even(&costs[i - 1], &costs[i]); again++) {
            measure_row(&costs[i - 1]);
            measure_row(&costs[i]);
        }
        printf("| %u %s | %zu | %.0f | %llu |\n", costs[i].count, costs[i].what, costs[i].bytes, costs[i].us,
               (unsigned long long)costs[i].memory / 1024);
        if (follows)
            good &= grows_evenly(&costs[i - 1], &costs[i]);
    }
    size_t size;
    double us = bomb(&size);
    printf("| components nested without end | %zu | refused in %.0f | |\n", size, us);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    good &= us < 50000;
#else
    good &= us < 5000; /* far less, on a machine that has nothing else to do */
#endif
    printf("%s\n", good ? "passed" : "FAILED");
    return !good;
}
