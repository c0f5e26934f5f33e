/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The compile role: the bytes of one core module in, its machine code out on a sealed memfd.  A module that
 * takes its compiler over has this process and nothing else.
 */
#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "worker/worker.h"

/*
 * (module (func) (func)): compiled once before seccomp, so that every thread the compiler uses exists by
 * then.
 */
static const uint8_t warm_up[] = {
    0x00, 'a',  's',  'm',  1,    0,    0,    0,    0x01, 0x04, 0x01, 0x60, 0x00, 0x00,
    0x03, 0x03, 0x02, 0x00, 0x00, 0x0a, 0x07, 0x02, 0x02, 0x00, 0x0b, 0x02, 0x00, 0x0b,
};

struct compiler {
    struct engine *engine;
    struct engine_config config;
};

/* The engine for a configuration; made before seccomp with the default one, anew if another is asked for. */
static int begin(struct worker_process *process, arcella_error **reterr) {
    struct compiler *compiler = mem_new(struct compiler);
    if (!compiler)
        return error_nomem(reterr);
    process->state = compiler;
    compiler->config = (struct engine_config){
        .stack_bytes = process->stack_bytes, .fuel = process->fuel, .parallel_compile = true};
    int r = engine_new(&compiler->config, process->loop, &compiler->engine, reterr);
    if (r < 0)
        return r;
    BUFFER_AUTO code = BUFFER_INIT(LIMIT_CODE_BYTES);
    return engine_compile(compiler->engine, warm_up, sizeof warm_up, &code, reterr);
}

static int compile(struct worker_process *process, struct frame *frame, struct buffer *code,
                   arcella_error **reterr) {
    const struct compiler *compiler = process->state;
    const struct ipc_compile *wanted = &frame->message.compile;
    if (wanted->stack_bytes != compiler->config.stack_bytes || wanted->fuel != compiler->config.fuel)
        return error_set(reterr, ARCELLA_E_PROTOCOL,
                         "compile asks for another configuration than setup named");
    FD_AUTO fd = frame_take_fd(frame, 0);
    if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return error_set(reterr, ARCELLA_E_PROTOCOL, "compile came without a readable file");
    BUFFER_AUTO wasm = BUFFER_INIT(LIMIT_WASM_BYTES);
    int r = fd_read_all(fd, LIMIT_WASM_BYTES, &wasm, reterr);
    if (r == 0)
        r = engine_compile(compiler->engine, wasm.data ? wasm.data : "", wasm.length, code, reterr);
    return r;
}

static void frame(struct worker_process *process, struct frame *frame) {
    if (frame->message.type == IPC_DRAIN) {
        worker_exit(process, 0);
        return;
    }
    if (frame->message.type != IPC_COMPILE)
        return;
    BUFFER_AUTO code = BUFFER_INIT(LIMIT_CODE_BYTES);
    FD_AUTO code_fd = -1;
    ERROR_AUTO *error = NULL;
    int r = compile(process, frame, &code, &error);
    if (r == 0)
        r = memfd_make("arcella-code", code.data, code.length, true, &code_fd, &error);
    struct ipc_compiled compiled = {
        .ok = r == 0,
        .size = r == 0 ? code.length : 0,
        .code = text_of(r == 0 ? "" : arcella_error_name(r)),
        .message = worker_text(arcella_error_message(error)),
        .hint = worker_text(arcella_error_hint(error)),
    };
    worker_tell(process, IPC_COMPILED, &compiled,
                &(struct channel_extra){.fds = &code_fd, .fd_count = r == 0 ? 1 : 0});
    worker_exit(process, 0); /* one module a process */
}

static void finish(struct worker_process *process) {
    struct compiler *compiler = process->state;
    if (!compiler)
        return;
    engine_free(compiler->engine);
    mem_free(compiler);
}

const struct worker_role worker_role_compile = {
    .name = "compile",
    .sandbox = SANDBOX_COMPILE,
    .file_bytes = LIMIT_CODE_BYTES,
    .engine = true,
    .begin = begin,
    .frame = frame,
    .end = finish,
};
