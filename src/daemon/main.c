/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The program `arcella`: the daemon, the verbs that need none, and for every other verb the same client as
 * arcella-cli.
 */
#include <fcntl.h>
#include <getopt.h>

#include "base/fault.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "daemon/daemon.h"
#include "daemon/local.h"
#include "daemon/run.h"

enum { EXIT_WRONG = 2, SETS_MAX = 64 };

struct command_line {
    struct daemon_options options;
    const char *sets[SETS_MAX];
    bool check_config;
    bool json;
    bool done;                          /* nothing is left to do */
    char socket[LIMIT_PATH_BYTES + 16]; /* "alme.socket=…" */
};

/* Say it as the client says what is wrong with a command line. */
static int wrong(int code, const char *format, ...) PRINTF_LIKE(2, 3);
static int wrong(int code, const char *format, ...) {
    ERROR_AUTO *error = NULL;
    va_list list;
    va_start(list, format);
    error_set_va(&error, code, format, list);
    va_end(list);
    error_hint(&error, code, "`arcella help daemon` shows its options");
    run_say_error(error);
    return EXIT_WRONG;
}

/* The page of the verb, which is made from its row. */
static int show_help(char *program) {
    static char help[] = "help", daemon[] = "daemon";
    char *argv[] = {program, help, daemon, NULL};
    return cli_main(3, argv, NULL);
}

static int add_set(struct command_line *line, const char *set) {
    if (line->options.sets_count == SETS_MAX)
        return wrong(ARCELLA_E_INVALID, "more than %d --set", SETS_MAX);
    line->sets[line->options.sets_count++] = set;
    return 0;
}

/* --socket and the setting are the same thing. */
static int add_socket(struct command_line *line, const char *path) {
    int length = snprintf(line->socket, sizeof(line->socket), "alme.socket=%s", path);
    if (length < 0 || (size_t)length >= sizeof(line->socket))
        return wrong(ARCELLA_E_INVALID, "the path of --socket is too long");
    return add_set(line, line->socket);
}

/* The options of the verb `daemon` and those all verbs share, as wire/commands.def and cli/ have them. */
static int parse(int argc, char **argv, struct command_line *line) {
    static const struct option options[] = {
        {"home", required_argument, NULL, 'H'}, {"socket", required_argument, NULL, 'S'},
        {"set", required_argument, NULL, 's'},  {"check-config", no_argument, NULL, 'c'},
        {"json", no_argument, NULL, 'j'},       {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},       {0},
    };
    optind = 1;
    opterr = 0;
    int r = 0;
    for (int option; r == 0 && (option = getopt_long(argc, argv, ":H:S:jVh", options, NULL)) != -1;) {
        const char *shown = argv[optind - 1];
        switch (option) {
        case 'H': line->options.home = optarg; break;
        case 'S': r = add_socket(line, optarg); break;
        case 's': r = add_set(line, optarg); break;
        case 'c': line->check_config = true; break;
        case 'j': line->json = true; break;
        case 'V':
            printf("arcella %s\n", ARCELLA_VERSION);
            line->done = true;
            return 0;
        case 'h': line->done = true; return show_help(argv[0]);
        case ':': r = wrong(ARCELLA_E_INVALID, "option '%s' needs a value", shown); break;
        default: r = wrong(ARCELLA_E_INVALID, "'daemon' has no option '%s'", shown); break;
        }
    }
    line->options.sets = line->sets;
    if (r == 0 && optind < argc && strcmp(argv[optind], "daemon") == 0)
        optind++;
    if (r == 0 && optind < argc)
        r = wrong(ARCELLA_E_INVALID, "'daemon' has no place for '%s'", argv[optind]);
    return r;
}

static int print(const struct buffer *text) {
    if (text->length)
        fwrite(text->data, 1, text->length, stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}

static int check_config(const struct command_line *line) {
    CLEANUP(config_done) struct config config = {0};
    MEM_AUTO char *home = NULL;
    const char *source = "";
    ERROR_AUTO *error = NULL;
    BUFFER_AUTO text = BUFFER_INIT(MIB);
    int r = daemon_config(&line->options, &config, &home, &source, &error);
    if (r == 0 && line->json) {
        JSON_AUTO *all = config_json(&config);
        JSON_AUTO *shown =
            all ? json_pack("{s:s,s:s,s:O}", "home", home, "home_source", source, "settings", all) : NULL;
        r = shown ? json_add(&text, shown, &error) : error_nomem(&error);
        if (r == 0)
            r = buffer_text(&text, "\n", &error);
    } else if (r == 0) {
        r = buffer_format(&text, &error, "# home: %s (%s)\n\n", home, source);
        if (r == 0)
            r = config_show(&config, &text, &error);
    }
    if (r == 0)
        return print(&text);
    run_say_error(error);
    return 1;
}

static int run_daemon(int argc, char **argv) {
    struct command_line line = {0};
    int r = parse(argc, argv, &line);
    if (r || line.done)
        return r;
    return line.check_config ? check_config(&line) : daemon_run(&line.options);
}

static int daemon_verb(const struct cli_call *call) {
    return run_daemon(call->argc, call->argv);
}

/* Is there a verb, or only options of the daemon?  Options with a value are passed over with it. */
static bool has_verb(int argc, char **argv) {
    static const char *const valued[] = {"--home", "-H", "--set", "--socket", "-S"};
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-')
            return true;
        for (size_t k = 0; k < ARRAY_LENGTH(valued); k++)
            if (strcmp(argv[i], valued[k]) == 0) {
                i++;
                break;
            }
    }
    return false;
}

/* A program started without standard streams gets empty ones: their numbers must not become files of ours. */
static void fill_streams(void) {
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) < 0)
            _exit(EXIT_WRONG);
}

int main(int argc, char **argv) {
    static const struct cli_local locals[] = {
        {ALME_DAEMON, daemon_verb},
        {ALME_RUN, local_run},
        {ALME_INSPECT_FILE, local_inspect},
        {ALME_DOCTOR, local_doctor},
        {0, NULL},
    };
    fill_streams();
    fault_from_environment();
    json_setup();
    /* `arcella --help` alone is about all verbs. */
    bool help = argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    return help || has_verb(argc, argv) ? cli_main(argc, argv, locals) : run_daemon(argc, argv);
}
