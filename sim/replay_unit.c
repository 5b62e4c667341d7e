/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replay at unit level: the recorded register writes, memory words and DMA drive
 * one unit of the recorded architecture, without any driver, and what it answers,
 * executes, stores and finds faulty is compared with the record.
 *
 * In a trace commands and stores stand behind the register write that caused them,
 * faults and stores in front of the DMA that caused them. Whichever of the two
 * sides comes first waits in a lane for the other.
 */
#include "replay.h"

#include "cmd.h"
#include "recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A command (words, count), a store (address, value; count: size) or a fault
 * (code; count: requester). */
struct event {
	uint64_t word[4];
	uint64_t record; /* where it stands in the trace, or was caused */
	uint32_t count;
};

/* Events of one sort that wait for their like, all of the same side. */
struct lane {
	struct event *item;
	size_t head, tail, room;
	bool recorded; /* the trace's; else the unit's */
	struct result_match *match;
	const char *differs, *missing, *extra;
};

struct unit_replay {
	struct replay_run run;
	struct lane commands, stores, faults;
	bool in_dma;
	bool no_memory;
};

/* Why faults that the trace does not have may be found at a DMA. */
enum excuse { EXCUSE_NONE, EXCUSE_STALE, EXCUSE_SILENT };

/* ---- Lanes ------------------------------------------------------------------ */

static bool lane_empty(const struct lane *lane)
{
	return lane->head == lane->tail;
}

static bool lane_push(struct lane *lane, const struct event *event)
{
	if (lane_empty(lane))
		lane->head = lane->tail = 0;
	if (lane->tail == lane->room) {
		size_t room = lane->room ? lane->room * 2 : 64;
		struct event *bigger = reallocarray(lane->item, room, sizeof(*bigger));

		if (!bigger)
			return false;
		lane->item = bigger;
		lane->room = room;
	}
	lane->item[lane->tail++] = *event;
	return true;
}

static void lane_mismatch(struct unit_replay *replay, struct lane *lane, const char *what,
			  const struct event *recorded, const struct event *found)
{
	const struct event *any = recorded ? recorded : found;
	bool fault = lane == &replay->faults;
	unsigned shown = lane == &replay->stores; /* the value of a store, not its address */

	lane->match->compared++;
	lane->match->mismatched++;
	/* Of two commands that differ in one word this word is shown. */
	while (recorded && found && shown < 3 && recorded->word[shown] == found->word[shown])
		shown++;
	result_differs(replay->run.result,
		       &(struct result_mismatch){
			       .record = any->record,
			       .what = what,
			       .rid = fault ? any->count : 0,
			       .address = lane == &replay->stores ? any->word[0] : 0,
			       .recorded = recorded ? recorded->word[shown] : 0,
			       .found = found ? found->word[shown] : 0,
		       });
}

static void lane_compare(struct unit_replay *replay, struct lane *lane,
			 const struct event *recorded, const struct event *found)
{
	if (recorded->count == found->count &&
	    memcmp(recorded->word, found->word, sizeof(found->word)) == 0) {
		lane->match->compared++;
		lane->match->matched++;
	} else if (lane == &replay->faults && recorded->count == found->count &&
		   recorder_same_reason(replay->run.recorder, (uint32_t)recorded->word[0],
					(uint32_t)found->word[0])) {
		replay->run.result->faults_other_reason++;
	} else {
		lane_mismatch(replay, lane, lane->differs, recorded, found);
	}
}

static void lane_add(struct unit_replay *replay, struct lane *lane, const struct event *event,
		     bool recorded)
{
	const struct event *other;

	if (lane_empty(lane) || lane->recorded == recorded) {
		lane->recorded = recorded;
		replay->no_memory |= !lane_push(lane, event);
		return;
	}
	other = &lane->item[lane->head++];
	if (recorded)
		lane_compare(replay, lane, event, other);
	else
		lane_compare(replay, lane, other, event);
}

/* Nothing that waits can meet its like any more. */
static void lane_settle(struct unit_replay *replay, struct lane *lane)
{
	for (; lane->head < lane->tail; lane->head++) {
		const struct event *left = &lane->item[lane->head];

		if (lane->recorded)
			lane_mismatch(replay, lane, lane->missing, left, NULL);
		else
			lane_mismatch(replay, lane, lane->extra, NULL, left);
	}
}

static void settle(struct unit_replay *replay)
{
	lane_settle(replay, &replay->commands);
	lane_settle(replay, &replay->stores);
	lane_settle(replay, &replay->faults);
}

static bool waiting(const struct unit_replay *replay)
{
	return !lane_empty(&replay->commands) || !lane_empty(&replay->stores) ||
	       !lane_empty(&replay->faults);
}

/* ---- What the unit tells -------------------------------------------------------- */

static void on_command(void *opaque, const uint64_t *words, unsigned count)
{
	struct unit_replay *replay = opaque;
	struct event event = {.count = count, .record = replay->run.record};

	memcpy(event.word, words, sizeof(event.word[0]) * (count < 4 ? count : 4));
	lane_add(replay, &replay->commands, &event, false);
}

/* The recorder writes a line for each word of a store. */
static void on_stored(void *opaque, ioasim_pa_t address, const void *data, unsigned length)
{
	struct unit_replay *replay = opaque;
	const unsigned char *in = data;

	if (replay->in_dma && replay->run.recorder->incomplete_events)
		return;
	for (unsigned at = 0; at < length;) {
		unsigned part = length - at < 8 ? length - at : 8;
		struct event event = {.count = part, .record = replay->run.record};

		event.word[0] = address + at;
		memcpy(&event.word[1], in + at, part);
		lane_add(replay, &replay->stores, &event, false);
		at += part;
	}
}

static void on_fault(void *opaque, uint32_t requester_id, const struct ioasim_fault *fault)
{
	struct unit_replay *replay = opaque;
	const struct event event = {
		.word = {fault->code},
		.count = requester_id,
		.record = replay->run.record,
	};

	lane_add(replay, &replay->faults, &event, false);
}

/* ---- One DMA -------------------------------------------------------------------- */

static int difference_of(const struct recorder *recorder, const struct trace_record *record,
			 const struct ioasim_response *response)
{
	bool answered = replay_answered(response);

	if (answered == ((record->flags & TRACE_REFUSED) != 0))
		return RESULT_OUTCOME;
	if (!answered || response->outcome == IOASIM_INTERRUPT)
		return -1;
	if (response->pa != record->value)
		return RESULT_PA;
	/* A page that no table limits is recorded as the smallest one. */
	if (record->size && response->size_lg2 != record->size && response->size_lg2 < 64)
		return RESULT_SIZE;
	if (!(record->flags & TRACE_NO_PERM) &&
	    !recorder_same_rights(recorder, record->access, record->granted, response->access))
		return RESULT_ACCESS;
	return -1;
}

static void note_difference(struct unit_replay *replay, const struct trace_record *record,
			    const struct ioasim_response *response, int difference)
{
	static const char *const what[RESULT_DIFFERENCES] = {
		"answered or refused", "physical address", "page size", "rights"};
	struct result_mismatch mismatch = {
		.record = replay->run.record,
		.what = what[difference],
		.rid = record->rid,
		.address = record->address,
	};

	switch ((enum result_difference)difference) {
	case RESULT_OUTCOME:
		mismatch.recorded = !(record->flags & TRACE_REFUSED);
		mismatch.found = replay_answered(response);
		break;
	case RESULT_PA:
		mismatch.recorded = record->value;
		mismatch.found = response->pa;
		break;
	case RESULT_SIZE:
		mismatch.recorded = record->size;
		mismatch.found = response->size_lg2;
		break;
	case RESULT_ACCESS:
	case RESULT_DIFFERENCES:
		mismatch.recorded = record->granted;
		mismatch.found = response->access;
		break;
	}
	replay->run.result->difference[difference]++;
	result_differs(replay->run.result, &mismatch);
}

static void check_stale(struct unit_replay *replay, const struct trace_record *record,
			bool reproduced)
{
	result_stale(replay->run.result, &(struct result_stale){
						 .record = replay->run.record,
						 .rid = record->rid,
						 .pasid = record->pasid,
						 .address = record->address,
						 .pa = record->value,
						 .reproduced = reproduced,
					 });
}

/* Faults that wait after their DMA, if they are known not to be in the record. */
static void excuse_faults(struct unit_replay *replay, enum excuse excuse)
{
	struct lane *lane = &replay->faults;
	uint64_t *counter = excuse == EXCUSE_STALE ? &replay->run.result->faults_of_stale
						   : &replay->run.result->faults_unrecorded;

	if (excuse == EXCUSE_NONE || lane->recorded)
		return;
	*counter += lane->tail - lane->head;
	lane->head = lane->tail;
}

/* The recorded stores that wait belong to this DMA and are incomplete. */
static void skip_events(struct unit_replay *replay)
{
	struct lane *lane = &replay->stores;

	if (lane_empty(lane) || !replay->run.recorder->incomplete_events || !lane->recorded)
		return;
	replay->run.result->stores_skipped += lane->tail - lane->head;
	lane->head = lane->tail;
}

/* A stale answer that is not reproduced is no mismatch: the entry may have been
 * evicted, or there is no cache. It is not compared, and counted by itself. */
static enum excuse check_answer(struct unit_replay *replay, const struct trace_record *record,
				const struct ioasim_response *response)
{
	struct result *result = replay->run.result;
	int difference;

	if (!(record->flags & TRACE_ANSWERED))
		return EXCUSE_NONE;
	difference = difference_of(replay->run.recorder, record, response);
	if (__builtin_expect(record->flags & TRACE_STALE, 0)) {
		check_stale(replay, record, difference < 0);
		if (difference >= 0)
			return EXCUSE_STALE;
	}
	result->recorded.compared++;
	if (__builtin_expect(difference < 0, 1)) {
		result->recorded.matched++;
	} else {
		result->recorded.mismatched++;
		note_difference(replay, record, response, difference);
	}
	return replay->run.recorder->silent_writes && record->flags & TRACE_REFUSED &&
			       record->access & IOASIM_WRITE && !replay_answered(response)
		       ? EXCUSE_SILENT
		       : EXCUSE_NONE;
}

static bool do_dma(struct unit_replay *replay, const struct trace_record *record)
{
	struct ioasim_response response;
	enum excuse excuse;
	bool done;

	if (!replay->run.replay->check)
		return replay_translate(&replay->run, record, &response);
	skip_events(replay);
	replay->in_dma = true;
	done = replay_translate(&replay->run, record, &response);
	replay->in_dma = false;
	excuse = check_answer(replay, record, &response);
	if (__builtin_expect(waiting(replay), 0)) {
		excuse_faults(replay, excuse);
		settle(replay);
	}
	return done;
}

/* ---- The other records ------------------------------------------------------------ */

static void do_register(struct unit_replay *replay, const struct trace_record *record)
{
	struct result *result = replay->run.result;

	settle(replay);
	result->register_writes++;
	if (record->address <= UINT32_MAX &&
	    ioasim_mmio_write(replay->run.unit, (uint32_t)record->address, record->size,
			      record->value) == 0)
		return;
	result->register_refused++;
	result_differs(result, &(struct result_mismatch){
				       .record = replay->run.record,
				       .what = "register write refused",
				       .address = record->address,
				       .recorded = record->value,
			       });
}

static void do_recorded(struct unit_replay *replay, const struct trace_record *record)
{
	struct event event = {.record = replay->run.record};
	struct lane *lane = &replay->commands;

	switch (record->kind) {
	case TRACE_COMMAND:
		event.count = record->size;
		memcpy(event.word, record->words,
		       sizeof(event.word[0]) * (record->size < 4 ? record->size : 4));
		break;
	case TRACE_STORE:
		lane = &replay->stores;
		event.count = record->size;
		event.word[0] = record->address;
		event.word[1] = record->value;
		break;
	default:
		lane = &replay->faults;
		event.count = record->rid;
		event.word[0] = record->value;
		break;
	}
	lane_add(replay, lane, &event, true);
}

static int do_record(struct unit_replay *replay, const struct trace_record *record)
{
	switch (record->kind) {
	case TRACE_REGISTER:
		do_register(replay, record);
		return 0;
	case TRACE_MEMORY:
	case TRACE_ABORT:
		return replay_memory(&replay->run, record);
	case TRACE_COMMAND:
	case TRACE_STORE:
	case TRACE_FAULT:
		if (replay->run.replay->check)
			do_recorded(replay, record);
		return 0;
	case TRACE_PAGE_REQUEST:
		replay_page_request(&replay->run, record);
		settle(replay);
		return 0;
	default:
		return 0; /* of the driver level */
	}
}

/* ---- The trace --------------------------------------------------------------------- */

static int run_batch(struct unit_replay *replay, const struct trace_record *records, size_t count)
{
	int status;

	for (size_t i = 0; i < count; i++) {
		const struct trace_record *record = &records[i];

		replay->run.record++;
		if (record->kind == TRACE_DMA || record->kind == TRACE_ATS)
			replay->no_memory |= !do_dma(replay, record);
		else if ((status = do_record(replay, record)))
			return status;
	}
	return replay->no_memory ? replay_fail(&replay->run, "%s", strerror(ENOMEM)) : 0;
}

int replay_unit(struct replay *replay)
{
	struct result *result = replay->result;
	struct unit_replay unit_replay = {
		.commands = {.match = &result->commands,
			     .differs = "command differs",
			     .missing = "command not executed",
			     .extra = "command not recorded"},
		.stores = {.match = &result->stores,
			   .differs = "store differs",
			   .missing = "store not done",
			   .extra = "store not recorded"},
		.faults = {.match = &result->faults,
			   .differs = "fault differs",
			   .missing = "fault not found",
			   .extra = "fault not recorded"},
	};
	struct ioasim_unit_callbacks callbacks = {0};
	const struct trace_record *records;
	size_t count = 1;
	int status;

	if (replay->check) {
		callbacks.command = on_command;
		callbacks.stored = on_stored;
		callbacks.fault = on_fault;
	}
	status = replay_build(&unit_replay.run, replay, &callbacks, &unit_replay);
	if (status)
		return status;
	while (status == 0 && count) {
		status = replay_batch(&unit_replay.run, &records, &count);
		if (status == 0)
			status = run_batch(&unit_replay, records, count);
	}
	settle(&unit_replay);
	result_finish(result, unit_replay.run.unit);
	free(unit_replay.commands.item);
	free(unit_replay.stores.item);
	free(unit_replay.faults.item);
	replay_free(&unit_replay.run);
	return status;
}
