/* SPDX-License-Identifier: Apache-2.0 */
/* What the replays of both levels share: the machine, the records, one DMA. */
#include "replay.h"

#include "cmd.h"
#include "recorder.h"
#include "replay_lead.h"
#include "time_probe.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096u

/* ---- Probes --------------------------------------------------------------------- */

static void on_command(void *opaque, const uint64_t *words, unsigned count)
{
	struct replay_run *run = opaque;

	if (run->callbacks.command)
		run->callbacks.command(run->opaque, words, count);
	for (struct replay_probe *const *probe = run->probe; probe && *probe; probe++)
		if ((*probe)->command)
			(*probe)->command(*probe, words, count);
}

static void on_invalidated(void *opaque, const struct ioasim_invalidation *what)
{
	struct replay_run *run = opaque;

	if (run->callbacks.invalidated)
		run->callbacks.invalidated(run->opaque, what);
	for (struct replay_probe *const *probe = run->probe; probe && *probe; probe++)
		if ((*probe)->invalidated)
			(*probe)->invalidated(*probe, what);
}

static void on_fetch(void *opaque, const struct ioasim_fetch *fetch)
{
	struct replay_run *run = opaque;

	if (run->callbacks.fetch)
		run->callbacks.fetch(run->opaque, fetch);
	for (struct replay_probe *const *probe = run->probe; probe && *probe; probe++)
		if ((*probe)->fetch)
			(*probe)->fetch(*probe, fetch);
}

static void on_stored(void *opaque, ioasim_pa_t address, const void *data, unsigned length)
{
	struct replay_run *run = opaque;

	run->callbacks.stored(run->opaque, address, data, length);
}

static void on_fault(void *opaque, uint32_t requester_id, const struct ioasim_fault *fault)
{
	struct replay_run *run = opaque;

	run->callbacks.fault(run->opaque, requester_id, fault);
}

/* The unit has one set of callbacks: those of the level go on being called. */
static void watch(struct replay_run *run, struct ioasim_unit_config *config)
{
	struct replay_probe *const *probe = run->probe;
	struct ioasim_unit_callbacks *callbacks = &config->callbacks;

	config->opaque = run;
	for (; *probe; probe++) {
		if ((*probe)->command)
			callbacks->command = on_command;
		if ((*probe)->invalidated)
			callbacks->invalidated = on_invalidated;
		if ((*probe)->fetch)
			callbacks->fetch = on_fetch;
	}
	if (callbacks->command)
		callbacks->command = on_command;
	if (callbacks->invalidated)
		callbacks->invalidated = on_invalidated;
	if (callbacks->fetch)
		callbacks->fetch = on_fetch;
	if (callbacks->stored)
		callbacks->stored = on_stored;
	if (callbacks->fault)
		callbacks->fault = on_fault;
}

void replay_begins(struct replay_run *run, const struct trace_record *record)
{
	for (struct replay_probe *const *probe = run->probe; probe && *probe; probe++)
		if ((*probe)->begin)
			(*probe)->begin(*probe, record, run->record);
}

void replay_ends(struct replay_run *run, const struct trace_record *record, int status)
{
	for (struct replay_probe *const *probe = run->probe; probe && *probe; probe++)
		if ((*probe)->end)
			(*probe)->end(*probe, record, status);
}

void replay_ticks(struct replay_run *run, uint64_t time_ns)
{
	for (struct replay_probe *const *probe = run->probe; probe && *probe; probe++)
		if ((*probe)->tick)
			(*probe)->tick(*probe, time_ns);
}

void replay_window(void *opaque, uint64_t number, bool opened)
{
	const struct replay_run *run = opaque;

	for (struct replay_probe *const *probe = run->probe; probe && *probe; probe++)
		if ((*probe)->window)
			(*probe)->window(*probe, number, opened);
}

static void tell_access(const struct replay_run *run, const struct replay_access *access)
{
	for (struct replay_probe *const *probe = run->probe; probe && *probe; probe++)
		if ((*probe)->access)
			(*probe)->access(*probe, access);
}

/* Those of the caller, behind the replay's own if the machine has times of events. */
static int gather_probes(struct replay_run *run)
{
	const struct replay *replay = run->replay;
	size_t count = 0;

	run->probe = replay->probe;
	if (replay->machine->timing.model != MACHINE_EVENTS)
		return 0;
	while (replay->probe && replay->probe[count])
		count++;
	run->probes = calloc(count + 2, sizeof(*run->probes));
	run->time = run->probes ? time_probe_create(replay, run->result) : NULL;
	if (!run->time)
		return -ENOMEM;
	run->probes[0] = time_probe_get(run->time);
	for (size_t i = 0; i < count; i++)
		run->probes[i + 1] = replay->probe[i];
	run->probe = run->probes;
	return 0;
}

/* ---- Building ------------------------------------------------------------------- */

static int build_memory(struct replay_run *run)
{
	const struct replay *replay = run->replay;
	int status;

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
	return 0;
}

static int start_probes(struct replay_run *run)
{
	struct replay_probe *const *probe = run->probe;

	for (; probe && *probe; probe++)
		if ((*probe)->start && (*probe)->start(*probe, run->replay->machine, run->unit))
			return replay_fail(run, "%s", strerror(ENOMEM));
	return 0;
}

int replay_build(struct replay_run *run, const struct replay *replay,
		 const struct ioasim_unit_callbacks *callbacks, void *opaque)
{
	struct ioasim_unit_config config = replay->machine->unit;
	const char *why = NULL;
	int status;

	run->replay = replay;
	run->result = replay->result;
	run->recorder = recorder_find(replay->machine->arch->name);
	status = build_memory(run);
	if (status)
		return status;
	config.callbacks = *callbacks;
	config.opaque = opaque;
	run->callbacks = *callbacks;
	run->opaque = opaque;
	if (run->probe)
		watch(run, &config);
	status = ioasim_unit_create(&config, run->memory, &run->unit, &why);
	if (status) {
		message_error(replay->message, NULL, "the unit cannot be built: %s",
			      why ? why : strerror(-status));
		replay_free(run);
		return CMD_INPUT;
	}
	status = start_probes(run);
	if (status == 0 && replay->journal && replay_lead_start(run))
		status = replay_fail(run, "%s", strerror(ENOMEM));
	if (status)
		replay_free(run);
	return status;
}

void replay_free(struct replay_run *run)
{
	ioasim_unit_destroy(run->unit);
	machine_memory_destroy(run->backing);
	run->unit = NULL;
	run->backing = NULL;
	run->memory = NULL;
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

uint8_t replay_level(const struct trace_meta *meta, const struct ioasim_arch *arch)
{
	bool unit = meta->levels & TRACE_LEVEL_UNIT && strcmp(meta->arch, arch->name) == 0;

	return unit ? TRACE_LEVEL_UNIT : TRACE_LEVEL_DRIVER;
}

/* ---- In steps ------------------------------------------------------------------- */

int replay_start(const struct replay *replay, struct replay_run **run)
{
	return replay_start_level(replay,
				  replay->result->level == TRACE_LEVEL_UNIT ? &replay_unit_level
									    : &replay_driver_level,
				  run);
}

int replay_start_level(const struct replay *replay, const struct replay_level *level,
		       struct replay_run **run)
{
	int status;

	*run = calloc(1, level->size);
	if (!*run) {
		message_error(replay->message, NULL, "%s", strerror(ENOMEM));
		return CMD_INPUT;
	}
	(*run)->replay = replay;
	(*run)->result = replay->result;
	(*run)->level = level;
	status = gather_probes(*run) ? replay_fail(*run, "%s", strerror(ENOMEM))
				     : level->start(*run);
	if (status) {
		replay_end(*run);
		*run = NULL;
	}
	return status;
}

int replay_feed(struct replay_run *run, const struct trace_record *records, size_t count)
{
	int status;

	run->result->records += count;
	status = run->level->feed(run, records, count);
	if (run->lead)
		replay_lead_fed(run, count);
	if (status == 0 && run->time && time_probe_failed(run->time))
		status = replay_fail(run, "%s", strerror(ENOMEM));
	return status;
}

void replay_end(struct replay_run *run)
{
	struct replay_probe *const *probe = run && run->unit ? run->probe : NULL;

	for (; probe && *probe; probe++)
		if ((*probe)->finish)
			(*probe)->finish(*probe, run->unit);
	if (run) {
		run->probe = NULL;
		replay_lead_end(run);
		run->level->end(run);
		replay_free(run);
		time_probe_destroy(run->time);
		free(run->probes);
	}
	free(run);
}

int replay_next(const struct replay *replay, struct trace_reader *reader,
		const struct trace_record **records, size_t *count)
{
	struct message_step step = {.verb = "replaying", .unit = "bytes"};
	struct trace_error error = {""};

	if (trace_next(reader, records, count, &error)) {
		message_error(replay->message, NULL, "%s", error.text);
		return CMD_INPUT;
	}
	trace_reader_progress(reader, &step.done, &step.total);
	message_progress(replay->message, &step);
	return 0;
}

int replay_trace(const struct replay *replay, struct trace_reader *reader)
{
	const struct trace_record *records;
	struct replay_run *run;
	size_t count = 1;
	int status = replay_start(replay, &run);

	while (status == 0 && count) {
		status = replay_next(replay, reader, &records, &count);
		if (status == 0)
			status = replay_feed(run, records, count);
	}
	replay_end(run);
	return status;
}

/* ---- One access ------------------------------------------------------------------ */

static void account(struct replay_run *run, uint64_t length, const struct ioasim_response *response)
{
	struct result_requester *route = run->route;
	struct result *result = run->result;
	unsigned lg2 = response->size_lg2 < RESULT_SIZES ? response->size_lg2 : RESULT_SIZES - 1;
	bool answered = replay_answered(response);
	unsigned missed = response->cost.misses >> IOASIM_CACHE_IOTLB & 1;
	unsigned read = replay_references(&response->cost);

	route->count++;
	route->iotlb_misses += missed;
	route->references += read;
	if (__builtin_expect(!answered, 0)) {
		route->faulted++;
		return;
	}
	route->ok++;
	route->bytes += length;
	result->sizes[lg2]++;
	result->size_references[lg2] += read;
	result->size_misses[lg2] += missed;
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
	if (err == 0 && !word && run->lead)
		replay_lead_abort(run, record->address, record->value);
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
	if (run->lead)
		replay_lead_page_request(run, &request);
}

bool replay_count(struct replay_run *run, const struct ioasim_request *request, uint64_t length,
		  const struct ioasim_response *response)
{
	uint32_t pasid = request->has_pasid ? request->pasid : TRACE_NO_PASID;

	if (request->kind == IOASIM_TRANSLATION_REQUEST) {
		run->result->ats_requests++;
		run->result->ats_answered += response->outcome == IOASIM_OK;
		return true;
	}
	if (!run->route || run->route->rid != request->requester_id || run->route->pasid != pasid) {
		run->route = result_route(run->result, request->requester_id, pasid);
		if (!run->route)
			return false;
	}
	account(run, length, response);
	return true;
}

bool replay_translate(struct replay_run *run, const struct trace_record *record,
		      struct ioasim_response *response)
{
	const struct ioasim_request request = replay_request(record);

	ioasim_translate(run->unit, &request, response);
	if (__builtin_expect(run->probe != NULL, 0))
		tell_access(run, &(struct replay_access){record, run->record, &request, response});
	if (__builtin_expect(run->lead != NULL, 0))
		replay_lead_access(run, &request, record->length, response);
	return replay_count(run, &request, record->length, response);
}
