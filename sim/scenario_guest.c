/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of `guest`: what a guest stores. */
#include "scenario_parse.h"

#include <errno.h>
#include <string.h>

/* PASIDs of a guest's table. */
#define PASIDS 64

/* [va, gpa, size, prot], or [va, size] to unmap. */
static int parse_map_item(struct scn_parser *p, const struct ytree_node *list, bool unmap,
			  struct scn_guest_map *map)
{
	const struct ytree_node *n;

	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	if (unmap ? list->count != 2 : list->count != 3 && list->count != 4)
		return ytree_fail(p->tree, list, "list of %u, expected %s", list->count,
				  unmap ? "[va, size]" : "[va, gpa, size, prot]");
	n = list->first;
	if (ytree_u64(p->tree, n, &map->va) || (!unmap && ytree_u64(p->tree, n->next, &map->gpa)) ||
	    ytree_u64(p->tree, unmap ? n->next : n->next->next, &map->size))
		return -EINVAL;
	if (map->va % 4096 || map->gpa % 4096 || map->size % 4096 || !map->size)
		return ytree_fail(p->tree, list, "not whole pages, expected multiples of 4 KiB");
	if (unmap)
		return 0;
	map->access = IOASIM_READ | IOASIM_WRITE;
	n = n->next->next->next;
	if (n && scn_parse_prot(p, n, &map->access))
		return -EINVAL;
	return n && !map->access ? ytree_fail(p->tree, n, "no access, expected r, w or rw") : 0;
}

static int parse_table(struct scn_parser *p, const struct ytree_node *map, struct scn_guest *guest)
{
	const struct ytree_node *lists[2] = {ytree_get(map, "map"), ytree_get(map, "unmap")};
	struct scn_guest_map *item;

	guest->what = SCN_GUEST_TABLE;
	for (unsigned i = 0; i < 2; i++) {
		if (lists[i] && ytree_want(p->tree, lists[i], YTREE_LIST))
			return -EINVAL;
		guest->count += lists[i] ? lists[i]->count : 0;
	}
	guest->maps = item = scn_get(p, guest->count, sizeof(*item));
	if (!item)
		return -ENOMEM;
	for (unsigned i = 0; i < 2; i++)
		for (const struct ytree_node *n = lists[i] ? lists[i]->first : NULL; n; n = n->next)
			if (parse_map_item(p, n, i == 1, item++))
				return -EINVAL;
	return 0;
}

static int parse_pasid(struct scn_parser *p, const struct ytree_node *node, const char *text,
		       uint32_t *pasid)
{
	struct ytree_node number = {.kind = YTREE_SCALAR,
				    .line = node->key ? node->key_line : node->line,
				    .column = node->key ? node->key_column : node->column,
				    .count = (uint32_t)strlen(text),
				    .text = text};
	uint64_t value;

	if (ytree_range(p->tree, &number, 0, PASIDS - 1, &value))
		return -EINVAL;
	*pasid = (uint32_t)value;
	return 0;
}

static int parse_set(struct scn_parser *p, const struct ytree_node *set,
		     struct scn_guest_pasid **place)
{
	if (!set)
		return 0;
	if (ytree_want(p->tree, set, YTREE_MAP))
		return -EINVAL;
	for (const struct ytree_node *n = set->first; n; n = n->next, ++*place) {
		const char *text;

		if (parse_pasid(p, n, n->key, &(*place)->pasid) || ytree_string(p->tree, n, &text))
			return -EINVAL;
		(*place)->table = scn_name_find(p, SCN_TABLE, text);
		if ((*place)->table == SCN_NONE)
			return ytree_fail(p->tree, n,
					  "'%.64s', expected a table of an earlier "
					  "`guest`",
					  text);
	}
	return 0;
}

static int parse_pasid_table(struct scn_parser *p, const struct ytree_node *map,
			     struct scn_guest *guest)
{
	const struct ytree_node *set = ytree_get(map, "set");
	const struct ytree_node *clear = ytree_get(map, "clear");
	struct scn_guest_pasid *item;

	guest->what = SCN_GUEST_PASID_TABLE;
	if (p->arch == 0)
		return ytree_fail(p->tree, map,
				  "pasid_table on vtd, where the host owns it; "
				  "expected `only: [guest_pasid]`");
	if (clear && ytree_want(p->tree, clear, YTREE_LIST))
		return -EINVAL;
	guest->count = (set ? set->count : 0) + (clear ? clear->count : 0);
	guest->pasids = item = scn_get(p, guest->count, sizeof(*item));
	if (!item)
		return -ENOMEM;
	if (parse_set(p, set, &item))
		return -EINVAL;
	for (const struct ytree_node *n = clear ? clear->first : NULL; n; n = n->next, item++) {
		const char *text;

		if (ytree_string(p->tree, n, &text) || parse_pasid(p, n, text, &item->pasid))
			return -EINVAL;
		item->table = SCN_NONE;
	}
	return 0;
}

static int parse_words(struct scn_parser *p, const struct ytree_node *list, struct scn_guest *guest)
{
	struct scn_guest_word *item;

	guest->what = SCN_GUEST_WORDS;
	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	guest->count = list->count;
	guest->words = item = scn_get(p, list->count, sizeof(*item));
	if (!item)
		return -ENOMEM;
	for (const struct ytree_node *n = list->first; n; n = n->next, item++) {
		uint64_t pair[2];

		if (scn_parse_pair(p, n, pair))
			return -EINVAL;
		if (pair[0] % 8)
			return ytree_fail(p->tree, n, "address 0x%llx, expected a multiple of 8",
					  (unsigned long long)pair[0]);
		*item = (struct scn_guest_word){.gpa = pair[0], .value = pair[1]};
	}
	return 0;
}

/* The table's name; `at` makes it, and only then. */
static int parse_name(struct scn_parser *p, const struct ytree_node *map,
		      const struct ytree_node *name, struct scn_guest *guest)
{
	const struct ytree_node *at = ytree_get(map, "at");
	const char *text;

	if (ytree_string(p->tree, name, &text))
		return -EINVAL;
	guest->made = at != NULL;
	guest->table = scn_name_find(p, SCN_TABLE, text);
	if (!at && guest->table == SCN_NONE)
		return ytree_fail(p->tree, name, "'%.64s' is new, expected `at` beside it", text);
	if (!at)
		return 0;
	if (ytree_u64(p->tree, at, &guest->at))
		return -EINVAL;
	if (guest->at % 4096)
		return ytree_fail(p->tree, at, "at: 0x%llx, expected a multiple of 4 KiB",
				  (unsigned long long)guest->at);
	guest->table = scn_name_make(p, SCN_TABLE, text);
	return guest->table == SCN_NONE ? -ENOMEM : 0;
}

int scn_parse_guest(struct scn_parser *p, const struct ytree_node *map, struct scn_step *step)
{
	static const char *const table_keys[] = {"table", "at", "map", "unmap", "by", NULL};
	static const char *const pasid_keys[] = {"pasid_table", "at", "set", "clear", "by", NULL};
	static const char *const word_keys[] = {"words", "by", NULL};
	const struct ytree_node *table = ytree_get(map, "table");
	const struct ytree_node *pasid = ytree_get(map, "pasid_table");
	const struct ytree_node *words = ytree_get(map, "words");
	const struct ytree_node *by = ytree_get(map, "by");
	struct scn_guest *guest = &step->args.guest;

	if (ytree_want(p->tree, map, YTREE_MAP))
		return -EINVAL;
	guest->table = SCN_NONE;
	if (by && scn_parse_process(p, by, &step->args.process))
		return -EINVAL;
	if (table)
		return ytree_known(p->tree, map, table_keys) || parse_name(p, map, table, guest) ||
				       parse_table(p, map, guest)
			       ? -EINVAL
			       : 0;
	if (pasid)
		return ytree_known(p->tree, map, pasid_keys) || parse_name(p, map, pasid, guest) ||
				       parse_pasid_table(p, map, guest)
			       ? -EINVAL
			       : 0;
	if (words)
		return ytree_known(p->tree, map, word_keys) || parse_words(p, words, guest)
			       ? -EINVAL
			       : 0;
	return ytree_fail(p->tree, map,
			  "guest: neither table nor pasid_table nor words, expected "
			  "one");
}
