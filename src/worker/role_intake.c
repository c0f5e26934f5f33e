/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The intake role: reads one package, says what it is.  Everything it is given may be hostile, which is why
 * it is a process of its own; what it answers is checked again by the parent.
 */
#include "base/fd.h"
#include "base/limits.h"
#include "catalog/manifest.h"
#include "worker/describe.h"
#include "worker/worker.h"

static int begin(struct worker_process *process, arcella_error **reterr) {
    (void)process;
    (void)reterr;
    return 0;
}

static int read_fd(struct frame *frame, unsigned index, size_t limit, struct buffer *to,
                   arcella_error **reterr) {
    FD_AUTO fd = frame_take_fd(frame, index);
    if (fd < 0)
        return error_set(reterr, ARCELLA_E_PROTOCOL, "intake came without descriptor %u", index);
    if (lseek(fd, 0, SEEK_SET) < 0)
        return error_set_errno(reterr, errno, "rewind");
    return fd_read_all(fd, limit, to, reterr);
}

static int describe(struct frame *frame, struct buffer *to, arcella_error **reterr) {
    const struct ipc_intake *intake = &frame->message.intake;
    BUFFER_AUTO wasm = BUFFER_INIT(LIMIT_WASM_BYTES);
    int r = read_fd(frame, 0, LIMIT_WASM_BYTES, &wasm, reterr);
    if (r < 0)
        return error_wrap(reterr, r, "%s", intake->name.data);
    CLEANUP(description_free_ptr) struct package_description *d = description_new();
    if (!d)
        return error_nomem(reterr);
    struct buffer files[MANIFEST_FILES];
    struct text texts[MANIFEST_FILES] = {{NULL, 0}};
    const bool present[MANIFEST_FILES] = {
        [MANIFEST_COMPONENT] = intake->has_component,
        [MANIFEST_TEMPLATE] = intake->has_template,
        [MANIFEST_LEGACY] = intake->has_legacy,
    };
    unsigned index = 1;
    for (int i = 0; i < MANIFEST_FILES; i++) {
        buffer_init(&files[i], LIMIT_MANIFEST_BYTES);
        if (r < 0 || !present[i])
            continue;
        r = read_fd(frame, index++, LIMIT_MANIFEST_BYTES, &files[i], reterr);
        if (r < 0)
            error_wrap(reterr, r, "%s", manifest_file_name((enum manifest_file)i));
        texts[i] = (struct text){files[i].data ? files[i].data : "", files[i].length};
    }
    if (r == 0)
        r = manifest_read(texts, d, reterr);
    if (r == 0) {
        r = describe_binary(wasm.data ? wasm.data : "", wasm.length, intake->wit, d, reterr);
        if (r < 0)
            error_wrap(reterr, r, "%s", intake->name.data);
    }
    if (r == 0)
        r = description_compare(d, reterr);
    if (r == 0)
        r = description_encode(d, to, reterr);
    for (int i = 0; i < MANIFEST_FILES; i++)
        buffer_done(&files[i]);
    return r;
}

static void frame(struct worker_process *process, struct frame *frame) {
    if (frame->message.type == IPC_DRAIN) {
        worker_exit(process, 0);
        return;
    }
    if (frame->message.type != IPC_INTAKE)
        return;
    BUFFER_AUTO description = BUFFER_INIT(LIMIT_DESCRIPTION_BYTES);
    ERROR_AUTO *error = NULL;
    int r = describe(frame, &description, &error);
    struct ipc_taken taken = {
        .ok = r == 0,
        .description = {description.data ? description.data : "", r == 0 ? description.length : 0},
        .code = text_of(r == 0 ? "" : arcella_error_name(r)),
        .message = worker_text(arcella_error_message(error)),
        .hint = worker_text(arcella_error_hint(error)),
    };
    worker_tell(process, IPC_TAKEN, &taken, NULL);
    worker_exit(process, 0); /* one package a process */
}

static void finish(struct worker_process *process) {
    (void)process;
}

const struct worker_role worker_role_intake = {
    .name = "intake",
    .sandbox = SANDBOX_INTAKE,
    .file_bytes = 1, /* it writes none */
    .begin = begin,
    .frame = frame,
    .end = finish,
};
