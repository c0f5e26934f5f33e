/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A table for people: columns as wide as they must be.  Where the terminal is narrow, columns that can be
 * done without are left out, the last ones first, then texts are cut.  Owned by the renderer that fills it; a
 * table that ran out of memory prints the rows it has.
 */
#include <limits.h>

#include "cli_internal.h"

#define COLUMNS_MAX 16
#define GAP         2  /* blanks between columns */
#define CUT_LEAST   16 /* what may be cut is left out rather than cut below this: less tells little apart */
#define TEXT_LEAST  8  /* nothing at all is cut below this; the terminal wraps then */

struct column {
    const char *title; /* static */
    unsigned flags;    /* enum column_flag */
    unsigned width;    /* of the widest cell */
};

struct table {
    struct column columns[COLUMNS_MAX];
    size_t column_count;
    char **cells; /* owned texts, row by row */
    size_t cell_count;
    size_t cell_space;
};

struct table *table_new(void) {
    return mem_new(struct table);
}

struct table *table_free(struct table *table) {
    if (!table)
        return NULL;
    for (size_t i = 0; i < table->cell_count; i++)
        mem_free(table->cells[i]);
    mem_free(table->cells);
    mem_free(table);
    return NULL;
}

void table_column(struct table *table, const char *title, unsigned flags) {
    if (!table || table->column_count == COLUMNS_MAX)
        return;
    table->columns[table->column_count++] = (struct column){title, flags, term_columns(title)};
}

void table_cell(struct table *table, const char *text) {
    if (!table || !table->column_count)
        return;
    if (table->cell_count == table->cell_space) {
        size_t space = table->cell_space ? 2 * table->cell_space : 64;
        char **cells = mem_resize(table->cells, space * sizeof(*cells));
        if (!cells)
            return;
        table->cells = cells;
        table->cell_space = space;
    }
    BUFFER_AUTO visible = BUFFER_INIT(LIMIT_ALME_REPLY_BYTES);
    if (text_add_visible(&visible, text, strlen(text), false, NULL) < 0)
        return;
    char *cell = visible.data ? mem_text(visible.data) : mem_text("");
    if (!cell)
        return;
    struct column *column = &table->columns[table->cell_count % table->column_count];
    table->cells[table->cell_count++] = cell;
    unsigned width = term_columns(cell);
    if (width > column->width)
        column->width = width;
}

/* The columns that a row takes; a column of width 0 is left out. */
static uint64_t total_of(const unsigned *widths, size_t count) {
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        if (widths[i])
            total += widths[i] + (total ? GAP : 0);
    return total;
}

/* The same if each column that may be cut were cut as far as it goes. */
static uint64_t least_of(const struct table *table, const unsigned *widths) {
    unsigned least[COLUMNS_MAX];
    for (size_t i = 0; i < table->column_count; i++)
        least[i] = (table->columns[i].flags & COLUMN_CUT) && widths[i] > CUT_LEAST ? CUT_LEAST : widths[i];
    return total_of(least, table->column_count);
}

/* Take from the widest column that may be cut (of any text where that is not enough), one at a time, until
 * the row fits or nothing can give. */
static void cut(const struct table *table, unsigned limit, bool any_text, unsigned *widths) {
    unsigned least = any_text ? TEXT_LEAST : CUT_LEAST;
    while (total_of(widths, table->column_count) > limit) {
        size_t widest = table->column_count;
        for (size_t i = 0; i < table->column_count; i++) {
            unsigned flags = table->columns[i].flags;
            bool may = any_text ? !(flags & COLUMN_RIGHT) : (flags & COLUMN_CUT) != 0;
            if (may && widths[i] > least && (widest == table->column_count || widths[i] > widths[widest]))
                widest = i;
        }
        if (widest == table->column_count)
            return;
        widths[widest]--;
    }
}

/* What each column gets of the terminal's width: 0 where it is left out. */
static void fit(const struct table *table, unsigned limit, unsigned *widths) {
    for (size_t i = 0; i < table->column_count; i++)
        widths[i] = table->columns[i].width;
    for (size_t i = table->column_count; i-- > 0 && least_of(table, widths) > limit;)
        if (table->columns[i].flags & COLUMN_SPARE)
            widths[i] = 0;
    cut(table, limit, false, widths);
    cut(table, limit, true, widths);
}

/* The bytes of the first columns of a text. */
static size_t bytes_of(const char *text, unsigned columns) {
    size_t at = 0;
    while (text[at] && (columns || ((unsigned char)text[at] & 0xc0) == 0x80)) {
        columns -= ((unsigned char)text[at] & 0xc0) != 0x80;
        at++;
    }
    return at;
}

/* A text cut to some columns, with "…" where something is missing. @return owned, NULL without memory */
static char *shorten(const char *text, unsigned columns, unsigned width, bool head) {
    if (columns <= width || !width)
        return mem_text(text);
    if (head)
        return mem_format("…%s", text + bytes_of(text, columns - width + 1));
    return mem_format("%.*s…", (int)bytes_of(text, width - 1), text);
}

static void print_cell(const struct term *term, const struct column *column, unsigned width, const char *cell,
                       bool last, enum color color) {
    unsigned columns = term_columns(cell);
    unsigned blanks = columns < width ? width - columns : 0;
    if (column->flags & COLUMN_RIGHT)
        fprintf(term->to, "%*s", (int)blanks, "");
    MEM_AUTO char *shown = shorten(cell, columns, width, column->flags & COLUMN_HEAD);
    if (shown)
        term_text(term, color, shown, false);
    if (!(column->flags & COLUMN_RIGHT) && !last)
        fprintf(term->to, "%*s", (int)blanks, "");
    if (!last)
        fprintf(term->to, "%*s", GAP, "");
}

void table_print(const struct table *table, unsigned indent, const struct term *term) {
    if (!table || !table->column_count)
        return;
    unsigned widths[COLUMNS_MAX];
    fit(table, term->width > indent ? term->width - indent : 1, widths);
    size_t count = table->column_count;
    size_t last = count - 1;
    while (last > 0 && !widths[last])
        last--;
    /* The row before the first cells is that of the titles. */
    for (size_t at = 0; at + count <= table->cell_count + count; at += count) {
        fprintf(term->to, "%*s", (int)indent, "");
        for (size_t i = 0; i <= last; i++) {
            const char *cell = at ? table->cells[at - count + i] : table->columns[i].title;
            if (widths[i])
                print_cell(term, &table->columns[i], widths[i], cell, i == last,
                           at ? term_color_of(cell) : COLOR_BOLD);
        }
        fputc('\n', term->to);
    }
}
