/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log of QEMU's trace events as a trace reader. A line is an optional time stamp
 * (YYYY-MM-DDThh:mm:ss.uuuuuuZ, or PID@SECONDS.MICROSECONDS: of older releases), the
 * name of the event and its text. What is not used is counted by the event's name.
 *
 * The events do not say whether a device read or wrote, nor how much: an access is
 * taken for a read of one byte where the page can be read, else for a write.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "qemu.h"
#include "trace_reader.h"
#include "trace_time.h"

struct qemu_arch {
	const char *arch;
	const char *prefix; /* of its events' names */
	const struct qemu_event *events;
};

static const struct qemu_arch archs[] = {
	{"vtd", "vtd_", qemu_vtd_events},
	{"amdvi", "amdvi_", qemu_amdvi_events},
	{"smmuv3", "smmu", qemu_smmuv3_events},
};

struct qemu_log {
	struct trace_reader *reader;
	struct lift *lift;
	struct log_clock clock;
	struct qemu_detail detail;
};

struct lift *qemu_lift(struct qemu_log *log)
{
	return log->lift;
}

struct qemu_detail *qemu_detail(struct qemu_log *log)
{
	return &log->detail;
}

static int put_record(void *opaque, const struct trace_record *record)
{
	struct trace_record *added = trace_reader_add(opaque, record->time_ns);

	if (!added)
		return -ENOMEM;
	*added = *record;
	return 0;
}

int qemu_answer(struct qemu_log *log, const struct qemu_detail *detail, uint64_t pa)
{
	const uint8_t rights =
		detail->rights ? detail->rights : (uint8_t)(IOASIM_READ | IOASIM_WRITE);
	const struct lift_target target = {
		.rid = detail->rid, .pasid = TRACE_NO_PASID, .domain = detail->domain};
	const struct lift_answer answer = {.domain = detail->domain,
					   .iova = detail->iova,
					   .pa = pa,
					   .size_lg2 = detail->size_lg2,
					   .access = rights};
	struct trace_record *dma;
	int status = lift_attach(log->lift, &target);

	if (status == 0)
		status = lift_answer(log->lift, &answer);
	if (status < 0)
		return status;
	dma = trace_reader_add(log->reader, log->clock.now_ns);
	if (!dma)
		return -ENOMEM;
	dma->kind = TRACE_DMA;
	dma->flags = TRACE_ANSWERED;
	if (!detail->rights)
		dma->flags |= TRACE_NO_PERM;
	dma->rid = detail->rid;
	dma->address = detail->iova;
	dma->length = 1;
	dma->access = rights & IOASIM_READ ? IOASIM_READ : IOASIM_WRITE;
	dma->value = pa;
	dma->size = detail->size_lg2;
	dma->granted = detail->rights;
	log->detail.valid = false;
	return 0;
}

int qemu_refusal(struct qemu_log *log, uint32_t rid, uint64_t iova, uint8_t access)
{
	struct trace_record *dma;
	uint32_t domain;
	int status = lift_device(log->lift, rid);

	if (status == 0 && lift_attached(log->lift, rid, TRACE_NO_PASID, &domain))
		status = lift_refusal(log->lift, domain, iova, access);
	if (status < 0)
		return status;
	dma = trace_reader_add(log->reader, log->clock.now_ns);
	if (!dma)
		return -ENOMEM;
	dma->kind = TRACE_DMA;
	dma->flags = TRACE_ANSWERED | TRACE_REFUSED;
	dma->rid = rid;
	dma->address = iova;
	dma->length = 1;
	dma->access = access;
	log->detail.valid = false;
	return 0;
}

/* ---- Lines -------------------------------------------------------------------- */

/* Passes over a time stamp of either form. */
static void take_stamp(const char **p, struct log_clock *clock)
{
	const char *at = *p;
	uint64_t pid, ns;

	if (scan_date(&at, &ns)) {
		scan_spaces(&at);
	} else {
		at = *p;
		if (!scan_decimal(&at, &pid) || *at++ != '@' || !scan_seconds(&at, &ns) ||
		    *at++ != ':')
			return;
	}
	*p = at;
	if (clock)
		log_clock_set(clock, ns);
}

static size_t name_length(const char *p)
{
	return strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789_");
}

static const struct qemu_arch *arch_of(const char *name)
{
	for (size_t i = 0; i < sizeof(archs) / sizeof(archs[0]); i++)
		if (strncmp(name, archs[i].prefix, strlen(archs[i].prefix)) == 0)
			return &archs[i];
	return NULL;
}

static int use_event(struct qemu_log *log, const struct qemu_arch *arch, const char *name,
		     size_t length)
{
	const char *text = name + length;

	scan_spaces(&text);
	for (const struct qemu_event *event = arch->events; event->name; event++) {
		uint64_t values[SCAN_VALUES] = {0};

		if (strncmp(event->name, name, length) == 0 && event->name[length] == '\0' &&
		    scan_pattern(text, event->pattern, values))
			return event->use(log, values);
	}
	return QEMU_UNUSED;
}

static int use_line(struct qemu_log *log, const char *p)
{
	static const char no_event[] = "lines that are no trace event";
	const struct qemu_arch *arch;
	size_t length;
	int status = QEMU_UNUSED;

	take_stamp(&p, &log->clock);
	if (*p == '\0')
		return 0;
	length = name_length(p);
	if (length == 0 || (p[length] != ' ' && p[length] != '\0')) {
		trace_reader_skip(log->reader, no_event, strlen(no_event));
		return 0;
	}
	lift_time(log->lift, log->clock.now_ns);
	arch = arch_of(p);
	if (arch)
		status = use_event(log, arch, p, length);
	if (status == QEMU_UNUSED)
		trace_reader_skip(log->reader, p, length);
	return status < 0 ? status : 0;
}

static int qemu_next(struct trace_reader *reader, struct trace_error *error)
{
	while (reader->count < TRACE_BATCH) {
		char *line;
		size_t length;
		int status = input_line(reader->input, &line, &length, error);

		if (status == 0)
			break;
		if (status < 0)
			return status;
		status = use_line(reader->state, line);
		if (status < 0)
			return trace_fail(error, status, "out of memory");
	}
	return 0;
}

/* The architecture of the first event in a head of lines, which is not changed. */
static const struct qemu_arch *first_arch(const char *head)
{
	for (const char *line = head; line; line = strchr(line, '\n')) {
		const struct qemu_arch *arch;

		line += *line == '\n';
		take_stamp(&line, NULL);
		arch = arch_of(line);
		if (arch && line[name_length(line)] == ' ')
			return arch;
	}
	return NULL;
}

static int qemu_open(struct trace_reader *reader, struct trace_error *error)
{
	struct qemu_log *log = calloc(1, sizeof(*log));
	const struct qemu_arch *arch;
	const unsigned char *head;
	ssize_t n = input_peek(reader->input, INPUT_PEEK, &head, error);

	reader->state = log;
	if (n < 0)
		return (int)n;
	if (!log || lift_new(put_record, reader, &log->lift) < 0 ||
	    trace_meta_set(&reader->meta, "source", "qemu") < 0)
		return trace_fail(error, -ENOMEM, "out of memory");
	log->reader = reader;
	reader->meta.levels = TRACE_LEVEL_DRIVER;
	arch = first_arch((const char *)head);
	if (arch)
		strcpy(reader->meta.arch, arch->arch);
	return 0;
}

static void qemu_close(struct trace_reader *reader)
{
	struct qemu_log *log = reader->state;

	if (log)
		lift_free(log->lift);
	free(log);
}

static bool qemu_recognise(const unsigned char *head, size_t length)
{
	(void)length;
	return first_arch((const char *)head) != NULL;
}

const struct trace_format_ops trace_qemu_ops = {
	.format = TRACE_FORMAT_QEMU,
	.name = "qemu",
	.recognise = qemu_recognise,
	.open = qemu_open,
	.next = qemu_next,
	.close = qemu_close,
};
