/* SPDX-License-Identifier: Apache-2.0 */
#include "timeline_write.h"

#include <inttypes.h>
#include <stdarg.h>

#define COUNTERS 1 /* group of the counters: that of the unit */

/* Microseconds, as the format has them. */
#define TIME_FORMAT          "%" PRIu64 ".%03u"
#define TIME_ARGUMENTS(ns)   (ns) / 1000, (unsigned)((ns) % 1000)
#define NANOSECONDS(time_ps) ((time_ps) / 1000)

/* Every event is a line. */
static void event(struct timeline_writer *writer, const char *phase, struct timeline_track track)
{
	fprintf(writer->stream, "%s\n{\"ph\":\"%s\",\"pid\":%" PRIu32 ",\"tid\":%" PRIu32,
		writer->events ? "," : "", phase, track.group, track.thread);
	writer->events++;
}

void timeline_write_begin(struct timeline_writer *writer, FILE *stream, uint64_t limit)
{
	*writer = (struct timeline_writer){.stream = stream, .limit = limit};
	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", stream);
}

void timeline_write_end(struct timeline_writer *writer, const char *other)
{
	fprintf(writer->stream, "\n],\"otherData\":{%s}}\n", other);
}

bool timeline_fits(struct timeline_writer *writer, unsigned events)
{
	if (events > writer->limit || writer->events > writer->limit - events)
		writer->cut = true;
	return !writer->cut;
}

static void name(struct timeline_writer *writer, const char *what, struct timeline_track track,
		 const char *text)
{
	event(writer, "M", track);
	fprintf(writer->stream, ",\"name\":\"%s_name\",\"args\":{\"name\":\"%s\"}}", what, text);
}

/* Viewers order groups and tracks as told. */
static void place(struct timeline_writer *writer, const char *what, struct timeline_track track,
		  uint32_t index)
{
	event(writer, "M", track);
	fprintf(writer->stream,
		",\"name\":\"%s_sort_index\",\"args\":{\"sort_index\":%" PRIu32 "}}", what, index);
}

void timeline_name_group(struct timeline_writer *writer, uint32_t group, const char *text)
{
	const struct timeline_track track = {group, 0};

	name(writer, "process", track, text);
	place(writer, "process", track, group);
}

void timeline_name_track(struct timeline_writer *writer, struct timeline_track track,
			 const char *text)
{
	name(writer, "thread", track, text);
	place(writer, "thread", track, track.thread);
}

/* Up to its arguments. */
static void slice(struct timeline_writer *writer, struct timeline_track track,
		  struct timeline_part part)
{
	uint64_t start = NANOSECONDS(part.start_ps), end = NANOSECONDS(part.end_ps);

	event(writer, "X", track);
	fprintf(writer->stream, ",\"name\":\"%s\",\"ts\":" TIME_FORMAT ",\"dur\":" TIME_FORMAT,
		part.name, TIME_ARGUMENTS(start), TIME_ARGUMENTS(end - start));
}

void timeline_slice(struct timeline_writer *writer, struct timeline_track track,
		    struct timeline_part part)
{
	slice(writer, track, part);
	fputc('}', writer->stream);
}

void timeline_slice_of(struct timeline_writer *writer, struct timeline_track track,
		       struct timeline_part part, const char *format, ...)
{
	va_list arguments;

	slice(writer, track, part);
	fputs(",\"args\":{", writer->stream);
	va_start(arguments, format);
	vfprintf(writer->stream, format, arguments);
	va_end(arguments);
	fputs("}}", writer->stream);
}

void timeline_count(struct timeline_writer *writer, const char *text, uint64_t time_ps,
		    uint64_t value)
{
	uint64_t time = NANOSECONDS(time_ps);

	event(writer, "C", (struct timeline_track){COUNTERS, 0});
	fprintf(writer->stream,
		",\"name\":\"%s\",\"ts\":" TIME_FORMAT ",\"args\":{\"value\":%" PRIu64 "}}", text,
		TIME_ARGUMENTS(time), value);
}
