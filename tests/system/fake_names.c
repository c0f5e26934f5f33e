/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A resolver whose answers are certain: put before the C library (LD_PRELOAD) of the program that resolves,
 * it answers names beneath arcella.test by what they say, and passes all others on.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    int answer;
    const char *addresses[4];
} names[] = {
    {"two.arcella.test", 0, {"192.0.2.1", "2001:db8::1"}},
    {"public.arcella.test", 0, {"198.51.100.7"}},
    {"nobody.arcella.test", EAI_NONAME, {0}},
    {"later.arcella.test", EAI_AGAIN, {0}},
    {"never.arcella.test", EAI_FAIL, {0}},
};

static struct addrinfo *address_of(const char *text, const struct addrinfo *hints) {
    struct addrinfo *to = calloc(1, sizeof *to + sizeof(struct sockaddr_storage));
    struct sockaddr_in *v4 = (struct sockaddr_in *)(to + 1);
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(to + 1);
    to->ai_socktype = hints ? hints->ai_socktype : 0;
    to->ai_addr = (struct sockaddr *)(to + 1);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        to->ai_addrlen = sizeof *v4;
        to->ai_family = v4->sin_family = AF_INET;
    } else {
        inet_pton(AF_INET6, text, &v6->sin6_addr);
        to->ai_addrlen = sizeof *v6;
        to->ai_family = v6->sin6_family = AF_INET6;
    }
    return to;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **ret) {
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (name && strcmp(name, "slow.arcella.test") == 0) {
        sleep(20);
        return EAI_AGAIN;
    }
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i].name) != 0)
            continue;
        struct addrinfo **end = ret;
        for (size_t k = 0; !names[i].answer && names[i].addresses[k]; k++) {
            *end = address_of(names[i].addresses[k], hints);
            end = &(*end)->ai_next;
        }
        return names[i].answer;
    }
    return real(name, service, hints, ret);
}

/* Each entry is one block, as those of the C library are; of its own entries, too, nothing else is held. */
void freeaddrinfo(struct addrinfo *list) {
    while (list) {
        struct addrinfo *next = list->ai_next;
        free(list->ai_canonname);
        free(list);
        list = next;
    }
}
