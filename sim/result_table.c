/* SPDX-License-Identifier: Apache-2.0 */
/* A result as tables for people: units in the headings, what costs most first. */
#include "result.h"

#include "table.h"

#include <inttypes.h>
#include <ioasim/version.h>
#include <stdlib.h>
#include <string.h>

/* Broken rules that the table lists; the JSON has more. */
#define TABLE_VIOLATIONS 8

static struct text page_size(unsigned size_lg2)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	struct text text = {"any size"};

	if (size_lg2 < 64)
		snprintf(text.s, sizeof(text.s), "%u %s", 1u << size_lg2 % 10,
			 units[size_lg2 / 10]);
	return text;
}

/* ---- Traffic -------------------------------------------------------------------- */

static void traffic_line(const char *name, const struct result_requester *r, FILE *stream)
{
	fprintf(stream, "  %-22s %14s %14s %10s %12s %14s %14s\n", name, thousands(r->count).s,
		thousands(r->ok).s, thousands(r->faulted).s, tenths(r->bytes, 1 << 20).s,
		thousands(r->iotlb_misses).s, thousands(r->references).s);
}

static int by_references(const void *a, const void *b)
{
	const struct result_requester *const *x = a, *const *y = b;

	if ((*x)->references != (*y)->references)
		return (*x)->references > (*y)->references ? -1 : 1;
	return (*x)->rid < (*y)->rid ? -1 : (*x)->rid > (*y)->rid;
}

static void print_traffic(const struct result *result, FILE *stream)
{
	struct result_requester total = result_total(result);
	const struct result_requester **order = calloc(result->requesters + 1, sizeof(*order));
	const size_t longest = 20;
	char name[24];

	fprintf(stream, "\n%-24s %14s %14s %10s %12s %14s %14s\n", "DMA", "requests", "answered",
		"faulted", "data (MiB)", "IOTLB misses", "references");
	traffic_line("all requesters", &total, stream);
	for (size_t i = 0; order && i < result->requesters; i++)
		order[i] = &result->requester[i];
	if (order && result->requesters > 1)
		qsort(order, result->requesters, sizeof(*order), by_references);
	for (size_t i = 0; order && i < result->requesters && i < longest; i++) {
		snprintf(name, sizeof(name), "0x%x", order[i]->rid);
		traffic_line(name, order[i], stream);
	}
	if (result->requesters > longest)
		fprintf(stream, "  and %zu more requesters\n", result->requesters - longest);
	free(order);
	for (unsigned i = 0; i < RESULT_SIZES; i++)
		if (result->sizes[i])
			fprintf(stream, "  in pages of %-10s %14s %14s %10s %12s %14s %14s\n",
				page_size(i).s, "", thousands(result->sizes[i]).s, "", "",
				thousands(result->size_misses[i]).s,
				thousands(result->size_references[i]).s);
	if (result->ats_requests)
		fprintf(stream, "  %-22s %14s %14s\n", "translation requests",
			thousands(result->ats_requests).s, thousands(result->ats_answered).s);
}

/* ---- Time ------------------------------------------------------------------------- */

struct part {
	char name[48];
	uint64_t count, each_ps;
};

#define PARTS (IOASIM_REF_KINDS + IOASIM_COMMAND_TYPES)

static uint64_t part_time(const struct part *part)
{
	uint64_t time;

	return __builtin_mul_overflow(part->count, part->each_ps, &time) ? UINT64_MAX : time / 1000;
}

static int by_time(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (part_time(x) != part_time(y))
		return part_time(x) > part_time(y) ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void add_part(struct part *part, size_t *parts, const char *sort, const char *name,
		     uint64_t count)
{
	if (!count)
		return;
	snprintf(part[*parts].name, sizeof(part->name), "%s %s", sort, name);
	part[*parts].count = count;
	++*parts;
}

static size_t collect(const struct result *result, struct part part[PARTS])
{
	size_t parts = 0, walks;

	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++)
		add_part(part, &parts, "read", ioasim_reference_name(kind),
			 result_references(result, kind));
	walks = parts;
	for (unsigned type = 0; type < IOASIM_COMMAND_TYPES; type++) {
		const char *name = ioasim_command_name(result->machine->arch->name, type);

		add_part(part, &parts, "command", name ? name : "of another type",
			 result->counters.commands[type]);
	}
	for (size_t i = 0; i < parts; i++)
		part[i].each_ps = i < walks ? result->machine->timing.events.reference_ps
					    : result->machine->timing.command_ps;
	qsort(part, parts, sizeof(*part), by_time);
	return parts;
}

static void print_time(const struct result *result, FILE *stream)
{
	struct result_time time = result_time(result);
	struct part part[PARTS];
	size_t parts = collect(result, part);

	fprintf(stream, "\n%-40s %14s %14s %9s\n", "Cost, simulated, one after the other", "count",
		"time (us)", "share (%)");
	fprintf(stream, "  %-38s %14s %14s %9s\n", "walks", "", tenths(time.walk_ns, 1000).s,
		percent(time.walk_ns, time.total_ns).s);
	fprintf(stream, "  %-38s %14s %14s %9s\n", "invalidations", "",
		tenths(time.invalidate_ns, 1000).s, percent(time.invalidate_ns, time.total_ns).s);
	for (size_t i = 0; i < parts; i++)
		fprintf(stream, "    %-36s %14s %14s %9s\n", part[i].name,
			thousands(part[i].count).s, tenths(part_time(&part[i]), 1000).s,
			percent(part_time(&part[i]), time.total_ns).s);
	fprintf(stream, "  a reference %s ns, a command %s ns\n",
		nanoseconds(result->machine->timing.events.reference_ps).s,
		nanoseconds(result->machine->timing.command_ps).s);
}

/* ---- Commands ---------------------------------------------------------------------- */

static void print_commands(const struct result *result, FILE *stream)
{
	const struct ioasim_counters *c = &result->counters;
	bool heading = false;

	for (unsigned type = 0; type < IOASIM_COMMAND_TYPES; type++) {
		const char *name = ioasim_command_name(result->machine->arch->name, type);
		const struct ioasim_command_removal *r = &c->removed[type];

		if (!c->commands[type])
			continue;
		if (!heading)
			fprintf(stream, "\n%-24s %14s %16s %16s %16s %14s\n", "Commands", "count",
				"entries removed", "a command (mean)", "a command (most)",
				"removed none");
		heading = true;
		fprintf(stream, "  %-22s %14s %16s %16s %16s %14s\n",
			name ? name : "of another type", thousands(c->commands[type]).s,
			thousands(r->entries).s, tenths(r->entries, c->commands[type]).s,
			thousands(r->max).s, thousands(r->none).s);
	}
	if (c->removed_otherwise)
		fprintf(stream, "  %-22s %14s %16s\n", "no command", "",
			thousands(c->removed_otherwise).s);
}

/* What each counts stands beside it, since no two machines count alike. */
static void print_counters(const struct result *result, FILE *stream)
{
	if (!result->tell_counters)
		return;
	fprintf(stream, "\n%-24s %14s  %s\n", "Counters of the machine", "count",
		"what is counted");
	for (size_t i = 0; i < result->perfs; i++)
		fprintf(stream, "  %-22s %14s  %s\n", result->perf[i].name,
			thousands(result->perf[i].value).s, result->perf[i].about);
}

/* ---- Caches ------------------------------------------------------------------------ */

static void print_caches(const struct result *result, FILE *stream)
{
	char name[40];

	fprintf(stream, "\n%-24s %14s %14s %12s %9s %12s %12s %12s\n", "Cache (entries)",
		"look-ups", "hits", "misses", "miss (%)", "fills", "evictions", "invalidated");
	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		const struct ioasim_cache_counters *c = &result->counters.cache[i];
		uint32_t entries = result->machine->unit.cache[i].entries;

		if (!result->machine->arch->cache[i].present)
			continue;
		if (entries)
			snprintf(name, sizeof(name), "%s (%s)", ioasim_cache_name(i),
				 thousands(entries).s);
		else
			snprintf(name, sizeof(name), "%s (off)", ioasim_cache_name(i));
		fprintf(stream, "  %-22s %14s %14s %12s %9s %12s %12s %12s\n", name,
			thousands(c->lookups).s, thousands(c->hits).s, thousands(c->misses).s,
			percent(c->misses, c->lookups).s, thousands(c->fills).s,
			thousands(c->evictions).s, thousands(c->invalidated).s);
	}
}

/* ---- What was compared --------------------------------------------------------------- */

static void match_line(const char *name, const struct result_match *match, FILE *stream)
{
	fprintf(stream, "  %-22s %14s %14s %12s\n", name, thousands(match->compared).s,
		thousands(match->matched).s, thousands(match->mismatched).s);
}

static void note(const char *text, uint64_t count, FILE *stream)
{
	if (count)
		fprintf(stream, "  %s %s\n", thousands(count).s, text);
}

static void print_recorded(const struct result *result, FILE *stream)
{
	if (!result->checked) {
		fprintf(stream, "\nNothing was compared with the record.\n");
		return;
	}
	fprintf(stream, "\n%-24s %14s %14s %12s\n", "Compared with the record", "compared",
		"matched", "mismatched");
	match_line("answers", &result->recorded, stream);
	if (result->level == TRACE_LEVEL_UNIT) {
		match_line("commands", &result->commands, stream);
		match_line("stores", &result->stores, stream);
		match_line("faults", &result->faults, stream);
	}
	note("stale answers reproduced: the recorded driver forgot to invalidate",
	     result->staleness[RESULT_REPRODUCED], stream);
	note("stale answers not reproduced, neither matched nor mismatched: no entry was left",
	     result->staleness[RESULT_NOT_REPRODUCED], stream);
	note("stale answers where the recorder had lost the entry; the walk matches",
	     result->staleness[RESULT_BEYOND_RECORD], stream);
	note("answers between a lazy unmap and its flush, neither matched nor mismatched",
	     result->stale_window, stream);
	note("faults of another reason than the record has, known of its recorder",
	     result->faults_other_reason, stream);
	note("faults of writes that the recorder refused silently", result->faults_unrecorded,
	     stream);
	note("faults where a stale answer was recorded", result->faults_of_stale, stream);
	note("stores that the recorder wrote incompletely, not compared", result->stores_skipped,
	     stream);
	note("register writes refused", result->register_refused, stream);
	note("calls that the driver refused", result->driver_refused, stream);
	note("maps and accesses moved out of addresses that this architecture reserves",
	     result->driver_relocated, stream);
}

static void print_faults(const struct result *result, FILE *stream)
{
	bool heading = false;

	for (unsigned code = 0; code < IOASIM_FAULT_CODES; code++) {
		const char *name = ioasim_fault_name(result->machine->arch->name, code);

		if (!result->counters.faults[code])
			continue;
		if (!heading)
			fprintf(stream, "\n%-24s %14s\n", "Faults", "count");
		heading = true;
		fprintf(stream, "  0x%-4x %-15s %14s\n", code, name ? name : "",
			thousands(result->counters.faults[code]).s);
	}
}

static void window_line(const char *name, const struct histogram *h, uint64_t unit, FILE *stream)
{
	uint64_t whole = h->count ? h->count : 1;

	fprintf(stream, "  %-22s %14s %14s %14s\n", name, thousands(h->count).s,
		tenths(h->total / unit, whole).s, tenths(h->max, unit).s);
}

static void print_windows(const struct result *result, FILE *stream)
{
	fprintf(stream, "\n%-24s %14s %14s %14s\n", "Unmap until invalidated", "windows", "mean",
		"longest, most");
	window_line("time (us)", &result->windows.length, 1000, stream);
	window_line("accesses", &result->windows.accesses, 1, stream);
	note("windows were still open at the end of the trace", result->windows.open, stream);
}

static void print_driver(const struct result *result, FILE *stream)
{
	const struct driver_stats *s = &result->driver;

	if (result->level != TRACE_LEVEL_DRIVER)
		return;
	fprintf(stream, "\n%-24s %14s %14s %14s %14s\n", "Driver", "maps", "unmaps", "tables made",
		"tables freed");
	fprintf(stream, "  %-22s %14s %14s %14s %14s\n",
		result->machine->driver.policy == DRIVER_LAZY ? "lazy" : "strict",
		thousands(s->maps).s, thousands(s->unmaps).s, thousands(s->tables_made).s,
		thousands(s->tables_freed).s);
	print_windows(result, stream);
}

static void print_rules(const struct result *result, FILE *stream)
{
	const struct rules_result *rules = &result->rules;

	if (result->level != TRACE_LEVEL_DRIVER || !result->checked)
		return;
	fprintf(stream, "\n%-24s %14s accesses, %s broken\n", "Security rules",
		thousands(rules->checked).s, thousands(rules_broken(rules)).s);
	for (unsigned rule = 0; rule < RULES; rule++)
		if (rules->broken[rule])
			fprintf(stream, "  S%-22u %14s\n", rule, thousands(rules->broken[rule]).s);
	for (size_t i = 0; i < rules->violations && i < TABLE_VIOLATIONS; i++) {
		const struct rules_violation *v = &rules->violation[i];

		fprintf(stream,
			"  record %" PRIu64 ": S%u, requester 0x%" PRIx32 ", address 0x%" PRIx64
			" reached page 0x%" PRIx64,
			v->record, v->rule, v->rid, v->address, v->page);
		if (v->since)
			fprintf(stream, ", wrong since record %" PRIu64, v->since);
		fputc('\n', stream);
	}
	note("not judged: too much was unmapped lazily at once", rules->unjudged, stream);
	note("pages that were used after their lazy unmap", rules->windows.count, stream);
	note("accesses in these windows", rules->windows.accesses, stream);
	note("ns from an unmap to its last use, at most", rules->windows.longest_ns, stream);
}

void result_print_table(const struct result *result, FILE *stream)
{
	fprintf(stream, "%s: %s records, %s%s%s level on %s, ioasim %s\n", result->file,
		thousands(result->records).s, result->arch, result->arch[0] ? ", " : "",
		result->level == TRACE_LEVEL_UNIT ? "unit" : "driver", result->machine->arch->title,
		ioasim_version());
	print_traffic(result, stream);
	if (result->time)
		result_print_events(result, stream);
	else
		print_time(result, stream);
	print_caches(result, stream);
	if (result->profiled)
		result_print_profile(result, stream);
	print_commands(result, stream);
	print_faults(result, stream);
	print_driver(result, stream);
	print_recorded(result, stream);
	print_rules(result, stream);
	print_counters(result, stream);
}
