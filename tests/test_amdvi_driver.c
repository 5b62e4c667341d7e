/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The AMD-Vi driver against a unit: set-up, routes of every kind, what stands in the
 * entries, what is left when memory runs out. What a device can reach is asked of the
 * unit, never of the driver.
 */
#include "amdvi_driver_rig.h"

/* ---- Set-up -------------------------------------------------------------------------- */

/* Section 2: table of all ids, rings of 512 entries, Control. */
static void the_unit_runs_with_every_device_blocked(void **state)
{
	static struct rig rig;
	uint64_t dte[4];

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	/* IommuEn, EventLogEn, EventIntEn, InvTimeOut 1s, Coherent, CmdBufEn, PPRLogEn,
	 * PPRIntEn, PPREn, GTEn, EPHEn, GCR3TRPMode. */
	assert_int_equal(rig_register(&rig, 0x18), UINT64_C(0x040020000001f48d));
	/* Size: 512 pages less 1; ComLen, EventLen, PPRLogLen 9. */
	assert_int_equal(rig_bits(rig_register(&rig, 0), 8, 0), 511);
	assert_int_equal(rig_bits(rig_register(&rig, 0x8), 59, 56), 9);
	assert_int_equal(rig_bits(rig_register(&rig, 0x10), 59, 56), 9);
	assert_int_equal(rig_bits(rig_register(&rig, 0x38), 59, 56), 9);
	/* EventLogRun, CmdBufRun, PPRLogRun. */
	assert_int_equal(rig_register(&rig, 0x2020), 0x98);
	assert_int_equal(rig_register(&rig, 0x158) >> 16 & 1, 1); /* MsiEn */
	for (uint32_t id = 0; id < 65536; id += 257) {
		rig_dte(&rig, id, dte);
		assert_true(dte[0] == BLOCKED && !dte[1] && !dte[2] && !dte[3]);
		assert_faults(&rig, id, NONE, IOVA, IOASIM_READ, IO_PAGE_FAULT);
	}
	rig_device(&rig, RID);
	assert_faults(&rig, RID, NONE, IOVA, IOASIM_READ, IO_PAGE_FAULT);
	assert_int_equal(rig.ops->device_remove(rig.driver, RID), 0);
	assert_faults(&rig, RID, NONE, IOVA, IOASIM_READ, IO_PAGE_FAULT);
	/* Nothing but the flush of everything was needed. */
	assert_int_equal(rig.events, 2);
	assert_int_equal(rig.event[0].words[0], UINT64_C(8) << 60);
	assert_int_equal(rig.event[1].type, CMD_WAIT);
	rig_end(&rig);
}

/* Section 2: without IASup every id and domain by itself; the ring keeps two entries
 * free. */
static void a_unit_without_flush_all_is_flushed_by_loops(void **state)
{
	static struct rig rig;
	const struct driver_stats *stats;
	unsigned run = 0;

	(void)state;
	rig_prepare(&rig);
	field_set(rig_efr(&rig), AMDVI_EFR_IA_SUP, 0);
	rig_start(&rig);
	stats = rig.ops->stats(rig.driver);
	assert_int_equal(stats->commands - stats->waits, 3 * 65536);
	assert_int_equal(rig.events, RIG_EVENTS);
	for (unsigned i = 0; i < RIG_EVENTS; i++) {
		run++;
		if (rig.event[i].type != CMD_WAIT) {
			assert_int_equal(rig.event[i].type, CMD_DEVTAB);
			continue;
		}
		assert_int_equal(run, 510);
		run = 0;
	}
	assert_int_equal(rig.event[509].type, CMD_WAIT);
	rig_end(&rig);
}

static void a_unit_is_left_off_and_passes_everything(void **state)
{
	static struct rig rig;

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	rig_device(&rig, RID);
	rig.ops->destroy(rig.driver);
	rig.driver = NULL;
	assert_int_equal(rig_register(&rig, 0x18), 0);
	assert_reaches(&rig, RID, NONE, 0x1234, IOASIM_READ, 0x1234);
	/* The next driver finds a unit that it can set up. */
	assert_int_equal(rig.ops->create(rig.unit, rig.memory, &rig.config, &rig.driver), 0);
	assert_faults(&rig, RID, NONE, 0x1234, IOASIM_READ, IO_PAGE_FAULT);
	rig_end(&rig);
}

/* Takes guest translation and all that needs it out of the capabilities. */
static void without_guests(struct rig *rig)
{
	field_set(rig_efr(rig), AMDVI_EFR_GT_SUP, 0);
	field_set(rig_efr(rig), AMDVI_EFR_GIO_SUP, 0);
	field_set(rig_efr(rig), AMDVI_EFR_PPR_SUP, 0);
	field_set(rig_efr(rig), AMDVI_EFR_PPR_AUTO_RSP_SUP, 0);
	field_set(rig_efr(rig), AMDVI_EFR_EPH_SUP, 0);
	*rig_capability(rig, AMDVI_CAPABILITY_EFR2) = 0;
}

static void what_the_unit_lacks_is_refused(void **state)
{
	static struct rig rig;
	struct domain_config config = {.kind = DOMAIN_NEST_PARENT};
	struct domain *domain;

	(void)state;
	/* Neither host tables nor guest tables. */
	rig_prepare(&rig);
	without_guests(&rig);
	field_set(rig_efr(&rig), AMDVI_EFR_HATS, 3);
	rig_unit(&rig);
	assert_int_equal(rig.ops->create(rig.unit, rig.memory, &rig.config, &rig.driver), -ENOTSUP);
	rig_end(&rig);

	/* No guest translation: no nesting, no PASID, host tables whatever is asked. */
	rig_prepare(&rig);
	without_guests(&rig);
	rig.config.stage1 = true;
	rig_start(&rig);
	rig_device(&rig, RID);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), -ENOTSUP);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	assert_int_equal(rig.ops->attach(rig.driver, RID, 1, domain), -EINVAL);
	rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
	rig_attach(&rig, RID, NONE, domain);
	assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
	rig_end(&rig);

	/* Section 10: nesting needs GIoSup and GCR3TRPMode, and so do PASIDs GIoSup. */
	for (unsigned i = 0; i < 2; i++) {
		rig_prepare(&rig);
		if (i)
			*rig_capability(&rig, AMDVI_CAPABILITY_EFR2) = 0;
		else
			field_set(rig_efr(&rig), AMDVI_EFR_GIO_SUP, 0);
		rig_start(&rig);
		rig_device(&rig, RID);
		assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), -ENOTSUP);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		assert_int_equal(rig.ops->attach(rig.driver, RID, 1, domain), i ? 0 : -EINVAL);
		rig_end(&rig);
	}

	rig_begin(&rig, false, DRIVER_STRICT);
	config.kind = DOMAIN_NESTED;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), -ENOTSUP);
	rig_end(&rig);
}

/* ---- Routes ----------------------------------------------------------------------------- */

static void a_kernel_domain_reaches_what_it_maps(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned stage1 = 0; stage1 < 2; stage1++) {
		struct ioasim_response answer;
		struct domain *domain, *other;
		uint64_t dte[4];

		rig_begin(&rig, stage1, DRIVER_STRICT);
		rig_device(&rig, RID);
		rig_device(&rig, RID2);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		other = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_map(&rig, domain, IOVA, TARGET, 4096, IOASIM_READ);
		assert_refused(&rig, RID, NONE, IOVA);
		rig_attach(&rig, RID, NONE, domain);
		rig_attach(&rig, RID2, NONE, other);
		answer = rig_dma(&rig, RID, NONE, IOVA + 5, IOASIM_READ);
		assert_int_equal(answer.outcome, IOASIM_OK);
		assert_int_equal(answer.pa, TARGET + 5);
		assert_int_equal(answer.domain, rig.ops->domain_tag(domain));
		assert_int_not_equal(rig.ops->domain_tag(domain), rig.ops->domain_tag(other));
		/* What stands in the entry, by 3.1: I, and PPR for a device with page
		 * requests. */
		rig_dte(&rig, RID, dte);
		assert_int_equal(dte[1] & I, I);
		assert_int_equal(dte[1] & 0xffff, rig.ops->domain_tag(domain));
		if (stage1)
			assert_int_equal(dte[0] & UINT64_C(0x63f0000000000fff),
					 V_TV_RW | GV | GIOV | PPR | UINT64_C(2) << 56);
		else
			assert_int_equal(dte[0] & UINT64_C(0xfff0000000000fff),
					 V_TV_RW | PPR | 4 << 9);
		assert_true(!dte[2] && !dte[3]);
		assert_faults(&rig, RID, NONE, IOVA, IOASIM_WRITE, IO_PAGE_FAULT);
		assert_faults(&rig, RID, NONE, IOVA + 4096, IOASIM_READ, IO_PAGE_FAULT);
		assert_refused(&rig, RID2, NONE, IOVA);
		rig_unmap(&rig, domain, IOVA, 4096);
		assert_refused(&rig, RID, NONE, IOVA);
		rig_map(&rig, domain, IOVA, TARGET + M, 4096, RW);
		assert_reaches(&rig, RID, NONE, IOVA, IOASIM_WRITE, TARGET + M);
		/* Replaced: the old translations are gone, the new ones there. */
		rig_map(&rig, other, IOVA, TARGET + 2 * M, 4096, RW);
		rig_attach(&rig, RID, NONE, other);
		assert_reaches(&rig, RID, NONE, IOVA, IOASIM_WRITE, TARGET + 2 * M);
		assert_int_equal(rig.ops->domain_destroy(rig.driver, other), -EBUSY);
		assert_int_equal(rig.ops->domain_destroy(rig.driver, domain), 0);
		rig_detach(&rig, RID, NONE);
		rig_dte(&rig, RID, dte);
		assert_true(dte[0] == BLOCKED && !dte[1] && !dte[2]);
		assert_refused(&rig, RID, NONE, IOVA);
		assert_reaches(&rig, RID2, NONE, IOVA, IOASIM_WRITE, TARGET + 2 * M);
		rig_end(&rig);
	}
}

/* Two devices of one domain: one DomainID for a host table, one for each GCR3 table. */
static void devices_share_a_domain(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned stage1 = 0; stage1 < 2; stage1++) {
		struct domain *domain;
		uint64_t one[4], two[4];

		rig_begin(&rig, stage1, DRIVER_STRICT);
		rig_device(&rig, RID);
		rig_device(&rig, RID2);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_map(&rig, domain, IOVA, TARGET, 8192, RW);
		rig_attach(&rig, RID, NONE, domain);
		rig_attach(&rig, RID2, NONE, domain);
		rig_dte(&rig, RID, one);
		rig_dte(&rig, RID2, two);
		assert_int_equal((one[1] & 0xffff) == (two[1] & 0xffff), !stage1);
		assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
		assert_reaches(&rig, RID2, NONE, IOVA, RW, TARGET);
		rig_unmap(&rig, domain, IOVA, 4096);
		assert_refused(&rig, RID, NONE, IOVA);
		assert_refused(&rig, RID2, NONE, IOVA);
		rig_detach(&rig, RID, NONE);
		assert_refused(&rig, RID, NONE, IOVA + 4096);
		assert_reaches(&rig, RID2, NONE, IOVA + 4096, RW, TARGET + 4096);
		rig_end(&rig);
	}
}

static void identity_passes_and_blocked_ends(void **state)
{
	static struct rig rig;
	struct domain_config silent = {.kind = DOMAIN_BLOCKED, .silent = true};
	struct domain *identity, *blocked, *quiet;
	struct ioasim_response answer;
	uint64_t dte[4];

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	rig_device(&rig, RID);
	identity = rig_domain(&rig, DOMAIN_IDENTITY, 0);
	blocked = rig_domain(&rig, DOMAIN_BLOCKED, 0);
	assert_int_equal(rig.ops->domain_create(rig.driver, &silent, &quiet), 0);
	rig_attach(&rig, RID, NONE, identity);
	assert_reaches(&rig, RID, NONE, TARGET + 3, RW, TARGET + 3);
	rig_dte(&rig, RID, dte);
	assert_int_equal(dte[0], V_TV_RW | PPR);
	rig_attach(&rig, RID, NONE, blocked);
	answer = rig_dma(&rig, RID, NONE, TARGET, IOASIM_READ);
	assert_int_equal(answer.outcome, IOASIM_FAULT);
	assert_true(answer.fault.recorded);
	/* Translated requests are not looked up: a blocked entry has I=0 (9.2). */
	answer = rig_ask(&rig, RID, NONE, TARGET, IOASIM_READ, IOASIM_TRANSLATED);
	assert_int_equal(answer.outcome, IOASIM_FAULT);
	assert_int_equal(answer.fault.code, INVALID_DEVICE_REQUEST);
	/* SA, bit 98. */
	rig_attach(&rig, RID, NONE, quiet);
	rig_dte(&rig, RID, dte);
	assert_true(dte[0] == BLOCKED && dte[1] == UINT64_C(4) << 32);
	answer = rig_dma(&rig, RID, NONE, TARGET, IOASIM_READ);
	assert_int_equal(answer.outcome, IOASIM_FAULT);
	assert_false(answer.fault.recorded);
	rig_detach(&rig, RID, NONE);
	answer = rig_dma(&rig, RID, NONE, TARGET, IOASIM_READ);
	assert_int_equal(answer.outcome, IOASIM_FAULT);
	assert_true(answer.fault.recorded);
	rig_end(&rig);
}

/* GLX: nine bits of PASID for each level. */
static void gcr3_tables_have_the_levels_that_pasids_need(void **state)
{
	static const struct {
		unsigned device, unit, glx_sup; /* bits, bits, largest GLX */
		unsigned glx;
		uint32_t last;
	} rows[] = {
		{1, 20, 2, 0, 1},        {9, 20, 2, 0, 511},      {10, 20, 2, 1, 1023},
		{18, 20, 2, 1, 0x3ffff}, {19, 20, 2, 2, 0x7ffff}, {20, 20, 2, 2, 0xfffff},
		{32, 20, 2, 2, 0xfffff}, {20, 16, 2, 1, 0xffff},  {20, 20, 1, 1, 0x3ffff},
		{20, 20, 0, 0, 511},
	};
	static struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct driver_device device = {RID, rows[i].device, false, false};
		struct domain *domain;
		uint64_t dte[4];
		uint32_t used;

		rig_prepare(&rig);
		field_set(rig_efr(&rig), AMDVI_EFR_PAS_MAX, rows[i].unit - 1);
		field_set(rig_efr(&rig), AMDVI_EFR_GLX_SUP, rows[i].glx_sup);
		rig.config.stage1 = true;
		rig_start(&rig);
		assert_int_equal(rig.ops->device_add(rig.driver, &device), 0);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
		used = rig_pages_used(&rig);
		assert_int_equal(rig.ops->attach(rig.driver, RID, rows[i].last + 1, domain),
				 -EINVAL);
		rig_attach(&rig, RID, rows[i].last, domain);
		rig_dte(&rig, RID, dte);
		assert_int_equal(rig_bits(dte[0], 57, 56), rows[i].glx);
		assert_reaches(&rig, RID, rows[i].last, IOVA, RW, TARGET);
		assert_refused(&rig, RID, rows[i].last ^ 1, IOVA);
		assert_int_equal(rig_pages_used(&rig), used + rows[i].glx + 1);
		rig_detach(&rig, RID, rows[i].last);
		assert_int_equal(rig.ops->device_remove(rig.driver, RID), 0);
		assert_int_equal(rig_pages_used(&rig), used);
		rig_end(&rig);
	}
}

static void each_pasid_is_a_route_of_its_own(void **state)
{
	static const uint32_t pasids[] = {1, 511, 512, 0x12345, 0xfffff};
	static struct rig rig;

	(void)state;
	for (unsigned stage1 = 0; stage1 < 2; stage1++) {
		struct domain *domain[5], *rid;
		uint32_t used;

		rig_begin(&rig, stage1, DRIVER_STRICT);
		used = rig_pages_used(&rig);
		rig_device(&rig, RID);
		rid = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_map(&rig, rid, IOVA, TARGET, 4096, RW);
		rig_attach(&rig, RID, NONE, rid);
		assert_refused(&rig, RID, 64, IOVA);
		for (unsigned i = 0; i < 5; i++) {
			domain[i] = rig_domain(&rig, DOMAIN_KERNEL, 0);
			rig_map(&rig, domain[i], IOVA, TARGET + (i + 1) * M, 4096, RW);
			rig_attach(&rig, RID, pasids[i], domain[i]);
		}
		assert_refused(&rig, RID, 2, IOVA);
		assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
		for (unsigned i = 0; i < 5; i++)
			assert_reaches(&rig, RID, pasids[i], IOVA, RW, TARGET + (i + 1) * M);
		/* One domain under two PASIDs: an unmap reaches both. */
		rig_attach(&rig, RID, 2, domain[0]);
		assert_reaches(&rig, RID, 2, IOVA, RW, TARGET + M);
		rig_unmap(&rig, domain[0], IOVA, 4096);
		assert_refused(&rig, RID, 1, IOVA);
		assert_refused(&rig, RID, 2, IOVA);
		/* Replaced in place. */
		rig_attach(&rig, RID, 2, domain[1]);
		assert_reaches(&rig, RID, 2, IOVA, RW, TARGET + 2 * M);
		rig_detach(&rig, RID, 512);
		assert_refused(&rig, RID, 512, IOVA);
		/* T17, H1: without PASID nothing passes, PASIDs live on. */
		rig_detach(&rig, RID, NONE);
		assert_refused(&rig, RID, NONE, IOVA);
		assert_refused(&rig, RID, NONE, TARGET);
		assert_reaches(&rig, RID, 511, IOVA, RW, TARGET + 2 * M);
		assert_int_equal(rig.ops->detach(rig.driver, RID, 512), -ENOENT);
		assert_int_equal(rig.ops->detach(rig.driver, RID, 65), -ENOENT);
		assert_int_equal(rig.ops->detach(rig.driver, RID, 0x80000), -ENOENT);
		assert_int_equal(rig.ops->detach(rig.driver, RID, 0x100000), -ENOENT);
		assert_int_equal(rig.ops->device_remove(rig.driver, RID), -EBUSY);
		rig_attach(&rig, RID, NONE, rid);
		assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
		for (unsigned i = 0; i < 5; i++)
			if (pasids[i] != 512)
				rig_detach(&rig, RID, pasids[i]);
		rig_detach(&rig, RID, 2);
		assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
		rig_detach(&rig, RID, NONE);
		for (unsigned i = 0; i < 5; i++)
			assert_int_equal(rig.ops->domain_destroy(rig.driver, domain[i]), 0);
		assert_int_equal(rig.ops->domain_destroy(rig.driver, rid), 0);
		assert_int_equal(rig.ops->device_remove(rig.driver, RID), 0);
		assert_int_equal(rig_pages_used(&rig), used);
		rig_end(&rig);
	}
}

static void entry_is(struct rig *rig, uint64_t flags)
{
	uint64_t dte[4];

	rig_dte(rig, RID, dte);
	assert_int_equal(dte[0] & (V_TV_RW | GV | GIOV | 0xe00), flags);
}

/* H1, H2: what requests without PASID meet beside PASIDs is GCR3 entry 0, or, passing
 * unchanged, what GIoV=0 leaves to them. */
static void requests_without_pasid_beside_those_with_one(void **state)
{
	static struct rig rig;
	struct domain *pasid, *identity, *blocked, *kernel;

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	rig_device(&rig, RID);
	pasid = rig_domain(&rig, DOMAIN_KERNEL, 0);
	kernel = rig_domain(&rig, DOMAIN_KERNEL, 0);
	identity = rig_domain(&rig, DOMAIN_IDENTITY, 0);
	blocked = rig_domain(&rig, DOMAIN_BLOCKED, 0);
	rig_map(&rig, pasid, IOVA, TARGET, 4096, RW);
	rig_map(&rig, kernel, IOVA, TARGET + M, 4096, RW);
	rig_attach(&rig, RID, 7, pasid);
	entry_is(&rig, V_TV_RW | GV | GIOV);
	assert_refused(&rig, RID, NONE, IOVA);
	rig_attach(&rig, RID, NONE, identity);
	entry_is(&rig, V_TV_RW | GV);
	assert_reaches(&rig, RID, NONE, IOVA, RW, IOVA);
	assert_reaches(&rig, RID, 7, IOVA, RW, TARGET);
	rig_attach(&rig, RID, NONE, kernel);
	entry_is(&rig, V_TV_RW | GV | GIOV);
	assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET + M);
	rig_attach(&rig, RID, NONE, blocked);
	entry_is(&rig, V_TV_RW | GV | GIOV);
	assert_refused(&rig, RID, NONE, IOVA);
	rig_attach(&rig, RID, NONE, kernel);
	assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET + M);
	rig_attach(&rig, RID, NONE, identity);
	assert_reaches(&rig, RID, NONE, IOVA, RW, IOVA);
	assert_refused(&rig, RID, 0, IOVA); /* nothing is left in entry 0 */
	/* The last PASID goes. */
	rig_detach(&rig, RID, 7);
	entry_is(&rig, V_TV_RW);
	assert_reaches(&rig, RID, NONE, IOVA, RW, IOVA);
	assert_refused(&rig, RID, 7, IOVA);
	rig_attach(&rig, RID, 7, blocked);
	assert_refused(&rig, RID, 7, IOVA);
	rig_detach(&rig, RID, NONE);
	assert_refused(&rig, RID, NONE, IOVA);
	rig_detach(&rig, RID, 7);
	entry_is(&rig, BLOCKED);
	rig_end(&rig);
}

/* A domain with a host table serves many until one of its devices has PASIDs; what has
 * been mapped stays reachable everywhere. */
static void a_host_table_gives_way_to_a_guest_table(void **state)
{
	static struct rig rig;
	struct domain *shared, *pasid, *high;
	uint32_t used, made, tag;

	(void)state;
	rig_begin(&rig, false, DRIVER_LAZY);
	used = rig_pages_used(&rig);
	rig_device(&rig, RID);
	rig_device(&rig, RID2);
	shared = rig_domain(&rig, DOMAIN_KERNEL, 48);
	pasid = rig_domain(&rig, DOMAIN_KERNEL, 48);
	high = rig_domain(&rig, DOMAIN_KERNEL, 48);
	rig_map(&rig, shared, IOVA, TARGET, 64 * M, RW);
	rig_map(&rig, shared, G, TARGET + G, 8192, IOASIM_READ);
	rig_map(&rig, shared, G + 8192, TARGET + G + 8192, 4096, RW); /* other rights */
	rig_map(&rig, pasid, IOVA, TARGET + 2 * G, 4096, RW);
	rig_attach(&rig, RID, NONE, shared);
	rig_attach(&rig, RID2, NONE, shared);
	assert_reaches(&rig, RID, NONE, G, IOASIM_READ, TARGET + G);
	rig_unmap(&rig, shared, G, 4096); /* queued */
	assert_reaches(&rig, RID, NONE, G, IOASIM_READ, TARGET + G);

	tag = rig.ops->domain_tag(shared);
	rig_attach(&rig, RID, 5, pasid);
	assert_refused(&rig, RID, NONE, G); /* flushed */
	assert_int_equal(rig.ops->sync(rig.driver), 0);
	assert_int_equal(rig.ops->stats(rig.driver)->flushes, 0); /* not once more */
	for (unsigned i = 0; i < 2; i++) {
		uint32_t rid = i ? RID2 : RID;
		uint64_t dte[4];

		rig_dte(&rig, rid, dte);
		assert_int_equal(dte[0] & (GV | GIOV | 0xe00), GV | GIOV);
		assert_reaches(&rig, rid, NONE, IOVA + 63 * M, RW, TARGET + 63 * M);
		assert_reaches(&rig, rid, NONE, G + 4096, IOASIM_READ, TARGET + G + 4096);
		assert_faults(&rig, rid, NONE, G + 4096, IOASIM_WRITE, IO_PAGE_FAULT);
		assert_reaches(&rig, rid, NONE, G + 8192, RW, TARGET + G + 8192);
	}
	assert_reaches(&rig, RID, 5, IOVA, RW, TARGET + 2 * G);
	rig_unmap(&rig, shared, IOVA, 64 * M);
	assert_int_equal(rig.ops->sync(rig.driver), 0);
	assert_refused(&rig, RID, NONE, IOVA);
	assert_refused(&rig, RID2, NONE, IOVA);

	/* Its DomainID is free again. */
	assert_int_equal(rig.ops->domain_destroy(rig.driver, high), 0);
	high = rig_domain(&rig, DOMAIN_KERNEL, 48);
	assert_int_equal(rig.ops->domain_tag(high), tag);
	/* What lies in the upper half of 48 bits cannot follow, and then nothing changes. */
	rig_map(&rig, high, UINT64_C(1) << 47, TARGET, 4096, RW);
	made = rig_pages_used(&rig);
	assert_int_equal(rig.ops->attach(rig.driver, RID, 6, high), -EINVAL);
	assert_int_equal(rig_pages_used(&rig), made);
	rig_attach(&rig, RID2, NONE, high);
	assert_reaches(&rig, RID2, NONE, UINT64_C(1) << 47, RW, TARGET);
	assert_int_equal(rig.ops->attach(rig.driver, RID2, 6, pasid), -EINVAL);
	assert_reaches(&rig, RID2, NONE, UINT64_C(1) << 47, RW, TARGET);

	rig_detach(&rig, RID2, NONE);
	rig_detach(&rig, RID, NONE);
	rig_detach(&rig, RID, 5);
	assert_int_equal(rig.ops->domain_destroy(rig.driver, shared), 0);
	assert_int_equal(rig.ops->domain_destroy(rig.driver, pasid), 0);
	assert_int_equal(rig.ops->domain_destroy(rig.driver, high), 0);
	assert_int_equal(rig.ops->device_remove(rig.driver, RID), 0);
	assert_int_equal(rig.ops->device_remove(rig.driver, RID2), 0);
	assert_int_equal(rig_pages_used(&rig), used);
	rig_end(&rig);
}

static void routes_that_cannot_be_are_refused(void **state)
{
	static struct rig rig;
	struct driver_device plain = {.requester_id = RID}, narrow = {RID2, 4, false, false};
	struct driver_device far = {.requester_id = 0x10000};
	struct domain *domain, *identity, *parent, *wide;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	identity = rig_domain(&rig, DOMAIN_IDENTITY, 0);
	parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	wide = rig_domain(&rig, DOMAIN_KERNEL, 57);
	assert_int_equal(rig.ops->attach(rig.driver, RID, NONE, domain), -ENOENT);
	assert_int_equal(rig.ops->detach(rig.driver, RID, NONE), -ENOENT);
	assert_int_equal(rig.ops->device_add(rig.driver, &plain), 0);
	assert_int_equal(rig.ops->device_add(rig.driver, &narrow), 0);
	assert_int_equal(rig.ops->device_add(rig.driver, &narrow), -EEXIST);
	assert_int_equal(rig.ops->device_add(rig.driver, &far), -EINVAL);
	assert_int_equal(rig.ops->attach(rig.driver, RID, 1, domain), -EINVAL);
	assert_int_equal(rig.ops->attach(rig.driver, RID2, 0, domain), -EINVAL);
	assert_int_equal(rig.ops->attach(rig.driver, RID2, 16, domain), -EINVAL);
	assert_int_equal(rig.ops->attach(rig.driver, RID2, 15, identity), -EINVAL);
	assert_int_equal(rig.ops->attach(rig.driver, RID2, 15, parent), -EINVAL);
	assert_int_equal(rig.ops->attach(rig.driver, RID2, 15, domain), 0);
	/* T10, both ways. */
	assert_int_equal(rig.ops->attach(rig.driver, RID2, NONE, parent), -EINVAL);
	assert_int_equal(rig.ops->attach(rig.driver, RID, NONE, parent), 0);
	rig_detach(&rig, RID2, 15);
	rig_attach(&rig, RID2, NONE, parent);
	assert_int_equal(rig.ops->attach(rig.driver, RID2, 15, domain), -EINVAL);
	/* GuestPagingMode is one for all PASIDs of a device. */
	rig_attach(&rig, RID2, NONE, domain);
	assert_int_equal(rig.ops->attach(rig.driver, RID2, 15, wide), -EINVAL);
	rig_detach(&rig, RID2, NONE);
	rig_attach(&rig, RID2, 15, wide);
	assert_int_equal(rig.ops->attach(rig.driver, RID2, NONE, domain), -EINVAL);
	rig_attach(&rig, RID2, 15, wide);
	rig_detach(&rig, RID2, 15);
	rig_attach(&rig, RID2, NONE, domain);
	assert_int_equal(rig.ops->detach(rig.driver, RID, 1), -ENOENT);
	assert_int_equal(rig.ops->device_remove(rig.driver, 0x42), -ENOENT);
	rig_end(&rig);
}

/* ---- Running out of memory --------------------------------------------------------------------- */

/* A day in the life; false at the first -ENOMEM. */
static bool story(struct rig *rig)
{
	struct driver_device device = {RID, 20, true, true}, other = {RID2, 0, false, false};
	struct domain_config kernel = {.kind = DOMAIN_KERNEL};
	struct domain *domain, *second;
	const struct driver_ops *ops = rig->ops;
	uint64_t unmapped;
	int error = ops->device_add(rig->driver, &device);

	if (!error)
		error = ops->device_add(rig->driver, &other);
	if (!error)
		error = ops->domain_create(rig->driver, &kernel, &domain);
	if (!error)
		error = ops->domain_create(rig->driver, &kernel, &second);
	if (!error)
		error = ops->attach(rig->driver, RID, NONE, domain);
	if (!error)
		error = ops->attach(rig->driver, RID2, NONE, domain);
	if (!error)
		error = ops->map(rig->driver, domain, 8 * G - 2 * M, 16 * G - 2 * M, 2 * G, RW);
	if (!error)
		error = ops->attach(rig->driver, RID, 0x4000, second);
	if (!error)
		error = ops->unmap(rig->driver, domain, 8 * G + 4096, 4096, &unmapped);
	if (error) {
		assert_int_equal(error, -ENOMEM);
		/* Whatever was reachable still is. */
		if (ops->stats(rig->driver)->maps)
			assert_reaches(rig, RID, NONE, 8 * G, RW, 16 * G);
	}
	return !error;
}

static void a_pool_of_any_size_fails_cleanly(void **state)
{
	bool done = false;
	uint64_t pages;

	(void)state;
	/* The device table alone has 512. */
	for (pages = 500; !done; pages++) {
		static struct rig rig;
		int error;

		assert_true(pages < 700);
		rig_prepare(&rig);
		rig.config.pool_size = pages * POOL_PAGE_SIZE;
		rig_unit(&rig);
		error = rig.ops->create(rig.unit, rig.memory, &rig.config, &rig.driver);
		if (error) {
			assert_int_equal(error, -ENOMEM);
			assert_reaches(&rig, RID, NONE, 0x1000, RW, 0x1000);
		} else {
			done = story(&rig);
		}
		rig_end(&rig);
	}
	print_message("%" PRIu64 " pages suffice\n", pages - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_unit_runs_with_every_device_blocked),
		cmocka_unit_test(a_unit_without_flush_all_is_flushed_by_loops),
		cmocka_unit_test(a_unit_is_left_off_and_passes_everything),
		cmocka_unit_test(what_the_unit_lacks_is_refused),
		cmocka_unit_test(a_kernel_domain_reaches_what_it_maps),
		cmocka_unit_test(devices_share_a_domain),
		cmocka_unit_test(identity_passes_and_blocked_ends),
		cmocka_unit_test(gcr3_tables_have_the_levels_that_pasids_need),
		cmocka_unit_test(each_pasid_is_a_route_of_its_own),
		cmocka_unit_test(requests_without_pasid_beside_those_with_one),
		cmocka_unit_test(a_host_table_gives_way_to_a_guest_table),
		cmocka_unit_test(routes_that_cannot_be_are_refused),
		cmocka_unit_test(a_pool_of_any_size_fails_cleanly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
