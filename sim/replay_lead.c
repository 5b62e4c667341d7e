/* SPDX-License-Identifier: Apache-2.0 */
/* The leader's side: the journal. */
#include "replay_lead.h"

#include "model/watch.h"

#include <errno.h>
#include <stdlib.h>

struct replay_lead {
	struct journal *journal;
	struct software_watch watch;
	struct journal_events events;
};

/* ---- The journal ------------------------------------------------------------------------ */

void journal_fini(struct journal *journal)
{
	free(journal->op);
	*journal = (struct journal){.count = 0};
}

static bool grow(struct journal *journal)
{
	size_t room = journal->room ? journal->room * 2 : 1024;
	struct journal_op *more = reallocarray(journal->op, room, sizeof(*more));

	if (!more) {
		journal->failed = true;
		return false;
	}
	journal->op = more;
	journal->room = room;
	return true;
}

/* Not zeroed. NULL: no host memory, which the journal remembers. */
static struct journal_op *add(struct replay_lead *lead, enum journal_kind kind)
{
	struct journal *journal = lead->journal;
	struct journal_op *op;

	if (journal->count == journal->room && !grow(journal))
		return NULL;
	op = &journal->op[journal->count++];
	op->kind = (uint8_t)kind;
	return op;
}

static void mix(struct journal_events *events, uint64_t word)
{
	events->digest = (events->digest ^ word) * 0x9e3779b97f4a7c15u;
	events->digest ^= events->digest >> 29;
}

void journal_command(struct journal_events *events, size_t place, const uint64_t *words,
		     unsigned count)
{
	mix(events, place << 8 | count);
	for (unsigned i = 0; i < count; i++)
		mix(events, words[i]);
}

void journal_stored(struct journal_events *events, size_t place, uint64_t address, const void *data,
		    unsigned length)
{
	const unsigned char *from = data;

	mix(events, place << 8 | 0x80);
	mix(events, address);
	mix(events, length);
	for (unsigned at = 0; at < length; at += 8) {
		uint64_t word = 0;

		memcpy(&word, from + at, length - at < 8 ? length - at : 8);
		mix(events, word);
	}
}

void journal_fault(struct journal_events *events, size_t place, uint32_t requester_id,
		   unsigned code)
{
	mix(events, place << 8 | 0xff);
	mix(events, (uint64_t)requester_id << 32 | code);
}

/* ---- What software does --------------------------------------------------------------------- */

static bool all_zero(const unsigned char *data, size_t length)
{
	return data[0] == 0 && memcmp(data, data + 1, length - 1) == 0;
}

static void on_stored(void *opaque, ioasim_pa_t address, const void *data, size_t length)
{
	struct replay_lead *lead = opaque;
	const unsigned char *from = data;
	struct journal_op *op;

	if (length > JOURNAL_BYTES && all_zero(data, length)) {
		op = add(lead, JOURNAL_CLEAR);
		if (op) {
			op->clear.address = address;
			op->clear.length = length;
		}
		return;
	}
	for (size_t at = 0, part; at < length; at += part) {
		part = length - at < JOURNAL_BYTES ? length - at : JOURNAL_BYTES;
		op = add(lead, JOURNAL_STORE);
		if (!op)
			return;
		op->size = (uint8_t)part;
		op->store.address = address + at;
		memcpy(op->store.data, from + at, part);
	}
}

static void add_register(struct replay_lead *lead, enum journal_kind kind,
			 const struct journal_op *values)
{
	struct journal_op *op = add(lead, kind);

	if (!op)
		return;
	op->size = values->size;
	op->status = values->status;
	op->reg = values->reg;
}

static void on_written(void *opaque, uint32_t offset, unsigned size, uint64_t value, int status)
{
	add_register(opaque, JOURNAL_WRITE,
		     &(struct journal_op){
			     .size = (uint8_t)size, .status = status, .reg = {offset, value}});
}

static void on_read(void *opaque, uint32_t offset, unsigned size, uint64_t value, int status)
{
	add_register(opaque, JOURNAL_READ,
		     &(struct journal_op){
			     .size = (uint8_t)size, .status = status, .reg = {offset, value}});
}

/* ---- What the trace and its devices do ------------------------------------------------------- */

void replay_lead_abort(struct replay_run *run, uint64_t first, uint64_t last)
{
	struct journal_op *op = add(run->lead, JOURNAL_ABORT);

	if (!op)
		return;
	op->abort.first = first;
	op->abort.last = last;
}

void replay_lead_page_request(struct replay_run *run, const struct ioasim_page_request *request)
{
	struct journal_op *op = add(run->lead, JOURNAL_PAGE_REQUEST);

	if (op)
		op->page = *request;
}

void replay_lead_access(struct replay_run *run, const struct ioasim_request *request,
			uint64_t length, const struct ioasim_response *response)
{
	struct journal_op *op = add(run->lead, JOURNAL_ACCESS);

	if (!op)
		return;
	op->unsure = false;
	op->access.request = *request;
	op->access.length = length;
	op->access.answer = (struct journal_answer){
		.pa = response->pa,
		.outcome = response->outcome,
		.access = response->access,
		.size_lg2 = response->size_lg2,
	};
}

void replay_lead_unsure(struct replay_run *run)
{
	struct journal *journal = run->lead ? run->lead->journal : NULL;

	if (journal && journal->count && journal->op[journal->count - 1].kind == JOURNAL_ACCESS)
		journal->op[journal->count - 1].unsure = true;
}

void replay_lead_command(struct replay_run *run, const uint64_t *words, unsigned count)
{
	if (run->lead)
		journal_command(&run->lead->events, run->lead->journal->count, words, count);
}

void replay_lead_stored(struct replay_run *run, uint64_t address, const void *data, unsigned length)
{
	if (run->lead)
		journal_stored(&run->lead->events, run->lead->journal->count, address, data,
			       length);
}

void replay_lead_fault(struct replay_run *run, uint32_t requester_id, unsigned code)
{
	if (run->lead)
		journal_fault(&run->lead->events, run->lead->journal->count, requester_id, code);
}

/* ---- Life ---------------------------------------------------------------------------------------- */

int replay_lead_start(struct replay_run *run)
{
	struct replay_lead *lead = calloc(1, sizeof(*lead));

	if (!lead)
		return -ENOMEM;
	lead->watch = (struct software_watch){
		.stored = on_stored, .written = on_written, .read = on_read, .opaque = lead};
	run->lead = lead;
	replay_lead_into(run, run->replay->journal);
	memory_watch(run->memory, &lead->watch);
	unit_watch(run->unit, &lead->watch);
	return 0;
}

void replay_lead_into(struct replay_run *run, struct journal *journal)
{
	journal->count = 0;
	journal->records = 0;
	run->lead->journal = journal;
}

void replay_lead_fed(struct replay_run *run, size_t records)
{
	struct journal_op *op = add(run->lead, JOURNAL_EVENTS);

	if (op)
		op->events = run->lead->events.digest;
	run->lead->journal->records = records;
}

/* What the driver does to end is no one's business. */
void replay_lead_end(struct replay_run *run)
{
	if (!run->lead)
		return;
	if (run->memory)
		memory_watch(run->memory, NULL);
	if (run->unit)
		unit_watch(run->unit, NULL);
	free(run->lead);
	run->lead = NULL;
}
