/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_sva.h"

#include "gen_atc.h"

#include "model/driver.h"

#include <errno.h>

/* Where a process has the memory that jobs use: as Linux places what is mapped. */
#define SPACE_AT UINT64_C(0x7f0000000000)

/* A completion record, as of Intel's data streaming accelerator. */
#define RECORD 32

/* Numbers of page request groups (PCI Express 10.4.1: nine bits). */
#define GROUPS 512

struct process {
	uint32_t pasid, domain;
	uint64_t *pa; /* of each page; 0: not mapped */
};

/* Parts of a job, in the order in which they are done. */
enum part { PART_READ, PART_WRITE, PART_RECORD, PARTS };

struct engine {
	struct accelerator *accelerator;
	struct process *process;
	struct {
		uint64_t at, length;
	} part[PARTS]; /* offsets in the space */
	enum part now;
	uint64_t done; /* bytes of the part */
	bool faulted; /* its page request waits for an answer */
	uint32_t group;
	struct gen_actor actor;
};

struct accelerator {
	const struct gen_sva_options *options;
	uint64_t pages; /* of a space */
	struct process *processes;
	struct gen_zipf choice;
	struct gen_atc atc;
	uint32_t groups;
	uint64_t jobs;
	struct engine *engines;
};

/* ---- The kernel ------------------------------------------------------------------------------ */

static void page_map(struct gen *gen, struct process *process, uint64_t page)
{
	process->pa[page] = gen_frame(gen, 0);
	gen_map(gen, &(struct gen_map){
			     .domain = process->domain,
			     .access = IOASIM_READ | IOASIM_WRITE,
			     .iova = SPACE_AT + page * GEN_PAGE,
			     .pa = process->pa[page],
			     .length = GEN_PAGE,
		     });
}

static uint64_t atc_key(const struct process *process, uint64_t page)
{
	return (uint64_t)process->pasid << 40 | page;
}

/* A page is taken from a process (swapped out, moved); the device forgets it too. */
static void reclaim(struct gen *gen, struct accelerator *accelerator)
{
	const struct gen_sva_options *o = accelerator->options;
	struct process *process =
		&accelerator->processes[gen_random_below(&gen->random, o->pasids)];
	uint64_t page = gen_random_below(&gen->random, accelerator->pages);

	if (!process->pa[page])
		return;
	gen_unmap(gen, process->domain, SPACE_AT + page * GEN_PAGE, GEN_PAGE);
	if (o->atc)
		gen_atc_remove(&accelerator->atc, atc_key(process, page));
	gen_frame_put(gen, 0, process->pa[page]);
	process->pa[page] = 0;
}

/* The page request of an engine is answered. Another one may have asked before. */
static void fault_done(struct gen *gen, struct engine *engine, uint64_t page)
{
	if (!engine->process->pa[page])
		page_map(gen, engine->process, page);
	gen_put(gen, &(struct trace_record){
			     .kind = TRACE_PAGE_RESPONSE,
			     .rid = GEN_SVA_RID,
			     .pasid = engine->process->pasid,
			     .flags = TRACE_PASID,
			     .value = engine->group,
		     });
	engine->faulted = false;
}

/* ---- The device -------------------------------------------------------------------------------- */

static struct gen_dma request_of(const struct engine *engine, uint64_t offset, uint64_t length)
{
	const struct process *process = engine->process;

	return (struct gen_dma){
		.rid = GEN_SVA_RID,
		.pasid = process->pasid,
		.iova = SPACE_AT + offset,
		.pa = process->pa[offset / GEN_PAGE] + offset % GEN_PAGE,
		.length = length,
		.access = engine->now == PART_READ ? IOASIM_READ : IOASIM_WRITE,
	};
}

static void page_request(struct gen *gen, struct engine *engine, const struct gen_dma *dma)
{
	engine->faulted = true;
	engine->group = engine->accelerator->groups++ % GROUPS;
	gen_put(gen, &(struct trace_record){
			     .kind = TRACE_PAGE_REQUEST,
			     .rid = GEN_SVA_RID,
			     .pasid = dma->pasid,
			     .flags = TRACE_PASID | TRACE_LAST,
			     .address = dma->iova & ~(GEN_PAGE - 1),
			     .access = (uint8_t)dma->access,
			     .value = engine->group,
		     });
}

/* The translation of a page, asked for where it is not known. False: it is missing. */
static bool translate(struct gen *gen, struct engine *engine, struct gen_dma *dma)
{
	struct accelerator *accelerator = engine->accelerator;
	uint64_t page = (dma->iova - SPACE_AT) / GEN_PAGE;
	struct gen_dma ask = *dma;

	if (!gen_atc_hit(&accelerator->atc, atc_key(engine->process, page))) {
		bool missing = !engine->process->pa[page];

		/* Both rights at once, so that one entry serves both. */
		ask.iova &= ~(GEN_PAGE - 1);
		ask.pa = missing ? UINT64_MAX : engine->process->pa[page];
		ask.length = GEN_PAGE;
		ask.access = IOASIM_READ | IOASIM_WRITE;
		gen_ats(gen, &ask);
		if (missing) {
			page_request(gen, engine, &ask);
			return false;
		}
		if (gen_atc_fill(&accelerator->atc, atc_key(engine->process, page)))
			gen->failed = -ENOMEM;
	}
	/* What is translated says nothing of the address space (PCI Express 10.1.3 allows a
	 * PASID there only where it has been enabled). */
	dma->translated = true;
	dma->pasid = GEN_NO_PASID;
	dma->iova = dma->pa;
	return true;
}

static uint64_t any_offset(struct gen *gen, const struct engine *engine, uint64_t bytes)
{
	const struct gen_sva_options *o = engine->accelerator->options;

	return gen_random_below(&gen->random, (o->space - bytes) / 64 + 1) * 64;
}

static void job_begin(struct gen *gen, struct engine *engine)
{
	struct accelerator *accelerator = engine->accelerator;
	const struct gen_sva_options *o = accelerator->options;

	if (o->reclaim && ++accelerator->jobs % o->reclaim == 0)
		reclaim(gen, accelerator);
	engine->process =
		&accelerator->processes[gen_zipf_next(&accelerator->choice, &gen->random)];
	for (unsigned i = 0; i < PARTS; i++) {
		engine->part[i].length = i == PART_RECORD ? RECORD : o->bytes;
		engine->part[i].at = any_offset(gen, engine, engine->part[i].length);
	}
	engine->now = PART_READ;
	engine->done = 0;
}

/* A page of a job at a time, or the wait for a missing one. */
static uint64_t work(struct gen *gen, void *opaque)
{
	struct engine *engine = opaque;
	const struct gen_sva_options *o = engine->accelerator->options;
	uint64_t offset, length, left;
	struct gen_dma dma;

	if (!engine->process)
		job_begin(gen, engine);
	offset = engine->part[engine->now].at + engine->done;
	left = engine->part[engine->now].length - engine->done;
	length = GEN_PAGE - offset % GEN_PAGE;
	if (length > left)
		length = left;
	if (engine->faulted)
		fault_done(gen, engine, offset / GEN_PAGE);
	dma = request_of(engine, offset, length);
	if (o->atc && !translate(gen, engine, &dma))
		return gen->now_ps + o->fault_ns * GEN_PS_NS;
	gen_dma(gen, &dma);
	engine->done += length;
	if (engine->done == engine->part[engine->now].length) {
		engine->done = 0;
		engine->now++;
	}
	if (engine->now == PARTS) {
		engine->process = NULL;
		gen_count_unit(gen);
	}
	return gen->now_ps + gen_wire_ps(length, o->gbps) * o->engines;
}

/* ---- Start ---------------------------------------------------------------------------------------- */

static void process_start(struct gen *gen, struct accelerator *accelerator, uint32_t pasid)
{
	struct process *process = &accelerator->processes[pasid - 1];

	process->pasid = pasid;
	process->pa = gen_room(gen, accelerator->pages, sizeof(*process->pa));
	process->domain = gen_domain(gen, DOMAIN_SVA, 0);
	gen_attach(gen, GEN_SVA_RID, pasid, process->domain);
	for (uint64_t i = 0; i < accelerator->pages && !gen->failed; i++)
		if (gen_random_below(&gen->random, 100) < accelerator->options->mapped)
			page_map(gen, process, i);
}

static void clean(void *opaque)
{
	struct accelerator *accelerator = opaque;

	gen_zipf_fini(&accelerator->choice);
	gen_atc_fini(&accelerator->atc);
}

static unsigned pasid_bits(uint64_t pasids)
{
	return 64 - (unsigned)__builtin_clzll(pasids);
}

void gen_sva_start(struct gen *gen, const struct gen_sva_options *options)
{
	struct accelerator *accelerator = gen_room(gen, 1, sizeof(*accelerator));

	if (!accelerator)
		return;
	gen_at_end(gen, clean, accelerator);
	accelerator->options = options;
	accelerator->pages = options->space / GEN_PAGE;
	accelerator->processes = gen_room(gen, options->pasids, sizeof(*accelerator->processes));
	accelerator->engines = gen_room(gen, options->engines, sizeof(*accelerator->engines));
	if (gen_zipf_init(&accelerator->choice, options->pasids, (unsigned)options->zipf) ||
	    (options->atc && gen_atc_init(&accelerator->atc, options->atc)))
		gen->failed = -ENOMEM;
	gen_device(gen, &(struct gen_device){
				.rid = GEN_SVA_RID,
				.pasid_bits = pasid_bits(options->pasids),
				.flags = options->atc ? TRACE_ATS_ON | TRACE_PRI_ON : 0,
			});
	for (uint32_t i = 1; i <= options->pasids && !gen->failed; i++)
		process_start(gen, accelerator, i);
	for (uint64_t i = 0; i < options->engines && !gen->failed; i++) {
		struct engine *engine = &accelerator->engines[i];

		engine->accelerator = accelerator;
		engine->actor = (struct gen_actor){.act = work, .opaque = engine};
		gen_add(gen, &engine->actor);
		gen_wake(gen, &engine->actor, gen->now_ps);
	}
}
