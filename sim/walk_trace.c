/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim walk --trace: translations of a trace at unit level. All records before
 * the one to be explained are replayed, so that memory and caches are as they were. */
#include "walk_cmd.h"

#include "caches.h"
#include "cmd.h"
#include "replay.h"

#include <inttypes.h>
#include <string.h>

struct session {
	struct walk *walk;
	struct machine machine;
	struct trace_reader *reader;
	struct result result;
	struct replay replay;
	struct replay_run run;
	uint64_t translations; /* seen */
};

static bool is_translation(const struct trace_record *record)
{
	return record->kind == TRACE_DMA || record->kind == TRACE_ATS;
}

static bool is_wanted(const struct session *s)
{
	const struct walk_options *values = s->walk->values;

	if (values->record)
		return s->run.record == values->record;
	return s->translations == (values->dma ? values->dma : 1);
}

static int prepare(struct session *s)
{
	const struct walk_options *values = s->walk->values;
	const struct ioasim_unit_callbacks callbacks = {.fetch = explain_note};
	struct machine_source source = {
		.path = values->config, .set = values->set.value, .sets = values->set.count};
	const struct trace_meta *meta;
	struct trace_error error = {""};
	int status;

	if (trace_open(values->trace, TRACE_FORMAT_AUTO, &s->reader, &error)) {
		message_error(s->walk->message, NULL, "%s", error.text);
		return CMD_INPUT;
	}
	meta = trace_reader_meta(s->reader);
	source.meta = meta;
	status = machine_load(&s->machine, &source, s->walk->message);
	if (status)
		return status;
	if (!(meta->levels & TRACE_LEVEL_UNIT) || strcmp(meta->arch, s->machine.arch->name) != 0)
		return options_refuse(s->walk->options,
				      "%s does not drive a unit of %s: it has no unit level of it",
				      values->trace, s->machine.arch->name);
	caches_set(&s->machine.unit, values->caches);
	s->replay = (struct replay){
		.machine = &s->machine,
		.meta = meta,
		.message = s->walk->message,
		.result = &s->result,
	};
	return replay_build(&s->run, &s->replay, &callbacks, &s->walk->notes);
}

/* ---- The one --------------------------------------------------------------------- */

/* False: nothing was. */
static bool tell_recorded(const struct trace_record *record, struct text *text)
{
	if (!(record->flags & TRACE_ANSWERED))
		return false;
	if (record->flags & TRACE_REFUSED) {
		text_add(text, "refused");
		return true;
	}
	text_add(text, "pa 0x%" PRIx64, record->value);
	if (record->size)
		text_add(text, ", size 0x%" PRIx64, UINT64_C(1) << (record->size & 63));
	if (!(record->flags & TRACE_NO_PERM)) {
		text_add(text, ", perm ");
		text_access(text, record->granted);
	}
	if (record->flags & TRACE_STALE)
		text_add(text, " (stale: a walk would not have given it)");
	return true;
}

static int explain(struct session *s, const struct trace_record *record)
{
	const struct ioasim_request request = replay_request(record);
	struct ioasim_response response;
	char title[320], buffer[128];
	struct text text = text_in(buffer, sizeof(buffer));
	bool recorded = tell_recorded(record, &text);
	int status;

	snprintf(title, sizeof(title), "trace %s, record %" PRIu64 ", at %" PRIu64 " ns",
		 s->walk->values->trace, s->run.record, record->time_ns);
	s->walk->memory_ps = s->machine.timing.events.reference_ps;
	status = walk_explain(s->walk, s->run.unit, &request, &response,
			      (struct explain_case){.title = title,
						    .label = recorded ? "recorded" : NULL,
						    .other = buffer});
	if (status == CMD_OK)
		status = walk_more(s->walk, s->run.unit, &request, &response);
	return status;
}

/* ---- The way to it ------------------------------------------------------------------ */

static int replay_record(struct session *s, const struct trace_record *record)
{
	struct ioasim_request request;
	struct ioasim_response response;

	switch (record->kind) {
	case TRACE_REGISTER:
		/* The unit refuses a write that no driver makes; replay tells of it. */
		if (record->address <= UINT32_MAX)
			(void)ioasim_mmio_write(s->run.unit, (uint32_t)record->address,
						record->size, record->value);
		return 0;
	case TRACE_MEMORY:
	case TRACE_ABORT:
		return replay_memory(&s->run, record);
	case TRACE_DMA:
	case TRACE_ATS:
		request = replay_request(record);
		ioasim_translate(s->run.unit, &request, &response);
		return 0;
	case TRACE_PAGE_REQUEST:
		replay_page_request(&s->run, record);
		return 0;
	default:
		return 0;
	}
}

/* Replays a batch; *found if the record to be explained was in it. */
static int run_batch(struct session *s, const struct trace_record *records, size_t count,
		     bool *found)
{
	for (size_t i = 0; i < count; i++) {
		const struct trace_record *record = &records[i];
		int status;

		s->run.record++;
		s->translations += is_translation(record);
		if (is_wanted(s) && (is_translation(record) || s->walk->values->record)) {
			*found = true;
			if (!is_translation(record))
				return options_refuse(s->walk->options,
						      "record %" PRIu64
						      " is no DMA or translation request",
						      s->run.record);
			return explain(s, record);
		}
		status = replay_record(s, record);
		if (status)
			return status;
	}
	return CMD_OK;
}

static int run(struct session *s)
{
	const struct trace_record *records;
	bool found = false;
	size_t count = 1;
	int status = CMD_OK;

	while (status == CMD_OK && count && !found) {
		status = replay_next(&s->replay, s->reader, &records, &count);
		if (status == CMD_OK)
			status = run_batch(s, records, count, &found);
	}
	message_progress_end(s->walk->message);
	if (status == CMD_OK && !found)
		return options_refuse(s->walk->options,
				      "%s ends before, with %" PRIu64 " records and %" PRIu64
				      " translations",
				      s->walk->values->trace, s->run.record, s->translations);
	return status;
}

int walk_trace(struct walk *walk)
{
	struct session s = {.walk = walk};
	int status;

	result_init(&s.result, &s.machine, walk->values->trace);
	status = prepare(&s);
	if (status == CMD_OK) {
		status = run(&s);
		replay_free(&s.run);
	}
	result_fini(&s.result);
	trace_close(s.reader);
	return status;
}
