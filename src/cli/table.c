/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A table for people: columns as wide as they must be, cut where the terminal is narrow.  Owned by the
 * renderer that fills it; a table that ran out of memory prints the rows it has.
 */
#include <limits.h>

#include "cli_internal.h"

#define COLUMNS_MAX  16
#define GAP          2 /* blanks between columns */
#define SHRUNK_LEAST 8 /* no column is cut below this */

struct column {
    const char *title; /* static */
    bool right;
    bool shrink;
    unsigned width; /* of the widest cell */
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

void table_column(struct table *table, const char *title, bool right, bool shrink) {
    if (!table || table->column_count == COLUMNS_MAX)
        return;
    table->columns[table->column_count++] = (struct column){title, right, shrink, term_columns(title)};
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

/* Take columns from the widest that may be cut, one at a time, until the row fits or nothing can give. */
static void fit(const struct table *table, unsigned limit, unsigned *widths) {
    uint64_t total = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        widths[i] = table->columns[i].width;
        total += widths[i] + (i ? GAP : 0);
    }
    while (total > limit) {
        size_t widest = table->column_count;
        for (size_t i = 0; i < table->column_count; i++)
            if (table->columns[i].shrink && widths[i] > SHRUNK_LEAST &&
                (widest == table->column_count || widths[i] > widths[widest]))
                widest = i;
        if (widest == table->column_count)
            return;
        widths[widest]--;
        total--;
    }
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

static void print_cell(const struct term *term, const struct column *column, unsigned width, const char *cell,
                       bool last, enum color color) {
    unsigned columns = term_columns(cell);
    bool cut = columns > width && width;
    unsigned blanks = columns < width ? width - columns : 0;
    if (column->right)
        fprintf(term->to, "%*s", (int)blanks, "");
    MEM_AUTO char *shown = cut ? mem_format("%.*s…", (int)bytes_of(cell, width - 1), cell) : mem_text(cell);
    if (shown)
        term_text(term, color, shown, false);
    if (!column->right && !last)
        fprintf(term->to, "%*s", (int)blanks, "");
    if (!last)
        fprintf(term->to, "%*s", GAP, "");
}

void table_print(const struct table *table, const struct term *term) {
    if (!table)
        return;
    unsigned widths[COLUMNS_MAX];
    fit(table, term->width, widths);
    size_t count = table->column_count;
    for (size_t i = 0; i < count; i++)
        print_cell(term, &table->columns[i], widths[i], table->columns[i].title, i + 1 == count, COLOR_BOLD);
    fputc('\n', term->to);
    for (size_t at = 0; at + count <= table->cell_count; at += count) {
        for (size_t i = 0; i < count; i++) {
            const char *cell = table->cells[at + i];
            print_cell(term, &table->columns[i], widths[i], cell, i + 1 == count, term_color_of(cell));
        }
        fputc('\n', term->to);
    }
}
