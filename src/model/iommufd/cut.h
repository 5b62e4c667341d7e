/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_IOMMUFD_CUT_H
#define MODEL_IOMMUFD_CUT_H

#include "model/interval.h"

/* An interval of space 0 ends in front of `at`, and one begins there, if one holds it.
 * `slope`: how much its value grows for each number. -ENOMEM. */
int interval_cut(struct interval_map *map, uint64_t at, uint64_t slope);

#endif
