/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log "dmatrace 1" of an instrumented emulator: unit level, every answer
 * recorded. One record a line, numbers hexadecimal without prefix:
 *
 *	# KEY VALUE		header
 *	T USEC			time, decimal
 *	M ADDR VAL		memory word
 *	R OFF SIZE VAL		register write
 *	C W0 [W1 [W2 W3]]	command
 *	W ADDR SIZE VAL		store by the unit
 *	F RID CODE		fault
 *	D r|w RID IOVA LEN PA MASK PERM h|m|s
 *	D r|w RID IOVA LEN - - - m
 *
 * The recorder told rights as it had them: on vtd a read only says "r" whatever
 * the entry allows, on amdvi it is the leaf entry alone. Both get TRACE_NO_PERM.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trace_reader.h"
#include "trace_scan.h"

#define FIRST_LINE "# dmatrace 1"

struct dmatrace {
	uint64_t time_ns;
	bool vtd, amdvi;
	const char *line; /* the line being read */
};

/* One value of a line, for the messages. */
struct column {
	const char *p;
	const struct trace_reader *reader;
	struct trace_error *error;
};

static int expected(const struct column *at, const char *what)
{
	const struct dmatrace *log = at->reader->state;

	return trace_fail_at(at->error, at->reader->input, (size_t)(at->p - log->line) + 1,
			     "'%.*s': expected %s", (int)strcspn(at->p, " "), at->p, what);
}

static int take(struct column *at, uint64_t limit, const char *what, uint64_t *value)
{
	const char *p = at->p;

	if (*p != ' ')
		return expected(at, what);
	at->p = ++p;
	if (!scan_hex(&p, value) || (*p != ' ' && *p != '\0') || *value > limit)
		return expected(at, what);
	at->p = p;
	return 0;
}

static int take_end(struct column *at)
{
	return *at->p ? expected(at, "the end of the line") : 0;
}

static int take_size(struct column *at, struct trace_record *record)
{
	uint64_t size;

	if (take(at, 8, "a size in bytes, 1, 2, 4 or 8", &size))
		return -EINVAL;
	if (size == 0 || size & (size - 1))
		return expected(at, "in front of it a size of 1, 2, 4 or 8 bytes");
	record->size = (uint8_t)size;
	return 0;
}

static int read_register(struct column *at, struct trace_record *record)
{
	record->kind = TRACE_REGISTER;
	if (take(at, UINT32_MAX, "the offset of a register, hexadecimal", &record->address) ||
	    take_size(at, record) || take(at, UINT64_MAX, "a value, hexadecimal", &record->value))
		return -EINVAL;
	return take_end(at);
}

static int read_memory(struct column *at, struct trace_record *record)
{
	record->kind = TRACE_MEMORY;
	if (take(at, UINT64_MAX, "the address of a memory word, hexadecimal", &record->address) ||
	    take(at, UINT64_MAX, "a value, hexadecimal", &record->value))
		return -EINVAL;
	return take_end(at);
}

static int read_command(struct column *at, struct trace_record *record)
{
	record->kind = TRACE_COMMAND;
	do {
		if (take(at, UINT64_MAX, "a word of the command, hexadecimal",
			 &record->words[record->size]))
			return -EINVAL;
		record->size++;
	} while (record->size < 4 && *at->p);
	return take_end(at);
}

static int read_store(struct column *at, struct trace_record *record)
{
	record->kind = TRACE_STORE;
	if (take(at, UINT64_MAX, "the address stored to, hexadecimal", &record->address) ||
	    take_size(at, record) || take(at, UINT64_MAX, "a value, hexadecimal", &record->value))
		return -EINVAL;
	return take_end(at);
}

static int read_fault(struct column *at, struct trace_record *record)
{
	uint64_t rid;

	record->kind = TRACE_FAULT;
	if (take(at, UINT32_MAX, "a requester id, hexadecimal", &rid) ||
	    take(at, UINT32_MAX, "a fault code, hexadecimal", &record->value))
		return -EINVAL;
	record->rid = (uint32_t)rid;
	return take_end(at);
}

static int read_rights(struct column *at, struct trace_record *record)
{
	const char *p = at->p;

	at->p += *p == ' ';
	if (scan_text(&p, " rw "))
		record->granted = IOASIM_READ | IOASIM_WRITE;
	else if (scan_text(&p, " r "))
		record->granted = IOASIM_READ;
	else if (scan_text(&p, " w "))
		record->granted = IOASIM_WRITE;
	else
		return expected(at, "the rights, r, w or rw");
	at->p = p;
	return 0;
}

static int read_answer(struct column *at, struct trace_record *record)
{
	uint64_t mask;

	if (take(at, UINT64_MAX, "the address answered, hexadecimal, or -", &record->value))
		return -EINVAL;
	if (take(at, UINT64_MAX, "the size of the page minus 1, hexadecimal", &mask))
		return -EINVAL;
	if (mask & (mask + 1))
		return expected(at, "in front of it a page size minus 1 (a power of two)");
	record->size = (uint8_t)__builtin_popcountll(mask);
	if (read_rights(at, record))
		return -EINVAL;
	if (*at->p == 'h' || *at->p == 's')
		record->flags |= TRACE_CACHED;
	if (*at->p == 's')
		record->flags |= TRACE_STALE;
	else if (*at->p != 'h' && *at->p != 'm')
		return expected(at, "h, m or s");
	at->p++;
	return take_end(at);
}

static int read_dma(struct column *at, struct trace_record *record)
{
	const struct dmatrace *log = at->reader->state;
	uint64_t rid;

	record->kind = TRACE_DMA;
	record->flags = TRACE_ANSWERED;
	if (scan_text(&at->p, " r"))
		record->access = IOASIM_READ;
	else if (scan_text(&at->p, " w"))
		record->access = IOASIM_WRITE;
	else
		return expected(at, "r or w behind D");
	if (take(at, UINT32_MAX, "a requester id, hexadecimal", &rid) ||
	    take(at, UINT64_MAX, "an address, hexadecimal", &record->address) ||
	    take(at, UINT64_MAX, "a length in bytes, hexadecimal", &record->length))
		return -EINVAL;
	record->rid = (uint32_t)rid;
	if (strcmp(at->p, " - - - m") == 0) {
		record->flags |= TRACE_REFUSED;
		return 0;
	}
	if (log->amdvi || (log->vtd && record->access == IOASIM_READ))
		record->flags |= TRACE_NO_PERM;
	return read_answer(at, record);
}

/* Time never falls in a trace; a recording whose clock did is set straight. */
static int read_time(struct column *at, struct dmatrace *log)
{
	uint64_t us, ns;

	at->p += *at->p == ' ';
	if (!scan_decimal(&at->p, &us) || *at->p || __builtin_mul_overflow(us, 1000, &ns))
		return expected(at, "a time in microseconds, decimal");
	if (ns > log->time_ns)
		log->time_ns = ns;
	return 0;
}

static int read_line(struct trace_reader *reader, const char *line, struct trace_error *error)
{
	static int (*const readers['W' - 'C' + 1])(struct column *, struct trace_record *) = {
		['C' - 'C'] = read_command, ['D' - 'C'] = read_dma,      ['F' - 'C'] = read_fault,
		['M' - 'C'] = read_memory,  ['R' - 'C'] = read_register, ['W' - 'C'] = read_store,
	};
	struct dmatrace *log = reader->state;
	struct column at = {line, reader, error};
	struct trace_record *record;
	int status;

	log->line = line;
	if (line[0] == '\0' || line[0] == '#')
		return 0;
	at.p++;
	if (line[0] == 'T')
		return read_time(&at, log);
	if (line[0] < 'C' || line[0] > 'W' || !readers[line[0] - 'C']) {
		at.p--;
		return expected(&at, "one of T, M, R, C, W, F, D");
	}
	record = trace_reader_add(reader, log->time_ns);
	if (!record)
		return trace_fail(error, -ENOMEM, "out of memory");
	status = readers[line[0] - 'C'](&at, record);
	if (status < 0)
		reader->count--;
	return status;
}

static int dmatrace_next(struct trace_reader *reader, struct trace_error *error)
{
	while (reader->count < TRACE_BATCH) {
		char *line;
		size_t length;
		int status = input_line(reader->input, &line, &length, error);

		if (status == 1)
			status = read_line(reader, line, error);
		else if (status == 0)
			break;
		if (status < 0)
			return status;
	}
	return 0;
}

/* "cap.lo" and "cap.hi" are the halves of "cap". */
static int set_capability(struct trace_meta *meta, const char *name, uint64_t value)
{
	size_t length = strlen(name);
	bool high = length > 3 && strcmp(name + length - 3, ".hi") == 0;
	bool low = length > 3 && strcmp(name + length - 3, ".lo") == 0;
	char key[64], text[32];
	const char *old;

	if (high || low)
		length -= 3;
	if (length > sizeof(key) - 5)
		return -EINVAL;
	snprintf(key, sizeof(key), "cap.%.*s", (int)length, name);
	if (high)
		value <<= 32;
	old = trace_meta_get(meta, key);
	if (old && (high || low))
		value |= strtoull(old, NULL, 16);
	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return trace_meta_set(meta, key, text);
}

static int read_header(struct trace_reader *reader, char *line, struct trace_error *error)
{
	struct trace_meta *meta = &reader->meta;
	char *name = line + strspn(line, "# ");
	char *value = name + strcspn(name, " ");
	int status;

	if (*name == '\0')
		return 0;
	if (*value)
		*value++ = '\0';
	if (strcmp(name, "arch") == 0) {
		if (strlen(value) >= sizeof(meta->arch) || !*value)
			return trace_fail_at(error, reader->input, (size_t)(value - line) + 1,
					     "'%s': expected vtd, amdvi or smmuv3", value);
		strcpy(meta->arch, value);
		return 0;
	}
	if (strcmp(name, "id") == 0) {
		char *end = strchr(value, ' ');
		const char *number = end ? end + 1 : "";
		uint64_t id;

		if (end)
			*end = '\0';
		if (!scan_number(&number, &id) || *number)
			return trace_fail_at(error, reader->input, (size_t)(value - line) + 1,
					     "expected NAME VALUE of a capability register");
		status = set_capability(meta, value, id);
	} else {
		status = trace_meta_set(meta, name, value);
	}
	return status == -EINVAL ? trace_fail_at(error, reader->input, 1, "the name is too long")
	       : status          ? trace_fail(error, status, "out of memory")
				 : 0;
}

static int read_headers(struct trace_reader *reader, struct trace_error *error)
{
	const unsigned char *next;
	char *line;
	size_t length;
	int status = input_line(reader->input, &line, &length, error);

	if (status == 1 && strcmp(line, FIRST_LINE) != 0)
		status = trace_fail_at(error, reader->input, 1, "expected '%s'", FIRST_LINE);
	while (status > 0) {
		ssize_t n = input_peek(reader->input, 1, &next, error);

		if (n <= 0 || *next != '#')
			return (int)(n < 0 ? n : 0);
		status = input_line(reader->input, &line, &length, error);
		if (status == 1 && read_header(reader, line, error) < 0)
			return -EINVAL;
	}
	return status;
}

static int dmatrace_open(struct trace_reader *reader, struct trace_error *error)
{
	struct dmatrace *log = calloc(1, sizeof(*log));
	int status;

	reader->state = log;
	if (!log)
		return trace_fail(error, -ENOMEM, "out of memory");
	reader->meta.levels = TRACE_LEVEL_UNIT;
	status = trace_meta_set(&reader->meta, "source", "dmatrace");
	if (status < 0)
		return trace_fail(error, status, "out of memory");
	status = read_headers(reader, error);
	log->vtd = strcmp(reader->meta.arch, "vtd") == 0;
	log->amdvi = strcmp(reader->meta.arch, "amdvi") == 0;
	return status;
}

static void dmatrace_close(struct trace_reader *reader)
{
	free(reader->state);
}

static bool dmatrace_recognise(const unsigned char *head, size_t length)
{
	return length >= strlen(FIRST_LINE) && memcmp(head, FIRST_LINE, strlen(FIRST_LINE)) == 0;
}

const struct trace_format_ops trace_dmatrace_ops = {
	.format = TRACE_FORMAT_DMATRACE,
	.name = "dmatrace",
	.recognise = dmatrace_recognise,
	.open = dmatrace_open,
	.next = dmatrace_next,
	.close = dmatrace_close,
};
