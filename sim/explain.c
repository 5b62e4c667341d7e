/* SPDX-License-Identifier: Apache-2.0 */
/* What is noted of a translation, and what can be said of it in any format. */
#include "explain.h"

#include "message.h"

#include <ioasim/version.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const explain_formats[] = {"text", "md", "json", NULL};

/* ---- Noting ----------------------------------------------------------------------- */

/* What the caches have done since they were last looked at. */
static struct explain_caches since(struct explain_notes *notes)
{
	const struct ioasim_counters *counters = ioasim_unit_counters(notes->unit);
	struct explain_caches done;

	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		const struct ioasim_cache_counters *now = &counters->cache[i];
		const struct ioasim_cache_counters *seen = &notes->seen[i];

		done.of[i].hits = (uint8_t)(now->hits - seen->hits);
		done.of[i].misses = (uint8_t)(now->misses - seen->misses);
		done.of[i].fills = (uint8_t)(now->fills - seen->fills);
		done.of[i].evictions = (uint8_t)(now->evictions - seen->evictions);
		notes->seen[i] = *now;
	}
	return done;
}

void explain_note(void *opaque, const struct ioasim_fetch *fetch)
{
	struct explain_notes *notes = opaque;

	if (!notes->on)
		return;
	if (notes->count == notes->room) {
		uint32_t room = notes->room ? 2 * notes->room : 32;
		struct explain_read *grown = realloc(notes->read, room * sizeof(*grown));

		if (!grown) {
			notes->lost = true;
			return;
		}
		notes->read = grown;
		notes->room = room;
	}
	notes->read[notes->count++] =
		(struct explain_read){.before = since(notes), .fetch = *fetch};
}

void explain_begin(struct explain_notes *notes, const struct ioasim_unit *unit)
{
	notes->unit = unit;
	notes->on = true;
	notes->lost = false;
	notes->count = 0;
	(void)since(notes);
}

void explain_end(struct explain_notes *notes)
{
	notes->after = since(notes);
	notes->on = false;
}

void explain_notes_fini(struct explain_notes *notes)
{
	free(notes->read);
	memset(notes, 0, sizeof(*notes));
}

/* ---- What can be said --------------------------------------------------------------- */

bool explain_nested(const struct explain_notes *notes)
{
	bool first = false, second = false;

	for (uint32_t i = 0; i < notes->count; i++) {
		const struct ioasim_fetch *fetch = &notes->read[i].fetch;

		first |= fetch->kind == IOASIM_REF_STAGE1;
		second |= fetch->kind >= IOASIM_REF_STAGE2;
		if (fetch->address != fetch->pa || fetch->kind == IOASIM_REF_STAGE2_FOR_PASID_TABLE)
			return true;
	}
	return first && second;
}

const char *explain_input(const struct explain_notes *notes, const struct ioasim_fetch *fetch)
{
	const struct arch_words *words = notes->unit->arch->words;

	switch ((enum ioasim_reference_kind)fetch->kind) {
	case IOASIM_REF_DEVICE_TABLE:
		return words->device;
	case IOASIM_REF_PASID_TABLE:
		return words->pasid;
	case IOASIM_REF_STAGE1:
		return "IOVA";
	case IOASIM_REF_STAGE2:
		return explain_nested(notes) ? words->between : "IOVA";
	default:
		return words->between;
	}
}

struct explain_step explain_step(const struct explain_notes *notes, uint32_t n)
{
	const struct ioasim_fetch *fetch = &notes->read[n].fetch;
	struct explain_step step = {
		.fetch = fetch,
		.index = field_get(fetch->high, fetch->low, fetch->input),
	};

	step.table = fetch->address - step.index * fetch->words * sizeof(uint64_t);
	step.behind = fetch->address != fetch->pa;
	/* Tables that stage 2 has placed, and what a nested stage 1 leads to. */
	if (fetch->kind == IOASIM_REF_STAGE1 || fetch->kind == IOASIM_REF_PASID_TABLE)
		step.guest =
			explain_nested(notes) && (fetch->kind == IOASIM_REF_STAGE1 || step.behind);
	if (!fetch->bus_error)
		notes->unit->arch->describe(notes->unit, fetch, &step.entry);
	return step;
}

struct explain_rights explain_rights(const struct explain_case *what)
{
	const struct ioasim_response *response = what->response;
	unsigned asked = what->request->access, granted = response->access;
	unsigned told = IOASIM_READ | IOASIM_WRITE | (asked & IOASIM_EXEC);

	if (response->outcome == IOASIM_OK || response->outcome == IOASIM_ATS_EMPTY)
		return (struct explain_rights){(uint8_t)granted, (uint8_t)(told & ~granted)};
	if (response->fault.cause == IOASIM_CAUSE_PERMISSION)
		return (struct explain_rights){0, (uint8_t)asked};
	return (struct explain_rights){0, 0};
}

int explain_lost(const struct explain_case *what, unsigned right)
{
	bool privileged = what->request->privileged;

	for (uint32_t i = 0; i < what->notes->count; i++) {
		struct explain_step step = explain_step(what->notes, i);

		/* What is read for a table limits the reading of that alone. */
		if (step.fetch->bus_error || step.entry.content == ARCH_EMPTY ||
		    step.fetch->kind > IOASIM_REF_STAGE2)
			continue;
		if (!(step.entry.access[privileged] & right))
			return (int)i;
	}
	return -1;
}

/* How many reads of stage 2 stand before each of stage 1. */
static unsigned inner_reads(const struct explain_notes *notes)
{
	unsigned run = 0, found = 0;

	for (uint32_t i = 0; i < notes->count; i++) {
		uint8_t kind = notes->read[i].fetch.kind;

		run += kind == IOASIM_REF_STAGE2_FOR_STAGE1;
		if (kind != IOASIM_REF_STAGE1)
			continue;
		if (found && found != run)
			return 0;
		found = run;
		run = 0;
	}
	return run ? 0 : found;
}

struct explain_sums explain_sums(const struct explain_case *what)
{
	const struct ioasim_cost *cost = &what->response->cost;
	struct explain_sums sums = {.inner = inner_reads(what->notes)};

	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++) {
		for (unsigned level = 0; level < IOASIM_LEVELS; level++)
			sums.kind[kind] += cost->refs[kind][level];
		sums.all += sums.kind[kind];
		if (kind == IOASIM_REF_STAGE1 || kind == IOASIM_REF_STAGE2 ||
		    kind == IOASIM_REF_STAGE2_FOR_STAGE1)
			sums.tables += sums.kind[kind];
	}
	return sums;
}

/* ---- Formats --------------------------------------------------------------------------- */

int explain_open(struct explain_out *out, FILE *stream, enum explain_format format)
{
	struct message terminal;

	message_init(&terminal, stream);
	*out = (struct explain_out){
		.stream = stream,
		.format = (uint8_t)format,
		.colour = format == EXPLAIN_TEXT && terminal.colour,
	};
	if (format != EXPLAIN_JSON)
		return 0;
	out->walks = json_array();
	return out->walks ? 0 : -ENOMEM;
}

int explain_show(struct explain_out *out, const struct explain_case *what)
{
	if (out->format == EXPLAIN_JSON) {
		json_t *walk = explain_json(what);

		return !walk || json_array_append_new(out->walks, walk) ? -ENOMEM : 0;
	}
	if (out->shown++)
		fputc('\n', out->stream);
	explain_text(out, what);
	return 0;
}

int explain_close(struct explain_out *out)
{
	json_t *root;
	int err = 0;

	if (out->format != EXPLAIN_JSON)
		return 0;
	root = json_pack("{s:s, s:o}", "version", IOASIM_VERSION, "walks", out->walks);
	out->walks = NULL;
	if (!root || json_dumpf(root, out->stream, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) != 0)
		err = -ENOMEM;
	else
		fputc('\n', out->stream);
	json_decref(root);
	return err;
}
