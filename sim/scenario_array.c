/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of numbers in `ioctl` steps: what pointers of a structure point to, and ranges that
 * come back. */
#include "model/iommufd/calls.h"
#include "scenario_parse.h"

#include <errno.h>
#include <string.h>

/* The pointer that the key is about; NULL: it is no list of words. */
static const char *pointer_of(const struct scn_ioctl *ioctl, const struct ytree_node *node)
{
	bool list = node->kind == YTREE_LIST;

	switch (ioctl->call->request) {
	case IOASIM_IOMMUFD_HWPT_INVALIDATE:
		return strcmp(node->key, "entries") == 0 ? "data" : NULL;
	case IOASIM_IOMMUFD_IOAS_ALLOW_IOVAS:
		return list && strcmp(node->key, "ranges") == 0 ? "ranges" : NULL;
	case IOASIM_IOMMUFD_HWPT_ALLOC:
	case IOASIM_IOMMUFD_VIOMMU_ALLOC:
		return list && strcmp(node->key, "data") == 0 ? "data" : NULL;
	default:
		return NULL;
	}
}

bool scn_is_array(const struct scn_ioctl *ioctl, const struct ytree_node *node)
{
	return pointer_of(ioctl, node) != NULL;
}

/* More does not fit into what a step keeps for its call. */
static int check_room(struct scn_parser *p, const struct ytree_node *list, uint64_t words)
{
	return words * sizeof(uint64_t) <= SCN_ARRAY_BYTES
		       ? 0
		       : ytree_fail(p->tree, list, "%.32s: %llu words, expected at most %d",
				    list->key, (unsigned long long)words,
				    (int)(SCN_ARRAY_BYTES / sizeof(uint64_t)));
}

/* Items of `each` words; 0: as many as the first has. */
static int parse_items(struct scn_parser *p, const struct ytree_node *list, uint32_t each,
		       struct scn_array *array)
{
	uint64_t *word;

	if (!each && list->first) {
		if (ytree_want(p->tree, list->first, YTREE_LIST))
			return -EINVAL;
		each = list->first->count;
	}
	array->items = list->count;
	array->each = each;
	if (check_room(p, list, (uint64_t)list->count * each))
		return -EINVAL;
	array->words = word = scn_get(p, (size_t)list->count * each, sizeof(*word));
	if (!word)
		return -ENOMEM;
	for (const struct ytree_node *item = list->first; item; item = item->next) {
		if (ytree_want(p->tree, item, YTREE_LIST))
			return -EINVAL;
		if (item->count != each)
			return ytree_fail(p->tree, item, "list of %u, expected %u numbers",
					  item->count, each);
		for (const struct ytree_node *n = item->first; n; n = n->next)
			if (ytree_u64(p->tree, n, word++))
				return -EINVAL;
	}
	return 0;
}

static int parse_words(struct scn_parser *p, const struct ytree_node *list, struct scn_array *array)
{
	uint64_t *word;

	array->items = list->count;
	array->each = 1;
	if (check_room(p, list, list->count))
		return -EINVAL;
	array->words = word = scn_get(p, list->count, sizeof(*word));
	if (!word)
		return -ENOMEM;
	for (const struct ytree_node *n = list->first; n; n = n->next)
		if (ytree_u64(p->tree, n, word++))
			return -EINVAL;
	return 0;
}

int scn_parse_array(struct scn_parser *p, const struct ytree_node *node, struct scn_ioctl *ioctl)
{
	const char *pointer = pointer_of(ioctl, node);
	const struct iofd_member *member = ioctl->call->members;
	bool flat = strcmp(node->key, "data") == 0;

	while (strcmp(member->name, pointer) != 0)
		member++;
	ioctl->array.pointer = member;
	if (ytree_want(p->tree, node, YTREE_LIST))
		return -EINVAL;
	if (flat)
		return parse_words(p, node, &ioctl->array);
	return parse_items(p, node, strcmp(node->key, "ranges") == 0 ? 2 : 0, &ioctl->array);
}

int scn_parse_ranges(struct scn_parser *p, const struct ytree_node *list, struct scn_range **ranges,
		     uint32_t *count)
{
	struct scn_range *range;

	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	*count = list->count;
	*ranges = range = scn_get(p, list->count, sizeof(*range));
	if (!range)
		return -ENOMEM;
	for (const struct ytree_node *n = list->first; n; n = n->next, range++) {
		uint64_t pair[2];

		if (scn_parse_pair(p, n, pair))
			return -EINVAL;
		*range = (struct scn_range){pair[0], pair[1]};
	}
	return 0;
}
