/* SPDX-License-Identifier: Apache-2.0 */
/* Translation and invalidation by an AMD-Vi unit, through the public interface. */
#include "bench.h"

#include "amdvi/registers.h"
#include "amdvi/structures.h"

#include <stdlib.h>

#define DOMAIN_ID   7u
#define COMMANDS_LG 8 /* a ring of 256 */

/* ---- Tables ----------------------------------------------------------------------- */

/* Accessed and dirty are set beforehand, as Linux does. */
#define GUEST_BITS                                                                             \
	(FIELD_MASK(AMDVI_GUEST_P) | FIELD_MASK(AMDVI_GUEST_RW) | FIELD_MASK(AMDVI_GUEST_US) | \
	 FIELD_MASK(AMDVI_GUEST_A))
#define HOST_BITS \
	(FIELD_MASK(AMDVI_HOST_PR) | FIELD_MASK(AMDVI_HOST_IR) | FIELD_MASK(AMDVI_HOST_IW))

static void map(struct bench_tables *bench, uint64_t table, uint64_t input, uint64_t output,
		bool guest)
{
	for (unsigned level = 3; level > 0; level--) {
		uint64_t *entry = bench_word(bench, table + amdvi_table_offset(input, level));

		if (!*entry)
			*entry = bench_page_new(bench) |
				 (guest ? GUEST_BITS
					: HOST_BITS | FIELD_VALUE(AMDVI_HOST_NEXTLEVEL, level));
		table = field_bits(AMDVI_HOST_ADDR, *entry);
	}
	*bench_word(bench, table + amdvi_table_offset(input, 0)) =
		output | (guest ? GUEST_BITS | FIELD_MASK(AMDVI_GUEST_D) : HOST_BITS);
}

static void map_pages(struct bench_tables *bench, uint64_t table, unsigned pages, bool guest)
{
	for (unsigned i = 0; i < pages; i++)
		map(bench, table, BENCH_IOVA + (uint64_t)i * BENCH_PAGE,
		    BENCH_DATA + (uint64_t)i * BENCH_PAGE, guest);
}

static void build(struct bench_tables *bench, bool nested, unsigned pages)
{
	uint64_t host = bench_page_new(bench), gcr3 = bench_page_new(bench),
		 guest = bench_page_new(bench);
	uint64_t *dte = bench_word(bench, bench->devices + BENCH_RID * AMDVI_DTE_SIZE);

	dte[0] = host | FIELD_MASK(AMDVI_DTE_0_V) | FIELD_MASK(AMDVI_DTE_0_TV) |
		 FIELD_VALUE(AMDVI_DTE_0_MODE, 4) | FIELD_MASK(AMDVI_DTE_0_IR) |
		 FIELD_MASK(AMDVI_DTE_0_IW);
	dte[1] = FIELD_VALUE(AMDVI_DTE_1_DOMAINID, DOMAIN_ID);
	if (!nested) {
		map_pages(bench, host, pages, false);
		return;
	}
	dte[0] |= FIELD_MASK(AMDVI_DTE_0_GV) | FIELD_MASK(AMDVI_DTE_0_GIOV);
	amdvi_dte_gcr3_root_set(dte, gcr3);
	*bench_word(bench, gcr3) = guest | FIELD_MASK(AMDVI_GCR3_V);
	map_pages(bench, guest, pages, true);
	/* The host's own tables come last: they need no mapping. */
	for (uint64_t pa = 0, end = bench->used; pa < end; pa += BENCH_PAGE)
		map(bench, host, pa, pa, false);
	for (uint64_t i = 0; i < pages; i++)
		map(bench, host, BENCH_DATA + i * BENCH_PAGE, BENCH_DATA + i * BENCH_PAGE, false);
}

/* ---- The unit ------------------------------------------------------------------------ */

static bool start(struct bench_tables *bench)
{
	const uint64_t commands = BENCH_COMMANDS | FIELD_VALUE(AMDVI_RING_LEN, COMMANDS_LG);
	const uint64_t control =
		FIELD_MASK(AMDVI_CONTROL_IOMMU_EN) | FIELD_MASK(AMDVI_CONTROL_CMD_BUF_EN) |
		FIELD_MASK(AMDVI_CONTROL_GT_EN) | FIELD_MASK(AMDVI_CONTROL_GCR3_TRP_MODE);
	struct ioasim_unit *unit = bench->translate.unit;

	return ioasim_mmio_write(unit, AMDVI_DEV_TAB_BASE, 8, bench->devices) == 0 &&
	       ioasim_mmio_write(unit, AMDVI_CMD_BASE, 8, commands) == 0 &&
	       ioasim_mmio_write(unit, AMDVI_CONTROL, 8, control) == 0;
}

static void invalidate(void *state, uint64_t address)
{
	struct bench_tables *bench = state;
	uint64_t *slot = bench_word(bench, BENCH_COMMANDS + bench->tail);

	slot[0] = FIELD_VALUE(AMDVI_CMD_0_OPCODE, AMDVI_CMD_INVALIDATE_IOMMU_PAGES) |
		  FIELD_VALUE(AMDVI_PAGES_0_DOMAIN_ID, DOMAIN_ID);
	slot[1] = address;
	bench->tail = (bench->tail + AMDVI_ENTRY_SIZE) % BENCH_PAGE;
	if (ioasim_mmio_write(bench->translate.unit, AMDVI_CMD_TAIL, 8, bench->tail))
		abort();
}

static const struct bench_kind kind = {
	.arch = "amdvi",
	.one_stage = 1 + 4,
	.structures = 6,
	.build = build,
	.start = start,
	.invalidate = invalidate,
};

static void *hit_setup(const char **why)
{
	return bench_hit_setup(&kind, why);
}

static void *one_stage_setup(const char **why)
{
	return bench_one_stage_setup(&kind, why);
}

static void *nested_warm_setup(const char **why)
{
	return bench_nested_setup(&kind, true, why);
}

static void *nested_cold_setup(const char **why)
{
	return bench_nested_setup(&kind, false, why);
}

static void *invalidate_setup(const char **why)
{
	return bench_invalidate_setup(&kind, why);
}

const struct bench_case bench_amdvi[] = {
	{"AMD-Vi: IOTLB hit", 40, hit_setup, bench_tables_translate, bench_tables_finish},
	{"AMD-Vi: host walk, 4 levels, 5 references", 15, one_stage_setup, bench_tables_translate,
	 bench_tables_finish},
	{"AMD-Vi: nested walk, 24 references", 4, nested_warm_setup, bench_tables_translate,
	 bench_tables_finish},
	{"AMD-Vi: nested and tables, 30 references", 0, nested_cold_setup, bench_tables_translate,
	 bench_tables_finish},
	{"AMD-Vi: page invalidation through the ring", 5, invalidate_setup, bench_tables_invalidate,
	 bench_tables_finish},
	{0},
};
