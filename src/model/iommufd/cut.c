/* SPDX-License-Identifier: Apache-2.0 */
#include "model/iommufd/cut.h"

int interval_cut(struct interval_map *map, uint64_t at, uint64_t slope)
{
	struct interval_place place;
	struct interval *found = interval_find(map, 0, at, &place);
	struct interval rest;
	int error;

	if (!found || found->first >= at)
		return 0;
	rest = *found;
	rest.first = at;
	rest.value += (at - found->first) * slope;
	found->last = at - 1;
	error = interval_insert(map, &rest);
	if (error) {
		found = interval_find(map, 0, at - 1, &place);
		found->last = rest.last;
	}
	return error;
}
