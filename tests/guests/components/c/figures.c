/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Component: matrices and statistics.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "computes.h"

#define FIGURES(name) exports_test_figures_figures_##name
#define SHAPE(name)   EXPORTS_TEST_FIGURES_FIGURES_SHAPE_ERROR_##name

static void *need(size_t n, size_t size) {
    void *made = calloc(n ? n : 1, size);
    if (!made)
        abort();
    return made;
}

static bool rectangular(const FIGURES(matrix_t) * m, size_t *width) {
    *width = m->len ? m->ptr[0].len : 0;
    for (size_t i = 0; i < m->len; i++) {
        if (m->ptr[i].len != *width)
            return false;
    }
    return true;
}

static void multiply(const FIGURES(matrix_t) * a, const FIGURES(matrix_t) * b, size_t inner, size_t width,
                     FIGURES(matrix_t) * ret) {
    *ret = (FIGURES(matrix_t)){need(a->len, sizeof *ret->ptr), a->len};
    for (size_t i = 0; i < a->len; i++) {
        ret->ptr[i] = (computes_list_f64_t){need(width, sizeof(double)), width};
        for (size_t k = 0; k < inner; k++) {
            for (size_t j = 0; j < width; j++)
                ret->ptr[i].ptr[j] += a->ptr[i].ptr[k] * b->ptr[k].ptr[j];
        }
    }
}

bool FIGURES(multiply)(FIGURES(matrix_t) * a, FIGURES(matrix_t) * b, FIGURES(matrix_t) * ret,
                       FIGURES(shape_error_t) * err) {
    size_t inner, width;
    bool good = false;
    if (!rectangular(a, &inner) || !rectangular(b, &width)) {
        *err = SHAPE(NOT_RECTANGULAR);
    } else if (inner != b->len) {
        *err = SHAPE(MISMATCH);
    } else {
        multiply(a, b, inner, width, ret);
        good = true;
    }
    FIGURES(matrix_free)(a);
    FIGURES(matrix_free)(b);
    return good;
}

/* Turns a square matrix into a triangle; 0: it is singular. */
static double eliminate(computes_list_f64_t *rows, size_t n) {
    double result = 1;
    for (size_t i = 0; i < n; i++) {
        size_t pivot = i;
        for (size_t r = i + 1; r < n; r++) {
            if (fabs(rows[r].ptr[i]) > fabs(rows[pivot].ptr[i]))
                pivot = r;
        }
        if (rows[pivot].ptr[i] == 0)
            return 0;
        if (pivot != i) {
            computes_list_f64_t swap = rows[i];
            rows[i] = rows[pivot];
            rows[pivot] = swap;
            result = -result;
        }
        result *= rows[i].ptr[i];
        for (size_t r = i + 1; r < n; r++) {
            double factor = rows[r].ptr[i] / rows[i].ptr[i];
            for (size_t c = i; c < n; c++)
                rows[r].ptr[c] -= factor * rows[i].ptr[c];
        }
    }
    return result;
}

bool FIGURES(determinant)(FIGURES(matrix_t) * a, double *ret, FIGURES(shape_error_t) * err) {
    size_t width;
    bool good = false;
    if (!rectangular(a, &width)) {
        *err = SHAPE(NOT_RECTANGULAR);
    } else if (width != a->len) {
        *err = SHAPE(NOT_SQUARE);
    } else {
        *ret = eliminate(a->ptr, a->len);
        *err = SHAPE(SINGULAR);
        good = *ret != 0;
    }
    FIGURES(matrix_free)(a);
    return good;
}

static int compare_f64(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void FIGURES(summarize)(computes_list_f64_t *values, FIGURES(summary_t) * ret) {
    size_t n = values->len;
    double sum = 0;
    *ret = (FIGURES(summary_t)){(uint32_t)n, INFINITY, -INFINITY, NAN, {n > 0, 0}};
    if (n) {
        qsort(values->ptr, n, sizeof(double), compare_f64);
        for (size_t i = 0; i < n; i++)
            sum += values->ptr[i];
        ret->smallest = values->ptr[0];
        ret->largest = values->ptr[n - 1];
        ret->mean = sum / (double)n;
        ret->median.val = n % 2 ? values->ptr[n / 2] : (values->ptr[n / 2 - 1] + values->ptr[n / 2]) / 2;
    }
    computes_list_f64_free(values);
}

static int compare_s32(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

void FIGURES(histogram)(computes_list_s32_t *values, computes_list_tuple2_s32_u32_t *ret) {
    *ret = (computes_list_tuple2_s32_u32_t){need(values->len, sizeof *ret->ptr), 0};
    qsort(values->ptr, values->len, sizeof(int32_t), compare_s32);
    for (size_t i = 0; i < values->len; i++) {
        int32_t value = values->ptr[i], rest = ((value % 10) + 10) % 10;
        if (!ret->len || ret->ptr[ret->len - 1].f0 != value - rest)
            ret->ptr[ret->len++] = (computes_tuple2_s32_u32_t){value - rest, 0};
        ret->ptr[ret->len - 1].f1++;
    }
    computes_list_s32_free(values);
}

uint64_t FIGURES(gcd)(uint64_t a, uint64_t b) {
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

double FIGURES(total)(uint8_t a, int8_t b, uint16_t c, int16_t d, uint32_t e, int32_t f, uint64_t g,
                      int64_t h, float i, double j, bool k, uint32_t l, uint8_t m, uint16_t n, uint32_t o,
                      uint64_t p, int8_t q) {
    return (double)a + b + c + d + e + f + (double)g + (double)h + (double)i + j + k + l + m + n + o +
           (double)p + q;
}

void FIGURES(limits)(computes_tuple8_u8_s8_u16_s16_u32_s32_u64_s64_t *ret) {
    *ret = (computes_tuple8_u8_s8_u16_s16_u32_s32_u64_s64_t){UINT8_MAX,  INT8_MIN,  UINT16_MAX, INT16_MIN,
                                                             UINT32_MAX, INT32_MIN, UINT64_MAX, INT64_MIN};
}

void FIGURES(fahrenheit)(computes_list_f32_t *celsius, computes_list_f32_t *ret) {
    for (size_t i = 0; i < celsius->len; i++)
        celsius->ptr[i] = celsius->ptr[i] * 9 / 5 + 32;
    *ret = *celsius; /* what came in goes out again: the list is ours */
}
