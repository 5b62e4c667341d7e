/* SPDX-License-Identifier: Apache-2.0 */
#include "time_probe.h"

#include "timeline.h"

#include <errno.h>
#include <stdlib.h>

#define PS         1000u
#define REFERENCES (sizeof(((struct ioasim_cost *)0)->refs) * 255u)
#define PAGE_LG2   12
#define NO_DOMAIN  UINT32_MAX

/* A command that the unit has begun: what it removed is known when it has ended. */
struct pending_command {
	bool any;
	const char *name;
	enum ioasim_command_class class;
	uint64_t removed_before;
};

struct time_probe {
	struct replay_probe probe;
	struct result *result;
	struct time_result *time;
	struct timing *timing;
	const struct ioasim_unit *unit;
	/* Sources of requests: a place is stored as a pointer that is never followed. */
	struct idmap sources; /* by requester: source + 1 */
	uint32_t last_rid, last_source;
	bool any_source, no_memory;
	/* Calls. */
	bool called; /* a call of the record, or commands outside of any */
	uint64_t now_ps; /* of the present record */
	const struct trace_record *record; /* a call; NULL: none */
	uint64_t number; /* of it */
	bool ticked; /* what comes is of a deadline */
	uint64_t last_end_ps; /* of the last call */
	struct pending_command command;
	/* To be drawn: stale windows, by the record of their unmap, 1 + when they opened. */
	struct timeline *timeline;
	struct idmap windows;
	bool window_opened; /* by the present call */
	/* Stale accesses are known behind the access: its slice waits. */
	uint64_t stale_seen, last_entry_ps;
	/* With a cache in front of memory: what the present request has read. */
	uint32_t fetched;
	ioasim_pa_t fetch[];
};

static struct time_probe *time_of(struct replay_probe *probe)
{
	return (struct time_probe *)probe;
}

/* Beyond the end of simulated time it does not matter. */
static uint64_t picoseconds(uint64_t time_ns)
{
	return time_ns < TIMING_END_PS / PS ? time_ns * PS : TIMING_END_PS;
}

/* ---- Commands --------------------------------------------------------------------- */

static uint64_t removed_by_all(const struct time_probe *time)
{
	const struct ioasim_counters *counters = ioasim_unit_counters(time->unit);
	uint64_t sum = 0;

	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		sum += counters->cache[i].invalidated;
	return sum;
}

static void call_begins(struct time_probe *time, enum timing_call call)
{
	timing_call_begin(time->timing, call, time->now_ps);
	time->called = true;
}

static void end_command(struct time_probe *time)
{
	struct timing_command_span span;
	uint64_t removed, *slice;

	if (!time->command.any)
		return;
	time->command.any = false;
	removed = removed_by_all(time) - time->command.removed_before;
	timing_command(time->timing, time->command.class, removed, &span);
	slice = series_at(&time->time->series, span.end);
	slice[SERIES_COMMANDS]++;
	slice[SERIES_REMOVED] += removed;
	if (time->timeline)
		timeline_command(time->timeline,
				 &(struct timeline_command){time->command.name, time->command.class,
							    removed, &span});
}

static const char *call_name(const struct time_probe *time)
{
	if (!time->record)
		return time->ticked ? "flush" : "beginning";
	switch (time->record->kind) {
	case TRACE_MAP:
		return "map";
	case TRACE_UNMAP:
		return "unmap";
	case TRACE_REGISTER:
		return "register write";
	default:
		return "call";
	}
}

static uint64_t software_of(const struct time_probe *time)
{
	const struct timing_config *config = timing_config(time->timing);

	if (!time->record)
		return 0;
	return time->record->kind == TRACE_MAP     ? config->map_ps
	       : time->record->kind == TRACE_UNMAP ? config->unmap_ps
						   : 0;
}

static void draw_call(struct time_probe *time, const struct timing_call_span *span)
{
	const struct timeline_call call = {
		.name = call_name(time),
		.record = time->record,
		.number = time->number,
		.software_ps = software_of(time),
		.window_open = time->window_opened,
		.span = span,
	};

	timeline_call(time->timeline, &call);
	if (time->window_opened)
		time->no_memory |=
			idmap_put(&time->windows, time->number,
				  (void *)(uintptr_t)(span->start + call.software_ps + 1)) != 0;
	time->window_opened = false;
}

static void end_call(struct time_probe *time)
{
	struct timing_call_span span;

	if (!time->called)
		return;
	end_command(time);
	timing_call_end(time->timing, &span);
	time->called = false;
	time->last_end_ps = span.end;
	if (time->timeline)
		draw_call(time, &span);
}

static const char *command_name(const struct ioasim_arch *arch, const uint64_t *words,
				unsigned count)
{
	const char *name = arch->command_name(arch->command_type(words, count));

	return name ? name : "command";
}

static void on_command(struct replay_probe *probe, const uint64_t *words, unsigned count)
{
	struct time_probe *time = time_of(probe);

	if (!time->called)
		call_begins(time, TIMING_CALL_OTHER);
	end_command(time);
	time->command.any = true;
	time->command.name = command_name(time->result->machine->arch, words, count);
	time->command.class = time->result->machine->arch->command_class(words, count);
	time->command.removed_before = removed_by_all(time);
}

/* ---- Accesses --------------------------------------------------------------------- */

/* Accesses of pages that were unmapped, or of which the recorded driver forgot to tell the
 * unit; they are judged behind the access. */
static void note_stale(struct time_probe *time)
{
	const struct result *result = time->result;
	uint64_t stale = result->rules.windows.accesses + result->staleness[RESULT_REPRODUCED] +
			 result->staleness[RESULT_BEYOND_RECORD];

	if (__builtin_expect(stale != time->stale_seen, 0))
		series_at(&time->time->series, time->last_entry_ps)[SERIES_STALE_ACCESSES] +=
			stale - time->stale_seen;
	time->stale_seen = stale;
}

/* Until the next record of another kind, all is of this one's time. */
static void goes_on(struct time_probe *time, uint64_t time_ns)
{
	note_stale(time);
	end_call(time);
	time->now_ps = picoseconds(time_ns);
	time->ticked = false;
}

static bool find_source(struct time_probe *time, uint32_t rid)
{
	size_t place;
	int made;

	if (__builtin_expect(time->any_source && rid == time->last_rid, 1))
		return true;
	place = (size_t)(uintptr_t)idmap_get(&time->sources, rid);
	if (!place) {
		made = timing_source(time->timing);
		place = (size_t)made + 1;
		if (made < 0 || idmap_put(&time->sources, rid, (void *)(uintptr_t)place))
			return false;
	}
	time->last_rid = rid;
	time->last_source = (uint32_t)place - 1;
	time->any_source = true;
	return true;
}

/*
 * Walks are of the same page if their answers have the same tag and cover the same
 * addresses; where there is none, if the requester asked for the same smallest page.
 */
static uint64_t page_of(const struct replay_access *access)
{
	const struct ioasim_response *response = access->response;
	const struct ioasim_request *request = access->request;
	bool answered = replay_answered(response);
	unsigned lg2 = answered ? response->size_lg2 : PAGE_LG2;
	uint64_t tag = response->domain == NO_DOMAIN ? (UINT64_C(1) << 32 | request->requester_id)
						     : response->domain;
	uint64_t page = lg2 < 64 ? request->address >> lg2 : 0;

	if (request->has_pasid)
		tag ^= (UINT64_C(1) << 63) | (uint64_t)request->pasid << 40;
	return (page * UINT64_C(0x9e3779b97f4a7c15) ^ tag) * UINT64_C(0xd1342543de82ef95) + lg2;
}

static void on_access(struct replay_probe *probe, const struct replay_access *access)
{
	struct time_probe *time = time_of(probe);
	const struct ioasim_cost *cost = &access->response->cost;
	struct timing_request request;
	struct timing_span span;
	uint64_t *slice;

	goes_on(time, access->record->time_ns);
	if (!find_source(time, access->record->rid)) {
		time->no_memory = true;
		return;
	}
	request = (struct timing_request){
		.arrival_ps = time->now_ps,
		.source = time->last_source,
		.kind = access->request->kind,
		.lookups = cost->hits | cost->misses,
		.references = replay_references(cost),
		.page = page_of(access),
	};
	if (time->probe.fetch && time->fetched == request.references)
		request.address = time->fetch;
	timing_request(time->timing, &request, &span);
	time->fetched = 0;
	slice = series_at(&time->time->series, span.entry);
	slice[SERIES_REQUESTS]++;
	slice[SERIES_IOTLB_MISSES] += cost->misses >> IOASIM_CACHE_IOTLB & 1;
	slice[SERIES_REFERENCES] += request.references;
	time->last_entry_ps = span.entry;
	if (time->timeline)
		timeline_request(time->timeline, access, &span);
}

static void on_fetch(struct replay_probe *probe, const struct ioasim_fetch *fetch)
{
	struct time_probe *time = time_of(probe);

	if (time->fetched < REFERENCES)
		time->fetch[time->fetched++] = fetch->pa;
}

/* ---- Records ---------------------------------------------------------------------- */

static void on_tick(struct replay_probe *probe, uint64_t time_ns)
{
	struct time_probe *time = time_of(probe);

	goes_on(time, time_ns);
	time->ticked = true;
}

static void on_begin(struct replay_probe *probe, const struct trace_record *record, uint64_t number)
{
	struct time_probe *time = time_of(probe);
	struct timing_span span;

	goes_on(time, record->time_ns);
	time->record = record;
	time->number = number;
	switch (record->kind) {
	case TRACE_MAP:
		call_begins(time, TIMING_CALL_MAP);
		break;
	case TRACE_UNMAP:
		call_begins(time, TIMING_CALL_UNMAP);
		break;
	case TRACE_PAGE_REQUEST:
		timing_page_request(time->timing, time->now_ps, &span);
		if (time->timeline)
			timeline_page_request(time->timeline, record, &span);
		break;
	default:
		break; /* a call only if there are commands */
	}
}

static void on_end(struct replay_probe *probe, const struct trace_record *record, int status)
{
	struct time_probe *time = time_of(probe);

	(void)record;
	(void)status;
	end_call(time);
	time->fetched = 0;
	time->record = NULL;
	time->number = 0;
}

/* One that opens does so in a call; one that closes has had the commands of that. */
static void on_window(struct replay_probe *probe, uint64_t number, bool opened)
{
	struct time_probe *time = time_of(probe);
	uint64_t start;

	if (opened) {
		time->window_opened = true;
		return;
	}
	end_call(time);
	start = (uint64_t)(uintptr_t)idmap_get(&time->windows, number);
	if (!start--)
		return;
	(void)idmap_put(&time->windows, number, NULL);
	timeline_window(time->timeline, start,
			start > time->last_end_ps ? start : time->last_end_ps, number);
}

static int on_start(struct replay_probe *probe, const struct machine *machine,
		    const struct ioasim_unit *unit)
{
	(void)machine;
	time_of(probe)->unit = unit;
	return 0;
}

static void on_finish(struct replay_probe *probe, const struct ioasim_unit *unit)
{
	struct time_probe *time = time_of(probe);

	(void)unit;
	note_stale(time);
	end_call(time);
	time->unit = NULL;
}

/* ---- Making ----------------------------------------------------------------------- */

struct time_probe *time_probe_create(const struct replay *replay, struct result *result)
{
	const struct machine *machine = replay->machine;
	const bool fetches = machine->timing.events.lines.entries != 0;
	const size_t size = fetches ? REFERENCES * sizeof(ioasim_pa_t) : 0;
	struct time_probe *time = calloc(1, sizeof(*time) + size);
	const char *why;

	if (!time)
		return NULL;
	result->time = calloc(1, sizeof(*result->time));
	if (!result->time || timing_create(&machine->timing.events, &result->time->timing, &why)) {
		time_probe_destroy(time);
		return NULL;
	}
	time->probe = (struct replay_probe){
		.start = on_start,
		.tick = on_tick,
		.begin = on_begin,
		.end = on_end,
		.access = on_access,
		.command = on_command,
		.fetch = fetches ? on_fetch : NULL,
		.window = replay->timeline ? on_window : NULL,
		.finish = on_finish,
	};
	time->result = result;
	time->time = result->time;
	time->timing = result->time->timing;
	time->timeline = replay->timeline;
	return time;
}

struct replay_probe *time_probe_get(struct time_probe *time)
{
	return &time->probe;
}

bool time_probe_failed(const struct time_probe *time)
{
	return time->no_memory;
}

void time_probe_destroy(struct time_probe *time)
{
	if (time)
		idmap_fini(&time->sources);
	if (time)
		idmap_fini(&time->windows);
	free(time);
}
