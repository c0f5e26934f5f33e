/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A program with a SIGSEGV handler of its own: installed before the first runtime, the engine hands it what
 * is not a guest's; installed after, it hands the engine what is not its own.  Guests trap in both.
 *
 *     signals EMBEDDED.WASM before|after
 */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include "shop.h"

static struct sigaction engine; /* what was there when ours came after */
static sigjmp_buf back;
static volatile char *page; /* of ours; may not be touched */
static volatile sig_atomic_t ours, theirs;

static void on_fault(int number, siginfo_t *info, void *context) {
    if ((volatile char *)info->si_addr >= page && (volatile char *)info->si_addr < page + 4096) {
        ours++;
        siglongjmp(back, 1);
    }
    theirs++;
    if (engine.sa_flags & SA_SIGINFO)
        engine.sa_sigaction(number, info, context);
    else
        _Exit(3); /* before the engine: a guest's fault came to us */
}

static void install(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    CHECK(!sigaction(SIGSEGV, &action, &engine));
}

static void touch(void) {
    int before = ours;
    if (!sigsetjmp(back, 1))
        *page = 1;
    CHECK(ours == before + 1);
}

int main(int argc, char **argv) {
    struct shop shop = {0, 0, 0, NULL, NULL, 0};
    arcella_runtime *runtime = NULL;
    arcella_component *component = NULL;
    arcella_instance *instance;
    if (argc != 3)
        return 2;
    int after = !strcmp(argv[2], "after");
    page = (volatile char *)mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    if (!after)
        install();
    OK(arcella_runtime_new(NULL, &runtime, reterr));
    if (after)
        install();
    offer(runtime, &shop);
    OK(arcella_component_load_file(runtime, NULL, NULL, argv[1], &component, reterr));
    for (int round = 0; round < 3; round++) {
        instance = NULL;
        OK(arcella_instance_new(component, NULL, &instance, reterr));
        touch();
        REFUSED(arcella_instance_call(instance, "outside", NULL, 0, NULL, reterr), ARCELLA_E_TRAP, "trap");
        touch();
        arcella_instance_free(instance);
    }
    CHECK(ours == 6 && (after ? theirs == 3 : theirs == 0));
    arcella_runtime_free(runtime);
    touch();
    puts("ok");
    return 0;
}
