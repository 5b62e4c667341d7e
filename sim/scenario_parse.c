/* SPDX-License-Identifier: Apache-2.0 */
/* Documents into scenarios: head, machine, names, and the steps one by one. */
#include "scenario_parse.h"
#include "number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void *scn_get(struct scn_parser *p, size_t count, size_t size)
{
	void *room = arena_get(p->arena, count ? count : 1, size);

	if (!room) {
		ytree_fail(p->tree, NULL, "no memory for the scenario");
		return NULL;
	}
	memset(room, 0, (count ? count : 1) * size);
	return room;
}

/* ---- Names --------------------------------------------------------------------------- */

uint32_t scn_name_find(const struct scn_parser *p, enum scn_space space, const char *text)
{
	const struct scenario *s = p->scenario;

	for (uint32_t i = 0; i < s->n_names; i++)
		if (s->names[i].space == space && strcmp(s->names[i].text, text) == 0)
			return i;
	return SCN_NONE;
}

uint32_t scn_name_make(struct scn_parser *p, enum scn_space space, const char *text)
{
	struct scenario *s = p->scenario;
	uint32_t i = scn_name_find(p, space, text);

	if (i != SCN_NONE)
		return i;
	if (s->n_names == p->name_room) {
		uint32_t room = p->name_room ? 2 * p->name_room : 16;
		struct scn_name *names = scn_get(p, room, sizeof(*names));

		if (!names)
			return SCN_NONE;
		if (s->n_names)
			memcpy(names, s->names, s->n_names * sizeof(*names));
		s->names = names;
		p->name_room = room;
	}
	s->names[s->n_names] = (struct scn_name){.text = text, .space = (uint8_t)space};
	return s->n_names++;
}

int scn_parse_ref(struct scn_parser *p, const struct ytree_node *node, enum scn_space space,
		  struct scn_ref *ref)
{
	static const char *const what[SCN_SPACES] = {
		[SCN_FD] = "a descriptor of an earlier `open`",
		[SCN_IOASID] = "an IOASID of an earlier `alloc`",
		[SCN_EVENT] = "an event of an earlier `pending`",
		[SCN_TABLE] = "a table of an earlier `guest`",
		[SCN_SET] = "a set of an earlier `set_alloc`",
		[SCN_ID] = "an ID of an earlier `alloc`",
		[SCN_TOKEN] = "a token",
		[SCN_NOTIFIER] = "an earlier notifier",
		[SCN_OBJECT] = "an object of an earlier `ioctl`",
		[SCN_COOKIE] = "a cookie of an earlier `read`",
	};
	const char *text;

	*ref = (struct scn_ref){.given = true, .name = SCN_NONE};
	if (ytree_string(p->tree, node, &text))
		return -EINVAL;
	ref->name = scn_name_find(p, space, text);
	if (ref->name != SCN_NONE || (!node->quoted && parse_number(text, &ref->number) == 0))
		return 0;
	return ytree_fail(p->tree, node, "%.32s: '%.64s', expected %s or a number",
			  node->key ? node->key : "item", text, what[space]);
}

int scn_parse_process(struct scn_parser *p, const struct ytree_node *node, int *process)
{
	const char *text;

	if (ytree_string(p->tree, node, &text))
		return -EINVAL;
	for (uint32_t i = 0; i < p->scenario->n_processes; i++) {
		if (strcmp(p->scenario->processes[i].name, text) != 0)
			continue;
		*process = (int)i;
		return 0;
	}
	return ytree_fail(p->tree, node, "'%.64s', expected a process that `memory` names", text);
}

int scn_parse_device(struct scn_parser *p, const struct ytree_node *node, int *device)
{
	const char *text;

	if (ytree_string(p->tree, node, &text))
		return -EINVAL;
	for (uint32_t i = 0; i < p->scenario->n_devices; i++) {
		if (strcmp(p->scenario->devices[i].name, text) != 0)
			continue;
		*device = (int)i;
		return 0;
	}
	return ytree_fail(p->tree, node, "'%.64s', expected a device that `devices` names", text);
}

int scn_parse_pair(struct scn_parser *p, const struct ytree_node *node, uint64_t pair[2])
{
	if (ytree_want(p->tree, node, YTREE_LIST))
		return -EINVAL;
	if (node->count != 2)
		return ytree_fail(p->tree, node, "list of %u, expected two numbers", node->count);
	return ytree_u64(p->tree, node->first, &pair[0]) ||
			       ytree_u64(p->tree, node->first->next, &pair[1])
		       ? -EINVAL
		       : 0;
}

int scn_parse_prot(struct scn_parser *p, const struct ytree_node *node, uint8_t *access)
{
	const char *text;

	*access = 0;
	if (ytree_string(p->tree, node, &text))
		return -EINVAL;
	for (const char *c = text; *c; c++) {
		uint8_t bit = *c == 'r' ? IOASIM_READ : *c == 'w' ? IOASIM_WRITE : 0;

		if (!bit || *access & bit)
			return ytree_fail(p->tree, node, "'%.16s', expected rw, r, w or \"\"",
					  text);
		*access |= bit;
	}
	return 0;
}

/* A hex number of at most `digits` digits that ends at `end`; -1. */
static int hex_part(const char **text, unsigned digits, char end)
{
	int value = 0;

	for (unsigned i = 0; i <= digits; i++, ++*text) {
		char c = **text;

		if (c == end && i > 0) {
			*text += end != '\0';
			return value;
		}
		if (i == digits)
			break;
		if (c >= '0' && c <= '9')
			value = value * 16 + (c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value * 16 + (c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			value = value * 16 + (c - 'A' + 10);
		else
			break;
	}
	return -1;
}

int scn_parse_bdf(struct scn_parser *p, const struct ytree_node *node, uint32_t *bdf)
{
	const char *text, *rest;
	int bus, device, function;

	if (ytree_string(p->tree, node, &text))
		return -EINVAL;
	rest = text;
	bus = hex_part(&rest, 2, ':');
	device = bus < 0 ? -1 : hex_part(&rest, 2, '.');
	function = device < 0 ? -1 : hex_part(&rest, 1, '\0');
	if (function < 0 || function > 7 || device > 31)
		return ytree_fail(p->tree, node, "'%.32s', expected \"bus:device.function\" in hex",
				  text);
	*bdf = (uint32_t)bus << 8 | (uint32_t)device << 3 | (uint32_t)function;
	return 0;
}

/* ---- The machine ----------------------------------------------------------------------- */

static int parse_system(struct scn_parser *p, const struct ytree_node *map)
{
	static const char *const keys[] = {"pasid_capacity", "rid_pool", "cgroup_limit", "fd_quota",
					   NULL};
	struct scenario *s = p->scenario;
	uint32_t *const members[] = {&s->pasid_capacity, &s->rid_pool, &s->cgroup_limit,
				     &s->fd_quota};

	if (!map)
		return 0;
	if (ytree_known(p->tree, map, keys))
		return -EINVAL;
	for (unsigned i = 0; keys[i]; i++) {
		const struct ytree_node *node = ytree_get(map, keys[i]);
		uint64_t value;

		if (!node)
			continue;
		if (ytree_range(p->tree, node, 1, 1 << 20, &value))
			return -EINVAL;
		*members[i] = (uint32_t)value;
	}
	return 0;
}

static int parse_area(struct scn_parser *p, const struct ytree_node *list, struct scn_area *area)
{
	const struct ytree_node *right;

	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	if (list->count != 2 && list->count != 3)
		return ytree_fail(p->tree, list,
				  "list of %u, expected [first, size] or "
				  "[first, size, ro]",
				  list->count);
	right = list->first->next->next;
	if (ytree_u64(p->tree, list->first, &area->first) ||
	    ytree_u64(p->tree, list->first->next, &area->size))
		return -EINVAL;
	if (right && (right->kind != YTREE_SCALAR || strcmp(right->text, "ro") != 0))
		return ytree_fail(p->tree, right, "third item, expected ro");
	area->read_only = right != NULL;
	if (area->first % 4096 || area->size % 4096 || !area->size ||
	    area->first + area->size < area->first)
		return ytree_fail(p->tree, list,
				  "memory of 0x%llx bytes at 0x%llx, expected whole "
				  "pages of 4 KiB",
				  (unsigned long long)area->size, (unsigned long long)area->first);
	return 0;
}

static int parse_memory(struct scn_parser *p, const struct ytree_node *map)
{
	static const struct scn_area usual = {.first = 0x40000000, .size = 0x10000000};
	struct scenario *s = p->scenario;
	struct scn_process *process;
	struct scn_area *area;

	if (map && (ytree_want(p->tree, map, YTREE_MAP) || !map->count))
		return ytree_fail(p->tree, map, "memory: empty, expected processes");
	s->n_processes = map ? map->count : 1;
	s->processes = process = scn_get(p, s->n_processes, sizeof(*process));
	if (!process)
		return -ENOMEM;
	if (!map) {
		process->name = "vm";
		process->areas = area = scn_get(p, 1, sizeof(*area));
		process->n_areas = 1;
		if (area)
			*area = usual;
		return area ? 0 : -ENOMEM;
	}
	for (const struct ytree_node *n = map->first; n; n = n->next, process++) {
		process->name = n->key;
		if (ytree_want(p->tree, n, YTREE_LIST))
			return -EINVAL;
		process->areas = area = scn_get(p, n->count, sizeof(*area));
		process->n_areas = n->count;
		if (!area)
			return -ENOMEM;
		for (const struct ytree_node *a = n->first; a; a = a->next)
			if (parse_area(p, a, area++))
				return -EINVAL;
	}
	return 0;
}

static int parse_ram(struct scn_parser *p, const struct ytree_node *list)
{
	static const struct scn_ram usual = {.hva = 0x40000000, .size = 0x10000000};
	struct scenario *s = p->scenario;
	struct scn_ram *ram;

	if (list && ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	s->n_ram = list ? list->count : 1;
	s->ram = ram = scn_get(p, s->n_ram, sizeof(*ram));
	if (!ram)
		return -ENOMEM;
	if (!list)
		*ram = usual;
	for (const struct ytree_node *n = list ? list->first : NULL; n; n = n->next, ram++) {
		if (ytree_want(p->tree, n, YTREE_LIST))
			return -EINVAL;
		if (n->count != 3)
			return ytree_fail(p->tree, n, "list of %u, expected [gpa, hva, size]",
					  n->count);
		if (ytree_u64(p->tree, n->first, &ram->gpa) ||
		    ytree_u64(p->tree, n->first->next, &ram->hva) ||
		    ytree_u64(p->tree, n->first->next->next, &ram->size))
			return -EINVAL;
	}
	return 0;
}

/* ---- Steps -------------------------------------------------------------------------------- */

static int parse_verb(struct scn_parser *p, const struct ytree_node *map, struct scn_step *step)
{
	int found = -1;

	for (int i = 0; i < SCN_VERBS; i++) {
		if (!ytree_get(map, scn_verbs[i].name))
			continue;
		if (found >= 0)
			return ytree_fail(p->tree, map, "step is both %s and %s, expected one",
					  scn_verbs[found].name, scn_verbs[i].name);
		found = i;
	}
	if (found < 0)
		return ytree_fail(p->tree, map, "unknown step '%.32s', expected a verb",
				  map->first ? map->first->key : "");
	step->verb = (uint8_t)found;
	return 0;
}

static int parse_step(struct scn_parser *p, const struct ytree_node *map, struct scn_step *step)
{
	if (parse_verb(p, map, step))
		return -EINVAL;
	step->source = map;
	return scn_parse_errno(p, step) ||
			       scn_parse_args(p, ytree_get(map, scn_verbs[step->verb].name), step)
		       ? -EINVAL
		       : 0;
}

static int parse_steps(struct scn_parser *p, const struct ytree_node *list)
{
	struct scenario *s = p->scenario;
	uint32_t number = 0;

	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	if (!list->count)
		return ytree_fail(p->tree, list, "steps: empty, expected steps");
	s->steps = scn_get(p, list->count, sizeof(*s->steps));
	if (!s->steps)
		return -ENOMEM;
	for (const struct ytree_node *n = list->first; n; n = n->next) {
		struct scn_step *step = &s->steps[s->n_steps];
		const struct ytree_node *merged;

		number++;
		if (scn_merge_step(p, n, &merged))
			return -EINVAL;
		if (!merged)
			continue;
		step->number = number;
		if (parse_step(p, merged, step))
			return -EINVAL;
		s->n_steps++;
	}
	return 0;
}

/* ---- The document --------------------------------------------------------------------------- */

static int parse_rules(struct scn_parser *p, const struct ytree_node *list)
{
	struct scenario *s = p->scenario;
	const char **rule;

	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	if (!list->count)
		return ytree_fail(p->tree, list, "rules: empty, expected rules of docs/uapi.md");
	rule = scn_get(p, list->count, sizeof(*rule));
	if (!rule)
		return -ENOMEM;
	s->rules = rule;
	s->n_rules = list->count;
	for (const struct ytree_node *n = list->first; n; n = n->next, rule++) {
		uint64_t number;

		if (ytree_string(p->tree, n, rule))
			return -EINVAL;
		if (**rule < 'A' || **rule > 'Z' || parse_number(*rule + 1, &number) != 0)
			return ytree_fail(p->tree, n,
					  "rule '%.16s', expected a letter and a number", *rule);
	}
	return 0;
}

static int parse_text(struct scn_parser *p, const struct ytree_node *node, const char **text)
{
	*text = NULL;
	return node ? ytree_string(p->tree, node, text) : 0;
}

/* The file's name without folder and endings. */
static bool is_file_name(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t length = strlen(name);

	return strncmp(base, name, length) == 0 && (base[length] == '.' || base[length] == '\0');
}

static int parse_head(struct scn_parser *p, const struct ytree_node *map)
{
	struct scenario *s = p->scenario;
	const struct ytree_node *name, *rules;
	const char *file = ytree_name(p->tree);

	if (ytree_need(p->tree, map, "name", &name) || ytree_string(p->tree, name, &s->name) ||
	    parse_text(p, ytree_get(map, "about"), &s->about) ||
	    parse_text(p, ytree_get(map, "source"), &s->source) ||
	    ytree_need(p->tree, map, "rules", &rules) || parse_rules(p, rules))
		return -EINVAL;
	if (strchr(file, '.') && !is_file_name(file, s->name))
		return ytree_fail(p->tree, name, "name: '%.64s', expected the file's name",
				  s->name);
	return 0;
}

int scn_parse_archs(struct ytree *tree, const struct ytree_node *document, unsigned *mask)
{
	const struct ytree_node *list;

	*mask = 0;
	if (ytree_need(tree, document, "arch", &list) || ytree_want(tree, list, YTREE_LIST))
		return -EINVAL;
	for (const struct ytree_node *n = list->first; n; n = n->next) {
		unsigned arch;

		if (ytree_choice(tree, n, scn_archs, &arch))
			return -EINVAL;
		if (*mask >> arch & 1)
			return ytree_fail(tree, n, "'%s' stands twice, expected once", n->text);
		*mask |= 1u << arch;
	}
	return *mask ? 0 : ytree_fail(tree, list, "arch: empty, expected architectures");
}

int scn_parse(struct ytree *tree, const struct ytree_node *document, struct arena *arena,
	      unsigned arch, struct scenario *scenario)
{
	static const char *const keys[] = {"name",      "about",   "source", "rules",
					   "arch",      "devices", "system", "memory",
					   "guest_ram", "steps",   NULL};
	struct scn_parser p = {.tree = tree, .arena = arena, .scenario = scenario, .arch = arch};
	const struct ytree_node *devices, *steps;

	*scenario = (struct scenario){.name = "(unnamed)", .line = document->line};
	if (ytree_known(tree, document, keys) || parse_head(&p, document) ||
	    parse_system(&p, ytree_get(document, "system")) ||
	    parse_memory(&p, ytree_get(document, "memory")) ||
	    parse_ram(&p, ytree_get(document, "guest_ram")) ||
	    ytree_need(tree, document, "devices", &devices) || scn_parse_devices(&p, devices) ||
	    ytree_need(tree, document, "steps", &steps) || parse_steps(&p, steps))
		return -EINVAL;
	return 0;
}
