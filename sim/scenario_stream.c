/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of `read` and `write` steps, on descriptors of queues, and records. */
#include "scenario_parse.h"

#include <errno.h>

int scn_parse_cookies(struct scn_parser *p, const struct ytree_node *list,
		      struct scn_streaming *streaming)
{
	uint32_t *name;

	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	streaming->count = list->count;
	streaming->cookies = name = scn_get(p, list->count, sizeof(*name));
	if (!name)
		return -ENOMEM;
	for (const struct ytree_node *n = list->first; n; n = n->next, name++) {
		const char *text;

		if (ytree_string(p->tree, n, &text))
			return -EINVAL;
		*name = scn_name_make(p, SCN_COOKIE, text);
		if (*name == SCN_NONE)
			return -ENOMEM;
	}
	return 0;
}

static int parse_code(struct scn_parser *p, const struct ytree_node *node, uint32_t *code)
{
	static const char *const words[] = {"success", "invalid", NULL};
	uint64_t number;
	unsigned word;

	if (node->kind == YTREE_SCALAR && node->text[0] >= '0' && node->text[0] <= '9') {
		if (ytree_range(p->tree, node, 0, UINT32_MAX, &number))
			return -EINVAL;
		*code = (uint32_t)number;
		return 0;
	}
	if (ytree_choice(p->tree, node, words, &word))
		return -EINVAL;
	*code = word;
	return 0;
}

int scn_parse_responses(struct scn_parser *p, const struct ytree_node *list,
			struct scn_streaming *streaming)
{
	struct scn_response *response;

	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	streaming->count = list->count;
	streaming->responses = response = scn_get(p, list->count, sizeof(*response));
	if (!response)
		return -ENOMEM;
	for (const struct ytree_node *n = list->first; n; n = n->next, response++) {
		if (ytree_want(p->tree, n, YTREE_LIST))
			return -EINVAL;
		if (n->count != 2)
			return ytree_fail(p->tree, n, "list of %u, expected [cookie, code]",
					  n->count);
		if (scn_parse_ref(p, n->first, SCN_COOKIE, &response->cookie) ||
		    parse_code(p, n->first->next, &response->code))
			return -EINVAL;
	}
	return 0;
}

int scn_check_stream(struct scn_parser *p, const struct ytree_node *map,
		     const struct scn_step *step)
{
	const struct ytree_node *size = ytree_get(map, "size"),
				*cookies = ytree_get(map, "cookies");

	if (step->args.size != SCN_SIZE_OWN && step->args.size > SCN_STREAM_BYTES)
		return ytree_fail(p->tree, size, "size: %llu, expected at most %d",
				  (unsigned long long)step->args.size, SCN_STREAM_BYTES);
	if (step->args.streaming.count > SCN_STREAM_BYTES / 8)
		return ytree_fail(p->tree, map, "more responses than a step writes");
	if (cookies && scn_record_fields(p->scenario, step) != scn_fault_fields)
		return ytree_fail(p->tree, cookies,
				  "cookies of what is no fault queue, expected the descriptor of "
				  "FAULT_QUEUE_ALLOC");
	return 0;
}

int scn_parse_records(struct scn_parser *p, const struct ytree_node *list, struct scn_step *step)
{
	const struct scn_field_spec *specs = scn_record_fields(p->scenario, step);
	struct scn_fields *record;

	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	if (!specs)
		return ytree_fail(p->tree, list,
				  "records of what is no queue, expected the descriptor of "
				  "FAULT_QUEUE_ALLOC or VEVENTQ_ALLOC");
	step->expect.records = record = scn_get(p, list->count, sizeof(*record));
	if (!record)
		return -ENOMEM;
	step->expect.n_records = list->count;
	for (const struct ytree_node *n = list->first; n; n = n->next)
		if (scn_parse_fields(p, specs, n, record++))
			return -EINVAL;
	return 0;
}
