/* SPDX-License-Identifier: Apache-2.0 */
/* The profile as tables for people. */
#include "result.h"
#include "table.h"

/* Entries, as logarithms, of the columns. */
static const unsigned sizes_lg2[] = {2, 4, 6, 8, 10, 12};
#define SIZES (sizeof(sizes_lg2) / sizeof(sizes_lg2[0]))

static bool is_on(const struct result *result, unsigned cache)
{
	return result->machine->arch->cache[cache].present &&
	       result->machine->unit.cache[cache].entries;
}

static void print_classes(const struct result *result, FILE *stream)
{
	fprintf(stream, "\n%-24s %12s %12s %12s %12s %12s %12s\n", "Misses by reason", "cold",
		"capacity", "conflict", "invalidated", "not filed", "insufficient");
	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		const uint64_t *c = result->profile[i].classes;

		if (is_on(result, i))
			fprintf(stream, "  %-22s %12s %12s %12s %12s %12s %12s\n",
				ioasim_cache_name(i), thousands(c[PROFILE_COLD]).s,
				thousands(c[PROFILE_CAPACITY]).s, thousands(c[PROFILE_CONFLICT]).s,
				thousands(c[PROFILE_INVALIDATION]).s,
				thousands(c[PROFILE_UNFILLED]).s,
				thousands(c[PROFILE_INSUFFICIENT]).s);
	}
}

static void print_sizes(const struct result *result, FILE *stream)
{
	fprintf(stream, "\n%-24s", "Misses if (full, LRU)");
	for (unsigned n = 0; n < SIZES; n++)
		fprintf(stream, " %12s", thousands(UINT64_C(1) << sizes_lg2[n]).s);
	fprintf(stream, " entries\n");
	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		if (!is_on(result, i))
			continue;
		fprintf(stream, "  %-22s", ioasim_cache_name(i));
		for (unsigned n = 0; n < SIZES; n++)
			fprintf(stream, " %12s",
				thousands(profile_misses(&result->profile[i], sizes_lg2[n])).s);
		fputc('\n', stream);
	}
}

static void print_working_sets(const struct result *result, FILE *stream)
{
	fprintf(stream, "\n%-24s %12s", "Entries in use (most)", "in all");
	for (unsigned n = 0; n < PROFILE_WINDOWS; n++)
		fprintf(stream, " %12s", thousands(profile_window_requests[n]).s);
	fprintf(stream, " requests\n");
	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		const struct profile_result *profile = &result->profile[i];

		if (!is_on(result, i))
			continue;
		fprintf(stream, "  %-22s %12s", ioasim_cache_name(i), thousands(profile->tags).s);
		for (unsigned n = 0; n < PROFILE_WINDOWS; n++)
			fprintf(stream, " %12s", thousands(profile->window[n].max).s);
		fputc('\n', stream);
	}
}

void result_print_profile(const struct result *result, FILE *stream)
{
	print_classes(result, stream);
	print_sizes(result, stream);
	print_working_sets(result, stream);
}
