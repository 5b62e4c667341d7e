/* SPDX-License-Identifier: Apache-2.0 */
/* What was written by routes whose stage 1 is a guest's, over the SMMUv3 driver's table. */
#include "driver_dirty_smmu.h"

#define GUEST_DATA (4 * M)
#define GUEST_LEAF (GUEST_ROOT + 0x3000) /* the table of the page */
#define PASID      3u

/* CD word 0: HD, HA. */
#define CD_MARKS (UINT64_C(3) << 42)

/* The first 8 MiB of the guest in pages of 4 KiB; its CD table at two devices. */
static struct domain *nested_begin(struct rig *rig)
{
	struct domain *parent;

	rig_prepare(rig);
	rig_set(rig, "idr0", RIG_IDR0 | RIG_HTTU(2));
	rig->config.no_large_pages = true;
	rig_start(rig);
	assert_int_equal(ioasim_memory_add_ram(rig->memory, GUEST_RAM, 8 * M), 0);
	rig_device(rig, RID);
	rig_device(rig, RID2);
	parent = dirty_domain(rig, DOMAIN_NEST_PARENT);
	rig_map(rig, parent, 0, GUEST_RAM, 8 * M, RW);
	guest_map(rig, IOVA, GUEST_DATA);
	guest_cd(rig, 0, 5);
	guest_cd(rig, PASID, 6);
	rig_attach(rig, RID, NONE, rig_nested(rig, parent, GUEST_CD, 0, 2));
	rig_attach(rig, RID2, NONE, rig_nested(rig, parent, GUEST_CD, 0, 2));
	return parent;
}

/* The guest's own descriptor of the page, changed by the guest as it should. */
static void guest_leaf(struct rig *rig, struct domain *parent, uint64_t word)
{
	uint64_t words[2] = {0x10, 0}; /* CMD_TLBI_NH_ALL */
	unsigned done;

	guest_poke(rig, GUEST_LEAF + (IOVA >> 12 & 511) * 8, word);
	assert_int_equal(rig->ops->user_commands(rig->driver, parent, words, 1, &done), 0);
}

static void u13_writes_of_nested_routes_are_told_of_the_parent(void **state)
{
	static const struct {
		uint32_t rid, pasid;
	} route[] = {{RID, NONE}, {RID2, NONE}, {RID, PASID}, {RID2, PASID}, {RID, NONE}};
	static struct rig rig;
	struct domain *parent = nested_begin(&rig);
	unsigned atcs = 0;

	(void)state;
	/* All that can be is cached before; tables and CDs are read, and no page of theirs is
	 * written. */
	for (unsigned i = 0; i < 5; i++)
		assert_reaches(&rig, route[i].rid, route[i].pasid, IOVA, RW,
			       GUEST_RAM + GUEST_DATA);
	track(&rig, parent, true);
	told_once(&rig, parent, GUEST_DATA, 4 * K);
	for (unsigned i = 0; i < 5; i++) {
		assert_reaches(&rig, route[i].rid, route[i].pasid, IOVA, IOASIM_READ,
			       GUEST_RAM + GUEST_DATA);
		nothing_told(&rig, parent);
		assert_reaches(&rig, route[i].rid, route[i].pasid, IOVA + 8, IOASIM_WRITE,
			       GUEST_RAM + GUEST_DATA + 8);
		told_once(&rig, parent, GUEST_DATA, 4 * K);
	}
	/* What devices keep goes too: they know it by other addresses. */
	assert_int_equal(rig_ask(&rig, RID, PASID, IOVA, RW, IOASIM_TRANSLATION_REQUEST).access,
			 RW);
	rig.events = 0;
	told_once(&rig, parent, GUEST_DATA, 4 * K);
	for (unsigned at = 0; at < rig.events; at++) {
		const struct ioasim_atc_invalidation *atc = &rig.event[at].atc;

		if (rig.event[at].kind != RIG_ATC)
			continue;
		atcs++;
		assert_true(atc->first == 0 && atc->last == UINT64_MAX);
	}
	assert_int_equal(atcs, 2);
	rig_end(&rig);
}

/* 3.13.5: the marks that the unit stores in the guest's tables are writes to the guest's
 * memory: a guest that moves takes them along. */
static void u13_marks_in_a_guests_tables_are_writes(void **state)
{
	const uint64_t leaf = GUEST_DATA | 0x443 | 0x800; /* page, AP[1], AF, nG */
	static struct rig rig;
	struct domain *parent = nested_begin(&rig);
	struct told told;

	(void)state;
	/* Both at ASIDs of their own: T0SZ 16, EPD1, V, IPS, AA64, R, A. */
	guest_poke(&rig, GUEST_CD, UINT64_C(0x6205c0000010) | UINT64_C(5) << 48 | CD_MARKS);
	track(&rig, parent, true);
	for (unsigned i = 0; i < 2; i++) {
		/* AF is to be set. */
		guest_leaf(&rig, parent, leaf & ~UINT64_C(0x400));
		assert_reaches(&rig, RID, NONE, IOVA, IOASIM_READ, GUEST_RAM + GUEST_DATA);
		told_once(&rig, parent, GUEST_LEAF, 4 * K);
		/* The guest's page is clean. */
		guest_leaf(&rig, parent, leaf | DBM | AP2_S2AP1);
		assert_reaches(&rig, RID, NONE, IOVA, IOASIM_READ, GUEST_RAM + GUEST_DATA);
		nothing_told(&rig, parent);
		assert_reaches(&rig, RID, NONE, IOVA, IOASIM_WRITE, GUEST_RAM + GUEST_DATA);
		told = tell(&rig, parent, 0, UINT64_MAX, true);
		assert_int_equal(told.count, 2);
		assert_int_equal(told.first[0], GUEST_LEAF);
		assert_int_equal(told.first[1], GUEST_DATA);
		/* It is dirty now, and the host's is clean. */
		assert_reaches(&rig, RID, NONE, IOVA, IOASIM_WRITE, GUEST_RAM + GUEST_DATA);
		told_once(&rig, parent, GUEST_DATA, 4 * K);
	}
	rig_end(&rig);
}

/* A guest cannot write where the parent does not let it, and that is no mark; its stage 1
 * may refuse what the parent would mark. */
static void u13_what_either_stage_refuses_is_not_told(void **state)
{
	static struct rig rig;
	struct domain *parent = nested_begin(&rig);

	(void)state;
	track(&rig, parent, true);
	rig_unmap(&rig, parent, GUEST_DATA, 4 * K);
	rig_map(&rig, parent, GUEST_DATA, GUEST_RAM + GUEST_DATA, 4 * K, IOASIM_READ);
	assert_faults(&rig, RID, NONE, IOVA, IOASIM_WRITE, PERMISSION);
	nothing_told(&rig, parent);
	rig_unmap(&rig, parent, GUEST_DATA, 4 * K);
	rig_map(&rig, parent, GUEST_DATA, GUEST_RAM + GUEST_DATA, 4 * K, RW);
	guest_leaf(&rig, parent, GUEST_DATA | 0xc43 | AP2_S2AP1);
	assert_faults(&rig, RID, NONE, IOVA, IOASIM_WRITE, PERMISSION);
	assert_int_equal(rig_ask(&rig, RID, NONE, IOVA, RW, IOASIM_TRANSLATION_REQUEST).access,
			 IOASIM_READ);
	nothing_told(&rig, parent);
	rig_end(&rig);
}

/* Made while the parent is tracked; and the parent by itself. S2HD and S2HA: word 2, 55 and
 * 56. */
static void u13_later_routes_of_a_parent_mark_too(void **state)
{
	static struct rig rig;
	struct domain *parent = nested_begin(&rig), *third;
	uint64_t l1std, word;

	(void)state;
	track(&rig, parent, true);
	rig_attach(&rig, RID, NONE, parent);
	assert_reaches(&rig, RID, NONE, 3 * M, IOASIM_WRITE, GUEST_RAM + 3 * M);
	told_once(&rig, parent, 3 * M, 4 * K);
	third = rig_nested(&rig, parent, GUEST_CD, 0, 2);
	rig_attach(&rig, RID, NONE, third);
	assert_reaches(&rig, RID, PASID, IOVA, IOASIM_WRITE, GUEST_RAM + GUEST_DATA);
	told_once(&rig, parent, GUEST_DATA, 4 * K);
	l1std = 0;
	assert_int_equal(ioasim_memory_read64(rig.memory,
					      rig_inside(&rig)->streams.base + (RID >> 8) * 8,
					      &l1std),
			 0);
	assert_int_equal(ioasim_memory_read64(rig.memory,
					      (l1std & 0xfffffffffffc0) + (RID & 0xff) * 64 + 16,
					      &word),
			 0);
	assert_int_equal(word >> 55 & 3, 3);
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u13_writes_of_nested_routes_are_told_of_the_parent),
		cmocka_unit_test(u13_marks_in_a_guests_tables_are_writes),
		cmocka_unit_test(u13_what_either_stage_refuses_is_not_told),
		cmocka_unit_test(u13_later_routes_of_a_parent_mark_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
