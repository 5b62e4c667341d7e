/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The unit's counters under the names that a real machine shows: the events of
 * Linux's amd_iommu PMU. Left out is the interrupt side (int_dte_hit, int_dte_mis),
 * which is not modelled.
 *
 * Real units keep pages of 2 MiB and more with the page directory entries that lead to
 * smaller ones, the model in the IOTLB: their hits are counted as of a PDE here. A miss
 * has no size, and is counted as of a PTE.
 *
 * Requests that end in a fault are counted like others. PREFETCH_IOMMU_PAGES counts as
 * the look-ups, reads and fills that it makes.
 */
#include "amdvi/arch.h"

#include <string.h>

#define LARGE_LG2 21u

struct perf_event {
	const char *name;
	uint64_t (*value)(const struct ioasim_counters *c);
	const char *about;
};

static uint64_t requests(const struct ioasim_counters *c)
{
	return c->requests[0] + c->requests[1] + c->requests[2];
}

static uint64_t pretranslated(const struct ioasim_counters *c)
{
	return c->requests[IOASIM_TRANSLATED];
}

static uint64_t aborts(const struct ioasim_counters *c)
{
	return c->faulted;
}

static uint64_t reads(const struct ioasim_counters *c, unsigned kind)
{
	uint64_t sum = 0;

	for (unsigned level = 0; level < IOASIM_LEVELS; level++)
		sum += c->refs[kind][level];
	return sum;
}

static uint64_t guest_reads(const struct ioasim_counters *c)
{
	return reads(c, IOASIM_REF_STAGE1);
}

static uint64_t nested_reads(const struct ioasim_counters *c)
{
	return reads(c, IOASIM_REF_STAGE2) + reads(c, IOASIM_REF_STAGE2_FOR_STAGE1) +
	       reads(c, IOASIM_REF_STAGE2_FOR_PASID_TABLE);
}

static uint64_t table_reads(const struct ioasim_counters *c)
{
	return guest_reads(c) + nested_reads(c);
}

static uint64_t passed(const struct ioasim_counters *c)
{
	return c->passed;
}

static uint64_t excluded(const struct ioasim_counters *c)
{
	return c->excluded;
}

static uint64_t tlb_large_hits(const struct ioasim_counters *c)
{
	uint64_t sum = 0;

	for (unsigned lg2 = LARGE_LG2; lg2 < IOASIM_PAGE_SIZES; lg2++)
		sum += c->iotlb_hits[lg2];
	return sum;
}

static uint64_t tlb_hits(const struct ioasim_counters *c)
{
	return c->cache[IOASIM_CACHE_IOTLB].hits - tlb_large_hits(c);
}

static uint64_t tlb_misses(const struct ioasim_counters *c)
{
	return c->cache[IOASIM_CACHE_IOTLB].misses;
}

static uint64_t pde_hits(const struct ioasim_counters *c)
{
	return tlb_large_hits(c) + c->cache[IOASIM_CACHE_STAGE1_WALK].hits +
	       c->cache[IOASIM_CACHE_STAGE2_WALK].hits;
}

static uint64_t pde_misses(const struct ioasim_counters *c)
{
	return c->cache[IOASIM_CACHE_STAGE1_WALK].misses +
	       c->cache[IOASIM_CACHE_STAGE2_WALK].misses;
}

static uint64_t dte_hits(const struct ioasim_counters *c)
{
	return c->cache[IOASIM_CACHE_DEVICE].hits;
}

static uint64_t dte_misses(const struct ioasim_counters *c)
{
	return c->cache[IOASIM_CACHE_DEVICE].misses;
}

/* Commands of the classes in `list`, which a NULL ends; NULL for all classes. */
static uint64_t commands(const struct ioasim_counters *c, const char *const *list)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < IOASIM_COMMAND_TYPES; i++) {
		const char *name = amdvi_arch.command_name(i);
		bool wanted = !list;

		for (const char *const *want = list; name && want && *want; want++)
			wanted |= strcmp(name, *want) == 0;
		if (name && wanted)
			sum += c->commands[i];
	}
	return sum;
}

static uint64_t all_commands(const struct ioasim_counters *c)
{
	return commands(c, NULL);
}

static uint64_t tlb_commands(const struct ioasim_counters *c)
{
	static const char *const list[] = {"pages",           "pages-all", "guest-pages",
					   "guest-pages-all", "all",       NULL};

	return commands(c, list);
}

static uint64_t invalidation_commands(const struct ioasim_counters *c)
{
	static const char *const list[] = {"devtab", "iotlb", "interrupt-table", NULL};

	return tlb_commands(c) + commands(c, list);
}

static const struct perf_event events[] = {
	{"mem_pass_untrans", passed,
	 "untranslated requests that a device table entry (V or mode 0) lets through as they are; "
	 "none while the unit is off"},
	{"mem_pass_excl", excluded, "untranslated requests in the exclusion range"},
	{"mem_pass_pretrans", pretranslated,
	 "requests with an address already translated, refused ones included"},
	{"mem_target_abort", aborts, "requests of all kinds that ended in an abort"},
	{"mem_trans_total", requests, "requests of all kinds, faulting ones included"},
	{"mem_iommu_tlb_pte_hit", tlb_hits, "hits of the IOTLB on pages below 2 MiB"},
	{"mem_iommu_tlb_pte_mis", tlb_misses, "misses of the IOTLB, whatever the page"},
	{"mem_iommu_tlb_pde_hit", pde_hits,
	 "hits of the page walk caches, guest and host, and of the IOTLB on pages from 2 MiB up"},
	{"mem_iommu_tlb_pde_mis", pde_misses, "misses of the page walk caches, guest and host"},
	{"mem_dte_hit", dte_hits, "hits of the device table cache"},
	{"mem_dte_mis", dte_misses, "misses of the device table cache"},
	{"page_tbl_read_tot", table_reads,
	 "reads of guest and host page tables, GCR3 not included"},
	{"page_tbl_read_nst", nested_reads,
	 "reads of host page tables, for guest and GCR3 tables too"},
	{"page_tbl_read_gst", guest_reads, "reads of guest page tables"},
	{"cmd_processed", all_commands, "commands executed"},
	{"cmd_processed_inv", invalidation_commands, "commands executed that invalidate"},
	{"tlb_inv", tlb_commands, "commands executed that invalidate translations"},
};

const char *amdvi_perf_counter(const struct ioasim_unit *unit, unsigned n, uint64_t *value,
			       const char **about)
{
	if (n >= sizeof(events) / sizeof(events[0]))
		return NULL;
	*value = events[n].value(&unit->counters);
	*about = events[n].about;
	return events[n].name;
}
