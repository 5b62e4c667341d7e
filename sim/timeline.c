/* SPDX-License-Identifier: Apache-2.0 */
/* What is drawn, and where: groups of tracks, a slice for each item with its parts in it. */
#include "timeline.h"

#include "idmap.h"
#include "timeline_lanes.h"
#include "timeline_write.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* Groups in the viewer's order; those of requesters follow. */
enum group {
	GROUP_UNIT = 1, /* walkers, commands, counters */
	GROUP_CALLS,
	GROUP_WINDOWS,
	GROUP_PAGE_REQUESTS,
	GROUP_REQUESTERS,
};

/* In the unit's group, behind the walkers. */
#define TRACK_COMMANDS (TIMING_WALKERS + 1)

/* A group whose items lie in lanes. */
struct lane_group {
	uint32_t group;
	struct lanes lanes;
};

#define REQUEST_EVENTS 24u /* at most: slices, counters, names */
#define COMMAND_EVENTS 8u
#define PARTS_MOST     4096u /* invalidations of one call that are drawn */

struct timeline {
	struct timeline_writer writer;
	const struct machine *machine;
	const struct timing_config *config;
	struct lane_group calls, windows, page_requests;
	struct idmap requesters; /* of struct lane_group, by id */
	uint32_t groups; /* of requesters */
	bool unit_named, commands_named, walker_named[TIMING_WALKERS];
	struct ends ends; /* of requests */
	uint64_t misses;
	/* Of the present call: its invalidations, and those that were not waited for yet. */
	struct timeline_part part[PARTS_MOST];
	unsigned parts;
	bool in_batch;
	uint64_t batch_start, batch_end;
	struct timeline_end end;
};

struct timeline *timeline_create(const struct machine *machine, FILE *stream, uint64_t limit)
{
	struct timeline *timeline = calloc(1, sizeof(*timeline));

	if (!timeline)
		return NULL;
	timeline->machine = machine;
	timeline->config = &machine->timing.events;
	timeline->calls.group = GROUP_CALLS;
	timeline->windows.group = GROUP_WINDOWS;
	timeline->page_requests.group = GROUP_PAGE_REQUESTS;
	timeline_write_begin(&timeline->writer, stream, limit);
	return timeline;
}

void timeline_destroy(struct timeline *timeline)
{
	if (!timeline)
		return;
	for (size_t i = 0; i < timeline->requesters.slots; i++) {
		struct lane_group *requester = timeline->requesters.slot[i].value;

		if (requester)
			lanes_fini(&requester->lanes);
		free(requester);
	}
	idmap_fini(&timeline->requesters);
	lanes_fini(&timeline->calls.lanes);
	lanes_fini(&timeline->windows.lanes);
	lanes_fini(&timeline->page_requests.lanes);
	ends_fini(&timeline->ends);
	free(timeline);
}

/* ---- Tracks ----------------------------------------------------------------------- */

/* True if an item that begins then is drawn, whole. */
static bool begins(struct timeline *timeline, unsigned events, uint64_t start_ps)
{
	bool was_cut = timeline->writer.cut;

	if (timeline->end.no_memory)
		return false;
	if (timeline_fits(&timeline->writer, events))
		return true;
	if (!was_cut)
		timeline->end.cut_ps = start_ps;
	return false;
}

/* The track of an item; thread 0: there is none. A group's first item names it. */
static struct timeline_track place(struct timeline *timeline, struct lane_group *group,
				   const char *name, uint64_t start, uint64_t end)
{
	struct timeline_track track = {.group = group->group};
	uint32_t lanes = group->lanes.used;
	int lane = lanes_place(&group->lanes, start, end);

	if (lane < 0) {
		timeline->end.crowded += lane == -ENOSPC;
		timeline->end.no_memory |= lane == -ENOMEM;
		return track;
	}
	track.thread = (uint32_t)lane + 1;
	if (group->lanes.used == lanes)
		return track;
	if (lane == 0)
		timeline_name_group(&timeline->writer, group->group, name);
	timeline_name_track(&timeline->writer, track, name);
	return track;
}

static void name_unit(struct timeline *timeline)
{
	if (!timeline->unit_named)
		timeline_name_group(&timeline->writer, GROUP_UNIT, timeline->machine->arch->title);
	timeline->unit_named = true;
}

static struct lane_group *requester_of(struct timeline *timeline, uint32_t rid)
{
	struct lane_group *requester = idmap_get(&timeline->requesters, rid);

	if (requester)
		return requester;
	requester = calloc(1, sizeof(*requester));
	if (!requester || idmap_put(&timeline->requesters, rid, requester)) {
		free(requester);
		timeline->end.no_memory = true;
		return NULL;
	}
	requester->group = GROUP_REQUESTERS + timeline->groups++;
	return requester;
}

/* Parts that take no time are left out. */
static void part(struct timeline *timeline, struct timeline_track track, const char *name,
		 uint64_t start_ps, uint64_t end_ps)
{
	if (end_ps > start_ps)
		timeline_slice(&timeline->writer, track,
			       (struct timeline_part){name, start_ps, end_ps});
}

/* ---- Requests --------------------------------------------------------------------- */

static const char *request_name(const struct ioasim_request *request)
{
	switch (request->kind) {
	case IOASIM_TRANSLATION_REQUEST:
		return "translation request";
	case IOASIM_TRANSLATED:
		return "translated";
	default:
		return request->access & IOASIM_WRITE  ? "write"
		       : request->access & IOASIM_READ ? "read"
						       : "execute";
	}
}

/* How many are on their way, whenever that changes. */
static void count_ends(struct timeline *timeline, uint64_t until_ps)
{
	struct ends *ends = &timeline->ends;

	while (ends->count && ends->time[0] <= until_ps && begins(timeline, 1, ends->time[0])) {
		uint64_t end = ends_take(ends);

		timeline_count(&timeline->writer, "requests on their way", end, ends->count);
	}
}

static void count_entry(struct timeline *timeline, const struct timing_span *span)
{
	timeline->end.no_memory |= ends_add(&timeline->ends, span->done) != 0;
	timeline_count(&timeline->writer, "requests on their way", span->entry,
		       timeline->ends.count);
}

static void draw_walk(struct timeline *timeline, const struct ioasim_request *request,
		      const struct timing_span *span)
{
	const struct timeline_track track = {GROUP_UNIT, span->walker + 1};

	if (!timeline->walker_named[span->walker])
		timeline_name_track(&timeline->writer, track, "walker");
	timeline->walker_named[span->walker] = true;
	timeline_slice_of(&timeline->writer, track,
			  (struct timeline_part){"walk", span->walk_start, span->walk_end},
			  "\"requester\":\"0x%" PRIx32 "\",\"iova\":\"0x%" PRIx64 "\"",
			  request->requester_id, request->address);
}

static void draw_parts(struct timeline *timeline, struct timeline_track track,
		       const struct timing_span *span)
{
	uint64_t based = span->translated + timeline->config->base_ps;

	part(timeline, track, "entry", span->arrival, span->entry);
	part(timeline, track, "cache", span->entry, span->answered);
	part(timeline, track, "order", span->answered, span->looked_up);
	if (span->walked) {
		part(timeline, track, "walker_wait", span->looked_up, span->walker_free);
		part(timeline, track, "blocked", span->walker_free, span->walk_start);
		part(timeline, track, "memory", span->walk_start, span->ready);
	} else {
		part(timeline, track, "merge", span->looked_up, span->ready);
	}
	part(timeline, track, "order", span->ready, span->translated);
	part(timeline, track, "base", span->translated, based < span->done ? based : span->done);
	part(timeline, track, "ats", based, span->done);
}

void timeline_request(struct timeline *timeline, const struct replay_access *access,
		      const struct timing_span *span)
{
	const struct ioasim_response *response = access->response;
	struct lane_group *requester;
	struct timeline_track track;
	char name[32];

	count_ends(timeline, span->entry);
	if (!begins(timeline, REQUEST_EVENTS, span->arrival))
		return;
	requester = requester_of(timeline, access->record->rid);
	if (!requester)
		return;
	snprintf(name, sizeof(name), "requester 0x%" PRIx32, access->record->rid);
	name_unit(timeline);
	track = place(timeline, requester, name, span->arrival, span->done);
	if (track.thread) {
		timeline_slice_of(&timeline->writer, track,
				  (struct timeline_part){request_name(access->request),
							 span->arrival, span->done},
				  "\"record\":%" PRIu64 ",\"iova\":\"0x%" PRIx64
				  "\",\"answered\":%s,\"references\":%u,\"merged\":%s",
				  access->number, access->request->address,
				  replay_answered(response) ? "true" : "false",
				  replay_references(&response->cost),
				  span->merged ? "true" : "false");
		draw_parts(timeline, track, span);
	}
	if (span->walked)
		draw_walk(timeline, access->request, span);
	if (response->cost.misses & 1u << IOASIM_CACHE_IOTLB)
		timeline_count(&timeline->writer, "IOTLB misses", span->looked_up,
			       ++timeline->misses);
	count_entry(timeline, span);
}

void timeline_page_request(struct timeline *timeline, const struct trace_record *record,
			   const struct timing_span *span)
{
	struct timeline_track track;

	if (!begins(timeline, COMMAND_EVENTS, span->arrival))
		return;
	track = place(timeline, &timeline->page_requests, "page requests", span->arrival,
		      span->done);
	if (track.thread)
		timeline_slice_of(&timeline->writer, track,
				  (struct timeline_part){"page request", span->arrival, span->done},
				  "\"requester\":\"0x%" PRIx32 "\",\"iova\":\"0x%" PRIx64 "\"",
				  record->rid, record->address);
}

/* ---- Commands and calls ------------------------------------------------------------ */

/* A batch of commands is drawn with its call, once that has ended. */
static void add_part(struct timeline *timeline, const char *name, uint64_t start_ps,
		     uint64_t end_ps)
{
	if (timeline->parts < PARTS_MOST)
		timeline->part[timeline->parts++] = (struct timeline_part){name, start_ps, end_ps};
}

static void add_to_call(struct timeline *timeline, const struct timeline_command *command)
{
	const struct timing_command_span *span = command->span;

	if (!timeline->in_batch)
		timeline->batch_start = span->submitted - timeline->config->doorbell_ps;
	timeline->in_batch = command->class != IOASIM_COMMAND_SYNC;
	timeline->batch_end = span->end;
	if (timeline->in_batch)
		return;
	add_part(timeline, "invalidation", timeline->batch_start, span->seen);
	if (span->seen > span->end)
		add_part(timeline, "wait", span->end, span->seen);
}

void timeline_command(struct timeline *timeline, const struct timeline_command *command)
{
	const struct timeline_track track = {GROUP_UNIT, TRACK_COMMANDS};
	const struct timing_command_span *span = command->span;
	uint64_t start = span->fetched - timeline->config->fetch_ps;

	add_to_call(timeline, command);
	if (!begins(timeline, COMMAND_EVENTS, start))
		return;
	name_unit(timeline);
	if (!timeline->commands_named)
		timeline_name_track(&timeline->writer, track, "commands");
	timeline->commands_named = true;
	timeline_slice_of(&timeline->writer, track,
			  (struct timeline_part){command->name, start, span->end},
			  "\"removed\":%" PRIu64, command->removed);
	part(timeline, track, "fetch", start, span->fetched);
	part(timeline, track, command->class == IOASIM_COMMAND_SYNC ? "atc" : "drain",
	     span->fetched, span->start);
	part(timeline, track, "execute", span->start, span->end);
}

static void draw_call(struct timeline *timeline, struct timeline_track track,
		      const struct timeline_call *call)
{
	const struct timing_call_span *span = call->span;
	const struct timeline_part whole = {call->name, span->start, span->end};

	if (call->record && (call->record->kind == TRACE_MAP || call->record->kind == TRACE_UNMAP))
		timeline_slice_of(&timeline->writer, track, whole,
				  "\"record\":%" PRIu64 ",\"domain\":%" PRIu32
				  ",\"iova\":\"0x%" PRIx64 "\",\"length\":%" PRIu64,
				  call->number, call->record->domain, call->record->address,
				  call->record->length);
	else if (call->record)
		timeline_slice_of(&timeline->writer, track, whole, "\"record\":%" PRIu64,
				  call->number);
	else
		timeline_slice(&timeline->writer, track, whole);
	part(timeline, track, "software", span->start, span->start + call->software_ps);
	for (unsigned i = 0; i < timeline->parts; i++)
		timeline_slice(&timeline->writer, track, timeline->part[i]);
}

void timeline_call(struct timeline *timeline, const struct timeline_call *call)
{
	const struct timing_call_span *span = call->span;
	struct timeline_track track;

	if (timeline->in_batch)
		add_part(timeline, "invalidation", timeline->batch_start, timeline->batch_end);
	if (begins(timeline, COMMAND_EVENTS + timeline->parts, span->start)) {
		track = place(timeline, &timeline->calls, "calls", span->start, span->end);
		if (track.thread)
			draw_call(timeline, track, call);
	}
	timeline->in_batch = false;
	timeline->parts = 0;
	/* An unmap that has waited for its invalidation: the end is that of the window. */
	if (call->record && call->record->kind == TRACE_UNMAP && span->waits && !call->window_open)
		timeline_window(timeline, span->start + call->software_ps, span->end, call->number);
}

void timeline_window(struct timeline *timeline, uint64_t start_ps, uint64_t end_ps, uint64_t number)
{
	struct timeline_track track;

	if (!begins(timeline, COMMAND_EVENTS, start_ps))
		return;
	track = place(timeline, &timeline->windows, "stale windows", start_ps, end_ps);
	if (track.thread)
		timeline_slice_of(&timeline->writer, track,
				  (struct timeline_part){"stale", start_ps, end_ps},
				  "\"record\":%" PRIu64, number);
}

struct timeline_end timeline_finish(struct timeline *timeline)
{
	char other[160];

	count_ends(timeline, UINT64_MAX);
	timeline->end.cut = timeline->writer.cut;
	timeline->end.events = timeline->writer.events;
	snprintf(other, sizeof(other), "\"cut\":%s,\"crowded\":%" PRIu64,
		 timeline->end.cut ? "true" : "false", timeline->end.crowded);
	timeline_write_end(&timeline->writer, other);
	return timeline->end;
}
