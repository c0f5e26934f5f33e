/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Fuzz target: is a component valid?  What we say of it is held against what the engine's own validator says.
 * Where the two may differ, and why:
 *
 *   - we refuse what we do not run, by name (UNSUPPORTED), whether or not it is valid otherwise;
 *   - we have limits that the validator has not, or has larger (LIMIT), and it has some that we have larger;
 *   - the engine does not run a component that exports a function of its imports again, and says so of the
 *     bytes; to us that is valid, and refused where somebody calls it;
 *   - names that say what they implement are off in the engine (cm-implements) and read by us;
 *   - this release of the validator takes what later ones and we do not: any type for the key of a map, names
 *     of interfaces and methods that differ in upper and lower case alone, a negative index of a type;
 *   - core modules are judged by the engine when they are compiled, and we only read their sections of types,
 *     imports and exports: a mistake of which the validator says that it is inside one is not ours to find;
 *   - labels of fields, cases and parameters that differ in upper and lower case alone are one to the
 *     validator and two to us, as type equality is of names as they are written;
 *   - the sort 0x20 (an exact function, of a proposal that is off) is a function to the validator's reader;
 *   - it aborts the process on some components (one instance given for two imports of one type, a module of
 *     another type in an instance that is given; later releases do not): "panicked at" is no finding of ours,
 *     and libFuzzer goes on behind it with -fork=1 -ignore_crashes=1;
 *   - in bytes that have two mistakes the sentences differ, of course: only the verdicts are compared.
 */
#include <stdlib.h>
#include <string.h>

#include "component/component.h"
#include "engine/core.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The place that the validator names: "… (at offset 0x2f)". @return SIZE_MAX: none */
static size_t place_of(const char *sentence) {
    static const char words[] = "at offset 0x";
    const char *at = strstr(sentence, words);
    return at ? strtoul(at + strlen(words), NULL, 16) : SIZE_MAX;
}

static bool inside_module(const struct component *component, const uint8_t *data, size_t place) {
    for (uint32_t i = 0; i < component_module_count(component); i++) {
        struct text bytes = component_module_bytes(component, i);
        size_t begins = (size_t)((const uint8_t *)bytes.data - data);
        if (place >= begins && place <= begins + bytes.length)
            return true;
    }
    return false;
}

static bool has(const char *sentence, const char *words) {
    return strstr(sentence, words) != NULL;
}

/* Of what is no judgement, or one that we leave to the engine. */
static bool may_refuse_alone(const struct component *component, const uint8_t *data, const char *sentence) {
    static const char *const ours_to_have[] = {
        "is a reexport of an imported function",
        "`cm-implements` feature is not active",
        "exceeds limit",
        "limit of",
        "too many",
        "effective type size",
        "count exceeds",
        "size limit",
    };
    for (size_t i = 0; i < sizeof(ours_to_have) / sizeof(*ours_to_have); i++)
        if (has(sentence, ours_to_have[i]))
            return true;
    return inside_module(component, data, place_of(sentence));
}

/* "expected … 'x' …, found 'X' …", "name '[method]x.Y' conflicts with previous name '[static]x.y'": the same
 * but for upper and lower case, and for what a function is? */
static bool is_case_alone(const char *sentence, const char *first, const char *second) {
    const char *a = strstr(sentence, first), *b = a ? strstr(a, second) : NULL;
    a = a ? strchr(a, '\'') : NULL;
    if (!b || !a || a > b)
        return false;
    a += 1 + strcspn(a + 1, "]'");
    b += strlen(second);
    b += strcspn(b, "]'");
    if (*a != ']' || *b != ']') { /* no "[method]" before both */
        a = strchr(strstr(sentence, first), '\'');
        b = strstr(a, second) + strlen(second) - 1;
    }
    size_t length = strcspn(a + 1, "'");
    return length == strcspn(b + 1, "'") && strncasecmp(a + 1, b + 1, length) == 0;
}

/* "expected a value type at byte 14": the number there is negative and of more than a byte? */
static bool is_negative_index(const char *sentence, const uint8_t *data, size_t size) {
    static const char words[] = "expected a value type at byte ";
    const char *at = strstr(sentence, words);
    size_t place = at ? strtoul(at + strlen(words), NULL, 10) : SIZE_MAX, begin = place;
    while (place < size && data[place] & 0x80)
        place++;
    return place < size && place > begin && data[place] & 0x40;
}

/* "expected the sort of an alias at byte 413": 0x20 stands there? */
static bool is_exact_sort(const char *sentence, const uint8_t *data, size_t size) {
    static const char words[] = "at byte ";
    const char *at = has(sentence, "sort") ? strstr(sentence, words) : NULL;
    size_t place = at ? strtoul(at + strlen(words), NULL, 10) : SIZE_MAX;
    return place < size && data[place] == 0x20;
}

/* What we refuse and the validator, as it is now, does not. */
static bool may_accept_alone(const char *sentence, const uint8_t *data, size_t size) {
    return is_case_alone(sentence, "expected ", "found '") ||
           is_case_alone(sentence, "name '", "conflicts with previous name '") ||
           has(sentence, "cannot be the key of a map") || is_negative_index(sentence, data, size) ||
           is_exact_sort(sentence, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct component *component = NULL;
    arcella_error *ours = NULL, *theirs = NULL;
    int r = component_read(data, size, NULL, NULL, &component, &ours);
    if (r == 0 || r == ARCELLA_E_WASM) {
        int reference = engine_component_validate(data, size, &theirs);
        bool differs = !reference != !r && reference != ARCELLA_E_LIMIT;
        if (differs && reference && may_refuse_alone(component, data, arcella_error_message(theirs)))
            differs = false;
        if (differs && !reference && may_accept_alone(arcella_error_message(ours), data, size))
            differs = false;
        if (differs) {
            fprintf(stderr, "we: %s\nthe engine: %s\n", r ? arcella_error_message(ours) : "valid",
                    reference ? arcella_error_message(theirs) : "valid");
            __builtin_trap();
        }
    }
    arcella_error_free(ours);
    arcella_error_free(theirs);
    component_unref(component);
    return 0;
}
