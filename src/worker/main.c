/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * arcella-worker: a process that runs guests, reads packages or compiles modules, and can do nothing else.
 *
 * It takes commands from its parent by the channel on descriptor 3 and from nobody else; started by hand it
 * says so and ends.  The command line is for `ps`: what counts comes in `setup`.
 */
#include <getopt.h>
#include <signal.h>

#include "base/fault.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "worker/worker.h"

enum { CHANNEL_FD = 3, EXIT_USAGE = 2, EXIT_REFUSED = 3 };

static const char usage[] =
    "usage: arcella-worker --role guest|intake|compile [--group NAME]\n"
    "\n"
    "Runs instances, or reads or compiles one package, for the process that started it.  It is started by\n"
    "`arcella` with a channel on descriptor 3 and is of no use by hand.\n"
    "\n"
    "  --role ROLE    what it is for (shown by ps)\n"
    "  --group NAME   the group whose instances it runs (shown by ps)\n"
    "  --version      print name and version\n"
    "  --help         print this\n";

void worker_exit(struct worker_process *process, int code) {
    if (!process->leaving)
        process->exit_code = code; /* the first reason is the one */
    process->leaving = true;
    loop_stop(process->loop);
}

/* Messages for people's eyes, or asked for again: a parent that reads too slowly loses them, not the process.
 */
static bool may_be_lost(enum ipc_type type) {
    return type == IPC_OUTPUT || type == IPC_LOG || type == IPC_AUDIT || type == IPC_FIGURES_ARE;
}

void worker_tell(struct worker_process *process, enum ipc_type type, const void *record,
                 const struct channel_extra *extra) {
    ERROR_AUTO *error = NULL;
    struct channel_extra none = {0};
    bool lossy = may_be_lost(type);
    /* Half of the queue is kept for what must arrive. */
    if (lossy && channel_queued_bytes(process->channel) > LIMIT_CHANNEL_QUEUE_BYTES / 2)
        return;
    int r = channel_send_extra(process->channel, type, record, extra ? extra : &none, &error);
    if (r == 0 || r == ARCELLA_E_CLOSED || (r == ARCELLA_E_BUSY && lossy))
        return;
    fprintf(stderr, "cannot send %s: %s\n", ipc_type_name(type), arcella_error_message(error));
    /* The parent would wait for it for ever; that we are gone it notices. */
    if (!lossy)
        worker_exit(process, EXIT_REFUSED);
}

/* Log lines of this process go to the parent. */
static void log_sink_parent(const struct log_line *line, void *user) {
    struct worker_process *process = user;
    const char *unit = log_unit_name(line->about.unit);
    struct ipc_log log = {
        .level = (uint64_t)line->level,
        .unit = worker_text(unit),
        .message = {line->message, line->message_length},
        .fields = worker_text(line->fields),
    };
    worker_tell(process, IPC_LOG, &log, NULL);
}

static void refuse(struct worker_process *process, int code, const arcella_error *error) {
    struct ipc_refused refused = {
        .code = worker_text(arcella_error_name(code)),
        .message = worker_text(arcella_error_message(error)),
    };
    worker_tell(process, IPC_REFUSED, &refused, NULL);
    worker_exit(process, EXIT_REFUSED);
}

static void on_frame(struct channel *channel, struct frame *frame, void *user) {
    struct worker_process *process = user;
    (void)channel;
    ERROR_AUTO *error = NULL;
    if (process->leaving)
        return; /* what came with the last one is not begun any more */
    if (!process->ready) {
        if (frame->message.type != IPC_SETUP) {
            int r =
                error_set(&error, ARCELLA_E_PROTOCOL, "%s before setup", ipc_type_name(frame->message.type));
            refuse(process, r, error);
            return;
        }
        int r = worker_setup(process, frame, &error);
        if (r < 0)
            refuse(process, r, error);
        return;
    }
    if (frame->message.type == IPC_SETUP)
        return; /* a second one changes nothing: rights cannot be had back */
    if (frame->message.type == IPC_LEVELS) {
        if (log_set_levels(frame->message.levels.spec.data, &error) < 0)
            log_event(LOG_WARN, &(struct log_about){.unit = LOG_WORKERS, .error = error}, "bad log levels",
                      "%s", "");
        return;
    }
    process->role->frame(process, frame);
}

static void on_closed(struct channel *channel, const arcella_error *error, void *user) {
    (void)channel;
    if (error)
        fprintf(stderr, "channel: %s\n", arcella_error_message(error));
    worker_exit(user, error ? EXIT_REFUSED : 0); /* the parent is gone, so is the reason to live */
}

/* Descriptors, loop, channel; then everything happens in frames. */
static int serve(struct worker_process *process, arcella_error **reterr) {
    int r = sandbox_descriptors(&process->report, reterr);
    if (r < 0)
        return r;
    r = loop_new(&process->loop, reterr);
    if (r < 0)
        return r;
    r = channel_new(process->loop, CHANNEL_FD, IPC_PARENT, on_frame, on_closed, process, &process->channel,
                    reterr);
    if (r < 0)
        return r;
    log_add_sink(log_sink_parent, process);
    loop_run(process->loop);
    return 0;
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"role", required_argument, NULL, 'r'},
        {"group", required_argument, NULL, 'g'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'r':
        case 'g': break; /* for ps */
        case 'v': printf("arcella-worker %s\n", ARCELLA_VERSION); return 0;
        case 'h': fputs(usage, stdout); return 0;
        default: fputs(usage, stderr); return EXIT_USAGE;
        }
    }
    fault_from_environment();
    json_setup();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);

    struct worker_process process = {0};
    ERROR_AUTO *error = NULL;
    if (serve(&process, &error) < 0) {
        fprintf(stderr, "arcella-worker: %s\n", arcella_error_message(error));
        process.exit_code = EXIT_USAGE;
    }
    if (process.ready && process.role)
        process.role->end(&process);
    log_remove_sink(log_sink_parent, &process);
    if (process.channel) {
        ERROR_AUTO *ignored = NULL;
        enum { FAREWELL_MS = 1000 };
        if (channel_flush(process.channel, FAREWELL_MS, &ignored) < 0)
            process.exit_code = process.exit_code ? process.exit_code : EXIT_REFUSED;
    }
    process.channel = channel_free(process.channel);
    worker_dirs_done(&process);
    loop_free(process.loop);
    return process.exit_code;
}
