/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Component: dates of the Gregorian calendar, by days since 0000-03-01.
 */
#include <stdlib.h>
#include <string.h>

#include "tells.h"

#define DATES(name) exports_test_dates_dates_##name

typedef DATES(date_t) date;

static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
static const char *const days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                   "Friday", "Saturday", "Sunday"};

static void *need(size_t bytes) {
    void *made = malloc(bytes ? bytes : 1);
    if (!made)
        abort();
    return made;
}

/* Years begin in March here, so that the odd day is a year's last. */
static int32_t number(const date *it) {
    int32_t year = it->year - (it->month < 3), month = (it->month + 9) % 12;
    return year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + it->day - 1;
}

static date from_number(int32_t n) {
    int32_t era = n / 146097, day = n % 146097;
    int32_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= year * 365 + year / 4 - year / 100;
    int32_t month = (day * 5 + 2) / 153;
    date it = {year + era * 400 + (month >= 10), (uint8_t)(month < 10 ? month + 3 : month - 9),
               (uint8_t)(day - (month * 153 + 2) / 5 + 1)};
    return it;
}

static uint8_t weekday(int32_t n) {
    return (uint8_t)((n + 2) % 7);
}

static bool parse(const tells_string_t *text, date *ret, DATES(problem_t) * err) {
    static const char pattern[] = "0000-00-00";
    int32_t fields[3] = {0}, field = 0;
    for (uint32_t i = 0; i < 10 || i < text->len; i++) {
        bool digit = i < text->len && text->ptr[i] >= '0' && text->ptr[i] <= '9';
        if (i >= 10 || i >= text->len || (pattern[i] == '0' ? !digit : text->ptr[i] != '-')) {
            *err = (DATES(problem_t)){.tag = EXPORTS_TEST_DATES_DATES_PROBLEM_SYNTAX, .val.syntax = i};
            return false;
        }
        if (digit)
            fields[field] = fields[field] * 10 + text->ptr[i] - '0';
        else
            field++;
    }
    *ret = (date){fields[0], (uint8_t)fields[1], (uint8_t)fields[2]};
    if (fields[0] == 0) {
        *err = (DATES(problem_t)){.tag = EXPORTS_TEST_DATES_DATES_PROBLEM_SYNTAX, .val.syntax = 0};
        return false;
    }
    if (ret->month < 1 || ret->month > 12) {
        *err = (DATES(problem_t)){.tag = EXPORTS_TEST_DATES_DATES_PROBLEM_NO_SUCH_MONTH,
                                  .val.no_such_month = ret->month};
        return false;
    }
    date same = from_number(number(ret));
    if (same.month != ret->month || same.day != ret->day) {
        *err =
            (DATES(problem_t)){.tag = EXPORTS_TEST_DATES_DATES_PROBLEM_NO_SUCH_DAY, .val.no_such_day = *ret};
        return false;
    }
    return true;
}

bool DATES(parse)(tells_string_t *text, date *ret, DATES(problem_t) * err) {
    bool good = parse(text, ret, err);
    tells_string_free(text);
    return good;
}

DATES(weekday_t) DATES(day_of_week)(date *it) {
    return weekday(number(it));
}

void DATES(add_days)(date *it, int32_t by, date *ret) {
    *ret = from_number(number(it) + by);
}

int32_t DATES(days_between)(date *a, date *b) {
    return number(b) - number(a);
}

static size_t put_text(uint8_t *out, const char *text) {
    memcpy(out, text, strlen(text));
    return strlen(text);
}

static size_t put_number(uint8_t *out, int32_t value, int width) {
    char digits[10];
    int n = 0;
    for (; value || n < width; value /= 10)
        digits[n++] = (char)('0' + value % 10);
    for (int i = 0; i < n; i++)
        out[i] = (uint8_t)digits[n - 1 - i];
    return (size_t)n;
}

/* At most 9 bytes, "September" and "Wednesday"; 0: no such field. */
static size_t put_field(uint8_t *out, const date *it, uint8_t letter) {
    date start = {it->year, 1, 1};
    switch (letter) {
    case 'Y': return put_number(out, it->year, 4);
    case 'm': return put_number(out, it->month, 2);
    case 'd': return put_number(out, it->day, 2);
    case 'e': return put_number(out, it->day, 1);
    case 'j': return put_number(out, number(it) - number(&start) + 1, 3);
    case 'B': return put_text(out, months[it->month - 1]);
    case 'A': return put_text(out, days[weekday(number(it))]);
    case '%': return put_text(out, "%");
    default: return 0;
    }
}

/* The code point that begins here; the text is known to be UTF-8. */
static uint32_t code_point(const uint8_t *at) {
    int more = *at < 0xC0 ? 0 : *at < 0xE0 ? 1 : *at < 0xF0 ? 2 : 3;
    uint32_t point = more ? *at & (0x3F >> more) : *at;
    while (more--)
        point = point << 6 | (*++at & 0x3F);
    return point;
}

bool DATES(format)(date *it, tells_string_t *pattern, tells_string_t *ret, uint32_t *err) {
    bool good = true;
    *ret = (tells_string_t){need(pattern->len * 5), 0};
    for (size_t i = 0; i < pattern->len && good; i++) {
        if (pattern->ptr[i] != '%') {
            ret->ptr[ret->len++] = pattern->ptr[i];
            continue;
        }
        size_t put = i + 1 < pattern->len ? put_field(ret->ptr + ret->len, it, pattern->ptr[i + 1]) : 0;
        if (!put) {
            *err = i + 1 < pattern->len ? code_point(pattern->ptr + i + 1) : '%';
            tells_string_free(ret);
            good = false;
        }
        ret->len += put;
        i++;
    }
    tells_string_free(pattern);
    return good;
}

void DATES(upcoming)(date *it, DATES(weekday_t) on, uint8_t how_many, DATES(list_date_t) * ret) {
    int32_t n = number(it);
    n += (on - weekday(n) + 6) % 7 + 1;
    *ret = (DATES(list_date_t)){need(how_many * sizeof *ret->ptr), how_many};
    for (uint8_t i = 0; i < how_many; i++)
        ret->ptr[i] = from_number(n + 7 * i);
}
