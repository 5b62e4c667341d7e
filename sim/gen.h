/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Synthetic workloads: what devices and their drivers would have done, written as a trace
 * at driver level, with the answer to each access.
 *
 * A workload is made of actors: each does something at a time of its own choice and says
 * when it wants to be called again. Times are in picoseconds, so that intervals below a
 * nanosecond add up.
 */
#ifndef SIM_GEN_H
#define SIM_GEN_H

#include "arena.h"
#include "gen_frames.h"
#include "gen_iova.h"
#include "gen_random.h"
#include "message.h"
#include "trace.h"

#define GEN_PAGE     UINT64_C(4096)
#define GEN_NO_PASID TRACE_NO_PASID
#define GEN_NEVER    UINT64_MAX
#define GEN_PS_NS    UINT64_C(1000)
#define GEN_PS_S     UINT64_C(1000000000000)

struct gen;

/* What acts at its time; at the same time in the order of being added. */
struct gen_actor {
	/* Does what is due and returns when to be called next, GEN_NEVER: not before
	 * gen_wake(). */
	uint64_t (*act)(struct gen *gen, void *opaque);
	void *opaque;
	uint64_t at_ps;
	uint32_t place; /* in the heap */
	uint32_t order;
};

struct gen_limits {
	uint64_t records; /* exactly as many; UINT64_MAX: no limit */
	uint64_t time_ns; /* none behind it; UINT64_MAX: no limit */
	uint64_t units; /* packets, commands, jobs, accesses; UINT64_MAX: no limit */
};

struct gen {
	struct trace_writer *writer;
	struct message *message;
	struct gen_limits limits;
	uint64_t now_ps;
	uint64_t records, units; /* so far */
	uint64_t tlp; /* bytes of an access at most; 0: what a page holds */
	int failed; /* first error: -ENOMEM, -ENOSPC (addresses), or of the writer */
	bool writer_failed; /* it is the writer's, which tells it when it is committed */
	bool done;

	struct gen_random random;
	struct gen_frames frames;
	struct arena arena; /* states of workloads */
	struct gen_actor **heap;
	uint32_t actors;
	/* Called at the end; in turn from the last. */
	struct gen_cleanup *cleanups;
	uint32_t domains; /* numbers given out */
};

/* ---- Running --------------------------------------------------------------------------- */

struct gen_config {
	struct gen_limits limits;
	uint64_t seed;
	uint64_t tlp;
};

void gen_init(struct gen *gen, const struct gen_config *config, struct trace_writer *writer,
	      struct message *message);
/* Calls actors until a limit is reached, or none is left. */
void gen_run(struct gen *gen);
/* The first error, or 0. */
int gen_fini(struct gen *gen);

/* Zeroed room until the end. NULL: no memory, and gen->failed tells it. */
void *gen_room(struct gen *gen, size_t count, size_t size);
/* Calls this at the end. */
void gen_at_end(struct gen *gen, void (*clean)(void *opaque), void *opaque);

/* Actors live as long as the workload. A new one sleeps, unless its time is set. */
void gen_add(struct gen *gen, struct gen_actor *actor);
/* Lets it act not later than at this time. */
void gen_wake(struct gen *gen, struct gen_actor *actor, uint64_t at_ps);
/* Something that the `units` limit counts is done. */
void gen_count_unit(struct gen *gen);

/* ---- Records ----------------------------------------------------------------------------- */

struct gen_device {
	uint32_t rid;
	unsigned pasid_bits;
	unsigned flags; /* TRACE_ATS_ON, TRACE_PRI_ON */
};

void gen_put(struct gen *gen, const struct trace_record *record);
void gen_device(struct gen *gen, const struct gen_device *device);
/* Makes a domain (enum domain_kind) and returns its number. */
uint32_t gen_domain(struct gen *gen, unsigned kind, uint32_t parent);
void gen_attach(struct gen *gen, uint32_t rid, uint32_t pasid, uint32_t domain);

struct gen_map {
	uint32_t domain;
	unsigned access;
	uint64_t iova, pa, length;
};
void gen_map(struct gen *gen, const struct gen_map *map);
void gen_unmap(struct gen *gen, uint32_t domain, uint64_t iova, uint64_t length);

/* An access to memory in one piece, answered with `pa`. */
struct gen_dma {
	uint32_t rid, pasid;
	uint64_t iova, pa, length;
	unsigned access;
	bool translated; /* `iova` is the physical address */
};
void gen_dma(struct gen *gen, const struct gen_dma *dma);
/* A translation request of one page; `pa` UINT64_MAX: refused. */
void gen_ats(struct gen *gen, const struct gen_dma *request);

/* ---- What workloads share ------------------------------------------------------------------ */

/* Domain numbers begin here. */
#define GEN_DOMAIN_FIRST 1

/* An allocator that leaves out what architectures reserve; freed at the end. NULL: no
 * memory. */
struct gen_iova *gen_iova_make(struct gen *gen, const struct gen_iova_config *config);

/* A frame of 2^order pages, or 0 and gen->failed. */
uint64_t gen_frame(struct gen *gen, unsigned order);
void gen_frame_put(struct gen *gen, unsigned order, uint64_t pa);

/* Time of `count` things at `rate` a second. */
uint64_t gen_interval_ps(uint64_t count, uint64_t rate);
/* Time of so many bytes at a link of so many Gbit/s. */
uint64_t gen_wire_ps(uint64_t bytes, uint64_t gbps);

#endif
