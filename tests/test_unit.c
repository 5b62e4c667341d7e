/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is the same on every architecture: configuration by name, validation of
 * caches, and the identities of the counters, these with an architecture of the
 * test's own.
 */
#include "model/arch.h"
#include "model/cache.h"
#include "model/counters.h"

#include <ioasim/ioasim.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* ---- Configuration ------------------------------------------------------------------ */

static void names_end_and_every_value_can_be_set_by_its_name(void **state)
{
	struct ioasim_unit_config config;
	const char *arch, *name;
	unsigned archs = 0;

	(void)state;
	for (; (arch = ioasim_arch_name(archs)); archs++) {
		assert_int_equal(ioasim_unit_config_init(&config, arch), 0);
		assert_string_equal(config.arch, arch);
		for (unsigned i = 0; (name = ioasim_capability_name(arch, i)); i++) {
			assert_in_range(i, 0, IOASIM_CAPABILITIES - 1);
			assert_int_equal(ioasim_unit_config_set(&config, name, 0x1234 + i), 0);
			assert_true(config.capability[i] == 0x1234 + i);
		}
		assert_int_equal(ioasim_unit_config_set(&config, "no such value", 1), -ENOENT);
	}
	assert_in_range(archs, 1, 3);
	assert_null(ioasim_arch_name(archs + 1));
	assert_null(ioasim_capability_name("vtd", 1000));
	assert_null(ioasim_capability_name("no such architecture", 0));
	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		assert_non_null(ioasim_cache_name(i));
	assert_null(ioasim_cache_name(IOASIM_CACHES));
	for (unsigned i = 0; i < IOASIM_REF_KINDS; i++)
		assert_non_null(ioasim_reference_name(i));
	assert_null(ioasim_reference_name(IOASIM_REF_KINDS));
	assert_string_equal(ioasim_version(), IOASIM_VERSION);
}

static void unknown_architectures_are_refused_everywhere(void **state)
{
	struct ioasim_memory *memory = ioasim_memory_create();
	struct ioasim_unit *unit = NULL;
	struct ioasim_unit_config config;
	const char *why = NULL;

	(void)state;
	assert_int_equal(ioasim_unit_config_init(&config, "riscv"), -ENOENT);
	assert_int_equal(ioasim_unit_config_init(&config, NULL), -ENOENT);
	assert_int_equal(ioasim_unit_create(&config, memory, &unit, &why), -ENOENT);
	assert_non_null(why);
	assert_null(unit);
	assert_int_equal(ioasim_unit_create(NULL, memory, &unit, NULL), -EINVAL);
	assert_null(ioasim_fault_name("riscv", 1));
	assert_null(ioasim_command_name(NULL, 1));
	ioasim_unit_destroy(NULL);
	ioasim_memory_destroy(memory);
}

static void impossible_caches_are_refused_with_a_reason(void **state)
{
	static const struct ioasim_cache_geometry rows[] = {
		{10, 3, IOASIM_POLICY_LRU, 0},         {4, 8, IOASIM_POLICY_LRU, 0},
		{8, 4, IOASIM_POLICY_RANDOM + 1, 0},   {0, 0, 255, 0},
		{UINT32_MAX, 0, IOASIM_POLICY_LRU, 0},
	};
	struct ioasim_memory *memory = ioasim_memory_create();
	struct ioasim_unit_config config;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ioasim_unit *unit = NULL;
		const char *why = NULL;

		assert_int_equal(ioasim_unit_config_init(&config, "vtd"), 0);
		config.cache[IOASIM_CACHE_IOTLB] = rows[i];
		assert_int_equal(ioasim_unit_create(&config, memory, &unit, &why), -EINVAL);
		assert_non_null(why);
		assert_null(unit);
	}
	ioasim_memory_destroy(memory);
}

static void a_unit_is_made_reset_and_ended_with_and_without_caches(void **state)
{
	struct ioasim_memory *memory = ioasim_memory_create();
	struct ioasim_unit_config config;

	(void)state;
	for (unsigned off = 0; off < 2; off++) {
		struct ioasim_unit *unit = NULL;
		const char *why = NULL;
		uint64_t value;

		assert_int_equal(ioasim_unit_config_init(&config, "vtd"), 0);
		if (off)
			ioasim_unit_config_no_caches(&config);
		assert_int_equal(ioasim_unit_create(&config, memory, &unit, &why), 0);
		assert_int_equal(ioasim_mmio_read(unit, 2, 4, &value), -EINVAL);
		assert_int_equal(ioasim_mmio_read(unit, 4, 8, &value), -EINVAL);
		assert_int_equal(ioasim_mmio_read(unit, 0, 2, &value), -EINVAL);
		assert_int_equal(ioasim_mmio_write(unit, 4, 8, 0), -EINVAL);
		assert_int_equal(ioasim_mmio_read(unit, 0, 4, &value), 0);
		for (unsigned i = 0; i <= IOASIM_CACHES; i++)
			assert_int_equal(ioasim_unit_cache_live(unit, (enum ioasim_cache)i), 0);
		assert_null(counters_check(unit));
		ioasim_unit_reset(unit);
		assert_null(counters_check(unit));
		ioasim_unit_destroy(unit);
	}
	ioasim_memory_destroy(memory);
}

/* ---- Counters ----------------------------------------------------------------------------- */

static struct cache *seven_live(const struct ioasim_unit *unit, enum ioasim_cache cache)
{
	static struct cache with_seven = {.live = 7};

	(void)unit;
	assert_int_equal(cache, IOASIM_CACHE_IOTLB);
	return &with_seven;
}

static const struct arch_ops test_ops = {.cache_of = seven_live};
static const struct ioasim_arch test_arch = {
	.name = "test",
	.cache[IOASIM_CACHE_IOTLB].present = true,
	.ops = &test_ops,
};

static void every_broken_identity_is_found(void **state)
{
	static const struct ioasim_unit_config config;
	struct ioasim_unit unit;
	struct ioasim_cache_counters *iotlb = &unit.counters.cache[IOASIM_CACHE_IOTLB];
	struct ioasim_command_removal *removed = &unit.counters.removed[5];
	uint64_t *const member[] = {
		&iotlb->fills,
		&iotlb->evictions,
		&iotlb->lookups,
		&iotlb->hits,
		&unit.counters.ok,
		&unit.counters.requests[1],
		&unit.counters.iotlb_hits[21],
		&unit.counters.walk_hits[0][1],
		&unit.counters.walk_hits[1][0],
		&unit.counters.page_requests_queued,
		&removed->entries,
		&removed->none,
		&removed->max,
		&unit.counters.removed[7].none,
		&unit.counters.removed_otherwise,
	};

	(void)state;
	unit_init(&unit, &test_arch, &config, NULL);
	assert_non_null(counters_check(&unit)); /* seven live entries and no fill */
	iotlb->fills = 10, iotlb->evictions = 2, iotlb->invalidated = 1;
	iotlb->lookups = 20, iotlb->hits = 9, iotlb->misses = 11;
	unit.counters.requests[0] = 3, unit.counters.requests[2] = 1;
	unit.counters.ok = 3, unit.counters.faulted = 1;
	unit.counters.iotlb_hits[12] = 8, unit.counters.iotlb_hits[64] = 1;
	/* The one invalidated entry, by one of two commands. */
	unit.counters.commands[5] = 2;
	removed->entries = 1, removed->none = 1, removed->max = 1;
	assert_null(counters_check(&unit));
	for (unsigned i = 0; i < sizeof(member) / sizeof(member[0]); i++) {
		++*member[i];
		assert_non_null(counters_check(&unit));
		--*member[i];
	}
	/* What no command removed is something else's doing. */
	removed->entries = 0, removed->none = 2, removed->max = 0;
	assert_non_null(counters_check(&unit));
	unit.counters.removed_otherwise = 1;
	assert_null(counters_check(&unit));
	/* Zeroed while the cache is warm: what lives is not taken for filled. */
	ioasim_unit_counters_reset(&unit);
	assert_null(counters_check(&unit));
	assert_true(ioasim_unit_counters(&unit)->cache[IOASIM_CACHE_IOTLB].lookups == 0);
}

static void the_cost_of_a_request_is_added_reference_by_reference(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++) {
		for (unsigned level = 0; level < IOASIM_LEVELS; level++) {
			struct ioasim_counters counters = {0}, expected = {0};
			struct ioasim_cost cost = {.flag_updates = 2};

			cost.refs[kind][level] = 255;
			expected.refs[kind][level] = 510;
			expected.flag_updates = 4;
			counters_add_cost(&counters, &cost);
			counters_add_cost(&counters, &cost);
			assert_memory_equal(&counters, &expected, sizeof(counters));
		}
	}
}

static void a_lookup_counts_once_as_hit_or_miss(void **state)
{
	struct ioasim_counters counters = {0};
	struct ioasim_cost cost = {0};
	const struct ioasim_cache_counters *pasid = &counters.cache[IOASIM_CACHE_PASID];

	(void)state;
	counters_lookup(&counters, &cost, IOASIM_CACHE_PASID, true);
	assert_true(cost.hits == 1 << IOASIM_CACHE_PASID && cost.misses == 0);
	counters_lookup(&counters, &cost, IOASIM_CACHE_PASID, false);
	assert_true(cost.misses == 1 << IOASIM_CACHE_PASID);
	assert_true(pasid->lookups == 2 && pasid->hits == 1 && pasid->misses == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_end_and_every_value_can_be_set_by_its_name),
		cmocka_unit_test(unknown_architectures_are_refused_everywhere),
		cmocka_unit_test(impossible_caches_are_refused_with_a_reason),
		cmocka_unit_test(a_unit_is_made_reset_and_ended_with_and_without_caches),
		cmocka_unit_test(every_broken_identity_is_found),
		cmocka_unit_test(the_cost_of_a_request_is_added_reference_by_reference),
		cmocka_unit_test(a_lookup_counts_once_as_hit_or_miss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
