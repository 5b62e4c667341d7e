/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"
#include "model/arch.h"
#include "model/field.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Wide fields that begin above the lowest bits hold addresses, stored unshifted. */
enum { ADDRESS_LOW = 4, ADDRESS_BITS = 24 };

enum { TEXT_SIZE = 512, LINE_WIDTH = 96 };

static const char *const purposes[IOASIM_REF_KINDS] = {
	[IOASIM_REF_DEVICE_TABLE] = "device",
	[IOASIM_REF_PASID_TABLE] = "PASID",
	[IOASIM_REF_STAGE1] = "stage 1",
	[IOASIM_REF_STAGE2] = "stage 2",
	[IOASIM_REF_STAGE2_FOR_STAGE1] = "stage 2 for a stage 1 table",
	[IOASIM_REF_STAGE2_FOR_PASID_TABLE] = "stage 2 for a PASID table",
};

static const char *const cache_titles[IOASIM_CACHES] = {
	[IOASIM_CACHE_DEVICE] = "device",
	[IOASIM_CACHE_PASID] = "PASID",
	[IOASIM_CACHE_STAGE1_WALK] = "stage 1 walk",
	[IOASIM_CACHE_STAGE2_WALK] = "stage 2 walk",
	[IOASIM_CACHE_STAGE2_TLB] = "stage 2 TLB",
	[IOASIM_CACHE_IOTLB] = "IOTLB",
};

void explain_note(void *opaque, const struct ioasim_fetch *fetch)
{
	struct explain_notes *notes = opaque;

	if (!notes->on)
		return;
	if (notes->count == notes->room) {
		uint32_t room = notes->room ? 2 * notes->room : 32;
		struct ioasim_fetch *grown = realloc(notes->fetch, room * sizeof(*grown));

		if (!grown) {
			notes->lost = true;
			return;
		}
		notes->fetch = grown;
		notes->room = room;
	}
	notes->fetch[notes->count++] = *fetch;
}

void explain_notes_fini(struct explain_notes *notes)
{
	free(notes->fetch);
	memset(notes, 0, sizeof(*notes));
}

/* ---- Entries --------------------------------------------------------------------- */

static int field_text(char *buffer, size_t size, const struct arch_field *field,
		      const struct ioasim_fetch *fetch)
{
	uint64_t word = field->word < fetch->words ? fetch->entry[field->word] : 0;
	unsigned bits = field->high - field->low + 1;
	uint64_t value = field_get(field->high, field->low, word);

	if (field->low >= ADDRESS_LOW && bits >= ADDRESS_BITS)
		value = field_bits(field->high, field->low, word);
	return snprintf(buffer, size, bits == 1 ? "%s=%" PRIu64 : "%s=0x%" PRIx64, field->name,
			value);
}

static void print_fields(FILE *out, const struct arch_field *field,
			 const struct ioasim_fetch *fetch)
{
	static const char indent[] = "      ";
	int column = (int)strlen(indent);

	if (!field || !field->name)
		return;
	fputs(indent, out);
	for (; field->name; field++) {
		char text[64];
		int length = field_text(text, sizeof(text), field, fetch);

		if (column > (int)strlen(indent) && column + 1 + length > LINE_WIDTH) {
			fprintf(out, "\n%s", indent);
			column = (int)strlen(indent);
		}
		column += fprintf(out, "%s%s", column > (int)strlen(indent) ? " " : "", text);
	}
	fputc('\n', out);
}

static void print_fetch(FILE *out, const struct ioasim_unit *unit, uint32_t number,
			const struct ioasim_fetch *fetch)
{
	const struct arch_field *fields = NULL;
	const char *title = "entry";

	if (unit->arch->describe)
		fields = unit->arch->describe(unit, fetch, &title);
	fprintf(out, "%4u  %-27s  %5u  0x%016" PRIx64 "  0x%013" PRIx64 "  ", number,
		purposes[fetch->kind], fetch->level, fetch->input, fetch->pa);
	if (fetch->bus_error) {
		fputs("bus error\n", out);
		return;
	}
	fprintf(out, "%s\n      ", title);
	for (unsigned i = 0; i < fetch->words && i < 8; i++)
		fprintf(out, "%s0x%016" PRIx64,
			i == 4 ? "\n      "
			: i    ? " "
			       : "",
			fetch->entry[i]);
	fputc('\n', out);
	print_fields(out, fields, fetch);
}

static void print_fetches(FILE *out, const struct ioasim_unit *unit,
			  const struct explain_notes *notes)
{
	if (!notes->count) {
		fputs("no entry was read\n", out);
		return;
	}
	fprintf(out, "%4s  %-27s  %5s  %-18s  %-15s  %s\n", "#", "read for", "level",
		"address translated", "read at", "entry");
	for (uint32_t i = 0; i < notes->count; i++)
		print_fetch(out, unit, i + 1, &notes->fetch[i]);
	if (notes->lost)
		fputs("      (further entries could not be noted for want of memory)\n", out);
}

/* ---- Cost and end ------------------------------------------------------------------ */

static void print_caches(FILE *out, const struct ioasim_cost *cost)
{
	const char *before = "caches: ";

	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		bool hit = cost->hits >> i & 1, miss = cost->misses >> i & 1;

		if (!hit && !miss)
			continue;
		fprintf(out, "%s%s %s", before, cache_titles[i],
			hit && miss ? "hit and miss"
			: hit       ? "hit"
				    : "miss");
		before = ", ";
	}
	fprintf(out, "%s\n", before[0] == 'c' ? "caches: not asked" : "");
}

static void print_cost(FILE *out, const struct ioasim_cost *cost)
{
	unsigned total = 0;
	const char *before = " (";

	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++)
		for (unsigned level = 0; level < IOASIM_LEVELS; level++)
			total += cost->refs[kind][level];
	fprintf(out, "cost: %u reference%s", total, total == 1 ? "" : "s");
	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++) {
		unsigned sum = 0;

		for (unsigned level = 0; level < IOASIM_LEVELS; level++)
			sum += cost->refs[kind][level];
		if (!sum)
			continue;
		fprintf(out, "%s%s %u", before, purposes[kind], sum);
		before = ", ";
	}
	fprintf(out, "%s", total ? ")" : "");
	if (cost->flag_updates)
		fprintf(out, ", %u update%s of accessed and dirty flags", cost->flag_updates,
			cost->flag_updates == 1 ? "" : "s");
	fputc('\n', out);
}

void explain_print(FILE *out, const struct ioasim_unit *unit, const struct explain_notes *notes,
		   const struct ioasim_request *request, const struct ioasim_response *response)
{
	char buffer[TEXT_SIZE];
	struct text text = text_in(buffer, sizeof(buffer));

	text_request(&text, request);
	fprintf(out, "%s (device %02x:%02x.%x) on %s\n\n", buffer, request->requester_id >> 8,
		request->requester_id >> 3 & 0x1f, request->requester_id & 7, unit->arch->title);
	print_fetches(out, unit, notes);
	fputc('\n', out);
	print_caches(out, &response->cost);
	print_cost(out, &response->cost);
	text = text_in(buffer, sizeof(buffer));
	text_response(&text, unit->arch->name, response);
	fprintf(out, "answer: %s\n", buffer);
}
