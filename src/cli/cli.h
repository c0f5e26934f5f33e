/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The command line client: a verb per ALME command, blocking, short-lived.
 *
 * `arcella-cli` is this and a main().  `arcella` links it too and hands over every verb that is not its own,
 * so both are the same client.  Verbs marked LOCAL in wire/commands.def run in `arcella`: it passes its
 * functions; `arcella-cli`, which has none, execs the `arcella` beside it with the same arguments.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>

#include "wire/alme.h"

/* Exit codes of all verbs but `run`. */
#define CLI_EXIT_MAP(XX)                                                                                     \
    XX(OK, 0, "it worked; a stream was ended by Ctrl-C")                                                     \
    XX(FAILED, 1, "the command failed; the message has a code and a hint")                                   \
    XX(USAGE, 2, "the command line is wrong; nothing was sent")                                              \
    XX(NO_DAEMON, 3, "no daemon answers on the socket")                                                      \
    XX(LOST, 4, "the daemon went away before it had answered")                                               \
    XX(LOCAL, 5, "the program for a local verb could not be started")
enum cli_exit {
#define XX(name, number, words) CLI_EXIT_##name = (number),
    CLI_EXIT_MAP(XX)
#undef XX
};

/* Exit codes of `run`, beside the program's own: those known from timeout(1), env(1) and signals. */
#define RUN_EXIT_MAP(XX)                                                                                     \
    XX(BAD_CALL, 2, "the command line is wrong, or an argument of a call")                                   \
    XX(WALL_TIME, 124, "it took longer than --timeout")                                                      \
    XX(CANNOT, 125,                                                                                          \
       "arcella could not run it, or it has no such function: the message has a code and a hint")            \
    XX(NO_PROGRAM, 126, "the file is no program that can be run here")                                       \
    XX(NOT_FOUND, 127, "there is no such file")                                                              \
    XX(TRAP, 134, "it trapped, or used up its stack")                                                        \
    XX(LIMIT, 135, "it went over a limit")                                                                   \
    XX(WORKER, 139, "its worker process died")                                                               \
    XX(BUDGET, 152, "it used up its CPU time or fuel")

/* A command line that was understood. Everything borrowed from cli_main(). */
struct cli_call {
    const struct alme_command *command;
    const json_t
        *args;        /* as alme_arguments_check() leaves them; NULL for `daemon`, which reads argv itself */
    bool json;        /* --json */
    const char *home; /* --home, or NULL */
    const char *socket; /* --socket, or NULL */
    int argc;           /* the whole command line */
    char **argv;
    int verb; /* index of the verb in argv */
    int rest; /* index of what goes to the program of `run`, argc where there is nothing */
};

/** A local verb. @return the exit code */
typedef int cli_local_fn(const struct cli_call *call);

struct cli_local {
    enum alme_id id; /* a LOCAL row */
    cli_local_fn *fn;
};

/**
 * Run the client on a command line.
 *
 * @param argv    argv[0] is the program's name, shown in help and messages
 * @param locals  the local verbs this program has, ended by a NULL fn; NULL for none
 * @return the exit code, enum cli_exit or what a local verb returned
 */
int cli_main(int argc, char **argv, const struct cli_local *locals);

/**
 * Print what a local verb found, as the reply of a daemon would be printed: with --json as it is, else for
 * people.
 *
 * @param data  borrowed
 * @return an exit code
 */
int cli_print(const struct cli_call *call, const char *message, const json_t *data);
/** Print an error as the client prints one. */
void cli_print_error(const struct cli_call *call, const arcella_error *error);

#endif
