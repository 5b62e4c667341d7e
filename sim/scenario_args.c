/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of the steps of a scenario, by the tables of scenario_verbs.c. */
#include "scenario_parse.h"

#include <errno.h>
#include <string.h>

#define KEYS_MAX 24

/* ---- Values ---------------------------------------------------------------------------- */

static int parse_enum(struct scn_parser *p, const struct scn_arg *arg,
		      const struct ytree_node *node, const struct scn_step *step, uint32_t *value)
{
	unsigned index;
	const char *text;

	if (ytree_string(p->tree, node, &text))
		return -EINVAL;
	for (unsigned i = 0; arg->words[i]; i++) {
		if (strcmp(arg->words[i], text) != 0)
			continue;
		*value = i;
		return 0;
	}
	/* A word that the kernel is not to know, or a slip of the writer? */
	if (step->expect.error == 0)
		return ytree_choice(p->tree, node, arg->words, &index);
	*value = SCN_UNKNOWN;
	return 0;
}

static int parse_pasid(struct scn_parser *p, const struct ytree_node *node, uint32_t *pasid)
{
	uint64_t value;

	*pasid = IOASIM_NO_VPASID;
	if (node->kind == YTREE_SCALAR && strcmp(node->text, "none") == 0)
		return 0;
	if (ytree_range(p->tree, node, 0, UINT32_MAX - 1, &value))
		return -EINVAL;
	*pasid = (uint32_t)value;
	return 0;
}

/* Any number or any word, which needs no earlier mention. */
static int parse_token(struct scn_parser *p, const struct ytree_node *node, struct scn_ref *ref)
{
	const char *text;

	if (ytree_string(p->tree, node, &text))
		return -EINVAL;
	*ref = (struct scn_ref){.given = true, .name = scn_name_make(p, SCN_TOKEN, text)};
	return ref->name == SCN_NONE ? -ENOMEM : 0;
}

static int parse_make(struct scn_parser *p, const struct scn_arg *arg,
		      const struct ytree_node *node, uint32_t *name)
{
	const char *text;

	if (ytree_string(p->tree, node, &text))
		return -EINVAL;
	*name = scn_name_make(p, (enum scn_space)arg->space, text);
	return *name == SCN_NONE ? -ENOMEM : 0;
}

static int parse_access(struct scn_parser *p, const struct ytree_node *node, uint8_t *access)
{
	static const char *const words[] = {"r", "w", NULL};
	unsigned word;

	if (ytree_choice(p->tree, node, words, &word))
		return -EINVAL;
	*access = word ? IOASIM_WRITE : IOASIM_READ;
	return 0;
}

static int parse_rid(struct scn_parser *p, const struct ytree_node *node, uint64_t *rid)
{
	uint32_t bdf;

	if (node->kind == YTREE_SCALAR && !strchr(node->text, ':'))
		return ytree_range(p->tree, node, 0, UINT32_MAX, rid);
	if (scn_parse_bdf(p, node, &bdf))
		return -EINVAL;
	*rid = bdf;
	return 0;
}

static int parse_arg(struct scn_parser *p, const struct scn_arg *arg, const struct ytree_node *node,
		     struct scn_step *step)
{
	void *member = (char *)&step->args + arg->offset;
	unsigned word;

	switch ((enum scn_arg_type)arg->type) {
	case ARG_SET_OR_ALL:
		step->args.all = node->kind == YTREE_SCALAR && strcmp(node->text, "all") == 0;
		if (step->args.all)
			return 0;
		return scn_parse_ref(p, node, SCN_SET, member);
	case ARG_REF:
		return scn_parse_ref(p, node, (enum scn_space)arg->space, member);
	case ARG_MAKE:
		return parse_make(p, arg, node, member);
	case ARG_TOKEN:
		return parse_token(p, node, member);
	case ARG_DEVICE:
		return scn_parse_device(p, node, member);
	case ARG_PROCESS:
		return scn_parse_process(p, node, member);
	case ARG_NUMBER:
		return ytree_u64(p->tree, node, member);
	case ARG_PASID:
		return parse_pasid(p, node, member);
	case ARG_FLAG:
		return ytree_bool(p->tree, node, member);
	case ARG_CHOICE:
		if (ytree_choice(p->tree, node, arg->words, &word))
			return -EINVAL;
		*(uint32_t *)member = word;
		return 0;
	case ARG_ENUM:
		return parse_enum(p, arg, node, step, member);
	case ARG_ACCESS:
		return parse_access(p, node, member);
	case ARG_PROT:
		return scn_parse_prot(p, node, member);
	case ARG_PAIR:
		return scn_parse_pair(p, node, member);
	case ARG_TEXT:
		return ytree_string(p->tree, node, member);
	case ARG_RID:
		return parse_rid(p, node, member);
	case ARG_COOKIES:
		return scn_parse_cookies(p, node, member);
	case ARG_RESPONSES:
		return scn_parse_responses(p, node, member);
	}
	return -EINVAL;
}

/* ---- A verb's arguments -------------------------------------------------------------------- */

static int check_one_of(struct scn_parser *p, const struct scn_verb_spec *spec,
			const struct ytree_node *map)
{
	const char *found = NULL;

	for (unsigned i = 0; spec->one_of && spec->one_of[i]; i++) {
		if (!ytree_get(map, spec->one_of[i]))
			continue;
		if (found)
			return ytree_fail(p->tree, map, "%s: both %s and %s, expected one",
					  spec->name, found, spec->one_of[i]);
		found = spec->one_of[i];
	}
	if (spec->one_of && !found)
		return ytree_fail(p->tree, map, "%s: neither %s nor %s%s%s, expected one",
				  spec->name, spec->one_of[0], spec->one_of[1],
				  spec->one_of[2] ? " nor " : "",
				  spec->one_of[2] ? spec->one_of[2] : "");
	return 0;
}

static int parse_by(struct scn_parser *p, const struct scn_verb_spec *spec,
		    const struct ytree_node *map, struct scn_step *step)
{
	const char *keys[KEYS_MAX];
	unsigned n = 0;

	for (const struct scn_arg *arg = spec->args; arg->key; arg++)
		keys[n++] = arg->key;
	keys[n] = NULL;
	if (ytree_want(p->tree, map, YTREE_MAP) || ytree_known(p->tree, map, keys) ||
	    check_one_of(p, spec, map))
		return -EINVAL;
	for (const struct scn_arg *arg = spec->args; arg->key; arg++) {
		const struct ytree_node *node = ytree_get(map, arg->key);

		if (!node && !arg->needed)
			continue;
		if (!node)
			return ytree_fail(p->tree, map, "%s: no key '%s', expected one", spec->name,
					  arg->key);
		if (parse_arg(p, arg, node, step))
			return -EINVAL;
	}
	return 0;
}

/* ---- Rules between arguments ---------------------------------------------------------------- */

static int check_dma(struct scn_parser *p, const struct ytree_node *map,
		     const struct scn_args *args)
{
	bool mdev = args->device != IOASIM_NO_DEVICE &&
		    p->scenario->devices[args->device].config.parent != IOASIM_NO_DEVICE;

	if (mdev && ytree_get(map, "pasid"))
		return ytree_fail(p->tree, ytree_get(map, "pasid"),
				  "pasid of an mdev, expected a queue");
	if (args->queue >= IOASIM_QUEUES)
		return ytree_fail(p->tree, ytree_get(map, "queue"),
				  "queue: expected a number below %d", IOASIM_QUEUES);
	if (args->device == IOASIM_NO_DEVICE && ytree_get(map, "queue"))
		return ytree_fail(p->tree, ytree_get(map, "queue"),
				  "queue of a raw request, expected a device");
	if (ytree_get(map, "pasid") && ytree_get(map, "queue"))
		return ytree_fail(p->tree, ytree_get(map, "queue"),
				  "queue beside pasid, expected one");
	return 0;
}

/* A file has a size; only memory of one can be mapped from somewhere. */
static int check_file(struct scn_parser *p, const struct ytree_node *map,
		      const struct scn_step *step)
{
	const struct ytree_node *size = ytree_get(map, "size"), *offset = ytree_get(map, "offset");

	if (step->verb == SCN_OPEN && step->args.kind == SCN_KIND_FILE && !size)
		return ytree_fail(p->tree, map, "open: a file without size, expected one");
	if (step->verb == SCN_OPEN && step->args.kind != SCN_KIND_FILE && size)
		return ytree_fail(p->tree, size, "size of what is no file, expected none");
	if (step->args.file.given && ytree_get(map, "munmap"))
		return ytree_fail(p->tree, ytree_get(map, "file"),
				  "file beside munmap, expected mmap");
	if (offset && !step->args.file.given)
		return ytree_fail(p->tree, offset, "offset without file, expected one");
	return 0;
}

static int check_args(struct scn_parser *p, const struct ytree_node *map,
		      const struct scn_step *step)
{
	const struct scn_args *args = &step->args;

	switch (step->verb) {
	case SCN_INFO:
		if (args->device == IOASIM_NO_DEVICE && !args->fd.given)
			return ytree_fail(p->tree, map, "info: no key 'fd', expected one");
		if (args->device != IOASIM_NO_DEVICE && args->fd.given)
			return ytree_fail(p->tree, ytree_get(map, "fd"),
					  "fd beside dev, expected one");
		return 0;
	case SCN_DMA:
	case SCN_QUEUE:
		return check_dma(p, map, args);
	case SCN_PIN:
	case SCN_COPY:
		if (args->size > SCN_BYTES)
			return ytree_fail(p->tree, ytree_get(map, "size"),
					  "size: expected at most 0x%x", SCN_BYTES);
		return 0;
	case SCN_READ:
	case SCN_WRITE:
		return scn_check_stream(p, map, step);
	case SCN_LIMIT:
		if (args->user > UINT32_MAX)
			return ytree_fail(p->tree, ytree_get(map, "user"),
					  "user: expected a number of 32 bits");
		return 0;
	case SCN_OPEN:
	case SCN_CPU:
		return check_file(p, map, step);
	default:
		return 0;
	}
}

static int parse_core(struct scn_parser *p, const struct ytree_node *map, struct scn_step *step)
{
	const char *words[SCN_CORE_OPS + 1] = {NULL};
	const struct ytree_node *node;
	unsigned op;

	for (unsigned i = 0; i < SCN_CORE_OPS; i++)
		words[i] = scn_core_ops[i].name;
	if (ytree_need(p->tree, map, "op", &node) || ytree_choice(p->tree, node, words, &op))
		return -EINVAL;
	step->args.core = (uint8_t)op;
	return parse_by(p, &scn_core_ops[op], map, step) ||
			       scn_parse_expect(p, step, scn_core_ops[op].expects)
		       ? -EINVAL
		       : 0;
}

int scn_parse_args(struct scn_parser *p, const struct ytree_node *map, struct scn_step *step)
{
	const struct scn_verb_spec *spec = &scn_verbs[step->verb];

	step->args.as = step->args.notifier = step->args.ioctl.as_fd = SCN_NONE;
	step->args.process = -1;
	step->args.device = IOASIM_NO_DEVICE;
	step->args.vpasid = step->args.pasid = IOASIM_NO_VPASID;
	step->args.prot = IOASIM_READ | IOASIM_WRITE;
	step->args.locked = UINT64_MAX;
	if (step->verb == SCN_READ || step->verb == SCN_WRITE)
		step->args.size = SCN_SIZE_OWN;
	if (step->verb == SCN_CORE)
		return parse_core(p, map, step);
	if (step->verb == SCN_GUEST || step->verb == SCN_IOCTL) {
		if (step->verb == SCN_GUEST ? scn_parse_guest(p, map, step)
					    : scn_parse_ioctl(p, map, step))
			return -EINVAL;
	} else if (parse_by(p, spec, map, step) || check_args(p, map, step)) {
		return -EINVAL;
	}
	return scn_parse_expect(p, step, spec->expects);
}
