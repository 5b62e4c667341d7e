/* SPDX-License-Identifier: Apache-2.0 */
/* Did a call of an iommufd give back what is expected? */
#include "model/iommufd/calls.h"
#include "scenario_judge.h"

#include <inttypes.h>
#include <string.h>

static uint64_t back_value(const struct judging *j, const struct iofd_member *member)
{
	uint64_t value = 0;

	memcpy(&value, j->done->back + member->offset, member->bytes);
	return value;
}

static bool members_hold(const struct judging *j)
{
	const struct scn_expect *e = &j->step->expect;

	for (uint32_t i = 0; i < e->n_members; i++)
		if (back_value(j, e->members[i].member) != scn_judge_wanted(j, &e->members[i].ref))
			return false;
	if (e->ranges && e->n_ranges != j->done->n_ranges)
		return false;
	for (uint32_t i = 0; e->ranges && i < e->n_ranges; i++)
		if (e->ranges[i].first != j->done->range[i].first ||
		    e->ranges[i].last != j->done->range[i].last)
			return false;
	return true;
}

static void text_ranges(struct text *text, const struct scn_range *ranges, uint32_t count)
{
	text_add(text, "ranges: [");
	for (uint32_t i = 0; i < count; i++)
		text_add(text, "%s[0x%" PRIx64 ", 0x%" PRIx64 "]", i ? ", " : "", ranges[i].first,
			 ranges[i].last);
	text_add(text, "]");
}

bool scn_judge_members(struct judging *j)
{
	const struct scn_expect *e = &j->step->expect;
	const char *separator = "{";

	if (members_hold(j))
		return true;
	for (uint32_t i = 0; i < e->n_members; i++) {
		const struct iofd_member *member = e->members[i].member;

		text_add(&j->expected, "%s%s: 0x%" PRIx64, separator, member->name,
			 scn_judge_wanted(j, &e->members[i].ref));
		text_add(&j->found, "%s%s: 0x%" PRIx64, separator, member->name,
			 back_value(j, member));
		separator = ", ";
	}
	if (e->ranges) {
		text_add(&j->expected, "%s", separator);
		text_add(&j->found, "%s", separator);
		text_ranges(&j->expected, e->ranges, e->n_ranges);
		text_ranges(&j->found, j->done->range, j->done->n_ranges);
	}
	text_add(&j->expected, "}");
	text_add(&j->found, "}");
	return scn_judge_fail(j, SCN_RETURNS);
}
