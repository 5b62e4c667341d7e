/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SMMUv3 driver against a unit: set-up, routes of every kind, tags, what is left when
 * memory runs out. What a device can reach is asked of the unit, never of the driver.
 */
#include "driver_rig_smmu.h"

/* ---- Set-up -------------------------------------------------------------------------- */

static void assert_register(struct rig *rig, uint32_t offset, unsigned size, uint64_t expected)
{
	uint64_t value = 0;

	assert_int_equal(ioasim_mmio_read(rig->unit, offset, size, &value), 0);
	assert_int_equal(value, expected);
}

/* 6.3: CR0 and its acknowledgement, attributes, the stream table, the queues. */
static void the_unit_runs_with_every_stream_refused(void **state)
{
	static struct rig rig;
	struct smmu_driver *driver;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	driver = rig_inside(&rig);
	assert_register(&rig, 0x20, 4, 0x1f); /* ATSCHK, CMDQEN, EVENTQEN, PRIQEN, SMMUEN */
	assert_register(&rig, 0x24, 4, 0x1f);
	assert_register(&rig, 0x28, 4, 0xd75); /* write-back, inner shareable, twice */
	assert_register(&rig, 0x2c, 4, 0x2); /* RECINVSID */
	assert_register(&rig, 0x54, 4, 0x7);
	/* RA; two levels, SPLIT 8, 16 bits. */
	assert_register(&rig, 0x80, 8, driver->streams.base | UINT64_C(1) << 62);
	assert_register(&rig, 0x88, 4, 1 << 16 | 8 << 6 | 16);
	assert_register(&rig, 0x90, 8, driver->queue | UINT64_C(1) << 62 | 8);
	assert_register(&rig, 0xa0, 8, driver->events | UINT64_C(1) << 62 | 7);
	assert_register(&rig, 0xc0, 8, driver->prq | UINT64_C(1) << 62 | 8);
	assert_faults(&rig, RID, NONE, 0, IOASIM_READ, BAD_STREAMID);
	rig_device(&rig, RID);
	assert_faults(&rig, RID, NONE, 0, IOASIM_READ, SILENT);
	assert_faults(&rig, RID, 5, 0, IOASIM_READ, SILENT);
	assert_faults(&rig, RID ^ 1, NONE, 0, IOASIM_READ, BAD_STE);
	assert_faults(&rig, RID2, NONE, 0, IOASIM_READ, BAD_STREAMID);
	assert_int_equal(rig.ops->device_remove(rig.driver, RID), 0);
	assert_faults(&rig, RID, NONE, 0, IOASIM_READ, BAD_STE);
	rig_end(&rig);
}

static void a_linear_stream_table_where_there_is_no_other(void **state)
{
	static struct rig rig;
	struct driver_device far = {.requester_id = 64};
	struct domain *domain;

	(void)state;
	/* ST_LEVEL 0; SIDSIZE 6 is too little for two levels. */
	for (unsigned mode = 0; mode < 2; mode++) {
		rig_prepare(&rig);
		rig_set(&rig, "idr0", mode ? RIG_IDR0 : RIG_IDR0 & ~UINT64_C(0x8000000));
		rig_set(&rig, "idr1", (RIG_IDR1 & ~UINT64_C(0x3f)) | 6);
		rig_start(&rig);
		assert_register(&rig, 0x88, 4, 6);
		assert_faults(&rig, 63, NONE, 0, IOASIM_READ, BAD_STE);
		assert_faults(&rig, 64, NONE, 0, IOASIM_READ, BAD_STREAMID);
		assert_int_equal(rig.ops->device_add(rig.driver, &far), -EINVAL);
		rig_device(&rig, 63);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
		rig_attach(&rig, 63, NONE, domain);
		assert_reaches(&rig, 63, NONE, IOVA, RW, TARGET);
		rig_end(&rig);
	}
}

/* SIDSIZE 0: one stream. */
static void a_unit_of_one_stream_is_driven_too(void **state)
{
	static struct rig rig;
	struct driver_device second = {.requester_id = 1};
	struct domain *domain;

	(void)state;
	rig_prepare(&rig);
	rig_set(&rig, "idr1", RIG_IDR1 & ~UINT64_C(0x3f));
	rig_start(&rig);
	rig_device(&rig, 0);
	assert_int_equal(rig.ops->device_add(rig.driver, &second), -EINVAL);
	domain = rig_domain(&rig, DOMAIN_IDENTITY, 0);
	rig_attach(&rig, 0, NONE, domain);
	assert_reaches(&rig, 0, NONE, IOVA, RW, IOVA);
	rig_end(&rig);
}

static void a_unit_is_left_off_and_passes_everything(void **state)
{
	static struct rig rig;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	rig_device(&rig, RID);
	rig.ops->destroy(rig.driver);
	rig.driver = NULL;
	assert_register(&rig, 0x24, 4, 0);
	assert_reaches(&rig, RID, NONE, 0x1234, IOASIM_READ, 0x1234);
	/* The next driver finds a unit that it can set up. */
	assert_int_equal(rig.ops->create(rig.unit, rig.memory, &rig.config, &rig.driver), 0);
	assert_faults(&rig, RID, NONE, 0x1234, IOASIM_READ, BAD_STREAMID);
	rig_end(&rig);
}

/* A unit whose queue has stopped, with an error that nobody has acknowledged. */
static void a_unit_is_set_up_again_after_an_error(void **state)
{
	static struct rig rig;
	struct domain *domain;

	(void)state;
	rig_prepare(&rig);
	rig_set(&rig, "idr0", RIG_IDR0 | RIG_MSI);
	rig_start(&rig);
	assert_int_equal(ioasim_memory_abort(rig.memory, RIG_POOL, RIG_POOL + RIG_POOL_SIZE - 1),
			 0);
	assert_int_equal(rig.ops->device_add(rig.driver, &(struct driver_device){RID, 0, 0, 0}),
			 -EIO);
	rig.ops->destroy(rig.driver);
	ioasim_memory_clear_aborts(rig.memory);
	assert_int_equal(rig.ops->create(rig.unit, rig.memory, &rig.config, &rig.driver), 0);
	rig_device(&rig, RID);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
	rig_attach(&rig, RID, NONE, domain);
	assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
	rig_end(&rig);
}

struct lack_row {
	const char *name;
	uint64_t idr0, idr1, idr5;
	unsigned granule_lg2;
};

/* 6.3.1: TTF, TTENDIAN, STALL_MODEL; 6.3.6: granules. */
static const struct lack_row lack_rows[] = {
	{"big-endian tables", RIG_IDR0 | 3 << 21, RIG_IDR1, RIG_IDR5, 0},
	{"every fault stalls", (RIG_IDR0 & ~UINT64_C(0x3000000)) | 2 << 24, RIG_IDR1, RIG_IDR5, 0},
	{"no 16 KiB", RIG_IDR0, RIG_IDR1, 0x55, 14},
	{"no such granule", RIG_IDR0, RIG_IDR1, RIG_IDR5, 13},
	/* The pool lies at 4 GiB. */
	{"32 bits of output", RIG_IDR0, RIG_IDR1, 0x70, 0},
};

static void what_the_unit_lacks_is_refused(void **state)
{
	static struct rig rig;
	struct domain_config config = {.kind = DOMAIN_NEST_PARENT};
	struct domain *domain;
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(lack_rows) / sizeof(lack_rows[0]); i++) {
		const struct lack_row *row = &lack_rows[i];

		print_message("%s\n", row->name);
		rig_prepare(&rig);
		rig_set(&rig, "idr0", row->idr0);
		rig_set(&rig, "idr1", row->idr1);
		rig_set(&rig, "idr5", row->idr5);
		rig.config.granule_lg2 = row->granule_lg2;
		assert_int_equal(ioasim_memory_add_ram(rig.memory, RIG_POOL, RIG_POOL_SIZE), 0);
		/* Units that do not exist cannot be driven. */
		if (ioasim_unit_create(&rig.unit_config, rig.memory, &rig.unit, &why) == 0)
			assert_int_equal(rig.ops->create(rig.unit, rig.memory, &rig.config,
							 &rig.driver),
					 -ENOTSUP);
		else
			print_message("no unit: %s\n", why);
		rig_end(&rig);
	}

	/* One stage alone: S2P, S1P. */
	for (unsigned stage = 1; stage <= 2; stage++) {
		rig_prepare(&rig);
		rig_set(&rig, "idr0", RIG_IDR0 & ~(uint64_t)stage);
		rig.config.stage1 = stage == 2;
		rig_start(&rig);
		config.kind = DOMAIN_NEST_PARENT;
		assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), -ENOTSUP);
		config.kind = DOMAIN_NESTED;
		assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), -ENOTSUP);
		config.kind = DOMAIN_NESTED_PASID;
		assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), -ENOTSUP);
		config.kind = DOMAIN_KERNEL;
		config.address_bits = 49;
		assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), -ENOTSUP);
		config.address_bits = 12;
		assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), -EINVAL);
		config.address_bits = 0;
		assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), 0);
		/* The other stage, whatever was wanted: VMID or ASID. */
		assert_int_equal(rig.ops->domain_tag(domain), stage == 1 ? 1 : 0x10000);
		rig_end(&rig);
	}
}

/* ---- Routes ----------------------------------------------------------------------------- */

static void a_kernel_domain_reaches_what_it_maps(void **state)
{
	static const unsigned granules[] = {12, 14, 16};
	static struct rig rig;

	(void)state;
	for (unsigned mode = 0; mode < 6; mode++) {
		struct ioasim_response answer;
		struct domain *domain, *other;
		uint64_t page = UINT64_C(1) << granules[mode / 2];

		rig_prepare(&rig);
		rig.config.stage1 = mode & 1;
		rig.config.granule_lg2 = granules[mode / 2];
		rig_start(&rig);
		rig_device(&rig, RID);
		rig_device(&rig, RID2);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		other = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_map(&rig, domain, IOVA, TARGET, page, IOASIM_READ);
		assert_faults(&rig, RID, NONE, IOVA, IOASIM_READ, SILENT);
		rig_attach(&rig, RID, NONE, domain);
		rig_attach(&rig, RID2, NONE, other);
		answer = rig_dma(&rig, RID, NONE, IOVA + 5, IOASIM_READ);
		assert_int_equal(answer.outcome, IOASIM_OK);
		assert_int_equal(answer.pa, TARGET + 5);
		assert_int_equal(answer.size_lg2, granules[mode / 2]);
		assert_int_equal(answer.domain, rig.ops->domain_tag(domain));
		assert_int_not_equal(rig.ops->domain_tag(domain), rig.ops->domain_tag(other));
		assert_faults(&rig, RID, NONE, IOVA, IOASIM_WRITE, PERMISSION);
		assert_faults(&rig, RID, NONE, IOVA + page, IOASIM_READ, TRANSLATION);
		assert_faults(&rig, RID2, NONE, IOVA, IOASIM_READ, TRANSLATION);
		/* Replaced in one step, then back to blocked. */
		rig_attach(&rig, RID, NONE, other);
		assert_faults(&rig, RID, NONE, IOVA, IOASIM_READ, TRANSLATION);
		rig_attach(&rig, RID, NONE, domain);
		assert_reaches(&rig, RID, NONE, IOVA, IOASIM_READ, TARGET);
		assert_int_equal(rig.ops->domain_destroy(rig.driver, domain), -EBUSY);
		assert_int_equal(rig.ops->device_remove(rig.driver, RID), -EBUSY);
		rig_detach(&rig, RID, NONE);
		assert_faults(&rig, RID, NONE, IOVA, IOASIM_READ, SILENT);
		assert_int_equal(rig.ops->detach(rig.driver, RID, NONE), -ENOENT);
		assert_int_equal(rig.ops->domain_destroy(rig.driver, domain), 0);
		rig_end(&rig);
	}
}

/* ATS: the answer of a translation request, and the device's way with it. */
static void a_device_with_ats_translates_by_itself(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned stage1 = 0; stage1 < 2; stage1++) {
		struct ioasim_response answer;
		struct domain *domain;

		rig_begin(&rig, stage1, DRIVER_STRICT);
		rig_device(&rig, RID);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
		rig_attach(&rig, RID, NONE, domain);
		answer = rig_ask(&rig, RID, NONE, IOVA, RW, IOASIM_TRANSLATION_REQUEST);
		assert_int_equal(answer.outcome, IOASIM_OK);
		assert_int_equal(answer.pa, TARGET);
		assert_int_equal(answer.access & RW, RW);
		answer = rig_ask(&rig, RID, NONE, TARGET, RW, IOASIM_TRANSLATED);
		assert_int_equal(answer.outcome, IOASIM_OK);
		rig_detach(&rig, RID, NONE);
		answer = rig_ask(&rig, RID, NONE, TARGET, RW, IOASIM_TRANSLATED);
		assert_int_equal(answer.outcome, IOASIM_FAULT);
		rig_end(&rig);
	}
}

static void identity_passes_and_blocked_ends(void **state)
{
	static struct rig rig;
	struct domain_config config = {.kind = DOMAIN_BLOCKED, .silent = true};
	struct domain *identity, *blocked, *silent;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	rig_device(&rig, RID);
	identity = rig_domain(&rig, DOMAIN_IDENTITY, 0);
	blocked = rig_domain(&rig, DOMAIN_BLOCKED, 0);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &silent), 0);
	rig_attach(&rig, RID, NONE, identity);
	assert_reaches(&rig, RID, NONE, 0x123456789, RW, 0x123456789);
	/* An event only where it is not silent. */
	rig_attach(&rig, RID, NONE, blocked);
	assert_faults(&rig, RID, NONE, 0x1000, IOASIM_READ, BAD_STE);
	rig_attach(&rig, RID, NONE, silent);
	assert_faults(&rig, RID, NONE, 0x1000, IOASIM_READ, SILENT);
	/* The same where only PASIDs are. */
	rig_attach(&rig, RID, 1, blocked);
	rig_attach(&rig, RID, 2, silent);
	assert_faults(&rig, RID, 1, 0x1000, IOASIM_READ, BAD_CD);
	assert_false(rig_dma(&rig, RID, 2, 0x1000, IOASIM_READ).fault.recorded);
	assert_int_equal(rig_dma(&rig, RID, 2, 0x1000, IOASIM_READ).outcome, IOASIM_FAULT);
	assert_int_equal(rig_dma(&rig, RID, NONE, 0x1000, IOASIM_READ).outcome, IOASIM_FAULT);
	assert_false(rig_dma(&rig, RID, NONE, 0x1000, IOASIM_READ).fault.recorded);
	/* H1: S1DSS says that requests without PASID end. */
	rig_attach(&rig, RID, NONE, blocked);
	assert_faults(&rig, RID, NONE, 0x1000, IOASIM_READ, STREAM_DISABLED);
	rig_detach(&rig, RID, NONE);
	assert_faults(&rig, RID, NONE, 0x1000, IOASIM_READ, STREAM_DISABLED);
	rig_attach(&rig, RID, NONE, identity);
	assert_reaches(&rig, RID, NONE, 0x123456789, RW, 0x123456789);
	assert_faults(&rig, RID, 1, 0x1000, IOASIM_READ, BAD_CD);
	rig_detach(&rig, RID, 1);
	rig_detach(&rig, RID, 2);
	assert_reaches(&rig, RID, NONE, 0x123456789, RW, 0x123456789);
	rig_detach(&rig, RID, NONE);
	assert_faults(&rig, RID, NONE, 0x1000, IOASIM_READ, SILENT);
	rig_end(&rig);
}

static void each_pasid_is_a_route_of_its_own(void **state)
{
	static const uint32_t pasids[] = {1, 63, 64, 0x400, 0xfffff};
	/* A table of two levels; one array for 10 bits; one without CD2L. */
	static const struct {
		unsigned bits;
		uint64_t idr0;
	} modes[] = {{20, RIG_IDR0}, {10, RIG_IDR0}, {12, RIG_IDR0 & ~UINT64_C(0x80000)}};
	static struct rig rig;

	(void)state;
	for (unsigned mode = 0; mode < 3; mode++) {
		struct driver_device device = {RID, modes[mode].bits, true, true};
		uint32_t mask = (1u << modes[mode].bits) - 1, used;
		struct domain *domain[5], *rid;

		rig_prepare(&rig);
		rig_set(&rig, "idr0", modes[mode].idr0);
		rig.config.stage1 = true;
		rig_start(&rig);
		used = rig_pages_used(&rig);
		assert_int_equal(rig.ops->device_add(rig.driver, &device), 0);
		rid = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_map(&rig, rid, IOVA, TARGET, 4096, RW);
		rig_attach(&rig, RID, NONE, rid);
		for (unsigned i = 0; i < 5; i++) {
			domain[i] = rig_domain(&rig, DOMAIN_KERNEL, 0);
			rig_map(&rig, domain[i], IOVA, TARGET + (i + 1) * M, 4096, RW);
			if (i < 3 || mode == 0)
				rig_attach(&rig, RID, pasids[i] & mask, domain[i]);
		}
		assert_faults(&rig, RID, 2, IOVA, IOASIM_READ, BAD_CD);
		for (unsigned i = 0; i < (mode ? 3u : 5u); i++)
			assert_reaches(&rig, RID, pasids[i], IOVA, RW, TARGET + (i + 1) * M);
		assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
		assert_faults(&rig, RID, 0, IOVA, IOASIM_READ, STREAM_DISABLED);
		/* One domain under two PASIDs: an unmap reaches both. */
		rig_attach(&rig, RID, 2, domain[0]);
		assert_reaches(&rig, RID, 2, IOVA, RW, TARGET + M);
		rig_unmap(&rig, domain[0], IOVA, 4096);
		assert_int_equal(rig_dma(&rig, RID, 1, IOVA, IOASIM_READ).outcome, IOASIM_FAULT);
		assert_int_equal(rig_dma(&rig, RID, 2, IOVA, IOASIM_READ).outcome, IOASIM_FAULT);
		rig_detach(&rig, RID, 64);
		assert_faults(&rig, RID, 64, IOVA, IOASIM_READ, BAD_CD);
		rig_detach(&rig, RID, NONE);
		assert_faults(&rig, RID, NONE, IOVA, IOASIM_READ, STREAM_DISABLED);
		assert_reaches(&rig, RID, 63, IOVA, RW, TARGET + 2 * M);
		assert_int_equal(rig.ops->detach(rig.driver, RID, 64), -ENOENT);
		assert_int_equal(rig.ops->detach(rig.driver, RID, 0x8000), -ENOENT);
		assert_int_equal(rig.ops->device_remove(rig.driver, RID), -EBUSY);
		for (uint32_t pasid = 1; pasid <= 63; pasid++)
			(void)rig.ops->detach(rig.driver, RID, pasid);
		if (mode == 0) {
			rig_detach(&rig, RID, 0x400);
			rig_detach(&rig, RID, 0xfffff);
		}
		assert_faults(&rig, RID, NONE, IOVA, IOASIM_READ, SILENT);
		for (unsigned i = 0; i < 5; i++)
			assert_int_equal(rig.ops->domain_destroy(rig.driver, domain[i]), 0);
		assert_int_equal(rig.ops->domain_destroy(rig.driver, rid), 0);
		assert_int_equal(rig.ops->device_remove(rig.driver, RID), 0);
		/* What stays is the part of the stream table: 256 STEs, 4 pages. */
		assert_int_equal(rig_pages_used(&rig), used + 4);
		rig_end(&rig);
	}
}

static void routes_that_cannot_be_are_refused(void **state)
{
	static struct rig rig;
	struct driver_device plain = {.requester_id = RID}, narrow = {RID2, 4, false, false};
	struct driver_device far = {.requester_id = 0x10000};
	struct domain *domain, *parent, *identity;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	identity = rig_domain(&rig, DOMAIN_IDENTITY, 0);
	assert_int_equal(rig.ops->attach(rig.driver, RID, NONE, domain), -ENOENT);
	assert_int_equal(rig.ops->device_add(rig.driver, &plain), 0);
	assert_int_equal(rig.ops->device_add(rig.driver, &narrow), 0);
	assert_int_equal(rig.ops->device_add(rig.driver, &narrow), -EEXIST);
	assert_int_equal(rig.ops->device_add(rig.driver, &far), -EINVAL);
	assert_int_equal(rig.ops->attach(rig.driver, RID, 1, domain), -EINVAL);
	assert_int_equal(rig.ops->attach(rig.driver, RID2, 0, domain), -EINVAL);
	assert_int_equal(rig.ops->attach(rig.driver, RID2, 16, domain), -EINVAL);
	/* T10: PASIDs are stage 1's; beside them the stream has no stage 2. */
	assert_int_equal(rig.ops->attach(rig.driver, RID2, 1, parent), -EINVAL);
	assert_int_equal(rig.ops->attach(rig.driver, RID2, 1, identity), -EINVAL);
	rig_attach(&rig, RID2, NONE, parent);
	assert_int_equal(rig.ops->attach(rig.driver, RID2, 1, domain), -EINVAL);
	rig_detach(&rig, RID2, NONE);
	rig_attach(&rig, RID2, 15, domain);
	assert_int_equal(rig.ops->attach(rig.driver, RID2, NONE, parent), -EINVAL);
	rig_attach(&rig, RID2, NONE, identity);
	assert_int_equal(rig.ops->detach(rig.driver, RID, NONE), -ENOENT);
	assert_int_equal(rig.ops->device_remove(rig.driver, 0x42), -ENOENT);
	rig_end(&rig);
}

/* ASID16, VMID16 clear: 8 bits; 0 is nobody's. */
static void tags_run_out_and_come_back(void **state)
{
	static struct rig rig;
	struct domain_config config = {.kind = DOMAIN_KERNEL};
	struct domain *domain[256];

	(void)state;
	for (unsigned stage1 = 0; stage1 < 2; stage1++) {
		unsigned shift = stage1 ? 0 : 16;

		rig_prepare(&rig);
		rig_set(&rig, "idr0", RIG_IDR0 & ~UINT64_C(0x41000));
		rig.config.stage1 = stage1;
		rig_start(&rig);
		for (unsigned i = 0; i < 255; i++) {
			assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain[i]),
					 0);
			assert_int_equal(rig.ops->domain_tag(domain[i]), (i + 1) << shift);
		}
		assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain[255]),
				 -ENOSPC);
		assert_int_equal(rig.ops->domain_destroy(rig.driver, domain[3]), 0);
		assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain[3]), 0);
		assert_int_equal(rig.ops->domain_tag(domain[3]), 4 << shift);
		rig_end(&rig);
	}
}

/* H8: a tag that is used again meets nothing of its former tables, of either stage or of
 * a guest. */
static void a_tag_is_clean_when_it_is_used_again(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned mode = 0; mode < 3; mode++) {
		uint32_t pasid = mode == 2 ? 5 : NONE;

		rig_begin(&rig, mode != 1, DRIVER_STRICT);
		rig_device(&rig, RID);
		for (unsigned i = 0; i < 3; i++) {
			struct domain *domain = rig_domain(&rig, DOMAIN_KERNEL, 0);

			assert_int_equal(rig.ops->domain_tag(domain), mode == 1 ? 0x10000 : 1);
			rig_map(&rig, domain, IOVA + i * 4096, TARGET + i * M, 4096, RW);
			rig_attach(&rig, RID, pasid, domain);
			assert_reaches(&rig, RID, pasid, IOVA + i * 4096, RW, TARGET + i * M);
			for (unsigned j = 0; j < 3; j++)
				if (i != j)
					assert_faults(&rig, RID, pasid, IOVA + j * 4096, RW,
						      TRANSLATION);
			rig_detach(&rig, RID, pasid);
			assert_int_equal(rig.ops->domain_destroy(rig.driver, domain), 0);
		}
		rig_end(&rig);
	}
}

/* ---- Running out of memory --------------------------------------------------------------------- */

/* A day in the life; false at the first -ENOMEM. */
static bool story(struct rig *rig)
{
	struct driver_device device = {RID, 20, true, true};
	struct domain_config kernel = {.kind = DOMAIN_KERNEL};
	struct domain *domain, *second;
	const struct driver_ops *ops = rig->ops;
	uint64_t unmapped;
	int error = ops->device_add(rig->driver, &device);

	if (!error)
		error = ops->domain_create(rig->driver, &kernel, &domain);
	if (!error)
		error = ops->domain_create(rig->driver, &kernel, &second);
	if (!error)
		error = ops->attach(rig->driver, RID, NONE, domain);
	if (!error)
		error = ops->attach(rig->driver, RID, 0x4000, second);
	if (!error)
		error = ops->map(rig->driver, domain, 8 * G - 2 * M, 16 * G - 2 * M, 2 * G, RW);
	if (!error)
		error = ops->unmap(rig->driver, domain, 8 * G + 4096, 4096, &unmapped);
	if (error)
		assert_int_equal(error, -ENOMEM);
	return !error;
}

static void a_pool_of_any_size_fails_cleanly(void **state)
{
	uint64_t pages = 1;
	bool told = false;

	(void)state;
	for (bool done = false; !done; pages++) {
		static struct rig rig;
		int error;

		assert_true(pages < 200);
		rig_prepare(&rig);
		rig.config.stage1 = true;
		rig.config.pool_size = pages * POOL_PAGE_SIZE;
		rig_unit(&rig);
		error = rig.ops->create(rig.unit, rig.memory, &rig.config, &rig.driver);
		if (error) {
			assert_int_equal(error, -ENOMEM);
			assert_reaches(&rig, RID, NONE, 0x1000, RW, 0x1000);
		} else {
			done = story(&rig);
			told |= done;
		}
		rig_end(&rig);
	}
	assert_true(told);
	print_message("%" PRIu64 " pages suffice\n", pages - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_unit_runs_with_every_stream_refused),
		cmocka_unit_test(a_linear_stream_table_where_there_is_no_other),
		cmocka_unit_test(a_unit_of_one_stream_is_driven_too),
		cmocka_unit_test(a_unit_is_left_off_and_passes_everything),
		cmocka_unit_test(a_unit_is_set_up_again_after_an_error),
		cmocka_unit_test(what_the_unit_lacks_is_refused),
		cmocka_unit_test(a_kernel_domain_reaches_what_it_maps),
		cmocka_unit_test(a_device_with_ats_translates_by_itself),
		cmocka_unit_test(identity_passes_and_blocked_ends),
		cmocka_unit_test(each_pasid_is_a_route_of_its_own),
		cmocka_unit_test(routes_that_cannot_be_are_refused),
		cmocka_unit_test(tags_run_out_and_come_back),
		cmocka_unit_test(a_tag_is_clean_when_it_is_used_again),
		cmocka_unit_test(a_pool_of_any_size_fails_cleanly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
