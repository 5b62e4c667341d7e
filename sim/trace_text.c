/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace_reader.h"
#include "trace_scan.h"

struct text {
	uint64_t time_ns;
	const char *line;
	char *held; /* the first line behind the header, read with it */
};

/* Where a line is being read, and where complaints go. */
struct place {
	const char *p;
	const struct trace_reader *reader;
	struct trace_error *error;
};

static int wrong(const struct place *at, const char *p, const char *what)
{
	const struct text *text = at->reader->state;

	return trace_fail_at(at->error, at->reader->input, (size_t)(p - text->line) + 1,
			     "'%.*s': expected %s", (int)scan_word(p), p, what);
}

static bool at_end(const char *p)
{
	return *p == '\0' || *p == ' ' || *p == '\t';
}

static const char *const form_expected[] = {
	[TEXT_HEX] = "a number that fits, decimal or with 0x",
	[TEXT_DECIMAL] = "a number that fits, decimal or with 0x",
	[TEXT_LENGTH] = "a length, a number that may end in k, M, G or T",
	[TEXT_RID] = "a requester, bus:device.function or a number",
	[TEXT_RIGHTS] = "rights, letters of rwx or -",
	[TEXT_WORDS] = "one to four numbers with commas between",
	[TEXT_DOMAIN] = "kernel, nest_parent, identity, blocked, nested, nested_pasid or sva",
};

static bool scan_length(const char **p, uint64_t *value)
{
	static const char units[] = "kMGT";
	const char *unit;

	if (!scan_number(p, value))
		return false;
	unit = **p ? strchr(units, **p) : NULL;
	if (!unit)
		return true;
	++*p;
	return !__builtin_mul_overflow(*value, UINT64_C(1) << (10 * (unit - units + 1)), value);
}

static bool scan_rights(const char **p, uint64_t *value)
{
	static const char letters[] = "rwx";
	const char *start = *p;

	*value = 0;
	if (**p == '-') {
		++*p;
		return true;
	}
	for (const char *letter; **p && (letter = strchr(letters, **p)); ++*p)
		*value |= UINT64_C(1) << (letter - letters);
	return *p != start;
}

static bool scan_domain(const char **p, uint64_t *value)
{
	const char *name;

	for (unsigned i = 0; (name = trace_text_domain(i)); i++) {
		if (strlen(name) == scan_word(*p) && strncmp(*p, name, strlen(name)) == 0) {
			*p += strlen(name);
			*value = i;
			return true;
		}
	}
	return scan_number(p, value);
}

static bool scan_words(const char **p, struct trace_record *record)
{
	do {
		if (record->size == 4 || !scan_number(p, &record->words[record->size]))
			return false;
		record->size++;
	} while (scan_text(p, ","));
	return true;
}

static bool scan_form(const char **p, enum text_form form, uint64_t *value)
{
	switch (form) {
	case TEXT_LENGTH:
		return scan_length(p, value);
	case TEXT_RID:
		return scan_bdf(p, value) || scan_number(p, value);
	case TEXT_RIGHTS:
		return scan_rights(p, value);
	case TEXT_DOMAIN:
		return scan_domain(p, value);
	default:
		return scan_number(p, value);
	}
}

static bool fits(uint64_t value, unsigned width)
{
	return width >= 8 || value >> (8 * width) == 0;
}

static int read_value(struct place *at, const struct text_field *field, struct trace_record *record)
{
	const char *start = at->p;
	uint64_t value = 0;
	bool good;

	if (field->form == TEXT_WORDS) {
		good = scan_words(&at->p, record);
	} else {
		good = scan_form(&at->p, field->form, &value) && fits(value, field->width);
		if (good)
			memcpy((unsigned char *)record + field->offset, &value, field->width);
	}
	if (!good || !at_end(at->p))
		return wrong(at, start, form_expected[field->form]);
	if (field->offset == offsetof(struct trace_record, pasid))
		record->flags |= TRACE_PASID;
	if (field->optional && field->offset == offsetof(struct trace_record, value))
		record->flags |= TRACE_ANSWERED;
	return 0;
}

static int unknown_item(struct place *at, const struct text_kind *kind)
{
	char names[256];
	size_t used = 0;

	for (const struct text_field *f = kind->fields; f->name; f++)
		used += (size_t)snprintf(names + used, sizeof(names) - used,
					 "%s%s=", f == kind->fields ? "" : ", ", f->name);
	for (const struct text_flag *f = trace_text_flags(); f->word; f++)
		if (f->flag & kind->flags && used < sizeof(names))
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
						 used ? ", " : "", f->word);
	return wrong(at, at->p, used ? names : "the end of the line");
}

/* One NAME=VALUE or FLAG. *seen: a bit for every field that was there. */
static int read_item(struct place *at, const struct text_kind *kind, struct trace_record *record,
		     unsigned *seen)
{
	size_t length = strcspn(at->p, "= \t");

	for (unsigned i = 0; at->p[length] == '=' && kind->fields[i].name; i++) {
		const struct text_field *field = &kind->fields[i];

		if (strlen(field->name) != length || strncmp(at->p, field->name, length) != 0)
			continue;
		if (*seen & 1u << i)
			return wrong(at, at->p, "each name once");
		*seen |= 1u << i;
		at->p += length + 1;
		return read_value(at, field, record);
	}
	for (const struct text_flag *flag = trace_text_flags(); flag->word; flag++) {
		if (at_end(at->p + length) && kind->flags & flag->flag &&
		    strlen(flag->word) == length && strncmp(at->p, flag->word, length) == 0) {
			record->flags |= flag->flag;
			at->p += length;
			return 0;
		}
	}
	return unknown_item(at, kind);
}

static int read_items(struct place *at, const struct text_kind *kind, struct trace_record *record)
{
	unsigned seen = 0;

	for (scan_spaces(&at->p); *at->p && *at->p != '#'; scan_spaces(&at->p)) {
		int status = read_item(at, kind, record, &seen);

		if (status < 0)
			return status;
	}
	for (unsigned i = 0; kind->fields[i].name; i++) {
		if (kind->fields[i].optional || seen & 1u << i)
			continue;
		return trace_fail_at(at->error, at->reader->input,
				     (size_t)(at->p - ((struct text *)at->reader->state)->line) + 1,
				     "%s: expected %s=", kind->word, kind->fields[i].name);
	}
	return 0;
}

static int read_time(struct place *at)
{
	struct text *text = at->reader->state;
	const char *start = at->p++;
	uint64_t value, unit = 1;
	bool good = scan_number(&at->p, &value);

	if (good && scan_text(&at->p, "us"))
		unit = 1000;
	else if (good && scan_text(&at->p, "ms"))
		unit = 1000000;
	else if (good && !scan_text(&at->p, "ns") && scan_text(&at->p, "s"))
		unit = 1000000000;
	if (!good || !at_end(at->p) || __builtin_mul_overflow(value, unit, &value))
		return wrong(at, start, "@ and a time, a number that may end in ns, us, ms or s");
	if (value < text->time_ns)
		return wrong(at, start, "a time that does not lie before the one above");
	text->time_ns = value;
	scan_spaces(&at->p);
	return 0;
}

static unsigned find_kind(const char *word)
{
	size_t length = scan_word(word);

	for (unsigned kind = 1; kind < TRACE_KINDS; kind++) {
		const char *name = trace_text_kind(kind)->word;

		if (strlen(name) == length && strncmp(word, name, length) == 0)
			return kind;
	}
	return 0;
}

static int read_line(struct trace_reader *reader, const char *line, struct trace_error *error)
{
	struct text *text = reader->state;
	struct place at = {line, reader, error};
	struct trace_record *record;
	unsigned kind;
	int status;

	text->line = line;
	scan_spaces(&at.p);
	if (*at.p == '@' && (status = read_time(&at)) < 0)
		return status;
	if (*at.p == '\0' || *at.p == '#')
		return 0;
	kind = find_kind(at.p);
	if (!kind)
		return wrong(&at, at.p,
			     "a kind of record (reg, mem, cmd, store, fault, dma, map...)");
	at.p += scan_word(at.p);
	record = trace_reader_add(reader, text->time_ns);
	if (!record)
		return trace_fail(error, -ENOMEM, "out of memory");
	record->kind = (uint8_t)kind;
	status = read_items(&at, trace_text_kind(kind), record);
	if (status < 0)
		reader->count--;
	return status;
}

/* Takes the line back that ended the header. */
static int next_line(struct trace_reader *reader, char **line, struct trace_error *error)
{
	struct text *text = reader->state;
	size_t length;

	if (text->held) {
		*line = text->held;
		text->held = NULL;
		return 1;
	}
	return input_line(reader->input, line, &length, error);
}

static int text_next(struct trace_reader *reader, struct trace_error *error)
{
	while (reader->count < TRACE_BATCH) {
		char *line;
		int status = next_line(reader, &line, error);

		if (status == 1)
			status = read_line(reader, line, error);
		else if (status == 0)
			break;
		if (status < 0)
			return status;
	}
	return 0;
}

/* Undoes the writer's escapes, in place: a backslash and two hexadecimal digits. */
static bool unescape(char *text)
{
	char *to = text;

	while (*text) {
		if (*text != '\\') {
			*to++ = *text++;
			continue;
		}
		if (!text[1] || !text[2])
			return false;

		char digits[3] = {text[1], text[2], '\0'};
		const char *p = digits;
		uint64_t value;

		if (!scan_hex(&p, &value) || *p)
			return false;
		*to++ = (char)value;
		text += 3;
	}
	*to = '\0';
	return true;
}

static int read_key(struct trace_reader *reader, struct place *at, char *name)
{
	char *value = name + scan_word(name);
	int status;

	if (*value)
		*value++ = '\0';
	if (!*name || !unescape(name) || !unescape(value))
		return wrong(at, name, "a name and a value, with \\ before two digits only");
	status = trace_meta_set(&reader->meta, name, value);
	return status < 0 ? trace_fail(at->error, status, "out of memory") : 0;
}

static int read_levels(struct trace_reader *reader, struct place *at)
{
	while (scan_spaces(&at->p), *at->p) {
		if (scan_text(&at->p, "unit") && at_end(at->p))
			reader->meta.levels |= TRACE_LEVEL_UNIT;
		else if (scan_text(&at->p, "driver") && at_end(at->p))
			reader->meta.levels |= TRACE_LEVEL_DRIVER;
		else
			return wrong(at, at->p, "unit or driver");
	}
	return 0;
}

/* 1: a line of the header, 0: the first behind it. */
static int read_header(struct trace_reader *reader, char *line, struct trace_error *error)
{
	struct text *text = reader->state;
	struct place at = {line, reader, error};
	int status;

	text->line = line;
	if (*line == '\0' || *line == '#')
		return 1;
	if (scan_text(&at.p, "arch ")) {
		if (!*at.p || strlen(at.p) >= sizeof(reader->meta.arch))
			return wrong(&at, at.p, "vtd, amdvi or smmuv3");
		strcpy(reader->meta.arch, at.p);
		return 1;
	}
	if (scan_text(&at.p, "key "))
		status = read_key(reader, &at, line + strlen("key "));
	else if (scan_text(&at.p, "levels "))
		status = read_levels(reader, &at);
	else
		return 0;
	return status < 0 ? status : 1;
}

static int read_headers(struct trace_reader *reader, struct trace_error *error)
{
	struct text *text = reader->state;
	char *line;
	size_t length;
	int status = input_line(reader->input, &line, &length, error);

	if (status == 1 && strcmp(line, TRACE_TEXT_FIRST_LINE) != 0)
		return trace_fail_at(error, reader->input, 1, "expected '%s'",
				     TRACE_TEXT_FIRST_LINE);
	while (status > 0) {
		status = input_line(reader->input, &line, &length, error);
		if (status != 1)
			break;
		status = read_header(reader, line, error);
		if (status == 0)
			text->held = line;
	}
	return status;
}

static int text_open(struct trace_reader *reader, struct trace_error *error)
{
	reader->state = calloc(1, sizeof(struct text));
	if (!reader->state)
		return trace_fail(error, -ENOMEM, "out of memory");
	return read_headers(reader, error);
}

static void text_close(struct trace_reader *reader)
{
	free(reader->state);
}

static bool text_recognise(const unsigned char *head, size_t length)
{
	const size_t n = strlen("ioasim-trace ");

	return length >= n && memcmp(head, TRACE_TEXT_FIRST_LINE, n) == 0;
}

const struct trace_format_ops trace_text_ops = {
	.format = TRACE_FORMAT_TEXT,
	.name = "text",
	.recognise = text_recognise,
	.open = text_open,
	.next = text_next,
	.close = text_close,
};
