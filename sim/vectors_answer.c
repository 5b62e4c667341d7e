/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces that steps are made of, and the answers that they expect. */
#include "vectors_parse.h"

#include <errno.h>
#include <string.h>

void *vec_get(struct vec_parser *p, size_t count, size_t size)
{
	void *memory = arena_get(p->arena, count ? count : 1, size);

	if (memory)
		memset(memory, 0, (count ? count : 1) * size);
	else
		ytree_fail(p->tree, NULL, "no memory");
	return memory;
}

/* ---- Pieces ---------------------------------------------------------------------- */

/* Letters of "rwx", each at most once, in any order. */
int vec_parse_access(struct vec_parser *p, const struct ytree_node *node, uint8_t *access)
{
	static const char letters[] = "rwx";
	const char *text;

	*access = 0;
	if (ytree_string(p->tree, node, &text))
		return -EINVAL;
	for (; *text; text++) {
		const char *found = strchr(letters, *text);
		uint8_t bit = (uint8_t)(found ? 1u << (found - letters) : 0u);

		if (!bit || (*access & bit))
			return ytree_fail(p->tree, node, "%s: '%.16s', expected letters of rwx",
					  node->key ? node->key : "access", node->text);
		*access |= bit;
	}
	return 0;
}

int vec_parse_field(struct vec_parser *p, const struct ytree_node *map, const char *key,
		    uint64_t max, uint64_t *value)
{
	const struct ytree_node *node = ytree_get(map, key);

	*value = 0;
	return node ? ytree_range(p->tree, node, 0, max, value) : 0;
}

int vec_parse_flag(struct vec_parser *p, const struct ytree_node *map, const char *key, bool *flag)
{
	uint64_t value;

	if (vec_parse_field(p, map, key, 1, &value))
		return -EINVAL;
	*flag = value;
	return 0;
}

/* rid, pasid: of every step that has a device. */
int vec_parse_device(struct vec_parser *p, const struct ytree_node *map, uint32_t *rid,
		     uint32_t *pasid)
{
	const struct ytree_node *node;
	uint64_t value;

	if (ytree_need(p->tree, map, "rid", &node) ||
	    ytree_range(p->tree, node, 0, UINT32_MAX, &value))
		return -EINVAL;
	*rid = (uint32_t)value;
	if (vec_parse_field(p, map, "pasid", IOASIM_PASID_MAX, &value))
		return -EINVAL;
	*pasid = (uint32_t)value;
	return 0;
}

int vec_parse_address(struct vec_parser *p, const struct ytree_node *map, uint64_t *address)
{
	const struct ytree_node *node;

	if (ytree_need(p->tree, map, "addr", &node))
		return -EINVAL;
	return ytree_u64(p->tree, node, address);
}

/* A list of `min` to `max` numbers. */
int vec_parse_numbers(struct vec_parser *p, const struct ytree_node *list, unsigned min,
		      unsigned max, uint64_t *values)
{
	unsigned i = 0;

	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	if (list->count < min || list->count > max)
		return ytree_fail(p->tree, list, "list of %u numbers, expected %u to %u",
				  list->count, min, max);
	for (const struct ytree_node *n = list->first; n; n = n->next)
		if (ytree_u64(p->tree, n, &values[i++]))
			return -EINVAL;
	return 0;
}

/* A list of pairs of numbers. */
int vec_parse_pairs(struct vec_parser *p, const struct ytree_node *list, struct vec_pair **pairs,
		    uint32_t *count)
{
	uint64_t two[2];
	uint32_t i = 0;

	*count = 0;
	if (!list)
		return 0;
	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	*pairs = vec_get(p, list->count, sizeof(**pairs));
	if (!*pairs)
		return -ENOMEM;
	for (const struct ytree_node *n = list->first; n; n = n->next) {
		if (vec_parse_numbers(p, n, 2, 2, two))
			return -EINVAL;
		(*pairs)[i++] = (struct vec_pair){two[0], two[1]};
	}
	*count = i;
	return 0;
}

/* ---- Answers ----------------------------------------------------------------------- */

static int parse_fault(struct vec_parser *p, const struct ytree_node *node, bool none,
		       struct vec_answer *answer)
{
	uint64_t code;

	if (!node)
		return 0;
	if (node->kind == YTREE_SCALAR && strcmp(node->text, "any") == 0) {
		answer->fault = VEC_FAULT_ANY;
		return 0;
	}
	if (none && node->kind == YTREE_SCALAR && strcmp(node->text, "none") == 0) {
		answer->fault = VEC_FAULT_NONE;
		return 0;
	}
	if (ytree_range(p->tree, node, 0, UINT32_MAX, &code))
		return -EINVAL;
	answer->fault = VEC_FAULT_CODE;
	answer->code = (uint32_t)code;
	return 0;
}

static int parse_reply(struct vec_parser *p, const struct ytree_node *node, enum vec_kind kind,
		       struct vec_answer *answer)
{
	static const char *const ats[] = {"empty", "ur", "ca", NULL};
	static const char *const pri[] = {"success", "invalid", "failure", NULL};
	unsigned index;

	if (!node)
		return 0;
	if (ytree_choice(p->tree, node, kind == VEC_ATS ? ats : pri, &index))
		return -EINVAL;
	answer->reply = (uint8_t)(index + (kind == VEC_ATS ? VEC_REPLY_EMPTY : VEC_REPLY_SUCCESS));
	return 0;
}

static int parse_end(struct vec_parser *p, const struct ytree_node *node, struct vec_answer *answer)
{
	static const char *const ends[] = {"abort", "razwi", NULL};
	unsigned index;

	if (!node)
		return 0;
	if (ytree_choice(p->tree, node, ends, &index))
		return -EINVAL;
	answer->end = (uint8_t)(index + VEC_END_ABORT);
	return 0;
}

static int parse_record(struct vec_parser *p, const struct ytree_node *node,
			struct vec_answer *answer)
{
	if (!node)
		return 0;
	if (vec_parse_numbers(p, node, 1, 4, answer->record))
		return -EINVAL;
	answer->words = (uint8_t)node->count;
	return 0;
}

static int parse_place(struct vec_parser *p, const struct ytree_node *map,
		       struct vec_answer *answer)
{
	const struct ytree_node *pa = ytree_get(map, "pa");
	const struct ytree_node *size = ytree_get(map, "size");
	const struct ytree_node *perm = ytree_get(map, "perm");

	answer->has_pa = pa;
	answer->has_size = size;
	answer->has_perm = perm;
	if (pa && ytree_u64(p->tree, pa, &answer->pa))
		return -EINVAL;
	if (size && ytree_range(p->tree, size, 1, UINT64_MAX, &answer->size))
		return -EINVAL;
	if (size && (answer->size & (answer->size - 1)))
		return ytree_fail(p->tree, size, "size: '%s', expected a power of two", size->text);
	if (perm && vec_parse_access(p, perm, &answer->perm))
		return -EINVAL;
	return 0;
}

/* Do the keys of an answer go together, and is there one to judge? */
static int check_answer(struct vec_parser *p, const struct ytree_node *map, enum vec_kind kind,
			const struct vec_answer *a)
{
	bool refused = a->fault == VEC_FAULT_CODE || a->fault == VEC_FAULT_ANY;
	unsigned outcomes = (unsigned)a->has_pa + (unsigned)a->has_stall +
			    (unsigned)(refused || a->end || a->reply || a->fault);

	if (kind == VEC_ATS && a->has_pa && a->fault == VEC_FAULT_NONE)
		outcomes = 1 + (a->reply != 0);
	if (outcomes != 1 && kind != VEC_PAGE_REQUEST)
		return ytree_fail(p->tree, map, "%s outcomes, expected exactly one",
				  outcomes ? "several" : "no");
	if ((a->has_size || a->has_perm) && !a->has_pa)
		return ytree_fail(p->tree, map, "size or perm without pa, expected pa beside it");
	if (a->words && a->fault != VEC_FAULT_CODE)
		return ytree_fail(p->tree, map, "record without fault, expected a fault code");
	return 0;
}

int vec_parse_answer(struct vec_parser *p, const struct ytree_node *map, enum vec_kind kind,
		     struct vec_answer *answer)
{
	const struct ytree_node *stall = ytree_get(map, "stall");
	uint64_t tag;

	if (parse_place(p, map, answer) ||
	    parse_fault(p, ytree_get(map, "fault"), kind != VEC_DMA, answer) ||
	    parse_record(p, ytree_get(map, "record"), answer) ||
	    parse_end(p, ytree_get(map, "end"), answer) ||
	    parse_reply(p, ytree_get(map, "reply"), kind, answer))
		return -EINVAL;
	if (stall) {
		if (ytree_range(p->tree, stall, 0, UINT16_MAX, &tag))
			return -EINVAL;
		answer->has_stall = true;
		answer->stall = (uint16_t)tag;
	}
	return check_answer(p, map, kind, answer);
}

/* The outcomes beside a request, or those of its `either`. */
int vec_parse_answers(struct vec_parser *p, const struct ytree_node *map, struct vec_step *step)
{
	static const char *const dma_keys[] = {"pa",     "size", "perm",  "fault",
					       "record", "end",  "stall", NULL};
	static const char *const ats_keys[] = {"pa", "size", "perm", "fault", "reply", NULL};
	const char *const *keys = step->kind == VEC_DMA ? dma_keys : ats_keys;
	const struct ytree_node *either = ytree_get(map, "either");
	struct vec_answer *answers = vec_get(p, either ? either->count : 1, sizeof(*answers));

	if (!answers)
		return -ENOMEM;
	step->dma_answers = answers;
	if (!either) {
		step->count = 1;
		return vec_parse_answer(p, map, step->kind, answers);
	}
	for (const char *const *key = keys; *key; key++)
		if (ytree_get(map, *key))
			return ytree_fail(p->tree, ytree_get(map, *key),
					  "%s beside either, expected it inside", *key);
	if (ytree_want(p->tree, either, YTREE_LIST))
		return -EINVAL;
	if (!either->count)
		return ytree_fail(p->tree, either, "either: empty, expected outcomes");
	for (const struct ytree_node *n = either->first; n; n = n->next)
		if (ytree_known(p->tree, n, keys) ||
		    vec_parse_answer(p, n, step->kind, &answers[step->count++]))
			return -EINVAL;
	return 0;
}
