/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a terminal can do, and printing to it without letting strangers' text steer it. */
#include <limits.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli_internal.h"

struct term term_of(FILE *to) {
    struct term term = {.to = to, .is_terminal = isatty(fileno(to)) == 1, .width = UINT_MAX};
    if (!term.is_terminal)
        return term;
    const char *no_color = getenv("NO_COLOR");
    const char *kind = getenv("TERM");
    term.colors = !(no_color && *no_color) && kind && *kind && strcmp(kind, "dumb") != 0;
    struct winsize size;
    uint64_t columns = 0;
    const char *wish = getenv("COLUMNS");
    if (ioctl(fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col)
        term.width = size.ws_col;
    else if (wish && text_parse_u64(wish, 10000, &columns, NULL) == 0 && columns)
        term.width = (unsigned)columns;
    else
        term.width = 80;
    return term;
}

static const char *sequence(enum color color) {
    static const char *const sequences[] = {
        [COLOR_NONE] = "",         [COLOR_BOLD] = "\033[1m",   [COLOR_DIM] = "\033[2m",
        [COLOR_RED] = "\033[31m",  [COLOR_GREEN] = "\033[32m", [COLOR_YELLOW] = "\033[33m",
        [COLOR_CYAN] = "\033[36m",
    };
    return sequences[color];
}

void term_text(const struct term *term, enum color color, const char *text, bool keep_lines) {
    BUFFER_AUTO visible = BUFFER_INIT(SIZE_MAX / 2);
    if (text_add_visible(&visible, text, strlen(text), keep_lines, NULL) < 0 || !visible.data)
        return;
    bool colored = term->colors && color != COLOR_NONE;
    if (colored)
        fputs(sequence(color), term->to);
    fwrite(visible.data, 1, visible.length, term->to);
    if (colored)
        fputs("\033[0m", term->to);
}

void term_wrapped(const struct term *term, const char *text, unsigned at, unsigned indent) {
    BUFFER_AUTO visible = BUFFER_INIT(SIZE_MAX / 2);
    if (text_add_visible(&visible, text, strlen(text), false, NULL) < 0 || !visible.data)
        return;
    /* Where hardly a word would fit, the terminal breaks lines as well as we do. */
    bool narrow = term->width < indent + 20;
    for (char *word = visible.data; *word;) {
        size_t blanks = strspn(word, " ");
        size_t length = strcspn(word + blanks, " ");
        char behind = word[blanks + length];
        word[blanks + length] = '\0';
        unsigned columns = term_columns(word);
        if (!narrow && at > indent && columns > term->width - (at < term->width ? at : term->width)) {
            fprintf(term->to, "\n%*s", (int)indent, "");
            word += blanks;
            columns -= (unsigned)blanks;
            at = indent;
            fputs(word, term->to);
            word += length;
        } else {
            fputs(word, term->to);
            word += blanks + length;
        }
        at += columns;
        *word = behind;
    }
}

unsigned term_columns(const char *text) {
    /* Characters, not bytes; wide ones are rare in names and cost at most a crooked column. */
    unsigned columns = 0;
    for (; *text; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

enum color term_color_of(const char *word) {
    static const struct {
        const char *words;
        enum color color;
    } rows[] = {
        {" running ready installed ok ", COLOR_GREEN},
        {" failed quarantined lost error trap ", COLOR_RED},
        {" starting stopping degraded spawning draining warn ", COLOR_YELLOW},
        {" stopped finished exited deployed debug trace ", COLOR_DIM},
        {" info ", COLOR_CYAN},
    };
    char padded[64];
    if ((size_t)snprintf(padded, sizeof(padded), " %s ", word) >= sizeof(padded))
        return COLOR_NONE;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (strstr(rows[i].words, padded))
            return rows[i].color;
    return COLOR_NONE;
}

void term_progress(struct term *term, const char *message, uint64_t done, uint64_t total) {
    if (!term->is_terminal)
        return;
    char share[32] = "";
    if (total)
        snprintf(share, sizeof(share), " %" PRIu64 "/%" PRIu64, done, total);
    BUFFER_AUTO visible = BUFFER_INIT(LIMIT_ALME_REPLY_BYTES);
    if (text_add_visible(&visible, message, strlen(message), false, NULL) < 0 || !visible.data)
        return;
    /* One line: what does not fit would scroll. */
    size_t room = term->width > strlen(share) + 3 ? term->width - strlen(share) - 3 : 0;
    while (visible.length && term_columns(visible.data) > room)
        visible.data[--visible.length] = '\0';
    fprintf(term->to, "\r\033[K%s%s …", visible.data, share);
    fflush(term->to);
    term->progress = true;
}

void term_progress_end(struct term *term) {
    if (!term->progress)
        return;
    term->progress = false;
    fputs("\r\033[K", term->to);
    fflush(term->to);
}
