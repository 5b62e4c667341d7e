/* SPDX-License-Identifier: Apache-2.0 */
#include "gen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct gen_cleanup {
	struct gen_cleanup *next;
	void (*clean)(void *opaque);
	void *opaque;
};

/* Between two looks at the terminal. */
#define PROGRESS_RECORDS 65536

/* ---- Actors: a heap by time -------------------------------------------------------------- */

static bool before(const struct gen_actor *a, const struct gen_actor *b)
{
	return a->at_ps != b->at_ps ? a->at_ps < b->at_ps : a->order < b->order;
}

static void place(struct gen *gen, uint32_t at, struct gen_actor *actor)
{
	gen->heap[at] = actor;
	actor->place = at;
}

static void sift_up(struct gen *gen, uint32_t at, struct gen_actor *actor)
{
	for (; at && before(actor, gen->heap[(at - 1) / 2]); at = (at - 1) / 2)
		place(gen, at, gen->heap[(at - 1) / 2]);
	place(gen, at, actor);
}

static void sift_down(struct gen *gen, uint32_t at, struct gen_actor *actor)
{
	for (uint32_t child; (child = 2 * at + 1) < gen->actors; at = child) {
		if (child + 1 < gen->actors && before(gen->heap[child + 1], gen->heap[child]))
			child++;
		if (!before(gen->heap[child], actor))
			break;
		place(gen, at, gen->heap[child]);
	}
	place(gen, at, actor);
}

void gen_add(struct gen *gen, struct gen_actor *actor)
{
	struct gen_actor **grown =
		realloc(gen->heap, (gen->actors + (size_t)1) * sizeof(struct gen_actor *));

	if (!grown) {
		gen->failed = -ENOMEM;
		return;
	}
	gen->heap = grown;
	if (!actor->at_ps)
		actor->at_ps = GEN_NEVER;
	actor->order = gen->actors++;
	sift_up(gen, actor->order, actor);
}

void gen_wake(struct gen *gen, struct gen_actor *actor, uint64_t at_ps)
{
	if (at_ps >= actor->at_ps)
		return;
	actor->at_ps = at_ps;
	sift_up(gen, actor->place, actor);
}

static void tell_progress(const struct gen *gen)
{
	const bool by_records = gen->limits.records != UINT64_MAX;
	struct message_step step = {
		.verb = "generating",
		.unit = "records",
		.done = gen->records,
		.total = by_records ? gen->limits.records : 0,
	};

	message_progress(gen->message, &step);
}

void gen_run(struct gen *gen)
{
	uint64_t told = 0;

	while (gen->actors && !gen->done && !gen->failed) {
		struct gen_actor *actor = gen->heap[0];
		uint64_t next;

		if (actor->at_ps == GEN_NEVER)
			break;
		gen->now_ps = actor->at_ps;
		if (gen->now_ps / GEN_PS_NS > gen->limits.time_ns)
			break;
		actor->at_ps = GEN_NEVER;
		sift_down(gen, 0, actor);
		next = actor->act(gen, actor->opaque);
		gen_wake(gen, actor, next);
		if (gen->records - told >= PROGRESS_RECORDS) {
			told = gen->records;
			tell_progress(gen);
		}
	}
	message_progress_end(gen->message);
}

void gen_count_unit(struct gen *gen)
{
	if (++gen->units >= gen->limits.units)
		gen->done = true;
}

/* ---- Life ----------------------------------------------------------------------------------- */

void gen_init(struct gen *gen, const struct gen_config *config, struct trace_writer *writer,
	      struct message *message)
{
	*gen = (struct gen){
		.writer = writer,
		.message = message,
		.limits = config->limits,
		.tlp = config->tlp,
		.domains = GEN_DOMAIN_FIRST,
	};
	gen_random_seed(&gen->random, config->seed);
}

int gen_fini(struct gen *gen)
{
	for (struct gen_cleanup *cleanup = gen->cleanups; cleanup; cleanup = cleanup->next)
		cleanup->clean(cleanup->opaque);
	gen_frames_fini(&gen->frames);
	free(gen->heap);
	arena_free(&gen->arena);
	return gen->failed;
}

void *gen_room(struct gen *gen, size_t count, size_t size)
{
	void *room = arena_get(&gen->arena, count, size);

	if (room)
		memset(room, 0, count * size);
	else
		gen->failed = -ENOMEM;
	return room;
}

void gen_at_end(struct gen *gen, void (*clean)(void *opaque), void *opaque)
{
	struct gen_cleanup *cleanup = gen_room(gen, 1, sizeof(*cleanup));

	if (!cleanup) {
		clean(opaque);
		return;
	}
	*cleanup = (struct gen_cleanup){gen->cleanups, clean, opaque};
	gen->cleanups = cleanup;
}

/* ---- Records ---------------------------------------------------------------------------------- */

void gen_put(struct gen *gen, const struct trace_record *record)
{
	struct trace_record timed = *record;
	int status;

	if (gen->done || gen->failed)
		return;
	timed.time_ns = gen->now_ps / GEN_PS_NS;
	status = trace_put(gen->writer, &timed);
	if (status) {
		gen->failed = status;
		gen->writer_failed = true;
	} else if (++gen->records >= gen->limits.records) {
		gen->done = true;
	}
}

void gen_device(struct gen *gen, const struct gen_device *device)
{
	gen_put(gen, &(struct trace_record){
			     .kind = TRACE_DEVICE,
			     .rid = device->rid,
			     .pasid = TRACE_NO_PASID,
			     .size = (uint8_t)device->pasid_bits,
			     .flags = (uint16_t)device->flags,
		     });
}

uint32_t gen_domain(struct gen *gen, unsigned kind, uint32_t parent)
{
	uint32_t number = gen->domains++;

	gen_put(gen, &(struct trace_record){
			     .kind = TRACE_DOMAIN,
			     .domain = number,
			     .pasid = TRACE_NO_PASID,
			     .size = (uint8_t)kind,
			     .rid = parent,
		     });
	return number;
}

void gen_attach(struct gen *gen, uint32_t rid, uint32_t pasid, uint32_t domain)
{
	gen_put(gen, &(struct trace_record){
			     .kind = TRACE_ATTACH,
			     .rid = rid,
			     .pasid = pasid,
			     .domain = domain,
			     .flags = pasid != GEN_NO_PASID ? TRACE_PASID : 0,
		     });
}

void gen_map(struct gen *gen, const struct gen_map *map)
{
	gen_put(gen, &(struct trace_record){
			     .kind = TRACE_MAP,
			     .domain = map->domain,
			     .pasid = TRACE_NO_PASID,
			     .address = map->iova,
			     .value = map->pa,
			     .length = map->length,
			     .access = (uint8_t)map->access,
		     });
}

void gen_unmap(struct gen *gen, uint32_t domain, uint64_t iova, uint64_t length)
{
	gen_put(gen, &(struct trace_record){
			     .kind = TRACE_UNMAP,
			     .domain = domain,
			     .pasid = TRACE_NO_PASID,
			     .address = iova,
			     .length = length,
		     });
}

/* Rights beyond the access are the machine's: formats of a first stage add some. */
static struct trace_record record_of(const struct gen_dma *dma, unsigned kind)
{
	unsigned flags = TRACE_ANSWERED | TRACE_NO_PERM;

	if (dma->pasid != GEN_NO_PASID)
		flags |= TRACE_PASID;
	if (dma->translated)
		flags |= TRACE_TRANSLATED;
	return (struct trace_record){
		.kind = (uint8_t)kind,
		.rid = dma->rid,
		.pasid = dma->pasid,
		.address = dma->iova,
		.value = dma->pa,
		.length = dma->length,
		.access = (uint8_t)dma->access,
		.granted = (uint8_t)dma->access,
		.flags = (uint16_t)flags,
	};
}

void gen_dma(struct gen *gen, const struct gen_dma *dma)
{
	struct trace_record record = record_of(dma, TRACE_DMA);

	for (uint64_t at = 0; at < dma->length; at += record.length) {
		uint64_t room = GEN_PAGE - (dma->iova + at) % GEN_PAGE;

		if (gen->tlp && gen->tlp - (dma->iova + at) % gen->tlp < room)
			room = gen->tlp - (dma->iova + at) % gen->tlp;
		record.address = dma->iova + at;
		record.value = dma->pa + at;
		record.length = dma->length - at < room ? dma->length - at : room;
		gen_put(gen, &record);
	}
}

void gen_ats(struct gen *gen, const struct gen_dma *request)
{
	struct trace_record record = record_of(request, TRACE_ATS);

	if (request->pa == UINT64_MAX) {
		record.value = 0;
		record.granted = 0;
		record.flags = (uint16_t)((record.flags | TRACE_REFUSED) & ~TRACE_NO_PERM);
	}
	gen_put(gen, &record);
}

/* ---- What workloads share ----------------------------------------------------------------------- */

/* Interrupt messages on x86, and what AMD-Vi gives to HyperTransport. */
static const struct {
	uint64_t first, last;
} reserved[] = {
	{0xfee00000, 0xfeefffff},
	{UINT64_C(0xfd00000000), UINT64_C(0xffffffffff)},
};

static void iova_clean(void *opaque)
{
	gen_iova_destroy(opaque);
}

struct gen_iova *gen_iova_make(struct gen *gen, const struct gen_iova_config *config)
{
	struct gen_iova *iova = gen_iova_create(config);

	if (!iova) {
		gen->failed = -ENOMEM;
		return NULL;
	}
	gen_at_end(gen, iova_clean, iova);
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (gen_iova_reserve(iova, reserved[i].first, reserved[i].last))
			gen->failed = -ENOMEM;
	return gen->failed ? NULL : iova;
}

uint64_t gen_frame(struct gen *gen, unsigned order)
{
	uint64_t pa = 0;
	int status = order < GEN_FRAME_ORDERS ? gen_frames_get(&gen->frames, order, &pa) : -ENOSPC;

	if (status) {
		gen->failed = status;
		return 0;
	}
	return pa;
}

void gen_frame_put(struct gen *gen, unsigned order, uint64_t pa)
{
	int status = gen_frames_put(&gen->frames, order, pa);

	if (status)
		gen->failed = status;
}

uint64_t gen_interval_ps(uint64_t count, uint64_t rate)
{
	return (uint64_t)((unsigned __int128)count * GEN_PS_S / rate);
}

/* 1 bit at 1 Gbit/s takes 1,000 ps. */
uint64_t gen_wire_ps(uint64_t bytes, uint64_t gbps)
{
	return bytes * 8 * 1000 / gbps;
}
