/* SPDX-License-Identifier: Apache-2.0 */
/* A translation explained in text, for a terminal or as Markdown: the same, the steps in a
 * block and the answer as a list. */
#include "explain.h"

#include "number.h"

#include <inttypes.h>
#include <string.h>

enum { LINE_WIDTH = 96, LISTS = 24 };

enum style { PLAIN, TITLE, NUMBER, CACHE, BAD, STYLES };

/* A text under way. Fields are explained where their list is met for the first time. */
struct telling {
	struct explain_out *out;
	const struct explain_case *what;
	const struct explain_notes *notes;
	const struct arch_words *words;
	const struct arch_field *list[LISTS]; /* explained */
	unsigned lists;
	const char *indent;
};

static const char *on(const struct telling *t, enum style style)
{
	static const char *const codes[STYLES] = {
		[PLAIN] = "\033[0m",  [TITLE] = "\033[1m",  [NUMBER] = "\033[36m",
		[CACHE] = "\033[33m", [BAD] = "\033[1;31m",
	};

	return t->out->colour ? codes[style] : "";
}

static void heading(const struct telling *t, const char *text)
{
	if (t->out->format == EXPLAIN_MD)
		fprintf(t->out->stream, "\n**%s**\n\n", text);
	else
		fprintf(t->out->stream, "\n%s%s%s\n", on(t, TITLE), text, on(t, PLAIN));
}

/* A line of the answer. */
static void point(const struct telling *t, const char *text)
{
	fprintf(t->out->stream, "%s%s\n", t->out->format == EXPLAIN_MD ? "- " : "  ", text);
}

/* ---- The request ------------------------------------------------------------------- */

static void request(const struct telling *t)
{
	static const char *const kinds[] = {"DMA", "Translation request", "Translated DMA"};
	const struct ioasim_request *r = t->what->request;
	char buffer[256];
	struct text text = text_in(buffer, sizeof(buffer));

	text_add(&text, "%s ", kinds[r->kind]);
	text_access(&text, r->access);
	text_add(&text, " at IOVA 0x%" PRIx64 ", %u byte%s", r->address, r->length,
		 r->length == 1 ? "" : "s");
	text_add(&text, ", by device %02x:%02x.%x (%s 0x%x)", r->requester_id >> 8 & 0xff,
		 r->requester_id >> 3 & 0x1f, r->requester_id & 7, t->words->device,
		 r->requester_id);
	if (r->has_pasid)
		text_add(&text, ", %s 0x%x", t->words->pasid, r->pasid);
	text_add(&text, "%s, on %s", r->privileged ? ", privileged" : "",
		 t->notes->unit->arch->title);
	if (t->out->format == EXPLAIN_MD)
		fprintf(t->out->stream, "### %s\n\n%s\n", t->what->title, buffer);
	else
		fprintf(t->out->stream, "%s%s%s\n%s\n", on(t, TITLE), t->what->title, on(t, PLAIN),
			buffer);
}

/* ---- Caches -------------------------------------------------------------------------- */

/* The name of a cache, as the machine file has it. */
static void list_caches(const struct telling *t, struct text *text,
			const struct explain_caches *caches, bool fills)
{
	for (unsigned n = 0; n < IOASIM_CACHES; n++) {
		unsigned i = t->words->asked[n];
		const char *before = text->used ? ", " : "";
		const char *name = ioasim_cache_name(i);
		unsigned hits = caches->of[i].hits, misses = caches->of[i].misses;

		if (fills && caches->of[i].fills)
			text_add(text, "%s%s%s", before, name,
				 caches->of[i].evictions ? " (evicts another entry)" : "");
		if (!fills && hits)
			text_add(text, "%s%s hit%s", before, name, hits > 1 ? "s" : "");
		before = text->used ? ", " : "";
		if (!fills && misses)
			text_add(text, "%s%s miss%s", before, name, misses > 1 ? "es" : "");
	}
}

static void tell_caches(const struct telling *t, const struct explain_caches *caches)
{
	static const char *const titles[] = {"look-up", "filled"};

	/* What a read has brought is filled before the next cache is asked. */
	for (int fills = 1; fills >= 0; fills--) {
		char buffer[256];
		struct text text = text_in(buffer, sizeof(buffer));

		list_caches(t, &text, caches, fills);
		if (text.used)
			fprintf(t->out->stream, "%s      %s%s: %s%s\n", t->indent, on(t, CACHE),
				titles[fills], buffer, on(t, PLAIN));
	}
}

/* ---- Entries --------------------------------------------------------------------------- */

static bool explained(struct telling *t, const struct arch_field *fields)
{
	for (unsigned i = 0; i < t->lists; i++)
		if (t->list[i] == fields)
			return true;
	if (t->lists < LISTS)
		t->list[t->lists++] = fields;
	return false;
}

/* The name of a value; NULL: it has none. */
static const char *value_name(const struct arch_field *field, uint64_t value)
{
	if (!field->values)
		return NULL;
	for (uint64_t i = 0; field->values[i]; i++)
		if (i == value)
			return field->values[i];
	return NULL;
}

static void field_text(struct text *text, const struct arch_field *field, const uint64_t *words,
		       bool explain)
{
	uint64_t value = field_get(field->high, field->low, words[field->word]);
	const char *name = value_name(field, value);

	if (arch_field_is_address(field))
		text_add(text, "%s=0x%" PRIx64, field->name,
			 field_bits(field->high, field->low, words[field->word]));
	else
		text_add(text, field->high == field->low ? "%s=%" PRIu64 : "%s=0x%" PRIx64,
			 field->name, value);
	if (!explain)
		return;
	if (name)
		text_add(text, " (%s: %s)", field->about, name);
	else
		text_add(text, " (%s)", field->about);
}

/* Words that are put into lines; a word may have blanks. */
struct lines {
	FILE *out;
	const char *indent, *more;
	int column;
};

static void put_word(struct lines *lines, const char *word)
{
	int length = (int)strlen(word), margin = (int)(strlen(lines->indent) + strlen(lines->more));

	if (lines->column && lines->column + 2 + length > LINE_WIDTH) {
		fputs(",\n", lines->out);
		lines->column = 0;
	}
	if (!lines->column)
		fprintf(lines->out, "%s%s%s", lines->indent, lines->more, word);
	else
		fprintf(lines->out, ", %s", word);
	lines->column += (lines->column ? 2 : margin) + length;
}

static bool is_zero(const struct arch_field *field, const struct ioasim_fetch *fetch, bool explain)
{
	return !field_get(field->high, field->low, fetch->entry[field->word]) &&
	       !(explain && field->values);
}

/* The fields with something in them first; those that are 0 by name alone. */
static void tell_fields(struct telling *t, const struct explain_step *step)
{
	const struct arch_field *fields = step->entry.fields, *field;
	bool explain = !explained(t, fields), first = true;
	struct lines lines = {.out = t->out->stream, .indent = t->indent, .more = "      "};
	char buffer[192];

	for (field = fields; field->name; field++) {
		struct text text = text_in(buffer, sizeof(buffer));

		if (is_zero(field, step->fetch, explain))
			continue;
		field_text(&text, field, step->fetch->entry, explain);
		put_word(&lines, buffer);
	}
	for (field = fields; field->name; field++) {
		if (!is_zero(field, step->fetch, explain))
			continue;
		snprintf(buffer, sizeof(buffer), "%s%s", first ? "0: " : "", field->name);
		put_word(&lines, buffer);
		first = false;
	}
	fputc('\n', t->out->stream);
}

static void page_size(struct text *text, unsigned lg2)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

	if (lg2 < 64)
		text_add(text, "%u %s", 1u << lg2 % 10, units[lg2 / 10]);
	else
		text_add(text, "unlimited size");
}

static const char *space(const struct telling *t, bool guest)
{
	return guest ? t->words->between : "PA";
}

static void leads_to(const struct telling *t, const struct explain_step *step, struct text *text)
{
	switch ((enum arch_content)step->entry.content) {
	case ARCH_EMPTY:
		text_add(text, "nothing: the walk ends here");
		break;
	case ARCH_POINTER:
		text_add(text, "a table at %s 0x%" PRIx64, space(t, step->guest), step->entry.next);
		break;
	case ARCH_LEAF:
		text_add(text, "a page of ");
		page_size(text, step->entry.page_lg2);
		text_add(text, " at %s 0x%" PRIx64, space(t, step->guest), step->entry.next);
		break;
	case ARCH_RECORD:
		text_add(text, "what governs the request");
		break;
	}
}

/* "at PA 0x.. = table 0x.. + 0x3 x 8, index 0x3 = source-id[7:0]" */
static void tell_place(const struct telling *t, const struct explain_step *step)
{
	const struct ioasim_fetch *fetch = step->fetch;

	fprintf(t->out->stream,
		"%s      at %s 0x%" PRIx64 " = table 0x%" PRIx64 " + 0x%" PRIx64
		" x %u, index 0x%" PRIx64 " = %s[%u:%u]\n",
		t->indent, space(t, step->behind), fetch->address, step->table, step->index,
		fetch->words * 8u, step->index, explain_input(t->notes, fetch), fetch->high,
		fetch->low);
	if (step->behind)
		fprintf(t->out->stream, "%s      which is PA 0x%" PRIx64 "\n", t->indent,
			fetch->pa);
}

/* Four to a line; the line of a single one stays open. */
static void tell_words(const struct telling *t, const struct ioasim_fetch *fetch)
{
	for (unsigned i = 0; i < fetch->words && i < 8; i++) {
		fprintf(t->out->stream, "%s0x%016" PRIx64, i % 4 ? " " : t->indent,
			fetch->entry[i]);
		if (fetch->words > 1 && (i % 4 == 3 || i + 1 == fetch->words))
			fputc('\n', t->out->stream);
	}
}

static void tell_read(struct telling *t, uint32_t n)
{
	struct explain_step step = explain_step(t->notes, n);
	const struct ioasim_fetch *fetch = step.fetch;
	const char *indent = t->indent;
	char buffer[160], deeper[32], after[NS_TEXT];
	struct text text = text_in(buffer, sizeof(buffer));

	fprintf(t->out->stream, "%s%s%4u%s  ", indent, on(t, NUMBER), n + 1, on(t, PLAIN));
	if (fetch->bus_error) {
		fprintf(t->out->stream, "[L%u] for %s: %sbus error%s\n", fetch->level,
			explain_input(t->notes, fetch), on(t, BAD), on(t, PLAIN));
		tell_place(t, &step);
		return;
	}
	leads_to(t, &step, &text);
	fprintf(t->out->stream, "%s%s%s [L%u] for %s 0x%" PRIx64 ", after %s ns\n", on(t, TITLE),
		step.entry.title, on(t, PLAIN), fetch->level, explain_input(t->notes, fetch),
		fetch->input, format_ns((n + 1) * t->what->memory_ps, after));
	tell_place(t, &step);
	snprintf(deeper, sizeof(deeper), "%s      ", indent);
	t->indent = deeper;
	tell_words(t, fetch);
	fprintf(t->out->stream, "%s-> %s\n", fetch->words > 1 ? deeper : " ", buffer);
	t->indent = indent;
	tell_fields(t, &step);
}

/* ---- The tree ----------------------------------------------------------------------------- */

/* The line above a second-stage walk that serves something. */
static void tell_behalf(const struct telling *t, uint32_t n)
{
	const struct ioasim_fetch *fetch = &t->notes->read[n].fetch;
	const char *whose = fetch->kind == IOASIM_REF_STAGE2_FOR_STAGE1 ? t->words->stage1
									: "the PASID's tables";

	if (fetch->kind == IOASIM_REF_STAGE2)
		fprintf(t->out->stream, "   the page itself: %s translates %s 0x%" PRIx64 "\n",
			t->words->stage2, t->words->between, fetch->input);
	else
		fprintf(t->out->stream,
			"   the next entry of %s lies at %s 0x%" PRIx64 ": %s says where that is\n",
			whose, t->words->between, fetch->input, t->words->stage2);
}

static void tell_reads(struct telling *t)
{
	bool nested = explain_nested(t->notes);

	for (uint32_t i = 0; i < t->notes->count; i++) {
		const struct ioasim_fetch *fetch = &t->notes->read[i].fetch;
		const struct ioasim_fetch *before = i ? &t->notes->read[i - 1].fetch : NULL;
		bool inner = nested && fetch->kind >= IOASIM_REF_STAGE2;
		bool begins = inner && (!before || before->kind != fetch->kind ||
					before->input != fetch->input);

		t->indent = inner && !begins ? "   |  " : "";
		tell_caches(t, &t->notes->read[i].before);
		if (begins)
			tell_behalf(t, i);
		t->indent = inner ? "   |  " : "";
		tell_read(t, i);
	}
	t->indent = "";
	tell_caches(t, &t->notes->after);
	if (t->notes->lost)
		fputs("      (further entries could not be noted for want of memory)\n",
		      t->out->stream);
	if (!t->notes->count)
		fputs("      no entry was read\n", t->out->stream);
}

/* ---- The answer ---------------------------------------------------------------------------- */

static void tell_rights(const struct telling *t)
{
	static const struct {
		unsigned right;
		const char *name;
	} rights[] = {{IOASIM_READ, "read"}, {IOASIM_WRITE, "write"}, {IOASIM_EXEC, "execute"}};
	struct explain_rights of = explain_rights(t->what);

	for (unsigned i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
		int at = explain_lost(t->what, rights[i].right);
		char buffer[160];
		struct text text = text_in(buffer, sizeof(buffer));

		if (!(of.missing & rights[i].right))
			continue;
		text_add(&text, "the right to %s is missing: ", rights[i].name);
		if (at >= 0)
			text_add(&text, "lost at read %d, the %s", at + 1,
				 explain_step(t->notes, (uint32_t)at).entry.title);
		else
			text_add(&text, "no entry that was read now takes it; a cached one or the "
					"rules of the request do");
		point(t, buffer);
	}
}

static void tell_fault(const struct telling *t)
{
	static const char *const causes[] = {
		[IOASIM_CAUSE_OTHER] = "none of the tables",
		[IOASIM_CAUSE_BLOCKED] = "the device's entry blocks it or is not valid",
		[IOASIM_CAUSE_PASID] = "the PASID has no valid entry",
		[IOASIM_CAUSE_STAGE1] = "stage 1 has no translation",
		[IOASIM_CAUSE_STAGE2] = "stage 2 has no translation",
		[IOASIM_CAUSE_PERMISSION] = "mapped, but the access is not allowed",
	};
	const struct ioasim_arch *arch = t->notes->unit->arch;
	const struct ioasim_fault *fault = &t->what->response->fault;
	const char *title = NULL, *name = arch->fault_name(fault->code);
	const struct arch_field *field;
	struct lines lines = {.out = t->out->stream, .indent = "", .more = "    "};
	char buffer[192];
	struct text text = text_in(buffer, sizeof(buffer));

	text_add(&text, "cause: %s; code 0x%x%s%s%s, %s", causes[fault->cause], fault->code,
		 name ? " (" : "", name ? name : "", name ? ")" : "",
		 fault->recorded ? "recorded" : "not recorded");
	point(t, buffer);
	if (!fault->words)
		return;
	field = arch->describe_fault(fault, &title);
	text = text_in(buffer, sizeof(buffer));
	text_add(&text, "%s:", title);
	point(t, buffer);
	for (; field->name; field++) {
		text = text_in(buffer, sizeof(buffer));
		if (field->word >= fault->words ||
		    !field_get(field->high, field->low, fault->record[field->word]))
			continue;
		field_text(&text, field, fault->record, true);
		put_word(&lines, buffer);
	}
	fputc('\n', t->out->stream);
}

static void tell_outcome(const struct telling *t)
{
	static const char *const outcomes[] = {
		[IOASIM_OK] = "",
		[IOASIM_FAULT] = "ended with an abort",
		[IOASIM_RAZ_WI] = "reads as zero, a write is dropped",
		[IOASIM_STALLED] = "waits: stalled",
		[IOASIM_INTERRUPT] = "an interrupt message, no memory access",
		[IOASIM_ATS_EMPTY] = "a completion without rights",
		[IOASIM_ATS_UR] = "refused: unsupported request",
		[IOASIM_ATS_CA] = "refused: completer abort",
	};
	const struct ioasim_response *r = t->what->response;
	char buffer[160];
	struct text text = text_in(buffer, sizeof(buffer));

	if (r->outcome != IOASIM_OK) {
		text_add(&text, "%s%s%s", on(t, BAD), outcomes[r->outcome], on(t, PLAIN));
		point(t, buffer);
		if (r->outcome != IOASIM_ATS_EMPTY)
			tell_fault(t);
		tell_rights(t);
		return;
	}
	text_add(&text, "goes on at PA 0x%" PRIx64 "; page of ", r->pa);
	page_size(&text, r->size_lg2);
	text_add(&text, ", rights ");
	text_access(&text, r->access);
	point(t, buffer);
	tell_rights(t);
}

/* "24 of page tables (4 x (1 + 4) + 4: 4 of the first stage, 20 of the second stage)" */
static void product(const struct telling *t, const struct explain_sums *sums, struct text *text)
{
	unsigned first = sums->kind[IOASIM_REF_STAGE1], last = sums->kind[IOASIM_REF_STAGE2];
	unsigned inner = sums->kind[IOASIM_REF_STAGE2_FOR_STAGE1];

	text_add(text, "%u of page tables", sums->tables);
	if (!first || !(inner + last))
		return;
	text_add(text, " (");
	if (sums->inner)
		text_add(text, "%u x (1 + %u) + %u: ", first, sums->inner, last);
	text_add(text, "%u of %s, %u of %s)", first, t->words->stage1, inner + last,
		 t->words->stage2);
}

static void parts(const struct telling *t, const struct explain_sums *sums, struct text *text)
{
	unsigned device = sums->kind[IOASIM_REF_DEVICE_TABLE];
	unsigned pasid = sums->kind[IOASIM_REF_PASID_TABLE];
	unsigned placed = sums->kind[IOASIM_REF_STAGE2_FOR_PASID_TABLE];
	const char *before = " = ";

	if (device) {
		text_add(text, "%s%u of the device's tables", before, device);
		before = " + ";
	}
	if (pasid) {
		text_add(text, "%s%u of the PASID's", before, pasid);
		before = " + ";
	}
	if (placed) {
		text_add(text, "%s%u of %s to find these", before, placed, t->words->stage2);
		before = " + ";
	}
	if (sums->tables) {
		text_add(text, "%s", before);
		product(t, sums, text);
	}
}

static void tell_cost(const struct telling *t)
{
	const struct ioasim_cost *cost = &t->what->response->cost;
	struct explain_sums sums = explain_sums(t->what);
	char buffer[256], each[NS_TEXT], all[NS_TEXT];
	struct text text = text_in(buffer, sizeof(buffer));

	text_add(&text, "cost: %u reference%s", sums.all, sums.all == 1 ? "" : "s");
	if (sums.all)
		parts(t, &sums, &text);
	point(t, buffer);
	text = text_in(buffer, sizeof(buffer));
	text_add(&text, "time: %u x %s ns = %s ns", sums.all, format_ns(t->what->memory_ps, each),
		 format_ns(sums.all * t->what->memory_ps, all));
	if (cost->flag_updates)
		text_add(&text, "; %u accessed or dirty flag%s set besides", cost->flag_updates,
			 cost->flag_updates == 1 ? "" : "s");
	point(t, buffer);
	if (t->what->label) {
		text = text_in(buffer, sizeof(buffer));
		text_add(&text, "%s: %s", t->what->label, t->what->other);
		point(t, buffer);
	}
}

void explain_text(struct explain_out *out, const struct explain_case *what)
{
	struct telling t = {
		.out = out,
		.what = what,
		.notes = what->notes,
		.words = what->notes->unit->arch->words,
		.indent = "",
	};
	const char *fence = out->format == EXPLAIN_MD ? "```\n" : "";

	request(&t);
	heading(&t,
		"Steps ([Ln]: tables of level n, counted from 0, which maps the smallest pages)");
	fputs(fence, out->stream);
	tell_reads(&t);
	fputs(fence, out->stream);
	heading(&t, "Answer");
	tell_outcome(&t);
	tell_cost(&t);
}
