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

static const char usage[] =
    "usage: arcella [daemon] [OPTION…]     run the daemon in the foreground\n"
    "       arcella VERB …                 any verb of arcella-cli; `arcella help` lists them\n"
    "\n"
    "  --home DIR           home folder; default $ARCELLA_HOME, else ~/.arcella\n"
    "  --set KEY=VALUE      a setting, over file and environment; may be repeated\n"
    "  --check-config       print the settings in force with their sources, and end\n"
    "  --json               … as JSON\n"
    "  --version            print the version\n"
    "  --help               print this\n"
    "\n"
    "example: arcella daemon --home ./scratch --set log.level=debug\n";

enum { EXIT_WRONG = 2, SETS_MAX = 64 };

struct command_line {
    struct daemon_options options;
    const char *sets[SETS_MAX];
    bool check_config;
    bool json;
    int done; /* exit code + 1 where nothing is left to do */
};

static int parse(int argc, char **argv, struct command_line *line) {
    static const struct option options[] = {
        {"home", required_argument, NULL, 'h'},   {"set", required_argument, NULL, 's'},
        {"check-config", no_argument, NULL, 'c'}, {"config-reference", no_argument, NULL, 'r'},
        {"json", no_argument, NULL, 'j'},         {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, '?' + 128},   {0},
    };
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'h': line->options.home = optarg; break;
        case 's':
            if (line->options.sets_count == SETS_MAX) {
                fprintf(stderr, "arcella: more than %d --set\n", SETS_MAX);
                return EXIT_WRONG;
            }
            line->sets[line->options.sets_count++] = optarg;
            break;
        case 'c': line->check_config = true; break;
        case 'j': line->json = true; break;
        case 'v':
            printf("arcella %s\n", ARCELLA_VERSION);
            line->done = 1;
            return 0;
        case '?' + 128:
            fputs(usage, stdout);
            line->done = 1;
            return 0;
        default: fputs(usage, stderr); return EXIT_WRONG;
        }
    }
    line->options.sets = line->sets;
    if (optind < argc && strcmp(argv[optind], "daemon") == 0)
        optind++;
    if (optind < argc) {
        fprintf(stderr, "arcella: there is no argument '%s'\n", argv[optind]);
        return EXIT_WRONG;
    }
    return 0;
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
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-')
            return true;
        if ((strcmp(argv[i], "--home") == 0 || strcmp(argv[i], "--set") == 0 ||
             strcmp(argv[i], "--socket") == 0) &&
            i + 1 < argc)
            i++;
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
    return has_verb(argc, argv) ? cli_main(argc, argv, locals) : run_daemon(argc, argv);
}
