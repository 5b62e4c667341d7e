/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of a result (docs/results.md), as someone who reads one may rely on them: a
 * result that result_keys_check() has passed has no known key of another kind than it
 * should be, and each object that is there has the keys that it always has. Objects of
 * layers that were off may be missing as a whole; keys that are not known are left alone.
 */
#ifndef SIM_RESULT_KEYS_H
#define SIM_RESULT_KEYS_H

#include "message.h"

#include <jansson.h>

/* 0, or CMD_INPUT after a message that tells the place, the key, what was found and what
 * was expected. */
int result_keys_check(const json_t *result, const struct position *at, struct message *message);

/* Complains of a document, or one of its keys, that is of another kind. */
void result_keys_refuse(const struct position *at, const char *key, const json_t *found,
			const char *expected, struct message *message);

#endif
