/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * `arcella doctor`: can this machine and this home do what Arcella needs?  Each check is a row: a name, a
 * function that says what it found and how to mend it.  A home that a daemon uses is looked at through what
 * may be read beside it; what needs the home for itself is then left to the daemon's `status`.
 */
#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "catalog/rules.h"
#include "daemon/config.h"
#include "daemon/daemon.h"
#include "daemon/local.h"
#include "engine/engine.h"
#include "sandbox/sandbox.h"
#include "workers/workers.h"

enum { MESSAGE_BYTES = 1024, FREE_BYTES_MIN = 64 << 20 };

struct doctor {
    const struct cli_call *call;
    json_t *checks; /* owned */
    char *home;     /* owned */
    pid_t daemon;   /* that uses the home; 0 none */
    struct config config;
    bool has_config;
    bool well; /* so far */
    bool ok;   /* memory */
};

static void tell(struct doctor *doctor, const char *name, bool ok, const char *hint, const char *format, ...)
    PRINTF_LIKE(5, 6);
static void tell(struct doctor *doctor, const char *name, bool ok, const char *hint, const char *format,
                 ...) {
    char message[MESSAGE_BYTES];
    va_list list;
    va_start(list, format);
    vsnprintf(message, sizeof(message), format, list);
    va_end(list);
    JSON_AUTO *one = json_object();
    json_put_text(one, "name", name, &doctor->ok);
    json_put(one, "ok", json_boolean(ok), &doctor->ok);
    json_put_text(one, "message", message, &doctor->ok);
    json_put_text(one, "hint", ok ? "" : hint, &doctor->ok);
    if (json_array_append(doctor->checks, one) < 0)
        doctor->ok = false;
    doctor->well &= ok;
}

static void tell_error(struct doctor *doctor, const char *name, const arcella_error *error) {
    tell(doctor, name, false, arcella_error_hint(error), "%s", arcella_error_message(error));
}

/* --- the machine --- */

static void check_kernel(struct doctor *doctor) {
    struct sandbox_report report = {0};
    ERROR_AUTO *error = NULL;
    if (sandbox_probe(&report, &error) < 0) {
        tell_error(doctor, "sandbox", error);
        return;
    }
    for (int i = 0; i < SANDBOX_FEATURES; i++) {
        enum sandbox_feature feature = (enum sandbox_feature)i;
        /* Without these two a worker has no walls; the others make them higher. */
        bool needed = feature == SANDBOX_FEATURE_LANDLOCK || feature == SANDBOX_FEATURE_SECCOMP;
        bool missing = report.missing[i];
        tell(doctor, sandbox_feature_name(feature), !missing || !needed,
             "run a kernel of 5.13 or later with landlock and seccomp, and let the container use them",
             "%s%s", missing ? "missing; with it, " : "", sandbox_feature_use(feature));
    }
}

static void check_programs(struct doctor *doctor) {
    MEM_AUTO char *path = NULL;
    ERROR_AUTO *error = NULL;
    const char *configured = doctor->has_config ? config_text(&doctor->config, CONFIG_WORKERS_PROGRAM) : "";
    if (worker_program_find(configured, &path, &error) < 0) {
        tell_error(doctor, "worker program", error);
        return;
    }
    tell(doctor, "worker program", true, "", "%s", path);
    /* Asked for its version, as `arcella-worker --version` says it. */
    int pipe_fds[2];
    char said[64] = "";
    if (pipe2(pipe_fds, O_CLOEXEC) < 0)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(pipe_fds[1], STDOUT_FILENO);
        execl(path, "arcella-worker", "--version", (char *)NULL);
        _exit(127);
    }
    close(pipe_fds[1]);
    ssize_t length = pid > 0 ? sys_read(pipe_fds[0], said, sizeof(said) - 1) : -1;
    close(pipe_fds[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    said[length > 0 ? length : 0] = '\0';
    said[strcspn(said, "\n")] = '\0';
    bool same = strcmp(said, "arcella-worker " ARCELLA_VERSION) == 0;
    tell(doctor, "versions", same, "install programs of one release", "arcella %s, %s, %s", ARCELLA_VERSION,
         *said ? said : "arcella-worker does not answer", engine_name());
}

static void check_user(struct doctor *doctor) {
    struct worker_ids ids;
    ERROR_AUTO *error = NULL;
    if (worker_ids_find(doctor->has_config ? config_text(&doctor->config, CONFIG_WORKERS_USER) : "", false,
                        &ids, &error) < 0)
        tell_error(doctor, "worker user", error);
    else
        tell(doctor, "worker user", true, "", "workers run as %s (%u)%s", ids.name, (unsigned)ids.uid,
             ids.change ? "" : ", the user who starts the daemon");
}

/* --- the home --- */

static void check_config(struct doctor *doctor) {
    const char *source;
    ERROR_AUTO *error = NULL;
    struct daemon_options options = {.home = doctor->call->home};
    MEM_AUTO char *home = NULL;
    int r = daemon_config(&options, &doctor->config, &home, &source, &error);
    if (r < 0) {
        config_done(&doctor->config);
        tell_error(doctor, "configuration", error);
    } else {
        doctor->has_config = true;
        tell(doctor, "configuration", true, "", "home is %s (%s)", home, source);
    }
}

static void check_home(struct doctor *doctor) {
    struct stat st;
    struct statvfs fs;
    const char *home = doctor->home;
    if (stat(home, &st) < 0) {
        tell(doctor, "home", errno == ENOENT, "make it, or give another with --home", "%s: %s", home,
             errno == ENOENT ? "not there yet; the daemon makes it" : error_errno_text(errno));
        return;
    }
    bool ours = st.st_uid == geteuid();
    bool closed = !(st.st_mode & (S_IWGRP | S_IWOTH));
    tell(doctor, "home", S_ISDIR(st.st_mode) && ours && closed && access(home, W_OK | X_OK) == 0,
         "it must be a folder of the user who runs the daemon, which nobody else may write to: chmod 700",
         "%s, mode %04o%s", home, (unsigned)(st.st_mode & 07777), ours ? "" : ", another user's");
    if (statvfs(home, &fs) == 0) {
        uint64_t left = (uint64_t)fs.f_bavail * fs.f_frsize;
        char text[32];
        text_format_size(left, text, sizeof(text));
        tell(doctor, "disk", left >= FREE_BYTES_MIN, "free space on the disk that holds the home", "%s free",
             text);
    }
    size_t length = strlen(home) + sizeof("/alme") - 1;
    tell(doctor, "socket path", length <= LIMIT_SOCKET_PATH_BYTES,
         "choose a shorter home, or set alme.socket", "%zu of %d bytes", length, LIMIT_SOCKET_PATH_BYTES);
}

/* The rules for all; where there are none there is nothing to say. */
static void check_policy(struct doctor *doctor) {
    static const char *const folders[] = {"cfg", "config"};
    CLEANUP(rules_done) struct rules rules = {0};
    FD_AUTO fd = -1;
    for (size_t i = 0; fd < 0 && i < ARRAY_LENGTH(folders); i++) {
        MEM_AUTO char *path = home_path(doctor->home, folders[i]);
        fd = path ? sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0) : -1;
    }
    ERROR_AUTO *error = NULL;
    if (fd < 0)
        return;
    if (rules_refresh(&rules, fd, &error) < 0)
        tell_error(doctor, "policy", error);
    else if (rules.count)
        tell(doctor, "policy", true, "", "%zu rules for all deployments", rules.count);
}

static void tell_problems(struct doctor *doctor, const char *name, const struct problems *problems,
                          const char *fine) {
    if (problems->count == 0) {
        tell(doctor, name, true, "", "%s", fine);
        return;
    }
    for (size_t i = 0; i < problems->count; i++) {
        ERROR_AUTO *error = NULL;
        error_set(&error, problems->list[i].code, "x");
        const char *hint = arcella_error_hint(error);
        tell(doctor, name, false, *hint ? hint : "see the daemon's log", "%s: %s", problems->list[i].subject,
             problems->list[i].text);
    }
}

static void check_cache(struct doctor *doctor) {
    MEM_AUTO char *path = home_path(doctor->home, "cache");
    struct cache *cache = NULL;
    ERROR_AUTO *error = NULL;
    if (!path || access(path, F_OK) < 0) {
        tell(doctor, "code cache", true, "", "empty");
        return;
    }
    if (cache_open(path, 0, 0, &cache, &error) < 0) {
        tell_error(doctor, "code cache", error);
        return;
    }
    struct problems problems = {0};
    struct cache_figures figures;
    char text[128], bytes[32];
    /* Verifying removes what is bad, which is safe beside a daemon: entries appear and go by rename. */
    cache_verify(cache, &problems);
    cache_figures(cache, &figures);
    text_format_size(figures.bytes, bytes, sizeof(bytes));
    snprintf(text, sizeof(text), "%llu %s, %s, all verified", (unsigned long long)figures.entries,
             figures.entries == 1 ? "entry" : "entries", bytes);
    tell_problems(doctor, "code cache", &problems, text);
    problems_done(&problems);
    cache_free(cache);
}

static int verify_one(const struct component_record *record, void *user) {
    struct catalog *catalog = user;
    ERROR_AUTO *error = NULL;
    int r = store_verify(catalog->store, record->id.text, &error);
    if (r < 0)
        problem_add(&catalog->problems, r, record->id.text, "%s", arcella_error_message(error));
    return 0;
}

/* Only for a home that nobody uses: database and modules are opened as the daemon would. */
static void check_catalog(struct doctor *doctor) {
    struct home *home = NULL;
    struct catalog *catalog = NULL;
    ERROR_AUTO *error = NULL;
    MEM_AUTO char *database = home_path(doctor->home, "state/arcella.db");
    if (!database || access(database, F_OK) < 0) { /* opening would make all that a home has */
        tell(doctor, "database", true, "", "not there yet; the daemon makes it");
        return;
    }
    int r = home_open(doctor->home, &home, &error);
    if (r == 0)
        r = home_lock(home, &error);
    if (r == 0)
        r = catalog_open(home, 0, 0, &catalog, &error);
    if (r == 0)
        r = state_verify(catalog->state, &error);
    if (r < 0 || !catalog)
        tell_error(doctor, "database", error);
    else {
        tell(doctor, "database", true, "", "sound");
        if (state_component_each(catalog->state, verify_one, catalog, NULL) < 0)
            problem_add(&catalog->problems, ARCELLA_E_CORRUPT, "state/arcella.db",
                        "components cannot be listed");
        tell_problems(doctor, "modules", &catalog->problems, "all verified");
    }
    catalog_free(catalog);
    home_free(home);
}

int local_doctor(const struct cli_call *call) {
    struct doctor doctor = {.call = call, .checks = json_array(), .well = true, .ok = true};
    ERROR_AUTO *error = NULL;
    if (!doctor.checks || home_find(call->home, &doctor.home, NULL, &error) < 0) {
        if (!error)
            error_nomem(&error);
        cli_print_error(call, error);
        json_decref(doctor.checks);
        return CLI_EXIT_FAILED;
    }
    check_kernel(&doctor);
    check_config(&doctor);
    check_programs(&doctor);
    check_user(&doctor);
    check_home(&doctor);
    check_policy(&doctor);
    doctor.daemon = home_lock_holder(doctor.home);
    if (doctor.daemon)
        tell(&doctor, "daemon", true, "", "runs with pid %d; `arcella status` tells of database and modules",
             (int)doctor.daemon);
    else {
        tell(&doctor, "daemon", true, "", "none uses this home");
        check_catalog(&doctor);
    }
    check_cache(&doctor);
    JSON_AUTO *data = json_object();
    json_put(data, "checks", TAKE(doctor.checks), &doctor.ok);
    json_put(data, "ok", json_boolean(doctor.well), &doctor.ok);
    int code = doctor.ok ? cli_print(call, doctor.well ? "all is well" : "something is wrong", data)
                         : CLI_EXIT_FAILED;
    if (doctor.has_config)
        config_done(&doctor.config);
    mem_free(doctor.home);
    return code == CLI_EXIT_OK && !doctor.well ? CLI_EXIT_FAILED : code;
}
