/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of the client share. */
#ifndef CLI_CLI_INTERNAL_H
#define CLI_CLI_INTERNAL_H

#include "base/buffer.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/cli.h"
#include "wire/alme.h"

/* --- options.c: the command line --- */

struct options {
    struct cli_call call;
    json_t *args; /* owned; what call.args borrows */
    json_t *sent; /* owned; arguments as typed, paths made absolute: what goes to the daemon */
    bool help;
    bool version;
};

/* Options that every verb takes; rows for help, completion and the docs. */
#define CLI_OPTION_MAP(XX)                                                                                   \
    XX("home", 'H', "DIR", "home folder of the daemon; default ARCELLA_HOME, else ~/.arcella")               \
    XX("socket", 'S', "PATH", "socket of the daemon; default alme in the home folder")                       \
    XX("json", 'j', NULL, "print the daemon's reply as it is, one JSON object a line")                       \
    XX("help", 'h', NULL, "show help, with an example")                                                      \
    XX("version", 'V', NULL, "show the version")

/**
 * Read a command line.
 *
 * @param ret  set on failure too, as far as it was understood (json, command); end it with options_done()
 * @return 0, COMMAND (no such verb), INVALID (wrong option or argument), NOMEM
 */
int options_parse(int argc, char **argv, struct options *ret, arcella_error **reterr) MUST_CHECK;
void options_done(struct options *options);
/** Is this text a path of an existing file or folder, or does it look like one (inspect)? */
bool options_is_file(const char *text);

/* --- client.c: the connection --- */

struct client {
    int fd; /* blocking; -1 closed */
    struct buffer in;
};

/** Where the daemon of a call listens: --socket, ARCELLA_ALME_SOCKET, the home's configuration, the home. */
int client_socket_path(const struct cli_call *call, char **ret, arcella_error **reterr) MUST_CHECK;
int client_open(const char *path, struct client *ret, arcella_error **reterr) MUST_CHECK;
void client_done(struct client *client);
int client_send(struct client *client, const struct buffer *line, arcella_error **reterr) MUST_CHECK;
/** The next line, without LF, borrowed until the next call. @return 0, CLOSED, CANCELLED (a signal),
 * PROTOCOL, NOMEM */
int client_receive(struct client *client, struct text *ret, arcella_error **reterr) MUST_CHECK;

/* --- term.c: what the terminal can do --- */

enum color { COLOR_NONE, COLOR_BOLD, COLOR_DIM, COLOR_RED, COLOR_GREEN, COLOR_YELLOW, COLOR_CYAN };

/* Standard output or standard error as a place for people. */
struct term {
    FILE *to;
    bool is_terminal;
    bool colors;
    bool progress;  /* term_progress() has left something */
    unsigned width; /* columns; UINT_MAX where it is no terminal */
};

/** Find out what a stream is. */
struct term term_of(FILE *to);
/** Print text from anywhere so that it cannot steer the terminal. keep_lines: LF and TAB stay. */
void term_text(const struct term *term, enum color color, const char *text, bool keep_lines);
/** Print text from anywhere, broken at blanks where the terminal ends. at: the column the cursor is in;
 * indent: blanks before each further line */
void term_wrapped(const struct term *term, const char *text, unsigned at, unsigned indent);
/** Columns that a printable UTF-8 text takes. */
unsigned term_columns(const char *text);
/** The colour of a state, a level, an outcome. */
enum color term_color_of(const char *word);
/** Show how far a long operation is, in place; nothing where it is no terminal. */
void term_progress(struct term *term, const char *message, uint64_t done, uint64_t total);
/** Wipe what term_progress() left. */
void term_progress_end(struct term *term);

/* --- table.c: columns that fit --- */

struct table;
/** An empty table. @return NULL where there is no memory; the others take that as a table */
struct table *table_new(void);
/** Free. @return NULL */
struct table *table_free(struct table *table);
DEFINE_CLEANUP(table_free_ptr, struct table *, table_free)
enum column_flag {
    COLUMN_RIGHT = 1, /* numbers */
    COLUMN_CUT = 2,   /* cut with "…" where the terminal is narrow */
    COLUMN_HEAD = 4,  /* what is cut is the beginning: the end of a path tells more */
    COLUMN_SPARE = 8, /* left out where the rest would not fit otherwise */
};
/** Add a column. flags: of enum column_flag */
void table_column(struct table *table, const char *title, unsigned flags);
/** Add a cell; a row is full after as many as there are columns. Text is made visible here. */
void table_cell(struct table *table, const char *text);
/** Print with titles. indent: blanks before each row */
void table_print(const struct table *table, unsigned indent, const struct term *term);

/* --- render.c: replies for people --- */

/** The final reply of a command that worked. */
void render_success(const struct alme_command *command, const struct alme_answer *answer,
                    const struct term *term);
/** What `doctor` found: a line each, hints below. message: the last line */
void render_checks(const json_t *data, const char *message, const struct term *term);
/** One item of a stream. */
void render_item(const struct alme_command *command, const json_t *item, const struct term *term);
/** Print rows with chosen columns where the member is one of those `list` shows. indent: blanks before each
 * row. @return false where it is none */
bool render_known_list(const char *member, const json_t *rows, unsigned indent, const struct term *term);
/** "error: sentence [code]" and "hint: …" on standard error. */
void render_failure(const char *message, const char *code, const char *hint);
/** A value for people: sizes, times and durations by the name of their key. Visible text, cut to size. */
void render_value(const char *key, const json_t *value, char *to, size_t size);

/* --- render_values.c --- */

/** How long ago a time of the daemon's was: "5 m ago"; what is no time stays as it is. */
void render_age(const char *time, char *to, size_t size);
/** Print the WIT that a component was asked for. @return false: there is none in this */
bool render_wit(const json_t *data, const struct term *term);
/** Print any object: scalars first, then tables and sections; what is empty is left out. */
void render_object(const json_t *object, unsigned indent, const struct term *term);

/* --- render_grants.c --- */

/** What a package asks for and is not granted, as notes on standard error. */
void render_requests(const json_t *data);
/** What `explain` says. */
void render_explained(const json_t *data, const char *message, const struct term *term);
/** What is about to start again for a command, and who: a line that stays. */
void render_announcement(const json_t *progress);
/** What `grant` and `revoke` did. */
void render_changed(const json_t *data, const char *message, const struct term *term);

/* --- help.c, complete.c --- */

/** Print what the two below made, its long lines broken where the terminal ends. */
void help_print(const struct buffer *help, const struct term *term);
/** All verbs, shared options, exit codes. */
int help_all(const char *program, struct buffer *to, arcella_error **reterr) MUST_CHECK;
/** One verb: usage, options, example. */
int help_verb(const char *program, const struct alme_command *command, struct buffer *to,
              arcella_error **reterr) MUST_CHECK;
/** A reference page: commands, errors, messages, exit-codes. */
int help_markdown(const char *page, struct buffer *to, arcella_error **reterr) MUST_CHECK;
/** The manual page, for man(1). */
int help_man(struct buffer *to, arcella_error **reterr) MUST_CHECK;
/** A completion script. @param shell  bash, zsh or fish */
int complete_script(const char *shell, struct buffer *to, arcella_error **reterr) MUST_CHECK;

#endif
