/* SPDX-License-Identifier: Apache-2.0 */
#include "streams.h"

#include "recorder.h"

#include <stdlib.h>
#include <string.h>

static struct result_match *match_of(struct streams *streams, enum stream stream)
{
	struct result_match *const match[STREAMS] = {
		[STREAM_COMMANDS] = &streams->result->commands,
		[STREAM_STORES] = &streams->result->stores,
		[STREAM_FAULTS] = &streams->result->faults,
	};

	return match[stream];
}

/* ---- Lanes ------------------------------------------------------------------------ */

static bool lane_empty(const struct stream_lane *lane)
{
	return lane->head == lane->tail;
}

static bool lane_push(struct stream_lane *lane, const struct stream_event *event)
{
	if (lane_empty(lane))
		lane->head = lane->tail = 0;
	if (lane->tail == lane->room) {
		size_t room = lane->room ? lane->room * 2 : 64;
		struct stream_event *bigger = reallocarray(lane->item, room, sizeof(*bigger));

		if (!bigger)
			return false;
		lane->item = bigger;
		lane->room = room;
	}
	lane->item[lane->tail++] = *event;
	return true;
}

/* The first that waits, valid until the next push. */
static const struct stream_event *lane_pop(struct stream_lane *lane)
{
	return &lane->item[lane->head++];
}

/* ---- Comparing ---------------------------------------------------------------------- */

/* Either side may be missing. */
static void mismatch(struct streams *streams, enum stream stream,
		     const struct stream_event *recorded, const struct stream_event *found)
{
	static const char *const what[STREAMS][3] = {
		[STREAM_COMMANDS] = {"command differs", "command not executed",
				     "command not recorded"},
		[STREAM_STORES] = {"store differs", "store not done", "store not recorded"},
		[STREAM_FAULTS] = {"fault differs", "fault not found", "fault not recorded"},
	};
	const struct stream_event *any = recorded ? recorded : found;
	/* Shown are the value of a store, and of two commands the word that differs. */
	unsigned shown = stream == STREAM_STORES;

	match_of(streams, stream)->compared++;
	match_of(streams, stream)->mismatched++;
	while (recorded && found && shown < 3 && recorded->word[shown] == found->word[shown])
		shown++;
	result_differs(streams->result,
		       &(struct result_mismatch){
			       .record = any->record,
			       .what = what[stream][!found      ? 1
						    : !recorded ? 2
								: 0],
			       .rid = stream == STREAM_FAULTS ? any->count : 0,
			       .address = stream == STREAM_STORES ? any->word[0] : 0,
			       .recorded = recorded ? recorded->word[shown] : 0,
			       .found = found ? found->word[shown] : 0,
		       });
}

static void compare(struct streams *streams, enum stream stream,
		    const struct stream_event *recorded, const struct stream_event *found)
{
	bool same_count = recorded->count == found->count;

	if (same_count && memcmp(recorded->word, found->word, sizeof(found->word)) == 0) {
		match_of(streams, stream)->compared++;
		match_of(streams, stream)->matched++;
	} else if (stream == STREAM_FAULTS && same_count &&
		   recorder_same_reason(streams->recorder, (uint32_t)recorded->word[0],
					(uint32_t)found->word[0])) {
		streams->result->faults_other_reason++;
	} else {
		mismatch(streams, stream, recorded, found);
	}
}

void streams_add(struct streams *streams, enum stream stream, const struct stream_event *event,
		 bool recorded)
{
	struct stream_lane *lane = &streams->lane[stream];

	if (lane_empty(lane) || lane->recorded == recorded) {
		lane->recorded = recorded;
		streams->no_memory |= !lane_push(lane, event);
	} else if (recorded) {
		compare(streams, stream, event, lane_pop(lane));
	} else {
		compare(streams, stream, lane_pop(lane), event);
	}
}

void streams_settle(struct streams *streams)
{
	for (unsigned i = 0; i < STREAMS; i++) {
		struct stream_lane *lane = &streams->lane[i];

		while (!lane_empty(lane)) {
			const struct stream_event *left = lane_pop(lane);

			mismatch(streams, i, lane->recorded ? left : NULL,
				 lane->recorded ? NULL : left);
		}
	}
}

size_t streams_drop(struct streams *streams, enum stream stream, bool recorded)
{
	struct stream_lane *lane = &streams->lane[stream];
	size_t count = lane->tail - lane->head;

	if (lane->recorded != recorded)
		return 0;
	lane->head = lane->tail;
	return count;
}

void streams_fini(struct streams *streams)
{
	for (unsigned i = 0; i < STREAMS; i++)
		free(streams->lane[i].item);
}
