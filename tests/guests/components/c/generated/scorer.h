/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef __BINDINGS_SCORER_H
#define __BINDINGS_SCORER_H
#ifdef __cplusplus
extern "C" {
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct scorer_string_t {
    uint8_t *ptr;
    size_t len;
} scorer_string_t;

typedef uint8_t example_hosts_kv_problem_t;

#define EXAMPLE_HOSTS_KV_PROBLEM_BUSY     0
#define EXAMPLE_HOSTS_KV_PROBLEM_CONFLICT 1
#define EXAMPLE_HOSTS_KV_PROBLEM_FULL     2

typedef struct example_hosts_kv_own_transaction_t {
    int32_t __handle;
} example_hosts_kv_own_transaction_t;

typedef struct example_hosts_kv_borrow_transaction_t {
    int32_t __handle;
} example_hosts_kv_borrow_transaction_t;

typedef struct {
    bool is_some;
    scorer_string_t val;
} scorer_option_string_t;

typedef struct {
    bool is_err;
    union {
        example_hosts_kv_problem_t err;
    } val;
} example_hosts_kv_result_void_problem_t;

typedef struct {
    bool is_err;
    union {
        example_hosts_kv_own_transaction_t ok;
        example_hosts_kv_problem_t err;
    } val;
} example_hosts_kv_result_own_transaction_problem_t;

typedef struct example_hosts_inference_own_model_t {
    int32_t __handle;
} example_hosts_inference_own_model_t;

typedef struct example_hosts_inference_borrow_model_t {
    int32_t __handle;
} example_hosts_inference_borrow_model_t;

typedef struct {
    bool is_err;
    union {
        example_hosts_inference_own_model_t ok;
        scorer_string_t err;
    } val;
} example_hosts_inference_result_own_model_string_t;

typedef struct {
    float *ptr;
    size_t len;
} scorer_list_f32_t;

typedef struct {
    bool is_err;
    union {
        scorer_list_f32_t ok;
        scorer_string_t err;
    } val;
} example_hosts_inference_result_list_f32_string_t;

typedef struct {
    bool is_err;
    union {
        uint32_t ok;
        scorer_string_t err;
    } val;
} scorer_result_u32_string_t;

extern bool example_hosts_kv_method_transaction_get(example_hosts_kv_borrow_transaction_t self,
                                                    scorer_string_t *key, scorer_string_t *ret);
extern bool example_hosts_kv_method_transaction_put(example_hosts_kv_borrow_transaction_t self,
                                                    scorer_string_t *key, scorer_string_t *value,
                                                    example_hosts_kv_problem_t *err);
extern bool example_hosts_kv_static_transaction_commit(example_hosts_kv_own_transaction_t it,
                                                       example_hosts_kv_problem_t *err);
extern void example_hosts_kv_static_transaction_rollback(example_hosts_kv_own_transaction_t it);
extern bool example_hosts_kv_begin(example_hosts_kv_own_transaction_t *ret, example_hosts_kv_problem_t *err);

extern bool example_hosts_inference_static_model_load(scorer_string_t *name,
                                                      example_hosts_inference_own_model_t *ret,
                                                      scorer_string_t *err);
extern bool example_hosts_inference_infer(example_hosts_inference_borrow_model_t by, scorer_list_f32_t *input,
                                          scorer_list_f32_t *ret, scorer_string_t *err);

bool exports_scorer_score(scorer_string_t *path, uint32_t *ret, scorer_string_t *err);

extern void example_hosts_kv_transaction_drop_own(example_hosts_kv_own_transaction_t handle);

extern void example_hosts_kv_transaction_drop_borrow(example_hosts_kv_borrow_transaction_t handle);

extern example_hosts_kv_borrow_transaction_t
example_hosts_kv_borrow_transaction(example_hosts_kv_own_transaction_t handle);

void scorer_option_string_free(scorer_option_string_t *ptr);

void example_hosts_kv_result_void_problem_free(example_hosts_kv_result_void_problem_t *ptr);

void example_hosts_kv_result_own_transaction_problem_free(
    example_hosts_kv_result_own_transaction_problem_t *ptr);

extern void example_hosts_inference_model_drop_own(example_hosts_inference_own_model_t handle);

extern void example_hosts_inference_model_drop_borrow(example_hosts_inference_borrow_model_t handle);

extern example_hosts_inference_borrow_model_t
example_hosts_inference_borrow_model(example_hosts_inference_own_model_t handle);

void example_hosts_inference_result_own_model_string_free(
    example_hosts_inference_result_own_model_string_t *ptr);

void scorer_list_f32_free(scorer_list_f32_t *ptr);

void example_hosts_inference_result_list_f32_string_free(
    example_hosts_inference_result_list_f32_string_t *ptr);

void scorer_result_u32_string_free(scorer_result_u32_string_t *ptr);

void scorer_string_set(scorer_string_t *ret, const char *s);

void scorer_string_dup(scorer_string_t *ret, const char *s);

void scorer_string_dup_n(scorer_string_t *ret, const char *s, size_t len);

void scorer_string_free(scorer_string_t *ret);

#ifdef __cplusplus
}
#endif
#endif
