/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the SMMUv3 driver tells the command queue, word for word: each operation, the
 * CMD_SYNCs between, ranges in every form; strict and lazy; the ring.
 */
#include "driver_words_smmu.h"

/* ---- Set-up and devices --------------------------------------------------------------- */

/* 6.3.9, practice of drivers: configuration, then TLBs, each complete. */
static void set_up_empties_every_cache(void **state)
{
	static struct rig rig;

	(void)state;
	rig_prepare(&rig);
	rig_start(&rig);
	ASSERT_COMMANDS(&rig, 0, CFGI_ALL, SYNC, {0x30, 0}, SYNC);
	assert_int_equal(rig.ops->stats(rig.driver)->commands, 4);
	assert_int_equal(rig.ops->stats(rig.driver)->waits, 2);
	rig_end(&rig);

	rig_prepare(&rig);
	rig_set(&rig, "idr0", RIG_IDR0 | RIG_HYP);
	rig_start(&rig);
	ASSERT_COMMANDS(&rig, 0, CFGI_ALL, SYNC, {0x20, 0}, SYNC, {0x30, 0}, SYNC);
	rig_end(&rig);
}

/* A part of the stream table: its descriptor was invalid and may be cached. Then the
 * STE, and what the device may still hold. */
static void a_device_is_made_known(void **state)
{
	static struct rig rig;
	unsigned at;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	at = rig.events;
	ats_device(&rig, RID, 0);
	ASSERT_COMMANDS(&rig, at, CFGI_L1STD(SID), SYNC, CFGI_STE(SID), SYNC, ATC_ALL(SID), SYNC);
	at = rig.events;
	plain_device(&rig, RID ^ 1, 0);
	ASSERT_COMMANDS(&rig, at, CFGI_STE(SID ^ VMID(1)), SYNC);
	at = rig.events;
	assert_int_equal(rig.ops->device_remove(rig.driver, RID), 0);
	ASSERT_COMMANDS(&rig, at, CFGI_STE(SID), SYNC, ATC_ALL(SID), SYNC);
	rig_end(&rig);
}

/* ---- Routes ------------------------------------------------------------------------------ */

/* Flow 1: attach `cfg`, `sync`; detach `cfg`, `sync`, `tlb`, `sync`, `atc`, `sync`. Words
 * that the old entry does not use are stored first. */
static void a_stage_1_route_comes_and_goes(void **state)
{
	static struct rig rig;
	struct domain *domain;
	unsigned at;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	ats_device(&rig, RID, 0);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	assert_int_equal(rig.ops->domain_tag(domain), 1); /* VMID 0, ASID 1 */
	at = rig.events;
	rig_attach(&rig, RID, NONE, domain);
	ASSERT_COMMANDS(&rig, at, CFGI_CD(0), SYNC, CFGI_CD(0), SYNC, CFGI_STE(SID), SYNC,
			CFGI_STE(SID), SYNC);
	at = rig.events;
	rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
	rig_attach(&rig, RID, NONE, domain); /* nothing new */
	assert_int_equal(rig.events, at);
	rig_detach(&rig, RID, NONE);
	/* The STE in two steps: the word that aborts, and what is unused then. */
	ASSERT_COMMANDS(&rig, at, CFGI_STE(SID), SYNC, CFGI_STE(SID), SYNC, CFGI_CD(0), SYNC,
			CFGI_CD(0), SYNC, {0x11 | ASID(1), 0}, SYNC, ATC_ALL(SID), SYNC);
	rig_end(&rig);
}

static void a_stage_2_route_comes_and_goes(void **state)
{
	static struct rig rig;
	struct domain *domain, *other;
	unsigned at;

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	ats_device(&rig, RID, 0);
	plain_device(&rig, RID2, 0);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	other = rig_domain(&rig, DOMAIN_KERNEL, 0);
	assert_int_equal(rig.ops->domain_tag(domain), 0x10000); /* VMID 1 */
	assert_int_equal(rig.ops->domain_tag(other), 0x20000);
	at = rig.events;
	rig_attach(&rig, RID, NONE, domain);
	rig_attach(&rig, RID2, NONE, domain);
	ASSERT_COMMANDS(&rig, at, CFGI_STE(SID), SYNC, CFGI_STE(SID), SYNC, CFGI_STE(SID2), SYNC,
			CFGI_STE(SID2), SYNC);
	/* From one table to another: more than a word changes, so that the STE is not
	 * valid in between. The tag stays, since another device uses it. */
	at = rig.events;
	rig_attach(&rig, RID, NONE, other);
	ASSERT_COMMANDS(&rig, at, CFGI_STE(SID), SYNC, CFGI_STE(SID), SYNC, CFGI_STE(SID), SYNC,
			ATC_ALL(SID), SYNC);
	at = rig.events;
	rig_detach(&rig, RID2, NONE);
	ASSERT_COMMANDS(&rig, at, CFGI_STE(SID2), SYNC, CFGI_STE(SID2), SYNC, {0x28 | VMID(1), 0},
			SYNC);
	rig_end(&rig);
}

/* H3, H4: a CD of the host's table. The STE changes with the first and the last one. */
static void a_pasid_route_comes_and_goes(void **state)
{
	static struct rig rig;
	struct domain *rid, *domain;
	unsigned at;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	ats_device(&rig, RID, 20);
	rid = rig_domain(&rig, DOMAIN_KERNEL, 0);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	at = rig.events;
	rig_attach(&rig, RID, NONE, rid);
	ASSERT_COMMANDS(&rig, at, CFGI_L1CD(0), SYNC, CFGI_CD(0), SYNC, CFGI_CD(0), SYNC,
			CFGI_STE(SID), SYNC, CFGI_STE(SID), SYNC);
	at = rig.events;
	rig_attach(&rig, RID, 7, domain);
	ASSERT_COMMANDS(&rig, at, CFGI_CD(7), SYNC, CFGI_CD(7), SYNC);
	at = rig.events;
	rig_attach(&rig, RID, 1024, domain); /* in the next part of the table */
	ASSERT_COMMANDS(&rig, at, CFGI_L1CD(1024), SYNC, CFGI_CD(1024), SYNC, CFGI_CD(1024), SYNC);
	/* Without PASID: S1DSS, one word, and CD 0. */
	at = rig.events;
	rig_detach(&rig, RID, NONE);
	ASSERT_COMMANDS(&rig, at, CFGI_STE(SID), SYNC, CFGI_CD(0), SYNC, CFGI_CD(0), SYNC,
			{0x11 | ASID(1), 0}, SYNC, ATC_ALL(SID), SYNC);
	at = rig.events;
	rig_detach(&rig, RID, 7);
	ASSERT_COMMANDS(&rig, at, CFGI_CD(7), SYNC, CFGI_CD(7), SYNC,
			{0x40 | SSV | SSID(7) | SID, SIZE_ALL}, SYNC);
	at = rig.events;
	rig_detach(&rig, RID, 1024);
	ASSERT_COMMANDS(&rig, at, CFGI_CD(1024), SYNC, CFGI_CD(1024), SYNC, CFGI_STE(SID), SYNC,
			CFGI_STE(SID), SYNC, {0x11 | ASID(2), 0}, SYNC,
			{0x40 | SSV | SSID(1024) | SID, SIZE_ALL}, SYNC);
	rig_end(&rig);
}

/* ---- Ranges ------------------------------------------------------------------------------- */

struct range_row {
	const char *name;
	bool stage1, large;
	unsigned granule_lg2;
	uint64_t iova, size;
	unsigned count;
	struct command command[4];
};

/*
 * 4.4.1.1: (NUM + 1) * 2^SCALE granules from the address on. TG 1, 2, 3 are 4, 16, 64
 * KiB; TTL 3 is the last level. A range of leaves is told by what bits its length has.
 */
static const struct range_row range_rows[] = {
	{"one page", true, false, 12, IOVA, 4 * K, 1, {{VA(0), IOVA | TG(1) | TTL(3) | LEAF}}},
	{"two pages",
	 true,
	 false,
	 12,
	 IOVA,
	 8 * K,
	 1,
	 {{VA(SCALE(1)), IOVA | TG(1) | TTL(3) | LEAF}}},
	{"five pages",
	 true,
	 false,
	 12,
	 IOVA + 4 * K,
	 20 * K,
	 1,
	 {{VA(NUM(4)), (IOVA + 4 * K) | TG(1) | TTL(3) | LEAF}}},
	{"31 pages",
	 true,
	 false,
	 12,
	 IOVA,
	 31 * 4 * K,
	 1,
	 {{VA(NUM(30)), IOVA | TG(1) | TTL(3) | LEAF}}},
	{"33 pages",
	 true,
	 false,
	 12,
	 IOVA,
	 33 * 4 * K,
	 2,
	 {{VA(0), IOVA | TG(1) | TTL(3) | LEAF},
	  {VA(SCALE(5)), (IOVA + 4 * K) | TG(1) | TTL(3) | LEAF}}},
	{"511 pages",
	 true,
	 false,
	 12,
	 IOVA + 4 * K,
	 511 * 4 * K,
	 2,
	 {{VA(NUM(30)), (IOVA + 4 * K) | TG(1) | TTL(3) | LEAF},
	  {VA(NUM(14) | SCALE(5)), (IOVA + 32 * 4 * K) | TG(1) | TTL(3) | LEAF}}},
	/* A table goes: entries of any level, tables too. */
	{"a table", true, false, 12, IOVA, 2 * M, 1, {{VA(SCALE(9)), IOVA | TG(1)}}},
	{"a block", true, true, 12, IOVA, 2 * M, 1, {{VA(SCALE(9)), IOVA | TG(1) | TTL(2) | LEAF}}},
	{"three blocks",
	 true,
	 true,
	 12,
	 IOVA,
	 6 * M,
	 1,
	 {{VA(NUM(2) | SCALE(9)), IOVA | TG(1) | TTL(2) | LEAF}}},
	{"a contiguous run",
	 true,
	 true,
	 12,
	 IOVA,
	 64 * K,
	 1,
	 {{VA(SCALE(4)), IOVA | TG(1) | TTL(3) | LEAF}}},
	{"a gigabyte", true, true, 12, IOVA, G, 1, {{VA(SCALE(18)), IOVA | TG(1) | TTL(1) | LEAF}}},
	/* 2 MiB and a page: of several levels. */
	{"several sizes",
	 true,
	 true,
	 12,
	 IOVA,
	 2 * M + 4 * K,
	 2,
	 {{VA(0), IOVA | LEAF}, {VA(SCALE(9)), (IOVA + 4 * K) | TG(1) | LEAF}}},
	{"16 KiB", true, false, 14, IOVA, 48 * K, 1, {{VA(NUM(2)), IOVA | TG(2) | TTL(3) | LEAF}}},
	{"32 MiB",
	 true,
	 true,
	 14,
	 IOVA,
	 32 * M,
	 1,
	 {{VA(SCALE(11)), IOVA | TG(2) | TTL(2) | LEAF}}},
	{"64 KiB", true, false, 16, IOVA, 64 * K, 1, {{VA(0), IOVA | TG(3) | TTL(3) | LEAF}}},
	{"512 MiB",
	 true,
	 true,
	 16,
	 IOVA,
	 512 * M,
	 1,
	 {{VA(SCALE(13)), IOVA | TG(3) | TTL(2) | LEAF}}},
	{"stage 2",
	 false,
	 false,
	 12,
	 IOVA,
	 12 * K,
	 1,
	 {{IPA(NUM(2)), IOVA | TG(1) | TTL(3) | LEAF}}},
	{"stage 2, 512 MiB",
	 false,
	 true,
	 16,
	 IOVA,
	 512 * M,
	 1,
	 {{IPA(SCALE(13)), IOVA | TG(3) | TTL(2) | LEAF}}},
};

static void a_range_takes_the_fewest_commands(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(range_rows) / sizeof(range_rows[0]); i++) {
		const struct range_row *row = &range_rows[i];
		struct command expected[5];
		static struct rig rig;
		struct domain *domain;
		unsigned at;

		print_message("%s\n", row->name);
		rig_prepare(&rig);
		rig.config.stage1 = row->stage1;
		rig.config.no_large_pages = !row->large;
		rig.config.granule_lg2 = row->granule_lg2;
		rig_start(&rig);
		plain_device(&rig, RID, 0);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_attach(&rig, RID, NONE, domain);
		/* Something beside it, so that no table above the range goes. */
		rig_map(&rig, domain, IOVA + 2 * G, TARGET, 64 * K, RW);
		rig_map(&rig, domain, row->iova, TARGET + row->iova % G, row->size, RW);
		at = rig.events;
		rig_unmap(&rig, domain, row->iova, row->size);
		memcpy(expected, row->command, sizeof(row->command));
		expected[row->count] = (struct command)SYNC;
		commands_check(&rig, at, expected, row->count + 1, (int)i);
		rig_end(&rig);
	}
}

/* Without IDR3.RIL: no TG, TTL, NUM, SCALE; a command per leaf, or the whole tag. */
static void without_ranges_each_page_is_told(void **state)
{
	static struct rig rig;
	struct domain *domain;
	unsigned at;

	(void)state;
	rig_prepare(&rig);
	rig_set(&rig, "idr3", RIG_IDR3 & ~RIG_RIL);
	rig.config.stage1 = true;
	rig_start(&rig);
	plain_device(&rig, RID, 0);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, NONE, domain);
	rig_map(&rig, domain, IOVA, TARGET, 12 * K, RW);
	at = rig.events;
	rig_unmap(&rig, domain, IOVA, 12 * K);
	ASSERT_COMMANDS(&rig, at, {VA(0), IOVA | LEAF}, {VA(0), (IOVA + 4 * K) | LEAF},
			{VA(0), (IOVA + 8 * K) | LEAF}, SYNC);
	rig_map(&rig, domain, IOVA, TARGET, 4 * M, RW);
	at = rig.events;
	rig_unmap(&rig, domain, IOVA, 4 * M);
	ASSERT_COMMANDS(&rig, at, {VA(0), IOVA | LEAF}, {VA(0), (IOVA + 2 * M) | LEAF}, SYNC);
	/* A table and a page: 513 pages. */
	rig_map(&rig, domain, IOVA, TARGET + 4 * K, 2 * M + 4 * K, RW);
	at = rig.events;
	rig_unmap(&rig, domain, IOVA, 2 * M + 4 * K);
	ASSERT_COMMANDS(&rig, at, {0x11 | ASID(1), 0}, SYNC);
	/* A table of pages: 512, which the ring of 256 takes in turns. */
	rig_map(&rig, domain, IOVA, TARGET + 4 * K, 2 * M, RW);
	at = rig.events;
	rig_unmap(&rig, domain, IOVA, 2 * M);
	assert_int_equal(rig.events, at + 513);
	for (unsigned i = 0; i < 512; i++) {
		assert_int_equal(rig.event[at + i].words[0], VA(0));
		assert_int_equal(rig.event[at + i].words[1], IOVA + i * 4 * K);
	}
	rig_end(&rig);
}

/* 4.5.1: the power of two pages that holds the range, behind the TLB, by PASID. */
static void device_tlbs_come_after_the_tlb(void **state)
{
	static struct rig rig;
	struct domain *domain;
	unsigned at;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	ats_device(&rig, RID, 4);
	ats_device(&rig, RID2, 0);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID2, NONE, domain);
	rig_attach(&rig, RID, 5, domain);
	rig_attach(&rig, RID, NONE, domain);
	rig_map(&rig, domain, IOVA + 4 * K, TARGET, 12 * K, RW);
	at = rig.events;
	rig_unmap(&rig, domain, IOVA + 4 * K, 12 * K);
	ASSERT_COMMANDS(&rig, at, {VA(NUM(2)), (IOVA + 4 * K) | TG(1) | TTL(3) | LEAF}, SYNC,
			{0x40 | SID, IOVA | 2}, {0x40 | SSV | SSID(5) | SID, IOVA | 2},
			{0x40 | SID2, IOVA | 2}, SYNC);
	rig_end(&rig);
}

/* ---- Strict and lazy ----------------------------------------------------------------------- */

static void a_lazy_flush_is_one_command(void **state)
{
	static struct rig rig;
	struct domain *domain;
	unsigned at;

	(void)state;
	for (unsigned stage = 1; stage <= 2; stage++) {
		struct command expected[] = {
			{stage == 1 ? 0x11 | ASID(1) : 0x28 | VMID(1), 0},
			SYNC,
			ATC_ALL(SID),
			SYNC,
		};

		rig_begin(&rig, stage == 1, DRIVER_LAZY);
		ats_device(&rig, RID, 0);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, IOVA, TARGET, 64 * K, RW);
		assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
		at = rig.events;
		rig_unmap(&rig, domain, IOVA, 8 * K);
		rig_unmap(&rig, domain, IOVA + 32 * K, 4 * K);
		assert_int_equal(rig.events, at);
		assert_int_equal(rig.ops->tick(rig.driver, 9999999), 0);
		assert_int_equal(rig.events, at);
		assert_int_equal(rig.ops->tick(rig.driver, 10000000), 0);
		commands_check(&rig, at, expected, 4, __LINE__);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, RW).outcome, IOASIM_FAULT);
		assert_reaches(&rig, RID, NONE, IOVA + 8 * K, RW, TARGET + 8 * K);
		rig_end(&rig);
	}
}

static void lazy_leaves_a_window_that_strict_does_not(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned mode = 0; mode < 4; mode++) {
		bool lazy = mode & 1;
		struct domain *domain;

		rig_begin(&rig, mode / 2, lazy ? DRIVER_LAZY : DRIVER_STRICT);
		ats_device(&rig, RID, 0);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, IOVA, TARGET, 4 * K, RW);
		assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
		rig_unmap(&rig, domain, IOVA, 4 * K);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, RW).outcome,
				 lazy ? IOASIM_OK : IOASIM_FAULT);
		assert_int_equal(rig.ops->sync(rig.driver), 0);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, RW).outcome, IOASIM_FAULT);
		/* A route that ends leaves nothing to be flushed. */
		rig_map(&rig, domain, IOVA, TARGET, 4 * K, RW);
		rig_unmap(&rig, domain, IOVA, 4 * K);
		rig_detach(&rig, RID, NONE);
		assert_int_equal(rig.ops->sync(rig.driver), 0);
		assert_int_equal(rig.ops->stats(rig.driver)->flushes, lazy ? 1 : 0);
		rig_end(&rig);
	}
}

/* ---- The ring --------------------------------------------------------------------------------- */

/* 4.7.3: a message of 0 to the command's own slot; the event; or CONS alone. */
static void a_sync_reports_as_the_unit_can(void **state)
{
	static struct rig rig;
	ioasim_pa_t queue;
	uint64_t word0;

	(void)state;
	rig_prepare(&rig);
	rig_set(&rig, "idr0", RIG_IDR0 | RIG_MSI);
	rig_start(&rig);
	queue = rig_inside(&rig)->queue;
	/* CS 1, MSH 3, MSIAttr 0xf. */
	assert_int_equal(rig.event[1].words[0], 0x46 | 1 << 12 | 3 << 22 | 0xf << 24);
	assert_int_equal(rig.event[1].words[1], queue + 16);
	assert_int_equal(rig.event[3].words[1], queue + 3 * 16);
	assert_int_equal(ioasim_memory_read64(rig.memory, queue + 3 * 16, &word0), 0);
	assert_int_equal(word0 & UINT32_MAX, 0);
	rig_end(&rig);

	rig_prepare(&rig);
	rig_set(&rig, "idr0", RIG_IDR0 | RIG_SEV);
	rig_start(&rig);
	assert_int_equal(rig.event[1].words[0], 0x46 | 2 << 12);
	assert_int_equal(rig.event[1].words[1], 0);
	rig_end(&rig);

	/* Messages that are not coherent with the driver's polling are of no use. */
	rig_prepare(&rig);
	rig_set(&rig, "idr0", (RIG_IDR0 | RIG_MSI) & ~UINT64_C(0x10));
	rig_start(&rig);
	assert_int_equal(rig.event[1].words[0], 0x46);
	rig_end(&rig);
}

/* 3.5.1: a queue of one entry is legal; full and empty alternate. */
static void a_ring_of_any_size_works(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned lg2 = 0; lg2 <= 8; lg2++) {
		struct domain *domain;

		rig_prepare(&rig);
		rig_set(&rig, "idr0", RIG_IDR0 | (lg2 & 1 ? RIG_MSI : 0));
		rig_set(&rig, "idr1", (RIG_IDR1 & ~UINT64_C(0x3e00000)) | (uint64_t)lg2 << 21);
		rig.config.stage1 = true;
		rig_start(&rig);
		ats_device(&rig, RID, 4);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		for (uint32_t pasid = 1; pasid < 16; pasid++)
			rig_attach(&rig, RID, pasid, domain);
		for (unsigned i = 0; i < 100; i++) {
			rig_map(&rig, domain, IOVA, TARGET + i * 4096, 4096, RW);
			assert_reaches(&rig, RID, 9, IOVA, RW, TARGET + i * 4096);
			rig_unmap(&rig, domain, IOVA, 4096);
			assert_int_equal(rig_dma(&rig, RID, 9, IOVA, RW).outcome, IOASIM_FAULT);
		}
		rig_end(&rig);
	}
}

static void a_queue_that_stops_is_an_error_and_nothing_is_used_again(void **state)
{
	static struct rig rig;
	struct domain *domain;
	uint64_t unmapped;
	uint32_t used;

	(void)state;
	for (unsigned mode = 0; mode < 2; mode++) {
		rig_prepare(&rig);
		rig_set(&rig, "idr0", RIG_IDR0 | (mode ? RIG_MSI : 0));
		rig.config.stage1 = true;
		rig_start(&rig);
		ats_device(&rig, RID, 20);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_attach(&rig, RID, 4, domain);
		rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
		used = rig_pages_used(&rig);
		/* CERROR_ABT: the ring cannot be read. */
		assert_int_equal(ioasim_memory_abort(rig.memory, rig_inside(&rig)->queue,
						     rig_inside(&rig)->queue + 4095),
				 0);
		assert_int_equal(rig.ops->unmap(rig.driver, domain, IOVA, 2 * M, &unmapped), -EIO);
		assert_int_equal(unmapped, 4096);
		assert_int_equal(rig_pages_used(&rig), used);
		assert_int_equal(rig.ops->detach(rig.driver, RID, 4), -EIO);
		assert_int_equal(rig.ops->domain_destroy(rig.driver, domain), 0);
		assert_int_equal(rig_pages_used(&rig), used);
		rig_end(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_up_empties_every_cache),
		cmocka_unit_test(a_device_is_made_known),
		cmocka_unit_test(a_stage_1_route_comes_and_goes),
		cmocka_unit_test(a_stage_2_route_comes_and_goes),
		cmocka_unit_test(a_pasid_route_comes_and_goes),
		cmocka_unit_test(a_range_takes_the_fewest_commands),
		cmocka_unit_test(without_ranges_each_page_is_told),
		cmocka_unit_test(device_tlbs_come_after_the_tlb),
		cmocka_unit_test(a_lazy_flush_is_one_command),
		cmocka_unit_test(lazy_leaves_a_window_that_strict_does_not),
		cmocka_unit_test(a_sync_reports_as_the_unit_can),
		cmocka_unit_test(a_ring_of_any_size_works),
		cmocka_unit_test(a_queue_that_stops_is_an_error_and_nothing_is_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
