/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of `ioctl` steps: members of the call's structure, by the table of calls. */
#include "model/iommufd/calls.h"
#include "nearest.h"
#include "scenario_parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Calls are known without VFIO's prefix, but for the one that has it itself. */
static const char *short_name(const struct iofd_call_entry *call)
{
	return call->where != IOFD_ON_IOMMUFD ? call->name + strlen("VFIO_") : call->name;
}

static bool named(const struct iofd_call_entry *call, const char *text, bool on_device)
{
	return call->structure && (call->where == IOFD_ON_DEVICE) == on_device &&
	       strcmp(short_name(call), text) == 0;
}

static int parse_call(struct scn_parser *p, const struct ytree_node *map, struct scn_step *step)
{
	bool on_device = step->args.device != IOASIM_NO_DEVICE;
	const struct ytree_node *node;
	const struct iofd_call_entry *call;
	char hint[NEAREST_HINT_SIZE];
	struct nearest near;
	const char *text;

	if (ytree_need(p->tree, map, "call", &node) || ytree_string(p->tree, node, &text))
		return -EINVAL;
	near = nearest_to(text);
	for (unsigned n = 0; (call = iofd_call_table(n)); n++) {
		if (named(call, text, on_device)) {
			step->args.ioctl.call = call;
			return 0;
		}
		if (call->structure && (call->where == IOFD_ON_DEVICE) == on_device)
			nearest_offer(&near, short_name(call));
	}
	return ytree_fail(p->tree, node, "call: '%.64s', expected a call of %s%s", text,
			  on_device ? "a device" : "an iommufd", nearest_hint(&near, hint));
}

/* ---- Members --------------------------------------------------------------------------------- */

static const struct iofd_member *member_find(const struct iofd_call_entry *call, const char *key)
{
	for (const struct iofd_member *member = call->members; member->name; member++)
		if (strcmp(member->name, key) == 0)
			return member;
	return NULL;
}

static int parse_negative(struct scn_parser *p, const struct ytree_node *node, uint64_t *number)
{
	char *end;
	uint64_t magnitude = strtoull(node->text + 1, &end, 0);

	if (end == node->text + 1 || *end)
		return ytree_fail(p->tree, node, "%.32s: '%.64s', expected a number", node->key,
				  node->text);
	*number = 0 - magnitude;
	return 0;
}

static int parse_value(struct scn_parser *p, const struct ytree_node *node,
		       struct scn_ioctl_value *value)
{
	bool descriptor = strcmp(value->member->name, "iommufd") == 0;

	value->space = descriptor ? SCN_FD : SCN_OBJECT;
	if (node->kind == YTREE_SCALAR && node->text[0] == '-') {
		value->ref = (struct scn_ref){.given = true, .name = SCN_NONE};
		return parse_negative(p, node, &value->ref.number);
	}
	return scn_parse_ref(p, node, (enum scn_space)value->space, &value->ref);
}

/* Keys that are none of the structure's. */
static int parse_other(struct scn_parser *p, const struct ytree_node *node, struct scn_args *args,
		       bool *known)
{
	const char *text;

	*known = true;
	if (strcmp(node->key, "fd") == 0 || strcmp(node->key, "dev") == 0 ||
	    strcmp(node->key, "call") == 0)
		return 0;
	if (strcmp(node->key, "by") == 0)
		return scn_parse_process(p, node, &args->process);
	if (strcmp(node->key, "size") == 0)
		return ytree_range(p->tree, node, 0, 4096, &args->ioctl.size);
	if (strcmp(node->key, "tail") == 0)
		return ytree_bool(p->tree, node, &args->ioctl.tail);
	if (strcmp(node->key, "as") == 0) {
		if (ytree_string(p->tree, node, &text))
			return -EINVAL;
		args->as = scn_name_make(p, SCN_OBJECT, text);
		return args->as == SCN_NONE ? -ENOMEM : 0;
	}
	if (strcmp(node->key, "data") == 0 &&
	    args->ioctl.call->request == IOASIM_IOMMUFD_HWPT_ALLOC)
		return scn_parse_ref(p, node, SCN_TABLE, &args->ioctl.data);
	*known = false;
	return 0;
}

/* `tail` counts bytes in the format: 1 is the one there is. */
static bool is_tail_of_one(const struct ytree_node *node)
{
	return strcmp(node->key, "tail") == 0 && node->kind == YTREE_SCALAR &&
	       strcmp(node->text, "1") == 0;
}

static int parse_member(struct scn_parser *p, const struct ytree_node *node, struct scn_args *args)
{
	struct scn_ioctl *ioctl = &args->ioctl;
	struct scn_ioctl_value *value = &ioctl->values[ioctl->count];

	value->member = member_find(ioctl->call, node->key);
	if (!value->member) {
		struct nearest near = nearest_to(node->key);
		char hint[NEAREST_HINT_SIZE];

		for (const struct iofd_member *at = ioctl->call->members; at->name; at++)
			nearest_offer(&near, at->name);
		return ytree_fail(p->tree, node, "key '%.64s', expected a member of struct %s%s",
				  node->key, ioctl->call->structure, nearest_hint(&near, hint));
	}
	if (parse_value(p, node, value))
		return -EINVAL;
	ioctl->count++;
	return 0;
}

static int parse_key(struct scn_parser *p, const struct ytree_node *node, struct scn_args *args)
{
	bool known = is_tail_of_one(node);

	if (known) {
		args->ioctl.tail = true;
		return 0;
	}
	if (parse_other(p, node, args, &known))
		return -EINVAL;
	return known ? 0 : parse_member(p, node, args);
}

static int parse_on(struct scn_parser *p, const struct ytree_node *map, struct scn_args *args)
{
	const struct ytree_node *fd = ytree_get(map, "fd"), *dev = ytree_get(map, "dev");

	if (!fd == !dev)
		return ytree_fail(p->tree, map, "ioctl: %s fd %s dev, expected one",
				  fd ? "both" : "neither", fd ? "and" : "nor");
	return fd ? scn_parse_ref(p, fd, SCN_FD, &args->fd)
		  : scn_parse_device(p, dev, &args->device);
}

int scn_parse_ioctl(struct scn_parser *p, const struct ytree_node *map, struct scn_step *step)
{
	struct scn_ioctl *ioctl = &step->args.ioctl;

	if (ytree_want(p->tree, map, YTREE_MAP) || parse_on(p, map, &step->args) ||
	    parse_call(p, map, step))
		return -EINVAL;
	ioctl->values = scn_get(p, map->count, sizeof(*ioctl->values));
	if (!ioctl->values)
		return -ENOMEM;
	for (const struct ytree_node *node = map->first; node; node = node->next)
		if (parse_key(p, node, &step->args))
			return -EINVAL;
	return 0;
}
