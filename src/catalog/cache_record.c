/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Records of the code cache: a few lines of text beside each code file, with a check sum of their own, since
 * the disk may have lost part of them (they are not flushed: a lost record is a miss).  No state; one thread.
 */
#include <sys/random.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/text.h"
#include "catalog/cache_internal.h"

#define HEAD         "arcella-code 1\n"
#define CHECK_DIGITS 16

static void check_sum(const char *bytes, size_t length, char to[CHECK_DIGITS + 1]) {
    char hex[DIGEST_TEXT];
    struct digest digest = digest_of(bytes, length);
    digest_text(&digest, hex);
    text_copy(to, CHECK_DIGITS + 1, hex);
}

size_t cache_record_write(const struct cache_record *record, char to[CACHE_RECORD_BYTES]) {
    char module[DIGEST_TEXT], code[DIGEST_TEXT], sum[CHECK_DIGITS + 1];
    digest_text(&record->module, module);
    digest_text(&record->code, code);
    size_t length = (size_t)snprintf(
        to, CACHE_RECORD_BYTES,
        HEAD "module=%s\ncode=%s\nsize=%" PRIu64 "\ninode=%" PRIu64 "\nmtime=%" PRIu64 "\nkey=%s\n", module,
        code, record->size, record->inode, record->mtime_ns, record->key);
    check_sum(to, length, sum);
    length += (size_t)snprintf(to + length, CACHE_RECORD_BYTES - length, "check=%s\n", sum);
    return length;
}

/* Take the value of the next line, which must have this name. @return false where it has not */
static bool take_line(char **at, const char *name, char **ret_value) {
    size_t length = strlen(name);
    char *end = strchr(*at, '\n');
    if (!end || strncmp(*at, name, length) != 0 || (*at)[length] != '=')
        return false;
    *end = '\0';
    *ret_value = *at + length + 1;
    *at = end + 1;
    return true;
}

static bool take_number(char **at, const char *name, uint64_t *ret) {
    char *value;
    return take_line(at, name, &value) && text_parse_u64(value, UINT64_MAX, ret, NULL) == 0;
}

static bool take_digest(char **at, const char *name, struct digest *ret) {
    char *value;
    return take_line(at, name, &value) && digest_parse(value, ret);
}

bool cache_record_read(const char *text, struct cache_record *ret) {
    char copy[CACHE_RECORD_BYTES], sum[CHECK_DIGITS + 1], *key, *check;
    if (!text_copy(copy, sizeof(copy), text) || !text_starts(copy, HEAD))
        return false;
    char *at = copy + strlen(HEAD);
    if (!take_digest(&at, "module", &ret->module) || !take_digest(&at, "code", &ret->code) ||
        !take_number(&at, "size", &ret->size) || !take_number(&at, "inode", &ret->inode) ||
        !take_number(&at, "mtime", &ret->mtime_ns) || !take_line(&at, "key", &key))
        return false;
    check_sum(text, (size_t)(at - copy), sum);
    return take_line(&at, "check", &check) && *at == '\0' && strcmp(check, sum) == 0 &&
           text_copy(ret->key, sizeof(ret->key), key);
}

static uint64_t mtime_ns(const struct stat *st) {
    return (uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec;
}

void cache_record_identify(struct cache_record *record, const struct stat *st) {
    record->size = (uint64_t)st->st_size;
    record->inode = st->st_ino;
    record->mtime_ns = mtime_ns(st);
}

bool cache_record_is(const struct cache_record *record, const struct stat *st) {
    return record->size == (uint64_t)st->st_size && record->inode == st->st_ino &&
           record->mtime_ns == mtime_ns(st);
}

bool cache_temp_name(char to[CACHE_NAME_BYTES]) {
    uint64_t random;
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return false;
    snprintf(to, CACHE_NAME_BYTES, CACHE_TEMP_PREFIX "%d-%016" PRIx64, (int)getpid(), random);
    return true;
}

int cache_record_store(struct cache *cache, const char *stem, const struct cache_record *record,
                       arcella_error **reterr) {
    char text[CACHE_RECORD_BYTES], temporary[CACHE_NAME_BYTES], name[CACHE_NAME_BYTES];
    size_t length = cache_record_write(record, text);
    if (!cache_temp_name(temporary))
        return error_set_errno(reterr, errno, "no random number");
    snprintf(name, sizeof(name), "%s" CACHE_RECORD_SUFFIX, stem);
    FD_AUTO fd = sys_openat(cache->fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0400);
    if (fd < 0)
        return error_set_errno(reterr, errno, "cannot write to the cache");
    int r = fd_write_all(fd, text, length, reterr);
    if (r == 0 && sys_renameat(cache->fd, temporary, cache->fd, name) < 0)
        r = error_set_errno(reterr, errno, "cannot write to the cache");
    if (r < 0)
        unlinkat(cache->fd, temporary, 0);
    return r;
}

int cache_record_load(struct cache *cache, const char *stem, struct cache_record *ret, struct stat *ret_stat,
                      int *ret_fd, arcella_error **reterr) {
    char name[CACHE_NAME_BYTES], text[CACHE_RECORD_BYTES];
    snprintf(name, sizeof(name), "%s" CACHE_RECORD_SUFFIX, stem);
    FD_AUTO fd = sys_openat(cache->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0 && errno == ELOOP)
        return error_set(reterr, ARCELLA_E_CORRUPT, "a record is a link");
    if (fd < 0 || sys_fstat(fd, ret_stat) < 0)
        return error_set_errno(reterr, errno, "cannot open a record of the cache");
    if (!cache_file_ok(ret_stat, 0400) || ret_stat->st_size >= (off_t)sizeof(text))
        return error_set(reterr, ARCELLA_E_CORRUPT, "a record is not of this cache");
    ssize_t got = sys_pread(fd, text, sizeof(text) - 1, 0);
    if (got < 0)
        return error_set_errno(reterr, errno, "cannot read a record of the cache");
    text[got] = '\0';
    if (!cache_record_read(text, ret))
        return error_set(reterr, ARCELLA_E_CORRUPT, "a record is damaged");
    if (ret_fd)
        *ret_fd = TAKE_FD(fd);
    return 0;
}
