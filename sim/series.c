/* SPDX-License-Identifier: Apache-2.0 */
#include "series.h"

#include <string.h>

static void widen(struct series *series)
{
	uint64_t(*slice)[SERIES_COUNTS] = series->slice;

	for (unsigned i = 0; i < SERIES_SLICES / 2; i++)
		for (unsigned n = 0; n < SERIES_COUNTS; n++)
			slice[i][n] = slice[2 * i][n] + slice[2 * i + 1][n];
	memset(slice[SERIES_SLICES / 2], 0, sizeof(series->slice) / 2);
	series->width_lg2++;
	series->used = (series->used + 1) / 2;
}

uint64_t *series_at(struct series *series, uint64_t time_ps)
{
	uint64_t time_ns = time_ps / 1000;

	while (time_ns >> series->width_lg2 >= SERIES_SLICES)
		widen(series);
	time_ns >>= series->width_lg2;
	if (time_ns >= series->used)
		series->used = (unsigned)time_ns + 1;
	return series->slice[time_ns];
}
