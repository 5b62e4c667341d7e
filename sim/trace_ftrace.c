/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux's ftrace text with the events iommu:map and iommu:unmap as a trace reader:
 *
 *	  TASK-PID  [CPU] FLAGS  SECONDS: map: IOMMU: iova=FIRST - END paddr=PA size=BYTES
 *	  TASK-PID  [CPU] FLAGS  SECONDS: unmap: IOMMU: iova=FIRST - END size=BYTES
 *							unmapped_size=BYTES
 *
 * The events do not name the domain, nor the rights. Domains are anonymous then. A
 * map goes to the first one in which its range is free. An unmap goes to the first
 * one with a map of exactly its range, else to the one that holds most of it from its
 * beginning on, and what is left of it likewise. So a map never meets another and an
 * unmap finds its maps; a domain of the trace need not be one of the machine. Rights
 * are read and write.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/interval.h"
#include "trace_reader.h"
#include "trace_scan.h"
#include "trace_time.h"

/* Domains that a log can need: as many as use one address at a time. */
#define DOMAINS_MAX 1024

struct ftrace {
	struct log_clock clock;
	struct interval_map maps; /* by domain, from 1 */
	uint32_t domains;
};

static struct trace_record *add(struct trace_reader *reader, enum trace_kind kind, uint32_t domain)
{
	const struct ftrace *log = reader->state;
	struct trace_record *record = trace_reader_add(reader, log->clock.now_ns);

	if (!record)
		return NULL;
	record->kind = (uint8_t)kind;
	record->domain = domain;
	return record;
}

/* 0: unused line (too many domains), else the domain, made if need be. */
static uint32_t free_domain(struct trace_reader *reader, uint64_t first, uint64_t last)
{
	struct ftrace *log = reader->state;

	for (uint32_t domain = 1; domain <= log->domains; domain++)
		if (interval_is_free(&log->maps, domain, first, last))
			return domain;
	if (log->domains == DOMAINS_MAX || !add(reader, TRACE_DOMAIN, log->domains + 1))
		return 0;
	return ++log->domains;
}

#define UNUSED 1

static int use_map(struct trace_reader *reader, const uint64_t v[SCAN_VALUES])
{
	struct ftrace *log = reader->state;
	struct interval map = {.first = v[0],
			       .last = v[1] - 1,
			       .value = v[2],
			       .access = IOASIM_READ | IOASIM_WRITE};
	struct trace_record *record;

	if (v[3] == 0 || v[1] - v[0] != v[3] || v[1] <= v[0])
		return UNUSED;
	map.space = free_domain(reader, map.first, map.last);
	if (map.space == 0)
		return UNUSED;
	record = add(reader, TRACE_MAP, (uint32_t)map.space);
	if (!record)
		return -ENOMEM;
	record->address = v[0];
	record->value = v[2];
	record->length = v[3];
	record->access = map.access;
	return interval_insert(&log->maps, &map);
}

/* How far from `first` on all is mapped, at most to `last`; false: not at all. */
static bool covered(const struct ftrace *log, uint32_t domain, uint64_t first, uint64_t last,
		    uint64_t *end)
{
	struct interval_place place;
	const struct interval *interval = interval_find(&log->maps, domain, first, &place);

	if (!interval || interval->first > first)
		return false;
	*end = interval->last;
	while (*end < last && (interval = interval_next(&log->maps, &place)) &&
	       interval->first == *end + 1)
		*end = interval->last;
	if (*end > last)
		*end = last;
	return true;
}

static bool holds_exactly(const struct ftrace *log, uint32_t domain, uint64_t first, uint64_t last)
{
	struct interval_place place;
	const struct interval *interval = interval_find(&log->maps, domain, first, &place);

	return interval && interval->first == first && interval->last == last;
}

/* The domain that a range is taken from, and up to where; 0: no domain has `first`. */
static uint32_t holder(const struct ftrace *log, uint64_t first, uint64_t last, uint64_t *end)
{
	uint32_t best = 0;

	*end = last;
	for (uint32_t domain = 1; domain <= log->domains; domain++)
		if (holds_exactly(log, domain, first, last))
			return domain;
	for (uint32_t domain = 1; domain <= log->domains; domain++) {
		uint64_t reach;

		if (covered(log, domain, first, last, &reach) && (best == 0 || reach > *end)) {
			best = domain;
			*end = reach;
		}
	}
	return best;
}

/* What of the first and the last map lies outside stays mapped. */
static int cut(struct ftrace *log, uint32_t domain, uint64_t first, uint64_t last)
{
	struct interval_place place;
	const struct interval *found;
	int status = 0;

	while (status == 0 && (found = interval_find(&log->maps, domain, first, &place)) &&
	       found->first <= last) {
		struct interval low = *found, high = *found;

		interval_remove(&log->maps, &place);
		if (low.first < first) {
			low.last = first - 1;
			status = interval_insert(&log->maps, &low);
		}
		if (status == 0 && high.last > last) {
			high.first = last + 1;
			high.value += high.first - low.first;
			status = interval_insert(&log->maps, &high);
		}
	}
	return status;
}

static int use_unmap(struct trace_reader *reader, const uint64_t v[SCAN_VALUES])
{
	struct ftrace *log = reader->state;
	uint64_t first = v[0], last = v[0] + v[3] - 1, end;
	int status = 0;

	if (v[3] == 0 || last < first)
		return UNUSED;
	while (status == 0 && first <= last) {
		uint32_t domain = holder(log, first, last, &end);
		struct trace_record *record;

		if (domain == 0)
			return UNUSED;
		record = add(reader, TRACE_UNMAP, domain);
		if (!record)
			return -ENOMEM;
		record->address = first;
		record->length = end - first + 1;
		status = cut(log, domain, first, end);
		if (end == last)
			break;
		first = end + 1;
	}
	return status;
}

/* ---- Lines ---------------------------------------------------------------------- */

struct ftrace_event {
	const char *name, *pattern;
	int (*use)(struct trace_reader *reader, const uint64_t values[SCAN_VALUES]);
};

static const struct ftrace_event events[] = {
	{"map", "IOMMU: iova=%x - %x paddr=%x size=%d", use_map},
	{"unmap", "IOMMU: iova=%x - %x size=%d unmapped_size=%d", use_unmap},
};

/* Finds "[CPU]" and behind it the stamp and the event's name, each with a colon;
 * a task may be called anything. False: no line of an event. */
static bool take_head(const char *line, uint64_t *ns, const char **name, size_t *length)
{
	for (const char *next = line; (next = strstr(next, " [")); next++) {
		const char *p = next + 2;
		uint64_t cpu;

		if (!scan_decimal(&p, &cpu) || *p++ != ']')
			continue;
		scan_spaces(&p);
		p += scan_word(p); /* the flags */
		scan_spaces(&p);
		if (!scan_seconds(&p, ns) || !scan_text(&p, ": "))
			continue;
		*name = p;
		*length = strcspn(p, ": ");
		return p[*length] == ':';
	}
	return false;
}

static int use_line(struct trace_reader *reader, const char *line)
{
	static const char no_event[] = "lines that are no trace event";
	struct ftrace *log = reader->state;
	const char *name, *text;
	size_t length;
	uint64_t ns;
	int status = UNUSED;

	if (line[strspn(line, " \t")] == '\0' || line[0] == '#')
		return 0;
	if (!take_head(line, &ns, &name, &length)) {
		trace_reader_skip(reader, no_event, strlen(no_event));
		return 0;
	}
	log_clock_set(&log->clock, ns);
	text = name + length + 1;
	scan_spaces(&text);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		uint64_t values[SCAN_VALUES] = {0};

		if (strlen(events[i].name) == length &&
		    strncmp(name, events[i].name, length) == 0 &&
		    scan_pattern(text, events[i].pattern, values))
			status = events[i].use(reader, values);
	}
	if (status == UNUSED)
		trace_reader_skip(reader, name, length);
	return status < 0 ? status : 0;
}

static int ftrace_next(struct trace_reader *reader, struct trace_error *error)
{
	while (reader->count < TRACE_BATCH) {
		char *line;
		size_t length;
		int status = input_line(reader->input, &line, &length, error);

		if (status == 0)
			break;
		if (status < 0)
			return status;
		status = use_line(reader, line);
		if (status < 0)
			return trace_fail(error, status, "out of memory");
	}
	return 0;
}

static int ftrace_open(struct trace_reader *reader, struct trace_error *error)
{
	reader->state = calloc(1, sizeof(struct ftrace));
	if (!reader->state || trace_meta_set(&reader->meta, "source", "ftrace") < 0)
		return trace_fail(error, -ENOMEM, "out of memory");
	reader->meta.levels = TRACE_LEVEL_DRIVER;
	return 0;
}

static void ftrace_close(struct trace_reader *reader)
{
	struct ftrace *log = reader->state;

	if (log)
		interval_fini(&log->maps);
	free(log);
}

/* The header that the kernel writes, or an event of the iommu class. */
static bool ftrace_recognise(const unsigned char *head, size_t length)
{
	const char *text = (const char *)head;

	(void)length;
	return strncmp(text, "# tracer:", strlen("# tracer:")) == 0 ||
	       strstr(text, "map: IOMMU: iova=");
}

const struct trace_format_ops trace_ftrace_ops = {
	.format = TRACE_FORMAT_FTRACE,
	.name = "ftrace",
	.recognise = ftrace_recognise,
	.open = ftrace_open,
	.next = ftrace_next,
	.close = ftrace_close,
};
