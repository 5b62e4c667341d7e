/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a parameter of a plan. */
#include "sweep_axes.h"

#include "number.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int add_value(struct sweep_axes *axes, struct sweep_values *values, const char *text,
		     struct sweep_place at)
{
	if (values->count == values->room) {
		size_t room = values->room ? values->room * 2 : 16;
		struct sweep_setting *more = arena_get(axes->arena, room, sizeof(*more));

		if (!more)
			return sweep_no_memory(axes);
		if (values->count)
			memcpy(more, values->setting, values->count * sizeof(*more));
		values->setting = more;
		values->room = room;
	}
	values->setting[values->count++] = (struct sweep_setting){
		.key = values->node->key,
		.value = text,
		.key_at = sweep_place_of_key(values->node),
		.at = at,
	};
	return 0;
}

static int load_list(struct sweep_axes *axes, const struct ytree_node *list,
		     struct sweep_values *values)
{
	const char *text;

	for (const struct ytree_node *n = list->first; n; n = n->next)
		if (ytree_string(axes->tree, n, &text) ||
		    add_value(axes, values, text, sweep_place(n)))
			return -EINVAL;
	if (!values->count)
		return ytree_fail(axes->tree, list, "%.64s: an empty list, expected values",
				  values->node->key);
	return 0;
}

/* A number, a size or a time; times are in nanoseconds. */
static int load_bound(struct sweep_axes *axes, const struct ytree_node *range, const char *key,
		      uint64_t *value)
{
	const struct ytree_node *node;

	if (ytree_need(axes->tree, range, key, &node) || ytree_want(axes->tree, node, YTREE_SCALAR))
		return -EINVAL;
	if (parse_size(node->text, value) == 0 || parse_time(node->text, value) == 0)
		return 0;
	return ytree_fail(axes->tree, node, "%s: '%.40s', expected a number, a size or a time", key,
			  node->text);
}

struct range {
	uint64_t from, to;
	uint64_t step, factor; /* one of them; the other is 0 */
};

static int load_step(struct sweep_axes *axes, const struct ytree_node *node, struct range *range)
{
	const struct ytree_node *step = ytree_get(node, "step");
	const struct ytree_node *factor = ytree_get(node, "factor");

	if (step && factor)
		return ytree_fail(axes->tree, factor, "step and factor, expected one of them");
	if (factor)
		return ytree_range(axes->tree, factor, 2, UINT32_MAX, &range->factor);
	if (!step) {
		range->step = 1;
		return 0;
	}
	if (load_bound(axes, node, "step", &range->step))
		return -EINVAL;
	if (range->step)
		return 0;
	return ytree_fail(axes->tree, step, "step: 0, expected at least 1");
}

/* {from, to, step} or {from, to, factor}: both ends are values if they are reached. */
static int load_range(struct sweep_axes *axes, const struct ytree_node *node,
		      struct sweep_values *values)
{
	static const char *const keys[] = {"from", "to", "step", "factor", NULL};
	struct range range = {0};
	uint64_t more = 0;

	if (ytree_known(axes->tree, node, keys) || load_bound(axes, node, "from", &range.from) ||
	    load_bound(axes, node, "to", &range.to) || load_step(axes, node, &range))
		return -EINVAL;
	if (range.to < range.from)
		return ytree_fail(axes->tree, node, "to lies below from");
	if (range.factor && !range.from)
		return ytree_fail(axes->tree, node, "from: 0 with a factor, expected at least 1");
	for (uint64_t at = range.from; at <= range.to; at = more) {
		char *text = arena_get(axes->arena, 1, 24);

		if (!text)
			return sweep_no_memory(axes);
		snprintf(text, 24, "%" PRIu64, at);
		if (add_value(axes, values, text, sweep_place(node)))
			return -EINVAL;
		if (values->count > SWEEP_POINTS)
			return ytree_fail(axes->tree, node, "more than %" PRIu64 " values",
					  SWEEP_POINTS);
		if (range.factor ? __builtin_mul_overflow(at, range.factor, &more)
				 : __builtin_add_overflow(at, range.step, &more))
			break;
	}
	return 0;
}

int sweep_values_load(struct sweep_axes *axes, const struct ytree_node *node,
		      struct sweep_values *values)
{
	*values = (struct sweep_values){.node = node};
	if (node->kind == YTREE_LIST)
		return load_list(axes, node, values);
	if (node->kind == YTREE_MAP)
		return load_range(axes, node, values);
	return ytree_fail(axes->tree, node,
			  "%.64s: '%.40s', expected a list of values, or a map of from, to and "
			  "step or factor",
			  node->key, node->text);
}
