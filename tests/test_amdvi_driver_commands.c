/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the AMD-Vi driver tells the unit, word for word: the commands of each operation,
 * encoded by hand from 2.4 (command 1: wait, 2: device table entry, 3: pages, 4: device
 * TLB, 7: page response, 8: everything); strict and lazy, page requests, errors.
 */
#include "amdvi_driver_rig.h"

#define RID    0x0110u
#define RID2   0x80ffu
#define RW     (IOASIM_READ | IOASIM_WRITE)
#define NONE   RIG_NO_PASID
#define G      (UINT64_C(1) << 30)
#define M      (UINT64_C(1) << 20)
#define IOVA   (5 * G)
#define TARGET (9 * G)

/* Word 0 */
#define DEVTAB(id)           (UINT64_C(2) << 60 | (id))
#define PAGES(domain)        (UINT64_C(3) << 60 | (uint64_t)(domain) << 32)
#define GUEST(domain, pasid) (PAGES(domain) | (pasid))
#define IOTLB(id)            (UINT64_C(4) << 60 | (uint64_t)(id) << 32 | (id))
#define EVERYTHING           (UINT64_C(8) << 60)
/* Word 1: bit 0 S, bit 1 PDE, bit 2 GN */
#define ALL UINT64_C(0x7ffffffffffff000)
#define S   1u
#define PDE 2u
#define GN  4u

struct command {
	uint64_t word[2];
};

/* In lists of expected commands: a wait, whose words are checked apart, and the end. */
#define WAIT                        \
	{                           \
		{                   \
			CMD_WAIT, 0 \
		}                   \
	}
#define LIST_END             \
	{                    \
		{            \
			0, 0 \
		}            \
	}

/* The commands executed since rig->events was 0: these and no others. A wait stores
 * (S, no interrupt, no flush) a number that grows by one. */
static void expect_commands(struct rig *rig, const struct command *expected)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < rig->events; i++) {
		const struct rig_event *event = &rig->event[i];

		if (event->kind != RIG_COMMAND)
			continue;
		if (!expected->word[0])
			fail_msg("one more: %" PRIx64 " %" PRIx64, event->words[0],
				 event->words[1]);
		if (expected->word[0] == CMD_WAIT) {
			assert_int_equal(event->words[0],
					 UINT64_C(0x1000000000000001) | rig_inside(rig)->done);
			assert_true(!number || event->words[1] == number + 1);
			number = event->words[1];
		} else {
			assert_int_equal(event->words[0], expected->word[0]);
			assert_int_equal(event->words[1], expected->word[1]);
		}
		expected++;
	}
	assert_int_equal(expected->word[0], 0);
	rig->events = 0;
}

#define EXPECT(rig, ...) expect_commands(rig, (const struct command[]){__VA_ARGS__, LIST_END})
#define EXPECT_NONE(rig) expect_commands(rig, (const struct command[]){LIST_END})

static uint32_t entry_id(struct rig *rig, uint32_t rid)
{
	uint64_t dte[4];

	rig_dte(rig, rid, dte);
	return dte[1] & 0xffff;
}

static void add_plain(struct rig *rig, uint32_t rid)
{
	struct driver_device device = {.requester_id = rid, .pasid_bits = 20};

	assert_int_equal(rig->ops->device_add(rig->driver, &device), 0);
}

/* With ATS, without page requests. */
static void add_ats(struct rig *rig, uint32_t rid)
{
	struct driver_device device = {.requester_id = rid, .pasid_bits = 20, .ats = true};

	assert_int_equal(rig->ops->device_add(rig->driver, &device), 0);
}

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
	add_plain(&rig, RID);
	add_ats(&rig, RID2);
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
	add_plain(&rig, RID);
	add_ats(&rig, RID2);
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
	add_plain(&rig, RID);
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
		add_ats(&rig, RID);
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
	add_ats(&rig, RID);
	one = rig_domain(&rig, DOMAIN_KERNEL, 0);
	two = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig.events = 0;
	rig_attach(&rig, RID, 0x12345, one);
	id = entry_id(&rig, RID);
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
	add_ats(&rig, RID);
	one = rig_domain(&rig, DOMAIN_KERNEL, 0);
	two = rig_domain(&rig, DOMAIN_KERNEL, 0);
	pasid = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig.events = 0;
	rig_attach(&rig, RID, NONE, one);
	id = entry_id(&rig, RID);
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
	add_ats(&rig, RID);
	add_ats(&rig, RID2);
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

	assert_int_equal(rig.ops->invalidate(rig.driver, one, 9, IOVA, IOVA + 0x1fff, true), 0);
	EXPECT(&rig, {{GUEST(id1, 9), IOVA | GN | PDE | S}}, WAIT,
	       {{IOTLB(RID) | UINT64_C(9) << 48, IOVA | GN | S}}, WAIT);
	assert_int_equal(rig.ops->invalidate(rig.driver, one, 9, 0, UINT64_MAX, false), 0);
	EXPECT(&rig, {{GUEST(id1, 9), ALL | GN | PDE | S}}, WAIT,
	       {{IOTLB(RID) | UINT64_C(9) << 48, ALL | GN | S}}, WAIT);
	/* Entry 0 is that of requests without PASID. */
	assert_int_equal(rig.ops->invalidate(rig.driver, one, 0, IOVA, IOVA + 0xfff, false), 0);
	EXPECT(&rig, {{GUEST(id1, 0), IOVA | GN | PDE}}, WAIT, {{IOTLB(RID), IOVA}}, WAIT);
	assert_int_equal(rig.ops->invalidate(rig.driver, one, NONE, IOVA, IOVA + 0xfff, false), 0);
	EXPECT(&rig, {{PAGES(id1), ALL | PDE | S}}, WAIT, {{IOTLB(RID), IOVA}}, WAIT);
	assert_int_equal(rig.ops->invalidate(rig.driver, idle, 9, 0, UINT64_MAX, false), 0);
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
	add_plain(&rig, RID);
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

/* ---- Strict and lazy ------------------------------------------------------------------------------ */

static void lazy_leaves_a_window_that_strict_does_not(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned stage1 = 0; stage1 < 2; stage1++) {
		const struct driver_stats *stats;
		struct domain *domain;
		uint64_t waits, tag;

		rig_begin(&rig, stage1, DRIVER_LAZY);
		stats = rig.ops->stats(rig.driver);
		add_ats(&rig, RID);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_attach(&rig, RID, NONE, domain);
		tag = PAGES(rig.ops->domain_tag(domain));
		rig_map(&rig, domain, IOVA, TARGET, 8192, RW);
		assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
		waits = stats->waits;
		rig.events = 0;
		rig_unmap(&rig, domain, IOVA, 4096);
		assert_int_equal(stats->waits, waits);
		EXPECT_NONE(&rig);
		assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET); /* stale */
		assert_int_equal(rig.ops->tick(rig.driver, 9999999), 0);
		assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
		assert_int_equal(rig.ops->tick(rig.driver, 10000000), 0);
		/* Flush all of section 11. */
		EXPECT(&rig, {{tag, ALL | PDE | S | (stage1 ? GN : 0u)}}, WAIT,
		       {{IOTLB(RID), ALL | S}}, WAIT);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, RW).outcome, IOASIM_FAULT);
		assert_int_equal(stats->flushes, 1);
		/* sync does the same at once. */
		assert_reaches(&rig, RID, NONE, IOVA + 4096, RW, TARGET + 4096);
		rig_unmap(&rig, domain, IOVA + 4096, 4096);
		assert_reaches(&rig, RID, NONE, IOVA + 4096, RW, TARGET + 4096);
		assert_int_equal(rig.ops->sync(rig.driver), 0);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA + 4096, RW).outcome, IOASIM_FAULT);
		assert_int_equal(stats->flushes, 2);
		rig_end(&rig);
	}
}

static void a_map_over_a_queued_unmap_flushes_first(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned stage1 = 0; stage1 < 2; stage1++) {
		struct domain *domain;

		rig_begin(&rig, stage1, DRIVER_LAZY);
		rig_device(&rig, RID);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, IOVA, TARGET, 2 * M, RW);
		assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
		rig_unmap(&rig, domain, IOVA, 2 * M);
		rig_map(&rig, domain, IOVA + 4 * M, TARGET, 4096, RW);
		assert_int_equal(rig.ops->stats(rig.driver)->flushes, 0);
		rig_map(&rig, domain, IOVA + 4096, TARGET + 8 * M, 4096, RW);
		assert_int_equal(rig.ops->stats(rig.driver)->flushes, 1);
		assert_reaches(&rig, RID, NONE, IOVA + 4096, RW, TARGET + 8 * M);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, RW).outcome, IOASIM_FAULT);
		rig_end(&rig);
	}
}

/* ---- The ring ------------------------------------------------------------------------------------- */

/* 600 tags of one domain: 509 commands and their wait leave two entries of 512 free. */
static void many_tags_share_waits(void **state)
{
	static struct rig rig;
	struct driver_device device = {.requester_id = RID, .pasid_bits = 10};
	struct domain *domain;
	unsigned run = 0;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	assert_int_equal(rig.ops->device_add(rig.driver, &device), 0);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	for (uint32_t pasid = 1; pasid <= 600; pasid++)
		rig_attach(&rig, RID, pasid, domain);
	rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
	rig.events = 0;
	rig_unmap(&rig, domain, IOVA, 4096);
	assert_int_equal(rig_count(&rig, RIG_COMMAND, CMD_PAGES), 600);
	assert_int_equal(rig_count(&rig, RIG_COMMAND, CMD_WAIT), 2);
	while (rig.event[run].type != CMD_WAIT)
		run++;
	assert_int_equal(run, 509);
	/* The ring wraps many times. */
	for (unsigned i = 0; i < 20; i++) {
		rig_map(&rig, domain, IOVA, TARGET + i * 4096, 4096, RW);
		assert_reaches(&rig, RID, 600, IOVA, RW, TARGET + i * 4096);
		rig_unmap(&rig, domain, IOVA, 4096);
		assert_int_equal(rig_dma(&rig, RID, 600, IOVA, RW).outcome, IOASIM_FAULT);
	}
	rig_end(&rig);
}

/* 2.4: after an error the buffer stops. */
static void a_buffer_that_stops_is_an_error_and_nothing_is_used_again(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned way = 0; way < 3; way++) {
		struct domain *domain, *nested;
		struct domain_config config = {.kind = DOMAIN_NESTED_PASID, .root = 0x8000};
		uint64_t unmapped;
		uint32_t used, tag;

		rig_begin(&rig, false, DRIVER_STRICT);
		rig_device(&rig, RID);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		config.parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
		assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), 0);
		tag = rig.ops->domain_tag(nested);
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
		used = rig_pages_used(&rig);
		if (way == 0) /* event 6: the ring cannot be read */
			assert_int_equal(ioasim_memory_abort(rig.memory, rig_inside(&rig)->commands,
							     rig_inside(&rig)->commands + 8191),
					 0);
		else if (way == 1) /* event 6: the completion cannot be stored */
			assert_int_equal(ioasim_memory_abort(rig.memory, rig_inside(&rig)->done,
							     rig_inside(&rig)->done + 7),
					 0);
		else /* somebody switched the command buffer off */
			assert_int_equal(ioasim_mmio_write(rig.unit, 0x18, 8,
							   rig_register(&rig, 0x18) &
								   ~UINT64_C(0x1000)),
					 0);
		assert_int_equal(rig.ops->unmap(rig.driver, domain, IOVA, 2 * M, &unmapped), -EIO);
		assert_int_equal(unmapped, 4096);
		assert_int_equal(rig_pages_used(&rig), used);
		assert_int_equal(rig.ops->attach(rig.driver, RID, NONE, nested), -EIO);
		/* It ended blocked. */
		assert_int_equal(rig_peek(&rig, rig_dte_address(&rig, RID)), 3);
		assert_int_equal(rig.ops->detach(rig.driver, RID, NONE), -ENOENT);
		assert_int_equal(rig.ops->domain_destroy(rig.driver, nested), 0);
		assert_int_equal(rig.ops->domain_destroy(rig.driver, domain), 0);
		assert_int_equal(rig_pages_used(&rig), used);
		assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), 0);
		assert_int_not_equal(rig.ops->domain_tag(nested), tag);
		rig_end(&rig);
	}
}

static void damaged_tables_are_an_error(void **state)
{
	static struct rig rig;
	/* Next Level 3 from Mode 4: outside the pool, in it, to itself; a level skipped. */
	uint64_t entries[] = {TARGET | UINT64_C(0x6000000000000601),
			      RIG_POOL | UINT64_C(0x6000000000000601), 0,
			      TARGET | UINT64_C(0x6000000000000401)};
	struct domain *domain, *other;
	uint64_t unmapped, pa;
	unsigned access;
	uint32_t used;

	(void)state;
	for (unsigned round = 0; round < 8; round++) {
		unsigned i = round % 4;
		ioasim_pa_t root;

		rig_begin(&rig, false, round < 4 ? DRIVER_STRICT : DRIVER_LAZY);
		rig_device(&rig, RID);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 48);
		other = rig_domain(&rig, DOMAIN_KERNEL, 48);
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
		root = amdvi_domain(domain)->space.table.root;
		if (i == 2)
			entries[2] = root | UINT64_C(0x6000000000000601);
		rig_poke(&rig, root, entries[i]);
		assert_int_equal(rig.ops->lookup(rig.driver, domain, IOVA, &pa, &access), -EIO);
		assert_int_equal(rig.ops->map(rig.driver, domain, IOVA, 0, 4096, RW), -EIO);
		/* Nor can it be rewritten. */
		assert_int_equal(rig.ops->attach(rig.driver, RID, 1, other), -EIO);
		assert_int_equal(
			rig.ops->unmap(rig.driver, domain, 0, UINT64_C(1) << 48, &unmapped), -EIO);
		/* What may still hang in the table is not used again. */
		used = rig_pages_used(&rig);
		assert_int_equal(rig.ops->sync(rig.driver), 0);
		assert_int_equal(rig_pages_used(&rig), used);
		rig_end(&rig);
	}
}

/* ---- Page requests --------------------------------------------------------------------------- */

static void page_ask(struct rig *rig, uint32_t rid, uint32_t pasid, uint16_t group, bool queued)
{
	struct ioasim_page_request request = {
		.requester_id = rid,
		.pasid = pasid == NONE ? 0 : pasid,
		.has_pasid = pasid != NONE,
		.address = IOVA + group * UINT64_C(4096),
		.group = group,
		.access = IOASIM_READ,
		.last = true,
	};
	struct ioasim_page_request_result result;

	ioasim_page_request(rig->unit, &request, &result);
	assert_int_equal(result.queued, queued);
}

static void page_requests_come_through_the_log(void **state)
{
	static struct rig rig;
	struct ioasim_page_request request;
	struct ioasim_page_response response = {.requester_id = RID, .has_pasid = true};
	struct domain *domain;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	rig_device(&rig, RID);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, 0xfedcb, domain);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	/* Three times round the log of 512. */
	for (unsigned i = 0; i < 1600; i++) {
		page_ask(&rig, RID, 0xfedcb, (uint16_t)(i % 512), true);
		assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
		assert_int_equal(request.requester_id, RID);
		assert_true(request.has_pasid && request.last && !request.privileged);
		assert_int_equal(request.pasid, 0xfedcb);
		assert_int_equal(request.address, IOVA + i % 512 * 4096);
		assert_int_equal(request.group, i % 512);
		assert_int_equal(request.access, IOASIM_READ);
	}
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	assert_int_equal(rig_register(&rig, 0x2020) & 0x60, 0); /* PPRInt, PPROverflow */
	/* PASID in 51:32; GN; tag 47:32: status and group. */
	response.pasid = 0xfedcb;
	response.group = 0x155;
	response.code = IOASIM_PAGE_INVALID;
	rig.events = 0;
	assert_int_equal(rig.ops->page_response(rig.driver, &response), 0);
	EXPECT(&rig, {{UINT64_C(0x700fedcb00000110), UINT64_C(0x115500000004)}}, WAIT);
	response.has_pasid = false;
	response.code = IOASIM_PAGE_FAILURE;
	assert_int_equal(rig.ops->page_response(rig.driver, &response), 0);
	EXPECT(&rig, {{UINT64_C(0x7000000000000110), UINT64_C(0xf15500000000)}}, WAIT);
	rig_end(&rig);

	rig_prepare(&rig);
	field_set(rig_efr(&rig), AMDVI_EFR_PPR_SUP, 0);
	field_set(rig_efr(&rig), AMDVI_EFR_PPR_AUTO_RSP_SUP, 0);
	field_set(rig_efr(&rig), AMDVI_EFR_EPH_SUP, 0);
	rig_start(&rig);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	assert_int_equal(rig.ops->page_response(rig.driver, &response), -ENOTSUP);
	rig_end(&rig);
}

/* T15: what the route asked is answered Invalid when it ends, once and behind its
 * invalidations; others stay. */
static void the_end_of_a_route_drains_its_requests(void **state)
{
	static struct rig rig;
	struct ioasim_page_request request;
	struct domain *domain;
	unsigned at;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	rig_device(&rig, RID);
	rig_device(&rig, RID2);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, 1, domain);
	rig_attach(&rig, RID, 2, domain);
	rig_attach(&rig, RID, NONE, domain);
	rig_attach(&rig, RID2, 1, domain);
	page_ask(&rig, RID, 1, 10, true);
	page_ask(&rig, RID, 2, 11, true);
	page_ask(&rig, RID, 1, 12, true);
	page_ask(&rig, RID, NONE, 13, true);
	page_ask(&rig, RID2, 1, 14, true);
	rig.events = 0;
	rig_detach(&rig, RID, 1);
	assert_int_equal(rig_count(&rig, RIG_RESPONSE, 0), 2);
	at = rig_find(&rig, 0, RIG_ATC, 0);
	at = rig_find(&rig, at, RIG_COMMAND, CMD_WAIT);
	at = rig_find(&rig, at, RIG_RESPONSE, 0);
	assert_int_equal(rig.event[at].response.group, 10);
	assert_int_equal(rig.event[at].response.code, IOASIM_PAGE_INVALID);
	assert_true(rig.event[at].response.has_pasid && rig.event[at].response.pasid == 1);
	for (unsigned i = 0; i < 3; i++) {
		static const uint16_t left[] = {11, 13, 14};

		assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
		assert_int_equal(request.group, left[i]);
	}
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);

	/* Overflow: 511 stored, the rest lost; the log runs again when it is empty. */
	for (unsigned i = 0; i < 511; i++)
		page_ask(&rig, RID, 2, (uint16_t)i, true);
	page_ask(&rig, RID, 2, 200, false);
	assert_int_equal(rig_register(&rig, 0x2020) & 0xa0, 0x20); /* PPROverflow, not running */
	rig_detach(&rig, RID, 2);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	assert_int_equal(rig_register(&rig, 0x2020) & 0xa0, 0x80);
	rig_attach(&rig, RID, 2, domain);
	page_ask(&rig, RID, 2, 201, true);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
	assert_int_equal(request.group, 201);
	rig_end(&rig);
}

/* A user's GCR3 table has all PASIDs of its device. */
static void the_end_of_a_users_route_drains_all_pasids(void **state)
{
	static struct rig rig;
	struct domain_config config = {.kind = DOMAIN_NESTED_PASID, .root = 0x8000};
	struct ioasim_page_request request;
	struct domain *nested;

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	rig_device(&rig, RID);
	config.parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), 0);
	rig_attach(&rig, RID, NONE, nested);
	page_ask(&rig, RID, NONE, 1, true);
	page_ask(&rig, RID, 5, 2, true);
	page_ask(&rig, RID, 6, 3, true);
	rig.events = 0;
	rig_detach(&rig, RID, NONE);
	assert_int_equal(rig_count(&rig, RIG_RESPONSE, 0), 3);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	page_ask(&rig, RID, 5, 4, false);
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
		cmocka_unit_test(lazy_leaves_a_window_that_strict_does_not),
		cmocka_unit_test(a_map_over_a_queued_unmap_flushes_first),
		cmocka_unit_test(many_tags_share_waits),
		cmocka_unit_test(a_buffer_that_stops_is_an_error_and_nothing_is_used_again),
		cmocka_unit_test(damaged_tables_are_an_error),
		cmocka_unit_test(page_requests_come_through_the_log),
		cmocka_unit_test(the_end_of_a_route_drains_its_requests),
		cmocka_unit_test(the_end_of_a_users_route_drains_all_pasids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
