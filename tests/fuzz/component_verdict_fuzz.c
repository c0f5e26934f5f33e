/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Fuzz target: is a component valid?  What we say of it is held against what the engine's own validator says.
 * Where the two may differ, and why:
 *
 *   - we refuse what we do not run, by name (UNSUPPORTED), whether or not it is valid otherwise;
 *   - we have limits that the validator has not, or has larger (LIMIT), and it has some that we have larger;
 *   - the validator knows features that are switched off, and says so where it meets one; we may have read
 *     past that to another mistake, or know it and refuse it as above;
 *   - core modules are judged by the engine when they are compiled, and we only read their sections of types,
 *     imports and exports: a mistake of which the validator says that it is inside one is not ours to find;
 *   - labels of fields, cases and parameters that differ in upper and lower case alone are one to the
 *     validator and two to us, as type equality is of names as they are written;
 *   - the sort 0x20 (an exact function, of a proposal that is off) is a function to the validator's reader;
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
        "feature is not active", "must be enabled", "not enabled", "requires the component model",
        "not supported",         "exceeds limit",   "limit of",    "too many",
        "effective type size",   "count exceeds",   "size limit",
    };
    for (size_t i = 0; i < sizeof(ours_to_have) / sizeof(*ours_to_have); i++)
        if (has(sentence, ours_to_have[i]))
            return true;
    return inside_module(component, data, place_of(sentence));
}

/* "expected … 'x' …, found 'X' …": the same but for upper and lower case? */
static bool is_case_alone(const char *sentence) {
    static const char found[] = "found '";
    const char *a = strstr(sentence, "expected "), *b = a ? strstr(a, found) : NULL;
    a = a ? strchr(a, '\'') : NULL;
    if (!b || !a || a > b)
        return false;
    a++;
    b += strlen(found);
    size_t length = strcspn(a, "'");
    return length == strcspn(b, "'") && strncasecmp(a, b, length) == 0;
}

/* "expected the sort of an alias at byte 413": 0x20 stands there? */
static bool is_exact_sort(const char *sentence, const uint8_t *data, size_t size) {
    static const char words[] = "at byte ";
    const char *at = has(sentence, "sort") ? strstr(sentence, words) : NULL;
    size_t place = at ? strtoul(at + strlen(words), NULL, 10) : SIZE_MAX;
    return place < size && data[place] == 0x20;
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
        if (differs && !reference &&
            (is_case_alone(arcella_error_message(ours)) ||
             is_exact_sort(arcella_error_message(ours), data, size)))
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
