/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replay at unit level: the recorded register writes, memory words and DMA drive
 * one unit of the recorded architecture, without any driver, and what it answers,
 * executes, stores and finds faulty is compared with the record.
 */
#include "replay.h"

#include "recorder.h"
#include "replay_lead.h"
#include "streams.h"
#include "witness.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct unit_replay {
	struct replay_run run; /* first: struct replay_level */
	struct streams streams;
	struct witness *witness; /* NULL: the unit has no IOTLB */
	struct ioasim_unit *walker; /* with it: the same unit without caches */
	bool in_dma;
};

/* Why faults of one side may have no like on the other. */
enum excuse {
	EXCUSE_NONE,
	EXCUSE_STALE, /* the recorder answered from an entry that the unit lost */
	EXCUSE_BEYOND, /* the unit answered from an entry that the recorder lost */
	EXCUSE_SILENT, /* the recorder refused without a record */
};

/* ---- What the unit tells -------------------------------------------------------- */

static void on_command(void *opaque, const uint64_t *words, unsigned count)
{
	struct unit_replay *replay = opaque;
	struct stream_event event = {.count = count, .record = replay->run.record};

	memcpy(event.word, words, sizeof(event.word[0]) * (count < 4 ? count : 4));
	streams_add(&replay->streams, STREAM_COMMANDS, &event, false);
	replay_lead_command(&replay->run, words, count);
}

/* The recorder writes a line for each word of a store. */
static void on_stored(void *opaque, ioasim_pa_t address, const void *data, unsigned length)
{
	struct unit_replay *replay = opaque;
	const unsigned char *in = data;

	replay_lead_stored(&replay->run, address, data, length);
	if (replay->in_dma && replay->run.recorder->incomplete_events)
		return;
	for (unsigned at = 0; at < length;) {
		unsigned part = length - at < 8 ? length - at : 8;
		struct stream_event event = {.count = part, .record = replay->run.record};

		event.word[0] = address + at;
		memcpy(&event.word[1], in + at, part);
		streams_add(&replay->streams, STREAM_STORES, &event, false);
		at += part;
	}
}

static void on_fault(void *opaque, uint32_t requester_id, const struct ioasim_fault *fault)
{
	struct unit_replay *replay = opaque;
	const struct stream_event event = {
		.word = {fault->code},
		.count = requester_id,
		.record = replay->run.record,
	};

	streams_add(&replay->streams, STREAM_FAULTS, &event, false);
	replay_lead_fault(&replay->run, requester_id, fault->code);
}

static void on_invalidated(void *opaque, const struct ioasim_invalidation *what)
{
	struct unit_replay *replay = opaque;

	if (replay->witness)
		witness_invalidate(replay->witness, what);
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
	if ((!(record->flags & TRACE_NO_PERM) ||
	     (recorder->rights == RECORDER_RIGHTS_OF_LEAF && record->granted)) &&
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

static void note_stale(struct unit_replay *replay, const struct trace_record *record,
		       const struct ioasim_response *response, enum result_staleness staleness)
{
	result_stale(replay->run.result,
		     &(struct result_stale){
			     .record = replay->run.record,
			     .rid = record->rid,
			     .pasid = record->pasid,
			     .address = record->address,
			     .pa = staleness == RESULT_BEYOND_RECORD ? response->pa : record->value,
			     .staleness = (uint8_t)staleness,
		     });
}

/* Faults that wait after their DMA, if one side is known not to have them. */
static void excuse_faults(struct unit_replay *replay, enum excuse excuse)
{
	struct result *result = replay->run.result;
	size_t dropped;

	if (excuse == EXCUSE_NONE)
		return;
	dropped = streams_drop(&replay->streams, STREAM_FAULTS, excuse == EXCUSE_BEYOND);
	if (excuse == EXCUSE_SILENT)
		result->faults_unrecorded += dropped;
	else
		result->faults_of_stale += dropped;
}

/* The recorded stores that wait belong to this DMA and are incomplete. */
static void skip_events(struct unit_replay *replay)
{
	if (replay->run.recorder->incomplete_events)
		replay->run.result->stores_skipped +=
			streams_drop(&replay->streams, STREAM_STORES, true);
}

/*
 * The unit answered from an entry that was right once and that no command has
 * covered since, and a walk of memory as it is gives the recorded answer: the
 * recorder, whose cache is emptied whole when it is full, had lost the entry. The
 * walk's answer is the one that is compared.
 */
static bool beyond_record(struct unit_replay *replay, const struct trace_record *record,
			  const struct witness_access *access,
			  const struct ioasim_response *response)
{
	struct ioasim_request request;
	struct ioasim_response walked;

	replay_lead_unsure(&replay->run);
	if (!replay->witness || !(response->cost.hits & 1u << IOASIM_CACHE_IOTLB) ||
	    !replay_answered(response) || !witness_holds(replay->witness, access, response))
		return false;
	request = replay_request(record);
	ioasim_translate(replay->walker, &request, &walked);
	return difference_of(replay->run.recorder, record, &walked) < 0;
}

/*
 * A stale answer of the recorder that is not reproduced is neither matched nor
 * mismatched: the entry may have been evicted, or there is no cache.
 */
static enum excuse judge(struct unit_replay *replay, const struct trace_record *record,
			 const struct witness_access *access,
			 const struct ioasim_response *response)
{
	struct result *result = replay->run.result;
	int difference = difference_of(replay->run.recorder, record, response);

	result->recorded.compared++;
	if (__builtin_expect(record->flags & TRACE_STALE, 0)) {
		note_stale(replay, record, response,
			   difference < 0 ? RESULT_REPRODUCED : RESULT_NOT_REPRODUCED);
		if (difference >= 0)
			return EXCUSE_STALE;
	}
	if (__builtin_expect(difference < 0, 1)) {
		result->recorded.matched++;
		if (replay->witness && response->cost.misses & 1u << IOASIM_CACHE_IOTLB &&
		    response->outcome == IOASIM_OK)
			witness_fill(replay->witness, access, response);
	} else if (beyond_record(replay, record, access, response)) {
		result->recorded.matched++;
		note_stale(replay, record, response, RESULT_BEYOND_RECORD);
		return EXCUSE_BEYOND;
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
	const struct witness_access access = {
		.rid = record->rid,
		.pasid = record->flags & TRACE_PASID ? record->pasid : TRACE_NO_PASID,
		.address = record->address,
	};
	struct ioasim_response response;
	enum excuse excuse = EXCUSE_NONE;
	bool done;

	if (!replay->run.replay->check)
		return replay_translate(&replay->run, record, &response);
	skip_events(replay);
	replay->in_dma = true;
	done = replay_translate(&replay->run, record, &response);
	replay->in_dma = false;
	if (record->flags & TRACE_ANSWERED)
		excuse = judge(replay, record, &access, &response);
	if (__builtin_expect(streams_waiting(&replay->streams), 0)) {
		excuse_faults(replay, excuse);
		streams_settle(&replay->streams);
	}
	return done;
}

/* ---- The other records ------------------------------------------------------------ */

static void do_register(struct unit_replay *replay, const struct trace_record *record)
{
	struct result *result = replay->run.result;

	streams_settle(&replay->streams);
	result->register_writes++;
	if (record->address <= UINT32_MAX &&
	    ioasim_mmio_write(replay->run.unit, (uint32_t)record->address, record->size,
			      record->value) == 0) {
		/* What the walker stores, the unit has just stored. */
		if (replay->walker)
			(void)ioasim_mmio_write(replay->walker, (uint32_t)record->address,
						record->size, record->value);
		return;
	}
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
	struct stream_event event = {.record = replay->run.record};
	enum stream stream = STREAM_COMMANDS;

	switch (record->kind) {
	case TRACE_COMMAND:
		event.count = record->size;
		memcpy(event.word, record->words,
		       sizeof(event.word[0]) * (record->size < 4 ? record->size : 4));
		break;
	case TRACE_STORE:
		stream = STREAM_STORES;
		event.count = record->size;
		event.word[0] = record->address;
		event.word[1] = record->value;
		break;
	default:
		stream = STREAM_FAULTS;
		event.count = record->rid;
		event.word[0] = record->value;
		break;
	}
	streams_add(&replay->streams, stream, &event, true);
}

static int play(struct unit_replay *replay, const struct trace_record *record)
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
		streams_settle(&replay->streams);
		return 0;
	default:
		return 0; /* of the driver level */
	}
}

static int do_record(struct unit_replay *replay, const struct trace_record *record)
{
	int status;

	if (__builtin_expect(!replay->run.probe, 1))
		return play(replay, record);
	replay_begins(&replay->run, record);
	status = play(replay, record);
	replay_ends(&replay->run, record, 0);
	return status;
}

/* ---- The trace --------------------------------------------------------------------- */

static int feed(struct replay_run *run, const struct trace_record *records, size_t count)
{
	struct unit_replay *replay = (struct unit_replay *)run;
	int status;

	for (size_t i = 0; i < count; i++) {
		const struct trace_record *record = &records[i];

		replay->run.record++;
		if (record->kind == TRACE_DMA || record->kind == TRACE_ATS)
			replay->streams.no_memory |= !do_dma(replay, record);
		else if ((status = do_record(replay, record)))
			return status;
	}
	return replay->streams.no_memory ? replay_fail(&replay->run, "%s", strerror(ENOMEM)) : 0;
}

static int make_witness(struct unit_replay *replay)
{
	const struct machine *machine = replay->run.replay->machine;
	struct ioasim_unit_config config = machine->unit;
	const char *why;
	int status;

	if (!replay->run.replay->check || !config.cache[IOASIM_CACHE_IOTLB].entries)
		return 0;
	replay->witness = witness_create(config.cache[IOASIM_CACHE_IOTLB].entries);
	ioasim_unit_config_no_caches(&config);
	status = replay->witness
			 ? ioasim_unit_create(&config, replay->run.memory, &replay->walker, &why)
			 : -ENOMEM;
	return status ? replay_fail(&replay->run, "%s", strerror(-status)) : 0;
}

static int start(struct replay_run *run)
{
	static const struct ioasim_unit_callbacks checking = {
		.command = on_command,
		.stored = on_stored,
		.fault = on_fault,
		.invalidated = on_invalidated,
	};
	static const struct ioasim_unit_callbacks silent = {0};
	struct unit_replay *replay = (struct unit_replay *)run;
	int status;

	replay->streams.result = run->result;
	status = replay_build(run, run->replay, run->replay->check ? &checking : &silent, replay);
	if (status)
		return status;
	replay->streams.recorder = run->recorder;
	return make_witness(replay);
}

static void end(struct replay_run *run)
{
	struct unit_replay *replay = (struct unit_replay *)run;

	if (run->unit) {
		streams_settle(&replay->streams);
		result_finish(run->result, run->unit);
	}
	ioasim_unit_destroy(replay->walker);
	witness_destroy(replay->witness);
	streams_fini(&replay->streams);
}

const struct replay_level replay_unit_level = {sizeof(struct unit_replay), start, feed, end};
