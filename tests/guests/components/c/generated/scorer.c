/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "scorer.h"
#include <stdlib.h>
#include <string.h>

__attribute__((__import_module__("example:hosts/kv@0.1.0"),
               __import_name__("[method]transaction.get"))) extern void
__wasm_import_example_hosts_kv_method_transaction_get(int32_t, uint8_t *, size_t, uint8_t *);

__attribute__((__import_module__("example:hosts/kv@0.1.0"),
               __import_name__("[method]transaction.put"))) extern void
__wasm_import_example_hosts_kv_method_transaction_put(int32_t, uint8_t *, size_t, uint8_t *, size_t,
                                                      uint8_t *);

__attribute__((__import_module__("example:hosts/kv@0.1.0"),
               __import_name__("[static]transaction.commit"))) extern void
__wasm_import_example_hosts_kv_static_transaction_commit(int32_t, uint8_t *);

__attribute__((__import_module__("example:hosts/kv@0.1.0"),
               __import_name__("[static]transaction.rollback"))) extern void
    __wasm_import_example_hosts_kv_static_transaction_rollback(int32_t);

__attribute__((__import_module__("example:hosts/kv@0.1.0"), __import_name__("begin"))) extern void
__wasm_import_example_hosts_kv_begin(uint8_t *);

__attribute__((__import_module__("example:hosts/inference@0.1.0"),
               __import_name__("[static]model.load"))) extern void
__wasm_import_example_hosts_inference_static_model_load(uint8_t *, size_t, uint8_t *);

__attribute__((__import_module__("example:hosts/inference@0.1.0"), __import_name__("infer"))) extern void
__wasm_import_example_hosts_inference_infer(int32_t, uint8_t *, size_t, uint8_t *);

__attribute__((__weak__, __export_name__("cabi_post_score"))) void
__wasm_export_exports_scorer_score_post_return(uint8_t *arg0) {
    switch ((int32_t)(int32_t) * ((uint8_t *)(arg0 + 0))) {
    case 0: {
        break;
    }
    case 1: {
        if ((*((size_t *)(arg0 + (2 * sizeof(void *))))) > 0) {
            free(*((uint8_t **)(arg0 + sizeof(void *))));
        }
        break;
    }
    }
}

__attribute__((__weak__, __export_name__("cabi_realloc"))) void *cabi_realloc(void *ptr, size_t old_size,
                                                                              size_t align, size_t new_size) {
    (void)old_size;
    if (new_size == 0)
        return (void *)align;
    void *ret = realloc(ptr, new_size);
    if (!ret)
        abort();
    return ret;
}

__attribute__((__aligned__(sizeof(void *)))) static uint8_t RET_AREA[(3 * sizeof(void *))];

__attribute__((__import_module__("example:hosts/kv@0.1.0"),
               __import_name__("[resource-drop]transaction"))) extern void
__wasm_import_example_hosts_kv_transaction_drop(int32_t handle);

void example_hosts_kv_transaction_drop_own(example_hosts_kv_own_transaction_t handle) {
    __wasm_import_example_hosts_kv_transaction_drop(handle.__handle);
}

void example_hosts_kv_transaction_drop_borrow(example_hosts_kv_borrow_transaction_t handle) {
    __wasm_import_example_hosts_kv_transaction_drop(handle.__handle);
}

example_hosts_kv_borrow_transaction_t
example_hosts_kv_borrow_transaction(example_hosts_kv_own_transaction_t arg) {
    return (example_hosts_kv_borrow_transaction_t){arg.__handle};
}

void scorer_option_string_free(scorer_option_string_t *ptr) {
    if (ptr->is_some) {
        scorer_string_free(&ptr->val);
    }
}

void example_hosts_kv_result_void_problem_free(example_hosts_kv_result_void_problem_t *ptr) {
    if (!ptr->is_err) {
    } else {
    }
}

void example_hosts_kv_result_own_transaction_problem_free(
    example_hosts_kv_result_own_transaction_problem_t *ptr) {
    if (!ptr->is_err) {
    } else {
    }
}

__attribute__((__import_module__("example:hosts/inference@0.1.0"),
               __import_name__("[resource-drop]model"))) extern void
__wasm_import_example_hosts_inference_model_drop(int32_t handle);

void example_hosts_inference_model_drop_own(example_hosts_inference_own_model_t handle) {
    __wasm_import_example_hosts_inference_model_drop(handle.__handle);
}

void example_hosts_inference_model_drop_borrow(example_hosts_inference_borrow_model_t handle) {
    __wasm_import_example_hosts_inference_model_drop(handle.__handle);
}

example_hosts_inference_borrow_model_t
example_hosts_inference_borrow_model(example_hosts_inference_own_model_t arg) {
    return (example_hosts_inference_borrow_model_t){arg.__handle};
}

void example_hosts_inference_result_own_model_string_free(
    example_hosts_inference_result_own_model_string_t *ptr) {
    if (!ptr->is_err) {
    } else {
        scorer_string_free(&ptr->val.err);
    }
}

void scorer_list_f32_free(scorer_list_f32_t *ptr) {
    size_t list_len = ptr->len;
    if (list_len > 0) {
        float *list_ptr = ptr->ptr;
        for (size_t i = 0; i < list_len; i++) {
        }
        free(list_ptr);
    }
}

void example_hosts_inference_result_list_f32_string_free(
    example_hosts_inference_result_list_f32_string_t *ptr) {
    if (!ptr->is_err) {
        scorer_list_f32_free(&ptr->val.ok);
    } else {
        scorer_string_free(&ptr->val.err);
    }
}

void scorer_result_u32_string_free(scorer_result_u32_string_t *ptr) {
    if (!ptr->is_err) {
    } else {
        scorer_string_free(&ptr->val.err);
    }
}

void scorer_string_set(scorer_string_t *ret, const char *s) {
    ret->ptr = (uint8_t *)s;
    ret->len = strlen(s);
}

void scorer_string_dup(scorer_string_t *ret, const char *s) {
    ret->len = strlen(s);
    ret->ptr = (uint8_t *)cabi_realloc(NULL, 0, 1, ret->len * 1);
    memcpy(ret->ptr, s, ret->len * 1);
}

void scorer_string_dup_n(scorer_string_t *ret, const char *s, size_t len) {
    ret->len = len;
    ret->ptr = (uint8_t *)cabi_realloc(NULL, 0, 1, ret->len * 1);
    memcpy(ret->ptr, s, ret->len * 1);
}

void scorer_string_free(scorer_string_t *ret) {
    if (ret->len > 0) {
        free(ret->ptr);
    }
    ret->ptr = NULL;
    ret->len = 0;
}

bool example_hosts_kv_method_transaction_get(example_hosts_kv_borrow_transaction_t self, scorer_string_t *key,
                                             scorer_string_t *ret) {
    __attribute__((__aligned__(sizeof(void *)))) uint8_t ret_area[(3 * sizeof(void *))];
    uint8_t *ptr = (uint8_t *)&ret_area;
    __wasm_import_example_hosts_kv_method_transaction_get((self).__handle, (uint8_t *)(*key).ptr, (*key).len,
                                                          ptr);
    scorer_option_string_t option;
    switch ((int32_t) * ((uint8_t *)(ptr + 0))) {
    case 0: {
        option.is_some = false;
        break;
    }
    case 1: {
        option.is_some = true;
        option.val = (scorer_string_t){(uint8_t *)(*((uint8_t **)(ptr + sizeof(void *)))),
                                       (*((size_t *)(ptr + (2 * sizeof(void *)))))};
        break;
    }
    }
    *ret = option.val;
    return option.is_some;
}

bool example_hosts_kv_method_transaction_put(example_hosts_kv_borrow_transaction_t self, scorer_string_t *key,
                                             scorer_string_t *value, example_hosts_kv_problem_t *err) {
    __attribute__((__aligned__(1))) uint8_t ret_area[2];
    uint8_t *ptr = (uint8_t *)&ret_area;
    __wasm_import_example_hosts_kv_method_transaction_put((self).__handle, (uint8_t *)(*key).ptr, (*key).len,
                                                          (uint8_t *)(*value).ptr, (*value).len, ptr);
    example_hosts_kv_result_void_problem_t result;
    switch ((int32_t) * ((uint8_t *)(ptr + 0))) {
    case 0: {
        result.is_err = false;
        break;
    }
    case 1: {
        result.is_err = true;
        result.val.err = (int32_t) * ((uint8_t *)(ptr + 1));
        break;
    }
    }
    if (!result.is_err) {
        return 1;
    } else {
        *err = result.val.err;
        return 0;
    }
}

bool example_hosts_kv_static_transaction_commit(example_hosts_kv_own_transaction_t it,
                                                example_hosts_kv_problem_t *err) {
    __attribute__((__aligned__(1))) uint8_t ret_area[2];
    uint8_t *ptr = (uint8_t *)&ret_area;
    __wasm_import_example_hosts_kv_static_transaction_commit((it).__handle, ptr);
    example_hosts_kv_result_void_problem_t result;
    switch ((int32_t) * ((uint8_t *)(ptr + 0))) {
    case 0: {
        result.is_err = false;
        break;
    }
    case 1: {
        result.is_err = true;
        result.val.err = (int32_t) * ((uint8_t *)(ptr + 1));
        break;
    }
    }
    if (!result.is_err) {
        return 1;
    } else {
        *err = result.val.err;
        return 0;
    }
}

void example_hosts_kv_static_transaction_rollback(example_hosts_kv_own_transaction_t it) {
    __wasm_import_example_hosts_kv_static_transaction_rollback((it).__handle);
}

bool example_hosts_kv_begin(example_hosts_kv_own_transaction_t *ret, example_hosts_kv_problem_t *err) {
    __attribute__((__aligned__(4))) uint8_t ret_area[8];
    uint8_t *ptr = (uint8_t *)&ret_area;
    __wasm_import_example_hosts_kv_begin(ptr);
    example_hosts_kv_result_own_transaction_problem_t result;
    switch ((int32_t) * ((uint8_t *)(ptr + 0))) {
    case 0: {
        result.is_err = false;
        result.val.ok = (example_hosts_kv_own_transaction_t){*((int32_t *)(ptr + 4))};
        break;
    }
    case 1: {
        result.is_err = true;
        result.val.err = (int32_t) * ((uint8_t *)(ptr + 4));
        break;
    }
    }
    if (!result.is_err) {
        *ret = result.val.ok;
        return 1;
    } else {
        *err = result.val.err;
        return 0;
    }
}

bool example_hosts_inference_static_model_load(scorer_string_t *name,
                                               example_hosts_inference_own_model_t *ret,
                                               scorer_string_t *err) {
    __attribute__((__aligned__(sizeof(void *)))) uint8_t ret_area[(3 * sizeof(void *))];
    uint8_t *ptr = (uint8_t *)&ret_area;
    __wasm_import_example_hosts_inference_static_model_load((uint8_t *)(*name).ptr, (*name).len, ptr);
    example_hosts_inference_result_own_model_string_t result;
    switch ((int32_t) * ((uint8_t *)(ptr + 0))) {
    case 0: {
        result.is_err = false;
        result.val.ok = (example_hosts_inference_own_model_t){*((int32_t *)(ptr + sizeof(void *)))};
        break;
    }
    case 1: {
        result.is_err = true;
        result.val.err = (scorer_string_t){(uint8_t *)(*((uint8_t **)(ptr + sizeof(void *)))),
                                           (*((size_t *)(ptr + (2 * sizeof(void *)))))};
        break;
    }
    }
    if (!result.is_err) {
        *ret = result.val.ok;
        return 1;
    } else {
        *err = result.val.err;
        return 0;
    }
}

bool example_hosts_inference_infer(example_hosts_inference_borrow_model_t by, scorer_list_f32_t *input,
                                   scorer_list_f32_t *ret, scorer_string_t *err) {
    __attribute__((__aligned__(sizeof(void *)))) uint8_t ret_area[(3 * sizeof(void *))];
    uint8_t *ptr = (uint8_t *)&ret_area;
    __wasm_import_example_hosts_inference_infer((by).__handle, (uint8_t *)(*input).ptr, (*input).len, ptr);
    example_hosts_inference_result_list_f32_string_t result;
    switch ((int32_t) * ((uint8_t *)(ptr + 0))) {
    case 0: {
        result.is_err = false;
        result.val.ok = (scorer_list_f32_t){(float *)(*((uint8_t **)(ptr + sizeof(void *)))),
                                            (*((size_t *)(ptr + (2 * sizeof(void *)))))};
        break;
    }
    case 1: {
        result.is_err = true;
        result.val.err = (scorer_string_t){(uint8_t *)(*((uint8_t **)(ptr + sizeof(void *)))),
                                           (*((size_t *)(ptr + (2 * sizeof(void *)))))};
        break;
    }
    }
    if (!result.is_err) {
        *ret = result.val.ok;
        return 1;
    } else {
        *err = result.val.err;
        return 0;
    }
}

__attribute__((__export_name__("score"))) uint8_t *__wasm_export_exports_scorer_score(uint8_t *arg,
                                                                                      size_t arg0) {
    scorer_string_t arg1 = (scorer_string_t){(uint8_t *)(arg), (arg0)};
    scorer_result_u32_string_t ret;
    uint32_t ok;
    scorer_string_t err;
    ret.is_err = !exports_scorer_score(&arg1, &ok, &err);
    if (ret.is_err) {
        ret.val.err = err;
    }
    if (!ret.is_err) {
        ret.val.ok = ok;
    }
    uint8_t *ptr = (uint8_t *)&RET_AREA;
    if ((ret).is_err) {
        const scorer_string_t *payload2 = &(ret).val.err;
        *((int8_t *)(ptr + 0)) = 1;
        *((size_t *)(ptr + (2 * sizeof(void *)))) = (*payload2).len;
        *((uint8_t **)(ptr + sizeof(void *))) = (uint8_t *)(*payload2).ptr;
    } else {
        const uint32_t *payload = &(ret).val.ok;
        *((int8_t *)(ptr + 0)) = 0;
        *((int32_t *)(ptr + sizeof(void *))) = (int32_t)(*payload);
    }
    return ptr;
}

extern void __component_type_object_force_link_scorer(void);
__attribute__((used)) void
__component_type_object_force_link_scorer_public_use_in_this_compilation_unit(void) {
    __component_type_object_force_link_scorer();
}
