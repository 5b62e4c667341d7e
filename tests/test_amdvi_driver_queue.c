/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The AMD-Vi driver's ring and policies: strict and lazy, full rings, a command buffer
 * that stops, tables that somebody has damaged.
 */
#include "amdvi_driver_rig.h"

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
		rig_ats_device(&rig, RID);
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

static void a_buffer_that_somebody_switched_off_is_switched_on_again(void **state)
{
	static struct rig rig;
	struct domain *domain;
	uint64_t unmapped;

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	rig_device(&rig, RID);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, NONE, domain);
	rig_map(&rig, domain, IOVA, TARGET, 8192, RW);
	assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
	assert_int_equal(ioasim_mmio_write(rig.unit, 0x18, 8,
					   rig_register(&rig, 0x18) & ~UINT64_C(0x1000)),
			 0);
	assert_int_equal(rig.ops->unmap(rig.driver, domain, IOVA, 4096, &unmapped), -EIO);
	assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, RW).outcome, IOASIM_FAULT);
	assert_int_equal(rig.ops->stats(rig.driver)->repairs, 1);
	assert_reaches(&rig, RID, NONE, IOVA + 4096, RW, TARGET + 4096);
	rig_unmap(&rig, domain, IOVA + 4096, 4096);
	assert_int_equal(rig_dma(&rig, RID, NONE, IOVA + 4096, RW).outcome, IOASIM_FAULT);
	rig_end(&rig);
}

/* 2.4: after an error the buffer stops. */
static void a_buffer_that_stops_is_an_error_and_nothing_is_used_again(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned way = 0; way < 2; way++) {
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
		else /* event 6: the completion cannot be stored */
			assert_int_equal(ioasim_memory_abort(rig.memory, rig_inside(&rig)->done,
							     rig_inside(&rig)->done + 7),
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
		assert_true(rig.ops->domain_tag(nested) > tag);
		rig_end(&rig);
	}
}

static void damaged_tables_are_an_error(void **state)
{
	static struct rig rig;
	/* Next Level 3 from Mode 4: outside the pool, in it, to itself; the right table
	 * under another level. */
	uint64_t entries[] = {TARGET | UINT64_C(0x6000000000000601),
			      RIG_POOL | UINT64_C(0x6000000000000601), 0, 0};
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
		if (i == 3)
			entries[3] = rig_peek(&rig, root) ^ 0x200;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lazy_leaves_a_window_that_strict_does_not),
		cmocka_unit_test(a_map_over_a_queued_unmap_flushes_first),
		cmocka_unit_test(many_tags_share_waits),
		cmocka_unit_test(a_buffer_that_somebody_switched_off_is_switched_on_again),
		cmocka_unit_test(a_buffer_that_stops_is_an_error_and_nothing_is_used_again),
		cmocka_unit_test(damaged_tables_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
