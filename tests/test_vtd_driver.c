/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VT-d driver against a unit: set-up, routes of every kind, the order of its
 * stores, what is left when something fails. What a device can reach is asked of
 * the unit, never of the driver.
 */
#include "driver_rig.h"

#define RID    0x0110u
#define RID2   0x80ffu
#define RW     (IOASIM_READ | IOASIM_WRITE)
#define NONE   RIG_NO_PASID
#define G      (UINT64_C(1) << 30)
#define M      (UINT64_C(1) << 20)
#define IOVA   (5 * G)
#define TARGET (9 * G)

/* Reasons of Table 30. */
#define LRT_2 0x01
#define LCT_2 0x02
#define LGN_2 0x05
#define LGN_3 0x06
#define SRT_2 0x39
#define SCT_2 0x41
#define SPD_2 0x51
#define SPT_2 0x59
#define SFS_2 0x71
#define SSS_2 0x79
#define SGN_6 0x85

/* ---- Set-up -------------------------------------------------------------------------- */

/* 2.2 of the enable sequence: queue, root, invalidations, events, TE. */
static void the_unit_runs_with_every_device_blocked(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned mode = 0; mode < 3; mode++) {
		bool legacy = mode != 0;
		bool wide = mode != 2;
		uint64_t iqa, fault;

		rig_prepare(&rig);
		rig.config.legacy = legacy;
		if (mode == 2)
			rig_without_scalable(&rig);
		rig_start(&rig);
		assert_int_equal(vtd_driver_read(rig_inside(&rig), VTD_GSTS, 4),
				 FIELD_MASK(VTD_GSTS_TES) | FIELD_MASK(VTD_GSTS_RTPS) |
					 FIELD_MASK(VTD_GSTS_QIES));
		iqa = vtd_driver_read(rig_inside(&rig), VTD_IQA, 8);
		assert_int_equal(field_get(VTD_IQA_DW, iqa), wide);
		assert_int_equal(field_get(VTD_IQA_QS, iqa), wide);
		fault = vtd_driver_read(rig_inside(&rig), VTD_FECTL, 4);
		assert_int_equal(field_get(VTD_CTL_IM, fault), 0);
		assert_faults(&rig, RID, NONE, 0, IOASIM_READ, legacy ? LRT_2 : SRT_2);
		rig_device(&rig, RID);
		assert_faults(&rig, RID, NONE, 0, IOASIM_READ, legacy ? LCT_2 : SPT_2);
		assert_faults(&rig, RID ^ 1, NONE, 0, IOASIM_READ, legacy ? LCT_2 : SCT_2);
		assert_int_equal(rig.ops->device_remove(rig.driver, RID), 0);
		assert_faults(&rig, RID, NONE, 0, IOASIM_READ, legacy ? LCT_2 : SCT_2);
		rig_end(&rig);
	}
}

/* 2.1: after SRTP the caches are emptied from the outside in, unless the unit has
 * ESRTPS and does it by itself. */
static void a_new_root_is_followed_by_global_invalidations(void **state)
{
	static struct rig rig;
	static const unsigned order[] = {VTD_DESC_CONTEXT, VTD_DESC_PASID_CACHE, VTD_DESC_IOTLB,
					 VTD_DESC_WAIT};

	(void)state;
	rig_prepare(&rig);
	field_set(rig_cap(&rig), VTD_CAP_ESRTPS, 0);
	rig_start(&rig);
	assert_int_equal(rig.events, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(rig.event[i].type, order[i]);
	assert_int_equal(field_get(VTD_DESC_0_G, rig.event[0].words[0]), VTD_GRANULARITY_GLOBAL);
	assert_int_equal(field_get(VTD_DESC_0_G, rig.event[1].words[0]), VTD_PC_GLOBAL);
	assert_int_equal(field_get(VTD_DESC_0_G, rig.event[2].words[0]), VTD_GRANULARITY_GLOBAL);
	rig_end(&rig);

	rig_prepare(&rig);
	field_set(rig_cap(&rig), VTD_CAP_ESRTPS, 1);
	rig_start(&rig);
	assert_int_equal(rig.events, 0);
	rig_end(&rig);
}

static void a_unit_is_left_off_and_passes_everything(void **state)
{
	static struct rig rig;

	(void)state;
	rig_begin(&rig, false, false, DRIVER_STRICT);
	rig_device(&rig, RID);
	rig.ops->destroy(rig.driver);
	rig.driver = NULL;
	assert_reaches(&rig, RID, NONE, 0x1234, IOASIM_READ, 0x1234);
	/* The next driver finds a unit that it can set up. */
	assert_int_equal(rig.ops->create(rig.unit, rig.memory, &rig.config, &rig.driver), 0);
	assert_faults(&rig, RID, NONE, 0x1234, IOASIM_READ, SRT_2);
	rig_end(&rig);
}

static void what_the_unit_lacks_is_refused(void **state)
{
	static struct rig rig;
	struct domain_config config = {.kind = DOMAIN_KERNEL};
	struct domain *domain;

	(void)state;
	rig_prepare(&rig);
	rig_without_scalable(&rig);
	*rig_ecap(&rig) &=
		~(FIELD_MASK(VTD_ECAP_QI) | FIELD_MASK(VTD_ECAP_DT) | FIELD_MASK(VTD_ECAP_IR) |
		  FIELD_MASK(VTD_ECAP_EIM) | FIELD_MASK(VTD_ECAP_NWFS) | FIELD_MASK(VTD_ECAP_DIT));
	rig_unit(&rig);
	assert_int_equal(rig.ops->create(rig.unit, rig.memory, &rig.config, &rig.driver), -ENOTSUP);
	rig_end(&rig);

	rig_prepare(&rig);
	field_set(rig_ecap(&rig), VTD_ECAP_PT, 0);
	field_set(rig_ecap(&rig), VTD_ECAP_NEST, 0);
	field_set(rig_cap(&rig), VTD_CAP_SAGAW, 4);
	rig_start(&rig);
	config.kind = DOMAIN_IDENTITY;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), -ENOTSUP);
	config.kind = DOMAIN_NEST_PARENT;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), -ENOTSUP);
	config.kind = DOMAIN_NESTED_PASID;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), -ENOTSUP);
	config.kind = DOMAIN_KERNEL;
	config.address_bits = 57;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), -ENOTSUP);
	config.address_bits = 48;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), 0);
	rig_end(&rig);
}

/* ---- Routes ----------------------------------------------------------------------------- */

static void a_kernel_domain_reaches_what_it_maps(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned mode = 0; mode < 3; mode++) {
		bool legacy = mode == 0, first = mode == 2;
		struct ioasim_response answer;
		struct domain *domain, *other;

		rig_begin(&rig, legacy, first, DRIVER_STRICT);
		rig_device(&rig, RID);
		rig_device(&rig, RID2);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		other = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_map(&rig, domain, IOVA, TARGET, 4096, IOASIM_READ);
		assert_faults(&rig, RID, NONE, IOVA, IOASIM_READ, legacy ? LCT_2 : SPT_2);
		rig_attach(&rig, RID, NONE, domain);
		rig_attach(&rig, RID2, NONE, other);
		answer = rig_dma(&rig, RID, NONE, IOVA + 5, IOASIM_READ);
		assert_int_equal(answer.outcome, IOASIM_OK);
		assert_int_equal(answer.pa, TARGET + 5);
		assert_int_equal(answer.domain, rig.ops->domain_tag(domain));
		assert_int_not_equal(rig.ops->domain_tag(domain), rig.ops->domain_tag(other));
		assert_faults(&rig, RID, NONE, IOVA, IOASIM_WRITE, legacy ? LGN_2 : SGN_6);
		assert_faults(&rig, RID, NONE, IOVA + 4096, IOASIM_READ,
			      legacy  ? LGN_3
			      : first ? SFS_2
				      : SSS_2);
		assert_int_equal(rig_dma(&rig, RID2, NONE, IOVA, IOASIM_READ).outcome,
				 IOASIM_FAULT);
		rig_unmap(&rig, domain, IOVA, 4096);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, IOASIM_READ).outcome, IOASIM_FAULT);
		rig_map(&rig, domain, IOVA, TARGET + M, 4096, RW);
		assert_reaches(&rig, RID, NONE, IOVA, IOASIM_WRITE, TARGET + M);
		/* Replaced: the old translations are gone, the new ones there. */
		rig_map(&rig, other, IOVA, TARGET + 2 * M, 4096, RW);
		rig_attach(&rig, RID, NONE, other);
		assert_reaches(&rig, RID, NONE, IOVA, IOASIM_WRITE, TARGET + 2 * M);
		assert_int_equal(rig.ops->domain_destroy(rig.driver, other), -EBUSY);
		assert_int_equal(rig.ops->domain_destroy(rig.driver, domain), 0);
		rig_detach(&rig, RID, NONE);
		assert_faults(&rig, RID, NONE, IOVA, IOASIM_READ, legacy ? LCT_2 : SPT_2);
		assert_reaches(&rig, RID2, NONE, IOVA, IOASIM_WRITE, TARGET + 2 * M);
		rig_end(&rig);
	}
}

static void identity_passes_and_blocked_ends(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned mode = 0; mode < 2; mode++) {
		struct domain_config silent = {.kind = DOMAIN_BLOCKED, .silent = true};
		struct domain *identity, *blocked, *quiet;
		struct ioasim_response answer;

		rig_begin(&rig, mode, false, DRIVER_STRICT);
		rig_device(&rig, RID);
		identity = rig_domain(&rig, DOMAIN_IDENTITY, 0);
		blocked = rig_domain(&rig, DOMAIN_BLOCKED, 0);
		assert_int_equal(rig.ops->domain_create(rig.driver, &silent, &quiet), 0);
		rig_attach(&rig, RID, NONE, identity);
		assert_reaches(&rig, RID, NONE, TARGET + 3, RW, TARGET + 3);
		rig.events = 0;
		rig_attach(&rig, RID, NONE, blocked);
		/* The IOTLB of a pass-through entry goes by PASID in scalable mode. */
		rig_find(&rig, 0, RIG_COMMAND, mode ? VTD_DESC_IOTLB : VTD_DESC_PIOTLB);
		answer = rig_dma(&rig, RID, NONE, TARGET, IOASIM_READ);
		assert_int_equal(answer.outcome, IOASIM_FAULT);
		assert_true(answer.fault.recorded);
		/* FPD counts although the entry is not present. */
		rig_attach(&rig, RID, NONE, quiet);
		answer = rig_dma(&rig, RID, NONE, TARGET, IOASIM_READ);
		assert_int_equal(answer.outcome, IOASIM_FAULT);
		assert_false(answer.fault.recorded);
		rig_detach(&rig, RID, NONE);
		answer = rig_dma(&rig, RID, NONE, TARGET, IOASIM_READ);
		assert_int_equal(answer.outcome, IOASIM_FAULT);
		assert_true(answer.fault.recorded);
		rig_end(&rig);
	}
}

static void each_pasid_is_a_route_of_its_own(void **state)
{
	static const uint32_t pasids[] = {1, 63, 64, 0x12345, 0xfffff};
	static struct rig rig;

	(void)state;
	for (unsigned first = 0; first < 2; first++) {
		struct domain *domain[5], *rid;
		uint32_t used;

		rig_begin(&rig, false, first, DRIVER_STRICT);
		rig_device(&rig, RID);
		used = rig_pages_used(&rig);
		rid = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_map(&rig, rid, IOVA, TARGET, 4096, RW);
		rig_attach(&rig, RID, NONE, rid);
		assert_faults(&rig, RID, 64, IOVA, IOASIM_READ, SPD_2);
		for (unsigned i = 0; i < 5; i++) {
			domain[i] = rig_domain(&rig, DOMAIN_KERNEL, 0);
			rig_map(&rig, domain[i], IOVA, TARGET + (i + 1) * M, 4096, RW);
			rig_attach(&rig, RID, pasids[i], domain[i]);
		}
		assert_faults(&rig, RID, 2, IOVA, IOASIM_READ, SPT_2);
		for (unsigned i = 0; i < 5; i++)
			assert_reaches(&rig, RID, pasids[i], IOVA, RW, TARGET + (i + 1) * M);
		/* One domain under two PASIDs: an unmap reaches both. */
		rig_attach(&rig, RID, 2, domain[0]);
		assert_reaches(&rig, RID, 2, IOVA, RW, TARGET + M);
		rig_unmap(&rig, domain[0], IOVA, 4096);
		assert_int_equal(rig_dma(&rig, RID, 1, IOVA, IOASIM_READ).outcome, IOASIM_FAULT);
		assert_int_equal(rig_dma(&rig, RID, 2, IOVA, IOASIM_READ).outcome, IOASIM_FAULT);
		rig_detach(&rig, RID, 64);
		assert_faults(&rig, RID, 64, IOVA, IOASIM_READ, SPT_2);
		rig_detach(&rig, RID, NONE);
		assert_reaches(&rig, RID, 63, IOVA, RW, TARGET + 2 * M);
		assert_int_equal(rig.ops->detach(rig.driver, RID, 64), -ENOENT);
		assert_int_equal(rig.ops->detach(rig.driver, RID, 65), -ENOENT);
		assert_int_equal(rig.ops->detach(rig.driver, RID, 0x8000), -ENOENT);
		assert_int_equal(rig.ops->device_remove(rig.driver, RID), -EBUSY);
		rig_attach(&rig, RID, NONE, rid);
		for (unsigned i = 0; i < 5; i++)
			if (pasids[i] != 64)
				rig_detach(&rig, RID, pasids[i]);
		rig_detach(&rig, RID, 2);
		rig_detach(&rig, RID, NONE);
		for (unsigned i = 0; i < 5; i++)
			assert_int_equal(rig.ops->domain_destroy(rig.driver, domain[i]), 0);
		assert_int_equal(rig.ops->domain_destroy(rig.driver, rid), 0);
		assert_int_equal(rig.ops->device_remove(rig.driver, RID), 0);
		/* 3.2: a directory for 20 bits has 2^14 entries of 8 bytes: 32 pages, and
		 * the table of PASIDs 0 to 63 was there. */
		assert_int_equal(rig_pages_used(&rig), used - 32 - 1);
		rig_end(&rig);
	}
}

static void routes_that_cannot_be_are_refused(void **state)
{
	static struct rig rig;
	struct driver_device plain = {.requester_id = RID}, narrow = {RID2, 4, false, false};
	struct driver_device far = {.requester_id = 0x10000};
	struct domain *domain;

	(void)state;
	rig_begin(&rig, false, false, DRIVER_STRICT);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	assert_int_equal(rig.ops->attach(rig.driver, RID, NONE, domain), -ENOENT);
	assert_int_equal(rig.ops->device_add(rig.driver, &plain), 0);
	assert_int_equal(rig.ops->device_add(rig.driver, &narrow), 0);
	assert_int_equal(rig.ops->device_add(rig.driver, &narrow), -EEXIST);
	assert_int_equal(rig.ops->device_add(rig.driver, &far), -EINVAL);
	assert_int_equal(rig.ops->attach(rig.driver, RID, 1, domain), -EINVAL);
	assert_int_equal(rig.ops->attach(rig.driver, RID2, 0, domain), -EINVAL);
	assert_int_equal(rig.ops->attach(rig.driver, RID2, 16, domain), -EINVAL);
	assert_int_equal(rig.ops->attach(rig.driver, RID2, 15, domain), 0);
	assert_int_equal(rig.ops->detach(rig.driver, RID, NONE), -ENOENT);
	assert_int_equal(rig.ops->device_remove(rig.driver, 0x42), -ENOENT);
	rig_end(&rig);

	rig_begin(&rig, true, false, DRIVER_STRICT);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_device(&rig, RID);
	assert_int_equal(rig.ops->attach(rig.driver, RID, 1, domain), -EINVAL);
	rig_end(&rig);
}

/* 1.1: ND = 0 has 16 ids; 0 and 1 have no domain. */
static void ids_run_out_and_come_back(void **state)
{
	static struct rig rig;
	struct domain_config config = {.kind = DOMAIN_KERNEL};
	struct domain *domain[15];

	(void)state;
	rig_prepare(&rig);
	field_set(rig_cap(&rig), VTD_CAP_ND, 0);
	rig_start(&rig);
	for (unsigned i = 0; i < 14; i++) {
		assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain[i]), 0);
		assert_in_range(rig.ops->domain_tag(domain[i]), 2, 15);
		for (unsigned j = 0; j < i; j++)
			assert_int_not_equal(rig.ops->domain_tag(domain[i]),
					     rig.ops->domain_tag(domain[j]));
	}
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain[14]), -ENOSPC);
	assert_int_equal(rig.ops->domain_destroy(rig.driver, domain[3]), 0);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain[3]), 0);
	rig_end(&rig);
}

/* ---- Nesting -------------------------------------------------------------------------------- */

#define GUEST_ROOT UINT64_C(0x10000)
#define GUEST_RAM  (6 * G) /* where the parent puts guest address 0 */

/* The guest's 4-level table for one 4 KiB page, in guest memory, in plain bits:
 * P, R/W, U/S, A and D (9.7). */
static void guest_map(struct rig *rig, uint64_t iova, uint64_t gpa)
{
	uint64_t table = GUEST_ROOT;

	for (unsigned level = 4; level-- > 0;) {
		uint64_t slot = GUEST_RAM + table + (iova >> (12 + 9 * level) & 511) * 8;
		uint64_t next = level ? table + 0x1000 : gpa;

		assert_int_equal(ioasim_memory_write64(rig->memory, slot, next | 0x67), 0);
		table = next;
	}
}

static void guest_unmap(struct rig *rig, uint64_t iova)
{
	assert_int_equal(
		ioasim_memory_write64(rig->memory,
				      GUEST_RAM + GUEST_ROOT + 0x3000 + (iova >> 12 & 511) * 8, 0),
		0);
}

static void a_users_table_is_walked_over_its_parent(void **state)
{
	static struct rig rig;
	struct domain *parent, *nested, *second;
	struct domain_config config = {.kind = DOMAIN_NESTED, .root = GUEST_ROOT};
	unsigned at;

	(void)state;
	rig_begin(&rig, false, false, DRIVER_STRICT);
	assert_int_equal(ioasim_memory_add_ram(rig.memory, GUEST_RAM, 16 * M), 0);
	rig_device(&rig, RID);
	rig_device(&rig, RID2);
	parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), -EINVAL);
	config.parent = parent;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), 0);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &second), 0);
	assert_int_not_equal(rig.ops->domain_tag(nested), rig.ops->domain_tag(second));
	assert_int_not_equal(rig.ops->domain_tag(nested), rig.ops->domain_tag(parent));
	rig_map(&rig, parent, 0, GUEST_RAM, 16 * M, RW);
	guest_map(&rig, IOVA, 4 * M);
	rig_attach(&rig, RID, 7, nested);
	rig_attach(&rig, RID, NONE, parent);
	rig_attach(&rig, RID2, NONE, second);
	assert_reaches(&rig, RID, 7, IOVA + 9, RW, GUEST_RAM + 4 * M + 9);
	assert_reaches(&rig, RID2, NONE, IOVA + 9, RW, GUEST_RAM + 4 * M + 9);
	assert_reaches(&rig, RID, NONE, 4 * M, RW, GUEST_RAM + 4 * M);

	/* The user's own change, on one domain only. */
	guest_unmap(&rig, IOVA);
	at = rig.events;
	assert_int_equal(rig_invalidate(&rig, nested, NONE, IOVA, IOVA + 4095, true), 0);
	at = rig_find(&rig, at, RIG_COMMAND, VTD_DESC_PIOTLB);
	assert_int_equal(field_get(VTD_DESC_0_PASID, rig.event[at].words[0]), 7);
	assert_int_equal(field_get(VTD_DESC_0_DID, rig.event[at].words[0]),
			 rig.ops->domain_tag(nested));
	assert_int_equal(field_get(VTD_DESC_1_IH, rig.event[at].words[1]), 1);
	assert_faults(&rig, RID, 7, IOVA, IOASIM_READ, SFS_2);
	assert_int_equal(rig_invalidate(&rig, second, NONE, 0, UINT64_MAX, false), 0);
	assert_faults(&rig, RID2, NONE, IOVA, IOASIM_READ, SFS_2);
	guest_map(&rig, IOVA, 4 * M);
	assert_reaches(&rig, RID, 7, IOVA, RW, GUEST_RAM + 4 * M);
	assert_reaches(&rig, RID2, NONE, IOVA, RW, GUEST_RAM + 4 * M);

	/* H5: a change of the parent reaches every id under which it is walked, and
	 * the whole device TLBs of nested routes. */
	at = rig.events;
	rig_unmap(&rig, parent, 4 * M, 4096);
	assert_int_equal(rig_dma(&rig, RID, 7, IOVA, IOASIM_READ).outcome, IOASIM_FAULT);
	assert_int_equal(rig_dma(&rig, RID2, NONE, IOVA, IOASIM_READ).outcome, IOASIM_FAULT);
	assert_int_equal(rig_dma(&rig, RID, NONE, 4 * M, IOASIM_READ).outcome, IOASIM_FAULT);
	for (bool found = false; !found; at++) {
		at = rig_find(&rig, at, RIG_ATC, 0);
		found = rig.event[at].atc.has_pasid && rig.event[at].atc.pasid == 7;
		if (found)
			assert_true(rig.event[at].atc.first == 0 &&
				    rig.event[at].atc.last == UINT64_MAX);
	}
	assert_int_equal(rig.ops->domain_destroy(rig.driver, parent), -EBUSY);
	rig_detach(&rig, RID, 7);
	assert_faults(&rig, RID, 7, IOVA, IOASIM_READ, SPT_2);
	rig_end(&rig);
}

static void a_users_words_are_checked(void **state)
{
	static struct rig rig;
	struct domain_config config = {.kind = DOMAIN_NESTED, .root = GUEST_ROOT};
	struct domain *parent, *nested;

	(void)state;
	rig_prepare(&rig);
	field_set(rig_ecap(&rig), VTD_ECAP_EAFS, 0);
	field_set(rig_cap(&rig), VTD_CAP_FS5LP, 0);
	rig_start(&rig);
	parent = config.parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 48);
	config.root = GUEST_ROOT + 8;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), -EINVAL);
	config.root = UINT64_C(1) << 48; /* SPT.4 */
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), -EINVAL);
	config.root = GUEST_ROOT;
	config.address_bits = 39;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), -EINVAL);
	config.address_bits = 57;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), -ENOTSUP);
	config.address_bits = 48;
	config.arch_data[0] = 8;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), -EINVAL);
	config.arch_data[0] = VTD_USER_EAFE;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), -ENOTSUP);
	config.arch_data[0] = VTD_USER_SRE | VTD_USER_WPE;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), 0);
	assert_int_equal(rig_invalidate(&rig, nested, NONE, 5, 4, true), -EINVAL);
	assert_int_equal(rig_invalidate(&rig, parent, NONE, 0, 4095, true), -EINVAL);
	rig_end(&rig);
}

/* ---- The order of stores (H7) ------------------------------------------------------------------ */

/* RAM behind callbacks that shows each store to a watcher. */
struct watched {
	unsigned char *bytes;
	uint64_t entry; /* offset of the entry that is watched */
	unsigned words;
	unsigned stores;
	bool torn; /* present while other words were still changed */
};

static int watched_read(void *opaque, uint64_t offset, void *data, size_t length)
{
	memcpy(data, ((struct watched *)opaque)->bytes + offset, length);
	return 0;
}

static int watched_write(void *opaque, uint64_t offset, const void *data, size_t length)
{
	struct watched *watched = opaque;
	uint64_t end = offset + length, entry_end = watched->entry + watched->words * 8;

	if (watched->words && offset < entry_end && end > watched->entry) {
		/* Only the first word, alone, changes while the entry is present. */
		bool first_alone = offset == watched->entry && length == 8;

		watched->stores++;
		if (watched->bytes[watched->entry] & 1 && !first_alone)
			watched->torn = true;
		if (((const unsigned char *)data)[0] & 1 && offset == watched->entry && length > 8)
			watched->torn = true;
	}
	memcpy(watched->bytes + offset, data, length);
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

static void an_entry_is_complete_while_it_is_present(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned mode = 0; mode < 3; mode++) {
		struct watched watched = {.bytes = calloc(1, 4 * M)};
		struct domain *one, *two;
		struct vtd_device *device;

		assert_non_null(watched.bytes);
		rig_prepare(&rig);
		rig.config.legacy = mode == 0;
		rig.config.stage1 = mode == 2;
		rig.config.pool_base = 2 * G;
		rig.config.pool_size = 4 * M;
		assert_int_equal(ioasim_memory_add_callback(rig.memory, 2 * G, 4 * M, &watched_ops,
							    &watched),
				 0);
		rig_start(&rig);
		rig_device(&rig, RID);
		one = rig_domain(&rig, DOMAIN_KERNEL, 0);
		two = rig_domain(&rig, DOMAIN_KERNEL, 0);
		device = vtd_device_find(rig_inside(&rig), RID);
		watched.words = mode ? VTD_PASID_WORDS : 2;
		watched.entry = (mode ? device->leaf[0]->table : device->context) - 2 * G;
		rig_attach(&rig, RID, NONE, one);
		assert_int_equal(watched.stores, 2);
		rig_attach(&rig, RID, NONE, two);
		assert_int_equal(watched.stores, 2 + 2 + 2);
		rig_detach(&rig, RID, NONE);
		assert_false(watched.torn);
		rig_end(&rig);
		free(watched.bytes);
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
		cmocka_unit_test(the_unit_runs_with_every_device_blocked),
		cmocka_unit_test(a_new_root_is_followed_by_global_invalidations),
		cmocka_unit_test(a_unit_is_left_off_and_passes_everything),
		cmocka_unit_test(what_the_unit_lacks_is_refused),
		cmocka_unit_test(a_kernel_domain_reaches_what_it_maps),
		cmocka_unit_test(identity_passes_and_blocked_ends),
		cmocka_unit_test(each_pasid_is_a_route_of_its_own),
		cmocka_unit_test(routes_that_cannot_be_are_refused),
		cmocka_unit_test(ids_run_out_and_come_back),
		cmocka_unit_test(a_users_table_is_walked_over_its_parent),
		cmocka_unit_test(a_users_words_are_checked),
		cmocka_unit_test(an_entry_is_complete_while_it_is_present),
		cmocka_unit_test(a_pool_of_any_size_fails_cleanly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
