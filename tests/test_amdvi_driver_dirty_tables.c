/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was written through the AMD-Vi driver (rule U13), by what it was written through:
 * leaves of several entries and large ones, their splits, what waits for a flush, and
 * users' tables over a tracked parent.
 */
#include "amdvi_dirty_rig.h"

/* Word of a leaf of level 0 or 1, walked by hand from a four-level entry (2.2.3). */
static uint64_t leaf_address(struct rig *rig, uint32_t rid, uint64_t iova, unsigned level)
{
	uint64_t dte[4], table;

	rig_dte(rig, rid, dte);
	assert_int_equal(rig_bits(dte[0], 11, 9), 4);
	table = dte[0];
	for (unsigned at = 3;; at--) {
		uint64_t slot =
			(table & UINT64_C(0xffffffffff000)) + (iova >> (12 + 9 * at) & 511) * 8;

		if (at == level)
			return slot;
		table = rig_peek(rig, slot);
	}
}

static unsigned marks_of(struct rig *rig, uint64_t iova, unsigned items)
{
	uint64_t at = leaf_address(rig, RID, iova, 0);
	unsigned marks = 0;

	for (unsigned i = 0; i < items; i++)
		marks += (rig_peek(rig, at + i * 8) & D) != 0;
	return marks;
}

/* ---- Large pages ---------------------------------------------------------------------------- */

#define RUN (16 * PAGE) /* 64 KiB: sixteen equal entries */

static void u13_any_copy_of_a_run_tells_of_the_whole(void **state)
{
	static struct rig rig;
	struct domain *domain = dirty_start(&rig, DRIVER_STRICT);

	(void)state;
	rig_map(&rig, domain, IOVA, TARGET, RUN, RW);
	for (unsigned page = 0; page < 16; page++) {
		writes(&rig, RID, IOVA + page * PAGE);
		/* The unit has marked one of them. */
		assert_int_equal(marks_of(&rig, IOVA, 16), 1);
		assert_int_equal(marks_of(&rig, IOVA + page * PAGE, 1), 1);
		TELLS(&rig, domain, {IOVA, RUN});
		/* Cut to what is asked for, and then not forgotten. */
		expect_told(&rig, domain, IOVA + 4 * PAGE, PAGE, true,
			    LIST({IOVA + 4 * PAGE, PAGE}));
		expect_told(&rig, domain, IOVA + 8 * PAGE, RUN, true,
			    LIST({IOVA + 8 * PAGE, 8 * PAGE}));
		/* Two marks, by the hand of a unit that walks by another copy. */
		rig_poke(&rig, leaf_address(&rig, RID, IOVA + 7 * PAGE, 0),
			 rig_peek(&rig, leaf_address(&rig, RID, IOVA + 7 * PAGE, 0)) | D);
		CLEARED(&rig, domain, {IOVA, RUN});
		assert_int_equal(marks_of(&rig, IOVA, 16), 0);
		TELLS_NONE(&rig, domain);
	}
	rig_end(&rig);
}

/* Leaves of one entry stand around one of sixteen: all of the same table. */
static void u13_runs_between_pages_are_forgotten_with_them(void **state)
{
	static struct rig rig;
	struct domain *domain = dirty_start(&rig, DRIVER_STRICT);

	(void)state;
	rig_map(&rig, domain, IOVA + RUN - PAGE, TARGET + 8 * M, PAGE, RW);
	rig_map(&rig, domain, IOVA + RUN, TARGET, RUN, RW);
	rig_map(&rig, domain, IOVA + 2 * RUN, TARGET + 9 * M, PAGE, RW);
	writes(&rig, RID, IOVA + RUN - PAGE);
	writes(&rig, RID, IOVA + RUN + 3 * PAGE);
	writes(&rig, RID, IOVA + 2 * RUN);
	CLEARED(&rig, domain, {IOVA + RUN - PAGE, PAGE}, {IOVA + RUN, RUN}, {IOVA + 2 * RUN, PAGE});
	TELLS_NONE(&rig, domain);
	assert_int_equal(marks_of(&rig, IOVA + RUN - PAGE, 18), 0);
	rig_end(&rig);
}

/* A leaf of 2 MiB, one of 1 GiB, one of 32 MiB in sixteen entries of level 1. */
static void u13_large_leaves_are_told_as_a_whole(void **state)
{
	static struct rig rig;
	struct domain *domain = dirty_start(&rig, DRIVER_STRICT);
	static const uint64_t sizes[] = {2 * M, 32 * M, G};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		uint64_t iova = (8 + i) * G, size = sizes[i];

		rig_map(&rig, domain, iova, TARGET + 7 * G, size, RW);
		reads(&rig, RID, iova + size / 2);
		TELLS_NONE(&rig, domain);
		for (unsigned twice = 0; twice < 2; twice++) {
			writes(&rig, RID, iova + size / 2 + 5 * PAGE);
			TELLS(&rig, domain, {iova, size});
			expect_told(&rig, domain, iova + PAGE, 2 * PAGE, true,
				    LIST({iova + PAGE, 2 * PAGE}));
			CLEARED(&rig, domain, {iova, size});
			TELLS_NONE(&rig, domain);
		}
	}
	rig_end(&rig);
}

static void u13_a_split_keeps_marks(void **state)
{
	static struct rig rig;
	struct domain *domain = dirty_start(&rig, DRIVER_STRICT);

	(void)state;
	/* Sixteen entries, of which another one than those at the cut has the mark. */
	for (unsigned page = 0; page < 16; page += 5) {
		rig_map(&rig, domain, IOVA, TARGET, RUN, RW);
		writes(&rig, RID, IOVA + page * PAGE);
		rig_unmap(&rig, domain, IOVA + 6 * PAGE, PAGE);
		/* 4 + 2 and 1 + 8 pages are the largest leaves that fit. */
		CLEARED(&rig, domain, {IOVA, 4 * PAGE}, {IOVA + 4 * PAGE, 2 * PAGE},
			{IOVA + 7 * PAGE, PAGE}, {IOVA + 8 * PAGE, 8 * PAGE});
		TELLS_NONE(&rig, domain);
		/* Each piece by itself from now on. */
		writes(&rig, RID, IOVA + 12 * PAGE);
		TELLS(&rig, domain, {IOVA + 8 * PAGE, 8 * PAGE});
		rig_unmap(&rig, domain, IOVA, 6 * PAGE);
		rig_unmap(&rig, domain, IOVA + 7 * PAGE, 9 * PAGE);
	}
	/* One that was not written leaves none that was. */
	rig_map(&rig, domain, IOVA, TARGET, RUN, RW);
	reads(&rig, RID, IOVA);
	rig_unmap(&rig, domain, IOVA + 6 * PAGE, PAGE);
	TELLS_NONE(&rig, domain);
	/* A table takes the place of 2 MiB: 2 MiB less its first 64 KiB. */
	rig_map(&rig, domain, 8 * G, TARGET, 2 * M, RW);
	writes(&rig, RID, 8 * G);
	rig_unmap(&rig, domain, 8 * G, RUN);
	TELLS(&rig, domain, {8 * G + RUN, RUN}, {8 * G + 2 * RUN, 2 * RUN},
	      {8 * G + 4 * RUN, 4 * RUN}, {8 * G + 8 * RUN, 8 * RUN}, {8 * G + 16 * RUN, 16 * RUN});
	rig_end(&rig);
}

/* What waits for its flush may still be cached: what is left of a split leaf, too. */
static void u13_queued_unmaps_lose_no_write(void **state)
{
	static struct rig rig;
	struct domain *domain = dirty_start(&rig, DRIVER_LAZY);

	(void)state;
	rig_map(&rig, domain, IOVA, TARGET, RUN, RW);
	reads(&rig, RID, IOVA + 8 * PAGE);
	rig_unmap(&rig, domain, IOVA, PAGE);
	assert_int_equal(rig.ops->unmaps_waiting(domain), 1);
	TELLS_NONE(&rig, domain);
	assert_int_equal(rig.ops->unmaps_waiting(domain), 1);
	/* By the old leaf, which the unit holds without its mark. */
	writes(&rig, RID, IOVA + 8 * PAGE);
	CLEARED(&rig, domain, {IOVA + 8 * PAGE, 8 * PAGE});
	writes(&rig, RID, IOVA + 9 * PAGE);
	/* By a leaf that it holds with the mark, when it is split. */
	rig_unmap(&rig, domain, IOVA + 15 * PAGE, PAGE);
	assert_int_equal(rig.ops->unmaps_waiting(domain), 1);
	writes(&rig, RID, IOVA + 12 * PAGE);
	CLEARED(&rig, domain, {IOVA + 8 * PAGE, 4 * PAGE}, {IOVA + 12 * PAGE, 2 * PAGE},
		{IOVA + 14 * PAGE, PAGE});
	/* What was forgotten took along what waited. */
	assert_int_equal(rig.ops->unmaps_waiting(domain), 0);
	writes(&rig, RID, IOVA + 14 * PAGE);
	CLEARED(&rig, domain, {IOVA + 14 * PAGE, PAGE});
	assert_int_equal(rig.ops->sync(rig.driver), 0);
	writes(&rig, RID, IOVA + 14 * PAGE);
	TELLS(&rig, domain, {IOVA + 14 * PAGE, PAGE});
	rig_end(&rig);
}

/* ---- Users' tables ----------------------------------------------------------------------------- */

#define GUEST_RAM   (6 * G) /* where the parent puts guest address 0 */
#define GUEST_GCR3  UINT64_C(0x8000)
#define GUEST_TABLE UINT64_C(0x10000)

/* 4 levels for one page; `flags` of the leaf (5.2): P, R/W, U/S, A and D are 0x67. */
static void guest_map(struct rig *rig, uint64_t table, uint64_t iova, uint64_t gpa, uint64_t flags)
{
	for (unsigned level = 4; level-- > 0;) {
		uint64_t slot = table + (iova >> (12 + 9 * level) & 511) * 8;

		table = level ? table + PAGE : gpa;
		rig_poke(rig, GUEST_RAM + slot, table | (level ? 0x67 : flags));
	}
}

/* A parent over 2 MiB of guest memory, in pages, and a guest with one PASID beside. */
static struct domain *guest_start(struct rig *rig)
{
	struct domain *parent;

	rig_begin(rig, false, DRIVER_STRICT);
	assert_int_equal(ioasim_memory_add_ram(rig->memory, GUEST_RAM, 2 * M), 0);
	rig_device(rig, RID);
	rig_plain_device(rig, RID2);
	parent = dirty_domain(rig, DOMAIN_NEST_PARENT);
	for (uint64_t gpa = 0; gpa < 2 * M; gpa += PAGE)
		rig_map(rig, parent, gpa, GUEST_RAM + gpa, PAGE, RW);
	rig_poke(rig, GUEST_RAM + GUEST_GCR3, GUEST_TABLE | 1);
	rig_poke(rig, GUEST_RAM + GUEST_GCR3 + 8 * 7, (GUEST_TABLE + 4 * PAGE) | 1);
	guest_map(rig, GUEST_TABLE, IOVA, M, 0x67);
	guest_map(rig, GUEST_TABLE + 4 * PAGE, IOVA, M + PAGE, 0x67);
	return parent;
}

static struct domain *user_domain(struct rig *rig, struct domain *parent)
{
	struct domain_config config = {
		.kind = DOMAIN_NESTED_PASID, .parent = parent, .root = GUEST_GCR3};
	struct domain *nested = NULL;

	assert_int_equal(rig->ops->domain_create(rig->driver, &config, &nested), 0);
	return nested;
}

static void u13_writes_through_users_tables_are_told_of_the_parent(void **state)
{
	static struct rig rig;
	struct domain *parent = guest_start(&rig), *nested = user_domain(&rig, parent);

	(void)state;
	rig_attach(&rig, RID, NONE, nested);
	assert_int_equal(had_of(&rig, RID), 0);
	writes(&rig, RID, IOVA);
	rig.events = 0;
	track(&rig, parent, true);
	/* Pages behind entries, then the device, which caches by what it sends. */
	EXPECT(&rig, {{DEVTAB(RID), 0}}, WAIT,
	       {{PAGES(rig.ops->domain_tag(nested)), ALL | PDE | S}}, WAIT, {{IOTLB(RID), ALL | S}},
	       WAIT);
	assert_int_equal(had_of(&rig, RID), HAD);
	TELLS_NONE(&rig, parent);
	for (unsigned twice = 0; twice < 2; twice++) {
		reads(&rig, RID, IOVA);
		TELLS_NONE(&rig, parent);
		writes(&rig, RID, IOVA);
		assert_int_equal(rig_dma(&rig, RID, 7, IOVA, IOASIM_WRITE).outcome, IOASIM_OK);
		TELLS(&rig, parent, {M, PAGE}, {M + PAGE, PAGE});
		rig.events = 0;
		CLEARED(&rig, parent, {M, PAGE}, {M + PAGE, PAGE});
		assert_true(device_forgot(&rig, RID, 0, UINT64_MAX >> 12 << 12));
	}
	track(&rig, parent, false);
	assert_int_equal(had_of(&rig, RID), 0);
	rig_end(&rig);
}

/* The unit's own writes to the guest's tables are writes. */
static void u13_flags_in_users_tables_are_told_of_the_parent(void **state)
{
	static struct rig rig;
	struct domain *parent = guest_start(&rig), *nested;
	uint64_t leaf_table = GUEST_TABLE + 3 * PAGE;

	(void)state;
	track(&rig, parent, true);
	nested = user_domain(&rig, parent);
	rig_attach(&rig, RID, NONE, nested); /* later: it follows */
	assert_int_equal(had_of(&rig, RID), HAD);
	rig_attach(&rig, RID2, NONE, parent);
	assert_int_equal(had_of(&rig, RID2), HAD);
	guest_map(&rig, GUEST_TABLE, IOVA, M, 0x07); /* neither A nor D */
	reads(&rig, RID, IOVA);
	CLEARED(&rig, parent, {leaf_table, PAGE});
	writes(&rig, RID, IOVA);
	CLEARED(&rig, parent, {leaf_table, PAGE}, {M, PAGE});
	writes(&rig, RID, IOVA);
	writes(&rig, RID2, 3 * PAGE);
	CLEARED(&rig, parent, {3 * PAGE, PAGE}, {M, PAGE});
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u13_any_copy_of_a_run_tells_of_the_whole),
		cmocka_unit_test(u13_runs_between_pages_are_forgotten_with_them),
		cmocka_unit_test(u13_large_leaves_are_told_as_a_whole),
		cmocka_unit_test(u13_a_split_keeps_marks),
		cmocka_unit_test(u13_queued_unmaps_lose_no_write),
		cmocka_unit_test(u13_writes_through_users_tables_are_told_of_the_parent),
		cmocka_unit_test(u13_flags_in_users_tables_are_told_of_the_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
