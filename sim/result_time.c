/* SPDX-License-Identifier: Apache-2.0 */
/* What a result says of time, as JSON: of the serial model, and of that of events. */
#include "result_json.h"

/* Picoseconds as nanoseconds; sums that do not fit 64 bits stay at the largest number. */
static void put_ns(struct building *b, json_t *object, const char *key, unsigned __int128 ps)
{
	put_ratio(b, object, key, ps > UINT64_MAX ? UINT64_MAX : (uint64_t)ps, 1000);
}

static json_t *latency_object(struct building *b, const struct latency *latency)
{
	static const struct {
		const char *key;
		uint64_t millionths;
	} parts[] = {
		{"p50_ns", 500000},
		{"p90_ns", 900000},
		{"p99_ns", 990000},
		{"p999_ns", 999000},
	};
	json_t *object = json_object(), *list = json_array();
	uint64_t below, count;
	unsigned bucket = 0;

	put_count(b, object, "count", latency->total);
	put_ns(b, object, "min_ns", latency->least);
	put_ns(b, object, "mean_ns", latency_mean(latency));
	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		put_ns(b, object, parts[i].key, latency_percentile(latency, parts[i].millionths));
	put_ns(b, object, "max_ns", latency->greatest);
	while ((count = latency_step(latency, &bucket, &below))) {
		json_t *step = json_object();

		put_ns(b, step, "below_ns", below);
		put_count(b, step, "count", count);
		put_append(b, list, step);
	}
	put(b, object, "histogram", list);
	put_ns(b, object, "total_ns", latency->sum);
	return object;
}

static json_t *latencies_object(struct building *b, const struct timing_stats *stats)
{
	static const char *const keys[TIMING_LATENCIES] = {
		[TIMING_OF_TRANSLATION] = "translation",
		[TIMING_OF_ATS] = "ats",
		[TIMING_OF_PAGE_REQUEST] = "page_request",
		[TIMING_OF_INVALIDATION] = "invalidation",
		[TIMING_OF_MAP] = "map",
		[TIMING_OF_UNMAP] = "unmap",
	};
	json_t *object = json_object();

	for (unsigned i = 0; i < TIMING_LATENCIES; i++)
		if (i < TIMING_OF_MAP || stats->latency[i].total)
			put(b, object, keys[i], latency_object(b, &stats->latency[i]));
	return object;
}

static json_t *parts_object(struct building *b, const struct timing_stats *stats)
{
	static const struct {
		const char *key;
		enum timing_part part;
	} rows[] = {
		{"cache_ns", TIMING_CACHE},
		{"memory_ns", TIMING_MEMORY},
		{"walker_wait_ns", TIMING_WALKER},
		{"command_ns", TIMING_COMMAND},
		{"wait_ns", TIMING_WAIT},
		{"drain_ns", TIMING_DRAIN},
		{"ats_ns", TIMING_ATS},
		{"entry_ns", TIMING_ENTRY},
		{"blocked_ns", TIMING_BLOCKED},
		{"merge_ns", TIMING_MERGE},
		{"order_ns", TIMING_ORDER},
		{"base_ns", TIMING_BASE},
		{"atc_ns", TIMING_ATC},
		{"page_request_ns", TIMING_PAGE_REQUEST},
		{"software_ns", TIMING_SOFTWARE},
	};
	json_t *object = json_object();

	_Static_assert(sizeof(rows) / sizeof(rows[0]) == TIMING_PARTS, "all parts");
	for (unsigned i = 0; i < TIMING_PARTS; i++)
		put_ns(b, object, rows[i].key, stats->part[rows[i].part]);
	return object;
}

/* Six digits behind the point: a trace of a second with a thousand requests has a rate. */
static json_t *requests_object(struct building *b, const struct timing_stats *stats)
{
	json_t *object = json_object();
	unsigned __int128 per_second = 0;

	if (stats->end_ps)
		per_second =
			((unsigned __int128)stats->requests * 1000000000000u + stats->end_ps / 2) /
			stats->end_ps;
	put_count(b, object, "count", stats->requests);
	put(b, object, "throughput_mps", json_real((double)(uint64_t)per_second / 1e6));
	return object;
}

static json_t *walkers_object(struct building *b, const struct result *result)
{
	const struct timing_stats *stats = timing_stats(result->time->timing);
	json_t *object = json_object();

	put_count(b, object, "count", result->machine->timing.events.walkers);
	put_count(b, object, "walks", stats->walks);
	put_count(b, object, "merged", stats->merged);
	put_ns(b, object, "busy_ns", stats->walker_ps);
	put_count(b, object, "waited", stats->walks_held);
	put_count(b, object, "hits_waited", stats->hits_held);
	return object;
}

static json_t *memory_object(struct building *b, const struct timing_stats *stats)
{
	json_t *object = json_object();

	put_count(b, object, "references", stats->references);
	put_count(b, object, "cache_hits", stats->line_hits);
	put_count(b, object, "cache_misses", stats->line_misses);
	put_count(b, object, "references_saved", stats->references_saved);
	return object;
}

static json_t *series_list(struct building *b, const struct series *series)
{
	static const char *const keys[SERIES_COUNTS] = {
		[SERIES_REQUESTS] = "requests",     [SERIES_IOTLB_MISSES] = "iotlb_misses",
		[SERIES_REFERENCES] = "references", [SERIES_COMMANDS] = "commands",
		[SERIES_REMOVED] = "removed",       [SERIES_STALE_ACCESSES] = "stale_accesses",
	};
	json_t *list = json_array();

	for (unsigned i = 0; i < series->used; i++) {
		json_t *slice = json_object();

		put_count(b, slice, "start_ns", (uint64_t)i << series->width_lg2);
		for (unsigned n = 0; n < SERIES_COUNTS; n++)
			put_count(b, slice, keys[n], series->slice[i][n]);
		put_append(b, list, slice);
	}
	return list;
}

static json_t *events_object(struct building *b, const struct result *result)
{
	const struct timing_stats *stats = timing_stats(result->time->timing);
	json_t *object = json_object();

	put_text(b, object, "model", "events");
	put_ns(b, object, "walk_ns", stats->walker_ps);
	put_ns(b, object, "invalidate_ns", stats->latency[TIMING_OF_INVALIDATION].sum);
	put_ns(b, object, "total_ns", stats->end_ps);
	put(b, object, "requests", requests_object(b, stats));
	put(b, object, "latency", latencies_object(b, stats));
	put(b, object, "by_part", parts_object(b, stats));
	put(b, object, "walkers", walkers_object(b, result));
	put(b, object, "memory", memory_object(b, stats));
	put(b, object, "series", series_list(b, &result->time->series));
	put_count(b, object, "slice_ns", UINT64_C(1) << result->time->series.width_lg2);
	return object;
}

json_t *result_time_object(struct building *b, const struct result *result)
{
	struct result_time time;
	json_t *object;

	if (result->time)
		return events_object(b, result);
	time = result_time(result);
	object = json_object();
	put_count(b, object, "walk_ns", time.walk_ns);
	put_count(b, object, "invalidate_ns", time.invalidate_ns);
	put_count(b, object, "total_ns", time.total_ns);
	put_text(b, object, "model", "serial");
	return object;
}
