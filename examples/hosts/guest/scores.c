/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The guest: `score` of ../wit/hosts.wit.  Files and output are the C library's, over WASI; the bindings,
 * scorer.h and scorer.c, are made by `wit-bindgen c ../wit --world scorer`.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scorer.h"

#define KV(name)    example_hosts_kv_##name
#define MODEL(name) example_hosts_inference_##name

enum { NUMBERS_MAX = 16 };

static scorer_string_t text(char *from) {
    return (scorer_string_t){(uint8_t *)from, strlen(from)};
}

static const char *why(KV(problem_t) problem) {
    static const char *const words[] = {"the store is busy", "another was faster", "the store is full"};
    return words[problem];
}

/* "NAME NUMBER…": what the model says of all numbers is its last one. @return NULL, or what is wrong */
static const char *score_line(char *line, MODEL(own_model_t) model, KV(own_transaction_t) transaction,
                              FILE *report) {
    float numbers[NUMBERS_MAX];
    scorer_list_f32_t input = {numbers, 0}, output;
    scorer_string_t problem;
    char *name = strtok(line, " \n"), *word, shown[32];
    if (!name)
        return "a line without a name";
    while (input.len < NUMBERS_MAX && (word = strtok(NULL, " \n")))
        numbers[input.len++] = strtof(word, NULL);
    if (!MODEL(infer)(MODEL(borrow_model)(model), &input, &output, &problem))
        return "the model cannot tell";
    snprintf(shown, sizeof shown, "%.2f", output.len ? output.ptr[output.len - 1] : 0.0f);
    scorer_list_f32_free(&output);
    fprintf(report, "%s %s\n", name, shown);
    scorer_string_t key = text(name), value = text(shown);
    KV(problem_t) code;
    return KV(method_transaction_put)(KV(borrow_transaction)(transaction), &key, &value, &code) ? NULL
                                                                                                : why(code);
}

/* All lines in one transaction: all are kept or none. */
static const char *score_file(FILE *file, MODEL(own_model_t) model, FILE *report, uint32_t *ret) {
    char line[256];
    KV(own_transaction_t) transaction;
    KV(problem_t) code;
    const char *wrong = NULL;
    if (!KV(begin)(&transaction, &code))
        return why(code);
    while (!wrong && fgets(line, sizeof line, file)) {
        wrong = score_line(line, model, transaction, report);
        ++*ret;
    }
    if (wrong) {
        KV(static_transaction_rollback)(transaction);
        return wrong;
    }
    return KV(static_transaction_commit)(transaction, &code) ? NULL : why(code);
}

/* One that is dropped leaves nothing behind; one that began before a commit conflicts with it. */
static void try_transactions(void) {
    KV(own_transaction_t) first, second;
    KV(problem_t) code = 0;
    scorer_string_t key = text("north"), value = text("changed"), seen;
    if (!KV(begin)(&first, &code) || !KV(begin)(&second, &code))
        return;
    KV(method_transaction_put)(KV(borrow_transaction)(first), &key, &value, &code);
    if (KV(method_transaction_get)(KV(borrow_transaction)(second), &key, &seen)) {
        printf("north is %.*s for others\n", (int)seen.len, (char *)seen.ptr);
        scorer_string_free(&seen);
    }
    KV(transaction_drop_own)(first);
    KV(begin)(&first, &code);
    key = text("west");
    KV(method_transaction_put)(KV(borrow_transaction)(first), &key, &value, &code);
    KV(static_transaction_commit)(first, &code);
    if (!KV(static_transaction_commit)(second, &code))
        printf("%s\n", why(code));
    fflush(stdout);
}

bool exports_scorer_score(scorer_string_t *path, uint32_t *ret, scorer_string_t *err) {
    MODEL(own_model_t) model;
    char name[256];
    *ret = 0;
    snprintf(name, sizeof name, "%.*s", (int)path->len, (char *)path->ptr);
    scorer_string_free(path);
    FILE *file = fopen(name, "r"), *report = file ? fopen("/data/scores.txt", "w") : NULL;
    if (!report) {
        scorer_string_dup(err, strerror(errno));
        if (file)
            fclose(file);
        return false;
    }
    scorer_string_t which = text("falling");
    const char *wrong = NULL;
    bool loaded = MODEL(static_model_load)(&which, &model, err);
    if (loaded) {
        wrong = score_file(file, model, report, ret);
        MODEL(model_drop_own)(model);
    }
    fclose(file);
    fclose(report);
    if (wrong)
        scorer_string_dup(err, wrong);
    else if (loaded)
        try_transactions();
    return loaded && !wrong;
}
