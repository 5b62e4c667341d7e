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

/* On an iommufd also the calls of a container. */
static bool is_on(const struct iofd_call_entry *call, bool on_device)
{
	return (call->where == IOFD_ON_DEVICE) == on_device;
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
		if (!is_on(call, on_device))
			continue;
		if (strcmp(short_name(call), text) == 0) {
			step->args.ioctl.call = call;
			return 0;
		}
		nearest_offer(&near, short_name(call));
	}
	return ytree_fail(p->tree, node, "call: '%.64s', expected a call of %s%s", text,
			  on_device ? "a device" : "an iommufd", nearest_hint(&near, hint));
}

/* ---- Members --------------------------------------------------------------------------------- */

static const struct iofd_member *member_find(const struct iofd_call_entry *call, const char *key)
{
	for (const struct iofd_member *at = call->members; at && at->name; at++)
		if (strcmp(at->name, key) == 0)
			return at;
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
	bool descriptor = strcmp(value->member->name, "iommufd") == 0 ||
			  strcmp(value->member->name, "fd") == 0;

	value->space = descriptor ? SCN_FD : SCN_OBJECT;
	if (node->kind == YTREE_SCALAR && node->text[0] == '-') {
		value->ref = (struct scn_ref){.given = true, .name = SCN_NONE};
		return parse_negative(p, node, &value->ref.number);
	}
	return scn_parse_ref(p, node, (enum scn_space)value->space, &value->ref);
}

/* ---- Keys that are none of the structure's --------------------------------------------------- */

/* The bytes that a structure says it has, where no other member is called so. */
static bool is_size(const struct iofd_call_entry *call, const char *key)
{
	if (strcmp(key, "argsz") == 0)
		return call->where != IOFD_ON_IOMMUFD;
	return strcmp(key, "size") == 0 && !member_find(call, key);
}

/* Descriptors that are no result of `open`. */
static enum scn_stream stream_of(const struct iofd_call_entry *call)
{
	switch (call->request) {
	case IOASIM_IOMMUFD_FAULT_QUEUE_ALLOC:
		return SCN_STREAM_FAULTS;
	case IOASIM_IOMMUFD_VEVENTQ_ALLOC:
		return SCN_STREAM_EVENTS;
	default:
		return SCN_STREAM_NONE;
	}
}

static int parse_as_fd(struct scn_parser *p, const struct ytree_node *node, struct scn_ioctl *ioctl)
{
	enum scn_stream stream = stream_of(ioctl->call);
	struct scn_name *name;
	const char *text;
	bool taken;

	if (ytree_string(p->tree, node, &text))
		return -EINVAL;
	taken = scn_name_find(p, SCN_FD, text) != SCN_NONE;
	ioctl->as_fd = scn_name_make(p, SCN_FD, text);
	if (ioctl->as_fd == SCN_NONE)
		return -ENOMEM;
	name = &p->scenario->names[ioctl->as_fd];
	if (taken && name->stream != stream)
		return ytree_fail(p->tree, node,
				  "as_fd: '%.64s' is another kind of descriptor, expected a new "
				  "name",
				  text);
	name->stream = (uint8_t)stream;
	return 0;
}

static int parse_as(struct scn_parser *p, const struct ytree_node *node, uint32_t *as)
{
	const char *text;

	if (ytree_string(p->tree, node, &text))
		return -EINVAL;
	*as = scn_name_make(p, SCN_OBJECT, text);
	return *as == SCN_NONE ? -ENOMEM : 0;
}

static int parse_size(struct scn_parser *p, const struct ytree_node *node, struct scn_ioctl *ioctl)
{
	ioctl->sized = true;
	return ytree_range(p->tree, node, 0, 4096, &ioctl->size);
}

/* Keys of calls that take a structure. */
static int parse_beside(struct scn_parser *p, const struct ytree_node *node, struct scn_args *args,
			bool *known)
{
	struct scn_ioctl *ioctl = &args->ioctl;

	*known = true;
	if (is_size(ioctl->call, node->key))
		return parse_size(p, node, ioctl);
	if (strcmp(node->key, "tail") == 0)
		return ytree_bool(p->tree, node, &ioctl->tail);
	if (strcmp(node->key, "as") == 0)
		return parse_as(p, node, &args->as);
	if (strcmp(node->key, "as_fd") == 0 && stream_of(ioctl->call) != SCN_STREAM_NONE)
		return parse_as_fd(p, node, ioctl);
	if (scn_is_array(ioctl, node))
		return scn_parse_array(p, node, ioctl);
	if (strcmp(node->key, "data") == 0 && ioctl->call->request == IOASIM_IOMMUFD_HWPT_ALLOC)
		return scn_parse_ref(p, node, SCN_TABLE, &ioctl->data);
	*known = false;
	return 0;
}

static int parse_other(struct scn_parser *p, const struct ytree_node *node, struct scn_args *args,
		       bool *known)
{
	const struct iofd_call_entry *call = args->ioctl.call;

	*known = true;
	if (strcmp(node->key, "fd") == 0 || strcmp(node->key, "dev") == 0 ||
	    strcmp(node->key, "call") == 0)
		return 0;
	if (strcmp(node->key, "by") == 0)
		return scn_parse_process(p, node, &args->process);
	if (call->structure)
		return parse_beside(p, node, args, known);
	if (strcmp(node->key, "argument") == 0)
		return ytree_u64(p->tree, node, &args->ioctl.argument);
	return ytree_fail(p->tree, node, "key '%.64s', expected argument: %s takes a number",
			  node->key, short_name(call));
}

/* `tail` counts bytes in the format: 1 is the one there is. */
static bool is_tail_of_one(const struct ytree_node *node)
{
	return strcmp(node->key, "tail") == 0 && node->kind == YTREE_SCALAR &&
	       strcmp(node->text, "1") == 0;
}

static int member_unknown(struct scn_parser *p, const struct ytree_node *node,
			  const struct iofd_call_entry *call, bool filled)
{
	struct nearest near = nearest_to(node->key);
	char hint[NEAREST_HINT_SIZE];

	for (const struct iofd_member *at = call->members; at->name; at++)
		if (!filled || at->kind == IOFD_FILLED)
			nearest_offer(&near, at->name);
	return ytree_fail(p->tree, node, "key '%.64s', expected a member of struct %s%s%s",
			  node->key, call->structure, filled ? " that the call fills" : "",
			  nearest_hint(&near, hint));
}

/* `fd` is what the call is made on. */
static const char *member_name(const struct iofd_call_entry *call, const char *key)
{
	return call->request == IOASIM_IOMMUFD_IOAS_MAP_FILE && strcmp(key, "file") == 0 ? "fd"
											 : key;
}

static int parse_member(struct scn_parser *p, const struct ytree_node *node, struct scn_args *args)
{
	struct scn_ioctl *ioctl = &args->ioctl;
	struct scn_ioctl_value *value = &ioctl->values[ioctl->count];

	value->member = member_find(ioctl->call, member_name(ioctl->call, node->key));
	if (!value->member)
		return member_unknown(p, node, ioctl->call, false);
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

/* ---- What comes back ----------------------------------------------------------------------------- */

bool scn_gives_back(const struct scn_step *step)
{
	const struct iofd_call_entry *call = step->args.ioctl.call;

	if (step->verb != SCN_IOCTL || !call->structure)
		return false;
	return call->filled_on == -1 || call->filled_on == step->expect.error;
}

/* Ranges are behind a pointer, in a capability, or bits of a map. */
static bool tells_ranges(const struct iofd_call_entry *call)
{
	return call->request == IOASIM_IOMMUFD_IOAS_IOVA_RANGES ||
	       call->request == IOASIM_IOMMUFD_HWPT_GET_DIRTY_BITMAP ||
	       call->request == IOASIM_VFIO_IOMMU_GET_INFO;
}

static const struct iofd_member *filled_find(const struct iofd_call_entry *call, const char *key)
{
	static const struct iofd_member argsz = {"argsz", 0, 4, IOFD_FILLED, 0, ""};
	const struct iofd_member *member = member_find(call, key);

	if (call->request == IOASIM_VFIO_IOMMU_GET_INFO && strcmp(key, argsz.name) == 0)
		return &argsz;
	return member && member->kind == IOFD_FILLED ? member : NULL;
}

int scn_parse_members(struct scn_parser *p, const struct ytree_node *map, struct scn_step *step)
{
	const struct iofd_call_entry *call = step->args.ioctl.call;
	struct scn_expect *e = &step->expect;

	if (!call->structure)
		return ytree_fail(p->tree, map,
				  "returns: a map, expected the number that %s returns",
				  short_name(call));
	e->members = scn_get(p, map->count, sizeof(*e->members));
	if (!e->members)
		return -ENOMEM;
	for (const struct ytree_node *node = map->first; node; node = node->next) {
		struct scn_ioctl_value *value = &e->members[e->n_members];

		if (strcmp(node->key, "ranges") == 0 && tells_ranges(call)) {
			if (scn_parse_ranges(p, node, &e->ranges, &e->n_ranges))
				return -EINVAL;
			continue;
		}
		value->member = filled_find(call, node->key);
		if (!value->member)
			return member_unknown(p, node, call, true);
		if (scn_parse_ref(p, node, SCN_OBJECT, &value->ref))
			return -EINVAL;
		e->n_members++;
	}
	return 0;
}
