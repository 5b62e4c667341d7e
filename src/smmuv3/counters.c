/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The unit's counters under the names of the performance monitor events (10.4), as
 * Linux's driver calls them. Cycles are left out: counts say nothing of them.
 *
 * Transactions that end in a fault are counted like others. CMD_PREFETCH_CONFIG and
 * CMD_PREFETCH_ADDR do nothing.
 */
#include "smmuv3/arch.h"
#include "smmuv3/events.h"

struct perf_event {
	const char *name;
	uint64_t (*value)(const struct ioasim_counters *c);
	const char *about;
};

static uint64_t requests(const struct ioasim_counters *c)
{
	return c->requests[IOASIM_UNTRANSLATED] + c->requests[IOASIM_TRANSLATION_REQUEST] +
	       c->requests[IOASIM_TRANSLATED];
}

static uint64_t tlb_misses(const struct ioasim_counters *c)
{
	return c->cache[IOASIM_CACHE_IOTLB].misses;
}

static uint64_t config_misses(const struct ioasim_counters *c)
{
	return c->cache[IOASIM_CACHE_DEVICE].misses + c->cache[IOASIM_CACHE_PASID].misses;
}

static uint64_t references(const struct ioasim_counters *c, enum ioasim_reference_kind kind)
{
	uint64_t sum = 0;

	for (unsigned level = 0; level < IOASIM_LEVELS; level++)
		sum += c->refs[kind][level];
	return sum;
}

static uint64_t table_reads(const struct ioasim_counters *c)
{
	return references(c, IOASIM_REF_STAGE1) + references(c, IOASIM_REF_STAGE2) +
	       references(c, IOASIM_REF_STAGE2_FOR_STAGE1) +
	       references(c, IOASIM_REF_STAGE2_FOR_PASID_TABLE);
}

static uint64_t structure_reads(const struct ioasim_counters *c)
{
	return references(c, IOASIM_REF_DEVICE_TABLE) + references(c, IOASIM_REF_PASID_TABLE);
}

static uint64_t translation_requests(const struct ioasim_counters *c)
{
	return c->requests[IOASIM_TRANSLATION_REQUEST];
}

static uint64_t translated_requests(const struct ioasim_counters *c)
{
	return c->requests[IOASIM_TRANSLATED] - c->faults[SMMU_F_TRANSL_FORBIDDEN];
}

static const struct perf_event events[] = {
	{"transaction", requests,
	 "requests of all kinds, faulting ones included; a stalled one counts once"},
	{"tlb_miss", tlb_misses, "misses of the TLB"},
	{"config_cache_miss", config_misses,
	 "misses of the STE and CD caches, each by itself, so up to two per request"},
	{"trans_table_walk_access", table_reads,
	 "reads of stage 1 and stage 2 descriptors, for CDs and stage 1 tables too"},
	{"config_struct_access", structure_reads, "reads of L1STDs, STEs, L1CDs and CDs"},
	{"pcie_ats_trans_rq", translation_requests, "ATS translation requests"},
	{"pcie_ats_trans_passed", translated_requests,
	 "ATS translated requests, less those refused with F_TRANSL_FORBIDDEN"},
};

const char *smmu_perf_counter(const struct ioasim_unit *unit, unsigned n, uint64_t *value,
			      const char **about)
{
	if (n >= sizeof(events) / sizeof(events[0]))
		return NULL;
	*value = events[n].value(&unit->counters);
	*about = events[n].about;
	return events[n].name;
}
