/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables that the VT-d driver makes, against a shadow of pages, through the
 * driver's own look-up and through the unit's translation.
 */
#include "driver_rig.h"

#define RID 0x0110u

/* Where the random ranges lie: two windows of `PAGES` pages in one space, around a
 * 1 GiB boundary and at the top of what the domain can map. */
#define PAGES   (1u << 11)
#define WINDOWS 2u

struct shape {
	const char *name;
	bool legacy, stage1, no_large_pages, lazy;
	unsigned bits; /* address_bits asked of the domain */
	unsigned sagaw;
	unsigned levels;
};

static const struct shape shapes[] = {
	{"legacy, 3 levels", true, false, false, false, 39, 2, 3},
	{"legacy, 4 levels", true, false, false, false, 48, 4, 4},
	{"legacy, 5 levels", true, false, false, false, 57, 8, 5},
	{"legacy, 4 levels, small pages", true, false, true, false, 48, 14, 4},
	{"second stage, 3 levels", false, false, false, false, 39, 14, 3},
	{"second stage, 4 levels", false, false, false, false, 48, 14, 4},
	{"second stage, 5 levels", false, false, false, false, 57, 14, 5},
	{"second stage, 4 levels, lazy", false, false, false, true, 48, 14, 4},
	{"first stage, 4 levels", false, true, false, false, 48, 14, 4},
	{"first stage, 5 levels", false, true, false, false, 57, 14, 5},
	{"first stage, 4 levels, small pages", false, true, true, false, 48, 14, 4},
	{"first stage, 4 levels, lazy", false, true, false, true, 48, 14, 4},
};

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static void shape_start(struct rig *rig, const struct shape *shape)
{
	rig_prepare(rig);
	field_set(rig_cap(rig), VTD_CAP_SAGAW, shape->sagaw);
	rig->config.legacy = shape->legacy;
	rig->config.stage1 = shape->stage1;
	rig->config.no_large_pages = shape->no_large_pages;
	rig->config.policy = shape->lazy ? DRIVER_LAZY : DRIVER_STRICT;
	rig->config.lazy_threshold = 7;
	rig_start(rig);
	rig_device(rig, RID);
}

/* One page of the shadow: 0 is not mapped. */
struct shadow {
	uint64_t pa[WINDOWS][PAGES];
	uint8_t access[WINDOWS][PAGES];
	uint64_t base[WINDOWS];
};

static void shadow_init(struct shadow *shadow, const struct shape *shape)
{
	unsigned bits = shape->stage1 ? (shape->levels == 5 ? 56 : 47) : shape->bits;

	memset(shadow, 0, sizeof(*shadow));
	shadow->base[0] = (UINT64_C(5) << 30) - (UINT64_C(4) << 20);
	shadow->base[1] = (UINT64_C(1) << bits) - PAGES * POOL_PAGE_SIZE;
}

static void compare_page(struct rig *rig, struct domain *domain, const struct shadow *shadow,
			 const struct shape *shape, unsigned w, unsigned i)
{
	uint64_t iova = shadow->base[w] + i * POOL_PAGE_SIZE + 0x123, pa = 0;
	unsigned access = 0;
	int error = rig->ops->lookup(rig->driver, domain, iova, &pa, &access);
	struct ioasim_response answer = rig_dma(rig, RID, RIG_NO_PASID, iova, IOASIM_READ);
	bool write_only = shadow->access[w][i] == IOASIM_WRITE && !shape->stage1;

	if (!shadow->access[w][i]) {
		assert_int_equal(error, -ENOENT);
		if (!shape->lazy) /* may still be in use until the flush */
			assert_int_equal(answer.outcome, IOASIM_FAULT);
		return;
	}
	assert_int_equal(error, 0);
	assert_int_equal(pa, shadow->pa[w][i] + 0x123);
	/* The first stage cannot say "write only" (9.7). */
	assert_int_equal(access, shadow->access[w][i] | (shape->stage1 ? IOASIM_READ : 0u));
	assert_int_equal(answer.outcome, write_only ? IOASIM_FAULT : IOASIM_OK);
	if (!write_only)
		assert_int_equal(answer.pa, pa);
	answer = rig_dma(rig, RID, RIG_NO_PASID, iova, IOASIM_WRITE);
	assert_int_equal(answer.outcome,
			 shadow->access[w][i] & IOASIM_WRITE ? IOASIM_OK : IOASIM_FAULT);
}

static void random_map(struct rig *rig, struct domain *domain, struct shadow *shadow,
		       uint64_t *random, unsigned range[3])
{
	static const unsigned rights[] = {IOASIM_READ, IOASIM_WRITE, IOASIM_READ | IOASIM_WRITE};
	unsigned w = range[0], first = range[1], count = range[2];
	unsigned access = rights[rig_draw(random) % 3];
	/* Half of them aligned like the address, so that large pages fit. */
	uint64_t pa = rig_draw(random) % 2 ? (first % 512) * POOL_PAGE_SIZE
					   : rig_draw(random) % 512 * POOL_PAGE_SIZE;
	bool taken = false;
	int error;

	pa += (1 + rig_draw(random) % 64) << 21;
	for (unsigned i = first; i < first + count; i++)
		taken |= shadow->access[w][i] != 0;
	error = rig->ops->map(rig->driver, domain, shadow->base[w] + first * POOL_PAGE_SIZE, pa,
			      count * POOL_PAGE_SIZE, access);
	assert_int_equal(error, taken ? -EEXIST : 0);
	for (unsigned i = first; !error && i < first + count; i++) {
		shadow->access[w][i] = (uint8_t)access;
		shadow->pa[w][i] = pa + (i - first) * POOL_PAGE_SIZE;
	}
}

static void random_unmap(struct rig *rig, struct domain *domain, struct shadow *shadow,
			 const unsigned range[3])
{
	unsigned w = range[0], first = range[1], count = range[2];
	uint64_t unmapped = ~UINT64_C(0), expected = 0;

	for (unsigned i = first; i < first + count; i++) {
		expected += shadow->access[w][i] ? POOL_PAGE_SIZE : 0;
		shadow->access[w][i] = 0;
	}
	assert_int_equal(rig->ops->unmap(rig->driver, domain,
					 shadow->base[w] + first * POOL_PAGE_SIZE,
					 count * POOL_PAGE_SIZE, &unmapped),
			 0);
	assert_int_equal(unmapped, expected);
}

static void range_draw(uint64_t *random, unsigned range[3])
{
	unsigned kind = (unsigned)(rig_draw(random) % 4);

	range[0] = (unsigned)(rig_draw(random) % WINDOWS);
	range[1] = (unsigned)(rig_draw(random) % PAGES);
	if (kind < 2) /* large pages and multiples of them */
		range[1] &= ~511u;
	range[2] = kind == 0   ? 512u * (1 + (unsigned)(rig_draw(random) % 3))
		   : kind == 1 ? 512u
		   : kind == 2 ? 1u
			       : 1 + (unsigned)(rig_draw(random) % 900);
	if (range[2] > PAGES - range[1])
		range[2] = PAGES - range[1];
}

static void shape_run(const struct shape *shape, uint64_t seed)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct shadow *shadow = calloc(1, sizeof(*shadow));
	uint64_t random = seed;
	struct domain *domain;
	uint32_t used;

	assert_non_null(rig);
	assert_non_null(shadow);
	print_message("%s\n", shape->name);
	shape_start(rig, shape);
	shadow_init(shadow, shape);
	used = rig_pages_used(rig);
	domain = rig_domain(rig, DOMAIN_KERNEL, shape->bits);
	assert_int_equal(vtd_domain(domain)->space.table.levels, shape->levels);
	assert_int_equal(rig->ops->attach(rig->driver, RID, RIG_NO_PASID, domain), 0);
	for (unsigned step = 0; step < 400; step++) {
		unsigned range[3];

		range_draw(&random, range);
		if (rig_draw(&random) % 2)
			random_map(rig, domain, shadow, &random, range);
		else
			random_unmap(rig, domain, shadow, range);
		for (unsigned i = 0; i < 40; i++)
			compare_page(rig, domain, shadow, shape, range[0],
				     (unsigned)(range[1] + rig_draw(&random) % (range[2] + 1)) %
					     PAGES);
		if (step % 40 == 0)
			for (unsigned w = 0; w < WINDOWS; w++)
				for (unsigned i = 0; i < PAGES; i++)
					compare_page(rig, domain, shadow, shape, w, i);
	}
	assert_int_equal(rig->ops->detach(rig->driver, RID, RIG_NO_PASID), 0);
	assert_int_equal(rig->ops->domain_destroy(rig->driver, domain), 0);
	assert_int_equal(rig_pages_used(rig), used);
	assert_int_equal(rig->ops->stats(rig->driver)->tables_made,
			 rig->ops->stats(rig->driver)->tables_freed);
	rig_end(rig);
	free(shadow);
	free(rig);
}

static void random_maps_agree_with_a_shadow(void **state)
{
	uint64_t seed = rig_seed();

	(void)state;
	for (size_t i = 0; i < SHAPES; i++)
		shape_run(&shapes[i], seed + 2 * i);
}

/* ---- Page sizes ------------------------------------------------------------------- */

struct size_row {
	bool stage1;
	unsigned sslps, fs1gp;
	bool no_large_pages;
	uint64_t iova, pa, size;
	unsigned size_lg2; /* of the page that holds the first address */
};

#define G (UINT64_C(1) << 30)
#define M (UINT64_C(1) << 20)

/* 9.7, 9.8: 2 MiB and 1 GiB pages by SSLPS; 2 MiB always and 1 GiB by FS1GP. */
static const struct size_row size_rows[] = {
	{false, 3, 1, false, 2 * G, 4 * G, G, 30},
	{false, 1, 1, false, 2 * G, 4 * G, G, 21},
	{false, 0, 1, false, 2 * G, 4 * G, G, 12},
	{false, 3, 1, true, 2 * G, 4 * G, 4 * M, 12},
	{false, 3, 1, false, 2 * G, 4 * G + 2 * M, G, 21},
	{false, 3, 1, false, 2 * G, 4 * G + 4096, 4 * M, 12},
	{false, 3, 1, false, 2 * G, 4 * G, G - 4096, 21},
	{true, 3, 1, false, 2 * G, 4 * G, G, 30},
	{true, 3, 0, false, 2 * G, 4 * G, G, 21},
	{true, 0, 0, false, 2 * G, 4 * G, 2 * M, 21},
	{true, 0, 1, true, 2 * G, 4 * G, 2 * M, 12},
};

static void the_largest_page_that_fits_is_used(void **state)
{
	static struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(size_rows) / sizeof(size_rows[0]); i++) {
		const struct size_row *row = &size_rows[i];
		struct ioasim_response answer;
		struct domain *domain;

		rig_prepare(&rig);
		field_set(rig_cap(&rig), VTD_CAP_SSLPS, row->sslps);
		field_set(rig_cap(&rig), VTD_CAP_FS1GP, row->fs1gp);
		rig.config.stage1 = row->stage1;
		rig.config.no_large_pages = row->no_large_pages;
		rig_start(&rig);
		rig_device(&rig, RID);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		assert_int_equal(rig.ops->attach(rig.driver, RID, RIG_NO_PASID, domain), 0);
		assert_int_equal(rig.ops->map(rig.driver, domain, row->iova, row->pa, row->size,
					      IOASIM_READ | IOASIM_WRITE),
				 0);
		answer = rig_dma(&rig, RID, RIG_NO_PASID, row->iova + 8, IOASIM_WRITE);
		assert_int_equal(answer.outcome, IOASIM_OK);
		assert_int_equal(answer.pa, row->pa + 8);
		assert_int_equal(answer.size_lg2, row->size_lg2);
		answer = rig_dma(&rig, RID, RIG_NO_PASID, row->iova + row->size - 1, IOASIM_READ);
		assert_int_equal(answer.pa, row->pa + row->size - 1);
		rig_end(&rig);
	}
}

static unsigned page_size(struct rig *rig, uint64_t iova)
{
	struct ioasim_response answer = rig_dma(rig, RID, RIG_NO_PASID, iova, IOASIM_READ);

	return answer.outcome == IOASIM_OK ? answer.size_lg2 : 0;
}

static void a_large_page_is_split_and_cached_ones_go(void **state)
{
	static struct rig rig;
	struct domain *domain;
	uint64_t unmapped;
	unsigned at;

	(void)state;
	rig_prepare(&rig);
	rig_start(&rig);
	rig_device(&rig, RID);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	assert_int_equal(rig.ops->attach(rig.driver, RID, RIG_NO_PASID, domain), 0);
	assert_int_equal(rig.ops->map(rig.driver, domain, G, 3 * G, G, IOASIM_READ), 0);
	assert_int_equal(page_size(&rig, G + 5 * M), 30);
	rig.events = 0;
	assert_int_equal(rig.ops->unmap(rig.driver, domain, G + 5 * M, 4096, &unmapped), 0);
	assert_int_equal(unmapped, 4096);
	/* 6.5.2.3: the invalidation reaches all of the large page. */
	at = rig_find(&rig, 0, RIG_COMMAND, VTD_DESC_IOTLB);
	assert_int_equal(field_get(VTD_DESC_1_AM, rig.event[at].words[1]), 18);
	assert_int_equal(field_bits(VTD_DESC_1_ADDR, rig.event[at].words[1]), G);
	assert_int_equal(page_size(&rig, G + 5 * M), 0);
	assert_int_equal(page_size(&rig, G + 5 * M + 4096), 12);
	assert_int_equal(page_size(&rig, G + 6 * M), 21);
	assert_reaches(&rig, RID, RIG_NO_PASID, G + 6 * M + 7, IOASIM_READ, 3 * G + 6 * M + 7);
	assert_reaches(&rig, RID, RIG_NO_PASID, G + 5 * M - 1, IOASIM_READ, 3 * G + 5 * M - 1);
	rig_end(&rig);
}

static void a_large_page_takes_the_place_of_an_empty_table(void **state)
{
	static struct rig rig;
	struct domain *domain;
	uint64_t unmapped;
	uint32_t used;

	(void)state;
	rig_prepare(&rig);
	rig_start(&rig);
	rig_device(&rig, RID);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	assert_int_equal(rig.ops->attach(rig.driver, RID, RIG_NO_PASID, domain), 0);
	assert_int_equal(rig.ops->map(rig.driver, domain, G, 3 * G, 4096, IOASIM_READ), 0);
	assert_int_equal(page_size(&rig, G), 12); /* the pointers are cached now */
	assert_int_equal(rig.ops->unmap(rig.driver, domain, G, 4096, &unmapped), 0);
	used = rig_pages_used(&rig);
	/* One page is in the way. */
	assert_int_equal(rig.ops->map(rig.driver, domain, G + 8192, 5 * G, 4096, IOASIM_READ), 0);
	assert_int_equal(rig.ops->map(rig.driver, domain, G, 3 * G, 2 * M, IOASIM_READ), -EEXIST);
	assert_int_equal(rig.ops->unmap(rig.driver, domain, G + 8192, 4096, &unmapped), 0);
	assert_int_equal(rig.ops->map(rig.driver, domain, G, 3 * G, 2 * M, IOASIM_READ), 0);
	assert_int_equal(page_size(&rig, G), 21);
	assert_int_equal(rig_pages_used(&rig), used - 1);
	/* The same one level up: an empty table of 2 MiB entries gives way to 1 GiB. */
	assert_int_equal(rig.ops->unmap(rig.driver, domain, G, 2 * M, &unmapped), 0);
	assert_int_equal(rig.ops->map(rig.driver, domain, G, 3 * G, G, IOASIM_READ), 0);
	assert_int_equal(page_size(&rig, G), 30);
	assert_int_equal(rig_pages_used(&rig), used - 2);
	rig_end(&rig);
}

static void an_unmap_that_covers_a_table_frees_it(void **state)
{
	static struct rig rig;
	struct domain *domain;
	uint64_t unmapped;
	uint32_t used;
	unsigned at;

	(void)state;
	rig_prepare(&rig);
	rig_start(&rig);
	rig_device(&rig, RID);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	assert_int_equal(rig.ops->attach(rig.driver, RID, RIG_NO_PASID, domain), 0);
	used = rig_pages_used(&rig);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(rig.ops->map(rig.driver, domain, G + i * 2 * M, 3 * G, 8192,
					      IOASIM_READ),
				 0);
	assert_int_equal(rig_pages_used(&rig), used + 2 + 8);
	at = rig.events;
	assert_int_equal(rig.ops->unmap(rig.driver, domain, G, 4096, &unmapped), 0);
	at = rig_find(&rig, at, RIG_COMMAND, VTD_DESC_IOTLB);
	assert_int_equal(field_get(VTD_DESC_1_IH, rig.event[at].words[1]), 1);
	assert_int_equal(rig_pages_used(&rig), used + 2 + 8);
	assert_int_equal(rig.ops->unmap(rig.driver, domain, G, 2 * M, &unmapped), 0);
	assert_int_equal(unmapped, 4096);
	at = rig_find(&rig, at + 1, RIG_COMMAND, VTD_DESC_IOTLB);
	assert_int_equal(field_get(VTD_DESC_1_IH, rig.event[at].words[1]), 0);
	assert_int_equal(rig_pages_used(&rig), used + 2 + 7);
	assert_int_equal(rig.ops->unmap(rig.driver, domain, 0, UINT64_C(1) << 48, &unmapped), 0);
	assert_int_equal(unmapped, 7 * 8192);
	assert_int_equal(rig_pages_used(&rig), used);
	rig_end(&rig);
}

/* ---- Refusals ------------------------------------------------------------------------ */

static void ranges_that_cannot_be_are_refused(void **state)
{
	static struct rig rig;
	struct domain *domain, *identity;
	uint64_t unmapped, top = UINT64_C(1) << 48;
	const struct driver_ops *ops;

	(void)state;
	rig_prepare(&rig);
	rig_start(&rig);
	ops = rig.ops;
	domain = rig_domain(&rig, DOMAIN_KERNEL, 48);
	identity = rig_domain(&rig, DOMAIN_IDENTITY, 0);
	assert_int_equal(ops->map(rig.driver, domain, 0, 0, 0, 1), -EINVAL);
	assert_int_equal(ops->map(rig.driver, domain, 1, 0, 4096, 1), -EINVAL);
	assert_int_equal(ops->map(rig.driver, domain, 0, 1, 4096, 1), -EINVAL);
	assert_int_equal(ops->map(rig.driver, domain, 0, 0, 4097, 1), -EINVAL);
	assert_int_equal(ops->map(rig.driver, domain, 0, 0, 4096, 0), -EINVAL);
	assert_int_equal(ops->map(rig.driver, domain, 0, 0, 4096, IOASIM_EXEC), -EINVAL);
	assert_int_equal(ops->map(rig.driver, domain, top, 0, 4096, 1), -ERANGE);
	assert_int_equal(ops->map(rig.driver, domain, top - 4096, 0, 8192, 1), -ERANGE);
	assert_int_equal(ops->map(rig.driver, domain, 0u - UINT64_C(4096), 0, 8192, 1), -ERANGE);
	/* Beyond the host's address width, which is 52 bits here. */
	assert_int_equal(ops->map(rig.driver, domain, 0, UINT64_C(1) << 52, 4096, 1), -EINVAL);
	assert_int_equal(ops->map(rig.driver, domain, 0, 0u - UINT64_C(4096), 8192, 1), -EINVAL);
	assert_int_equal(ops->map(rig.driver, identity, 0, 0, 4096, 1), -EINVAL);
	assert_int_equal(ops->unmap(rig.driver, domain, 0, 0, &unmapped), -EINVAL);
	assert_int_equal(ops->unmap(rig.driver, domain, 5, 4096, &unmapped), -EINVAL);
	assert_int_equal(ops->unmap(rig.driver, identity, 0, 4096, &unmapped), -EINVAL);
	assert_int_equal(ops->unmap(rig.driver, domain, top, 4096, &unmapped), 0);
	assert_int_equal(unmapped, 0);
	assert_int_equal(ops->map(rig.driver, domain, top - 4096, 0, 4096, 1), 0);
	assert_int_equal(ops->stats(rig.driver)->maps, 1);
	rig_end(&rig);
}

/* Takes pages until only `left` are there, and gives them back. */
static void pool_fill(struct rig *rig, uint32_t left, struct pool_list *held)
{
	struct pool *pool = &rig_inside(rig)->pool;
	ioasim_pa_t page;

	pool_list_init(held);
	while (pool_available(pool) > left) {
		assert_int_equal(pool_alloc(pool, &page), 0);
		pool_list_add(pool, held, page);
	}
}

static void a_map_is_wholly_done_or_not_at_all(void **state)
{
	/* A range that needs 3 tables below the root and ends in the middle of things. */
	const uint64_t iova = 3 * G - 4096, size = 2 * M + 8192;

	(void)state;
	for (uint32_t left = 0;; left++) {
		static struct rig rig;
		struct pool_list held;
		struct domain *domain;
		uint64_t pa, entry;
		unsigned access;
		int error;

		rig_prepare(&rig);
		rig.config.no_large_pages = true;
		rig_start(&rig);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 48);
		pool_fill(&rig, left, &held);
		error = rig.ops->map(rig.driver, domain, iova, 8 * G, size, IOASIM_READ);
		if (error) {
			assert_int_equal(error, -ENOMEM);
			assert_int_equal(pool_available(&rig_inside(&rig)->pool), left);
			assert_int_equal(rig.ops->lookup(rig.driver, domain, iova, &pa, &access),
					 -ENOENT);
			assert_int_equal(ioasim_memory_read64(rig.memory,
							      vtd_domain(domain)->space.table.root,
							      &entry),
					 0);
			assert_int_equal(entry, 0);
		} else {
			/* Level 2: one; level 1: two; level 0: three. */
			assert_int_equal(left, 6);
			assert_int_equal(pool_available(&rig_inside(&rig)->pool), 0);
		}
		pool_list_free(&rig_inside(&rig)->pool, &held);
		rig_end(&rig);
		if (!error)
			return;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_maps_agree_with_a_shadow),
		cmocka_unit_test(the_largest_page_that_fits_is_used),
		cmocka_unit_test(a_large_page_is_split_and_cached_ones_go),
		cmocka_unit_test(a_large_page_takes_the_place_of_an_empty_table),
		cmocka_unit_test(an_unmap_that_covers_a_table_frees_it),
		cmocka_unit_test(ranges_that_cannot_be_are_refused),
		cmocka_unit_test(a_map_is_wholly_done_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
