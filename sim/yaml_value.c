/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at trees: values of a kind, with errors that say what was expected. */
#include "nearest.h"
#include "number.h"
#include "yaml_private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What a node is, for messages; the text lies in the buffer. */
#define SHOW_SIZE 64

static const char *show(const struct ytree_node *node, char buffer[SHOW_SIZE])
{
	if (node->kind == YTREE_LIST)
		snprintf(buffer, SHOW_SIZE, "a list");
	else if (node->kind == YTREE_MAP)
		snprintf(buffer, SHOW_SIZE, "a map");
	else if (node->count == 0)
		snprintf(buffer, SHOW_SIZE, "nothing");
	else
		snprintf(buffer, SHOW_SIZE, "'%.40s%s'", node->text, node->count > 40 ? "..." : "");
	return buffer;
}

static int expected(struct ytree *tree, const struct ytree_node *node, const char *what)
{
	char buffer[SHOW_SIZE];

	if (node && node->key)
		return ytree_fail(tree, node, "%.40s: %s, expected %s", node->key,
				  show(node, buffer), what);
	return ytree_fail(tree, node, "%s, expected %s", node ? show(node, buffer) : "nothing",
			  what);
}

const struct ytree_node *ytree_get(const struct ytree_node *map, const char *key)
{
	if (!map || map->kind != YTREE_MAP)
		return NULL;
	for (const struct ytree_node *n = map->first; n; n = n->next)
		if (strcmp(n->key, key) == 0)
			return n;
	return NULL;
}

int ytree_want(struct ytree *tree, const struct ytree_node *node, enum ytree_kind kind)
{
	static const char *const what[] = {
		[YTREE_SCALAR] = "a single value",
		[YTREE_LIST] = "a list",
		[YTREE_MAP] = "a map",
	};

	if (node && node->kind == kind)
		return 0;
	return expected(tree, node, what[kind]);
}

int ytree_known(struct ytree *tree, const struct ytree_node *map, const char *const *keys)
{
	if (!map)
		return 0;
	if (ytree_want(tree, map, YTREE_MAP))
		return -EINVAL;
	for (const struct ytree_node *n = map->first; n; n = n->next) {
		struct nearest near = nearest_to(n->key);
		char hint[NEAREST_HINT_SIZE];
		const char *const *key = keys;

		for (; *key && strcmp(*key, n->key) != 0; key++)
			nearest_offer(&near, *key);
		if (!*key)
			return ytree_fail_key(tree, n, "unknown key '%.64s'%s", n->key,
					      nearest_hint(&near, hint));
	}
	return 0;
}

int ytree_need(struct ytree *tree, const struct ytree_node *map, const char *key,
	       const struct ytree_node **value)
{
	*value = NULL;
	if (ytree_want(tree, map, YTREE_MAP))
		return -EINVAL;
	*value = ytree_get(map, key);
	return *value ? 0 : ytree_fail(tree, map, "no key '%s', expected one", key);
}

/* ---- Scalars ----------------------------------------------------------------- */

static int number(struct ytree *tree, const struct ytree_node *node,
		  int (*parse)(const char *text, uint64_t *value), const char *what,
		  uint64_t *value)
{
	char buffer[SHOW_SIZE];
	int err;

	*value = 0;
	if (!node || node->kind != YTREE_SCALAR || node->quoted)
		return expected(tree, node, what);
	err = parse(node->text, value);
	if (err == -ERANGE)
		return ytree_fail(tree, node, "%s does not fit 64 bits, expected %s",
				  show(node, buffer), what);
	return err ? expected(tree, node, what) : 0;
}

int ytree_u64(struct ytree *tree, const struct ytree_node *node, uint64_t *value)
{
	return number(tree, node, parse_number, "a decimal or 0x hex number", value);
}

int ytree_range(struct ytree *tree, const struct ytree_node *node, uint64_t min, uint64_t max,
		uint64_t *value)
{
	char what[96];

	if (ytree_u64(tree, node, value))
		return -EINVAL;
	if (*value >= min && *value <= max)
		return 0;
	snprintf(what, sizeof(what), "a number from 0x%" PRIx64 " to 0x%" PRIx64, min, max);
	return expected(tree, node, what);
}

int ytree_size(struct ytree *tree, const struct ytree_node *node, uint64_t *value)
{
	return number(tree, node, parse_size, "a number, with k, M, G or T for powers of 1024",
		      value);
}

int ytree_time(struct ytree *tree, const struct ytree_node *node, uint64_t *value)
{
	return number(tree, node, parse_time, "a time with ns, us, ms or s", value);
}

int ytree_bool(struct ytree *tree, const struct ytree_node *node, bool *value)
{
	static const char *const words[2][4] = {
		{"false", "no", "off", "0"},
		{"true", "yes", "on", "1"},
	};

	*value = false;
	if (node && node->kind == YTREE_SCALAR && !node->quoted) {
		for (unsigned i = 0; i < 8; i++) {
			if (strcmp(node->text, words[i / 4][i % 4]) != 0)
				continue;
			*value = i / 4;
			return 0;
		}
	}
	return expected(tree, node, "true or false");
}

int ytree_choice(struct ytree *tree, const struct ytree_node *node, const char *const *words,
		 unsigned *index)
{
	char what[256], hint[NEAREST_HINT_SIZE];
	struct nearest near;
	size_t used = 0;

	*index = 0;
	if (!node || node->kind != YTREE_SCALAR)
		return expected(tree, node, "a word");
	near = nearest_to(node->text);
	for (unsigned i = 0; words[i]; i++) {
		if (strcmp(words[i], node->text) == 0) {
			*index = i;
			return 0;
		}
		nearest_offer(&near, words[i]);
		if (used < sizeof(what))
			used += (size_t)snprintf(what + used, sizeof(what) - used, "%s%s",
						 i == 0         ? ""
						 : words[i + 1] ? ", "
								: " or ",
						 words[i]);
	}
	nearest_hint(&near, hint);
	if (used < sizeof(what))
		snprintf(what + used, sizeof(what) - used, "%s", hint);
	return expected(tree, node, what);
}

int ytree_string(struct ytree *tree, const struct ytree_node *node, const char **text)
{
	*text = NULL;
	if (!node || node->kind != YTREE_SCALAR)
		return expected(tree, node, "text");
	*text = node->text;
	return 0;
}
