/* SPDX-License-Identifier: Apache-2.0 */
/* `only` and `when`: a step as one architecture has it. */
#include "scenario_parse.h"

#include <errno.h>
#include <string.h>

#define ALL_ARCHS ((1u << SCN_ARCHS) - 1)

const char *const scn_archs[] = {"vtd", "amdvi", "smmuv3", NULL};

/* A class, or an architecture, by the owner of the PASID table of a nested device. */
static const struct {
	const char *word;
	unsigned mask;
	bool class;
} classes[] = {
	{"host_pasid", 1, true}, {"guest_pasid", 6, true}, {"vtd", 1, false},
	{"amdvi", 2, false},     {"smmuv3", 4, false},
};

#define CLASSES (sizeof(classes) / sizeof(classes[0]))

int scn_parse_class(struct scn_parser *p, const struct ytree_node *node, const char *word,
		    unsigned *mask)
{
	for (unsigned i = 0; i < CLASSES; i++) {
		if (strcmp(word, classes[i].word) != 0)
			continue;
		*mask = classes[i].mask;
		return 0;
	}
	return ytree_fail(p->tree, node,
			  "'%.32s', expected an architecture (vtd, amdvi, smmuv3) or a class "
			  "(host_pasid, guest_pasid)",
			  word);
}

static bool is_null(const struct ytree_node *node)
{
	return node->kind == YTREE_SCALAR && !node->quoted && strcmp(node->text, "null") == 0;
}

static struct ytree_node *copy_node(struct scn_parser *p, const struct ytree_node *from)
{
	struct ytree_node *node = scn_get(p, 1, sizeof(*node));

	if (!node)
		return NULL;
	*node = *from;
	node->next = NULL;
	return node;
}

/* A map that grows at its end. */
struct growing {
	struct ytree_node *map, *last;
};

static void append(struct growing *to, struct ytree_node *node)
{
	if (to->last)
		to->last->next = node;
	else
		to->map->first = node;
	to->last = node;
	to->map->count++;
}

/*
 * `over` upon `base`, deeply: maps are merged, everything else is replaced, null removes.
 * Depth is that of the document, which the reader of YAML bounds.
 */
static const struct ytree_node *merge(struct scn_parser *p, const struct ytree_node *base,
				      const struct ytree_node *over)
{
	struct growing out = {.map = copy_node(p, base)};

	if (!out.map)
		return NULL;
	out.map->first = NULL;
	out.map->count = 0;
	for (const struct ytree_node *n = base->first; n; n = n->next) {
		const struct ytree_node *new = ytree_get(over, n->key);
		const struct ytree_node *from = new ? new : n;
		struct ytree_node *copy;

		if (new &&is_null(new))
			continue;
		if (new &&new->kind == YTREE_MAP && n->kind == YTREE_MAP)
			from = merge(p, n, new);
		copy = from ? copy_node(p, from) : NULL;
		if (!copy)
			return NULL;
		append(&out, copy);
	}
	for (const struct ytree_node *n = over->first; n; n = n->next) {
		struct ytree_node *copy;

		if (ytree_get(base, n->key))
			continue;
		if (is_null(n)) {
			ytree_fail(p->tree, n, "%.32s: null, expected a key that the step has",
				   n->key);
			return NULL;
		}
		copy = copy_node(p, n);
		if (!copy)
			return NULL;
		append(&out, copy);
	}
	return out.map;
}

/* The step without `only` and `when`, which are no part of what it does. */
static const struct ytree_node *strip(struct scn_parser *p, const struct ytree_node *step)
{
	struct growing out = {.map = copy_node(p, step)};

	if (!out.map)
		return NULL;
	out.map->first = NULL;
	out.map->count = 0;
	for (const struct ytree_node *n = step->first; n; n = n->next) {
		struct ytree_node *copy;

		if (strcmp(n->key, "only") == 0 || strcmp(n->key, "when") == 0)
			continue;
		copy = copy_node(p, n);
		if (!copy)
			return NULL;
		append(&out, copy);
	}
	return out.map;
}

static int parse_only(struct scn_parser *p, const struct ytree_node *list, unsigned *mask)
{
	*mask = ALL_ARCHS;
	if (!list)
		return 0;
	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	*mask = 0;
	for (const struct ytree_node *n = list->first; n; n = n->next) {
		unsigned one = 0;
		const char *word;

		if (ytree_string(p->tree, n, &word) || scn_parse_class(p, n, word, &one))
			return -EINVAL;
		*mask |= one;
	}
	return 0;
}

static int check_when(struct scn_parser *p, const struct ytree_node *when)
{
	if (!when)
		return 0;
	if (ytree_want(p->tree, when, YTREE_MAP))
		return -EINVAL;
	for (const struct ytree_node *n = when->first; n; n = n->next) {
		unsigned mask;

		if (scn_parse_class(p, n, n->key, &mask) || ytree_want(p->tree, n, YTREE_MAP))
			return -EINVAL;
		for (const struct ytree_node *key = n->first; key; key = key->next)
			if (strcmp(key->key, "only") == 0 || strcmp(key->key, "when") == 0)
				return ytree_fail(p->tree, key,
						  "%s in `when`, expected what the step does",
						  key->key);
	}
	return 0;
}

int scn_merge_step(struct scn_parser *p, const struct ytree_node *step,
		   const struct ytree_node **merged)
{
	const struct ytree_node *when = ytree_get(step, "when");
	unsigned mask;

	*merged = NULL;
	if (ytree_want(p->tree, step, YTREE_MAP) || check_when(p, when) ||
	    parse_only(p, ytree_get(step, "only"), &mask))
		return -EINVAL;
	if (!(mask >> p->arch & 1))
		return 0;
	step = strip(p, step);
	for (unsigned i = 0; step && i < CLASSES; i++) {
		const struct ytree_node *over = ytree_get(when, classes[i].word);

		if (over && classes[i].mask >> p->arch & 1)
			step = merge(p, step, over);
	}
	*merged = step;
	return step ? 0 : -EINVAL;
}
