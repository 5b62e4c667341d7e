/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The unit's counters under the names that a real machine shows: the events of
 * Linux's VT-d perfmon driver, and those of Intel PCM. Left out is what docs/results.md
 * lists: clocks and occupancy, of which counts say nothing, and what is not modelled.
 *
 * Requests that end in a fault are counted like others. Nothing is prefetched.
 */
#include "vtd/arch.h"

#include <string.h>

struct perf_event {
	const char *name;
	uint64_t (*value)(const struct ioasim_counters *c);
	const char *about;
};

static uint64_t requests(const struct ioasim_counters *c)
{
	return c->requests[0] + c->requests[1] + c->requests[2];
}

static uint64_t reads(const struct ioasim_counters *c)
{
	uint64_t sum = c->command_fetches;

	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++)
		for (unsigned level = 0; level < IOASIM_LEVELS; level++)
			sum += c->refs[kind][level];
	return sum;
}

#define CACHE_EVENT(function, cache_index, member)                \
	static uint64_t function(const struct ioasim_counters *c) \
	{                                                         \
		return c->cache[cache_index].member;              \
	}

CACHE_EVENT(context_lookups, IOASIM_CACHE_DEVICE, lookups)
CACHE_EVENT(context_hits, IOASIM_CACHE_DEVICE, hits)
CACHE_EVENT(pasid_lookups, IOASIM_CACHE_PASID, lookups)
CACHE_EVENT(pasid_hits, IOASIM_CACHE_PASID, hits)
CACHE_EVENT(second_lookups, IOASIM_CACHE_STAGE2_WALK, lookups)
CACHE_EVENT(second_hits, IOASIM_CACHE_STAGE2_WALK, hits)
CACHE_EVENT(first_lookups, IOASIM_CACHE_STAGE1_WALK, lookups)
CACHE_EVENT(first_hits, IOASIM_CACHE_STAGE1_WALK, hits)
CACHE_EVENT(iotlb_lookups, IOASIM_CACHE_IOTLB, lookups)
CACHE_EVENT(iotlb_hits, IOASIM_CACHE_IOTLB, hits)
CACHE_EVENT(iotlb_misses, IOASIM_CACHE_IOTLB, misses)
CACHE_EVENT(iotlb_fills, IOASIM_CACHE_IOTLB, fills)

static uint64_t page_requests(const struct ioasim_counters *c)
{
	return c->page_requests_queued;
}

/* Of the second-stage paging-structure cache; a table of level 0 maps 2 MiB. */
#define SECOND_EVENT(function, level)                             \
	static uint64_t function(const struct ioasim_counters *c) \
	{                                                         \
		return c->walk_hits[1][level];                    \
	}

SECOND_EVENT(second_hits_2m, 0)
SECOND_EVENT(second_hits_1g, 1)
SECOND_EVENT(second_hits_512g, 2)
SECOND_EVENT(second_hits_256t, 3)

#define PAGE_EVENT(function, lg2)                                 \
	static uint64_t function(const struct ioasim_counters *c) \
	{                                                         \
		return c->iotlb_hits[lg2];                        \
	}

PAGE_EVENT(iotlb_hits_4k, 12)
PAGE_EVENT(iotlb_hits_2m, 21)
PAGE_EVENT(iotlb_hits_1g, 30)

/* Commands whose name begins so. */
static uint64_t commands(const struct ioasim_counters *c, const char *prefix)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < IOASIM_COMMAND_TYPES; i++) {
		const char *name = vtd_arch.command_name(i);

		if (name && strncmp(name, prefix, strlen(prefix)) == 0)
			sum += c->commands[i];
	}
	return sum;
}

static uint64_t iotlb_commands(const struct ioasim_counters *c)
{
	return commands(c, "iotlb-") + commands(c, "piotlb-");
}

static uint64_t context_commands(const struct ioasim_counters *c)
{
	return commands(c, "context-");
}

static const struct perf_event events[] = {
	{"iommu_requests", requests, "requests of all kinds, faulting ones included"},
	{"iommu_mrds", reads, "reads of memory: entries of all tables, and descriptors"},
	{"ctxt_cache_lookup", context_lookups, "look-ups of the context cache"},
	{"ctxt_cache_hit", context_hits, "hits of the context cache"},
	{"pasid_cache_lookup", pasid_lookups, "look-ups of the PASID cache"},
	{"pasid_cache_hit", pasid_hits, "hits of the PASID cache"},
	{"ss_nonleaf_lookup", second_lookups,
	 "look-ups of the second-stage paging-structure caches, for first-stage tables too"},
	{"ss_nonleaf_hit", second_hits, "hits of the second-stage paging-structure caches"},
	{"fs_nonleaf_lookup", first_lookups, "look-ups of the first-stage paging-structure caches"},
	{"fs_nonleaf_hit", first_hits, "hits of the first-stage paging-structure caches"},
	{"iotlb_lookup", iotlb_lookups, "look-ups of the IOTLB"},
	{"iotlb_hit", iotlb_hits, "hits of the IOTLB"},
	{"pg_req_posted", page_requests, "page requests stored in the queue"},
	{"IOTLB Lookup", iotlb_lookups, "PCM: look-ups of the IOTLB"},
	{"IOTLB Miss", iotlb_misses, "PCM: misses of the IOTLB"},
	{"Cache Fills", iotlb_fills, "PCM: fills of the IOTLB"},
	{"IOTLB Inv", iotlb_commands, "PCM: invalidations of the IOTLB by the queue"},
	{"Ctx Cache Lookup", context_lookups, "PCM: look-ups of the context cache"},
	{"Ctxt Cache Hit", context_hits, "PCM: hits of the context cache"},
	{"Ctx Cache Inv", context_commands, "PCM: invalidations of the context cache by the queue"},
	{"IOMMU Mem Access", reads, "PCM: reads of memory, as iommu_mrds"},
	{"IOTLB First Lookup", iotlb_lookups,
	 "PCM: look-ups of the IOTLB, one a request: it is not looked at again after a walk"},
	{"IOTLB 4K Hits", iotlb_hits_4k, "PCM: hits of the IOTLB on pages of 4 KiB"},
	{"IOTLB 2M Hits", iotlb_hits_2m, "PCM: hits of the IOTLB on pages of 2 MiB"},
	{"IOTLB 1G Hits", iotlb_hits_1g,
	 "PCM: hits of the IOTLB on pages of 1 GiB; pass-through has no page"},
	{"256T Cache Hit", second_hits_256t,
	 "PCM: walks of the second stage, for first-stage tables too, that a cached pointer to "
	 "a table of 256 TiB shortened"},
	{"512G Cache Hit", second_hits_512g, "PCM: the same with a table of 512 GiB"},
	{"1G Cache Hit", second_hits_1g, "PCM: the same with a table of 1 GiB"},
	{"2M Cache Hit", second_hits_2m, "PCM: the same with a table of 2 MiB"},
};

const char *vtd_perf_counter(const struct ioasim_unit *unit, unsigned n, uint64_t *value,
			     const char **about)
{
	if (n >= sizeof(events) / sizeof(events[0]))
		return NULL;
	*value = events[n].value(&unit->counters);
	*about = events[n].about;
	return events[n].name;
}
