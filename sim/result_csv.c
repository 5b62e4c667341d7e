/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A result as CSV: a heading and one line. The columns are the same for every
 * trace, machine and architecture, so that results can be put below each other; a
 * column that an architecture has no value for is empty. Names are the paths of the
 * JSON result.
 */
#include "result.h"

#include <inttypes.h>
#include <string.h>

static const char *const columns[] = {
	"version",
	"trace.file",
	"trace.records",
	"trace.arch",
	"trace.level",
	"machine.arch",
	"dma.count",
	"dma.ok",
	"dma.faulted",
	"dma.bytes",
	"references.total",
	"references.by_kind.device_table",
	"references.by_kind.pasid_table",
	"references.by_kind.stage1",
	"references.by_kind.stage2",
	"references.by_kind.stage2_for_stage1",
	"references.by_kind.stage2_for_pasid_table",
	"references.flag_updates",
	"commands.total",
	"commands.waits",
	"time.walk_ns",
	"time.invalidate_ns",
	"time.total_ns",
	"recorded.compared",
	"recorded.matched",
	"recorded.mismatched",
	"recorded.stale.reproduced",
	"recorded.stale.not_reproduced",
	"rules.checked",
	"recorded.commands.compared",
	"recorded.commands.mismatched",
	"recorded.stores.compared",
	"recorded.stores.mismatched",
	"recorded.faults.compared",
	"recorded.faults.mismatched",
	"recorded.stale.beyond_record",
};
static const char *const cache_columns[] = {
	"lookups", "hits", "misses", "fills", "evictions", "invalidated",
};

/* Behind those of the caches, as they came later. */
static const char *const later_columns[] = {
	"driver.calls",
	"driver.refused",
	"driver.relocated",
	"rules.unjudged",
	"rules.stale_window.count",
	"rules.stale_window.accesses",
	"rules.stale_window.longest_ns",
	"rules.stale_window.total_ns",
	"references.by_stage.tables_of_devices",
	"references.by_stage.stage1",
	"references.by_stage.stage2",
	"commands.removed_otherwise",
	"driver.windows.count",
	"driver.windows.open",
	"driver.windows.length.mean_ns",
	"driver.windows.length.max_ns",
	"driver.windows.length.total_ns",
	"driver.windows.accesses.mean",
	"driver.windows.accesses.max",
	"driver.windows.accesses.total",
	"time.model",
	"time.requests.throughput_mps",
	"time.latency.translation.mean_ns",
	"time.latency.translation.p50_ns",
	"time.latency.translation.p99_ns",
	"time.latency.translation.max_ns",
	"time.latency.invalidation.mean_ns",
	"time.latency.map.mean_ns",
	"time.latency.unmap.mean_ns",
	"time.latency.unmap.p99_ns",
	"time.by_part.cache_ns",
	"time.by_part.memory_ns",
	"time.by_part.walker_wait_ns",
	"time.by_part.merge_ns",
	"time.by_part.order_ns",
	"time.walkers.walks",
	"time.walkers.merged",
	"time.walkers.busy_ns",
};

/* Behind them, those of the profile, which is there with --profile. */
static const char *const profile_columns[] = {
	"classes.cold",     "classes.capacity",     "classes.conflict", "classes.invalidation",
	"classes.unfilled", "classes.insufficient", "working_set.tags",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const json_t *value_at(const json_t *json, const char *path)
{
	char part[64];
	size_t length;

	for (; json && *path; path += length + (path[length] == '.')) {
		length = strcspn(path, ".");
		snprintf(part, sizeof(part), "%.*s", (int)length, path);
		json = json_object_get(json, part);
	}
	return json;
}

/* Text is quoted where it has to be, quotes doubled (RFC 4180). */
static void print_text(const char *text, FILE *stream)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		fputs(text, stream);
		return;
	}
	fputc('"', stream);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', stream);
		fputc(*text, stream);
	}
	fputc('"', stream);
}

static void print_value(const json_t *value, FILE *stream)
{
	if (json_is_string(value))
		print_text(json_string_value(value), stream);
	else if (json_is_integer(value))
		fprintf(stream, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		(void)json_dumpf(value, stream, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	else if (json_is_real(value))
		fprintf(stream, "%.15g", json_real_value(value));
}

static void print_column(const json_t *json, const char *path, bool heading, FILE *stream)
{
	if (heading)
		fputs(path, stream);
	else
		print_value(value_at(json, path), stream);
}

int result_print_csv(const json_t *json, FILE *stream)
{
	char path[64];

	for (unsigned line = 0; line < 2; line++) {
		for (size_t i = 0; i < COUNT(columns); i++) {
			fputs(i ? "," : "", stream);
			print_column(json, columns[i], line == 0, stream);
		}
		for (size_t i = 0; i < IOASIM_CACHES * COUNT(cache_columns); i++) {
			snprintf(path, sizeof(path), "caches.%s.%s",
				 ioasim_cache_name((unsigned)(i / COUNT(cache_columns))),
				 cache_columns[i % COUNT(cache_columns)]);
			fputc(',', stream);
			print_column(json, path, line == 0, stream);
		}
		for (size_t i = 0; i < COUNT(later_columns); i++) {
			fputc(',', stream);
			print_column(json, later_columns[i], line == 0, stream);
		}
		for (size_t i = 0; i < IOASIM_CACHES * COUNT(profile_columns); i++) {
			snprintf(path, sizeof(path), "profile.caches.%s.%s",
				 ioasim_cache_name((unsigned)(i / COUNT(profile_columns))),
				 profile_columns[i % COUNT(profile_columns)]);
			fputc(',', stream);
			print_column(json, path, line == 0, stream);
		}
		fputc('\n', stream);
	}
	return 0;
}
