/* SPDX-License-Identifier: Apache-2.0 */
/* `devices` of a scenario. */
#include "scenario_parse.h"

#include <errno.h>
#include <string.h>

static int parse_caps(struct scn_parser *p, const struct ytree_node *list, uint32_t *caps)
{
	static const char *const words[] = {"ats",        "pri",       "enqcmd", "nosnoop",
					    "nocoherent", "noenforce", NULL};

	if (!list)
		return 0;
	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	for (const struct ytree_node *n = list->first; n; n = n->next) {
		unsigned word;

		if (ytree_choice(p->tree, n, words, &word))
			return -EINVAL;
		*caps |= 1u << word; /* in the order of enum ioasim_device_capability */
	}
	return 0;
}

static int parse_reserved(struct scn_parser *p, const struct ytree_node *list,
			  struct ioasim_device_config *config)
{
	struct ioasim_iova_range *range;

	if (!list)
		return 0;
	if (ytree_want(p->tree, list, YTREE_LIST))
		return -EINVAL;
	config->reserved = range = scn_get(p, list->count, sizeof(*range));
	if (!range)
		return -ENOMEM;
	config->reserved_count = list->count;
	for (const struct ytree_node *n = list->first; n; n = n->next, range++) {
		uint64_t pair[2];

		if (scn_parse_pair(p, n, pair))
			return -EINVAL;
		if (pair[1] < pair[0])
			return ytree_fail(p->tree, n,
					  "ends before it begins, expected "
					  "[first, last]");
		*range = (struct ioasim_iova_range){.first = pair[0], .last = pair[1]};
	}
	return 0;
}

/* An mdev has its parent's place and driver; every other device its own. */
static int parse_place(struct scn_parser *p, const struct ytree_node *map,
		       struct ioasim_device_config *config)
{
	static const char *const beside[] = {"bdf", "group", "pf", "driver", NULL};
	const struct ytree_node *parent = ytree_get(map, "parent");
	const struct ytree_node *bdf;
	uint64_t group = IOASIM_GROUP_OWN;

	if (!parent) {
		if (ytree_get(map, "sw"))
			return ytree_fail(p->tree, map, "sw without a parent, expected an mdev");
		if (ytree_get(map, "group") &&
		    ytree_range(p->tree, ytree_get(map, "group"), 0, UINT32_MAX - 1, &group))
			return -EINVAL;
		config->group = (uint32_t)group;
		return ytree_need(p->tree, map, "bdf", &bdf) ||
				       scn_parse_bdf(p, bdf, &config->requester_id)
			       ? -EINVAL
			       : 0;
	}
	for (unsigned i = 0; beside[i]; i++)
		if (ytree_get(map, beside[i]))
			return ytree_fail(p->tree, ytree_get(map, beside[i]),
					  "%s beside parent, expected it on the parent", beside[i]);
	config->group = IOASIM_GROUP_OWN;
	if (scn_parse_device(p, parent, &config->parent))
		return -EINVAL;
	if (p->scenario->devices[config->parent].config.parent != IOASIM_NO_DEVICE)
		return ytree_fail(p->tree, parent, "'%s' is an mdev, expected a pdev",
				  parent->text);
	return ytree_get(map, "sw") ? ytree_bool(p->tree, ytree_get(map, "sw"), &config->software)
				    : 0;
}

static int parse_device(struct scn_parser *p, const struct ytree_node *map,
			struct ioasim_device_config *config)
{
	static const char *const keys[] = {"bdf",  "parent", "sw",     "pf",       "group",
					   "caps", "pasid",  "driver", "reserved", NULL};
	static const char *const drivers[] = {"none", "kernel", "kernel-safe", NULL};
	const struct ytree_node *driver = ytree_get(map, "driver");
	const struct ytree_node *pasid = ytree_get(map, "pasid");
	const char *text;
	unsigned word = 0;
	uint64_t bits = 0;

	config->parent = config->pf = IOASIM_NO_DEVICE;
	if (ytree_known(p->tree, map, keys) || parse_place(p, map, config) ||
	    parse_caps(p, ytree_get(map, "caps"), &config->capabilities) ||
	    parse_reserved(p, ytree_get(map, "reserved"), config))
		return -EINVAL;
	if (pasid && ytree_range(p->tree, pasid, 0, 20, &bits))
		return -EINVAL;
	if (driver && ytree_choice(p->tree, driver, drivers, &word))
		return -EINVAL;
	config->pasid_bits = (unsigned)bits;
	config->driver = (enum ioasim_device_driver)word;
	/* A PF may be a function that is no device of the scenario. */
	if (ytree_get(map, "pf") && ytree_string(p->tree, ytree_get(map, "pf"), &text))
		return -EINVAL;
	if (ytree_get(map, "pf"))
		for (uint32_t i = 0; i < p->scenario->n_devices; i++)
			if (strcmp(p->scenario->devices[i].name, text) == 0)
				config->pf = (int)i;
	return 0;
}

int scn_parse_devices(struct scn_parser *p, const struct ytree_node *map)
{
	struct scenario *s = p->scenario;

	if (ytree_want(p->tree, map, YTREE_MAP))
		return -EINVAL;
	s->devices = scn_get(p, map->count, sizeof(*s->devices));
	if (!s->devices)
		return -ENOMEM;
	/* A device is known to those behind it: a parent stands before its mdevs. */
	for (const struct ytree_node *n = map->first; n; n = n->next) {
		struct scn_device *device = &s->devices[s->n_devices];
		struct ioasim_device_config *config = &device->config;

		device->name = n->key;
		if (parse_device(p, n, config))
			return -EINVAL;
		s->n_devices++;
		if (config->parent == IOASIM_NO_DEVICE)
			continue;
		/* The driver of a parent is the kernel's, unless the scenario says otherwise. */
		if (!ytree_get(ytree_get(map, s->devices[config->parent].name), "driver"))
			s->devices[config->parent].config.driver = IOASIM_DRIVER_KERNEL;
	}
	return 0;
}
