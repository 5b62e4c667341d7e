/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_text.h"

#include <inttypes.h>
#include <string.h>

static uint64_t load(const struct trace_record *record, const struct text_field *field)
{
	const unsigned char *at = (const unsigned char *)record + field->offset;
	uint64_t value = 0;

	/* Little-endian, as the supported hosts are. Words have a form of their own. */
	memcpy(&value, at, field->width < sizeof(value) ? field->width : sizeof(value));
	return value;
}

static void put_length(FILE *out, uint64_t value)
{
	static const char units[] = {0, 'k', 'M', 'G', 'T'};
	unsigned unit = 0;

	while (unit < 4 && value && value % 1024 == 0) {
		value /= 1024;
		unit++;
	}
	fprintf(out, "%" PRIu64, value);
	if (unit)
		fputc(units[unit], out);
}

static void put_rid(FILE *out, uint64_t rid)
{
	if (rid > UINT16_MAX)
		fprintf(out, "0x%" PRIx64, rid);
	else
		fprintf(out, "%02x:%02x.%x", (unsigned)(rid >> 8), (unsigned)(rid >> 3 & 0x1f),
			(unsigned)(rid & 7));
}

static void put_rights(FILE *out, uint64_t access)
{
	if (!access)
		fputc('-', out);
	if (access & IOASIM_READ)
		fputc('r', out);
	if (access & IOASIM_WRITE)
		fputc('w', out);
	if (access & IOASIM_EXEC)
		fputc('x', out);
}

static void put_words(FILE *out, const struct trace_record *record)
{
	for (unsigned i = 0; i < record->size && i < 4; i++)
		fprintf(out, "%s0x%" PRIx64, i ? "," : "", record->words[i]);
}

static void put_domain(FILE *out, uint64_t kind)
{
	const char *name = kind <= UINT8_MAX ? trace_text_domain((unsigned)kind) : NULL;

	if (name)
		fputs(name, out);
	else
		fprintf(out, "%" PRIu64, kind);
}

static void put_value(FILE *out, const struct trace_record *record, const struct text_field *field)
{
	uint64_t value = load(record, field);

	switch (field->form) {
	case TEXT_HEX:
		fprintf(out, "0x%" PRIx64, value);
		break;
	case TEXT_LENGTH:
		put_length(out, value);
		break;
	case TEXT_RID:
		put_rid(out, value);
		break;
	case TEXT_RIGHTS:
		put_rights(out, value);
		break;
	case TEXT_WORDS:
		put_words(out, record);
		break;
	case TEXT_DOMAIN:
		put_domain(out, value);
		break;
	default:
		fprintf(out, "%" PRIu64, value);
	}
}

/* Is an optional field there? An answer is told by its pa, which may be 0. */
static bool is_there(const struct trace_record *record, const struct text_field *field)
{
	if (!field->optional)
		return true;
	if (field->offset == offsetof(struct trace_record, pasid))
		return record->flags & TRACE_PASID;
	if (field->offset == offsetof(struct trace_record, words))
		return record->size != 0;
	if (field->offset == offsetof(struct trace_record, value))
		return (record->flags & (TRACE_ANSWERED | TRACE_REFUSED)) == TRACE_ANSWERED;
	return load(record, field) != 0;
}

void trace_text_put(FILE *out, const struct trace_record *record, uint64_t *time_ns)
{
	const struct text_kind *kind = trace_text_kind(record->kind);

	if (!kind->word)
		return;
	if (record->time_ns != *time_ns)
		fprintf(out, "@%" PRIu64 " ", record->time_ns);
	*time_ns = record->time_ns;
	fputs(kind->word, out);
	for (const struct text_field *field = kind->fields; field->name; field++) {
		if (!is_there(record, field))
			continue;
		fprintf(out, " %s=", field->name);
		put_value(out, record, field);
	}
	for (const struct text_flag *flag = trace_text_flags(); flag->word; flag++)
		if ((record->flags & flag->flag) == flag->flag)
			fprintf(out, " %s", flag->word);
	fputc('\n', out);
}

/* A line must stay a line: what would end it, or look like the end, is escaped. */
static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '\n' || *text == '\r' || *text == '#')
			fprintf(out, "\\%02x", (unsigned char)*text);
		else
			fputc(*text, out);
	}
}

static void put_name(FILE *out, const char *name)
{
	for (; *name; name++) {
		if (*name == ' ' || *name == '\t')
			fprintf(out, "\\%02x", (unsigned char)*name);
		else
			put_escaped(out, (const char[]){*name, '\0'});
	}
}

void trace_text_put_header(FILE *out, const struct trace_meta *meta)
{
	fputs(TRACE_TEXT_FIRST_LINE "\n", out);
	if (meta->arch[0])
		fprintf(out, "arch %s\n", meta->arch);
	if (meta->levels)
		fprintf(out, "levels%s%s\n", meta->levels & TRACE_LEVEL_UNIT ? " unit" : "",
			meta->levels & TRACE_LEVEL_DRIVER ? " driver" : "");
	for (size_t i = 0; i < meta->n_keys; i++) {
		fputs("key ", out);
		put_name(out, meta->keys[i].name);
		fputc(' ', out);
		put_escaped(out, meta->keys[i].value);
		fputc('\n', out);
	}
}
