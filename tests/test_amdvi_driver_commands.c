/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the AMD-Vi driver tells the unit, word for word: the commands of each operation,
 * encoded by hand from 2.4 (command 1: wait, 2: device table entry, 3: pages, 4: device
 * TLB, 7: page response, 8: everything).
 */
#include "amdvi_driver_rig.h"

/* ---- Routes of host tables -------------------------------------------------------------- */

/* Section 11: attach, detach; H4: each kind complete before the next. */
static void attach_and_detach_of_a_host_table(void **state)
{
	static struct rig rig;
	struct domain *one, *two, *identity;
	uint32_t id1, id2;

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	rig.events = 0;
	rig_plain_device(&rig, RID);
	rig_ats_device(&rig, RID2);
	one = rig_domain(&rig, DOMAIN_KERNEL, 0);
	two = rig_domain(&rig, DOMAIN_KERNEL, 0);
	identity = rig_domain(&rig, DOMAIN_IDENTITY, 0);
	id1 = rig.ops->domain_tag(one);
	id2 = rig.ops->domain_tag(two);
	EXPECT_NONE(&rig);
	rig_attach(&rig, RID, NONE, one);
	EXPECT(&rig, {{DEVTAB(RID), 0}}, WAIT, {{PAGES(id1), ALL | PDE | S}}, WAIT);
	rig_attach(&rig, RID, NONE, one);
	EXPECT_NONE(&rig);
	/* The DomainID that stood in the entry goes too. */
	rig_attach(&rig, RID, NONE, two);
	EXPECT(&rig, {{DEVTAB(RID), 0}}, WAIT, {{PAGES(id1), ALL | PDE | S}},
	       {{PAGES(id2), ALL | PDE | S}}, WAIT);
	rig_detach(&rig, RID, NONE);
	EXPECT(&rig, {{DEVTAB(RID), 0}}, WAIT, {{PAGES(id2), ALL | PDE | S}}, WAIT);

	rig_attach(&rig, RID2, NONE, one);
	EXPECT(&rig, {{DEVTAB(RID2), 0}}, WAIT, {{PAGES(id1), ALL | PDE | S}}, WAIT,
	       {{IOTLB(RID2), ALL | S}}, WAIT);
	rig_attach(&rig, RID2, NONE, identity);
	EXPECT(&rig, {{DEVTAB(RID2), 0}}, WAIT, {{PAGES(id1), ALL | PDE | S}},
	       {{PAGES(1), ALL | PDE | S}}, WAIT, {{IOTLB(RID2), ALL | S}}, WAIT);
	rig_detach(&rig, RID2, NONE);
	EXPECT(&rig, {{DEVTAB(RID2), 0}}, WAIT, {{PAGES(1), ALL | PDE | S}}, WAIT,
	       {{IOTLB(RID2), ALL | S}}, WAIT);
	assert_int_equal(rig.ops->device_remove(rig.driver, RID), 0);
	EXPECT_NONE(&rig);
	rig_end(&rig);
}

struct range_row {
	uint64_t iova, size, word1;
};

/*
 * Section 7: one command for the least aligned block that holds both ends. A page: S=0.
 * More: S=1, and all bits below the highest that differs are set, bit 11 down are the
 * command's own.
 */
static const struct range_row range_rows[] = {
	{5 * G, 0x1000, 0x140000000 | PDE},
	{5 * G, 0x2000, 0x140000000 | PDE | S},
	{5 * G + 0x1000, 0x2000, 0x140001000 | PDE | S}, /* 16 KiB at 5 G */
	{5 * G + 0x1000, 0x3000, 0x140001000 | PDE | S},
	{5 * G, 0x4000, 0x140001000 | PDE | S},
	{5 * G, 0x5000, 0x140003000 | PDE | S}, /* 32 KiB */
	{5 * G, 0x8000, 0x140003000 | PDE | S},
	{5 * G + 2 * M, 2 * M, 0x1402ff000 | PDE | S},
	{5 * G - 0x1000, 0x2000, 0x13ffff000 | PDE | S}, /* 4 G to 6 G: bit 30 differs */
	{8 * G - 0x1000, 0x2000, 0x1fffff000 | PDE | S}, /* 0 to 16 G: bit 33 */
	{G, G, 0x5ffff000 | PDE | S},
};

static void a_range_is_the_least_block_that_holds_it(void **state)
{
	static struct rig rig;
	struct domain *domain;
	uint32_t id;

	(void)state;
	rig_prepare(&rig);
	rig.config.no_large_pages = true;
	rig_start(&rig);
	rig_plain_device(&rig, RID);
	rig_ats_device(&rig, RID2);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	id = rig.ops->domain_tag(domain);
	for (size_t i = 0; i < sizeof(range_rows) / sizeof(range_rows[0]); i++) {
		const struct range_row *row = &range_rows[i];

		/* No route: nothing cached, nothing told. */
		rig.events = 0;
		rig_map(&rig, domain, row->iova, TARGET, row->size, RW);
		rig_unmap(&rig, domain, row->iova, row->size);
		EXPECT_NONE(&rig);
		rig_attach(&rig, RID, NONE, domain);
		rig.events = 0;
		rig_map(&rig, domain, row->iova, TARGET, row->size, RW);
		EXPECT_NONE(&rig); /* NpCache=0 */
		rig_unmap(&rig, domain, row->iova, row->size);
		EXPECT(&rig, {{PAGES(id), row->word1}}, WAIT);
		/* The device TLB is told the same block. */
		rig_attach(&rig, RID2, NONE, domain);
		rig_map(&rig, domain, row->iova, TARGET, row->size, RW);
		rig.events = 0;
		rig_unmap(&rig, domain, row->iova, row->size);
		EXPECT(&rig, {{PAGES(id), row->word1}}, WAIT,
		       {{IOTLB(RID2), row->word1 & ~UINT64_C(2)}}, WAIT);
		rig_detach(&rig, RID, NONE);
		rig_detach(&rig, RID2, NONE);
	}
	rig_end(&rig);
}

/* z of 51 and more is everything: from bit 52 on the address does not tell. */
static void blocks_beyond_the_coding_are_everything(void **state)
{
	static const struct range_row rows[] = {
		{UINT64_C(1) << 50, 0x1000, (UINT64_C(1) << 50) | PDE},
		{(UINT64_C(1) << 51) - 0x1000, 0x2000, 0x7fffffffff000 | PDE | S},
		{(UINT64_C(1) << 52) - 0x1000, 0x2000, ALL | PDE | S},
		{(UINT64_C(1) << 63) - 0x1000, 0x2000, ALL | PDE | S},
		{UINT64_MAX - 0xfff, 0x1000, UINT64_C(0xfffffffffffff000) | PDE},
	};
	static struct rig rig;
	struct domain *domain;

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	rig_plain_device(&rig, RID);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 64);
	rig_attach(&rig, RID, NONE, domain);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rig_map(&rig, domain, rows[i].iova, TARGET, rows[i].size, RW);
		assert_reaches(&rig, RID, NONE, rows[i].iova + rows[i].size - 1, RW,
			       TARGET + rows[i].size - 1);
		rig.events = 0;
		rig_unmap(&rig, domain, rows[i].iova, rows[i].size);
		EXPECT(&rig, {{PAGES(rig.ops->domain_tag(domain)), rows[i].word1}}, WAIT);
		assert_int_equal(rig_dma(&rig, RID, NONE, rows[i].iova, RW).outcome, IOASIM_FAULT);
	}
	rig_end(&rig);
}

/* Section 11, NpCache=1: maps too, in naturally aligned pieces. */
static void a_unit_that_caches_what_is_absent_hears_of_maps(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned stage1 = 0; stage1 < 2; stage1++) {
		struct domain *domain;
		uint64_t flags = stage1 ? PDE | GN : PDE, tag;

		rig_prepare(&rig);
		*rig_capability(&rig, AMDVI_CAPABILITY_NPCACHE) = 1;
		rig.config.no_large_pages = true;
		rig.config.stage1 = stage1;
		rig_start(&rig);
		rig_ats_device(&rig, RID);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_attach(&rig, RID, NONE, domain);
		tag = PAGES(rig.ops->domain_tag(domain));
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, RW).outcome, IOASIM_FAULT);
		rig.events = 0;
		rig_map(&rig, domain, IOVA + 0x1000, TARGET, 0x8000, RW);
		EXPECT(&rig, {{tag, (IOVA + 0x1000) | flags}}, {{tag, (IOVA + 0x2000) | flags | S}},
		       {{tag, (IOVA + 0x5000) | flags | S}}, {{tag, (IOVA + 0x8000) | flags}}, WAIT,
		       {{IOTLB(RID), (IOVA + 0x1000)}}, {{IOTLB(RID), (IOVA + 0x2000) | S}},
		       {{IOTLB(RID), (IOVA + 0x5000) | S}}, {{IOTLB(RID), (IOVA + 0x8000)}}, WAIT);
		assert_reaches(&rig, RID, NONE, IOVA + 0x1000, RW, TARGET);
		rig_unmap(&rig, domain, IOVA + 0x3000, 0x2000);
		EXPECT(&rig, {{tag, (IOVA + 0x3000) | flags}}, {{tag, (IOVA + 0x4000) | flags}},
		       WAIT, {{IOTLB(RID), IOVA + 0x3000}}, {{IOTLB(RID), IOVA + 0x4000}}, WAIT);
		rig_end(&rig);
	}
}

/* ---- GCR3 tables ---------------------------------------------------------------------------- */

/* Section 11: PASID bind and unbind, GN=1 for the whole PASID; H3: the device table entry
 * when the table is first made. */
static void binding_a_pasid(void **state)
{
	static struct rig rig;
	struct domain *one, *two;
	uint32_t id;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	rig_ats_device(&rig, RID);
	one = rig_domain(&rig, DOMAIN_KERNEL, 0);
	two = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig.events = 0;
	rig_attach(&rig, RID, 0x12345, one);
	id = rig_entry_id(&rig, RID);
	EXPECT(&rig, {{DEVTAB(RID), 0}}, WAIT, {{PAGES(id), ALL | PDE | S}},
	       {{GUEST(id, 0), ALL | GN | PDE | S}}, {{GUEST(id, 0x12345), ALL | GN | PDE | S}},
	       WAIT, {{IOTLB(RID), ALL | S}}, WAIT);
	/* PASID 7:0 in bits 55:48, 15:8 in 23:16, 19:16 in 59:56. */
	rig_attach(&rig, RID, 0x6789a, two);
	EXPECT(&rig, {{GUEST(id, 0x6789a), ALL | GN | PDE | S}}, WAIT,
	       {{IOTLB(RID) | UINT64_C(0x069a000000780000), ALL | GN | S}}, WAIT);
	rig_attach(&rig, RID, 0x6789a, one);
	EXPECT(&rig, {{GUEST(id, 0x6789a), ALL | GN | PDE | S}}, WAIT,
	       {{IOTLB(RID) | UINT64_C(0x069a000000780000), ALL | GN | S}}, WAIT);
	/* A change of the domain's table, under both PASIDs. */
	rig_map(&rig, one, IOVA, TARGET, 4096, RW);
	EXPECT_NONE(&rig);
	rig_unmap(&rig, one, IOVA, 4096);
	EXPECT(&rig, {{GUEST(id, 0x6789a), IOVA | GN | PDE}},
	       {{GUEST(id, 0x12345), IOVA | GN | PDE}}, WAIT,
	       {{IOTLB(RID) | UINT64_C(0x069a000000780000), IOVA | GN}},
	       {{IOTLB(RID) | UINT64_C(0x0145000000230000), IOVA | GN}}, WAIT);
	rig_detach(&rig, RID, 0x6789a);
	EXPECT(&rig, {{GUEST(id, 0x6789a), ALL | GN | PDE | S}}, WAIT,
	       {{IOTLB(RID) | UINT64_C(0x069a000000780000), ALL | GN | S}}, WAIT);
	/* The last one takes guest translation out of the entry. */
	rig_detach(&rig, RID, 0x12345);
	EXPECT(&rig, {{DEVTAB(RID), 0}}, WAIT, {{PAGES(id), ALL | PDE | S}},
	       {{GUEST(id, 0), ALL | GN | PDE | S}}, {{GUEST(id, 0x12345), ALL | GN | PDE | S}},
	       WAIT, {{IOTLB(RID), ALL | S}}, WAIT);
	/* Its DomainID is not used again before pointers between GCR3 tables are gone. */
	assert_int_equal(rig.ops->device_remove(rig.driver, RID), 0);
	EXPECT(&rig, {{DEVTAB(RID), 0}}, {{PAGES(id), ALL | PDE | S}}, {{EVERYTHING, 0}}, WAIT);
	rig_end(&rig);
}

/* Requests without PASID through GCR3 entry 0: PASID 0 in the unit, none in the device. */
static void a_guest_table_for_requests_without_pasid(void **state)
{
	static struct rig rig;
	struct domain *one, *two, *pasid;
	uint32_t id;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	rig_ats_device(&rig, RID);
	one = rig_domain(&rig, DOMAIN_KERNEL, 0);
	two = rig_domain(&rig, DOMAIN_KERNEL, 0);
	pasid = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig.events = 0;
	rig_attach(&rig, RID, NONE, one);
	id = rig_entry_id(&rig, RID);
	EXPECT(&rig, {{DEVTAB(RID), 0}}, WAIT, {{PAGES(id), ALL | PDE | S}},
	       {{GUEST(id, 0), ALL | GN | PDE | S}}, WAIT, {{IOTLB(RID), ALL | S}}, WAIT);
	rig_map(&rig, one, IOVA, TARGET, 8192, RW);
	rig_unmap(&rig, one, IOVA, 8192);
	EXPECT(&rig, {{GUEST(id, 0), IOVA | GN | PDE | S}}, WAIT, {{IOTLB(RID), IOVA | S}}, WAIT);
	/* H1: only GCR3 entry 0 changes, no `cfg`. */
	rig_attach(&rig, RID, NONE, two);
	EXPECT(&rig, {{GUEST(id, 0), ALL | GN | PDE | S}}, WAIT, {{IOTLB(RID), ALL | S}}, WAIT);
	rig_attach(&rig, RID, 3, pasid);
	EXPECT(&rig, {{GUEST(id, 3), ALL | GN | PDE | S}}, WAIT,
	       {{IOTLB(RID) | UINT64_C(3) << 48, ALL | GN | S}}, WAIT);
	rig_detach(&rig, RID, NONE);
	EXPECT(&rig, {{GUEST(id, 0), ALL | GN | PDE | S}}, WAIT, {{IOTLB(RID), ALL | S}}, WAIT);
	rig_end(&rig);
}

/* ---- Nesting ----------------------------------------------------------------------------------- */

/* H5: every DomainID over the parent, by guest physical address; whole device TLBs of
 * nested routes. H6: GN=1 where a PASID is named, else the whole DomainID. */
static void nested_domains(void **state)
{
	static struct rig rig;
	struct domain_config config = {.kind = DOMAIN_NESTED_PASID, .root = 0x8000};
	struct domain *parent, *one, *two, *idle;
	uint32_t idp, id1, id2;

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	rig_ats_device(&rig, RID);
	rig_ats_device(&rig, RID2);
	parent = config.parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &two), 0);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &one), 0);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &idle), 0);
	idp = rig.ops->domain_tag(parent);
	id1 = rig.ops->domain_tag(one);
	id2 = rig.ops->domain_tag(two);
	rig.events = 0;
	rig_attach(&rig, RID, NONE, one);
	EXPECT(&rig, {{DEVTAB(RID), 0}}, WAIT, {{PAGES(id1), ALL | PDE | S}},
	       {{GUEST(id1, 0), ALL | GN | PDE | S}}, WAIT, {{IOTLB(RID), ALL | S}}, WAIT);
	rig_attach(&rig, RID2, NONE, two);
	rig_map(&rig, parent, IOVA, TARGET, 8192, RW);
	rig.events = 0;
	rig_unmap(&rig, parent, IOVA, 8192);
	EXPECT(&rig, {{PAGES(id1), IOVA | PDE | S}}, {{PAGES(id2), IOVA | PDE | S}}, WAIT,
	       {{IOTLB(RID), ALL | S}}, {{IOTLB(RID2), ALL | S}}, WAIT);
	rig_attach(&rig, RID2, NONE, parent);
	rig_map(&rig, parent, IOVA, TARGET, 8192, RW);
	rig.events = 0;
	rig_unmap(&rig, parent, IOVA, 8192);
	EXPECT(&rig, {{PAGES(idp), IOVA | PDE | S}}, {{PAGES(id1), IOVA | PDE | S}}, WAIT,
	       {{IOTLB(RID2), IOVA | S}}, {{IOTLB(RID), ALL | S}}, WAIT);

	assert_int_equal(rig_invalidate(&rig, one, 9, IOVA, IOVA + 0x1fff, true), 0);
	EXPECT(&rig, {{GUEST(id1, 9), IOVA | GN | PDE | S}}, WAIT,
	       {{IOTLB(RID) | UINT64_C(9) << 48, IOVA | GN | S}}, WAIT);
	assert_int_equal(rig_invalidate(&rig, one, 9, 0, UINT64_MAX, false), 0);
	EXPECT(&rig, {{GUEST(id1, 9), ALL | GN | PDE | S}}, WAIT,
	       {{IOTLB(RID) | UINT64_C(9) << 48, ALL | GN | S}}, WAIT);
	/* Entry 0 is that of requests without PASID. */
	assert_int_equal(rig_invalidate(&rig, one, 0, IOVA, IOVA + 0xfff, false), 0);
	EXPECT(&rig, {{GUEST(id1, 0), IOVA | GN | PDE}}, WAIT, {{IOTLB(RID), IOVA}}, WAIT);
	assert_int_equal(rig_invalidate(&rig, one, NONE, IOVA, IOVA + 0xfff, false), 0);
	EXPECT(&rig, {{PAGES(id1), ALL | PDE | S}}, WAIT, {{IOTLB(RID), IOVA}}, WAIT);
	assert_int_equal(rig_invalidate(&rig, idle, 9, 0, UINT64_MAX, false), 0);
	EXPECT_NONE(&rig);

	/* H8: GCR3 entries go with the last route. */
	rig_detach(&rig, RID, NONE);
	EXPECT(&rig, {{DEVTAB(RID), 0}}, WAIT, {{PAGES(id1), ALL | PDE | S}},
	       {{GUEST(id1, 0), ALL | GN | PDE | S}}, WAIT, {{IOTLB(RID), ALL | S}}, WAIT,
	       {{EVERYTHING, 0}}, WAIT);
	rig_end(&rig);
}

/* The same on a unit that cannot drop everything at once: each PASID of the table. */
static void a_users_tag_is_cleaned_pasid_by_pasid(void **state)
{
	static struct rig rig;
	struct domain_config config = {.kind = DOMAIN_NESTED_PASID, .root = 0x8000};
	struct domain *nested;
	unsigned at;

	(void)state;
	rig_prepare(&rig);
	field_set(rig_efr(&rig), AMDVI_EFR_IA_SUP, 0);
	rig_start(&rig);
	rig_plain_device(&rig, RID);
	config.parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), 0);
	rig_attach(&rig, RID, NONE, nested);
	rig.events = 0;
	rig_detach(&rig, RID, NONE);
	assert_int_equal(rig_count(&rig, RIG_COMMAND, CMD_PAGES), 2 + 1 + 512);
	at = rig.events;
	for (unsigned pasid = 512; pasid-- > 0;) {
		while (rig.event[--at].type == CMD_WAIT)
			continue;
		assert_int_equal(rig.event[at].words[0], GUEST(rig.ops->domain_tag(nested), pasid));
		assert_int_equal(rig.event[at].words[1], ALL | GN | PDE | S);
	}
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attach_and_detach_of_a_host_table),
		cmocka_unit_test(a_range_is_the_least_block_that_holds_it),
		cmocka_unit_test(blocks_beyond_the_coding_are_everything),
		cmocka_unit_test(a_unit_that_caches_what_is_absent_hears_of_maps),
		cmocka_unit_test(binding_a_pasid),
		cmocka_unit_test(a_guest_table_for_requests_without_pasid),
		cmocka_unit_test(nested_domains),
		cmocka_unit_test(a_users_tag_is_cleaned_pasid_by_pasid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
