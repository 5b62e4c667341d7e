/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the VT-d driver tells the queue and when: strict and lazy, ranges, tags and
 * device TLBs, caching mode, page requests and their draining, errors.
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

/* ---- Strict and lazy ----------------------------------------------------------------------- */

static void lazy_leaves_a_window_that_strict_does_not(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned mode = 0; mode < 3; mode++) {
		struct domain *domain;
		uint64_t waits;

		rig_begin(&rig, mode == 0, mode == 2, DRIVER_STRICT);
		rig_device(&rig, RID);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
		assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
		rig_unmap(&rig, domain, IOVA, 4096);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, RW).outcome, IOASIM_FAULT);
		rig_end(&rig);

		rig_begin(&rig, mode == 0, mode == 2, DRIVER_LAZY);
		rig_device(&rig, RID);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, IOVA, TARGET, 8192, RW);
		assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
		waits = rig.ops->stats(rig.driver)->waits;
		rig_unmap(&rig, domain, IOVA, 4096);
		assert_int_equal(rig.ops->stats(rig.driver)->waits, waits);
		assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET); /* stale */
		assert_int_equal(rig.ops->tick(rig.driver, 9999999), 0);
		assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
		assert_int_equal(rig.ops->tick(rig.driver, 10000000), 0);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, RW).outcome, IOASIM_FAULT);
		assert_int_equal(rig.ops->stats(rig.driver)->flushes, 1);
		/* sync does the same at once. */
		assert_reaches(&rig, RID, NONE, IOVA + 4096, RW, TARGET + 4096);
		rig_unmap(&rig, domain, IOVA + 4096, 4096);
		assert_reaches(&rig, RID, NONE, IOVA + 4096, RW, TARGET + 4096);
		assert_int_equal(rig.ops->sync(rig.driver), 0);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA + 4096, RW).outcome, IOASIM_FAULT);
		assert_int_equal(rig.ops->stats(rig.driver)->flushes, 2);
		rig_end(&rig);
	}
}

static void a_lazy_threshold_flushes_its_domain_alone(void **state)
{
	static struct rig rig;
	struct domain *one, *two;

	(void)state;
	rig_prepare(&rig);
	rig.config.policy = DRIVER_LAZY;
	rig.config.lazy_threshold = 4;
	rig_start(&rig);
	rig_device(&rig, RID);
	rig_device(&rig, RID2);
	one = rig_domain(&rig, DOMAIN_KERNEL, 0);
	two = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, NONE, one);
	rig_attach(&rig, RID2, NONE, two);
	rig_map(&rig, one, IOVA, TARGET, 16 * 4096, RW);
	rig_map(&rig, two, IOVA, TARGET, 16 * 4096, RW);
	assert_reaches(&rig, RID2, NONE, IOVA, RW, TARGET);
	rig_unmap(&rig, two, IOVA, 4096);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(rig.ops->stats(rig.driver)->flushes, 0);
		assert_reaches(&rig, RID, NONE, IOVA + i * 4096, RW, TARGET + i * 4096);
		rig_unmap(&rig, one, IOVA + i * 4096, 4096);
	}
	assert_int_equal(rig.ops->stats(rig.driver)->flushes, 1);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA + i * 4096, RW).outcome,
				 IOASIM_FAULT);
	assert_reaches(&rig, RID2, NONE, IOVA, RW, TARGET);
	rig_end(&rig);
}

static void a_map_over_a_queued_unmap_flushes_first(void **state)
{
	static struct rig rig;
	struct domain *domain;

	(void)state;
	rig_begin(&rig, false, false, DRIVER_LAZY);
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

static void queued_tables_are_flushed_before_the_pool_runs_out(void **state)
{
	static struct rig rig;
	struct domain *domain;
	struct pool_list held;
	ioasim_pa_t page;
	struct pool *pool;

	(void)state;
	rig_begin(&rig, false, false, DRIVER_LAZY);
	rig_device(&rig, RID);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, NONE, domain);
	rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
	rig_unmap(&rig, domain, IOVA, 0 + 4096);
	assert_int_equal(rig.ops->sync(rig.driver), 0);
	rig_map(&rig, domain, IOVA, TARGET + 4096, 2 * M, RW);
	rig_unmap(&rig, domain, IOVA, 2 * M);
	pool = &rig_inside(&rig)->pool;
	pool_list_init(&held);
	while (pool_available(pool)) {
		assert_int_equal(pool_alloc(pool, &page), 0);
		pool_list_add(pool, &held, page);
	}
	rig_map(&rig, domain, IOVA + 8 * M, TARGET, 4096, RW);
	assert_int_equal(rig.ops->stats(rig.driver)->flushes, 2);
	pool_list_free(pool, &held);
	rig_end(&rig);
}

/* ---- What the queue is told ------------------------------------------------------------------ */

struct range_row {
	unsigned psi, mamv;
	uint64_t iova, size;
	unsigned granularity, am;
	uint64_t address;
};

/* The least aligned block that holds both ends; the domain where that is too much. */
static const struct range_row range_rows[] = {
	{1, 18, 5 * G, 4096, 3, 0, 5 * G},
	{1, 18, 5 * G, 8192, 3, 1, 5 * G},
	{1, 18, 5 * G + 4096, 8192, 3, 2, 5 * G},
	{1, 18, 5 * G + 4096, 3 * 4096, 3, 2, 5 * G},
	{1, 18, 5 * G - 4096, 8192, 2, 0, 0},
	{1, 18, 5 * G + 2 * M, 2 * M, 3, 9, 5 * G + 2 * M},
	{1, 9, 5 * G + 2 * M - 4096, 8192, 2, 0, 0},
	{1, 9, 5 * G + 2 * M, 2 * M, 3, 9, 5 * G + 2 * M},
	{0, 0, 5 * G, 4096, 2, 0, 0},
};

static void a_range_becomes_one_aligned_block_or_the_domain(void **state)
{
	static struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(range_rows) / sizeof(range_rows[0]); i++) {
		const struct range_row *row = &range_rows[i];
		const struct rig_event *event;
		struct domain *domain;

		rig_prepare(&rig);
		field_set(rig_cap(&rig), VTD_CAP_PSI, row->psi);
		field_set(rig_cap(&rig), VTD_CAP_MAMV, row->mamv);
		rig.config.no_large_pages = true;
		rig_start(&rig);
		rig_device(&rig, RID);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, row->iova, TARGET, row->size, RW);
		rig.events = 0;
		rig_unmap(&rig, domain, row->iova, row->size);
		event = &rig.event[rig_find(&rig, 0, RIG_COMMAND, VTD_DESC_IOTLB)];
		assert_int_equal(field_get(VTD_DESC_0_G, event->words[0]), row->granularity);
		assert_int_equal(field_get(VTD_DESC_0_DID, event->words[0]),
				 rig.ops->domain_tag(domain));
		assert_int_equal(field_get(VTD_DESC_1_AM, event->words[1]), row->am);
		assert_int_equal(field_bits(VTD_DESC_1_ADDR, event->words[1]), row->address);
		rig_end(&rig);
	}
}

/* H5: after the unit's own TLB, with the PASID where there is one; the range as
 * 6.5.2.5 codes it. */
static void device_tlbs_come_after_the_iotlb(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned mode = 0; mode < 3; mode++) {
		bool legacy = mode == 0, first = mode == 2;
		unsigned tlb = first ? VTD_DESC_PIOTLB : VTD_DESC_IOTLB, at;
		struct domain *domain;

		rig_begin(&rig, legacy, first, DRIVER_STRICT);
		rig_device(&rig, RID);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, IOVA, TARGET, 16384, RW);
		rig.events = 0;
		rig_unmap(&rig, domain, IOVA, 16384);
		at = rig_find(&rig, 0, RIG_COMMAND, tlb);
		at = rig_find(&rig, at, RIG_ATC, 0);
		assert_int_equal(rig.event[at].atc.requester_id, RID);
		assert_false(rig.event[at].atc.has_pasid);
		assert_int_equal(rig.event[at].atc.first, IOVA);
		assert_int_equal(rig.event[at].atc.last, IOVA + 16383);
		rig_find(&rig, at, RIG_COMMAND, VTD_DESC_WAIT);
		assert_int_equal(rig_count(&rig, RIG_ATC, 0), 1);
		if (!legacy) {
			rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
			rig_attach(&rig, RID, 5, domain);
			rig.events = 0;
			rig_unmap(&rig, domain, IOVA, 4096);
			assert_int_equal(rig_count(&rig, RIG_ATC, 0), 2);
			at = rig_find(&rig, 0, RIG_ATC, 0);
			assert_true(rig.event[at].atc.has_pasid ||
				    rig.event[rig_find(&rig, at + 1, RIG_ATC, 0)].atc.has_pasid);
		}
		rig.events = 0;
		rig_detach(&rig, RID, NONE);
		at = rig_find(&rig, 0, RIG_COMMAND,
			      legacy ? VTD_DESC_CONTEXT : VTD_DESC_PASID_CACHE);
		at = rig_find(&rig, at, RIG_COMMAND, tlb);
		at = rig_find(&rig, at, RIG_ATC, 0);
		assert_int_equal(rig.event[at].atc.first, 0);
		assert_int_equal(rig.event[at].atc.last, UINT64_MAX);
		rig_end(&rig);
	}
}

/* 16 descriptors to a wait: 20 PASIDs of one first-stage domain need two. */
static void many_tags_share_waits(void **state)
{
	static struct rig rig;
	struct driver_device device = {.requester_id = RID, .pasid_bits = 8};
	struct domain *domain;

	(void)state;
	rig_begin(&rig, false, true, DRIVER_STRICT);
	assert_int_equal(rig.ops->device_add(rig.driver, &device), 0);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	for (uint32_t pasid = 1; pasid <= 20; pasid++)
		rig_attach(&rig, RID, pasid, domain);
	rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
	rig.events = 0;
	rig_unmap(&rig, domain, IOVA, 4096);
	assert_int_equal(rig_count(&rig, RIG_COMMAND, VTD_DESC_PIOTLB), 20);
	assert_int_equal(rig_count(&rig, RIG_COMMAND, VTD_DESC_WAIT), 2);
	/* The ring wraps many times. */
	for (unsigned i = 0; i < 200; i++) {
		rig_map(&rig, domain, IOVA, TARGET + i * 4096, 4096, RW);
		assert_reaches(&rig, RID, 20, IOVA, RW, TARGET + i * 4096);
		rig_unmap(&rig, domain, IOVA, 4096);
		assert_int_equal(rig_dma(&rig, RID, 20, IOVA, RW).outcome, IOASIM_FAULT);
	}
	rig_end(&rig);
}

/* 6.1: with CM what becomes present is invalidated too, except the first stage. */
static void caching_mode_invalidates_what_becomes_present(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned mode = 0; mode < 3; mode++) {
		struct domain *domain;

		rig_prepare(&rig);
		field_set(rig_cap(&rig), VTD_CAP_CM, 1);
		rig.config.legacy = mode == 0;
		rig.config.stage1 = mode == 2;
		rig_start(&rig);
		rig_device(&rig, RID);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig.events = 0;
		rig_attach(&rig, RID, NONE, domain);
		rig_find(&rig, 0, RIG_COMMAND, mode == 0 ? VTD_DESC_CONTEXT : VTD_DESC_PASID_CACHE);
		rig_find(&rig, 0, RIG_COMMAND, mode == 2 ? VTD_DESC_PIOTLB : VTD_DESC_IOTLB);
		rig.events = 0;
		rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
		assert_int_equal(rig_count(&rig, RIG_COMMAND, VTD_DESC_IOTLB), mode != 2);
		rig_map(&rig, domain, IOVA + 8192, TARGET, 4096, RW);
		/* Tables were made by the first map, leaves alone by the second. */
		for (unsigned i = 0, ih = 0; i < rig.events; i++)
			if (rig.event[i].type == VTD_DESC_IOTLB)
				assert_int_equal(field_get(VTD_DESC_1_IH, rig.event[i].words[1]),
						 ih++);
		assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
		rig_end(&rig);

		rig_begin(&rig, mode == 0, mode == 2, DRIVER_STRICT);
		rig_device(&rig, RID);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig.events = 0;
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
		assert_int_equal(rig.events, 0);
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
	rig_begin(&rig, false, false, DRIVER_STRICT);
	rig_device(&rig, RID);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, NONE, domain);
	rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
	used = rig_pages_used(&rig);
	/* IQEI 2: the ring cannot be read. */
	assert_int_equal(ioasim_memory_abort(rig.memory, rig_inside(&rig)->queue,
					     rig_inside(&rig)->queue + 8191),
			 0);
	assert_int_equal(rig.ops->unmap(rig.driver, domain, IOVA, 2 * M, &unmapped), -EIO);
	assert_int_equal(unmapped, 4096);
	assert_int_equal(rig_pages_used(&rig), used);
	assert_int_equal(rig.ops->detach(rig.driver, RID, NONE), -EIO);
	assert_int_equal(rig.ops->domain_destroy(rig.driver, domain), 0);
	assert_int_equal(rig_pages_used(&rig), used);
	rig_end(&rig);
}

static void damaged_tables_are_an_error(void **state)
{
	static struct rig rig;
	uint64_t entries[] = {TARGET | 3, RIG_POOL | 3, 0};
	struct domain *domain;
	uint64_t unmapped, pa;
	unsigned access;
	uint32_t used;

	(void)state;
	for (unsigned round = 0; round < 6; round++) {
		unsigned i = round % 3;

		rig_begin(&rig, false, false, round < 3 ? DRIVER_STRICT : DRIVER_LAZY);
		rig_device(&rig, RID);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 48);
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
		if (i == 2) /* a table that points to itself */
			entries[2] = vtd_domain(domain)->space.table.root | 3;
		assert_int_equal(ioasim_memory_write64(rig.memory,
						       vtd_domain(domain)->space.table.root,
						       entries[i]),
				 0);
		if (i == 0) {
			assert_int_equal(rig.ops->lookup(rig.driver, domain, IOVA, &pa, &access),
					 -EIO);
			assert_int_equal(rig.ops->map(rig.driver, domain, IOVA, 0, 4096, RW), -EIO);
		}
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

static void page_ask(struct rig *rig, uint32_t pasid, uint64_t address, uint16_t group, bool queued)
{
	struct ioasim_page_request request = {
		.requester_id = RID,
		.pasid = pasid == NONE ? 0 : pasid,
		.has_pasid = pasid != NONE,
		.address = address,
		.group = group,
		.access = IOASIM_READ,
		.last = true,
	};
	struct ioasim_page_request_result result;

	ioasim_page_request(rig->unit, &request, &result);
	assert_int_equal(result.queued, queued);
}

static void page_requests_come_through_the_ring(void **state)
{
	static struct rig rig;
	struct ioasim_page_request request;
	struct ioasim_page_response response = {.requester_id = RID, .has_pasid = true};
	struct domain *domain;
	unsigned at;

	(void)state;
	rig_begin(&rig, false, true, DRIVER_STRICT);
	rig_device(&rig, RID);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, 9, domain);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	/* Three times round the ring of 128. */
	for (unsigned i = 0; i < 400; i++) {
		page_ask(&rig, 9, IOVA + i * 4096, (uint16_t)(i % 512), true);
		assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
		assert_int_equal(request.requester_id, RID);
		assert_true(request.has_pasid && request.last);
		assert_int_equal(request.pasid, 9);
		assert_int_equal(request.address, IOVA + i * 4096);
		assert_int_equal(request.group, i % 512);
		assert_int_equal(request.access, IOASIM_READ);
	}
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	response.pasid = 9;
	response.group = 0x155;
	response.code = IOASIM_PAGE_INVALID;
	rig.events = 0;
	assert_int_equal(rig.ops->page_response(rig.driver, &response), 0);
	at = rig_find(&rig, 0, RIG_RESPONSE, 0);
	assert_int_equal(rig.event[at].response.requester_id, RID);
	assert_int_equal(rig.event[at].response.pasid, 9);
	assert_int_equal(rig.event[at].response.group, 0x155);
	assert_int_equal(rig.event[at].response.code, IOASIM_PAGE_INVALID);
	rig_end(&rig);

	rig_begin(&rig, true, false, DRIVER_STRICT);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	assert_int_equal(rig.ops->page_response(rig.driver, &response), -ENOTSUP);
	rig_end(&rig);
}

/* T15: what the route asked is answered Invalid when it ends, once; others stay. */
static void the_end_of_a_route_drains_its_requests(void **state)
{
	static struct rig rig;
	struct ioasim_page_request request;
	struct domain *domain;
	unsigned at, responses;

	(void)state;
	rig_begin(&rig, false, true, DRIVER_STRICT);
	rig_device(&rig, RID);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, 1, domain);
	rig_attach(&rig, RID, 2, domain);
	page_ask(&rig, 1, IOVA, 10, true);
	page_ask(&rig, 2, IOVA, 11, true);
	page_ask(&rig, 1, IOVA, 12, true);
	rig.events = 0;
	rig_detach(&rig, RID, 1);
	responses = rig_count(&rig, RIG_RESPONSE, 0);
	assert_int_equal(responses, 2);
	at = rig_find(&rig, 0, RIG_RESPONSE, 0);
	assert_int_equal(rig.event[at].response.group, 10);
	assert_int_equal(rig.event[at].response.code, IOASIM_PAGE_INVALID);
	/* The wait before them drains (PD). */
	for (bool drained = false; !drained; at--) {
		assert_true(at > 0);
		drained = rig.event[at].kind == RIG_COMMAND &&
			  rig.event[at].type == VTD_DESC_WAIT &&
			  field_get(VTD_WAIT_0_PD, rig.event[at].words[0]);
	}
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
	assert_int_equal(request.pasid, 2);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	page_ask(&rig, 1, IOVA, 13, false);

	/* Overflow: 127 stored, the rest ended by the unit. */
	for (unsigned i = 0; i < 127; i++)
		page_ask(&rig, 2, IOVA, (uint16_t)i, true);
	page_ask(&rig, 2, IOVA, 200, false);
	rig_detach(&rig, RID, 2);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	rig_attach(&rig, RID, 2, domain);
	page_ask(&rig, 2, IOVA, 201, true);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
	assert_int_equal(request.group, 201);
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lazy_leaves_a_window_that_strict_does_not),
		cmocka_unit_test(a_lazy_threshold_flushes_its_domain_alone),
		cmocka_unit_test(a_map_over_a_queued_unmap_flushes_first),
		cmocka_unit_test(queued_tables_are_flushed_before_the_pool_runs_out),
		cmocka_unit_test(a_range_becomes_one_aligned_block_or_the_domain),
		cmocka_unit_test(device_tlbs_come_after_the_iotlb),
		cmocka_unit_test(many_tags_share_waits),
		cmocka_unit_test(caching_mode_invalidates_what_becomes_present),
		cmocka_unit_test(a_queue_that_stops_is_an_error_and_nothing_is_used_again),
		cmocka_unit_test(damaged_tables_are_an_error),
		cmocka_unit_test(page_requests_come_through_the_ring),
		cmocka_unit_test(the_end_of_a_route_drains_its_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
