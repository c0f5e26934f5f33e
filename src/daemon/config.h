/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The daemon's configuration: one table of settings (config.def), each value with where it came from.
 * Later wins: default, cfg/arcella.toml, environment, command line.
 *
 * Owned by the program, which fills it once at its start; read-only afterwards.  One thread.
 */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/limits.h"
#include "catalog/policy.h"

enum config_key {
#define SETTING(ID, section, key, type, value, least, most, help) CONFIG_##ID,
#include "daemon/config.def"
#undef SETTING
    CONFIG_KEYS
};

#define CONFIG_TEXT_BYTES 4096 /* of one value as written */

struct config_value {
    char *text;      /* as written, owned; never NULL once config_init() has run */
    uint64_t number; /* BOOL, COUNT, SIZE, TIME, and the index of a CHOICE */
    char *source;    /* "default", "cfg/arcella.toml:3:1", "ARCELLA_LOG_LEVEL", "--set"; owned */
};

struct config {
    struct config_value values[CONFIG_KEYS];
};

/** Fill with the defaults. @return 0, NOMEM */
int config_init(struct config *config, arcella_error **reterr) MUST_CHECK;
void config_done(struct config *config);
/**
 * Read a configuration file's text.
 *
 * @param name  how messages call it ("cfg/arcella.toml")
 * @return 0, CONFIG (all mistakes, each as file:line:column: key: reason, joined by "; "), NOMEM
 */
int config_read(struct config *config, const char *text, size_t length, const char *name,
                arcella_error **reterr) MUST_CHECK;
/** Read the file of a home, "cfg" or the older "config"; a home or file that is not there is fine. @return 0,
 * CONFIG, DENIED, SYSTEM, NOMEM */
int config_load(struct config *config, const char *home, arcella_error **reterr) MUST_CHECK;
/** Take what the environment sets. @return 0, CONFIG (names the variable), NOMEM */
int config_environment(struct config *config, arcella_error **reterr) MUST_CHECK;
/** Take one `--set section.key=VALUE`. @return 0, CONFIG, NOMEM */
int config_option(struct config *config, const char *assignment, arcella_error **reterr) MUST_CHECK;
/** Set one value from text. @return 0, CONFIG (key, value, what is allowed), NOMEM */
int config_set(struct config *config, enum config_key key, const char *text, const char *source,
               arcella_error **reterr) MUST_CHECK;

static inline uint64_t config_number(const struct config *config, enum config_key key) {
    return config->values[key].number;
}
static inline const char *config_text(const struct config *config, enum config_key key) {
    return config->values[key].text;
}
/** Lay the configured defaults of deployments over an effective policy. @return 0, NOMEM */
int config_policy(const struct config *config, struct policy *policy, arcella_error **reterr) MUST_CHECK;

/** "section.key"; static storage of the table. */
const char *config_name(enum config_key key);
/** Append all values with their sources, as TOML, one line each, the source as its comment. @return 0,
 * TOO_LARGE, NOMEM */
int config_show(const struct config *config, struct buffer *to, arcella_error **reterr) MUST_CHECK;
/** {"section.key": {"value": text, "source": text}, …}. @return new, NULL on no memory */
json_t *config_json(const struct config *config);
/** Append the reference page, as Markdown. @return 0, TOO_LARGE, NOMEM */
int config_markdown(struct buffer *to, arcella_error **reterr) MUST_CHECK;

#endif
