/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Runs component .wast scripts in the form that `wasm-tools json-from-wast` gives them:
 *
 *     component-wast [--verbose] [--skip-list FILE] … PATH…
 *
 * A PATH is such a JSON or a folder, in which every *.json at any depth is taken.  One line for each script,
 * then `N passed, N failed, N skipped`; exit code 0: nothing failed, 1: something did, 2: nothing was run.
 *
 * Each script runs in a child.  Where the child dies (a crash, a sanitizer's finding, a command that takes
 * too long), the command it was at has failed, and a new child runs the script without it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "wast.h"

#define JSON_BYTES   (64 * MIB)
#define FOLDER_DEPTH 8
/* Children for one script: what dies so often is not worth more. */
#define CHILDREN_MAX 50

static const char usage[] =
    "usage: component-wast [OPTION…] PATH…\n"
    "\n"
    "Runs the scripts that `wasm-tools json-from-wast` made: PATH is a JSON, or a folder that holds some.\n"
    "\n"
    "  --verbose          each command that failed, with line and reason; twice: also what was skipped,\n"
    "                     notes on traps, reasons of refusals\n"
    "  --skip-list FILE   commands not to judge, a line each: SCRIPT.wast:LINE reason\n"
    "  --types            what passed, failed and was skipped by type of command\n"
    "  --direct           calls on the caller's stack instead of the fiber\n"
    "  --check            decode and check only, instantiate and call nothing\n"
    "  --reference        hold each verdict on a binary against the engine's validator\n"
    "  --seconds N        for one command (default 20)\n"
    "  --memory SIZE      of an instance, all its memories together (default 64m)\n";

struct exception {
    char *place;  /* "values/strings.wast:12"; owned */
    char *reason; /* owned */
    bool used;
};

struct count {
    uint64_t of[WAST_SKIPPED + 1]; /* by enum wast_state */
};
struct type_count {
    char type[32];
    struct count count;
};

static struct {
    struct wast_options wast;
    int verbose;
    bool types;
    struct exception *exceptions;
    size_t exception_count;
    struct count all;
    struct type_count by_type[16];
    unsigned files, broken;
} runner = {.wast = {.seconds = 20, .memory_bytes = 64 * MIB}};

/* --- exceptions --- */

static void read_skip_list(const char *path) {
    ERROR_AUTO *error = NULL;
    BUFFER_AUTO text = BUFFER_INIT(MIB);
    if (file_read(AT_FDCWD, path, MIB, &text, &error)) {
        fprintf(stderr, "component-wast: %s: %s\n", path, arcella_error_message(error));
        exit(2);
    }
    char *save = NULL;
    for (char *line = text.data ? strtok_r(text.data, "\n", &save) : NULL; line;
         line = strtok_r(NULL, "\n", &save)) {
        if (*line == '#' || !*line)
            continue;
        char *space = strchr(line, ' ');
        struct exception *more =
            mem_resize(runner.exceptions, (runner.exception_count + 1) * sizeof(*runner.exceptions));
        if (!space || !space[1] || !more) {
            fprintf(stderr, "component-wast: %s: '%s' gives no reason\n", path, line);
            exit(2);
        }
        runner.exceptions = more;
        more[runner.exception_count++] = (struct exception){
            mem_text_n(line, (size_t)(space - line)),
            mem_text(space + 1),
            false,
        };
    }
}

/* Is a script's place in the list?  Places of the list may leave out leading folders. */
static struct exception *find_exception(const char *source, long long line) {
    char place[PATH_MAX];
    snprintf(place, sizeof(place), "/%s:%lld", source, line);
    for (size_t i = 0; i < runner.exception_count; i++) {
        const char *of = runner.exceptions[i].place;
        const size_t length = of ? strlen(of) : 0;
        if (length && length < strlen(place) && text_ends(place, of) &&
            place[strlen(place) - length - 1] == '/')
            return &runner.exceptions[i];
    }
    return NULL;
}

static void end_skip_list(void) {
    for (size_t i = 0; i < runner.exception_count; i++) {
        struct exception *e = &runner.exceptions[i];
        if (!e->used && runner.verbose)
            printf("note: nothing stands at %s of the skip list\n", e->place);
        mem_free(e->place);
        mem_free(e->reason);
    }
    mem_free(runner.exceptions);
}

/* --- one script --- */

static void count_type(const char *type, enum wast_state state) {
    for (size_t i = 0; i < ARRAY_LENGTH(runner.by_type); i++) {
        struct type_count *t = &runner.by_type[i];
        if (t->type[0] && strcmp(t->type, type) != 0)
            continue;
        text_copy(t->type, sizeof(t->type), type);
        t->count.of[state]++;
        return;
    }
}

/* Say what died and how, at the command it was at. */
static void tell_death(struct wast_verdict *v, int status) {
    v->state = WAST_FAILED;
    v->crashed = true;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        snprintf(v->text, sizeof(v->text), "took more than %u seconds", runner.wast.seconds);
    else if (WIFSIGNALED(status))
        snprintf(v->text, sizeof(v->text), "died of signal %d (%s)", WTERMSIG(status),
                 sigabbrev_np(WTERMSIG(status)));
    else
        snprintf(v->text, sizeof(v->text), "the process ended with %d", WEXITSTATUS(status));
}

/* @return false: the child died after its last command (a leak, damage found when everything was freed) */
static bool run_children(const char *folder, const json_t *commands, struct wast_sheet *sheet) {
    const size_t count = json_array_size(commands);
    for (unsigned children = 0; children < CHILDREN_MAX; children++) {
        int status = 0;
        sheet->done = false;
        fflush(NULL);
        const pid_t pid = fork();
        if (pid == 0) {
            wast_run(folder, commands, &runner.wast, sheet);
            exit(0);
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid) {
            perror("component-wast");
            return false;
        }
        if (sheet->done)
            return status == 0;
        if (sheet->at >= count || sheet->verdicts[sheet->at].crashed)
            return false;
        tell_death(&sheet->verdicts[sheet->at], status);
    }
    return true;
}

static void tell_verdict(const char *label, long long line, const char *type, const struct wast_verdict *v) {
    static const char *const words[] = {"not run", "passed", "failed", "skipped"};
    const bool worth = v->state == WAST_FAILED || v->state == WAST_UNKNOWN;
    if (runner.verbose && (worth || (runner.verbose > 1 && v->text[0])))
        printf("  %s:%lld: %s %s%s%s\n", label, line, type, words[v->state], v->text[0] ? ": " : "", v->text);
    else if (runner.verbose && v->note)
        printf("  %s:%lld: %s passed, note: %s\n", label, line, type, v->text);
}

static void tell_file(const char *label, const json_t *commands, const char *source, struct wast_sheet *sheet,
                      bool whole) {
    struct count count = {0};
    size_t i;
    json_t *command;
    json_array_foreach(commands, i, command) {
        struct wast_verdict *v = &sheet->verdicts[i];
        const long long line = json_integer_value(json_object_get(command, "line"));
        const char *type = json_string_value(json_object_get(command, "type"));
        struct exception *e = find_exception(source, line);
        if (e) {
            e->used = true;
            if (v->state != WAST_PASSED) {
                v->state = WAST_SKIPPED;
                snprintf(v->text, sizeof(v->text), "exception: %s", e->reason);
            }
        }
        if (v->state == WAST_UNKNOWN)
            v->state = WAST_FAILED;
        count.of[v->state]++;
        count_type(type ? type : "(none)", v->state);
        tell_verdict(label, line, type ? type : "(none)", v);
    }
    if (!whole)
        runner.broken++;
    printf("%s %-55s %4" PRIu64 " passed, %3" PRIu64 " failed, %3" PRIu64 " skipped%s\n",
           count.of[WAST_FAILED] || !whole ? "FAIL" : "ok  ", label, count.of[WAST_PASSED],
           count.of[WAST_FAILED], count.of[WAST_SKIPPED],
           whole ? "" : ", and the process that ran it did not end well");
    for (size_t s = 0; s < ARRAY_LENGTH(count.of); s++)
        runner.all.of[s] += count.of[s];
}

/* The last folder and the name of a script. */
static const char *label_of(const char *source) {
    const char *label = strrchr(source, '/');
    if (!label)
        return source;
    while (label > source && label[-1] != '/')
        label--;
    return label;
}

static int run_json(const char *path, const json_t *script, arcella_error **reterr) {
    const char *source = json_string_value(json_object_get(script, "source_filename"));
    const json_t *commands = json_object_get(script, "commands");
    const char *slash = strrchr(path, '/');
    MEM_AUTO char *folder = slash ? mem_text_n(path, (size_t)(slash - path)) : mem_text(".");
    const size_t bytes =
        sizeof(struct wast_sheet) + (json_array_size(commands) + 1) * sizeof(struct wast_verdict);
    if (!json_is_array(commands))
        return error_set(reterr, ARCELLA_E_INVALID, "'%s' has no commands: it is no script", path);
    struct wast_sheet *sheet = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (sheet == MAP_FAILED || !folder)
        return error_nomem(reterr);
    const bool whole = run_children(folder, commands, sheet);
    tell_file(label_of(source ? source : path), commands, source ? source : path, sheet, whole);
    munmap(sheet, bytes);
    runner.files++;
    return 0;
}

static void run_file(const char *path) {
    ERROR_AUTO *error = NULL;
    BUFFER_AUTO text = BUFFER_INIT(JSON_BYTES);
    JSON_AUTO *script = NULL;
    json_error_t where;
    int r = file_read(AT_FDCWD, path, JSON_BYTES, &text, &error);
    /* Not json_parse(): strings of scripts may hold NUL. */
    if (!r) {
        script = json_loadb(text.data ? text.data : "", text.length, JSON_ALLOW_NUL, &where);
        if (!script)
            r = error_set(&error, ARCELLA_E_INVALID, "line %d, column %d: %s", where.line, where.column,
                          where.text);
    }
    if (!r)
        r = run_json(path, script, &error);
    if (r) {
        printf("FAIL %s: %s\n", path, arcella_error_message(error));
        runner.broken++;
    }
}

/* --- folders --- */

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void run_path(const char *path, unsigned depth) {
    struct stat st;
    struct dirent **entries = NULL;
    if (stat(path, &st) != 0) {
        printf("FAIL %s: %s\n", path, error_errno_text(errno));
        runner.broken++;
        return;
    }
    if (!S_ISDIR(st.st_mode)) {
        if (depth == 0 || text_ends(path, ".json"))
            run_file(path);
        return;
    }
    const int count = depth < FOLDER_DEPTH ? scandir(path, &entries, NULL, by_name) : 0;
    for (int i = 0; i < count; i++) {
        MEM_AUTO char *inside = mem_format("%s/%s", path, entries[i]->d_name);
        if (inside && entries[i]->d_name[0] != '.')
            run_path(inside, depth + 1);
        free(entries[i]);
    }
    free(entries);
}

static void tell_types(void) {
    for (size_t i = 0; i < ARRAY_LENGTH(runner.by_type) && runner.by_type[i].type[0]; i++) {
        const struct type_count *t = &runner.by_type[i];
        printf("%-24s %5" PRIu64 " passed, %5" PRIu64 " failed, %5" PRIu64 " skipped\n", t->type,
               t->count.of[WAST_PASSED], t->count.of[WAST_FAILED], t->count.of[WAST_SKIPPED]);
    }
}

NORETURN static void tell_usage(int code) {
    fputs(usage, code ? stderr : stdout);
    exit(code);
}

static void read_options(int argc, char **argv) {
    static const struct option options[] = {
        {"verbose", no_argument, NULL, 'v'},       {"skip-list", required_argument, NULL, 's'},
        {"types", no_argument, NULL, 't'},         {"direct", no_argument, NULL, 'd'},
        {"check", no_argument, NULL, 'c'},         {"reference", no_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 'n'}, {"memory", required_argument, NULL, 'm'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
    };
    uint64_t seconds;
    for (int c; (c = getopt_long(argc, argv, "v", options, NULL)) >= 0;)
        switch (c) {
        case 'v': runner.verbose++; break;
        case 's': read_skip_list(optarg); break;
        case 't': runner.types = true; break;
        case 'd': runner.wast.direct = true; break;
        case 'c': runner.wast.check = true; break;
        case 'r': runner.wast.reference = true; break;
        case 'm':
            if (text_parse_size(optarg, 64 * GIB, &runner.wast.memory_bytes, NULL)) {
                fprintf(stderr, "component-wast: '%s' is no size\n", optarg);
                exit(2);
            }
            break;
        case 'n':
            if (text_parse_u64(optarg, 3600, &seconds, NULL) == 0 && seconds > 0) {
                runner.wast.seconds = (unsigned)seconds;
                break;
            }
            tell_usage(2);
        default: tell_usage(c == 'h' ? 0 : 2);
        }
}

int main(int argc, char **argv) {
    json_setup();
    setvbuf(stdout, NULL, _IOLBF, 0);
    read_options(argc, argv);
    for (int i = optind; i < argc; i++)
        run_path(argv[i], 0);
    if (runner.files == 0) {
        fprintf(stderr, "component-wast: no script was run\n");
        return 2;
    }
    if (runner.types)
        tell_types();
    end_skip_list();
    printf("%" PRIu64 " passed, %" PRIu64 " failed, %" PRIu64 " skipped\n", runner.all.of[WAST_PASSED],
           runner.all.of[WAST_FAILED] + runner.broken, runner.all.of[WAST_SKIPPED]);
    return runner.all.of[WAST_FAILED] || runner.broken ? 1 : 0;
}
