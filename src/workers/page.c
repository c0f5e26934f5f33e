/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A page shared with a worker process, in which it writes which instance has the processor.  It is read once,
 * when the process is gone: SIGKILL (an administrator, the kernel short of memory) leaves no last words, this
 * it leaves.  What stands there is the worker's word and nothing more.
 *
 * Sealed in size before it is handed over, so reading it can never fault.  The parent keeps the mapping and
 * no descriptor.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/sys.h"
#include "workers/inner.h"

int worker_page_new(int *ret_fd, const struct ipc_page **ret, arcella_error **reterr) {
    FD_AUTO fd = -1;
    int r = memfd_make("arcella-running", NULL, IPC_PAGE_BYTES, false, &fd, reterr);
    if (r < 0)
        return r;
    if (SYS_CALL_(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) < 0)
        return error_set_errno(reterr, errno, "cannot seal the size of a worker's page");
    void *page = fault_hit(FAULT_SYS) ? MAP_FAILED : mmap(NULL, IPC_PAGE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        return error_set_errno(reterr, errno, "cannot map a worker's page");
    *ret = page;
    *ret_fd = TAKE_FD(fd);
    return 0;
}

uint64_t worker_page_running(const struct ipc_page *page) {
    return page ? atomic_load_explicit(&page->running, memory_order_relaxed) : 0;
}

const struct ipc_page *worker_page_free(const struct ipc_page *page) {
    if (page)
        munmap((void *)page, IPC_PAGE_BYTES);
    return NULL;
}
