/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

static struct trace_key *find(const struct trace_meta *meta, const char *name)
{
	for (size_t i = 0; i < meta->n_keys; i++)
		if (strcmp(meta->keys[i].name, name) == 0)
			return &meta->keys[i];
	return NULL;
}

int trace_meta_set(struct trace_meta *meta, const char *name, const char *value)
{
	struct trace_key *key = find(meta, name);
	struct trace_key added = {NULL, strdup(value)};

	if (!added.value)
		return -ENOMEM;
	if (!key && meta->n_keys == TRACE_KEYS_MAX) {
		free(added.value);
		return -ENOSPC;
	}
	if (key) {
		free(key->value);
		key->value = added.value;
		return 0;
	}
	added.name = strdup(name);
	key = realloc(meta->keys, (meta->n_keys + 1) * sizeof(*key));
	if (key)
		meta->keys = key;
	if (!added.name || !key) {
		free(added.name);
		free(added.value);
		return -ENOMEM;
	}
	meta->keys[meta->n_keys++] = added;
	return 0;
}

const char *trace_meta_get(const struct trace_meta *meta, const char *name)
{
	const struct trace_key *key = find(meta, name);

	return key ? key->value : NULL;
}

void trace_meta_fini(struct trace_meta *meta)
{
	for (size_t i = 0; i < meta->n_keys; i++) {
		free(meta->keys[i].name);
		free(meta->keys[i].value);
	}
	free(meta->keys);
	memset(meta, 0, sizeof(*meta));
}

int trace_meta_copy(struct trace_meta *to, const struct trace_meta *from)
{
	memset(to, 0, sizeof(*to));
	memcpy(to->arch, from->arch, sizeof(to->arch));
	to->levels = from->levels;
	for (size_t i = 0; i < from->n_keys; i++) {
		int status = trace_meta_set(to, from->keys[i].name, from->keys[i].value);

		if (status < 0) {
			trace_meta_fini(to);
			return status;
		}
	}
	return 0;
}
