/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SMMUv3 driver against a unit: set-up, routes of every kind, a user's CD table,
 * what an entry is while it changes, what is left when something fails. What a device
 * can reach is asked of the unit, never of the driver.
 */
#include "driver_rig_smmu.h"

#define RID    0x0110u
#define RID2   0x80ffu
#define RW     (IOASIM_READ | IOASIM_WRITE)
#define NONE   RIG_NO_PASID
#define G      (UINT64_C(1) << 30)
#define M      (UINT64_C(1) << 20)
#define IOVA   (5 * G)
#define TARGET (9 * G)

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

/* ---- Nesting -------------------------------------------------------------------------------- */

#define GUEST_CD    UINT64_C(0x10000)
#define GUEST_ROOT  UINT64_C(0x20000)
#define GUEST_RAM   (6 * G) /* where the parent puts guest address 0 */
#define GUEST_PASID 3u

static void guest_poke(struct rig *rig, uint64_t gpa, uint64_t word)
{
	assert_int_equal(ioasim_memory_write64(rig->memory, GUEST_RAM + gpa, word), 0);
}

/* The guest's 4-level table of the 4 KiB granule for one page, in plain bits: valid,
 * table or page, AP[1], AF, nG. */
static void guest_map(struct rig *rig, uint64_t iova, uint64_t gpa)
{
	uint64_t table = GUEST_ROOT;

	for (unsigned level = 4; level-- > 0;) {
		uint64_t next = level ? table + 0x1000 : gpa;

		guest_poke(rig, table + (iova >> (12 + 9 * level) & 511) * 8,
			   next | (level ? 3 : 0xc43));
		table = next;
	}
}

static void guest_unmap(struct rig *rig, uint64_t iova)
{
	guest_poke(rig, GUEST_ROOT + 0x3000 + (iova >> 12 & 511) * 8, 0);
}

/* T0SZ 16, EPD1, V, IPS 48 bits, AA64, R, A, ASID. */
static void guest_cd(struct rig *rig, uint32_t pasid, uint16_t asid)
{
	guest_poke(rig, GUEST_CD + pasid * 64 + 8, GUEST_ROOT);
	guest_poke(rig, GUEST_CD + pasid * 64, UINT64_C(0x6205c0000010) | (uint64_t)asid << 48);
}

static void a_users_cd_table_is_walked_over_its_parent(void **state)
{
	static struct rig rig;
	struct domain *parent, *nested, *second;
	const struct driver_ops *ops;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	ops = rig.ops;
	assert_int_equal(ioasim_memory_add_ram(rig.memory, GUEST_RAM, 16 * M), 0);
	rig_device(&rig, RID);
	rig_device(&rig, RID2);
	parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	nested = rig_nested(&rig, parent, GUEST_CD, 0, 2); /* 4 CDs, linear */
	second = rig_nested(&rig, parent, GUEST_CD, 0, 2);
	/* H8: a guest's ASIDs count under the parent's VMID. */
	assert_int_equal(ops->domain_tag(nested), ops->domain_tag(parent));
	rig_map(&rig, parent, 0, GUEST_RAM, 16 * M, RW);
	guest_map(&rig, IOVA, 4 * M);
	guest_cd(&rig, 0, 5);
	guest_cd(&rig, GUEST_PASID, 5);
	rig_attach(&rig, RID, NONE, nested);
	rig_attach(&rig, RID2, NONE, second);
	/* N5: without PASID, entry 0. */
	assert_reaches(&rig, RID, NONE, IOVA + 9, RW, GUEST_RAM + 4 * M + 9);
	assert_reaches(&rig, RID2, NONE, IOVA + 9, RW, GUEST_RAM + 4 * M + 9);
	assert_reaches(&rig, RID, GUEST_PASID, IOVA + 9, RW, GUEST_RAM + 4 * M + 9);
	assert_faults(&rig, RID, 2, IOVA, RW, BAD_CD);

	/* The user's own changes: a page, then a CD. */
	guest_unmap(&rig, IOVA);
	assert_int_equal(ops->invalidate(rig.driver, nested, NONE, IOVA, IOVA + 4095, true), 0);
	assert_faults(&rig, RID, NONE, IOVA, IOASIM_READ, TRANSLATION);
	assert_faults(&rig, RID, GUEST_PASID, IOVA, IOASIM_READ, TRANSLATION);
	guest_map(&rig, IOVA, 4 * M);
	assert_reaches(&rig, RID, NONE, IOVA, RW, GUEST_RAM + 4 * M);
	guest_poke(&rig, GUEST_CD + GUEST_PASID * 64, 0);
	assert_int_equal(ops->invalidate(rig.driver, nested, GUEST_PASID, 0, UINT64_MAX, false), 0);
	assert_faults(&rig, RID, GUEST_PASID, IOVA, RW, BAD_CD);
	guest_cd(&rig, 2, 6);
	assert_int_equal(ops->invalidate(rig.driver, nested, NONE, 0, UINT64_MAX, false), 0);
	assert_reaches(&rig, RID, 2, IOVA, RW, GUEST_RAM + 4 * M);
	assert_reaches(&rig, RID, NONE, IOVA, RW, GUEST_RAM + 4 * M);

	/* H5: a change of the parent reaches what is nested. */
	rig_unmap(&rig, parent, 4 * M, 4096);
	assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, IOASIM_READ).outcome, IOASIM_FAULT);
	assert_int_equal(rig_dma(&rig, RID2, NONE, IOVA, IOASIM_READ).outcome, IOASIM_FAULT);
	assert_int_equal(ops->domain_destroy(rig.driver, parent), -EBUSY);

	/* Flow 2: down to the parent and up again on the same route. */
	rig_map(&rig, parent, 4 * M, GUEST_RAM + 8 * M, 4096, RW);
	rig_attach(&rig, RID, NONE, parent);
	assert_reaches(&rig, RID, NONE, 4 * M, RW, GUEST_RAM + 8 * M);
	rig_attach(&rig, RID, NONE, nested);
	assert_reaches(&rig, RID, NONE, IOVA, RW, GUEST_RAM + 8 * M);
	rig_detach(&rig, RID, NONE);
	assert_faults(&rig, RID, NONE, IOVA, IOASIM_READ, SILENT);
	assert_reaches(&rig, RID2, NONE, IOVA, RW, GUEST_RAM + 8 * M);
	rig_end(&rig);
}

/* V = 0 and Config 0 abort, Config 4 leaves stage 2 alone. */
static void a_users_bypass_keeps_stage_2(void **state)
{
	static const struct {
		uint64_t word0;
		unsigned outcome;
	} rows[] = {{0, IOASIM_FAULT}, {1, IOASIM_FAULT}, {9, IOASIM_OK}, {8, IOASIM_FAULT}};
	static struct rig rig;
	struct domain *parent, *nested;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	rig_device(&rig, RID);
	parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	rig_map(&rig, parent, IOVA, TARGET, 4096, RW);
	for (size_t i = 0; i < 4; i++) {
		struct domain_config config = {
			.kind = DOMAIN_NESTED_PASID,
			.parent = parent,
			.arch_data = {rows[i].word0},
		};

		assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), 0);
		rig_attach(&rig, RID, NONE, nested);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, RW).outcome, rows[i].outcome);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA + 4096, RW).outcome, IOASIM_FAULT);
		/* ATS is the user's choice, and he did not ask for it. */
		assert_int_not_equal(
			rig_ask(&rig, RID, NONE, IOVA, RW, IOASIM_TRANSLATION_REQUEST).outcome,
			IOASIM_OK);
		rig_detach(&rig, RID, NONE);
		assert_int_equal(rig.ops->domain_destroy(rig.driver, nested), 0);
	}
	rig_end(&rig);
}

struct word_row {
	const char *name;
	uint64_t root, word0, word1;
	int error;
};

#define CONFIG_S1 UINT64_C(0xb)
#define CDMAX(n)  ((uint64_t)(n) << 59)
#define FMT(n)    ((uint64_t)(n) << 4)

/* 5.2: bits of the STE. Fact sheet 16: what a user may set. */
static const struct word_row word_rows[] = {
	{"stage 1", GUEST_CD, CONFIG_S1, 0, 0},
	{"all that may be set", GUEST_CD, CONFIG_S1 | FMT(2) | CDMAX(20), 0x180000fe, 0},
	{"the pointer twice", GUEST_CD, CONFIG_S1 | GUEST_CD, 0, 0},
	{"two pointers", GUEST_CD, CONFIG_S1 | 0x20000, 0, -EINVAL},
	{"stage 2", GUEST_CD, 0xd, 0, -EINVAL},
	{"nested", GUEST_CD, 0xf, 0, -EINVAL},
	{"reserved Config", GUEST_CD, 0x3, 0, -EINVAL},
	{"S1Fmt 3", GUEST_CD, CONFIG_S1 | FMT(3), 0, -EINVAL},
	{"more CDs than SubstreamIDs", GUEST_CD, CONFIG_S1 | CDMAX(21), 0, -EINVAL},
	{"word 0, bit 52", GUEST_CD, CONFIG_S1 | UINT64_C(1) << 52, 0, -EINVAL},
	{"EATS 2", GUEST_CD, CONFIG_S1, 2 << 28, -EINVAL},
	{"MEV", GUEST_CD, CONFIG_S1, 1 << 19, -EINVAL},
	{"STRW", GUEST_CD, CONFIG_S1, UINT64_C(2) << 30, -EINVAL},
	{"SHCFG", GUEST_CD, CONFIG_S1, UINT64_C(1) << 44, -EINVAL},
	{"PRIVCFG", GUEST_CD, CONFIG_S1, UINT64_C(3) << 48, -EINVAL},
	{"CD off its alignment", 0x10020, CONFIG_S1, 0, -EINVAL},
	{"table off its alignment", 0x10040, CONFIG_S1 | CDMAX(2), 0, -EINVAL},
	{"table on its alignment", 0x10100, CONFIG_S1 | CDMAX(2), 0, 0},
	/* 2^(20 - 10) descriptors of 8 bytes. */
	{"level 1 off its alignment", 0x11000, CONFIG_S1 | FMT(2) | CDMAX(20), 0, -EINVAL},
	{"level 1 on its alignment", 0x12000, CONFIG_S1 | FMT(2) | CDMAX(20), 0, 0},
	{"beyond the IPA size", UINT64_C(1) << 48, CONFIG_S1, 0, -EINVAL},
};

static void a_users_words_are_checked(void **state)
{
	static struct rig rig;
	struct domain *parent, *kernel, *nested;
	struct domain_config config = {.kind = DOMAIN_NESTED_PASID};
	int failed = 0;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	kernel = rig_domain(&rig, DOMAIN_KERNEL, 0);
	for (size_t i = 0; i < sizeof(word_rows) / sizeof(word_rows[0]); i++) {
		const struct word_row *row = &word_rows[i];
		int error;

		config = (struct domain_config){
			.kind = DOMAIN_NESTED_PASID,
			.parent = parent,
			.root = row->root,
			.arch_data = {row->word0, row->word1},
		};
		error = rig.ops->domain_create(rig.driver, &config, &nested);
		if (error != row->error) {
			print_message("%s: %d, expected %d\n", row->name, error, row->error);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
	config.arch_data[2] = 1;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), -EINVAL);
	config.arch_data[2] = 0;
	config.root = GUEST_CD;
	config.parent = kernel;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), -EINVAL);
	config.parent = NULL;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), -EINVAL);
	config.parent = parent;
	config.kind = DOMAIN_NESTED;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), -ENOTSUP);
	assert_int_equal(rig.ops->invalidate(rig.driver, parent, NONE, 0, 4095, true), -EINVAL);
	rig_end(&rig);
}

/* ---- What an entry is while it changes (H7) ------------------------------------------------------- */

#define WATCHED      (2 * G)
#define WATCHED_SIZE (8 * M)

/*
 * RAM behind callbacks. After each store a second unit without caches, on the same
 * memory and tables, is asked what the device would meet if it came just now.
 */
struct watched {
	unsigned char *bytes;
	struct rig *rig;
	struct ioasim_unit *bystander;
	uint32_t pasid;
	const struct end *old, *new;
	bool watching;
	unsigned olds, news, invalids, others;
};

/* What a route leads to: an address under a tag, or an end with an event. */
struct end {
	struct domain *domain; /* NULL: nothing is attached */
	uint64_t pa;
	uint32_t tag;
	bool ends;
	uint32_t event; /* 0: none */
};

static bool is_end(const struct end *end, const struct ioasim_response *answer)
{
	if (end->ends)
		return answer->outcome == IOASIM_FAULT && answer->fault.code == end->event;
	return answer->outcome == IOASIM_OK && answer->pa == end->pa && answer->domain == end->tag;
}

static struct ioasim_response bystander_ask(struct watched *watched)
{
	struct ioasim_request request = {
		.requester_id = RID,
		.pasid = watched->pasid == NONE ? 0 : watched->pasid,
		.has_pasid = watched->pasid != NONE,
		.address = IOVA,
		.length = 1,
		.access = RW,
	};
	struct ioasim_response answer;

	ioasim_translate(watched->bystander, &request, &answer);
	return answer;
}

static void look(struct watched *watched)
{
	struct ioasim_response answer = bystander_ask(watched);

	if (is_end(watched->old, &answer))
		watched->olds++;
	else if (is_end(watched->new, &answer))
		watched->news++;
	else if (answer.outcome == IOASIM_FAULT &&
		 (answer.fault.code == BAD_STE || answer.fault.code == BAD_CD))
		watched->invalids++; /* the entry is not valid */
	else
		watched->others++;
}

static int watched_read(void *opaque, uint64_t offset, void *data, size_t length)
{
	memcpy(data, ((struct watched *)opaque)->bytes + offset, length);
	return 0;
}

static int watched_write(void *opaque, uint64_t offset, const void *data, size_t length)
{
	struct watched *watched = opaque;

	/* A unit may see each word of a longer store by itself. */
	for (size_t i = 0; i < length; i += 8) {
		memcpy(watched->bytes + offset + i, (const unsigned char *)data + i,
		       length - i < 8 ? length - i : 8);
		if (watched->watching)
			look(watched);
	}
	return 0;
}

static int watched_swap(void *opaque, uint64_t offset, uint64_t *expected, uint64_t desired)
{
	struct watched *watched = opaque;
	uint64_t old;

	memcpy(&old, watched->bytes + offset, 8);
	if (old == *expected)
		memcpy(watched->bytes + offset, &desired, 8);
	*expected = old;
	return 0;
}

static const struct ioasim_memory_ops watched_ops = {watched_read, watched_write, watched_swap};

/* The bystander shares the stream table; nothing of the queues. */
static void bystander_start(struct watched *watched)
{
	struct ioasim_unit_config config;
	uint64_t value;

	config = watched->rig->unit_config;
	memset(&config.callbacks, 0, sizeof(config.callbacks));
	ioasim_unit_config_no_caches(&config);
	assert_int_equal(
		ioasim_unit_create(&config, watched->rig->memory, &watched->bystander, NULL), 0);
	for (unsigned i = 0; i < 2; i++) {
		uint32_t offset = i ? 0x88 : 0x80;

		assert_int_equal(ioasim_mmio_read(watched->rig->unit, offset, i ? 4 : 8, &value),
				 0);
		assert_int_equal(ioasim_mmio_write(watched->bystander, offset, i ? 4 : 8, value),
				 0);
	}
	assert_int_equal(ioasim_mmio_write(watched->bystander, 0x20, 4, 1), 0);
}

static void watched_begin(struct watched *watched, struct rig *rig, bool stage1)
{
	memset(watched, 0, sizeof(*watched));
	watched->bytes = calloc(1, WATCHED_SIZE);
	assert_non_null(watched->bytes);
	watched->rig = rig;
	rig_prepare(rig);
	rig->config.stage1 = stage1;
	rig->config.pool_base = WATCHED;
	rig->config.pool_size = WATCHED_SIZE;
	assert_int_equal(ioasim_memory_add_callback(rig->memory, WATCHED, WATCHED_SIZE,
						    &watched_ops, watched),
			 0);
	rig_start(rig);
	bystander_start(watched);
}

static void watched_end(struct watched *watched)
{
	ioasim_unit_destroy(watched->bystander);
	rig_end(watched->rig);
	free(watched->bytes);
}

static struct end end_at(struct rig *rig, struct domain *domain, uint64_t pa)
{
	return (struct end){.domain = domain, .pa = pa, .tag = rig->ops->domain_tag(domain)};
}

static struct end end_with(struct domain *domain, uint32_t event)
{
	return (struct end){.domain = domain, .ends = true, .event = event};
}

/* Goes from one to the other: nothing but old, new and an invalid entry may be seen, and
 * not that where both differ in a word alone. */
static void change_watch(struct watched *watched, const struct end *from, const struct end *to,
			 bool hitless)
{
	struct rig *rig = watched->rig;
	struct ioasim_response answer;

	if (from->domain)
		rig_attach(rig, RID, watched->pasid, from->domain);
	answer = bystander_ask(watched);
	assert_true(is_end(from, &answer));
	watched->old = from;
	watched->new = to;
	watched->olds = watched->news = watched->invalids = watched->others = 0;
	watched->watching = true;
	if (to->domain)
		rig_attach(rig, RID, watched->pasid, to->domain);
	else
		rig_detach(rig, RID, watched->pasid);
	watched->watching = false;
	answer = bystander_ask(watched);
	assert_true(is_end(to, &answer));
	assert_int_equal(watched->others, 0);
	if (hitless)
		assert_int_equal(watched->invalids, 0);
	if (to->domain)
		rig_detach(rig, RID, watched->pasid);
}

#define ENDS 7

/* What a route can lead to: maps of one width and of another, blocked, nothing, and
 * identity. */
static void ends_make(struct rig *rig, const struct watched *watched, bool beside,
		      struct end end[ENDS])
{
	struct domain_config silent = {.kind = DOMAIN_BLOCKED, .silent = true};
	bool pasid = watched->pasid != NONE;
	struct domain *domain;

	for (unsigned i = 0; i < 3; i++) {
		domain = rig_domain(rig, DOMAIN_KERNEL, i == 2 ? 39 : 0);
		end[i] = end_at(rig, domain, TARGET + i * G);
		rig_map(rig, domain, IOVA, end[i].pa, 4096, RW);
	}
	/* 5.2: S1DSS ends requests without PASID beside others. */
	end[3] = end_with(rig_domain(rig, DOMAIN_BLOCKED, 0), pasid    ? BAD_CD
							      : beside ? STREAM_DISABLED
								       : BAD_STE);
	assert_int_equal(rig->ops->domain_create(rig->driver, &silent, &domain), 0);
	end[4] = end_with(domain, pasid || beside ? TRANSLATION : SILENT);
	end[5] = end_with(NULL, pasid ? BAD_CD : beside ? STREAM_DISABLED : SILENT);
	end[6] = end_at(rig, rig_domain(rig, DOMAIN_IDENTITY, 0), IOVA);
}

static void an_entry_is_old_new_or_invalid_while_it_changes(void **state)
{
	static struct rig rig;
	struct watched watched;

	(void)state;
	for (unsigned mode = 0; mode < 4; mode++) {
		bool pasid = mode == 2, beside = mode >= 2;
		struct end end[ENDS];
		struct domain *other;

		watched_begin(&watched, &rig, mode != 1);
		watched.pasid = pasid ? 5 : NONE;
		rig_device(&rig, RID);
		ends_make(&rig, &watched, beside, end);
		other = rig_domain(&rig, DOMAIN_KERNEL, 0);
		if (beside)
			rig_attach(&rig, RID, 9, other);
		for (unsigned i = 0; i < ENDS; i++) {
			for (unsigned j = 0; j < ENDS; j++) {
				/* S1DSS is one word: stage 1 to bypass and back. */
				bool hitless =
					beside && !pasid && (i == 6 ? j < 3 : j == 6 && i < 3);

				if (i != j && (!pasid || (i != 6 && j != 6)))
					change_watch(&watched, &end[i], &end[j], hitless);
			}
		}
		watched_end(&watched);
	}
}

/* Stage 1 is switched on for PASIDs while requests without one pass: they meet their own
 * address all the time. */
static void the_first_pasid_does_not_lead_others_astray(void **state)
{
	static struct rig rig;
	struct watched watched;
	struct domain *domain;
	struct end identity;

	(void)state;
	watched_begin(&watched, &rig, true);
	watched.pasid = NONE;
	rig_device(&rig, RID);
	identity = end_at(&rig, rig_domain(&rig, DOMAIN_IDENTITY, 0), IOVA);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
	rig_attach(&rig, RID, NONE, identity.domain);
	watched.old = watched.new = &identity;
	watched.watching = true;
	rig_attach(&rig, RID, 5, domain);
	rig_detach(&rig, RID, 5);
	watched.watching = false;
	assert_int_equal(watched.invalids, 0);
	assert_int_equal(watched.others, 0);
	assert_true(watched.olds > 0);
	watched_end(&watched);
}

/* A user's table over the parent, from and to the parent alone. */
static void a_nested_entry_is_never_half_of_another(void **state)
{
	static struct rig rig;
	struct watched watched;
	struct domain *parent, *nested;
	struct end ends[3];

	(void)state;
	watched_begin(&watched, &rig, true);
	assert_int_equal(ioasim_memory_add_ram(rig.memory, GUEST_RAM, 16 * M), 0);
	watched.pasid = NONE;
	rig_device(&rig, RID);
	parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	rig_map(&rig, parent, 0, GUEST_RAM, 16 * M, RW);
	rig_map(&rig, parent, IOVA, TARGET, 4096, RW);
	guest_map(&rig, IOVA, 4 * M);
	guest_cd(&rig, 0, 5);
	nested = rig_nested(&rig, parent, GUEST_CD, 0, 0);
	ends[0] = end_at(&rig, parent, TARGET);
	ends[1] = end_at(&rig, nested, GUEST_RAM + 4 * M);
	ends[1].tag |= 5; /* the guest's ASID */
	ends[2] = end_with(NULL, SILENT);
	for (unsigned i = 0; i < 2; i++) {
		/* T18: stage 2 stays, and one word switches stage 1. */
		change_watch(&watched, &ends[i], &ends[!i], true);
		change_watch(&watched, &ends[2], &ends[i], false);
		change_watch(&watched, &ends[i], &ends[2], false);
	}
	watched_end(&watched);
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
		cmocka_unit_test(a_users_cd_table_is_walked_over_its_parent),
		cmocka_unit_test(a_users_bypass_keeps_stage_2),
		cmocka_unit_test(a_users_words_are_checked),
		cmocka_unit_test(an_entry_is_old_new_or_invalid_while_it_changes),
		cmocka_unit_test(the_first_pasid_does_not_lead_others_astray),
		cmocka_unit_test(a_nested_entry_is_never_half_of_another),
		cmocka_unit_test(a_pool_of_any_size_fails_cleanly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
