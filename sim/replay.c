/* SPDX-License-Identifier: Apache-2.0 */
/* What the replays of both levels share: the machine, the records, one DMA. */
#include "replay.h"

#include "cmd.h"
#include "recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define PAGE 4096u

int replay_build(struct replay_run *run, struct replay *replay,
		 const struct ioasim_unit_callbacks *callbacks, void *opaque)
{
	struct ioasim_unit_config config = replay->machine->unit;
	const char *why = NULL;
	int status;

	*run = (struct replay_run){
		.replay = replay,
		.result = replay->result,
		.recorder = recorder_find(replay->machine->arch->name),
	};
	run->backing = machine_memory_create(replay->machine, &status);
	if (!run->backing) {
		message_error(replay->message, NULL, "memory: %s",
			      status == -EEXIST ? "windows overlap"
			      : status == -EINVAL
				      ? "base and size of a window are multiples of 4k below 2^52"
				      : strerror(-status));
		return CMD_INPUT;
	}
	run->memory = machine_memory_get(run->backing);
	config.callbacks = *callbacks;
	config.opaque = opaque;
	status = ioasim_unit_create(&config, run->memory, &run->unit, &why);
	if (status) {
		message_error(replay->message, NULL, "the unit cannot be built: %s",
			      why ? why : strerror(-status));
		replay_free(run);
		return CMD_INPUT;
	}
	return 0;
}

void replay_free(struct replay_run *run)
{
	ioasim_unit_destroy(run->unit);
	machine_memory_destroy(run->backing);
	run->unit = NULL;
	run->backing = NULL;
}

int replay_fail(const struct replay_run *run, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	message_error(run->replay->message, &(struct position){.file = run->result->file},
		      "record %" PRIu64 ": %s", run->record, text);
	return CMD_INPUT;
}

int replay_batch(struct replay_run *run, const struct trace_record **records, size_t *count)
{
	struct replay *replay = run->replay;
	struct message_step step = {.verb = "replaying", .unit = "bytes"};
	struct trace_error error = {""};

	if (trace_next(replay->reader, records, count, &error)) {
		message_error(replay->message, NULL, "%s", error.text);
		return CMD_INPUT;
	}
	run->result->records += *count;
	trace_reader_progress(replay->reader, &step.done, &step.total);
	message_progress(replay->message, &step);
	return 0;
}

static void count_references(struct result_requester *requester, const struct ioasim_cost *cost)
{
	const uint8_t *refs = &cost->refs[0][0];
	unsigned sum = 0;

	for (unsigned i = 0; i < sizeof(cost->refs); i++)
		sum += refs[i];
	requester->references += sum;
}

/* Where the IOTLB answers, tables of devices may still have been read; where
 * nothing was read at all, there is nothing to sum up. */
static inline bool any_reference(const struct ioasim_cost *cost)
{
	uint64_t word[sizeof(cost->refs) / 8];
	uint32_t rest;

	memcpy(word, cost->refs, sizeof(word));
	memcpy(&rest, (const uint8_t *)cost->refs + sizeof(word), sizeof(rest));
	return (word[0] | word[1] | word[2] | word[3] | rest) != 0;
}

static void account(struct replay_run *run, const struct trace_record *record,
		    const struct ioasim_response *response)
{
	struct result_requester *requester = run->requester;

	requester->count++;
	if (__builtin_expect(replay_answered(response), 1)) {
		requester->ok++;
		requester->bytes += record->length;
		run->result->sizes[response->size_lg2 < RESULT_SIZES ? response->size_lg2 : 64]++;
	} else {
		requester->faulted++;
	}
	if (response->cost.misses & 1u << IOASIM_CACHE_IOTLB)
		requester->iotlb_misses++;
	if (any_reference(&response->cost))
		count_references(requester, &response->cost);
}

struct ioasim_request replay_request(const struct trace_record *record)
{
	uint64_t in_page = PAGE - record->address % PAGE;
	uint64_t length = record->length < in_page ? record->length : in_page;

	return (struct ioasim_request){
		.requester_id = record->rid,
		.pasid = record->flags & TRACE_PASID ? record->pasid : 0,
		.address = record->address,
		.length = length ? (uint32_t)length : 1,
		.access = record->access,
		.kind = record->kind == TRACE_ATS          ? IOASIM_TRANSLATION_REQUEST
			: record->flags & TRACE_TRANSLATED ? IOASIM_TRANSLATED
							   : IOASIM_UNTRANSLATED,
		.has_pasid = (record->flags & TRACE_PASID) != 0,
		.privileged = (record->flags & TRACE_PRIVILEGED) != 0,
	};
}

int replay_memory(struct replay_run *run, const struct trace_record *record)
{
	bool word = record->kind == TRACE_MEMORY;
	int err;

	if (word)
		err = ioasim_memory_write64(run->memory, record->address, record->value);
	else
		err = ioasim_memory_abort(run->memory, record->address, record->value);
	if (err == 0)
		return 0;
	return replay_fail(run, "%s at 0x%" PRIx64 ": %s", word ? "memory word" : "aborting range",
			   record->address,
			   err == -EINVAL && word ? "address not a multiple of 8" : strerror(-err));
}

void replay_page_request(struct replay_run *run, const struct trace_record *record)
{
	const struct ioasim_page_request request = {
		.requester_id = record->rid,
		.pasid = record->flags & TRACE_PASID ? record->pasid : 0,
		.address = record->address,
		.group = (uint16_t)record->value,
		.access = record->access,
		.has_pasid = (record->flags & TRACE_PASID) != 0,
		.privileged = (record->flags & TRACE_PRIVILEGED) != 0,
		.last = (record->flags & TRACE_LAST) != 0,
	};
	struct ioasim_page_request_result result;

	ioasim_page_request(run->unit, &request, &result);
}

bool replay_translate(struct replay_run *run, const struct trace_record *record,
		      struct ioasim_response *response)
{
	const struct ioasim_request request = replay_request(record);

	ioasim_translate(run->unit, &request, response);
	if (record->kind == TRACE_ATS) {
		run->result->ats_requests++;
		run->result->ats_answered += response->outcome == IOASIM_OK;
		return true;
	}
	if (!run->requester || run->requester->rid != record->rid) {
		run->requester = result_requester(run->result, record->rid);
		if (!run->requester)
			return false;
	}
	account(run, record, response);
	return true;
}
