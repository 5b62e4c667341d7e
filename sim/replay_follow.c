/* SPDX-License-Identifier: Apache-2.0 */
/* The follower's side: the leader's journal on a unit of its own. */
#include "replay_lead.h"

#include "cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

struct follow_replay {
	struct replay_run run; /* first: struct replay_level */
	bool sizes; /* page sizes and rights are judged */
	bool strayed;
	struct journal_events events;
	size_t at; /* place in the journal */
};

/* ---- What the unit tells ------------------------------------------------------------------ */

static void on_command(void *opaque, const uint64_t *words, unsigned count)
{
	struct follow_replay *follow = opaque;

	journal_command(&follow->events, follow->at, words, count);
}

static void on_stored(void *opaque, ioasim_pa_t address, const void *data, unsigned length)
{
	struct follow_replay *follow = opaque;

	journal_stored(&follow->events, follow->at, address, data, length);
}

static void on_fault(void *opaque, uint32_t requester_id, const struct ioasim_fault *fault)
{
	struct follow_replay *follow = opaque;

	journal_fault(&follow->events, follow->at, requester_id, fault->code);
}

/* ---- The journal ----------------------------------------------------------------------------- */

/* Would the judgement of both answers be the same? At driver level size and rights are the
 * driver's own, and rights of a device's translation are judged. */
static bool same_answer(const struct follow_replay *follow, const struct journal_op *op,
			const struct ioasim_response *response)
{
	const struct journal_answer *answer = &op->access.answer;

	if (op->unsure || response->outcome != answer->outcome)
		return false;
	if (response->outcome != IOASIM_OK)
		return true;
	if (response->pa != answer->pa)
		return false;
	/* One by one: both at once would wait for the stores of both bytes. */
	if (follow->sizes && response->size_lg2 != answer->size_lg2)
		return false;
	if (response->access != answer->access)
		return !follow->sizes && op->access.request.kind != IOASIM_TRANSLATION_REQUEST;
	return true;
}

/* False: no host memory. */
static bool do_access(struct follow_replay *follow, const struct journal_op *op)
{
	struct ioasim_response response;

	ioasim_translate(follow->run.unit, &op->access.request, &response);
	if (follow->run.replay->check && !same_answer(follow, op, &response))
		follow->strayed = true;
	return replay_count(&follow->run, &op->access.request, op->access.length, &response);
}

static int clear(struct follow_replay *follow, const struct journal_op *op)
{
	static const unsigned char zeroes[4096];
	uint64_t at = op->clear.address, left = op->clear.length;
	int status = 0;

	for (uint64_t part; left && status == 0; at += part, left -= part) {
		part = left < sizeof(zeroes) ? left : sizeof(zeroes);
		status = ioasim_memory_write(follow->run.memory, at, zeroes, (size_t)part);
	}
	return status;
}

static void do_register(struct follow_replay *follow, const struct journal_op *op)
{
	uint32_t offset = (uint32_t)op->reg.offset;
	uint64_t value = op->reg.value;
	int status;

	if (op->kind == JOURNAL_WRITE)
		status = ioasim_mmio_write(follow->run.unit, offset, op->size, value);
	else
		status = ioasim_mmio_read(follow->run.unit, offset, op->size, &value);
	/* A driver that reads something else would do something else. */
	if (status != op->status || (status == 0 && value != op->reg.value))
		follow->strayed = true;
}

static int play(struct follow_replay *follow, const struct journal_op *op)
{
	struct ioasim_page_request_result result;

	switch ((enum journal_kind)op->kind) {
	case JOURNAL_STORE:
		return ioasim_memory_write(follow->run.memory, op->store.address, op->store.data,
					   op->size);
	case JOURNAL_CLEAR:
		return clear(follow, op);
	case JOURNAL_WRITE:
	case JOURNAL_READ:
		do_register(follow, op);
		return 0;
	case JOURNAL_ABORT:
		return ioasim_memory_abort(follow->run.memory, op->abort.first, op->abort.last);
	case JOURNAL_PAGE_REQUEST:
		ioasim_page_request(follow->run.unit, &op->page, &result);
		return 0;
	case JOURNAL_ACCESS:
		return do_access(follow, op) ? 0 : -ENOMEM;
	case JOURNAL_EVENTS:
		follow->strayed |= op->events != follow->events.digest;
		return 0;
	}
	return 0;
}

int replay_follow(struct replay_run *run, const struct journal *journal, bool *strayed)
{
	struct follow_replay *follow = (struct follow_replay *)run;
	int status = journal->failed ? -ENOMEM : 0;

	for (follow->at = 0; status == 0 && !follow->strayed && follow->at < journal->count;
	     follow->at++)
		status = play(follow, &journal->op[follow->at]);
	run->record += journal->records;
	run->result->records += journal->records;
	*strayed = follow->strayed;
	return status ? replay_fail(run, "%s", strerror(-status)) : 0;
}

/* ---- Life ------------------------------------------------------------------------------------- */

static int start(struct replay_run *run)
{
	static const struct ioasim_unit_callbacks judged = {
		.command = on_command, .stored = on_stored, .fault = on_fault};
	static const struct ioasim_unit_callbacks silent = {0};
	bool told = run->replay->check && run->result->level == TRACE_LEVEL_UNIT;

	((struct follow_replay *)run)->sizes = told;
	return replay_build(run, run->replay, told ? &judged : &silent, run);
}

static int feed(struct replay_run *run, const struct trace_record *records, size_t count)
{
	(void)records;
	(void)count;
	return replay_fail(run, "a follower is given journals");
}

static void end(struct replay_run *run)
{
	if (run->unit)
		result_finish(run->result, run->unit);
}

static const struct replay_level follow_level = {sizeof(struct follow_replay), start, feed, end};

int replay_follow_start(const struct replay *replay, const struct journal *journal,
			struct replay_run **run)
{
	bool strayed;
	int status = replay_start_level(replay, &follow_level, run);

	return status ? status : replay_follow(*run, journal, &strayed);
}

/* What a unit is told it does whatever it has cached. */
static bool same_commands(const struct ioasim_counters *own, const struct ioasim_counters *leader)
{
	return memcmp(own->commands, leader->commands, sizeof(own->commands)) == 0 &&
	       own->waits == leader->waits && own->command_fetches == leader->command_fetches;
}

bool replay_follow_end(struct replay_run *run, const struct result *leader)
{
	struct result *result = run->result;
	bool good = !((struct follow_replay *)run)->strayed;

	replay_end(run);
	good = good && same_commands(&result->counters, &leader->counters) &&
	       result->records == leader->records;
	if (good)
		result_adopt(result, leader);
	return good;
}
