/* SPDX-License-Identifier: Apache-2.0 */
/* Times of the model of events as tables for people. */
#include "result.h"
#include "table.h"

static uint64_t clipped(unsigned __int128 value)
{
	return value > UINT64_MAX ? UINT64_MAX : (uint64_t)value;
}

static void latency_line(const char *name, const struct latency *l, FILE *stream)
{
	if (!l->total)
		return;
	fprintf(stream, "  %-22s %12s %10s %10s %10s %10s %10s %12s\n", name, thousands(l->total).s,
		tenths(l->least, 1000).s, tenths(latency_mean(l), 1000).s,
		tenths(latency_percentile(l, 500000), 1000).s,
		tenths(latency_percentile(l, 990000), 1000).s,
		tenths(latency_percentile(l, 999000), 1000).s, tenths(l->greatest, 1000).s);
}

static void print_latencies(const struct timing_stats *stats, FILE *stream)
{
	static const char *const names[TIMING_LATENCIES] = {
		[TIMING_OF_TRANSLATION] = "requests",
		[TIMING_OF_ATS] = "translation requests",
		[TIMING_OF_PAGE_REQUEST] = "page requests",
		[TIMING_OF_INVALIDATION] = "invalidations",
		[TIMING_OF_MAP] = "maps",
		[TIMING_OF_UNMAP] = "unmaps",
	};

	fprintf(stream, "\n%-24s %12s %10s %10s %10s %10s %10s %12s\n", "Latency, simulated (ns)",
		"count", "least", "mean", "median", "99 %", "99.9 %", "most");
	for (unsigned i = 0; i < TIMING_LATENCIES; i++)
		latency_line(names[i], &stats->latency[i], stream);
}

struct share {
	const char *name;
	enum timing_part part;
};

/* Shares of one sum: `shares` ends with no name. */
static void print_shares(const char *heading, const struct timing_stats *stats,
			 const struct share *shares, FILE *stream)
{
	unsigned __int128 sum = 0;

	for (const struct share *s = shares; s->name; s++)
		sum += stats->part[s->part];
	if (!sum)
		return;
	fprintf(stream, "\n%-48s %18s %9s\n", heading, "time (us)", "share (%)");
	for (const struct share *s = shares; s->name; s++)
		if (stats->part[s->part])
			fprintf(stream, "  %-46s %18s %9s\n", s->name,
				tenths(clipped(stats->part[s->part]), 1000000).s,
				percent(clipped(stats->part[s->part]), clipped(sum)).s);
}

static void print_parts(const struct timing_stats *stats, FILE *stream)
{
	static const struct share requests[] = {
		{"until it may enter", TIMING_ENTRY},
		{"look-ups", TIMING_CACHE},
		{"waiting for a walker", TIMING_WALKER},
		{"waiting for an invalidation", TIMING_BLOCKED},
		{"walks", TIMING_MEMORY},
		{"waiting for another's walk of the page", TIMING_MERGE},
		{"waiting for earlier requests", TIMING_ORDER},
		{"beside the unit", TIMING_BASE},
		{"round trips of translation requests", TIMING_ATS},
		{NULL, TIMING_ENTRY},
	};
	static const struct share invalidations[] = {
		{"commands", TIMING_COMMAND},
		{"waiting for requests", TIMING_DRAIN},
		{"waiting for devices", TIMING_ATC},
		{"until the processor sees the end", TIMING_WAIT},
		{NULL, TIMING_ENTRY},
	};

	print_shares("Where requests spend it, summed", stats, requests, stream);
	print_shares("Where invalidations spend it, summed", stats, invalidations, stream);
}

void result_print_events(const struct result *result, FILE *stream)
{
	const struct timing_stats *stats = timing_stats(result->time->timing);
	const struct timing_config *config = timing_config(result->time->timing);
	uint64_t rate = 0;

	if (stats->end_ps)
		rate = clipped((unsigned __int128)stats->requests * 1000000000000u / stats->end_ps);
	print_latencies(stats, stream);
	print_parts(stats, stream);
	fprintf(stream, "\n%-48s %18s\n", "Time, simulated", "");
	fprintf(stream, "  %-46s %18s\n", "until the last end (us)",
		tenths(stats->end_ps, 1000000).s);
	fprintf(stream, "  %-46s %18s\n", "requests a second", thousands(rate).s);
	fprintf(stream, "  %-46s %18s\n", "walks", thousands(stats->walks).s);
	fprintf(stream, "  %-46s %18s\n", "walks that waited for a walker",
		thousands(stats->walks_held).s);
	fprintf(stream, "  %-46s %18s\n", "requests merged with another's walk",
		thousands(stats->merged).s);
	fprintf(stream, "  %-46s %18s\n", "hits on an entry still being walked for",
		thousands(stats->hits_held).s);
	fprintf(stream, "  %-46s %18s\n", "walkers busy (%)",
		percent(clipped(stats->walker_ps / config->walkers), stats->end_ps).s);
	if (config->lines.entries)
		fprintf(stream, "  %-46s %18s\n", "references that missed the memory cache",
			thousands(stats->line_misses).s);
}
