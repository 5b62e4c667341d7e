/* SPDX-License-Identifier: Apache-2.0 */
/* Control groups that limit how many numbers a process has (K18). */
#include "model/uapi/hwid.h"

#include <errno.h>
#include <stdlib.h>

struct ioasim_cgroup {
	struct ioasim_cgroup *parent;
	uint32_t limit, charged, children;
};

struct ioasim_cgroup *ioasim_cgroup_create(struct ioasim_cgroup *parent)
{
	struct ioasim_cgroup *group = calloc(1, sizeof(*group));

	if (!group)
		return NULL;
	group->parent = parent;
	if (parent)
		parent->children++;
	return group;
}

int ioasim_cgroup_destroy(struct ioasim_cgroup *group)
{
	if (group->charged || group->children)
		return -EBUSY;
	if (group->parent)
		group->parent->children--;
	free(group);
	return 0;
}

void ioasim_cgroup_limit(struct ioasim_cgroup *group, uint32_t limit)
{
	group->limit = limit;
}

uint32_t ioasim_cgroup_charged(const struct ioasim_cgroup *group)
{
	return group->charged;
}

void cgroup_charge_anyway(struct ioasim_cgroup *group)
{
	for (; group; group = group->parent)
		group->charged++;
}

int cgroup_charge(struct ioasim_cgroup *group)
{
	for (const struct ioasim_cgroup *at = group; at; at = at->parent)
		if (at->charged >= at->limit)
			return -EAGAIN;
	cgroup_charge_anyway(group);
	return 0;
}

void cgroup_uncharge(struct ioasim_cgroup *group)
{
	for (; group; group = group->parent)
		group->charged--;
}
