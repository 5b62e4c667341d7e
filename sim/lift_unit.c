/* SPDX-License-Identifier: Apache-2.0 */
#include "lift_unit.h"

#include "idmap.h"
#include "lift.h"
#include "machine.h"
#include "replay.h"
#include "trace_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * An address space: what the caches of the unit tag it with, and its number in the
 * lifted trace. Several PASIDs may share a tag (VT-d first stage).
 */
struct space {
	uint32_t domain, pasid;
	uint32_t number;
};

struct lifting {
	struct trace_reader *reader; /* the lifted one */
	struct trace_reader *source;
	struct machine_memory *backing;
	struct ioasim_unit *unit;
	struct lift *book;
	struct space *space;
	size_t spaces, spaces_room;
	struct idmap numbers; /* by tag and PASID: place of the space + 1 */
	int status; /* the first error of a callback */
};

/* ---- Address spaces ---------------------------------------------------------------- */

/* 0: no host memory. */
static uint32_t space_number(struct lifting *lifting, uint32_t domain, uint32_t pasid)
{
	uint64_t key = (uint64_t)domain << 32 | pasid;
	size_t place = (size_t)(uintptr_t)idmap_get(&lifting->numbers, key);
	struct space *bigger;

	if (place)
		return lifting->space[place - 1].number;
	if (lifting->spaces == lifting->spaces_room) {
		size_t room = lifting->spaces_room ? lifting->spaces_room * 2 : 16;

		bigger = reallocarray(lifting->space, room, sizeof(*bigger));
		if (!bigger)
			return 0;
		lifting->space = bigger;
		lifting->spaces_room = room;
	}
	place = lifting->spaces + 1;
	if (idmap_put(&lifting->numbers, key, (void *)(uintptr_t)place))
		return 0;
	lifting->space[lifting->spaces++] = (struct space){
		.domain = domain,
		.pasid = pasid,
		.number = (uint32_t)place,
	};
	return (uint32_t)place;
}

/* A request without PASID may have been translated under any (RID_PASID). */
static bool covers(const struct ioasim_invalidation *what, const struct space *space)
{
	if (what->all_domains)
		return true;
	return ioasim_invalidation_has(what, space->domain) &&
	       (!what->has_pasid || space->pasid == TRACE_NO_PASID || space->pasid == what->pasid);
}

/* ---- What the unit and the book tell ---------------------------------------------- */

static int put_record(void *opaque, const struct trace_record *record)
{
	struct lifting *lifting = opaque;
	struct trace_record *added = trace_reader_add(lifting->reader, record->time_ns);

	if (!added)
		return -ENOMEM;
	*added = *record;
	return 0;
}

static void on_invalidated(void *opaque, const struct ioasim_invalidation *what)
{
	struct lifting *lifting = opaque;
	bool all = !what->final_input || (what->first == 0 && what->last == UINT64_MAX);

	for (size_t i = 0; i < lifting->spaces && !lifting->status; i++) {
		const struct space *space = &lifting->space[i];

		if (!covers(what, space))
			continue;
		if (all)
			lifting->status = lift_invalidate_domain(lifting->book, space->number);
		else
			lifting->status = lift_invalidate(lifting->book, space->number, what->first,
							  what->last);
	}
}

/* ---- DMA ----------------------------------------------------------------------------- */

static int lift_translated(struct lifting *lifting, const struct trace_record *record,
			   const struct ioasim_response *response, uint32_t pasid)
{
	bool identity = response->size_lg2 >= 64;
	const struct lift_target target = {
		.rid = record->rid,
		.pasid = pasid,
		.domain = space_number(lifting, response->domain, pasid),
		.kind = identity ? DOMAIN_IDENTITY : DOMAIN_KERNEL,
	};
	int status = target.domain ? lift_attach(lifting->book, &target) : -ENOMEM;

	if (status || identity)
		return status;
	return lift_answer(lifting->book,
			   &(struct lift_answer){
				   .domain = target.domain,
				   .iova = record->address,
				   .pa = response->pa,
				   .size_lg2 = response->size_lg2,
				   .access = response->access & (IOASIM_READ | IOASIM_WRITE),
			   });
}

static int lift_dma(struct lifting *lifting, const struct trace_record *record)
{
	uint32_t pasid = record->flags & TRACE_PASID ? record->pasid : TRACE_NO_PASID;
	const struct ioasim_request request = replay_request(record);
	struct ioasim_response response;
	uint32_t domain;

	ioasim_translate(lifting->unit, &request, &response);
	if (response.outcome == IOASIM_OK)
		return lift_translated(lifting, record, &response, pasid);
	if (response.outcome == IOASIM_INTERRUPT)
		return lift_device(lifting->book, record->rid);
	if (!lift_attached(lifting->book, record->rid, pasid, &domain))
		return lift_device(lifting->book, record->rid);
	return lift_refusal(lifting->book, domain, record->address, record->access);
}

/* ---- The reader ------------------------------------------------------------------------ */

/* What a register write causes stands behind it, what a DMA shows in front. Records
 * of the driver level that the source has already are dropped: the lifted ones would
 * say the same again. */
static int lift_record(struct lifting *lifting, const struct trace_record *record)
{
	struct ioasim_memory *memory = machine_memory_get(lifting->backing);
	int status = 0;

	lift_time(lifting->book, record->time_ns);
	switch (record->kind) {
	case TRACE_REGISTER:
		status = put_record(lifting, record);
		if (status == 0 && record->address <= UINT32_MAX)
			(void)ioasim_mmio_write(lifting->unit, (uint32_t)record->address,
						record->size, record->value);
		return status ? status : lifting->status;
	case TRACE_MEMORY:
		status = ioasim_memory_write64(memory, record->address, record->value);
		break;
	case TRACE_ABORT:
		status = ioasim_memory_abort(memory, record->address, record->value);
		break;
	case TRACE_DMA:
	case TRACE_ATS:
		status = lift_dma(lifting, record);
		break;
	default:
		if (record->kind > TRACE_PAGE_REQUEST)
			return 0;
		break;
	}
	return status ? status : put_record(lifting, record);
}

static int lift_next(struct trace_reader *reader, struct trace_error *error)
{
	struct lifting *lifting = reader->state;
	const struct trace_record *records;
	size_t count;
	int status;

	/* A batch without a record of the unit level is no end. */
	do {
		status = trace_next(lifting->source, &records, &count, error);
		for (size_t i = 0; status == 0 && i < count; i++) {
			status = lift_record(lifting, &records[i]);
			if (status)
				trace_fail(error, status, "lifting record at %llu ns: %s",
					   (unsigned long long)records[i].time_ns,
					   strerror(-status));
		}
	} while (status == 0 && count && reader->count == 0);
	reader->skipped = lifting->source->skipped;
	reader->n_skipped = lifting->source->n_skipped;
	return status;
}

static int lift_threads(struct trace_reader *reader, unsigned threads)
{
	struct lifting *lifting = reader->state;

	return trace_reader_threads(lifting->source, threads);
}

static void lifting_free(struct lifting *lifting)
{
	if (!lifting)
		return;
	lift_free(lifting->book);
	ioasim_unit_destroy(lifting->unit);
	machine_memory_destroy(lifting->backing);
	idmap_fini(&lifting->numbers);
	free(lifting->space);
	free(lifting);
}

/* Input and what was skipped are the source's, which closes them. */
static void lift_close(struct trace_reader *reader)
{
	struct lifting *lifting = reader->state;

	reader->input = NULL;
	reader->skipped = NULL;
	if (lifting)
		trace_close(lifting->source);
	lifting_free(lifting);
}

static const struct trace_format_ops lift_ops = {
	.format = TRACE_FORMAT_AUTO,
	.name = "lifted",
	.next = lift_next,
	.threads = lift_threads,
	.close = lift_close,
};

static int build(struct lifting *lifting, const struct ioasim_arch *arch,
		 const struct trace_meta *meta, struct trace_error *error)
{
	struct machine machine;
	const char *why = NULL;
	int status;

	machine_default(&machine, arch);
	machine_recorded(&machine, meta);
	ioasim_unit_config_no_caches(&machine.unit);
	machine.unit.callbacks.invalidated = on_invalidated;
	machine.unit.opaque = lifting;
	lifting->backing = machine_memory_create(&machine, &status);
	if (lifting->backing)
		status = ioasim_unit_create(&machine.unit, machine_memory_get(lifting->backing),
					    &lifting->unit, &why);
	if (status == 0)
		status = lift_new(put_record, lifting, &lifting->book);
	if (status)
		return trace_fail(error, status, "lifting: %s", why ? why : strerror(-status));
	return 0;
}

static int copy_meta(struct trace_meta *to, const struct trace_meta *from)
{
	memcpy(to->arch, from->arch, sizeof(to->arch));
	to->levels = TRACE_LEVEL_UNIT | TRACE_LEVEL_DRIVER;
	for (size_t i = 0; i < from->n_keys; i++)
		if (trace_meta_set(to, from->keys[i].name, from->keys[i].value))
			return -ENOMEM;
	return 0;
}

int lift_open(struct trace_reader *source, struct trace_reader **reader, struct trace_error *error)
{
	const struct trace_meta *meta = trace_reader_meta(source);
	const struct ioasim_arch *arch = arch_find(meta->arch);
	struct lifting *lifting;
	int status;

	if (!(meta->levels & TRACE_LEVEL_UNIT))
		return trace_fail(error, -EINVAL, "lifting: the trace has no unit level");
	if (!arch)
		return trace_fail(error, -EINVAL,
				  "lifting: '%s' is no architecture of this version", meta->arch);
	lifting = calloc(1, sizeof(*lifting));
	if (!lifting)
		return trace_fail(error, -ENOMEM, "lifting: %s", strerror(ENOMEM));
	status = build(lifting, arch, meta, error);
	if (status == 0) {
		status = trace_reader_new(&lift_ops, reader);
		if (status == 0 && copy_meta(&(*reader)->meta, meta)) {
			status = -ENOMEM;
			trace_close(*reader);
		}
		if (status)
			trace_fail(error, status, "lifting: %s", strerror(-status));
	}
	if (status) {
		lifting_free(lifting);
		return status;
	}
	lifting->reader = *reader;
	lifting->source = source;
	(*reader)->state = lifting;
	(*reader)->input = source->input;
	return 0;
}
